//! From a folder of report files to the newest report of each server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gangway_contract::fact::Fact;
use gangway_contract::report;
use gangway_contract::time::UtcTime;
use gangway_contract::{BundleId, OrgId, State};
use rayon::prelude::*;
use serde::Deserialize;

use super::connectivity::{self, Checks};
use super::{
    Coverage, ExpectedServers, Fleet, Server, ServerConnectivity, ServerReport, StateCount, codes,
};
use crate::plain_file;
use crate::printable::read_on_one_line;
use crate::problem::Problem;

/// Most report files that one fleet may have. A hundred thousand servers that ran ten times
/// fit; a folder with more is not one of reports.
pub const MAX_REPORTS: usize = 1_000_000;

/// Why a folder gave no fleet.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// The folder cannot be read.
    #[error(
        "read reports in `{}`: {why}\nhint: name the folder of `share.reports`, or a copy of it, \
         that this account may read",
        path.display()
    )]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// More than [`MAX_REPORTS`].
    #[error(
        "`{}` holds more than {MAX_REPORTS} files\nhint: name the folder of the reports alone",
        path.display()
    )]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
}

/// What the fleet needs of a report; every other field is passed over without being kept.
#[derive(Deserialize)]
struct HostReport {
    schema: u32,
    bundle_id: BundleId,
    sequence: u64,
    #[serde(deserialize_with = "read_on_one_line")]
    fqdn: String,
    finished_at: UtcTime,
    state: State,
    #[serde(deserialize_with = "read_on_one_line")]
    reason: String,
    #[serde(deserialize_with = "read_on_one_line")]
    detail: String,
    #[serde(deserialize_with = "read_on_one_line")]
    next_action: String,
    exit_code: i32,
    facts_after: FactsAfter,
    /// Only in reports of `connectivity`.
    #[serde(default)]
    connectivity: Option<Checks>,
}

#[derive(Deserialize)]
struct FactsAfter {
    sensor: SensorFacts,
}

#[derive(Deserialize)]
struct SensorFacts {
    org_id: Fact<OrgId>,
}

/// Reads every `*.json` in the folder (not below it).
///
/// # Errors
/// The folder itself; files that are no reports become problems.
pub fn read(folder: &Path, expected: Option<&ExpectedServers>) -> Result<Fleet, FleetError> {
    let paths = list(folder)?;
    let results: Vec<Result<HostReport, Problem>> =
        paths.par_iter().map(|path| read_one(path)).collect();

    let mut newest: BTreeMap<String, Newest> = BTreeMap::new();
    let mut problems = Vec::new();
    for result in results {
        match result {
            Ok(report) => {
                let name = report.fqdn.to_ascii_lowercase();
                newest.entry(name).or_default().take(report);
            }
            Err(problem) => problems.push(problem),
        }
    }
    let unreadable = problems.len();
    let missing = expected.map(|expected| {
        expected
            .names()
            .filter(|name| newest.get(*name).is_none_or(|newest| newest.run.is_none()))
            .map(str::to_owned)
            .collect()
    });
    let missing: Option<Vec<String>> = missing;
    let unexpected: Vec<&str> = newest
        .keys()
        .map(String::as_str)
        .filter(|name| expected.is_some_and(|expected| !expected.contains(name)))
        .collect();
    let coverage = Coverage {
        expected: expected.map(ExpectedServers::len),
        missing: missing.as_ref().map(Vec::len),
        unexpected: expected.map(|_| unexpected.len()),
        reports: paths.len() - unreadable,
        unreadable,
        owners_checked: false,
    };
    problems.extend(unexpected_problem(&unexpected));
    let silent: Vec<String> = missing
        .into_iter()
        .flatten()
        .filter(|name| !newest.contains_key(name))
        .collect();
    let mut servers: Vec<Server> = newest
        .into_iter()
        .map(|(fqdn, newest)| {
            let is_expected = expected.is_none_or(|expected| expected.contains(&fqdn));
            server(fqdn, is_expected, newest)
        })
        .collect();
    servers.extend(silent.into_iter().map(|fqdn| Server {
        fqdn,
        expected: true,
        report: None,
        connectivity: None,
    }));
    servers.sort_by(|left, right| left.fqdn.cmp(&right.fqdn));
    Ok(Fleet {
        coverage,
        states: count(&servers),
        connectivity: connectivity::count(&servers),
        servers,
        problems,
    })
}

