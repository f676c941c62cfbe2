//! Whole runs on a machine in memory, one journey a test.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "../../contract/tests/cases/mod.rs"]
mod cases;
mod fake;

use fake::faults::{Effect, Fault};
use fake::{Act, Fake};
use gangway_contract::report::{Report, StepOutcome};
use gangway_contract::{Reason, State};
use gangway_runner::run::{self, Places};

/// A machine described by the lines of a decision table.
fn machine(lines: &str) -> Fake {
    let case = cases::Case::parse(lines).unwrap_or_else(|error| panic!("{error}"));
    let mut manifest = case.manifest;
    manifest.settings.report_root = Some(r"\\files.contoso.com\reports$".to_owned());
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

#[test]
fn a_server_with_the_sensor_in_the_box_gets_the_script() {
    check_good("host 2022", &["cmd.exe"]);
}

#[test]
fn server_2016_gets_agent_and_script() {
    check_good("host 2016", &["msiexec.exe", "cmd.exe"]);
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
            "cmd.exe",
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
    check_good(lines, &["wusa.exe", "Setup.exe", "msiexec.exe", "cmd.exe"]);
}

#[test]
fn the_signed_install_script_is_an_agent_route() {
    let lines = "host 2016
manifest agent_route install-script
manifest with install-script Install.ps1";
    check_good(lines, &["powershell.exe", "cmd.exe"]);
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
    check_good(lines, &["MMASetup-AMD64.exe", "setup.exe"]);
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
manifest with offboard offboard.cmd
manifest expires_at 2026-02-08T00:00:00Z
manifest uninstall_agent true
set agent.product_code {aaaaaaaa-0000-0000-0000-000000000001}
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service stopped automatic";
    check_good(lines, &["service Sense", "cmd.exe", "msiexec.exe"]);
}

#[test]
fn a_precheck_changes_nothing_and_reports() {
    let mut machine = machine("host 2016\nmanifest mode precheck");
    let report = run_once(&mut machine);
    assert_ends_assessed(&report, Reason::Ready);
    assert_eq!(machine.started, Vec::<String>::new());
    assert_eq!(machine.files.borrow().len(), 1, "only the report is kept");
    assert!(report.plan.iter().all(|step| step.held));
    assert_eq!(report.plan.len(), 2);
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

// Truth: the state speaks, not the code.

#[test]
fn a_false_alarm_of_the_script_is_no_failure() {
    for code in [15, 35, 40] {
        let late = Act {
            shows_after_s: 200,
            ..Act::code(code, true)
        };
        let mut machine = machine("host 2022").with_acts("cmd.exe", &[late]);
        let report = run_once(&mut machine);
        assert_ends(&report, Reason::Converged);
        let expected = [("run-onboarding-script", StepOutcome::DoneDespiteCode)];
        assert_eq!(outcomes(&report), expected);
        assert_eq!(report.steps[0].code, Some(code));
    }
}

#[test]
fn a_success_code_without_the_state_is_a_failure() {
    let mut machine = machine("host 2022").with_acts("cmd.exe", &[Act::code(0, false)]);
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
fn the_cause_is_read_from_the_installer_log() {
    let mut machine = machine("host 2016").with_acts("msiexec.exe", &[Act::code(1603, false)]);
    machine.files.borrow_mut().insert(
        r"C:\ProgramData\Gangway\logs\install-agent.log".to_owned(),
        b"... has been updated since initial installation and MSI upgrades ...".to_vec(),
    );
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::AgentNeedsReinstall);
}

// Restarts.

#[test]
fn a_restart_code_ends_the_run_and_the_next_start_of_windows_goes_on() {
    for code in [3010, 1641] {
        let mut machine = machine("host 2016").with_acts("msiexec.exe", &[Act::code(code, true)]);
        let report = run_once(&mut machine);
        assert_ends(&report, Reason::RebootPending);
        assert_eq!(machine.started, ["msiexec.exe"]);
        assert_ends(&run_once(&mut machine), Reason::RebootPending);
        machine.reboot();
        assert_ends(&run_once(&mut machine), Reason::Converged);
        assert_eq!(machine.started, ["msiexec.exe", "cmd.exe"]);
    }
}

#[test]
fn a_row_of_updates_takes_one_restart() {
    let lines = "host 2012-r2
set prerequisites.tdh 6.3.9600.17415
set prerequisites.ntoskrnl 6.3.9600.17415
set legacy.scep yes
manifest with hotfix Windows8.1-KB3080149-x64.msu
manifest with hotfix Windows8.1-KB3045999-x64.msu";
    let mut machine = machine(lines).with_acts("wusa.exe", &[Act::code(3010, true)]);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::RebootPending);
    assert_eq!(machine.started, ["wusa.exe", "wusa.exe"]);
    machine.reboot();
    assert_ends(&run_once(&mut machine), Reason::Converged);
}

/// Found by the property tests: the restart that an update asked for was forgotten when a
/// later one of the same row ended without asking, and the old antivirus went before it.
#[test]
fn a_row_of_updates_keeps_the_restart_that_any_of_them_asked_for() {
    let lines = "host 2012-r2
set prerequisites.tdh 6.3.9600.17415
set prerequisites.ntoskrnl 6.3.9600.17415
set legacy.scep yes
manifest with hotfix Windows8.1-KB3080149-x64.msu
manifest with hotfix Windows8.1-KB3045999-x64.msu";
    let acts = [Act::code(3010, true), Act::GOOD];
    let mut machine = machine(lines).with_acts("wusa.exe", &acts);
    assert_ends(&run_once(&mut machine), Reason::RebootPending);
    assert_eq!(machine.started, ["wusa.exe", "wusa.exe"]);
    machine.reboot();
    assert_ends(&run_once(&mut machine), Reason::Converged);
}

#[test]
fn a_restart_is_asked_for_only_where_it_is_allowed() {
    let allowed = "host 2016\nmanifest reboot in-window";
    let mut machine1 = machine(allowed).with_acts("msiexec.exe", &[Act::code(3010, true)]);
    let report = run_once(&mut machine1);
    assert_ends(&report, Reason::RebootPending);
    assert_eq!(machine1.restarts, 1);
    machine1.reboot();
    assert_ends(&run_once(&mut machine1), Reason::Converged);

    let controller = format!("{allowed}\nset os.product_type domain_controller");
    let mut machine2 = machine(&controller).with_acts("msiexec.exe", &[Act::code(3010, true)]);
    let report = run_once(&mut machine2);
    assert_ends(&report, Reason::RebootNeededByOwner);
    assert_eq!(machine2.restarts, 0);
}

// Installers and time.

#[test]
fn a_busy_installer_is_waited_for() {
    let acts = [Act::code(1618, false), Act::code(1618, false), Act::GOOD];
    let mut machine = machine("host 2016").with_acts("msiexec.exe", &acts);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Converged);
    assert_eq!(
        machine.started,
        ["msiexec.exe", "msiexec.exe", "msiexec.exe", "cmd.exe"]
    );
}

