//! Whole runs on a machine in memory, one journey a test.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

mod applied;
#[path = "../../../contract/tests/cases/mod.rs"]
mod cases;
mod daily;
#[path = "../fake/mod.rs"]
mod fake;
mod health;
mod package;
mod reports;
mod restarts;
mod retire;
mod share;
mod troubles;
mod truth;
mod waiting;
mod ways;

use fake::faults::{Effect, Fault};
use fake::{Act, Fake};
use gangway_contract::report::{Report, StepOutcome};
use gangway_contract::{Reason, State};
use gangway_runner::bundle::Places;
use gangway_runner::run;

/// Server 2022 that the portal's script onboards.
const BY_SCRIPT: &str = "host 2022
manifest apply script
manifest with onboard-script onboard.cmd";

/// A machine described by the lines of a decision table.
fn machine(lines: &str) -> Fake {
    let case = cases::Case::parse(lines).unwrap_or_else(|error| panic!("{error}"));
    let mut manifest = case.manifest;
    manifest.settings.report_root =
        Some(r"\\files.contoso.com\reports$".parse().expect("a UNC path"));
    Fake::new(manifest, case.facts)
}

/// One run of the bootstrap.
fn run_once(machine: &mut Fake) -> Report {
    let bundle = machine.bundle();
    let places = Places::default();
    let start = run::begin(machine, &bundle, &places);
    let report = run::finish(machine, &bundle, &places, &start);
    machine.process_ended();
    assert_eq!(machine.violations, Vec::<String>::new());
    report
}

/// One of the findings says so.
#[track_caller]
fn assert_finds(report: &Report, words: &str) {
    let findings = &report.findings;
    let says_so = findings.iter().any(|finding| finding.contains(words));
    assert!(says_so, "`{words}` is not in {findings:?}");
}

#[track_caller]
fn assert_ends(report: &Report, reason: Reason) {
    assert_eq!(
        (report.state, report.reason.as_str()),
        (reason.state(), reason.as_str()),
        "{}",
        gangway_runner::tell::summary(report)
    );
}

fn outcomes(report: &Report) -> Vec<(&str, StepOutcome)> {
    report
        .steps
        .iter()
        .map(|step| (step.step.as_str(), step.result))
        .collect()
}

/// The whole way, and a second run that finds nothing to do.
#[track_caller]
fn check_good(lines: &str, programs: &[&str]) {
    let mut machine = machine(lines);
    let report = run_once(&mut machine);
    assert!(
        matches!(report.state, State::Onboarded | State::Offboarded),
        "{}",
        gangway_runner::tell::summary(&report)
    );
    assert_eq!(report.exit_code, 0);
    assert_eq!(machine.started, programs);
    let again = run_once(&mut machine);
    assert_eq!((again.state, again.exit_code), (report.state, 0));
    assert_eq!(again.steps, []);
    assert_eq!(
        machine.started, programs,
        "the second run started something"
    );
}
