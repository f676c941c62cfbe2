//! Why nothing can be said about a path.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{FailureCode, Fault};

/// Most files and folders below the path.
pub(super) const MAX_ENTRIES: usize = 200_000;

/// Why nothing can be said about a path.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The operating system refused.
    #[error("cannot read `{}`",
        path.display()
    )]
    Io {
        /// What was read.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// More than any folder of backups holds.
    #[error("`{}` holds more than {MAX_ENTRIES} files",
        path.display()
    )]
    TooMany {
        /// The path given.
        path: PathBuf,
    },
    /// No GPO and no WMI filter.
    #[error("`{}` holds no GPO backup, no SYSVOL folder and no policy file",
        path.display()
    )]
    Nothing {
        /// The path given.
        path: PathBuf,
    },
}

impl Fault for LoadError {
    fn code(&self) -> FailureCode {
        FailureCode::Files
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Io { .. } => "check that it exists and that this account may read it",
            Self::TooMany { .. } => "name the folder of the policies alone",
            Self::Nothing { .. } => {
                "name a bundle, a folder of backups, SYSVOL's `Policies`, or one policy file under \
                 its own name"
            }
        };
        Some(hint.into())
    }
}

pub(super) fn io_error(path: &Path, source: io::Error) -> LoadError {
    let path = path.to_owned();
    LoadError::Io { path, source }
}
