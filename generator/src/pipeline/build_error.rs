//! Why a bundle is not built.

use std::borrow::Cow;
use std::path::PathBuf;

use super::config::{ConfigError, of_named_file};
use super::output::OutputError;
use crate::bootstrap::SpecialiseError;
use crate::disk::DiskError;
use crate::failure::{FailureCode, Fault};
use crate::intake;
use crate::policies::GpoError;
use crate::problem::Problem;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// `gangway.toml` cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A certificate that the command line names.
    #[error("root certificate `{}`: {why}", path.display())]
    Root {
        /// Path of the file, as it is named.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A revocation list that the command line names.
    #[error("revocation list `{}`: {why}", path.display())]
    RevocationList {
        /// Path of the file, as it is named.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The lock file.
    #[error("lock `{}`: {why}",
        path.display()
    )]
    Lock {
        /// Path of the file, as it is named.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The lock is that of another config.
    #[error("lock `{}` is that of config `{}`, not of `{}`: two configs beside one lock would undo \
         each other's entries",
        path.display(), other.display(), config.display()
    )]
    LockOfAnother {
        /// Path of `gangway.lock`.
        path: PathBuf,
        /// The config that was given.
        config: PathBuf,
        /// The config whose lock it is.
        other: PathBuf,
    },
    /// A link to the config has a lock of its own.
    #[error("config `{}` is a link, and beside a link lies the lock `{}`, where the one lock of a \
         config is `{}`, beside the file itself",
        config.display(), other.display(), path.display()
    )]
    TwoLocks {
        /// Beside the file itself; perhaps not there yet.
        path: PathBuf,
        /// The config that was given.
        config: PathBuf,
        /// Beside the link.
        other: PathBuf,
    },
    /// The bundle is in its place, and the lock does not speak of it.
    #[error("the bundle is in its place, and the lock could not be written")]
    LockNotWritten {
        /// Why.
        source: DiskError,
    },
    /// The share's switch.
    #[error("switch `{}`: {why}", path.display())]
    Control {
        /// Path of the file, as it is named.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no stub.
    #[error("no bootstrap stub: {why}")]
    NoStub {
        /// What was tried.
        why: String,
    },
    /// The stub is not usable.
    #[error("stub `{}` cannot be used", path.display())]
    Stub {
        /// Path of the file, as it is named.
        path: PathBuf,
        /// What stood against it.
        source: SpecialiseError,
    },
    /// The specialised exe cannot be read back.
    #[error("the bootstrap that was made cannot be read back: {why}")]
    Digest {
        /// What stood against it.
        why: String,
    },
    /// Errors among the downloads; all of them.
    #[error("errors stand against the bundle, so nothing was written")]
    Problems(Vec<Problem>),
    /// Findings that the caller denies; all that was found.
    #[error("`--deny` refuses findings, so nothing was written")]
    Denied(Vec<Problem>),
    /// A policy could not be written.
    #[error("group policy for `{domain}` cannot be made")]
    Gpo {
        /// DNS name, as the config has it.
        domain: String,
        /// What stood against it.
        source: GpoError,
    },
    /// The folder could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The runbook template.
    #[error("the runbook could not be written: {why}")]
    Runbook {
        /// What stood against it.
        why: String,
    },
}

impl From<DiskError> for BuildError {
    fn from(error: DiskError) -> Self {
        Self::Output(error.into())
    }
}

impl Fault for BuildError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Config(error) => error.code(),
            Self::Output(error) => error.code(),
            Self::Root { path, .. }
            | Self::Control { path, .. }
            | Self::RevocationList { path, .. } => of_named_file(path),
            Self::Lock { .. } | Self::LockOfAnother { .. } | Self::TwoLocks { .. } => {
                FailureCode::Lock
            }
            Self::NoStub { .. } | Self::LockNotWritten { .. } => FailureCode::Files,
            Self::Stub { .. } | Self::Gpo { .. } => FailureCode::Unbuildable,
            Self::Problems(problems) => intake::codes::failure_of(problems),
            Self::Denied(_) => FailureCode::Denied,
            Self::Runbook { .. } | Self::Digest { .. } => FailureCode::Defect,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Config(error) => return error.hint(),
            Self::Output(error) => return error.hint(),
            Self::Stub { source, .. } => return source.hint().map(Cow::Borrowed),
            Self::Gpo { source, .. } => return Some(source.problem().next_action.into()),
            Self::Root { .. } => "`--root` names certificates as PEM or DER",
            Self::RevocationList { .. } => "name a whole list of one issuer as PEM or DER",
            Self::Lock { .. } => "take it from version control again; it is not edited by hand",
            Self::LockNotWritten { .. } => {
                "build again once the lock can be written: that goes on from here, with the same sequence"
            }
            Self::LockOfAnother { .. } => "give each config a folder of its own",
            Self::TwoLocks { .. } => {
                "of two keep the one with the higher `sequence`; move it beside the file itself"
            }
            Self::Control { .. } => "mend it, or build without `--share`",
            Self::NoStub { .. } => {
                "give `--stub FILE`, set `bootstrap.stub` in the config, or put \
                 `gangway-runner.exe` beside `gangway`"
            }
            Self::Denied(_) => "mend what they name, or deny less",
            Self::Digest { .. } | Self::Problems(_) | Self::Runbook { .. } => {
                return None;
            }
        };
        Some(hint.into())
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Problems(problems) | Self::Denied(problems) => problems.clone(),
            _ => Vec::new(),
        }
    }
}
