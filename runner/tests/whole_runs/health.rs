//! Onboarded is not protected: what a run says, marks and asks.

use super::*;
use gangway_contract::Fact;
use gangway_contract::facts::{ReportedMode, RunningMode};

const ONBOARDED: &str = "host 2022
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service running automatic
set sensor.connectivity streamlined";

#[test]
fn a_server_that_nobody_protects_is_not_marked_and_says_all_four_answers() {
    let mut machine = machine(ONBOARDED);
    machine.truth.antivirus.service = Fact::Absent;
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::NoAntivirus);
    assert_eq!(report.exit_code, 56);
    assert_eq!(machine.volatile_marks, Vec::<String>::new());
    let health = report.health.unwrap();
    let answers = [
        &health.onboarding,
        &health.sensor,
        &health.antivirus,
        &health.content,
    ];
    assert_eq!(
        answers.map(|one| (one.answer.as_str(), one.good)),
        [
            ("onboarded", true),
            ("alive", true),
            ("removed", false),
            ("not-used", true)
        ]
    );
}

#[test]
fn the_mark_goes_when_protection_does_and_comes_back_with_it() {
    let mut machine = machine("host 2022");
    assert_ends(&run_once(&mut machine), Reason::Converged);
    assert_eq!(machine.volatile_marks.len(), 1);
    machine.truth.antivirus.mode = Fact::Value(RunningMode::Passive);
    assert_ends(&run_once(&mut machine), Reason::StuckPassive);
    assert_eq!(machine.volatile_marks.len(), 0);
    machine.truth.antivirus.mode = Fact::Value(RunningMode::Active);
    assert_ends(&run_once(&mut machine), Reason::Converged);
    assert_eq!(machine.volatile_marks.len(), 1);
}

#[test]
fn payloads_do_not_stay_on_a_server_that_is_onboarded_and_not_protected() {
    let mut machine = machine(BY_SCRIPT);
    machine.truth.antivirus.mode = Fact::Value(RunningMode::Passive);
    assert_ends(&run_once(&mut machine), Reason::StuckPassive);
    let script = machine.local("onboard.cmd");
    assert!(!machine.files.borrow().contains_key(&script));
}

/// The registry alone never calls a server protected, and asking takes seconds: once a day.
#[test]
fn the_products_are_asked_once_a_day_before_a_server_is_called_protected() {
    let mut machine = machine(ONBOARDED);
    assert_ends(&run_once(&mut machine), Reason::Converged);
    assert_eq!(machine.inquiries, 1);
    machine.pass(5400);
    assert_ends(&run_once(&mut machine), Reason::Converged);
    assert_eq!(machine.inquiries, 1);
    machine.pass(86_400);
    assert_ends(&run_once(&mut machine), Reason::Converged);
    assert_eq!(machine.inquiries, 2);
}

#[test]
fn what_the_product_says_counts_more_than_the_registry() {
    let mut machine = machine(ONBOARDED);
    machine.told.mode = Fact::Value(ReportedMode::Passive);
    assert_ends(&run_once(&mut machine), Reason::StuckPassive);
    machine.told.mode = Fact::unknown("took more than 30 s");
    assert_ends(&run_once(&mut machine), Reason::Converged);
}

#[test]
fn nobody_is_asked_where_the_registry_already_says_no() {
    let mut machine = machine(ONBOARDED);
    machine.truth.antivirus.service = Fact::Absent;
    assert_ends(&run_once(&mut machine), Reason::NoAntivirus);
    assert_eq!(machine.inquiries, 0);
}

#[test]
fn a_sensor_that_falls_silent_is_told_after_a_week() {
    let mut machine = machine(ONBOARDED);
    machine.keeps_current = false;
    assert_ends(&run_once(&mut machine), Reason::Converged);
    machine.pass(8 * 86_400);
    assert_ends(&run_once(&mut machine), Reason::SensorSilent);
}

#[test]
fn a_server_just_onboarded_waits_a_day_for_the_first_contact() {
    let mut machine = machine("host 2022");
    machine.truth.sensor.last_connected = Fact::Absent;
    assert_ends(&run_once(&mut machine), Reason::FirstContact);
    machine.pass(86_400);
    assert_ends(&run_once(&mut machine), Reason::SensorSilent);
    machine.truth.sensor.last_connected = Fact::Value(gangway_contract::UtcTime(machine.clock));
    assert_ends(&run_once(&mut machine), Reason::Converged);
}
