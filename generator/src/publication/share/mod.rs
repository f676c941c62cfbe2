//! The SYSVOL share as publication needs it: single operations behind a trait, so that tests can
//! cut at each of them. Paths are below the share, with `/`.

mod begun;
mod folder;
mod powershell;
#[cfg(unix)]
mod smbclient;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use gangway_contract::Sha256;

use super::directory::Failure;
pub(super) use begun::{begun_file, begun_folder, undone};
pub use folder::FolderShare;
#[cfg(unix)]
pub use smbclient::{SmbClient, read_archive};

/// A path below the folder of a share that is named, or below the share itself.
pub(super) fn path_below(folder: Option<&str>, name: &str) -> String {
    match folder {
        Some(folder) => format!("{folder}/{name}"),
        None => name.to_owned(),
    }
}

/// What lies in a folder, with paths below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// Folders, sorted.
    pub folders: Vec<String>,
    /// Files and their content.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Why an operation on the share failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareFailure {
    /// The account could not sign in. Trying again may lock it.
    NotSignedIn,
    /// The account may not.
    NoAccess,
    /// A program that reaches the share is missing.
    NoProgram,
    /// Something else lies where a folder is needed, or a link that leads elsewhere.
    InTheWay,
    /// The connection, or anything else.
    Other,
}

impl ShareFailure {
    /// What to do next.
    pub const fn hint(self) -> Option<&'static str> {
        match self {
            Self::NoAccess => Some(
                "use an account that may write to SYSVOL (Group Policy Creator Owners, or Domain \
                 Admins)",
            ),
            Self::NotSignedIn => Failure::NotSignedIn.hint(),
            Self::NoProgram => Some("install the package `smbclient`"),
            Self::InTheWay => Some("look what it is and who put it there, and move it away"),
            Self::Other => None,
        }
    }

    /// [`ShareFailure::hint`], where the share is that of the payloads.
    pub const fn hint_for_share(self) -> Option<&'static str> {
        match self {
            Self::NoAccess => Some(
                "use an account that may write to the share: the administrators of the file server, \
                 as the bundle's runbook tells",
            ),
            _ => self.hint(),
        }
    }
}

/// An operation on the share that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareError {
    /// What was tried, in words.
    pub doing: String,
    /// Which kind of failure.
    pub failure: ShareFailure,
    /// What the server or the program says.
    pub why: String,
}

impl fmt::Display for ShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.doing, self.why)
    }
}

impl std::error::Error for ShareError {}

/// The operations.
pub trait Share {
    /// The same share, to undo by it what a signal cuts; none where a signal does not come.
    fn to_undo(&self) -> Option<Box<dyn LargeFiles + Send>> {
        None
    }

    /// Everything in a folder; none when there is no such folder.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn read_tree(&mut self, folder: &str) -> Result<Option<Tree>, ShareError>;

    /// What lies directly in a folder, by name; none when there is no such folder. `.` is the share.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn list(&mut self, folder: &str) -> Result<Option<BTreeMap<String, Listed>>, ShareError>;

    /// The digest-free content of one file; none when there is no such file.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn read_file(&mut self, path: &str) -> Result<Option<Vec<u8>>, ShareError>;

    /// Makes a folder in one that is there; one of that name that somebody made since is as good.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn make_folder(&mut self, path: &str) -> Result<(), ShareError>;

    /// Sets owner, group and permissions of a folder. `Ok(false)` when this way of reaching the
    /// share cannot.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn set_permissions(&mut self, path: &str, sddl: &str) -> Result<bool, ShareError>;

    /// Writes a new file; an old one of that name is overwritten.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), ShareError>;

    /// Renames a file or folder; a file of the new name is replaced, a folder that holds something is
    /// not.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn rename(&mut self, from: &str, to: &str) -> Result<(), ShareError>;

    /// Removes a file.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn remove_file(&mut self, path: &str) -> Result<(), ShareError>;

    /// Removes a folder and what is in it.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn remove_folder(&mut self, path: &str) -> Result<(), ShareError>;
}

/// What lies in a folder under one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Whatever lies in it.
    Folder,
    /// A file, and its size in bytes.
    File(u64),
    /// A link, a pipe or a device.
    Other,
}

impl Listed {
    /// What it is, in words.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Folder => "a folder",
            Self::File(_) => "a file",
            Self::Other => "a link, a pipe or a device",
        }
    }
}

/// Who may do what, as one entry of a list of permissions says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// The account or group, as `S-1-…`.
    pub sid: String,
    /// Does it take rights away?
    pub denies: bool,
    /// How it is handed down (MS-DTYP 2.4.4.1).
    pub flags: u8,
    /// The rights (MS-DTYP 2.4.3).
    pub mask: u32,
}

/// Operations for files that are too large to be held: payloads.
pub trait LargeFiles: Share {
    /// Writes a new file from one of this machine; an old one of that name is overwritten.
    ///
    /// # Errors
    /// Refused, a full disk, or the connection failed. Half a file may be left.
    fn write_from(&mut self, path: &str, source: &Path) -> Result<(), ShareError>;

    /// Size and SHA-256 of a file, of which one byte more than `most` is read at the most; none when
    /// there is no such file.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn digest(&mut self, path: &str, most: u64) -> Result<Option<(u64, Sha256)>, ShareError>;

    /// Who may do what in a folder; none when this way of reaching the share cannot tell.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn permissions(&mut self, _folder: &str) -> Result<Option<Vec<AccessEntry>>, ShareError> {
        Ok(None)
    }
}