/// Found by the property tests: the agent was installed once more after the installation that
/// was in the way had brought it.
#[test]
fn an_agent_that_the_other_installation_brought_is_not_installed_again() {
    let acts = [Act::code(1618, true), Act::GOOD];
    let mut machine = machine("host 2016").with_acts("msiexec.exe", &acts);
    assert_ends(&run_once(&mut machine), Reason::Converged);
    assert_eq!(machine.started, ["msiexec.exe", "cmd.exe"]);
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
    assert_eq!(machine.started, ["msiexec.exe", "cmd.exe"]);
}

#[test]
fn a_hanging_script_is_ended_at_its_limit() {
    let hang = Act {
        takes_s: i64::MAX / 4,
        works: false,
        ..Act::GOOD
    };
    let mut machine = machine("host 2022").with_acts("cmd.exe", &[hang]);
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
        let mut machine = machine("host 2022").with_acts("cmd.exe", &[late]);
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

// Share and switch.

#[test]
fn delay_comes_before_the_first_fetch_only() {
    let mut machine = machine("host 2016");
    run_once(&mut machine);
    let delays = machine
        .slept
        .iter()
        .filter(|seconds| **seconds > 60)
        .count();
    assert!(delays <= 1, "{:?}", machine.slept);
    let mut onboarded = machine_onboarded();
    run_once(&mut onboarded);
    assert_eq!(onboarded.slept, Vec::<u32>::new());
}

fn machine_onboarded() -> Fake {
    machine(
        "host 2022
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service running automatic",
    )
}

#[test]
fn a_share_that_comes_back_is_enough() {
    let mut machine = machine("host 2022");
    machine.share_failures = vec![];
    let bundle = machine.bundle();
    let places = Places::default();
    let start = run::begin(&mut machine, &bundle, &places);
    machine.share_failures = vec![53, 64, 121];
    let report = run::finish(&mut machine, &bundle, &places, &start);
    assert_ends(&report, Reason::Converged);
}

#[test]
fn failures_of_the_share_are_named() {
    for (code, reason) in [
        (53, Reason::ShareUnreachable),
        (2, Reason::ShareUnreachable),
        (5, Reason::AccessDenied),
        (32, Reason::FileInUse),
    ] {
        let mut machine = machine("host 2022");
        let bundle = machine.bundle();
        let places = Places::default();
        let start = run::begin(&mut machine, &bundle, &places);
        machine.share_failures = vec![code; 9];
        let report = run::finish(&mut machine, &bundle, &places, &start);
        assert_ends(&report, reason);
        assert!(machine.started.is_empty());
    }
}

#[test]
fn without_a_readable_switch_nothing_new_is_started() {
    let mut missing = machine("host 2022");
    missing.share.clear();
    assert_ends(&run_once(&mut missing), Reason::ControlUnreadable);
    let mut torn = machine("host 2022");
    let path = format!(r"{}\control.json", torn.manifest.settings.release_root);
    torn.share.insert(path, b"{\"schema\":1".to_vec());
    assert_ends(&run_once(&mut torn), Reason::ControlUnreadable);
    assert!(torn.started.is_empty());
}

#[test]
fn a_paused_share_withholds_new_work_and_no_report() {
    let mut machine = machine("host 2022");
    let control = gangway_contract::Control {
        paused: true,
        ..gangway_contract::Control::OPEN
    };
    let path = format!(r"{}\control.json", machine.manifest.settings.release_root);
    machine.share.insert(path, control.to_bytes());
    assert_ends(&run_once(&mut machine), Reason::Paused);
    assert_eq!(machine.dropped.len(), 1);
}

#[test]
fn by_hand_payloads_come_from_the_folder_and_no_switch_is_asked() {
    let mut machine = machine("host 2022");
    let content = machine
        .share
        .remove(&machine.remote("onboard.cmd"))
        .unwrap();
    machine.share.clear();
    machine
        .share
        .insert(r"D:\bundle\onboard.cmd".to_owned(), content);
    let bundle = machine.bundle();
    let places = Places {
        source: Some(r"D:\bundle".to_owned()),
        reports: Some(r"D:\reports".to_owned()),
    };
    let start = run::begin(&mut machine, &bundle, &places);
    let report = run::finish(&mut machine, &bundle, &places, &start);
    assert_ends(&report, Reason::Converged);
    assert_eq!(machine.dropped.len(), 1);
}

// The machine's own troubles.

#[test]
fn troubles_of_the_machine_are_named() {
    for (code, reason) in [
        (112, Reason::DiskFull),
        (5, Reason::AccessDenied),
        (32, Reason::FileInUse),
        (225, Reason::FileInUse),
    ] {
        let mut machine = machine("host 2022");
        machine.create_failure = Some(code);
        let report = run_once(&mut machine);
        assert_ends(&report, reason);
        assert!(machine.started.is_empty());
        let left = machine
            .files
            .borrow()
            .keys()
            .filter(|path| path.contains(".part"))
            .count();
        assert_eq!(left, 0, "nothing half written stays");
    }
}

/// The gate on free space is passed; the volume fills up afterwards, at each write in turn.
#[test]
fn a_volume_that_fills_up_is_named_and_nothing_is_run_unrecorded() {
    for (effect, after) in [
        (Effect::CreateFile, 0),
        (Effect::WriteFile, 0),
        (Effect::FinishFile, 0),
        (Effect::ReplaceJournal, 0),
        (Effect::AppendJournal, 0),
        (Effect::AppendJournal, 1),
    ] {
        let mut machine = machine("host 2022");
        // Long enough to be shortened.
        if effect == Effect::ReplaceJournal {
            machine.journal = vec![b'\n'; 300 * 1024];
        }
        let full = Fault {
            effect,
            after,
            times: u32::MAX,
            code: 112,
        };
        machine.faults.set(&[full]);
        let report = run_once(&mut machine);
        assert_ends(&report, Reason::DiskFull);
        assert_eq!(report.exit_code, 52, "{effect:?} {after}");
        assert!(report.detail.contains("full"), "{}", report.detail);
        assert_eq!(machine.started, Vec::<String>::new(), "{effect:?} {after}");
        machine.faults.set(&[]);
        machine.pass(100_000);
        assert_ends(&run_once(&mut machine), Reason::Converged);
    }
}

#[test]
fn a_full_volume_after_the_work_does_not_make_it_a_failure() {
    let mut machine = machine("host 2022");
    // The third line of the journal is the end of the script; reports follow.
    let full = |effect, after| Fault {
        effect,
        after,
        times: u32::MAX,
        code: 112,
    };
    machine
        .faults
        .set(&[full(Effect::AppendJournal, 2), full(Effect::KeepReport, 0)]);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Converged);
    assert!(report.findings.iter().any(|note| note.contains("full")));
    machine.faults.set(&[]);
    let again = run_once(&mut machine);
    assert_ends(&again, Reason::Converged);
    assert_eq!(machine.started, ["cmd.exe"]);
}

