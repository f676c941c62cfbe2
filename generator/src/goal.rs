//! What a bundle is built for.

use gangway_contract::Manifest;
use gangway_contract::manifest::Mode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bundle::mode_name;

/// What a bundle is built for, by the words of `gangway build --mode`. Its bootstrap knows three modes: the last
/// campaign is a precheck by its mode, for it changes nothing of the sensor, and one of its own by a setting.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
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
            Mode::Precheck if manifest.settings.retire => Self::Retire,
            mode => mode.into(),
        }
    }

    /// The mode of its bootstrap, which its reports tell.
    pub const fn mode(self) -> Mode {
        match self {
            Self::Precheck | Self::Retire => Mode::Precheck,
            Self::Onboard => Mode::Onboard,
            Self::Offboard => Mode::Offboard,
        }
    }

    /// As `build --mode` is told.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retire => "retire",
            other => mode_name(other.mode()),
        }
    }
}

impl From<Mode> for Goal {
    /// Of a bundle that is no last campaign.
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Precheck => Self::Precheck,
            Mode::Onboard => Self::Onboard,
            Mode::Offboard => Self::Offboard,
        }
    }
}
