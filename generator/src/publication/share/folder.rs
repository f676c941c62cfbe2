//! A share as a folder of the file system: a UNC path on Windows, a mounted share, or the server's own
//! disk.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use gangway_contract::Sha256;

use super::powershell::PowerShell;
use super::{LargeFiles, Listed, Share, ShareError, ShareFailure, Tree};
use crate::publication::plan::TEMPORARY;
use crate::{child, interrupted, plain_file, printable};

/// Largest file that is read from the share, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// The share below a folder; the operating system knows who we are.
#[derive(Debug)]
pub struct FolderShare {
    root: PathBuf,
    /// Is this what a signal undoes things by?
    is_to_undo: bool,
}

impl FolderShare {
    /// The share at `\\host\share`, or wherever it is mounted.
    pub const fn new(root: PathBuf) -> Self {
        Self {
            root,
            is_to_undo: false,
        }
    }

    /// A change that is made as a whole, or not begun when a signal has come.
    fn change<T>(&self, act: impl FnOnce() -> T) -> T {
        match self.is_to_undo {
            true => act(),
            false => interrupted::undisturbed(act),
        }
    }

    /// Where a path lies. No part of it below the root may be a link: whoever may write to the share
    /// could lead a publisher by one to any file of this machine.
    fn local(&self, path: &str) -> Result<PathBuf, ShareError> {
        let mut local = self.root.clone();
        for part in path.split('/').filter(|part| *part != ".") {
            local.push(part);
            let found = std::fs::symlink_metadata(&local);
            if found.is_ok_and(|found| found.file_type().is_symlink()) {
                return Err(is_a_link(&local));
            }
        }
        Ok(local)
    }
}

fn is_folder(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

fn is_a_link(path: &Path) -> ShareError {
    ShareError {
        doing: format!("use `{}`", path.display()),
        failure: ShareFailure::InTheWay,
        why: "it is a link, and leads elsewhere".to_owned(),
    }
}

/// A file that is made anew: what is there goes, so that nothing is written through a second name of
/// another file.
fn create(path: &Path) -> io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).open(path)
}

fn failed(doing: String, error: &io::Error) -> ShareError {
    ShareError {
        doing,
        failure: match error.kind() {
            io::ErrorKind::PermissionDenied => ShareFailure::NoAccess,
            io::ErrorKind::NotADirectory => ShareFailure::InTheWay,
            _ => ShareFailure::Other,
        },
        why: error.to_string(),
    }
}

impl Share for FolderShare {
    fn to_undo(&self) -> Option<Box<dyn LargeFiles + Send>> {
        Some(Box::new(Self {
            root: self.root.clone(),
            is_to_undo: true,
        }))
    }

