//! Why a folder gives no fleet.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::failure::{FailureCode, Fault};

/// Most report files that one fleet may have. A hundred thousand servers that ran ten times
/// fit; a folder with more is not one of reports.
pub const MAX_REPORTS: usize = 1_000_000;

/// Why a folder gave no fleet.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// The folder cannot be read.
    #[error("read reports in `{}`: {why}",
        path.display()
    )]
    Unreadable {
        /// Folder of the reports.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// More than [`MAX_REPORTS`].
    #[error("`{}` holds more than {MAX_REPORTS} files",
        path.display()
    )]
    TooMany {
        /// Folder of the reports.
        path: PathBuf,
    },
    /// What lies there is something else.
    #[error("`{}` is no folder of reports but {what}",
        path.display()
    )]
    Elsewhere {
        /// Folder of the reports.
        path: PathBuf,
        /// What it is, in words.
        what: String,
        /// What to give instead.
        give: String,
    },
    /// Reports, and none says anything of a server that is asked for today.
    #[error("`{}` holds no report that counts ({why})",
        path.display()
    )]
    NoneCounts {
        /// Folder of the reports.
        path: PathBuf,
        /// Why, and how many for each reason.
        why: String,
        /// What to do, for each reason.
        next: String,
    },
    /// No report at all, which says nothing of any server.
    #[error("`{}` holds no report",
        path.display()
    )]
    Empty {
        /// Folder of the reports.
        path: PathBuf,
    },
}

impl Fault for FleetError {
    fn code(&self) -> FailureCode {
        FailureCode::Files
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Elsewhere { give, .. } => return Some(give.clone().into()),
            Self::NoneCounts { next, .. } => return Some(next.clone().into()),
            Self::Unreadable { .. } => {
                "name the folder of `share.reports`, or a copy of it, that this account may read"
            }
            Self::TooMany { .. } => "name the folder of the reports alone",
            Self::Empty { .. } => {
                "name the folder of `share.reports`; when it is the one, no server has run the \
                 bootstrap yet, or none may write there"
            }
        };
        Some(hint.into())
    }
}
