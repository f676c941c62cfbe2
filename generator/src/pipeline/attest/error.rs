//! Why nothing was attested.

use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::super::config::ConfigError;
use super::super::output::OutputError;
use super::super::package::PackageError;
use super::super::signing_command::CommandFault;
use super::super::verify::VerifyError;
use crate::disk::{DiskError, room_for_work};
use crate::failure::{FailureCode, Fault};
use crate::problem::Problem;

/// Why nothing was attested; no file was written.
#[derive(Debug, thiserror::Error)]
pub enum AttestError {
    /// `gangway.toml` cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// None was named.
    #[error("no config is named, and key and command of the attestation stand in it")]
    NoConfig,
    /// It names no key, or no command.
    #[error("the config has no `provenance.{field}`")]
    NotConfigured {
        /// Its key below `[provenance]`.
        field: &'static str,
    },
    /// The key cannot be used.
    #[error("the key `{}` cannot be used: {why}", path.display())]
    Key {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The bundle cannot be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The bundle does not verify.
    #[error("the bundle does not verify, so nobody vouches for it: {} {}: {}",
        .0.code.id, .0.subject, .0.message
    )]
    NotProven(Box<Problem>),
    /// Nobody signed the bootstrap.
    #[error(
        "the bootstrap of the bundle is not signed, and whoever signs it makes it another file"
    )]
    Unsigned,
    /// Something else lies there.
    #[error("`{}` is another file, and is not replaced", path.display())]
    Occupied {
        /// The file that was to be written.
        path: PathBuf,
    },
    /// The command's signature does not fit.
    #[error("nothing is attested: {} {}", .0.code.id, .0.message)]
    Refused(Box<Problem>),
    /// Packages cannot be made again, to be compared.
    #[error("the packages cannot be made again to be compared, so nothing is attested")]
    Package(#[source] Box<PackageError>),
    /// Reading what is attested.
    #[error(transparent)]
    Io(#[from] OutputError),
    /// Writing the statements.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The command failed.
    #[error("`{program}` {why}")]
    Program {
        /// Its first word.
        program: String,
        /// What happened, with its own words.
        why: String,
    },
}

impl From<CommandFault> for AttestError {
    fn from(fault: CommandFault) -> Self {
        match fault {
            CommandFault::Disk(error) => Self::Io(error),
            CommandFault::Program { program, why } => Self::Program { program, why },
        }
    }
}

impl From<PackageError> for AttestError {
    fn from(error: PackageError) -> Self {
        Self::Package(Box::new(error))
    }
}

/// Was there no room for something?
fn is_full(error: &PackageError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let io = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(io, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded)) {
            return true;
        }
        cause = error.source();
    }
    false
}

impl Fault for AttestError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Config(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Package(error) => error.code(),
            Self::Io(error) => error.code(),
            Self::Disk(error) => error.code(),
            Self::NoConfig => FailureCode::CommandLine,
            Self::NotConfigured { .. } => FailureCode::Config,
            Self::Key { .. } | Self::Occupied { .. } => FailureCode::Files,
            Self::NotProven(_) | Self::Refused(_) | Self::Unsigned => FailureCode::NotVerified,
            Self::Program { .. } => FailureCode::Program,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Config(error) => return error.hint(),
            Self::Verify(error) => return error.hint(),
            Self::Package(error) if is_full(error) => {
                // They are made in a private folder, whose name stands in no cause of a writer.
                return Some(room_for_work(std::env::temp_dir().display()).into());
            }
            Self::Package(error) => return error.hint(),
            Self::Io(error) => return error.hint(),
            Self::Disk(error) => return error.hint(),
            Self::NotProven(problem) | Self::Refused(problem) => {
                return Some(problem.next_action.clone().into());
            }
            Self::NoConfig => "name the config that the bundle was built from: `-c gangway.toml`",
            Self::NotConfigured { .. } => {
                "write `[provenance]` with `key`, the file of the public key, and `command`, the \
                 program that signs {in} into {out}"
            }
            Self::Key { .. } => {
                "give the public key in PEM: `openssl pkey -in key.pem -pubout`, of P-256 or Ed25519"
            }
            Self::Unsigned => {
                "sign it by `gangway sign`, or attest it as it is by `--allow-unsigned`"
            }
            Self::Occupied { .. } => "name another file by `--out`, or remove that one",
            Self::Program { .. } => {
                "try the command of `provenance.command` by hand; it runs in the folder of the config"
            }
        };
        Some(hint.into())
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::NotProven(problem) | Self::Refused(problem) => vec![(**problem).clone()],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packages::cabinet::CabinetError;

    /// Packages are made again among temporary files, which no writer of theirs knows.
    #[test]
    fn no_room_for_packages_that_are_made_again_is_told_with_the_variable() {
        for (kind, is_told) in [
            (ErrorKind::StorageFull, true),
            (ErrorKind::QuotaExceeded, true),
            (ErrorKind::BrokenPipe, false),
        ] {
            let made = PackageError::from(CabinetError::Write(kind.into()));
            let hint = AttestError::from(made).hint().unwrap();
            assert_eq!(hint.contains("TMP"), is_told, "{kind}: {hint}");
        }
    }
}