    fn read_tree(&mut self, folder: &str) -> Result<Option<Tree>, ShareError> {
        let root = self.local(folder)?;
        let doing = || format!("read folder `{}`", root.display());
        match std::fs::metadata(&root) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(doing(), &error)),
        }
        let mut tree = Tree {
            folders: Vec::new(),
            files: BTreeMap::new(),
        };
        for entry in WalkDir::new(&root).min_depth(1).sort_by_file_name() {
            let entry = entry.map_err(|error| failed(doing(), &error.into()))?;
            let relative = entry.path().strip_prefix(&root).unwrap_or(entry.path());
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            let name = parts.join("/");
            if entry.file_type().is_symlink() {
                return Err(is_a_link(entry.path()));
            }
            if entry.file_type().is_dir() {
                tree.folders.push(name);
            } else {
                let bytes = read(entry.path())?.unwrap_or_default();
                tree.files.insert(name, bytes);
            }
        }
        Ok(Some(tree))
    }

    fn list(&mut self, folder: &str) -> Result<Option<BTreeMap<String, Listed>>, ShareError> {
        let local = self.local(folder)?;
        let doing = || format!("list folder `{}`", local.display());
        let entries = match std::fs::read_dir(&local) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(doing(), &error)),
        };
        let listed = |entry: io::Result<std::fs::DirEntry>| {
            let entry = entry?;
            let data = entry.metadata()?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let listed = match data.file_type() {
                kind if kind.is_dir() => Listed::Folder,
                kind if kind.is_file() => Listed::File(data.len()),
                _ => Listed::Other,
            };
            io::Result::Ok((name, listed))
        };
        // Whoever publishes at the same time takes away what he began: it is not there any more.
        let is_there = |found: &io::Result<_>| {
            let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
            !found.as_ref().is_err_and(gone)
        };
        let found: io::Result<_> = entries.map(listed).filter(is_there).collect();
        found.map(Some).map_err(|error| failed(doing(), &error))
    }

    fn read_file(&mut self, path: &str) -> Result<Option<Vec<u8>>, ShareError> {
        read(&self.local(path)?)
    }

    fn make_folder(&mut self, path: &str) -> Result<(), ShareError> {
        let local = self.local(path)?;
        let doing = || format!("make folder `{}`", local.display());
        let make = || match std::fs::create_dir(&local) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_folder(&local) => {
                Ok(())
            }
            made => made.and_then(|()| readable(&local, true)),
        };
        self.change(make).map_err(|error| failed(doing(), &error))
    }

    fn set_permissions(&mut self, path: &str, sddl: &str) -> Result<bool, ShareError> {
        if !cfg!(windows) {
            return Ok(false);
        }
        let local = self.local(path)?;
        let doing = format!("set the permissions of `{}`", local.display());
        set_by_powershell(&local, sddl).map_err(|error| failed(doing, &error))?;
        Ok(true)
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), ShareError> {
        let local = self.local(path)?;
        let doing = || format!("write `{}`", local.display());
        let write = || {
            create(&local)
                .and_then(|mut file| file.write_all(bytes))
                .and_then(|()| readable(&local, is_program(path)))
        };
        self.change(write).map_err(|error| failed(doing(), &error))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), ShareError> {
        let (from, to) = (self.local(from)?, self.local(to)?);
        let doing = || format!("rename `{}` to `{}`", from.display(), to.display());
        let renamed = self.change(|| std::fs::rename(&from, &to));
        renamed.map_err(|error| failed(doing(), &error))
    }

    fn remove_file(&mut self, path: &str) -> Result<(), ShareError> {
        let local = self.local(path)?;
        let doing = || format!("remove `{}`", local.display());
        let removed = self.change(|| std::fs::remove_file(&local));
        removed.map_err(|error| failed(doing(), &error))
    }

    fn remove_folder(&mut self, path: &str) -> Result<(), ShareError> {
        let local = self.local(path)?;
        let doing = || format!("remove folder `{}`", local.display());
        let removed = self.change(|| std::fs::remove_dir_all(&local));
        removed.map_err(|error| failed(doing(), &error))
    }
}

impl LargeFiles for FolderShare {
    fn write_from(&mut self, path: &str, source: &Path) -> Result<(), ShareError> {
        let local = self.local(path)?;
        let doing = || format!("write `{}`", local.display());
        let copy = || -> io::Result<()> {
            let mut from = plain_file::open(source)?;
            let mut to = self.change(|| create(&local))?;
            io::copy(&mut from, &mut to)?;
            to.sync_all()?;
            readable(&local, is_program(path))
        };
        copy().map_err(|error| failed(doing(), &error))
    }

    fn digest(&mut self, path: &str, most: u64) -> Result<Option<(u64, Sha256)>, ShareError> {
        let local = self.local(path)?;
        match plain_file::digest(&local, most) {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(format!("read `{}`", local.display()), &error)),
        }
    }
}

/// Does a server start this file where it lies?
fn is_program(path: &str) -> bool {
    let path = path.strip_suffix(TEMPORARY).unwrap_or(path);
    [".exe", ".cmd"]
        .iter()
        .any(|end| path.to_ascii_lowercase().ends_with(end))
}

