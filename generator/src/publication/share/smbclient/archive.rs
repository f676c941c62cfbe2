//! A folder of the share, as the archive that `smbclient` makes of it.

use std::io::{self, Read as _};
use std::path::{Component, Path};

use super::MAX_FILE;
use crate::printable;
use crate::publication::share::Tree;

/// Files and folders in it.
const MAX_ENTRIES: usize = 10_000;

/// Everything below a folder, of an archive whose names begin with that folder's.
///
/// # Errors
/// Another folder's files, links, or more and larger files than policies have.
pub fn read_archive(archive: &[u8], folder: &str) -> io::Result<Tree> {
    let other = || io::Error::other("`smbclient` gives files of another folder");
    let mut tree = Tree::default();
    for (count, entry) in tar::Archive::new(archive).entries()?.enumerate() {
        if count >= MAX_ENTRIES {
            return Err(io::Error::other(format!(
                "it has more than {MAX_ENTRIES} files and folders, which no policy has"
            )));
        }
        let mut entry = entry?;
        let name = below(&entry.path()?, folder).ok_or_else(other)?;
        match entry.header().entry_type() {
            // The folder itself.
            _ if name.is_empty() => {}
            tar::EntryType::Directory => tree.folders.push(name),
            tar::EntryType::Regular => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                if bytes.len() as u64 > MAX_FILE {
                    let size = bytes.len();
                    return Err(io::Error::other(format!(
                        "`{}` has {size} bytes, which no policy file has",
                        printable::on_one_line(&name)
                    )));
                }
                tree.files.insert(name, bytes);
            }
            _ => return Err(other()),
        }
    }
    tree.folders.sort();
    Ok(tree)
}

/// The path below the folder, with `/`; none when it is not below.
fn below(path: &Path, folder: &str) -> Option<String> {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_str()?),
            _ => return None,
        }
    }
    let depth = folder.split('/').count();
    let (head, rest) = parts.split_at_checked(depth)?;
    // The server gives the case that the folder has.
    head.join("/")
        .eq_ignore_ascii_case(folder)
        .then(|| rest.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive as `smbclient` writes one.
    fn archive(entries: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, kind, bytes) in entries {
            let mut header = tar::Header::new_ustar();
            header.set_entry_type(*kind);
            header.set_size(bytes.len() as u64);
            // As it is: the writer's own way refuses what a test needs.
            let name = &mut header.as_old_mut().name;
            name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn a_folder_is_read_from_an_archive() {
        use tar::EntryType::{Directory, Regular};
        let entries = [
            ("./contoso.com/Policies/X/MACHINE/", Directory, &b""[..]),
            ("./contoso.com/Policies/X/MACHINE/a b.pol", Regular, b"one"),
            ("./contoso.com/Policies/X/GPT.INI", Regular, b"two"),
        ];
        let mut bytes = archive(&entries);
        bytes.extend(b"tar: dumped 3 files and directories\n");
        let tree = read_archive(&bytes, "contoso.com/policies/x").unwrap();
        assert_eq!(tree.folders, ["MACHINE"]);
        let files: Vec<_> = tree.files.keys().collect();
        assert_eq!(files, ["GPT.INI", "MACHINE/a b.pol"]);
        assert_eq!(tree.files["GPT.INI"], b"two");
    }

    #[test]
    fn an_archive_that_leads_elsewhere_is_refused() {
        use tar::EntryType::{Regular, Symlink};
        for (path, kind) in [
            ("./contoso.com/other", Regular),
            ("./contoso.com/x/../y", Regular),
            ("/contoso.com/x/y", Regular),
            ("./contoso.com/x/y", Symlink),
        ] {
            let bytes = archive(&[(path, kind, b"")]);
            assert!(read_archive(&bytes, "contoso.com/x").is_err(), "{path}");
        }
        assert!(read_archive(&[b'x'; 1024], "contoso.com/x").is_err());
    }
}
