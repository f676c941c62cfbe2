//! A folder that nobody else can look into, write to, or exchange for another: what a signing key
//! gets lies there, and neither beside the bundle nor in it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;

use crate::disk::{self, DiskError, WORK_FOLDER};
use crate::interrupted::{self, Leftover};

/// A folder below the system's folder for temporary files, gone when this is dropped or a signal
/// comes. What a killed run left is taken away by the next one for the same thing.
#[derive(Debug)]
pub(super) struct PrivateFolder {
    pub(super) path: PathBuf,
    _leftover: Leftover,
}

impl PrivateFolder {
    /// One for work on `thing`; two runs must not work on it at once.
    ///
    /// # Errors
    /// The system refuses, or anybody may exchange what lies in its folder for temporary files.
    pub(super) fn for_work_on(thing: &Path) -> Result<Self, DiskError> {
        let digest = Sha256::of(thing.as_os_str().as_encoded_bytes()).to_string();
        let system = std::env::temp_dir();
        let usual = system.join(format!("{WORK_FOLDER}{}", &digest[..16]));
        Self::made(&system, usual.clone(), &digest)
            .map_err(DiskError::io("make the private folder", &usual))
    }

    fn made(system: &Path, usual: PathBuf, digest: &str) -> io::Result<Self> {
        if let Some(folder) = exchangeable(&fs::canonicalize(system)?)? {
            return Err(io::Error::other(format!(
                "other accounts may exchange what lies in `{}`, where temporary files go; name a \
                 folder of your own by the variable `TMPDIR`",
                folder.display()
            )));
        }
        match fs::symlink_metadata(&usual) {
            Ok(found) if is_ours(&found) => disk::remove_tree(&usual)?,
            _ => {}
        }
        match Self::create(usual) {
            // Somebody else's: it stays, and is not used.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let more = format!("{WORK_FOLDER}{digest}-{}", std::process::id());
                Self::create(system.join(more))
            }
            created => created,
        }
    }

    fn create(path: PathBuf) -> io::Result<Self> {
        // Both or neither: until then the name may be somebody else's.
        let leftover = interrupted::undisturbed(|| {
            disk::create_private_folder(&path).map(|()| Leftover::at(&path))
        })?;
        Ok(Self {
            path,
            _leftover: leftover,
        })
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next run.
        let _ = disk::remove_tree(&self.path);
    }
}

/// Made by this account for itself alone.
#[cfg(unix)]
fn is_ours(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    found.is_dir()
        && found.uid() == rustix::process::geteuid().as_raw()
        && found.mode() & 0o077 == 0
}

#[cfg(not(unix))]
fn is_ours(found: &fs::Metadata) -> bool {
    // The folder for temporary files is the account's own.
    found.is_dir()
}

/// The first of this folder and those above it in which another account may rename what is not its
/// own: one that another than root owns, or that others may write without the bit that keeps each to
/// his own (inode(7), sticky bit; its owner is not bound by it).
#[cfg(unix)]
fn exchangeable(folder: &Path) -> io::Result<Option<&Path>> {
    use std::os::unix::fs::MetadataExt as _;
    let me = rustix::process::geteuid().as_raw();
    for folder in folder.ancestors() {
        let found = fs::metadata(folder)?;
        let (mode, owner) = (found.mode(), found.uid());
        let others_write = mode & 0o022 != 0 && mode & 0o1000 == 0;
        if others_write || (owner != 0 && owner != me) {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix may fail")]
fn exchangeable(_folder: &Path) -> io::Result<Option<&Path>> {
    Ok(None)
}
