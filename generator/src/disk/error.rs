//! Why a file of ours does not come to its place.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{FailureCode, Fault, hint_of};

/// Why a file of ours does not come to its place.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// A call of the operating system failed.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A name that is needed is taken.
    #[error("`{}` is in the way, and it is not surely what a killed run left: {why}", path.display())]
    InTheWay {
        /// The file or folder.
        path: PathBuf,
        /// What is strange about it.
        why: String,
    },
    /// Another run writes the same.
    #[error("another run is writing `{}`", path.display())]
    Busy {
        /// The folder or file.
        path: PathBuf,
    },
}

impl DiskError {
    /// For `map_err`: what was tried, and on what.
    pub(crate) fn io<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

impl Fault for DiskError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Io { .. } => FailureCode::Files,
            Self::InTheWay { .. } => FailureCode::Occupied,
            Self::Busy { .. } => FailureCode::Busy,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Io { source, .. } => hint_of(source),
            Self::InTheWay { .. } => Some("look what it is, and move it away".into()),
            Self::Busy { .. } => Some("wait until it ends".into()),
        }
    }
}
