//! Where a bundle goes: links followed, `..` resolved, and the names beside it.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{OutputError, io_error};
use crate::disk;

/// The place of a bundle.
#[derive(Debug)]
pub(super) struct Place {
    /// As the user wrote it, for messages.
    pub(super) shown: PathBuf,
    /// Absolute and without links; perhaps not there yet.
    pub(super) target: PathBuf,
    /// The folder that it lies in.
    pub(super) parent: PathBuf,
    name: OsString,
}

impl Place {
    /// Follows a path to where it leads. A link stays, and what it leads to is the place.
    pub(super) fn find(out: &Path) -> Result<Self, OutputError> {
        let target = disk::resolved(out).map_err(io_error("resolve", out))?;
        let shown = out.to_owned();
        // The root of a file system, or a drive of Windows.
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(OutputError::MountPoint { path: shown });
        };
        Ok(Self {
            parent: parent.to_owned(),
            name: name.to_owned(),
            target,
            shown,
        })
    }

    /// The bundle that is being written.
    pub(super) fn staging(&self) -> PathBuf {
        self.beside(".gangway-new")
    }

    /// The bundle that was there, between two renames.
    pub(super) fn previous(&self) -> PathBuf {
        self.beside(".gangway-old")
    }

    /// The file that keeps two builds apart; outside of what is renamed.
    pub(super) fn claim(&self) -> PathBuf {
        self.beside(".gangway-lock")
    }

    /// The exe that was signed and is about to take its place.
    pub(super) fn signed(&self) -> PathBuf {
        self.beside(".gangway-signed")
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(suffix);
        self.parent.join(name)
    }
}

/// Does a folder hold this path, or is it the path? Links are followed.
pub(super) fn holds(folder: &Path, path: &Path) -> bool {
    disk::resolved(path).is_ok_and(|path| path.starts_with(folder))
}

/// Is the folder this path? Links are followed.
pub(super) fn is_at(folder: &Path, path: &Path) -> bool {
    disk::resolved(path).is_ok_and(|path| path == folder)
}

/// Does `inner` lie somewhere below this folder?
pub(super) fn is_below(inner: &Path, folder: &Path) -> bool {
    disk::resolved(folder).is_ok_and(|folder| inner != folder && inner.starts_with(folder))
}

/// Is this folder a place that another file system was mounted at, or the root of a volume?
#[cfg(unix)]
pub(super) fn is_mount_point(folder: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let parent = folder.parent().unwrap_or(folder);
    let device = |path: &Path| std::fs::symlink_metadata(path).map(|found| found.dev());
    Ok(device(folder)? != device(parent)? || is_mount_root(folder))
}

/// Tells also a folder of the same file system that was bound here (statx(2), Linux 5.8).
#[cfg(target_os = "linux")]
fn is_mount_root(folder: &Path) -> bool {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    statx(CWD, folder, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty())
        .is_ok_and(|found| found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn is_mount_root(_folder: &Path) -> bool {
    false
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix may fail")]
pub(super) fn is_mount_point(_folder: &Path) -> io::Result<bool> {
    // Windows mounts at junctions, which are links to the walk.
    Ok(false)
}
