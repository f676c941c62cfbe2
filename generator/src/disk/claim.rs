//! Who may write a thing: one process at a time, by a lock that ends with it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::changes;
use super::error::DiskError;
use crate::interrupted::{self, Leftover};

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    /// Held for the lock.
    _file: File,
    path: PathBuf,
    _leftover: Leftover,
}

impl Claim {
    /// Takes it, or fails at once; `shown` is what is written, `path` the file that is locked.
    pub(crate) fn take(path: PathBuf, shown: &Path) -> Result<Self, DiskError> {
        // A signal finds it taken, or not made.
        interrupted::undisturbed(|| Self::take_now(path, shown))
    }

    fn take_now(path: PathBuf, shown: &Path) -> Result<Self, DiskError> {
        loop {
            if let Ok(found) = fs::symlink_metadata(&path)
                && !(found.is_file() && found.len() == 0)
            {
                let why = "a lock of ours is an empty file".to_owned();
                return Err(DiskError::InTheWay { path, why });
            }
            let busy = || DiskError::Busy {
                path: shown.to_owned(),
            };
            let opened = open(&path).map_err(DiskError::io("open", &path))?;
            let file = opened.ok_or_else(busy)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => return Err(busy()),
                Err(fs::TryLockError::Error(error)) => {
                    return Err(DiskError::io("lock", &path)(error));
                }
            }
            // Its holder may have taken the name away after it was opened here: then it is no
            // longer what others look at.
            if is_named(&file, &path) {
                return Ok(Self {
                    _file: file,
                    _leftover: Leftover::at(&path),
                    path,
                });
            }
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // An empty file that stays is taken by the next run.
        let _ = changes::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<Option<File>> {
    use std::os::unix::fs::OpenOptionsExt as _;
    if !path.exists() {
        changes::allowed()?;
    }
    // Not through a link that somebody else put there.
    let no_link = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    options.custom_flags(no_link).open(path).map(Some)
}

#[cfg(unix)]
fn is_named(file: &File, path: &Path) -> bool {
    let identity = |found: io::Result<fs::Metadata>| found.map(|it| changes::identity(&it)).ok();
    identity(file.metadata()) == identity(fs::symlink_metadata(path))
}

/// Windows shares the file with nobody and removes it with its last handle, in a kill too.
#[cfg(windows)]
fn open(path: &Path) -> io::Result<Option<File>> {
    use std::os::windows::fs::OpenOptionsExt as _;
    const FILE_FLAG_DELETE_ON_CLOSE: u32 = 0x0400_0000;
    const ERROR_SHARING_VIOLATION: i32 = 32;
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    options
        .share_mode(0)
        .custom_flags(FILE_FLAG_DELETE_ON_CLOSE);
    match options.open(path) {
        Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => Ok(None),
        opened => opened.map(Some),
    }
}

#[cfg(windows)]
fn is_named(_file: &File, _path: &Path) -> bool {
    true
}
