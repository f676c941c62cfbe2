//! The answer of `rollout`.

use gangway_contract::rollout;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Document;
use crate::fleet::{Fleet, RingCount, ring_count};
use crate::publication::{
    Changed, Governed, Published, Reach, RolloutRequest, RolloutStanding, RolloutState,
};

/// The answer of `rollout`.
#[derive(Serialize, JsonSchema)]
pub(super) struct RolledOut {
    /// The share: a folder or a UNC path.
    share: String,
    /// What was asked for, as it is typed: `show`, `ring 50`.
    asked: String,
    /// Nothing was written.
    dry_run: bool,
    /// Is a switch there? Without one no server begins anything, whatever counts.
    has_switch: bool,
    /// What counts now.
    before: Counts,
    /// What counts with the change; none of `show`.
    after: Option<Counts>,
    /// The campaigns that it governs, all of them together.
    campaigns: Vec<CampaignOnShare>,
    /// Their bundles, and how many servers may begin with each.
    bundles: Vec<BundleReach>,
    /// Who changed it when, the newest first.
    history: Vec<HistoryEntry>,
    /// The steps that are done (with `dry_run`, that would be), in words, in their order.
    steps: Vec<String>,
    /// The step that failed: begun, and perhaps done; the same command again finishes it.
    unfinished: Option<String>,
    /// What a person should know.
    notes: Vec<String>,
}

impl Document for RolledOut {
    const COMMAND: &'static str = "rollout";
    const VERSION: u32 = 1;
}

/// What withholds.
#[derive(Serialize, JsonSchema)]
struct Counts {
    /// Is all new work stopped?
    paused: bool,
    /// Bundles with a lower sequence do no new work.
    min_sequence: u64,
    /// The ring that was set; none where each bundle has the one that it begins with.
    ring: Option<RingSet>,
}

/// A ring that was set.
#[derive(Serialize, JsonSchema)]
struct RingSet {
    /// Share of servers that may start work.
    percent: u8,
    /// Highest sequence of a bundle that it was set for; a later one begins as its config says, and never
    /// wider than this.
    up_to_sequence: u64,
}

impl From<RolloutStanding> for Counts {
    fn from(standing: RolloutStanding) -> Self {
        let set = |ring: rollout::Ring| RingSet {
            percent: ring.percent,
            up_to_sequence: ring.up_to_sequence,
        };
        Self {
            paused: standing.paused,
            min_sequence: standing.min_sequence,
            ring: standing.ring.map(set),
        }
    }
}

/// A campaign that the share knows.
#[derive(Serialize, JsonSchema)]
struct CampaignOnShare {
    /// GUID of the GPO with the task.
    gpo: String,
    /// As GPMC shows the GPO.
    name: String,
    /// DNS name of its domain.
    domain: String,
    /// The release that was published last.
    release_id: String,
    /// Sequence of the bundle that it was published of; none where an older program published it.
    sequence: Option<u64>,
}

impl From<&Governed> for CampaignOnShare {
    fn from(one: &Governed) -> Self {
        Self {
            gpo: one.gpo.clone(),
            name: one.name.clone(),
            domain: one.domain.clone(),
            release_id: one.release.clone(),
            sequence: one.bundle.map(|bundle| bundle.sequence),
        }
    }
}

/// A bundle, and how much of the fleet may begin with it.
#[derive(Serialize, JsonSchema)]
pub(super) struct BundleReach {
    /// Which.
    sequence: u64,
    /// Percent of the servers that its config begins with.
    begins_with_percent: u8,
    /// Percent that may begin now; 0 where it is held back.
    before_percent: u8,
    /// The same with the change.
    after_percent: u8,
    /// The servers, by the reports (`--reports`).
    pub(super) servers: Option<RingCount>,
}

/// One change.
#[derive(Serialize, JsonSchema)]
struct HistoryEntry {
    /// When, RFC 3339 UTC, by the clock of who changed it.
    at: String,
    /// Who.
    account: String,
    /// From which machine.
    host: String,
    /// What was asked for, as it is typed.
    asked: String,
    /// What counted before.
    before: Counts,
    /// What counted from then on.
    after: Counts,
}

impl From<&Changed> for HistoryEntry {
    fn from(change: &Changed) -> Self {
        Self {
            at: change.at.to_string(),
            account: change.account.clone(),
            host: change.host.clone(),
            asked: change.asked.clone(),
            before: change.before.into(),
            after: change.after.into(),
        }
    }
}

pub(super) fn answer(
    request: &RolloutRequest,
    state: &RolloutState,
    bundles: Vec<BundleReach>,
    done: Published,
) -> RolledOut {
    let asked = request.change.map(|change| change.to_string());
    RolledOut {
        share: request.named.clone(),
        asked: asked.unwrap_or_else(|| "show".to_owned()),
        dry_run: request.dry_run,
        has_switch: state.has_switch,
        before: state.before.into(),
        after: state.after.map(Counts::from),
        campaigns: state.governed.iter().map(CampaignOnShare::from).collect(),
        bundles,
        history: state.history.iter().map(HistoryEntry::from).collect(),
        steps: done.steps,
        unfinished: done.unfinished,
        notes: done.notes,
    }
}

/// Each bundle with the servers that it reaches.
pub(super) fn reaches(state: &RolloutState, fleet: Option<&Fleet>) -> Vec<BundleReach> {
    let reach = |reach: &Reach| BundleReach {
        sequence: reach.bundle.sequence,
        begins_with_percent: reach.bundle.ring_percent,
        before_percent: reach.before,
        after_percent: reach.after,
        servers: fleet.map(|fleet| ring_count(fleet, reach.before, reach.after)),
    };
    state.bundles.iter().map(reach).collect()
}

impl BundleReach {
    pub(super) fn told(&self, changes: bool) -> String {
        let (sequence, before, after) = (self.sequence, self.before_percent, self.after_percent);
        let start = self.begins_with_percent;
        let now = format!("bundle   {sequence}: {before} % of the servers may begin");
        match changes {
            true => format!("{now} now, {after} % then"),
            false => format!("{now}, its config began with {start} %"),
        }
    }
}

pub(super) fn servers_told(count: &RingCount, changes: bool) -> String {
    let RingCount {
        servers,
        unknown,
        done,
        before,
        after,
        begin,
        stop,
    } = count;
    let mut told = match changes {
        false => format!("servers  {before} of {servers} may begin; {done} are done"),
        true => format!(
            "servers  {before} of {servers} may begin now, {after} then: {begin} more that are not done, \
             {stop} fewer; {done} are done"
        ),
    };
    if *unknown > 0 {
        told.push_str(&format!("; the SIDs of {unknown} are not known"));
    }
    told
}
