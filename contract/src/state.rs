//! The closed set of states in which a server can be reported.

use serde::{Deserialize, Serialize};

/// Where a server stands after a run of the bootstrap. Read from the server's own state,
/// never concluded from an exit code alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The sensor reports to the manifest's tenant, and the server is protected
    /// ([`health`](crate::health)).
    Onboarded,
    /// As above, and a restart is still asked for.
    OnboardedPendingReboot,
    /// Onboarded, and the server is not protected or not watched as wanted.
    OnboardedUnhealthy,
    /// The sensor no longer reports.
    Offboarded,
    /// Looked at only (mode `precheck`, or `--plan`); nothing was changed.
    Assessed,
    /// Nothing is wrong; the next run goes on (window, pause, ring, reboot, still running).
    Waiting,
    /// Something on the server stands in the way that a person must clear.
    Blocked,
    /// A step was tried and the state did not become good.
    Failed,
    /// Integrity: the exe, the manifest or a payload is not what it must be; nothing was run.
    Refused,
    /// This product is not one that the bundle is for.
    NotTargeted,
}

impl State {
    /// Every state, in the order of declaration.
    pub const ALL: [Self; 10] = [
        Self::Onboarded,
        Self::OnboardedPendingReboot,
        Self::OnboardedUnhealthy,
        Self::Offboarded,
        Self::Assessed,
        Self::Waiting,
        Self::Blocked,
        Self::Failed,
        Self::Refused,
        Self::NotTargeted,
    ];

    /// Is the server where the bundle brings it, so that no step is left? Not always is it
    /// good: see [`OnboardedUnhealthy`](Self::OnboardedUnhealthy).
    pub const fn is_reached(self) -> bool {
        matches!(
            self,
            Self::Onboarded
                | Self::OnboardedPendingReboot
                | Self::OnboardedUnhealthy
                | Self::Offboarded
        )
    }

    /// The text of the state in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Onboarded => "onboarded",
            Self::OnboardedPendingReboot => "onboarded_pending_reboot",
            Self::OnboardedUnhealthy => "onboarded_unhealthy",
            Self::Offboarded => "offboarded",
            Self::Assessed => "assessed",
            Self::Waiting => "waiting",
            Self::Blocked => "blocked",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::NotTargeted => "not_targeted",
        }
    }
}

impl core::fmt::Display for State {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_state_is_the_one_in_documents() {
        for state in State::ALL {
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("\"{state}\""));
        }
    }
}
