//! What a deployment tool makes of the end of the bootstrap.

use gangway_contract::ExitCode;

/// What a tool is told. Every tool looks at the server's state besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The program says that the server is where it should be.
    Done,
    /// The same, and a restart is asked for.
    SoftRestart,
    /// Nothing is wrong, and nothing is done yet.
    TryAgain,
    /// A person has to look.
    Failure,
}

impl Outcome {
    /// Of an end of the bootstrap. A server that is onboarded and not protected is a failure here: no
    /// tool has a word between the two.
    pub(super) const fn of(code: ExitCode) -> Self {
        match code {
            ExitCode::Good => Self::Done,
            ExitCode::PendingReboot => Self::SoftRestart,
            ExitCode::Waiting => Self::TryAgain,
            ExitCode::Usage
            | ExitCode::Blocked
            | ExitCode::Failed
            | ExitCode::Refused
            | ExitCode::NotTargeted
            | ExitCode::Unhealthy
            | ExitCode::Internal => Self::Failure,
        }
    }

    /// As `Add-CMDeploymentTypeReturnCode -CodeType` takes it.
    pub(super) const fn of_configuration_manager(self) -> &'static str {
        match self {
            Self::Done => "Success",
            Self::SoftRestart => "SoftReboot",
            Self::TryAgain => "FastRetry",
            Self::Failure => "Failure",
        }
    }
}
