//! What a folder holds, as far as it decides what goes and what is counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use gangway_contract::report::parse_file_name;
use gangway_contract::{State, UtcTime};

use super::super::OwnerCheck;
use super::super::fold::Outcome;
use super::super::host_report::HostReport;
use super::counted::Counted;
use super::history::{self, DAY_S, History};

/// When a report was made and which one it is, as [`super::super::fold`] orders them.
type Age = (UtcTime, String);

/// The newest reports of one server, oldest first; never more than are kept.
#[derive(Default)]
pub(super) struct Newest {
    runs: BTreeSet<Age>,
    asked: BTreeSet<Age>,
}

/// What the folder holds, as far as it decides what goes: memory follows the servers, and the
/// days that are counted.
pub(super) struct Seen {
    newest: usize,
    limit: UtcTime,
    /// Days that the history had before.
    earlier: BTreeSet<String>,
    /// Files that it had counted and that were still there then.
    counted_before: Counted,
    /// Files of which it says something now: what of these is still there, and those of the days
    /// that are counted now.
    pub(super) counted: Counted,
    pub(super) hosts: BTreeMap<String, Newest>,
    /// Last run of each server on each day before the limit.
    days: HashMap<(i64, String), (Age, State, String)>,
    pub(super) reports: usize,
    pub(super) left_alone: usize,
    /// Reports that are not tied to the account of their server.
    pub(super) owners_not_compared: usize,
}

impl Seen {
    pub(super) fn new(
        newest: usize,
        limit: UtcTime,
        history: &History,
        counted_before: Counted,
    ) -> Self {
        Self {
            newest: newest.max(1),
            limit,
            earlier: history.days().into_iter().map(str::to_owned).collect(),
            counted_before,
            counted: Counted::default(),
            hosts: BTreeMap::new(),
            days: HashMap::new(),
            reports: 0,
            left_alone: 0,
            owners_not_compared: 0,
        }
    }

    pub(super) fn take(&mut self, name: String, outcome: &Outcome) {
        let Outcome::Counts(report, owner) = outcome else {
            self.left_alone += 1;
            return;
        };
        // Its state may mean something else, and the history would say it for ever.
        if report.is_newer() {
            self.left_alone += 1;
            return;
        }
        self.reports += 1;
        self.owners_not_compared += usize::from(*owner != OwnerCheck::Checked);
        let age = (report.finished_at, name);
        if report.is_run() && report.finished_at < self.limit {
            let is_counted = self.earlier.contains(&history::day(report.finished_at));
            if !is_counted {
                self.take_day(report, &age);
            }
            if !is_counted || self.counted_before.contains(&age.1) {
                self.counted.insert(&age.1);
            }
        }
        let newest = self.hosts.entry(report.server()).or_default();
        let ages = if report.is_run() {
            &mut newest.runs
        } else {
            &mut newest.asked
        };
        ages.insert(age);
        if ages.len() > self.newest {
            ages.pop_first();
        }
    }

    fn take_day(&mut self, report: &HostReport, age: &Age) {
        let key = (report.finished_at.0.div_euclid(DAY_S), report.server());
        let last = self.days.get(&key);
        if last.is_none_or(|(old, _, _)| old < age) {
            let said = (age.clone(), report.state, report.reason.as_str().to_owned());
            self.days.insert(key, said);
        }
    }

    /// The days before the limit, counted.
    pub(super) fn counts(&mut self) -> History {
        let mut history = History::default();
        for ((day, _), (_, state, reason)) in self.days.drain() {
            let start = UtcTime(day.saturating_mul(DAY_S));
            history.count(&history::day(start), state, &reason);
        }
        history
    }

    /// Could a file go, by its name alone?
    pub(super) fn may_go(&self, name: &str) -> bool {
        let time = parse_file_name(name).map(|(_, time)| time.to_ascii_uppercase());
        time.is_some_and(|time| time < self.limit.compact())
    }

    /// Is it old, and not among the newest of its server?
    pub(super) fn is_old(&self, name: &str, report: &HostReport) -> bool {
        let Some(newest) = self.hosts.get(&report.server()) else {
            return false;
        };
        let ages = if report.is_run() {
            &newest.runs
        } else {
            &newest.asked
        };
        let age = (report.finished_at, name.to_owned());
        // Newer than all that were seen: it has come since.
        let is_older = ages.first().is_some_and(|oldest| age < *oldest);
        report.finished_at < self.limit && is_older && ages.len() >= self.newest
    }

    /// Does the history say what it says? Asking addresses says nothing that is counted.
    pub(super) fn is_counted(&self, name: &str, report: &HostReport) -> bool {
        !report.is_run() || self.counted.contains(name)
    }
}
