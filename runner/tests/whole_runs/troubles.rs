//! The machine's own troubles.

use super::*;

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
        // A program of its own, whose process is the second line of the journal.
        let mut machine = machine(BY_SCRIPT);
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
    // The third line of the journal is the end of the step; reports follow.
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
    assert_finds(&report, "full");
    machine.faults.set(&[]);
    let again = run_once(&mut machine);
    assert_ends(&again, Reason::Converged);
    assert_eq!(machine.started, ["service Sense", "MpCmdRun.exe"]);
}
