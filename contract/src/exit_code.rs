//! Every exit code of the bootstrap: number, meaning, next action.

use crate::reason::Reason;
use crate::state::State;

/// How the bootstrap ends. The numbers are stable and documented; they avoid the codes of
/// `msiexec`, `wusa` and the onboarding script so that a log line is never ambiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum ExitCode {
    /// Converged, or assessed without a finding.
    Good = 0,
    /// The command line is not understood.
    Usage = 2,
    /// Onboarded, a restart is pending.
    PendingReboot = 50,
    /// Not done yet; the next run goes on.
    Waiting = 51,
    /// A person must clear something first.
    Blocked = 52,
    /// Tried and not converged.
    Failed = 53,
    /// Integrity; nothing was run.
    Refused = 54,
    /// Not a product this bundle is for.
    NotTargeted = 55,
    /// Onboarded, and not protected or not watched as wanted.
    Unhealthy = 56,
    /// A defect of the bootstrap itself.
    Internal = 70,
}

impl ExitCode {
    /// Every code, in ascending order.
    pub const ALL: [Self; 10] = [
        Self::Good,
        Self::Usage,
        Self::PendingReboot,
        Self::Waiting,
        Self::Blocked,
        Self::Failed,
        Self::Refused,
        Self::NotTargeted,
        Self::Unhealthy,
        Self::Internal,
    ];

    /// The number that the process ends with.
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// What it says of the server, as a part of a sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Good => {
                "the server is what the bundle wants, or a precheck found nothing in the way"
            }
            Self::Usage => "the command line is not understood",
            Self::PendingReboot => "onboarded, and a restart is pending",
            Self::Waiting => {
                "not done yet: a window, a ring, a pause, a restart or a running installer"
            }
            Self::Blocked => "something on the server stands in the way that a person must clear",
            Self::Failed => "a step was tried, and the server is not what it should be",
            Self::Refused => {
                "the exe, its manifest or a payload is not what it must be; nothing was run"
            }
            Self::NotTargeted => "the bundle is not for this product",
            Self::Unhealthy => "onboarded, and not protected or not watched as wanted",
            Self::Internal => "a defect of the bootstrap itself",
        }
    }
}

impl ExitCode {
    /// The exit code of a run. An assessment ends like the run that it stands for: good when
    /// the server is ready or done, else with the code of what stands in the way.
    pub fn of(state: State, reason: Reason) -> Self {
        match state {
            State::Assessed => reason.state().into(),
            reached => reached.into(),
        }
    }
}

impl From<State> for ExitCode {
    fn from(state: State) -> Self {
        match state {
            State::Onboarded | State::Offboarded | State::Assessed => Self::Good,
            State::OnboardedPendingReboot => Self::PendingReboot,
            State::OnboardedUnhealthy => Self::Unhealthy,
            State::Waiting => Self::Waiting,
            State::Blocked => Self::Blocked,
            State::Failed => Self::Failed,
            State::Refused => Self::Refused,
            State::NotTargeted => Self::NotTargeted,
        }
    }
}
