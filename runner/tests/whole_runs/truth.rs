//! Truth: the state speaks, not the code.

use super::*;

#[test]
fn a_false_alarm_of_the_script_is_no_failure() {
    for code in [15, 35, 40] {
        let late = Act {
            shows_after_s: 200,
            ..Act::code(code, true)
        };
        let mut machine = machine(BY_SCRIPT).with_acts("cmd.exe", &[late]);
        let report = run_once(&mut machine);
        assert_ends(&report, Reason::Converged);
        let expected = [("run-onboarding-script", StepOutcome::DoneDespiteCode)];
        assert_eq!(outcomes(&report), expected);
        assert_eq!(report.steps[0].code, Some(code));
    }
}

#[test]
fn a_success_code_without_the_state_is_a_failure() {
    let mut machine = machine(BY_SCRIPT).with_acts("cmd.exe", &[Act::code(0, false)]);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::NotVerified);
    assert_eq!(report.exit_code, 53);
}

#[test]
fn success_of_the_install_script_is_not_believed() {
    let lines = "host 2016
manifest agent_route install-script
manifest with install-script Install.ps1";
    let mut machine = machine(lines).with_acts("powershell.exe", &[Act::code(0, false)]);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::NotVerified);
    assert_eq!(machine.started, ["powershell.exe"]);
}

#[test]
fn a_failing_agent_stops_the_run_before_the_script() {
    let mut machine = machine("host 2016").with_acts("msiexec.exe", &[Act::code(1603, false)]);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::StepFailed);
    assert!(report.detail.contains("1603"), "{}", report.detail);
    assert_eq!(machine.started, ["msiexec.exe"]);
    let soon = run_once(&mut machine);
    assert_ends(&soon, Reason::RetryLater);
    assert_eq!(machine.started, ["msiexec.exe"], "no second try at once");
    machine.pass(3700);
    run_once(&mut machine);
    assert_eq!(machine.started, ["msiexec.exe"; 2]);
}

#[test]
fn a_step_without_a_command_line_failed_like_any_other() {
    let mut machine = machine(
        "host 2016
manifest mode offboard
manifest uninstall_agent true
set agent.product_code {A}",
    );
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::StepNotStarted);
    assert_eq!(
        outcomes(&report),
        [("uninstall-agent", StepOutcome::NotStarted)]
    );
    let found = "`{A}` is no product code";
    assert!(report.detail.contains(found), "{}", report.detail);
    assert_ends(&run_once(&mut machine), Reason::RetryLater);
    machine.pass(3700);
    assert_ends(&run_once(&mut machine), Reason::StepNotStarted);
    machine.pass(3700);
    let doubled = run_once(&mut machine);
    assert_ends(&doubled, Reason::RetryLater);
    assert_eq!(machine.started, Vec::<String>::new());
}

#[test]
fn a_start_that_fails_for_want_of_resources_is_tried_again() {
    const INTERNAL_ERROR: u32 = 1359;
    for (times, reason) in [(4, Reason::Converged), (5, Reason::StepNotStarted)] {
        let mut machine = machine(BY_SCRIPT);
        machine.faults.set(&[Fault {
            effect: Effect::StartProcess,
            after: 0,
            times,
            code: INTERNAL_ERROR,
        }]);
        assert_ends(&run_once(&mut machine), reason);
    }
}

#[test]
fn the_cause_is_read_from_the_installer_log() {
    let mut machine = machine("host 2016").with_acts("msiexec.exe", &[Act::code(1603, false)]);
    machine.files.borrow_mut().insert(
        r"C:\ProgramData\Gangway\logs\install-agent.log".to_owned(),
        b"... has been updated since initial installation and MSI upgrades ...".to_vec(),
    );
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::AgentNeedsReinstall);
}
