//! Installers that are busy or slow, scripts that hang, clocks that are set.

use super::*;

#[test]
fn a_busy_installer_is_waited_for() {
    let acts = [Act::code(1618, false), Act::code(1618, false), Act::GOOD];
    let mut machine = machine("host 2016").with_acts("msiexec.exe", &acts);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Converged);
    assert_eq!(
        machine.started,
        [
            "msiexec.exe",
            "msiexec.exe",
            "msiexec.exe",
            "service Sense",
            "MpCmdRun.exe"
        ]
    );
}

/// Found by the property tests: the agent was installed once more after the installation that
/// was in the way had brought it.
#[test]
fn an_agent_that_the_other_installation_brought_is_not_installed_again() {
    let acts = [Act::code(1618, true), Act::GOOD];
    let mut machine = machine("host 2016").with_acts("msiexec.exe", &acts);
    assert_ends(&run_once(&mut machine), Reason::Converged);
    assert_eq!(
        machine.started,
        ["msiexec.exe", "service Sense", "MpCmdRun.exe"]
    );
}

#[test]
fn an_installer_that_stays_busy_is_left_for_the_next_run() {
    let mut machine = machine("host 2016").with_acts("msiexec.exe", &[Act::code(1618, false)]);
    assert_ends(&run_once(&mut machine), Reason::InstallerBusy);
}

#[test]
fn an_installer_past_its_limit_goes_on_and_is_not_started_twice() {
    let slow = Act {
        takes_s: 10_000,
        ..Act::GOOD
    };
    let mut machine = machine("host 2016").with_acts("msiexec.exe", &[slow]);
    assert_ends(&run_once(&mut machine), Reason::StillRunning);
    assert_ends(&run_once(&mut machine), Reason::StillRunning);
    machine.pass(10_000);
    assert_ends(&run_once(&mut machine), Reason::Converged);
    assert_eq!(
        machine.started,
        ["msiexec.exe", "service Sense", "MpCmdRun.exe"]
    );
}

#[test]
fn a_hanging_script_is_ended_at_its_limit() {
    let hang = Act {
        takes_s: i64::MAX / 4,
        works: false,
        ..Act::GOOD
    };
    let mut machine = machine(BY_SCRIPT).with_acts("cmd.exe", &[hang]);
    let before = machine.clock;
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::LimitPassed);
    assert!(machine.clock - before < 3600);
}

/// Found by the property tests: a clock that was set back while the program waited made the
/// wait as much longer.
#[test]
fn a_clock_that_is_set_makes_no_wait_longer_or_shorter() {
    for skew in [-315_360_000, 315_360_000] {
        let late = Act {
            shows_after_s: 300,
            ..Act::GOOD
        };
        let mut machine = machine(BY_SCRIPT).with_acts("cmd.exe", &[late]);
        let before = machine.clock;
        let ticks = effects_until_the_end_of_the_program("host 2022");
        machine.patience = before + 7200;
        machine.clock_jumps.insert(ticks, skew);
        assert_ends(&run_once(&mut machine), Reason::Converged);
    }
}

/// Effects of a good run up to the end of its program.
fn effects_until_the_end_of_the_program(lines: &str) -> usize {
    let mut machine = machine(lines);
    run_once(&mut machine);
    machine.ticks_at_last_end
}
