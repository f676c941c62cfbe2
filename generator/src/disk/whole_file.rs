//! A file that is replaced as a whole: written beside the old one, flushed, and put over it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::changes;
use super::error::DiskError;
use super::leftover::{BEGINNING, remove_leftover};
use crate::interrupted::Leftover;

/// A new file that waits beside the old one.
#[derive(Debug)]
pub(crate) struct Prepared {
    temporary: PathBuf,
    path: PathBuf,
    _leftover: Leftover,
}

impl Prepared {
    /// Writes the new file beside the old one, as `.NAME.gangway-new` with its permissions. What a
    /// killed run left there goes away when it begins as this kind of file does (`header`).
    ///
    /// # Errors
    /// The disk refuses, or something else lies there; the old file stays.
    pub(crate) fn write(path: &Path, header: &str, bytes: &[u8]) -> Result<Self, DiskError> {
        let temporary = beside(path, ".gangway-new");
        let header = header.as_bytes();
        let looked_at = header.len().min(usize::try_from(BEGINNING).unwrap_or(0));
        let header = header.get(..looked_at).unwrap_or_default();
        remove_leftover(&temporary, |bytes| {
            header.starts_with(bytes) || bytes.starts_with(header)
        })?;
        let prepared = Self {
            _leftover: Leftover::at(&temporary),
            temporary,
            path: path.to_owned(),
        };
        let write = || -> io::Result<()> {
            let mut file = changes::create_file(&prepared.temporary)?;
            if let Ok(old) = fs::metadata(path) {
                file.set_permissions(old.permissions())?;
            }
            changes::write(&mut file, bytes)?;
            file.sync_all()
        };
        write().map_err(DiskError::io("write", &prepared.temporary))?;
        Ok(prepared)
    }

    /// Puts it in the place of the old one, in one step, and has the name flushed.
    ///
    /// # Errors
    /// The disk refuses; the old file stays, unless only the flush failed.
    pub(crate) fn put(self) -> Result<(), DiskError> {
        changes::rename(&self.temporary, &self.path)
            .and_then(|()| flush_name(&self.path))
            .map_err(DiskError::io("replace", &self.path))
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // Gone when it was put into place; what stays here is removed by the next run.
        let _ = changes::remove_file(&self.temporary);
    }
}

/// Has the content of a file brought to the disk itself: a name that outlives a loss of power before its content does
/// leads to an empty file.
pub(crate) fn flush(path: &Path) -> io::Result<()> {
    // Windows flushes what may be written only (FlushFileBuffers).
    File::options().write(true).open(path)?.sync_all()
}

/// The same for the name of a file or folder.
pub(crate) fn flush_name(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    flush_names(folder.unwrap_or(Path::new(".")))
}

/// The same for all names in a folder. Windows opens no folder so, and needs not; some shares flush none.
pub(crate) fn flush_names(folder: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        flushed => flushed,
    }
}

/// The name of a file of ours beside another.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(suffix);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::super::cuts;
    use super::*;

    const HEADER: &str = "# a kind of file\n";

    fn replace(path: &Path, text: &str) -> Result<(), DiskError> {
        Prepared::write(path, HEADER, text.as_bytes())?.put()
    }

    #[test]
    fn a_file_that_is_replaced_is_old_or_new_wherever_the_run_is_cut() {
        let (old, new) = ("# a kind of file\nold\n", "# a kind of file\nnew\n");
        let mut cut = true;
        let mut changes = 0;
        while cut {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            fs::write(&path, old).unwrap();
            let replaced;
            (replaced, cut) = cuts::after(changes, || replace(&path, new));
            let found = fs::read_to_string(&path).unwrap();
            assert_eq!(
                found,
                if replaced.is_ok() { new } else { old },
                "cut {changes}"
            );
            // The next run takes away what this one left.
            replace(&path, new).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), new);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
            changes += 1;
        }
        assert!(changes > 3, "{changes}");
    }

    #[test]
    fn only_what_begins_as_ours_is_taken_for_a_leftover() {
        for (left, ours) in [
            ("", true),
            ("# a ki", true),
            ("# a kind of file\nhalf", true),
            ("somebody's notes\n", false),
            ("# a kind of letter\n", false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("file");
            let temporary = folder.path().join(".file.gangway-new");
            fs::write(&temporary, left).unwrap();
            let replaced = replace(&path, HEADER);
            assert_eq!(replaced.is_ok(), ours, "{left:?}: {replaced:?}");
            assert_eq!(path.exists(), ours, "{left:?}");
            if !ours {
                assert_eq!(fs::read_to_string(&temporary).unwrap(), left);
            }
        }
    }
}