/// Everybody whom the share's permissions let in may read it, and start it when it is a program: a
/// file that is put on a Samba server's own disk has the permissions that its mode says, so with the
/// mode 0644 computers may read a program there and not run it (seen on Samba 4.17).
#[cfg(unix)]
fn readable(path: &Path, to_run: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let wanted = if to_run { 0o755 } else { 0o644 };
    let mode = std::fs::metadata(path)?.permissions().mode();
    // A mounted share has modes of its own and takes no others.
    if mode & wanted == wanted {
        return Ok(());
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(wanted | mode & 0o777))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix may fail")]
fn readable(_: &Path, _: bool) -> io::Result<()> {
    Ok(())
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, ShareError> {
    match plain_file::read(path, MAX_FILE) {
        Ok(Some(bytes)) => Ok(Some(bytes)),
        Ok(None) => {
            let error = io::Error::other(format!(
                "it has more than {MAX_FILE} bytes, which no policy file has"
            ));
            Err(failed(format!("read `{}`", path.display()), &error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(format!("read `{}`", path.display()), &error)),
    }
}

/// Windows' own PowerShell sets a descriptor without a line of unsafe code of ours.
fn set_by_powershell(path: &Path, sddl: &str) -> io::Result<()> {
    let quote =
        |text: &str| PowerShell::quote(text).map_err(|error| io::Error::other(error.to_string()));
    let script = format!(
        "$ErrorActionPreference = 'Stop'; \
         $acl = New-Object System.Security.AccessControl.DirectorySecurity; \
         $acl.SetSecurityDescriptorSddlForm({}); Set-Acl -LiteralPath {} -AclObject $acl",
        quote(sddl)?,
        quote(&path.to_string_lossy())?
    );
    let output = child::program(child::powershell())
        .args(["-NoProfile", "-NonInteractive", "-Command", &script])
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(
        printable::on_lines(text.trim()).into_owned(),
    ))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// Whoever may write to the share puts links there; nothing outside it is read or written.
    #[test]
    fn no_link_on_the_share_leads_to_another_file() {
        let world = tempfile::tempdir().unwrap();
        let path = |name: &str| world.path().join(name);
        fs::create_dir_all(path("share/mde")).unwrap();
        fs::create_dir_all(path("other")).unwrap();
        fs::write(path("other/file"), b"of others").unwrap();
        symlink(path("other/file"), path("share/mde/x.gangway-part")).unwrap();
        symlink(path("other"), path("share/mde/releases")).unwrap();
        fs::hard_link(path("other/file"), path("share/mde/y.gangway-part")).unwrap();
        symlink(path("share"), path("mounted")).unwrap();

        // The root itself may be reached by a link: the publisher named it.
        let mut share = FolderShare::new(path("mounted"));
        let refused = |ended: Result<(), ShareError>| {
            let error = ended.unwrap_err().to_string();
            assert!(error.contains("it is a link"), "{error}");
        };
        refused(share.write("mde/x.gangway-part", b"ours"));
        refused(share.write("mde/releases/new", b"ours"));
        refused(share.write_from("mde/releases/file", &path("other/file")));
        refused(share.rename("mde/y.gangway-part", "mde/releases/file"));
        refused(share.remove_file("mde/releases/file"));
        refused(share.remove_folder("mde/releases"));
        refused(share.make_folder("mde/releases/new"));
        refused(share.read_file("mde/x.gangway-part").map(drop));
        refused(share.digest("mde/releases/file", 9).map(drop));
        refused(share.list("mde/releases").map(drop));
        refused(share.read_tree("mde").map(drop));
        share.write("mde/y.gangway-part", b"ours").unwrap();
        let kept = plain_file::read_whole(&path("other/file"), 99).unwrap();
        assert_eq!(kept, b"of others");
        assert_eq!(fs::read_dir(path("other")).unwrap().count(), 1);
    }
}
