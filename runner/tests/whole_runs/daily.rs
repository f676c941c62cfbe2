//! The daily task: what it reports, and when it goes.

use super::*;
use gangway_contract::Fact;
use gangway_runner::daily;
use gangway_runner::upkeep;

const OLDER: &str = "0123456789abcdef0123456789abcdef";

/// An onboarded server with a daily task of this bundle and of others.
fn with_tasks(others: &[&str]) -> Fake {
    let mut machine = machine("host 2022");
    assert_ends(&run_once(&mut machine), Reason::Converged);
    let own = machine.bundle().id.as_str().to_owned();
    let tasks = others.iter().map(|id| (*id).to_owned()).chain([own]);
    machine.truth.gangway.daily_tasks = Fact::Value(tasks.collect());
    machine.truth.gangway.policy_applies = Fact::Value(true);
    machine.started.clear();
    machine.dropped.clear();
    machine
}

fn daily_run(machine: &mut Fake) -> Report {
    let bundle = machine.bundle();
    let places = Places {
        daily: true,
        ..Places::default()
    };
    let start = run::begin(machine, &bundle, &places);
    let report = run::finish(machine, &bundle, &places, &start);
    machine.process_ended();
    report
}

fn tasks(machine: &Fake) -> usize {
    machine
        .truth
        .gangway
        .daily_tasks
        .value()
        .map_or(0, Vec::len)
}

#[test]
fn a_server_that_is_done_reports_once_a_day_and_starts_nothing() {
    let mut machine = with_tasks(&[]);
    for day in 1..=3 {
        machine.pass(86_400);
        assert_ends(&daily_run(&mut machine), Reason::Converged);
        assert_eq!(machine.dropped.len(), day);
    }
    assert_eq!(machine.started, Vec::<String>::new());
    assert_eq!(tasks(&machine), 1);
}

#[test]
fn a_daily_run_sees_what_has_gone_wrong_since() {
    let mut machine = with_tasks(&[]);
    machine.keeps_current = false;
    machine.pass(8 * 86_400);
    assert_ends(&daily_run(&mut machine), Reason::SensorSilent);
    assert_eq!(machine.volatile_marks, Vec::<String>::new());
}

#[test]
fn a_newer_bundle_takes_the_older_ones_task_away() {
    let mut machine = with_tasks(&[OLDER]);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Converged);
    assert_eq!(tasks(&machine), 1);
    assert_finds(&report, OLDER);
    assert_eq!(machine.started, ["schtasks.exe"]);
    let (program, arguments) = &machine.commands[machine.commands.len() - 1];
    assert_eq!(program, r"C:\Windows\System32\schtasks.exe");
    assert_eq!(
        *arguments,
        format!("/Delete /TN \"Gangway Daily {OLDER}\" /F")
    );
}

/// The policy of before may still reach a server that another one has followed: onboarding and
/// offboarding count as one row.
#[test]
fn a_bundle_that_another_one_has_followed_takes_no_task_away() {
    for is_other_mode in [false, true] {
        let mut machine = with_tasks(&[OLDER]);
        match is_other_mode {
            true => machine.truth.gangway.other_sequence = Fact::Value(99),
            false => machine.sequence = Some(99),
        }
        let report = run_once(&mut machine);
        assert_ends(&report, Reason::SequenceLower);
        assert_eq!(tasks(&machine), 2);
        assert_eq!(machine.started, Vec::<String>::new());
        let told = report.detail.contains("offboarding of sequence 99");
        assert_eq!(told, is_other_mode, "{}", report.detail);
    }
}

#[test]
fn an_unlinked_policy_ends_the_task_with_a_last_report() {
    let mut machine = with_tasks(&[]);
    machine.truth.gangway.policy_applies = Fact::Value(false);
    let report = daily_run(&mut machine);
    assert_ends(&report, Reason::Converged);
    assert_finds(&report, "last report");
    assert_eq!(machine.dropped.len(), 1);
    assert_eq!(tasks(&machine), 0);
}

/// Work that is due is not begun any more, whatever the server has become since.
#[test]
fn a_server_that_the_policy_has_left_is_not_changed() {
    let mut machine = machine("host 2022");
    let own = machine.bundle().id.as_str().to_owned();
    machine.truth.gangway.daily_tasks = Fact::Value(vec![own]);
    machine.truth.gangway.policy_applies = Fact::Value(false);
    assert_ends(&daily_run(&mut machine), Reason::PolicyGone);
    assert_eq!(machine.started, ["schtasks.exe"]);
    assert_eq!(machine.dropped.len(), 1);
    assert_eq!(tasks(&machine), 0);
}

/// A refresh takes policy values away for a moment, and a value that cannot be read is not gone.
#[test]
fn a_policy_that_is_there_a_minute_later_still_applies() {
    for unsure in [Fact::unknown("access denied"), Fact::Absent] {
        let mut machine = with_tasks(&[]);
        machine.truth.gangway.policy_applies = unsure;
        daily_run(&mut machine);
        assert_eq!(tasks(&machine), 1);
    }
    let mut machine = with_tasks(&[]);
    machine.truth.gangway.policy_applies = Fact::Value(false);
    machine.policy_back_after_sleep = true;
    daily_run(&mut machine);
    assert_eq!(tasks(&machine), 1);
    assert!(machine.slept.contains(&60));
}

#[test]
fn a_run_that_the_daily_task_did_not_start_keeps_it() {
    let mut machine = with_tasks(&[]);
    machine.truth.gangway.policy_applies = Fact::Value(false);
    run_once(&mut machine);
    assert_eq!(tasks(&machine), 1);
}

#[test]
fn a_precheck_leaves_the_tasks_of_other_bundles() {
    let mut machine = with_tasks(&[OLDER]);
    machine.manifest.mode = gangway_contract::manifest::Mode::Precheck;
    run_once(&mut machine);
    assert_eq!(tasks(&machine), 2);
}

#[test]
fn a_task_that_cannot_be_removed_is_named() {
    let mut machine = with_tasks(&[OLDER]).with_acts(
        "schtasks.exe",
        &[Act {
            code: 1,
            ..Act::GOOD
        }],
    );
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Converged);
    assert_finds(&report, "could not be removed");
}

#[test]
fn cleanup_removes_every_daily_task() {
    let mut machine = with_tasks(&[OLDER]);
    let bundle = machine.bundle();
    upkeep::cleanup(&mut machine, &bundle).unwrap();
    assert_eq!(tasks(&machine), 0);
    assert_eq!(machine.started, ["schtasks.exe", "schtasks.exe"]);
    assert_eq!(daily::remove_all(&mut machine, &bundle), Ok(()));
}
