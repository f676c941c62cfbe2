//! The newest reports of each server, kept while one file after the other is read: memory
//! follows the servers and not their reports.

use std::collections::BTreeMap;

use gangway_contract::fact::Fact;
use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, OrgId, State, UtcTime};
use serde::Deserialize;

use super::connectivity::Checks;
use super::{OwnerCheck, ServerBlocker, ServerConnectivity, ServerReport};
use crate::printable::{on_one_line, read_on_one_line, shortened};
use crate::problem::NAMED;

/// Characters that are kept of each text of a report; real ones have fewer.
const MAX_TEXT: usize = 1_000;

/// Blockers that are kept of one report; a server that meets every check has some twenty.
const MAX_BLOCKERS: usize = 32;

/// What the fleet needs of a report; every other field is passed over without being kept.
#[derive(Deserialize)]
pub(super) struct HostReport {
    pub(super) schema: u32,
    mode: Mode,
    bundle_id: BundleId,
    sequence: u64,
    /// As written: the file's name is made from the very characters.
    pub(super) fqdn: String,
    pub(super) finished_at: UtcTime,
    pub(super) state: State,
    #[serde(deserialize_with = "read_on_one_line")]
    reason: String,
    #[serde(deserialize_with = "read_on_one_line")]
    detail: String,
    #[serde(deserialize_with = "read_on_one_line")]
    next_action: String,
    exit_code: i32,
    facts_after: FactsAfter,
    /// Only a precheck looks behind the first; none of before 2026-12 does.
    #[serde(default)]
    blockers: Vec<Blocker>,
    /// None in reports of an older bootstrap.
    #[serde(default)]
    health: Option<HealthAnswers>,
    /// Only where addresses were asked: in reports of `connectivity` and of a precheck.
    #[serde(default)]
    connectivity: Option<Box<Checks>>,
}

#[derive(Deserialize)]
struct Blocker {
    #[serde(deserialize_with = "read_on_one_line")]
    reason: String,
    #[serde(deserialize_with = "read_on_one_line")]
    detail: String,
    #[serde(deserialize_with = "read_on_one_line")]
    next_action: String,
}

/// The four answers of [`gangway_contract::health`], as far as they are good.
#[derive(Deserialize)]
struct HealthAnswers {
    onboarding: Answer,
    sensor: Answer,
    antivirus: Answer,
    content: Answer,
}

#[derive(Deserialize)]
struct Answer {
    good: bool,
}

impl HealthAnswers {
    fn all_good(&self) -> bool {
        [
            &self.onboarding,
            &self.sensor,
            &self.antivirus,
            &self.content,
        ]
        .into_iter()
        .all(|answer| answer.good)
    }
}

#[derive(Deserialize)]
struct FactsAfter {
    sensor: SensorFacts,
}

#[derive(Deserialize)]
struct SensorFacts {
    org_id: Fact<OrgId>,
}

impl HostReport {
    /// The server that it speaks of, by its full name in lower case.
    pub(super) fn server(&self) -> String {
        cut(on_one_line(&self.fqdn).to_ascii_lowercase())
    }

    /// Is it of a run, and not of `connectivity`, which judges no health? A precheck does both.
    pub(super) fn is_run(&self) -> bool {
        self.connectivity.is_none() || self.health.is_some()
    }

    /// Does it say what no bootstrap of its mode says?
    pub(super) fn contradicts_its_mode(&self) -> bool {
        match self.state {
            State::Onboarded | State::OnboardedPendingReboot | State::OnboardedUnhealthy => {
                self.mode != Mode::Onboard
            }
            State::Offboarded => self.mode != Mode::Offboard,
            _ => false,
        }
    }

    /// Code of the reason, as written.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }

