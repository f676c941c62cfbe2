//! `attest --packages` vouches for what is made of the bundle and for nothing else, whatever the folder's own
//! document says: every package is made again and compared.

use std::fs;

use gangway_fixtures::Lab;
use gangway_fixtures::authenticode::{Encoding, MsiSigned, Signature, sign_msi, sign_script};

use super::attest::{attest, attestable, verify};
use super::desk::{Desk, NOW};
use super::package::{END, build_way_back};
use super::package_signing::with_stream;
use super::vouched::{PACKAGES, package, relist};

/// Every kind of package, unsigned.
const EACH: [&str; 4] = ["--format", "all", "--format", "intunewin"];

/// osslsigncode signs packages.
pub(crate) fn with_command(desk: &Desk) {
    let certificates = [Lab::Code].into_iter().chain(Lab::Code.issuers());
    let chain: String = certificates.map(Lab::certificate_pem).collect();
    desk.put("chain.pem", chain.as_bytes());
    desk.put("code.key", Lab::Code.key_pem().as_bytes());
    let command = format!(
        "[signing]\ncommand = [\"osslsigncode\", \"sign\", \"-certs\", \"chain.pem\", \"-key\", \
         \"code.key\", \"-h\", \"sha256\", \"-time\", \"{NOW}\", \"-in\", \"{{in}}\", \"-out\", \"{{out}}\"]"
    );
    desk.change_config("[signing]", &command);
}

/// The one file of the packages whose path begins and ends so.
fn path(desk: &Desk, begins: &str, ends: &str) -> String {
    let mut files = desk.tree("out-packages");
    files.retain(|(path, _)| path.starts_with(begins) && path.ends_with(ends));
    assert!(!files.is_empty(), "{begins}…{ends}");
    format!("out-packages/{}", files.remove(0).0)
}

fn format_of(path: &str) -> Option<&'static str> {
    let (folder, _) = path.split_once('/')?;
    let known = ["msi", "cab", "configmgr", "ansible", "dsc", "allow"];
    known.into_iter().find(|known| *known == folder)
}

/// Packages as they were made, to begin each forgery with.
struct Good {
    desk: Desk,
    files: Vec<(String, Vec<u8>)>,
}

impl Good {
    fn of(desk: Desk) -> Self {
        attest(&desk, &PACKAGES).succeeds();
        let files = desk.tree("out-packages");
        Self { desk, files }
    }

    /// Everything as it was made.
    fn again(&self) -> &Desk {
        fs::remove_dir_all(self.desk.path("out-packages")).unwrap();
        for (path, bytes) in &self.files {
            let place = self.desk.path("out-packages").join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, bytes).unwrap();
        }
        &self.desk
    }

    /// A forger makes the folder's documents fit, and nobody vouches for it, for this reason.
    fn refused(&self, why: &[&str]) {
        relist(&self.desk, "out-packages", format_of);
        let session = attest(&self.desk, &PACKAGES);
        session.fails_with(4, why);
    }
}

#[test]
fn packages_as_they_are_made_are_vouched_for() {
    let desk = attestable();
    build_way_back(&desk, END);
    for more in [
        &["--format", "msi", "--embed"][..],
        &["--format", "all", "--offboard", "back", "--allow-unsigned"],
        &EACH,
    ] {
        package(&desk, more);
        let way_back: &[&str] = match more.contains(&"back") {
            true => &["--offboard", "back", "--allow-unsigned"],
            false => &[],
        };
        attest(&desk, &[&PACKAGES[..], way_back].concat()).succeeds();
        verify(&desk, &PACKAGES).succeeds();
    }
    assert!(path(&desk, "intunewin/", "").ends_with(".intunewin"));
}

#[test]
fn signed_packages_are_vouched_for_as_they_are_signed() {
    let desk = attestable();
    with_command(&desk);
    package(&desk, &["--sign"]);
    attest(&desk, &PACKAGES).succeeds();
    let list = fs::read_to_string(desk.path("out-packages/packages.json")).unwrap();
    let signed = list.matches("CN=Contoso Lab Code Signing").count();
    assert!(signed >= 6, "package, two cabinets, three scripts: {list}");
}

