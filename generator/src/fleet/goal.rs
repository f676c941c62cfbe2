//! What a campaign brings servers to.

use gangway_contract::manifest::Mode;
use gangway_contract::{Manifest, Reason};
use schemars::JsonSchema;
use serde::Serialize;

use super::ServerReport;

/// What a campaign brings servers to, by the words of `gangway build --mode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Nothing: servers are only looked at, and none is done by it.
    Precheck,
    /// Onboarded and protected.
    Onboard,
    /// Out of the service, by a package of its tenant.
    Offboard,
    /// The last campaign: rid of what bootstraps left there.
    Retire,
}

impl Goal {
    /// That of a bundle.
    pub fn of(manifest: &Manifest) -> Self {
        match manifest.mode {
            // The last campaign is a precheck by its mode: it changes nothing of the sensor.
            Mode::Precheck if manifest.settings.retire => Self::Retire,
            Mode::Precheck => Self::Precheck,
            Mode::Onboard => Self::Onboard,
            Mode::Offboard => Self::Offboard,
        }
    }

    /// The mode that reports of such a campaign tell.
    pub const fn mode(self) -> Mode {
        match self {
            Self::Precheck | Self::Retire => Mode::Precheck,
            Self::Onboard => Mode::Onboard,
            Self::Offboard => Mode::Offboard,
        }
    }

    /// What done means, in words.
    pub(super) const fn wanted(self) -> &'static str {
        match self {
            Self::Precheck => "nothing, for a precheck changes nothing",
            Self::Onboard => "onboarded",
            Self::Offboard => "offboarded",
            Self::Retire => "retired, with nothing of a bootstrap left",
        }
    }
}

/// Does the report tell how a last campaign ended on its server?
pub(super) fn is_of_last_campaign(report: &ServerReport) -> bool {
    let reason = Reason::from_code(&report.reason);
    report.mode == Mode::Precheck && matches!(reason, Some(Reason::Retired | Reason::NotRetired))
}
