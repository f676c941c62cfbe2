//! Why nothing can be said about a path.

use std::io;
use std::path::{Path, PathBuf};

/// Most files and folders below the path.
pub(super) const MAX_ENTRIES: usize = 200_000;

/// Why nothing can be said about a path.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The operating system refused.
    #[error(
        "cannot read `{}`: {source}\nhint: check that it exists and that this account may read it",
        path.display()
    )]
    Io {
        /// What was read.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// More than any folder of backups holds.
    #[error(
        "`{}` holds more than {MAX_ENTRIES} files\nhint: name the folder of the policies alone",
        path.display()
    )]
    TooMany {
        /// The path given.
        path: PathBuf,
    },
    /// No GPO and no WMI filter.
    #[error(
        "`{}` holds no GPO backup, no SYSVOL folder and no policy file\nhint: name a bundle, a \
         folder of backups, SYSVOL's `Policies`, or one policy file under its own name",
        path.display()
    )]
    Nothing {
        /// The path given.
        path: PathBuf,
    },
}

pub(super) fn io_error(path: &Path, source: io::Error) -> LoadError {
    let path = path.to_owned();
    LoadError::Io { path, source }
}
