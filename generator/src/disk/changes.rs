//! Every change of the disk that bundle, lock and signed exe take: one function for each, so that
//! a test can cut a run before any of them (`cuts`), as a kill does.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// `mkdir`.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    allowed()?;
    fs::create_dir(path)
}

/// A folder that this account alone can look into.
pub(crate) fn create_private_folder(path: &Path) -> io::Result<()> {
    allowed()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        fs::DirBuilder::new().mode(0o700).create(path)
    }
    // In Windows the list of the folder above counts.
    #[cfg(not(unix))]
    fs::create_dir(path)
}

/// A folder with those above it.
pub(crate) fn create_folders(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    allowed()?;
    fs::create_dir_all(path)
}

/// A file that must not be there yet.
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    allowed()?;
    File::create_new(path)
}

/// A file that must not be there yet, with all that is in it.
pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(&mut create_file(path)?, bytes)
}

/// Appends to a file that is open.
pub(crate) fn write(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    allowed()?;
    file.write_all(bytes)
}

/// Of files, over one that is there; of folders, into an empty place.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    allowed()?;
    fs::rename(from, to)
}

/// A file, or the name of a link.
pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    allowed()?;
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            make_writable(path)?;
            fs::remove_file(path)
        }
        removed => removed,
    }
}

/// Windows before Server 2019 removes no file that is marked as read-only, as a copy from a disc or an archive
/// may be. On other systems the folder decides, and nothing is done.
fn make_writable(path: &Path) -> io::Result<()> {
    let mut permissions = fs::symlink_metadata(path)?.permissions();
    if cfg!(windows) && permissions.readonly() {
        #[expect(
            clippy::permissions_set_readonly_false,
            reason = "on Windows alone, where it is one attribute and gives nobody an access"
        )]
        permissions.set_readonly(false);
        return fs::set_permissions(path, permissions);
    }
    Ok(())
}

/// An empty folder.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    allowed()?;
    fs::remove_dir(path)
}

/// A folder with all that is in it.
pub(crate) fn remove_tree(path: &Path) -> io::Result<()> {
    allowed()?;
    fs::remove_dir_all(path)
}

/// Gives each of two paths what lies at the other, in one step; false where the system or this
/// file system cannot (Linux has it since 3.15, not for every file system: renameat2(2)).
pub(crate) fn exchange(one: &Path, other: &Path) -> io::Result<bool> {
    allowed()?;
    #[cfg(test)]
    if !cuts::has_exchange() {
        return Ok(false);
    }
    exchange_in_one(one, other)
}

#[cfg(target_os = "linux")]
fn exchange_in_one(one: &Path, other: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(target_os = "linux"))]
fn exchange_in_one(_one: &Path, _other: &Path) -> io::Result<bool> {
    // Windows: `ReplaceFile` takes files only.
    Ok(false)
}

/// Device and number.
#[cfg(unix)]
pub(crate) type Identity = (u64, u64);

/// Is it a folder; of a file its size, and when it was made.
#[cfg(not(unix))]
pub(crate) type Identity = (bool, Option<u64>, Option<std::time::SystemTime>);

/// What tells a file or folder from another one of its name.
#[cfg(unix)]
pub(crate) fn identity(found: &fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (found.dev(), found.ino())
}

/// What the standard library tells of it.
#[cfg(not(unix))]
pub(crate) fn identity(found: &fs::Metadata) -> Identity {
    // Of a folder Wine gives the time of its last change.
    let made = found.created().ok().filter(|_| found.is_file());
    (found.is_dir(), found.is_file().then(|| found.len()), made)
}

/// May one more change be made?
#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "tests refuse here")]
pub(crate) const fn allowed() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
pub(crate) use cuts::allowed;

#[cfg(test)]
pub(crate) mod cuts {
    //! A run that is killed: from some change on none is made, tidying up included.

    use std::cell::Cell;
    use std::io;

    thread_local! {
        static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
        static EXCHANGE: Cell<bool> = const { Cell::new(true) };
    }

    /// Does something that is cut after so many changes; tells whether it was.
    pub(crate) fn after<T>(changes: usize, act: impl FnOnce() -> T) -> (T, bool) {
        // One more, so that none left means that one was refused.
        LEFT.set(Some(changes + 1));
        let result = act();
        let cut = LEFT.take() == Some(0);
        (result, cut)
    }

    /// Does something where the system cannot exchange folders.
    pub(crate) fn without_exchange<T>(act: impl FnOnce() -> T) -> T {
        EXCHANGE.set(false);
        let result = act();
        EXCHANGE.set(true);
        result
    }

    pub(crate) fn has_exchange() -> bool {
        EXCHANGE.get()
    }

    pub(crate) fn allowed() -> io::Result<()> {
        match LEFT.get() {
            None => Ok(()),
            Some(left) => {
                let left = left.saturating_sub(1);
                LEFT.set(Some(left));
                match left {
                    0 => Err(io::Error::other("killed by the test")),
                    _ => Ok(()),
                }
            }
        }
    }
}
