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
use gangway_contract::step::StepKind;
use gangway_contract::{Reason, State, decide};
use routes::{ROUTES, Route};

fn machine(route: &Route) -> Fake {
    let case = cases::Case::parse(route.lines).unwrap_or_else(|error| panic!("{error}"));
    let mut manifest = case.manifest;
    manifest.settings.report_root =
        Some(r"\\files.contoso.com\reports$".parse().expect("a UNC path"));
    route.behave(Fake::new(manifest, case.facts))
}

/// What ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The program alone.
    Kill,
    /// The whole server.
    PowerLoss,
}

/// Refreshes of Group Policy within which a server must have converged: more than a day,
/// because there is one restart a day.
const REFRESHES: usize = 24;

fn undisturbed(route: &Route) -> Way {
    let mut machine = machine(route);
    let way = converge(&mut machine, route.name);
    assert_eq!(machine.restarted.len(), route.restarts, "{}", route.name);
    way
}

fn check_route(route: &Route, end: End) {
    quiet_kills();
    let name = route.name;
    let effects = undisturbed(route).effects;
    assert!(effects > 4, "{name}: only {effects} effects");
    for at in 0..effects {
        let mut machine = machine(route);
        machine.kill_at = Some(at);
        let context = format!("{name}, {end:?} at effect {at} of {effects}");
        until_killed(&mut machine, &context);
        if end == End::PowerLoss {
            machine.reboot();
        }
        converge(&mut machine, &context);
        let all = &machine.restarted;
        assert!(all.len() <= route.restarts + 1, "{context}: {all:?}");
        assert!(
            all.windows(2).all(|pair| pair[1] - pair[0] >= 86_400),
            "{context}: restarted at {all:?}"
        );
    }
}

/// Runs up to the one that is ended.
fn until_killed(machine: &mut Fake, context: &str) {
    for _ in 0..REFRESHES {
        let Some(report) = run_once(machine) else {
            return;
        };
        assert!(
            !is_good(&report),
            "{context}: it was not ended, and said {}",
            report.reason
        );
        machine.pass(5400);
    }
    panic!("{context}: it was not ended");
}

/// How a machine came to be as wanted.
struct Way {
    steps: Vec<String>,
    /// Effects up to then.
    effects: usize,
}

/// Runs until the machine is as wanted.
fn converge(machine: &mut Fake, context: &str) -> Way {
    let mut steps = Vec::new();
    for _ in 0..REFRESHES {
        let restarted = machine.restarted.len();
        let Some(report) = run_once(machine) else {
            assert!(
                machine.restarted.len() > restarted,
                "{context}: killed twice"
            );
            continue;
        };
        assert_eq!(machine.violations, Vec::<String>::new(), "{context}");
        steps.extend(report.steps.iter().map(|step| step.step.clone()));
        if is_good(&report) {
            let effects = machine.ticks;
            assert_truth(machine, &report, context);
            let programs = machine.started.clone();
            let again = run_once(machine).unwrap_or_else(|| panic!("{context}: killed"));
            assert_eq!(again.steps, [], "{context}");
            assert_eq!(machine.started, programs, "{context}");
            return Way { steps, effects };
        }
        assert!(
            matches!(report.state, State::Waiting | State::Failed),
            "{context}: {}",
            gangway_runner::tell::summary(&report)
        );
        machine.pass(5400);
    }
    panic!(
        "{context}: no end after {REFRESHES} runs; started {:?}",
        machine.started
    );
}

fn is_good(report: &Report) -> bool {
    // Of the retired agent nobody can say that it protects.
    matches!(report.state, State::Onboarded | State::Offboarded)
        || report.reason == Reason::RetiredAgent.as_str()
}

/// A report that says done is only written when the machine is done.
fn assert_truth(machine: &mut Fake, report: &Report, context: &str) {
    let facts = machine.truth.clone();
    let history = fake::history(machine);
    let plan = decide(&machine.manifest, &facts, &history);
    assert!(
        matches!(
            plan.reason,
            Reason::Converged | Reason::Offboarded | Reason::RetiredAgent
        ),
        "{context}: the report says {}, the machine {}",
        report.reason,
        plan.reason
    );
}

#[test]
fn every_route_converges_after_a_kill_at_any_effect() {
    for route in &ROUTES {
        check_route(route, End::Kill);
    }
}

#[test]
fn every_route_converges_after_a_power_loss_at_any_effect() {
    for route in &ROUTES {
        check_route(route, End::PowerLoss);
    }
}

#[test]
fn every_kind_of_step_is_on_some_route() {
    let taken: Vec<String> = ROUTES
        .iter()
        .flat_map(|route| undisturbed(route).steps)
        .collect();
    let missing: Vec<&StepKind> = StepKind::ALL
        .iter()
        .filter(|kind| !taken.iter().any(|step| step == kind.as_str()))
        .collect();
    assert_eq!(missing, Vec::<&StepKind>::new());
}
