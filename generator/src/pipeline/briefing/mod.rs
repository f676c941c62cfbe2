//! The facts that people are told of a bundle before a rollout; the runbook and `soc.json` are made of
//! them.

mod addresses;

use gangway_contract::manifest::{Manifest, RebootRule, Settings, Window};
use gangway_contract::{BundleId, Sha256};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::config::Config;
use super::policies::Written;
use crate::bundle::{Input, Remark};
pub(super) use addresses::{AddressRow, address_rows};

/// What is told of.
pub(super) struct Facts<'a> {
    pub(super) config: &'a Config,
    pub(super) manifest: &'a Manifest,
    pub(super) bundle_id: &'a BundleId,
    pub(super) exe_name: &'a str,
    pub(super) authenticode_sha256: Sha256,
    pub(super) unsigned_sha256: Sha256,
    pub(super) inputs: &'a [Input],
    pub(super) remarks: &'a [Remark],
    pub(super) policies: &'a [Written],
}

/// When the bootstrap may ask Windows to restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Restarts {
    /// It reports what waits for one.
    Never,
    /// Where a step needs one, at any hour.
    AtAnyHour,
    /// Where a step needs one, within the hours.
    InHours,
}

/// What the settings say of restarts.
pub(super) fn restarts(settings: &Settings) -> Restarts {
    match (settings.reboot, settings.window) {
        (RebootRule::Never, _) => Restarts::Never,
        (RebootRule::InWindow, None) => Restarts::AtAnyHour,
        (RebootRule::InWindow, Some(_)) => Restarts::InHours,
    }
}

/// Begin and end as `HH:MM`.
pub(super) fn hours(window: Window) -> (String, String) {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    (time(window.from_minute), time(window.to_minute))
}
