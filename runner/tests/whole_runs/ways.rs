//! Ways to the goal, each whole.

use super::*;

#[test]
fn a_server_with_the_sensor_in_the_box_gets_the_blob() {
    check_good("host 2022", &["service Sense", "MpCmdRun.exe"]);
}

#[test]
fn the_script_runs_where_the_config_asks_for_it() {
    check_good(BY_SCRIPT, &["cmd.exe"]);
}

#[test]
fn server_2016_gets_agent_and_blob() {
    check_good(
        "host 2016",
        &["msiexec.exe", "service Sense", "MpCmdRun.exe"],
    );
}

#[test]
fn server_2016_gets_everything_in_order() {
    let lines = "host 2016
set antivirus.service stopped disabled
set antivirus.platform 4.10.14393.0
set legacy.workspaces aaaaaaaa-0000-0000-0000-000000000001
manifest remove_workspace aaaaaaaa-0000-0000-0000-000000000001
manifest with hotfix windows10.0-kb4457127-x64.msu
manifest with platform UpdatePlatform.exe 4.18.26080.3
manifest with sensor UpdateSenseClient.exe 10.8760.27617.1006";
    check_good(
        lines,
        &[
            "wusa.exe",
            "MpCmdRun.exe",
            "UpdatePlatform.exe",
            "powershell.exe",
            "msiexec.exe",
            "UpdateSenseClient.exe",
            "service Sense",
            "MpCmdRun.exe",
        ],
    );
}

#[test]
fn server_2012_r2_loses_its_old_antivirus_after_the_updates() {
    let lines = "host 2012-r2
set legacy.scep yes
set antivirus.leftover yes
set prerequisites.tdh 6.3.9600.17415
manifest with hotfix Windows8.1-KB3080149-x64.msu";
    check_good(
        lines,
        &[
            "wusa.exe",
            "Setup.exe",
            "msiexec.exe",
            "service Sense",
            "MpCmdRun.exe",
        ],
    );
}

#[test]
fn the_signed_install_script_is_an_agent_route() {
    let lines = "host 2016
manifest agent_route install-script
manifest with install-script Install.ps1";
    check_good(lines, &["powershell.exe", "service Sense", "MpCmdRun.exe"]);
}

#[test]
fn server_2008_r2_is_onboarded_by_the_deployment_tool() {
    let lines = "host 2008-r2
manifest with tool DefenderDT.exe
manifest with tool-file WindowsDefenderATP.onboarding";
    check_good(lines, &["DefenderDT.exe"]);
}

#[test]
fn the_retired_agent_is_extracted_and_then_installed() {
    let lines = "host 2008-r2
manifest monitoring_agent aaaaaaaa-0000-0000-0000-000000000001
manifest with mma MMASetup-AMD64.exe
manifest with key workspace.key";
    let mut machine = machine(lines);
    let report = run_once(&mut machine);
    // It reports to its workspace, and nobody can say that it protects.
    assert_ends(&report, Reason::RetiredAgent);
    assert_eq!(machine.started, ["MMASetup-AMD64.exe", "setup.exe"]);
    assert_eq!(run_once(&mut machine).steps, []);
}

#[test]
fn a_stopped_sensor_is_started() {
    let lines = "host 2022
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service stopped automatic";
    check_good(lines, &["service Sense"]);
}

#[test]
fn offboarding_ends_with_the_uninstallation() {
    let lines = "host 2016
manifest mode offboard
manifest with offboard OffboardingInfo.json
manifest expires_at 2026-02-08T00:00:00Z
manifest uninstall_agent true
set agent.product_code {aaaaaaaa-0000-0000-0000-000000000001}
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service stopped automatic";
    check_good(lines, &["service Sense", "msiexec.exe"]);
}

#[test]
fn a_precheck_changes_nothing_and_reports() {
    let mut machine = machine("host 2016\nmanifest mode precheck");
    let report = run_once(&mut machine);
    // This machine has no network, and that is all that stands in its way.
    assert_ends_assessed(&report, Reason::ServiceUnreachable);
    assert_eq!(machine.started, Vec::<String>::new());
    assert_eq!(machine.files.borrow().len(), 1, "only the report is kept");
    assert!(report.plan.iter().all(|step| step.held));
    assert_eq!(report.plan.len(), 2);
}

#[test]
fn a_sensor_on_demand_is_added_and_onboarded() {
    let lines = "host 2025
set sensor.service -
manifest add_sensor_from windows-update";
    check_good(lines, &["dism.exe", "service Sense", "MpCmdRun.exe"]);
}

/// What an update server does not have is the server's own reason, and tried again later.
#[test]
fn a_sensor_that_cannot_be_added_has_its_reason() {
    let lines = "host 2025
set sensor.service -
manifest add_sensor_from \\\\files.contoso.com\\fod$";
    let mut machine = machine(lines);
    machine
        .acts
        .insert("dism.exe".to_owned(), vec![Act::code(0x800f_0954, false)]);
    let report = run_once(&mut machine);
    assert_eq!(report.reason, Reason::SensorNotInstalled.as_str());
    assert!(
        report.detail.contains("does not have the capability"),
        "{}",
        report.detail
    );
    assert_eq!(machine.started, ["dism.exe"]);
}

/// The first thing to clear is the reason; all others stand beside it, in the report and in the
/// event log.
#[test]
fn a_precheck_names_every_blocker_at_once() {
    let lines = "host 2016
manifest mode precheck
set antivirus.disabled_policy 1
set os.task_sequence yes";
    let mut machine = machine(lines);
    let report = run_once(&mut machine);
    assert_ends_assessed(&report, Reason::ImageBuild);
    let blockers: Vec<&str> = report.blockers.iter().map(|one| &*one.reason).collect();
    let expected = [
        "image-build",
        "antivirus-disabled-by-policy",
        "service-unreachable",
    ];
    assert_eq!(blockers, expected);
    let text = gangway_runner::tell::summary(&report);
    assert!(text.contains("found: a task sequence is running"), "{text}");
    let other = "in the way too: antivirus-disabled-by-policy: policy `DisableAntiSpyware` is 1";
    assert!(text.contains(other), "{text}");
    assert_eq!(text.matches("image-build").count(), 1, "{text}");
    for blocker in &report.blockers {
        let known = Reason::from_code(&blocker.reason).map(Reason::next_action);
        assert_eq!(known, Some(&*blocker.next_action));
    }
}

#[track_caller]
fn assert_ends_assessed(report: &Report, reason: Reason) {
    assert_eq!(
        (report.state, report.reason.as_str()),
        (State::Assessed, reason.as_str())
    );
}

#[test]
fn payloads_are_removed_after_success_and_kept_after_failure() {
    let mut good = machine("host 2016");
    run_once(&mut good);
    let left = |machine: &Fake| {
        machine
            .files
            .borrow()
            .contains_key(&machine.local("md4ws.msi"))
    };
    assert!(!left(&good));
    let mut bad = machine("host 2016").with_acts("msiexec.exe", &[Act::code(1603, false)]);
    run_once(&mut bad);
    assert!(left(&bad), "the next try needs no second fetch");
}

#[test]
fn a_local_copy_is_reused_without_delay_or_share() {
    let mut machine =
        machine("host 2016").with_acts("msiexec.exe", &[Act::code(1603, false), Act::GOOD]);
    run_once(&mut machine);
    machine.pass(7200);
    machine.slept.clear();
    let payloads: Vec<String> = machine
        .share
        .keys()
        .filter(|path| path.contains("releases"))
        .cloned()
        .collect();
    for path in payloads {
        machine.share.remove(&path);
    }
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Converged);
}
