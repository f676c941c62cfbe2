//! Which cause each error of the library is.

use std::path::Path;

use super::failure::{Failure, FailureCode};
use crate::fleet::FleetError;
use crate::gpo::found::LoadError;
use crate::intake;
use crate::pipeline::{
    BuildError, ConfigError, DiffError, OutputError, RelockError, SignError, VerifyError,
};
use crate::plain_file;
use crate::problem::Problem;

/// The code for findings that stand against the work. What the operating system refused to
/// read or write leaves the others incomplete, so it decides.
pub(super) fn of_problems(problems: &[Problem]) -> FailureCode {
    let refused = |problem: &Problem| intake::codes::ENVIRONMENT.contains(&problem.code);
    if problems.iter().any(refused) {
        FailureCode::Files
    } else {
        FailureCode::Problems
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        let code = of_build(&error);
        let failure = Self::new(code, &error);
        match error {
            BuildError::Problems(problems) | BuildError::Denied(problems) => {
                failure.about(problems)
            }
            _ => failure,
        }
    }
}

/// The code of what stands against a build, or of what `verify` and `sign` take from outside.
fn of_build(error: &BuildError) -> FailureCode {
    match error {
        BuildError::Config(error) => of_config(error),
        BuildError::Output(error) => of_output(error),
        BuildError::WorkspaceKey { path, .. }
        | BuildError::Root { path, .. }
        | BuildError::Control { path, .. }
        | BuildError::RevocationList { path, .. } => of_named_file(path),
        BuildError::Lock { .. } | BuildError::LockOfAnother { .. } => FailureCode::Lock,
        BuildError::NoStub { .. } => FailureCode::Files,
        BuildError::Stub { .. } | BuildError::Gpo { .. } | BuildError::Kit(_) => {
            FailureCode::Unbuildable
        }
        BuildError::Problems(problems) => of_problems(problems),
        BuildError::Denied(_) => FailureCode::Denied,
        BuildError::Runbook { .. } | BuildError::Digest { .. } => FailureCode::Defect,
    }
}

fn of_config(error: &ConfigError) -> FailureCode {
    match error {
        ConfigError::Unreadable { .. } => FailureCode::Files,
        ConfigError::Malformed { .. } | ConfigError::Value { .. } => FailureCode::Config,
    }
}

/// A file that the config names: not there, or there and not understood.
fn of_named_file(path: &Path) -> FailureCode {
    if plain_file::open(path).is_ok() {
        FailureCode::Config
    } else {
        FailureCode::Files
    }
}

fn of_output(error: &OutputError) -> FailureCode {
    match error {
        OutputError::Io { .. } | OutputError::Changed { .. } => FailureCode::Files,
        OutputError::NotABundle { .. }
        | OutputError::Foreign { .. }
        | OutputError::NotAFolder { .. }
        | OutputError::HoldsInput { .. }
        | OutputError::AmongDownloads { .. }
        | OutputError::MountPoint { .. }
        | OutputError::InTheWay { .. } => FailureCode::Occupied,
        OutputError::Busy { .. } => FailureCode::Busy,
    }
}

impl From<SignError> for Failure {
    fn from(error: SignError) -> Self {
        let code = match &error {
            SignError::Root(error) => of_build(error),
            SignError::Config(error) => of_config(error),
            SignError::NoCommand { .. } => FailureCode::Config,
            SignError::Verify(error) => of_verify(error),
            SignError::NotProven(_) | SignError::NotPinned { .. } | SignError::Refused(_) => {
                FailureCode::NotVerified
            }
            SignError::Io(error) => of_output(error),
            SignError::Program { .. } => FailureCode::Program,
        };
        let failure = Self::new(code, &error);
        match error {
            SignError::NotProven(problem) | SignError::Refused(problem) => {
                failure.about(vec![*problem])
            }
            _ => failure,
        }
    }
}

impl From<RelockError> for Failure {
    fn from(error: RelockError) -> Self {
        let code = match &error {
            RelockError::Config(error) => of_config(error),
            RelockError::Lock(error) => of_build(error),
            RelockError::Verify(error) => of_verify(error),
            RelockError::NotProven { .. } | RelockError::OfAnother { .. } => {
                FailureCode::NotVerified
            }
            RelockError::NotNewer { .. } => FailureCode::Problems,
        };
        let failure = Self::new(code, &error);
        match error {
            RelockError::NotProven { problem, .. } => failure.about(vec![*problem]),
            _ => failure,
        }
    }
}

fn of_verify(error: &VerifyError) -> FailureCode {
    match error {
        VerifyError::Absent { .. } => FailureCode::Files,
        VerifyError::NotABundle { .. } => FailureCode::NotABundle,
        VerifyError::Io(error) => of_output(error),
        VerifyError::Outside(error) => of_build(error),
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        Self::new(of_verify(&error), &error)
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        Self::new(FailureCode::Files, &error)
    }
}

impl From<DiffError> for Failure {
    fn from(error: DiffError) -> Self {
        let code = match &error {
            DiffError::Policies(_) => FailureCode::Files,
            DiffError::Io(error) => of_output(error),
            DiffError::Document { .. } | DiffError::NotPlain { .. } => FailureCode::NotVerified,
        };
        let failure = Self::new(code, &error);
        match error {
            DiffError::NotPlain { problems, .. } => failure.about(problems),
            _ => failure,
        }
    }
}

impl From<FleetError> for Failure {
    fn from(error: FleetError) -> Self {
        Self::new(FailureCode::Files, &error)
    }
}

#[cfg(feature = "directory")]
mod publish {
    use super::{Failure, FailureCode, of_verify};
    use crate::cli::password::PasswordError;
    use crate::pipeline::publish::ContentsError;
    use crate::publication::PublishError;

    impl From<ContentsError> for Failure {
        fn from(error: ContentsError) -> Self {
            let code = match &error {
                ContentsError::ChooseDomain { .. } => FailureCode::CommandLine,
                ContentsError::Lint { .. } => FailureCode::Problems,
                ContentsError::Unverifiable(error) => of_verify(error),
                ContentsError::Bundle { .. }
                | ContentsError::Verification { .. }
                | ContentsError::Domain(_) => FailureCode::NotVerified,
            };
            Self::new(code, &error)
        }
    }

    impl From<PublishError> for Failure {
        fn from(error: PublishError) -> Self {
            let code = match &error {
                PublishError::Refused(_) => FailureCode::Refused,
                PublishError::State(_) => FailureCode::Files,
                PublishError::Server { .. }
                | PublishError::Directory(_)
                | PublishError::Share(_)
                | PublishError::Different { .. } => FailureCode::Server,
            };
            Self::new(code, &error)
        }
    }

    impl From<PasswordError> for Failure {
        fn from(error: PasswordError) -> Self {
            let code = match &error {
                PasswordError::File { .. } | PasswordError::Terminal { .. } => FailureCode::Files,
                PasswordError::Variable | PasswordError::NoTerminal { .. } => {
                    FailureCode::CommandLine
                }
            };
            Self::new(code, &error)
        }
    }
}
