//! The newest reports of each server, kept while one file after the other is read: memory
//! follows the servers and not their reports.

use std::collections::BTreeMap;

use gangway_contract::{UtcTime, report};

use super::host_report::{HostReport, NewerPart};
use super::life::Trace;
use super::mark::mark;
use super::standing::{ORDER, rank};
use super::subject::REPORTS;
use super::{ExpectedServers, NewerReport, OwnerCheck, ServerConnectivity, ServerReport, Standing};
use crate::printable::{on_one_line, short_line};
use crate::problem::{NAMED, Problem};

/// Whether a report says what the server is, when it was made, how bad its state is, and the mark of its
/// file's name: the later one counts, of two of one moment the worse, and of two alike always the same,
/// whatever order the folder is listed in. One that another direction's bundle has superseded counts where
/// there is nothing else.
pub(super) type Age = (bool, UtcTime, usize, u64);

/// The newest reports of one server: asking addresses says nothing of onboarding, so that a
/// report of it never takes the place of a run's.
#[derive(Default)]
pub(super) struct Newest {
    pub(super) run: Option<(Age, ServerReport)>,
    pub(super) connectivity: Option<(Age, Box<ServerConnectivity>)>,
    /// One of a newer shape, of which only this can be read.
    pub(super) newer: Option<(Age, Box<NewerReport>)>,
    /// Which machines they came from, the older ones too.
    pub(super) trace: Trace,
}

impl Newest {
    fn take_newer(&mut self, file: &str, part: NewerPart) {
        self.trace.reported(part.finished_at);
        // As bad as can be: nobody knows what it says.
        let age = (true, part.finished_at, ORDER.len(), mark(file));
        if self.newer.as_ref().is_none_or(|(old, _)| *old < age) {
            self.newer = Some((age, Box::new(part.into_report())));
        }
    }

    fn take(&mut self, file: &str, mut report: HostReport, owner: OwnerCheck) {
        fn later<T>(place: Option<&(Age, T)>, age: Age) -> bool {
            place.is_none_or(|(old, _)| *old < age)
        }
        let badness = ORDER.len() - rank(Standing::State(report.state));
        let age = (
            !report.is_superseded(),
            report.finished_at,
            badness,
            mark(file),
        );
        self.trace
            .take(report.machine(), report.finished_at, report.account_word);
        let is_run = report.is_run();
        let is_newer = report.is_newer();
        if let Some(asked) = report.take_connectivity()
            && later(self.connectivity.as_ref(), age)
            // In whose words all may be well that is not by those of today.
            && (!is_newer || asked.is_in_the_way())
        {
            self.connectivity = Some((age, Box::new(asked)));
        }
        if is_run && later(self.run.as_ref(), age) {
            self.run = Some((age, report.into_run(owner)));
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
    pub(super) fn take(&mut self, file: &str, why: String) {
        self.files += 1;
        self.first.insert(on_one_line(file).into_owned(), why);
        if self.first.len() > NAMED {
            self.first.pop_last();
        }
    }

    /// The problem with the first of the files and why, and how many more there are; none without a
    /// file.
    pub(super) fn told(&self, mut problem: Problem) -> Option<Problem> {
        if let (REPORTS, 1, Some(file)) = (
            problem.subject.as_str(),
            self.files,
            self.first.keys().next(),
        ) {
            problem.subject = format!("{REPORTS}/{file}");
        }
        let shown = self.first.iter();
        let shown = shown.map(|(file, why)| format!("{file}: {why}"));
        let problem = shown.fold(problem, Problem::with_evidence);
        (self.files > 0).then(|| problem.and_more(self.files - self.first.len()))
    }
}

/// What became of one file.
pub(super) enum Outcome {
    Counts(Box<HostReport>, OwnerCheck),
    /// It is of a newer shape, and only part of it can be read.
    Newer(Box<NewerPart>),
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
    pub(super) newer: Named,
    pub(super) unreadable: Named,
    pub(super) left_out: Named,
    /// Why a file does not count, by the expected server that it bears the name of.
    pub(super) refused: BTreeMap<String, Box<str>>,
}

/// That a shape is not among those that are read.
pub(super) fn newer_schema(schema: u32) -> String {
    format!(
        "schema {schema}, this program reads {} to {}",
        report::OLDEST_SCHEMA,
        report::SCHEMA
    )
}

/// Characters that are kept of why a server's file does not count.
const MAX_WHY: usize = 200;

impl Folded {
    /// Takes what became of a file; `expected` are the servers whose refused files are told.
    pub(super) fn take(
        &mut self,
        file: &str,
        outcome: Outcome,
        expected: Option<&ExpectedServers>,
    ) {
        if let Outcome::LeftOut(why) | Outcome::Unreadable(why) = &outcome
            && let Some((host, _)) = report::parse_file_name(file)
            && let Some(name) = expected.and_then(|list| list.of_host(host))
        {
            let why = short_line(&format!("{file}: {why}"), MAX_WHY);
            self.refused.entry(name).or_insert_with(|| why.into());
        }
        match outcome {
            Outcome::Newer(part) => {
                self.reports += 1;
                self.newer.take(file, newer_schema(part.schema));
                let newest = self.newest.entry(part.server()).or_default();
                newest.take_newer(file, *part);
            }
            Outcome::Counts(report, owner) => {
                self.reports += 1;
                if report.is_newer() {
                    self.newer.take(file, newer_schema(report.schema));
                }
                let newest = self.newest.entry(report.server()).or_default();
                newest.take(file, *report, owner);
            }
            Outcome::LeftOut(why) => self.left_out.take(file, why),
            Outcome::Unreadable(why) => self.unreadable.take(file, why),
        }
    }
}
