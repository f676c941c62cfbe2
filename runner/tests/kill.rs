//! The kill matrix: the bootstrap is ended at every single effect of every route, or the
//! whole server is, and started again until it has converged.
//!
//! Whatever the moment: it ends as wanted, nothing that is unsafe to repeat was repeated,
//! nothing unverified ran, and no run said that it was done before it was.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "../../contract/tests/cases/mod.rs"]
mod cases;
mod ended;
mod fake;
mod routes;

use ended::{quiet_kills, run_once};
use fake::Fake;
use gangway_contract::report::Report;
use gangway_contract::{Reason, State, decide};
use routes::ROUTES;

fn machine(lines: &str) -> Fake {
    let case = cases::Case::parse(lines).unwrap_or_else(|error| panic!("{error}"));
    let mut manifest = case.manifest;
    manifest.settings.report_root = Some(r"\\files.contoso.com\reports$".to_owned());
    Fake::new(manifest, case.facts)
}

/// What ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The program alone.
    Kill,
    /// The whole server.
    PowerLoss,
}

fn check_route(name: &str, lines: &str, end: End) {
    quiet_kills();
    let mut whole = machine(lines);
    let report = run_once(&mut whole).unwrap_or_else(|| panic!("{name}: killed"));
    assert!(
        is_good(&report),
        "{name}: {}",
        gangway_runner::tell::summary(&report)
    );
    let effects = whole.ticks;
    assert!(effects > 4, "{name}: only {effects} effects");
    for at in 0..effects {
        let mut machine = machine(lines);
        machine.kill_at = Some(at);
        let first = run_once(&mut machine);
        if end == End::PowerLoss {
            machine.reboot();
        }
        let context = format!("{name}, {end:?} at effect {at} of {effects}");
        assert!(
            first.is_none(),
            "{context}: it was not ended, and said {}",
            first.map_or(String::new(), |report| report.reason)
        );
        converge(&mut machine, &context);
    }
}

fn converge(machine: &mut Fake, context: &str) {
    for _ in 0..12 {
        let report = run_once(machine).unwrap_or_else(|| panic!("{context}: killed twice"));
        assert_eq!(machine.violations, Vec::<String>::new(), "{context}");
        if is_good(&report) {
            assert_truth(machine, &report, context);
            let programs = machine.started.clone();
            let again = run_once(machine).unwrap_or_else(|| panic!("{context}: killed"));
            assert_eq!(again.steps, [], "{context}");
            assert_eq!(machine.started, programs, "{context}");
            return;
        }
        assert!(
            matches!(report.state, State::Waiting | State::Failed),
            "{context}: {}",
            gangway_runner::tell::summary(&report)
        );
        machine.pass(5400);
    }
    panic!(
        "{context}: no end after 12 runs; started {:?}",
        machine.started
    );
}

fn is_good(report: &Report) -> bool {
    matches!(report.state, State::Onboarded | State::Offboarded)
}

/// A report that says done is only written when the machine is done.
fn assert_truth(machine: &mut Fake, report: &Report, context: &str) {
    let facts = machine.truth.clone();
    let history = fake::history(machine);
    let plan = decide(&machine.manifest, &facts, &history);
    assert!(
        matches!(plan.reason, Reason::Converged | Reason::Offboarded),
        "{context}: the report says {}, the machine {}",
        report.reason,
        plan.reason
    );
}

#[test]
fn every_route_converges_after_a_kill_at_any_effect() {
    for (name, lines) in ROUTES {
        check_route(name, lines, End::Kill);
    }
}

#[test]
fn every_route_converges_after_a_power_loss_at_any_effect() {
    for (name, lines) in ROUTES {
        check_route(name, lines, End::PowerLoss);
    }
}