/// Names the servers that nobody expected, the first of them at least.
fn unexpected_problem(names: &[&str]) -> Option<Problem> {
    const NAMED: usize = 20;
    if names.is_empty() {
        return None;
    }
    let problem = Problem::new(
        &codes::UNEXPECTED_SERVER,
        "expected servers",
        format!(
            "servers that report and are not on the list: {}",
            names.len()
        ),
        "export the list again; a server that is still not on it may show that the policy \
         reaches further than it was meant to",
    );
    let shown = names.iter().take(NAMED).map(|&name| name.to_owned());
    let more = names.len().saturating_sub(NAMED);
    let rest = (more > 0).then(|| format!("and {more} more"));
    Some(shown.chain(rest).fold(problem, Problem::with_evidence))
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, FleetError> {
    let unreadable = |error: std::io::Error| FleetError::Unreadable {
        path: folder.to_owned(),
        why: error.to_string(),
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
        {
            paths.push(path);
        }
        if paths.len() > MAX_REPORTS {
            return Err(FleetError::TooMany {
                path: folder.to_owned(),
            });
        }
    }
    paths.sort();
    Ok(paths)
}

fn read_one(path: &Path) -> Result<HostReport, Problem> {
    let problem = |why: String| {
        Problem::new(
            &codes::UNREADABLE_REPORT,
            path.file_name().unwrap_or_default().to_string_lossy(),
            "the file is no report that can be read",
            "look at the file; see `gangway explain GW4001`",
        )
        .with_evidence(why)
    };
    let bytes = plain_file::read(path, report::MAX_BYTES as u64)
        .map_err(|error| problem(error.to_string()))?
        .ok_or_else(|| problem(format!("larger than {} bytes", report::MAX_BYTES)))?;
    let parsed: HostReport =
        serde_json::from_slice(&bytes).map_err(|error| problem(error.to_string()))?;
    if parsed.schema != report::SCHEMA {
        return Err(problem(format!(
            "schema {}, this program reads {}",
            parsed.schema,
            report::SCHEMA
        )));
    }
    Ok(parsed)
}

/// The newest reports of one server: asking addresses says nothing of onboarding, so that a
/// report of it never takes the place of a run's.
#[derive(Default)]
struct Newest {
    run: Option<HostReport>,
    connectivity: Option<HostReport>,
}

impl Newest {
    fn take(&mut self, report: HostReport) {
        let place = if report.connectivity.is_some() {
            &mut self.connectivity
        } else {
            &mut self.run
        };
        if place
            .as_ref()
            .is_none_or(|old| old.finished_at <= report.finished_at)
        {
            *place = Some(report);
        }
    }
}

fn server(fqdn: String, expected: bool, newest: Newest) -> Server {
    Server {
        fqdn,
        expected,
        report: newest.run.map(of_run),
        connectivity: newest.connectivity.map(|report| ServerConnectivity {
            reason: report.reason,
            detail: report.detail,
            finished_at: report.finished_at.to_string(),
            failing: report.connectivity.map_or_else(Vec::new, Checks::failing),
        }),
    }
}

fn of_run(report: HostReport) -> ServerReport {
    let org_id = match report.facts_after.sensor.org_id {
        Fact::Value(org_id) => Some(org_id),
        _ => None,
    };
    ServerReport {
        state: report.state,
        reason: report.reason,
        detail: report.detail,
        next_action: report.next_action,
        org_id,
        bundle_id: report.bundle_id,
        sequence: report.sequence,
        finished_at: report.finished_at.to_string(),
        exit_code: report.exit_code,
    }
}

/// Worst first: what needs a person stands at the top.
const ORDER: [Option<State>; 10] = [
    Some(State::Refused),
    Some(State::Failed),
    Some(State::Blocked),
    None,
    Some(State::Waiting),
    Some(State::Assessed),
    Some(State::OnboardedPendingReboot),
    Some(State::Onboarded),
    Some(State::Offboarded),
    Some(State::NotTargeted),
];

fn count(servers: &[Server]) -> Vec<StateCount> {
    let in_state = |state: Option<State>| {
        servers
            .iter()
            .filter(|one| one.report.as_ref().map(|report| report.state) == state)
            .count()
    };
    ORDER
        .iter()
        .map(|&state| StateCount {
            state,
            servers: in_state(state),
        })
        .filter(|count| count.servers > 0)
        .collect()
}
