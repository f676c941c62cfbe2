//! Reports and marks.

use super::fake::Act;
use super::*;

/// The bytes as a share gets them: whoever reads reports learns here that a field is called
/// otherwise, comes or goes. `gangway report` is tested with these files.
#[test]
fn the_document_that_a_server_leaves() {
    let mut done = machine("host 2016");
    let mut failed = machine("host 2016").with_acts("msiexec.exe", &[Act::code(1603, false)]);
    failed.truth.host.fqdn = "srv2.contoso.com".to_owned().into();
    for (name, machine) in [("report-done", &mut done), ("report-failed", &mut failed)] {
        run_once(machine);
        let (_, bytes) = machine.dropped.pop().unwrap();
        insta::assert_snapshot!(name, String::from_utf8(bytes).unwrap());
    }
}

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
    assert_finds(&report, "access denied");
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