    fn into_run(self, owner: OwnerCheck) -> ServerReport {
        let org_id = match self.facts_after.sensor.org_id {
            Fact::Value(org_id) => Some(org_id),
            _ => None,
        };
        let blockers = self.blockers.into_iter().take(MAX_BLOCKERS);
        let blockers = blockers.map(|one| ServerBlocker {
            reason: cut(one.reason),
            detail: cut(one.detail),
            next_action: cut(one.next_action),
        });
        ServerReport {
            blockers: blockers.collect(),
            state: self.state,
            reason: cut(self.reason),
            detail: cut(self.detail),
            next_action: cut(self.next_action),
            org_id,
            bundle_id: self.bundle_id,
            sequence: self.sequence,
            finished_at: self.finished_at.to_string(),
            exit_code: self.exit_code,
            protected: self.health.is_some_and(|health| health.all_good()),
            owner,
        }
    }

    /// Takes out what came of the addresses, where they were asked.
    fn take_connectivity(&mut self) -> Option<ServerConnectivity> {
        let checks = self.connectivity.take()?;
        let (reason, detail) = match &checks.reason {
            // Of an older bootstrap, whose report says nothing else.
            reason if reason.is_empty() => (&self.reason, &self.detail),
            reason => (reason, &checks.detail),
        };
        Some(ServerConnectivity {
            reason: cut(reason.clone()),
            detail: cut(detail.clone()),
            finished_at: self.finished_at.to_string(),
            failing: checks.failing(),
        })
    }
}

fn cut(text: String) -> String {
    shortened(text, MAX_TEXT)
}

/// When a report was made and in which file it lies: the later one counts, and of two of one
/// moment always the same, whatever order the folder is listed in.
type Age = (UtcTime, String);

/// The newest reports of one server: asking addresses says nothing of onboarding, so that a
/// report of it never takes the place of a run's.
#[derive(Default)]
pub(super) struct Newest {
    pub(super) run: Option<(Age, ServerReport)>,
    pub(super) connectivity: Option<(Age, Box<ServerConnectivity>)>,
}

impl Newest {
    fn take(&mut self, file: &str, mut report: HostReport, owner: OwnerCheck) {
        fn later<T>(place: Option<&(Age, T)>, time: UtcTime, file: &str) -> bool {
            place.is_none_or(|((old, name), _)| (*old, name.as_str()) < (time, file))
        }
        let time = report.finished_at;
        let age = || (time, file.to_owned());
        let is_run = report.is_run();
        if let Some(asked) = report.take_connectivity()
            && later(self.connectivity.as_ref(), time, file)
        {
            self.connectivity = Some((age(), Box::new(asked)));
        }
        if is_run && later(self.run.as_ref(), time, file) {
            self.run = Some((age(), report.into_run(owner)));
        }
    }
}

/// Files that do not count for one reason: how many, and the first of them by name.
#[derive(Default)]
pub(super) struct Named {
    pub(super) files: usize,
    pub(super) first: BTreeMap<String, String>,
}

impl Named {
    pub(super) fn take(&mut self, file: String, why: String) {
        self.files += 1;
        self.first.insert(file, why);
        if self.first.len() > NAMED {
            self.first.pop_last();
        }
    }

    /// How many are not named.
    pub(super) fn more(&self) -> usize {
        self.files - self.first.len()
    }
}

/// What became of one file.
pub(super) enum Outcome {
    Counts(HostReport, OwnerCheck),
    /// It says something of itself that cannot be so.
    LeftOut(String),
    /// It cannot be understood.
    Unreadable(String),
}

/// What was read so far.
#[derive(Default)]
pub(super) struct Folded {
    pub(super) newest: BTreeMap<String, Newest>,
    pub(super) reports: usize,
    pub(super) unreadable: Named,
    pub(super) left_out: Named,
}

impl Folded {
    pub(super) fn take(&mut self, file: String, outcome: Outcome) {
        match outcome {
            Outcome::Counts(report, owner) => {
                self.reports += 1;
                let newest = self.newest.entry(report.server()).or_default();
                newest.take(&file, report, owner);
            }
            Outcome::LeftOut(why) => self.left_out.take(file, why),
            Outcome::Unreadable(why) => self.unreadable.take(file, why),
        }
    }
}
