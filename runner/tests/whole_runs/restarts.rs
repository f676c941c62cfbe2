//! Restarts of Windows.

use super::*;

/// Two updates are missing, and an old antivirus goes after them.
const ROW_OF_UPDATES: &str = "host 2012-r2
set prerequisites.tdh 6.3.9600.17415
set prerequisites.ntoskrnl 6.3.9600.17415
set legacy.scep yes
manifest with hotfix Windows8.1-KB3080149-x64.msu
manifest with hotfix Windows8.1-KB3045999-x64.msu";

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
        assert_eq!(
            machine.started,
            ["msiexec.exe", "service Sense", "MpCmdRun.exe"]
        );
    }
}

#[test]
fn a_row_of_updates_takes_one_restart() {
    let mut machine = machine(ROW_OF_UPDATES).with_acts("wusa.exe", &[Act::code(3010, true)]);
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
    let acts = [Act::code(3010, true), Act::GOOD];
    let mut machine = machine(ROW_OF_UPDATES).with_acts("wusa.exe", &acts);
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
