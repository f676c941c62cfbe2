//! Why no packages were made.

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
use crate::formats::msi::MsiError;
use crate::formats::pe::PeError;
use crate::gpo::xml::WriteError as WriteXml;
use crate::packages::cabinet::CabinetError;
use crate::packages::intunewin::IntuneError;
use crate::packages::msi::WriteError;
use crate::packages::stored_zip::ArchiveError;
use crate::problem::Problem;

/// Why no packages were made; nothing is left of them.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// The bundle cannot be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The bundle does not verify.
    #[error("the bundle does not verify, so nothing is packed: {} {}: {}",
        .0.code.id, .0.subject, .0.message
    )]
    NotProven(Box<Problem>),
    /// Nobody signed the bootstrap.
    #[error("the bootstrap of the bundle is not signed, and packages carry it as it is")]
    Unsigned,
    /// Something stands against the packages.
    #[error("no package is made: {} {}: {}", .0[0].code.id, .0[0].subject, .0[0].message)]
    Refused(Vec<Problem>),
    /// The signature of a package is refused.
    #[error("no package is made: {} {}: {}", .0.code.id, .0.subject, .0.message)]
    Signature(Box<Problem>),
    /// The place holds what is not replaced.
    #[error("`{}` is not replaced: {why}", path.display())]
    Occupied {
        /// The folder.
        path: PathBuf,
        /// What is there.
        why: String,
    },
    /// The place holds signed packages.
    #[error("`{}` is not replaced: `{file}` in it is signed, and this run {}", path.display(),
        if *.is_made { "does not sign it" } else { "does not make it" }
    )]
    SignedThere {
        /// The folder.
        path: PathBuf,
        /// The package that somebody signed.
        file: String,
        /// Is an unsigned one made in its place?
        is_made: bool,
    },
    /// The package cannot be written to its place.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Reading the bundle.
    #[error(transparent)]
    Io(#[from] OutputError),
    /// `gangway.toml` cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A root of the config.
    #[error(transparent)]
    Root(#[from] BuildError),
    /// The config has no signing command.
    #[error("the config has no `signing.command`")]
    NoCommand,
    /// The signing program failed.
    #[error("`{program}` {why}")]
    Program {
        /// First word of the signing command.
        program: String,
        /// What happened, with its own words.
        why: String,
    },
    /// A signer elsewhere.
    #[error(transparent)]
    Exchange(#[from] ExchangeError),
    /// Files that no cabinet can hold.
    #[error(transparent)]
    Cabinet(#[from] CabinetError),
    /// An installer package.
    #[error(transparent)]
    Package(#[from] WriteError),
    /// An installer package cannot be read back.
    #[error("the installer package cannot be read back")]
    ReadBack(#[from] MsiError),
    /// Files that no ZIP can hold.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A package for Intune.
    #[error(transparent)]
    Intune(#[from] IntuneError),
    /// A policy for application control.
    #[error("no rule can be written")]
    Rule(#[from] WriteXml),
    /// A file for a deployment tool.
    #[error("a file for a deployment tool cannot be written")]
    Tool(#[from] askama::Error),
    /// The bootstrap says no version.
    #[error("the bootstrap's version cannot be read")]
    Version(#[from] PeError),
}

impl From<CommandFault> for PackageError {
    fn from(fault: CommandFault) -> Self {
        match fault {
            CommandFault::Disk(error) => Self::Io(error),
            CommandFault::Program { program, why } => Self::Program { program, why },
        }
    }
}

impl Fault for PackageError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Verify(error) => error.code(),
            Self::Disk(error) => error.code(),
            Self::Io(error) => error.code(),
            Self::Config(error) => error.code(),
            Self::Exchange(error) => error.code(),
            Self::Root(error) => error.code(),
            Self::NotProven(_) | Self::Signature(_) | Self::Unsigned | Self::Version(_) => {
                FailureCode::NotVerified
            }
            Self::Refused(_) => FailureCode::Problems,
            Self::Occupied { .. } | Self::SignedThere { .. } => FailureCode::Occupied,
            Self::NoCommand => FailureCode::Config,
            Self::Program { .. } => FailureCode::Program,
            Self::Cabinet(_)
            | Self::Package(_)
            | Self::ReadBack(_)
            | Self::Archive(_)
            | Self::Intune(_)
            | Self::Tool(_)
            | Self::Rule(_) => FailureCode::Files,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Verify(error) => return error.hint(),
            Self::Disk(DiskError::InTheWay { path, .. }) => {
                return Some(
                    format!(
                        "look whether anything in `{}` is yours, and take it away with all that is in it: an \
                         earlier version of this program left such a folder when it was killed, and said nowhere \
                         which files it wrote",
                        path.display()
                    )
                    .into(),
                );
            }
            Self::Disk(error) => return error.hint(),
            Self::Io(error) => return error.hint(),
            Self::Config(error) => return error.hint(),
            Self::Exchange(error) => return error.hint(),
            Self::Root(error) => return error.hint(),
            Self::NotProven(problem) | Self::Signature(problem) => {
                return Some(problem.next_action.clone().into());
            }
            Self::Refused(problems) => {
                let first = problems.first()?;
                return Some(first.next_action.clone().into());
            }
            Self::Unsigned => {
                "sign it by `gangway sign`, or take it as it is by `--allow-unsigned`"
            }
            Self::Occupied { .. } => "name a new folder by `--out`, or take that out yourself",
            Self::SignedThere { .. } => {
                "sign these too, by `--sign` or `--signature-in`, name another folder by `--out`, or let them \
                 go by `--replace-signed`"
            }
            Self::NoCommand => {
                "write the program and its arguments under `[signing]`, or leave `--sign` away"
            }
            Self::Program { .. } => {
                "try the command of `signing.command` by hand on the package; it runs in the folder \
                 of the config"
            }
            Self::Cabinet(_) | Self::Package(_) | Self::Archive(_) | Self::Intune(_) => {
                "look whether the disk is full, and whether somebody writes to the bundle"
            }
            Self::ReadBack(_) | Self::Tool(_) | Self::Rule(_) | Self::Version(_) => return None,
        };
        Some(hint.into())
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::NotProven(problem) | Self::Signature(problem) => vec![(**problem).clone()],
            Self::Refused(problems) => problems.clone(),
            Self::Root(error) => error.problems(),
            _ => Vec::new(),
        }
    }
}
