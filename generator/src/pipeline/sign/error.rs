//! Why the exe of a bundle was not signed.

use std::borrow::Cow;
use std::path::PathBuf;

use super::super::build_error::BuildError;
use super::super::config::ConfigError;
use super::super::exchange::ExchangeError;
use super::super::output::OutputError;
use super::super::signing_command::CommandFault;
use super::super::verify::VerifyError;
use crate::disk::DiskError;
use crate::failure::{FailureCode, Fault};
use crate::problem::Problem;

/// Why the exe was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// `gangway.toml` cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The config has no signing command.
    #[error("config `{}` has no `signing.command`", path.display()
    )]
    NoCommand {
        /// Path of the config.
        path: PathBuf,
    },
    /// A root that the config names.
    #[error(transparent)]
    Root(#[from] BuildError),
    /// The bundle cannot be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The bundle does not verify.
    #[error("the bundle does not verify, so nothing is signed: {} {}: {}",
        .0.code.id, .0.subject, .0.message
    )]
    NotProven(Box<Problem>),
    /// Nothing tells which bundle was built.
    #[error("the lock beside config `{}` has no digest of a bundle of this mode, so nothing tells \
         whether this is the one that was built", path.display()
    )]
    NotPinned {
        /// Path of the config.
        path: PathBuf,
    },
    /// The disk.
    #[error(transparent)]
    Io(#[from] OutputError),
    /// The signing program failed.
    #[error("`{program}` {why}")]
    Program {
        /// First word of the command.
        program: String,
        /// What happened, with its own words.
        why: String,
    },
    /// A signer elsewhere.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// The result is not the built exe plus a signature.
    #[error("the signed file is refused: {}", .0.message)]
    Refused(Box<Problem>),
}

impl From<DiskError> for SignError {
    fn from(error: DiskError) -> Self {
        Self::Io(error.into())
    }
}

impl Fault for SignError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Config(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Io(error) => error.code(),
            Self::Exchange(error) => error.code(),
            Self::NoCommand { .. } => FailureCode::Config,
            Self::NotProven(_) | Self::NotPinned { .. } | Self::Refused(_) => {
                FailureCode::NotVerified
            }
            Self::Program { .. } => FailureCode::Program,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Root(error) => return error.hint(),
            Self::Config(error) => return error.hint(),
            Self::Verify(error) => return error.hint(),
            Self::Io(error) => return error.hint(),
            Self::Exchange(error) => return error.hint(),
            Self::NotProven(problem) | Self::Refused(problem) => {
                return Some(problem.next_action.clone().into());
            }
            Self::NoCommand { .. } => {
                "write the program and its arguments, with {in} for the unsigned exe and {out} for \
                 the signed one; a key that no command reaches signs by `--digest-out` and \
                 `--signature-in`"
            }
            Self::NotPinned { .. } => {
                "sign where it was built, or give the digest that `build` printed by `--expect`"
            }
            Self::Program { .. } => {
                "try the command of `signing.command` by hand; it runs in the folder of the config"
            }
        };
        Some(hint.into())
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::NotProven(problem) | Self::Refused(problem) => vec![(**problem).clone()],
            Self::Root(error) => error.problems(),
            _ => Vec::new(),
        }
    }
}

impl From<CommandFault> for SignError {
    fn from(fault: CommandFault) -> Self {
        match fault {
            CommandFault::Disk(error) => Self::Io(error),
            CommandFault::Program { program, why } => Self::Program { program, why },
        }
    }
}
