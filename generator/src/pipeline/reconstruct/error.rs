//! Why nothing was given back.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::disk::DiskError;
use crate::failure::{FailureCode, Fault};
use crate::pipeline::verify::VerifyError;
use crate::problem::Problem;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ReconstructError {
    /// There is a bundle, a share or a domain, and no recipe in it.
    #[error("`{place}` holds no recipe")]
    Nothing {
        /// What was looked at.
        place: String,
    },
    /// A recipe that cannot be what it says.
    #[error("recipe `{place}`: {why}")]
    Refused {
        /// Where it lies.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// Recipes of more than one organisation.
    #[error("recipes of several organisations lie there: {}", .0.join(", "))]
    Several(Vec<String>),
    /// The folder has a file of that name.
    #[error("`{}` is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// Writing config or lock failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A bundle cannot be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A bundle does not verify: the first finding.
    #[error("the bundle does not verify, so nothing is taken from it: {} {}: {}",
        .0.code.id, .0.subject, .0.message
    )]
    NotProven(Box<Problem>),
}

impl Fault for ReconstructError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Several(_) => FailureCode::CommandLine,
            Self::Nothing { .. } | Self::Exists { .. } => FailureCode::Files,
            Self::Disk(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Refused { .. } | Self::NotProven(_) => FailureCode::NotVerified,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Nothing { .. } => {
                "a version before recipes made it; look for the bundle's folder, or for a newer publication"
            }
            Self::Refused { .. } => {
                "somebody else wrote it: take the bundle's folder, the share or the domain, whichever of them \
                 nobody could write to"
            }
            Self::Several(_) => "choose one by `--id`",
            Self::Exists { .. } => "name another folder by `--out`: nothing is ever written over",
            Self::Disk(error) => return error.hint(),
            Self::Verify(error) => return error.hint(),
            Self::NotProven(problem) => return Some(problem.next_action.clone().into()),
        };
        Some(hint.into())
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::NotProven(problem) => vec![(**problem).clone()],
            _ => Vec::new(),
        }
    }
}
