//! The Debian package (deb(5)): the static program, its manual pages and completions.

use std::io::Write as _;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::archive::{self, Entry};
use super::documents::Documents;

/// Who to write to; a reserved name (RFC 2606) until the project has an address.
const MAINTAINER: &str = "The Gangway project <maintainer@gangway.invalid>";

/// The package's bytes.
pub(super) fn package(program: &[u8], documents: &Documents) -> Result<Vec<u8>> {
    let mut entries = vec![Entry::program("usr/bin/gangway", program.to_vec())];
    for page in &documents.manual {
        let name = format!("usr/share/man/man1/{}.gz", page.name);
        entries.push(Entry::file(name, packed(&page.bytes)?));
    }
    for completion in &documents.completions {
        let place = match completion.name.as_str() {
            "gangway.bash" => "usr/share/bash-completion/completions/gangway",
            "_gangway" => "usr/share/zsh/vendor-completions/_gangway",
            "gangway.fish" => "usr/share/fish/vendor_completions.d/gangway.fish",
            _ => continue,
        };
        entries.push(Entry::file(place, completion.bytes.clone()));
    }
    for document in &documents.about {
        // Debian's names for licence and changes (policy 12.5, 12.7).
        let (name, bytes) = match document.name.as_str() {
            "LICENSES.txt" => ("copyright", document.bytes.clone()),
            "CHANGELOG.md" => ("changelog.gz", packed(&document.bytes)?),
            name => (name, document.bytes.clone()),
        };
        entries.push(Entry::file(format!("usr/share/doc/gangway/{name}"), bytes));
    }
    let size: usize = entries.iter().map(|entry| entry.bytes.len()).sum();
    let control = control(size.div_ceil(1024));
    let control = archive::tar("./", vec![Entry::file("control", control)])?;
    let data = archive::tar("./", entries)?;
    Ok(archive::ar(&[
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.xz", archive::xz(&control)?),
        ("data.tar.xz", archive::xz(&data)?),
    ]))
}

/// No name and no time of the file, as `gzip -n` has it.
fn packed(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes)?;
    Ok(packed.finish()?)
}

/// File name as Debian's tools expect it.
pub(super) fn file_name() -> String {
    format!("gangway_{}_amd64.deb", env!("CARGO_PKG_VERSION"))
}

/// Of deb-control(5); `size` in KiB. It depends on nothing: the C library is inside.
fn control(size: usize) -> String {
    format!(
        "Package: gangway\n\
         Version: {}\n\
         Architecture: amd64\n\
         Maintainer: {MAINTAINER}\n\
         Installed-Size: {size}\n\
         Suggests: osslsigncode, smbclient\n\
         Section: admin\n\
         Priority: optional\n\
         Description: onboard Windows Servers to Microsoft Defender for Endpoint\n \
         Turns what the Microsoft Defender portal gives into everything that is needed to\n \
         onboard a fleet of Windows Servers through Active Directory.\n",
        env!("CARGO_PKG_VERSION")
    )
}
