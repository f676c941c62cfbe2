//! Who may write a thing: one process at a time, by a lock that ends with it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::output::{OutputError, io_error};
use crate::interrupted::Leftover;

/// The right to write, until it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    /// Held for the lock.
    _file: File,
    path: PathBuf,
    _leftover: Leftover,
}

impl Claim {
    /// Takes it, or fails at once; `shown` is what is written, `path` the file that is locked.
    pub(super) fn take(path: PathBuf, shown: &Path) -> Result<Self, OutputError> {
        loop {
            let file = open(&path).map_err(io_error("open", &path))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(OutputError::Busy {
                        path: shown.to_owned(),
                    });
                }
                Err(fs::TryLockError::Error(error)) => return Err(io_error("lock", &path)(error)),
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
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    // Not through a link that somebody else put there.
    let no_link = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    options.custom_flags(no_link).open(path)
}

#[cfg(unix)]
fn is_named(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |found: io::Result<fs::Metadata>| found.map(|it| (it.dev(), it.ino())).ok();
    identity(file.metadata()) == identity(fs::symlink_metadata(path))
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(false).open(path)
}

/// A file that is open keeps its name there until it is closed.
#[cfg(not(unix))]
fn is_named(_file: &File, path: &Path) -> bool {
    path.exists()
}