// Reports.

#[test]
fn a_waiting_server_drops_one_report_a_day() {
    let mut machine = machine("host 2022\nmanifest window 0-60");
    for _ in 0..16 {
        assert_ends(&run_once(&mut machine), Reason::WindowClosed);
        machine.pass(5400);
    }
    assert_eq!(machine.dropped.len(), 2);
    assert_eq!(machine.kept.len(), 16);
}

#[test]
fn a_report_that_cannot_be_dropped_is_kept_and_says_so() {
    let mut machine = machine("host 2022");
    machine.drop_failure = Some(5);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Converged);
    assert!(
        report
            .findings
            .iter()
            .any(|note| note.contains("access denied"))
    );
    assert_eq!(machine.kept.len(), 1);
}

#[test]
fn the_mark_of_success_is_set_and_taken_away() {
    let mut machine = machine("host 2022");
    run_once(&mut machine);
    assert_eq!(machine.volatile_marks.len(), 1);
    machine.truth.sensor.org_id =
        gangway_contract::Fact::Value("ffffffff-0000-0000-0000-000000000000".parse().unwrap());
    assert_ends(&run_once(&mut machine), Reason::OtherTenant);
    assert_eq!(machine.volatile_marks.len(), 0);
}

#[test]
fn a_lower_sequence_is_refused() {
    let mut machine = machine("host 2022");
    machine.sequence = Some(99);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::SequenceLower);
    assert_eq!(report.exit_code, 54);
}