#[test]
fn no_package_of_other_bytes_is_vouched_for() {
    let desk = attestable();
    package(&desk, &EACH);
    let good = Good::of(desk);
    for (begins, ends) in [
        ("msi/", ".msi"),
        ("msi/", "payload.cab"),
        ("cab/", ".cab"),
        ("zip/", ".zip"),
        ("intunewin/", ".intunewin"),
        ("configmgr/", "Import-Application.ps1"),
        ("configmgr/", "application.json"),
        ("ansible/", "onboard.yml"),
        ("dsc/", "Onboard.ps1"),
        ("allow/", "AppControl.xml"),
    ] {
        let desk = good.again();
        let path = path(desk, begins, ends);
        let mut bytes = fs::read(desk.path(&path)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        desk.put(&path, &bytes);
        good.refused(&["GW5209", ends, "gangway package"]);
        desk.put(&path, b"evil");
        good.refused(&["GW5209", ends]);
    }
}

#[test]
fn no_package_that_is_missing_or_came_along_is_vouched_for() {
    let desk = attestable();
    package(&desk, &[]);
    let good = Good::of(desk);
    for (begins, ends) in [
        ("msi/", "payload.cab"),
        ("content/", ""),
        ("allow/", "AppLocker.xml"),
        ("dsc/", ".ps1"),
        ("configmgr/", ".json"),
    ] {
        let desk = good.again();
        for (path, _) in desk.tree("out-packages") {
            if path.starts_with(begins) && path.ends_with(ends) {
                let file = desk.path("out-packages").join(path);
                fs::remove_file(&file).unwrap();
                // An empty folder is refused by another rule.
                let _ = fs::remove_dir(file.parent().unwrap());
            }
        }
        let told = match begins {
            // The whole format is gone, as if nobody had asked for it, but for what goes with it.
            "dsc/" => {
                relist(desk, "out-packages", format_of);
                attest(desk, &PACKAGES).succeeds();
                continue;
            }
            begins => begins,
        };
        good.refused(&["GW5209", told, ends]);
    }
    for more in [
        "msi/more.msi",
        "cab/more.cab",
        "dsc/More.ps1",
        "allow/More.xml",
    ] {
        let desk = good.again();
        desk.put(&format!("out-packages/{more}"), b"evil");
        good.refused(&["GW5209", more]);
    }
    let desk = good.again();
    for (path, _) in desk.tree("out-packages") {
        if let Some((folder, _)) = path.split_once('/') {
            fs::remove_dir_all(desk.path("out-packages").join(folder)).unwrap_or_default();
        }
    }
    good.refused(&["GW5209", "packages.json", "names no package"]);
    let desk = good.again();
    let list = fs::read_to_string(desk.path("out-packages/packages.json")).unwrap();
    let version = list.replace("\"version\": \"1.0.1\"", "\"version\": \"1.0.2\"");
    assert_ne!(list, version);
    desk.put("out-packages/packages.json", version.as_bytes());
    good.refused(&["GW5209", "packages.json", "`product`"]);
}

/// Whoever can sign, or changes what no signature covers.
#[test]
fn no_signed_package_with_more_than_a_signature_is_vouched_for() {
    let desk = attestable();
    with_command(&desk);
    package(&desk, &["--sign"]);
    let good = Good::of(desk);
    let code = Signature::by(Lab::Code).unstamped();
    let desk = good.again();

    let msi = path(desk, "msi/", ".msi");
    let behind = [fs::read(desk.path(&msi)).unwrap(), vec![7; 4096]].concat();
    desk.put(&msi, &behind);
    good.refused(&[".msi"]);

    let desk = good.again();
    package(desk, &["--format", "msi", "-o", "other"]);
    let (_, other) = desk
        .tree("other")
        .into_iter()
        .find(|(path, _)| path.ends_with(".msi"))
        .unwrap();
    desk.put(
        &msi,
        &sign_msi(
            &with_stream(&other, "more", b"evil"),
            MsiSigned::ContentOnly,
            &code,
        ),
    );
    good.refused(&["GW5209", ".msi", "but for its signature", "came along"]);

    let desk = good.again();
    let script = path(desk, "dsc/", ".ps1");
    let evil = sign_script("Remove-Item C:\\\r\n", Encoding::Utf8, &code);
    desk.put(&script, &evil);
    good.refused(&["GW5209", ".ps1", "its text is another one"]);

    let desk = good.again();
    let list = fs::read_to_string(desk.path("out-packages/packages.json")).unwrap();
    let unsigned = list.replace("CN=Contoso Lab Code Signing", "CN=Contoso");
    desk.put("out-packages/packages.json", unsigned.as_bytes());
    good.refused(&["GW5206", "by `packages.json`"]);
}

/// The maker's name in the installer package stands in the config and in no bundle.
#[test]
fn what_another_config_makes_is_named() {
    let desk = attestable();
    package(&desk, &["--format", "msi"]);
    attest(&desk, &PACKAGES).succeeds();
    desk.change_config("[downloads]", "latin_name = \"Contoso K.K.\"\n[downloads]");
    attest(&desk, &PACKAGES).fails_with(4, &["GW5209", ".msi", "with this config"]);
    package(&desk, &["--format", "msi"]);
    attest(&desk, &PACKAGES).succeeds();
}
