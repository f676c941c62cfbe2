//! Somebody changes bytes between the checks: refused, with the reason, and nothing runs.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "../../contract/tests/cases/mod.rs"]
mod cases;
mod fake;

use fake::Fake;
use gangway_contract::report::Report;
use gangway_contract::{Reason, State};
use gangway_runner::bundle::Places;
use gangway_runner::machine::{Machine as _, Process, SeenSignature};
use gangway_runner::run;

fn machine() -> Fake {
    let case = cases::Case::parse("host 2016").unwrap_or_else(|error| panic!("{error}"));
    Fake::new(case.manifest, case.facts)
}

fn run_once(machine: &mut Fake) -> Report {
    let bundle = machine.bundle();
    let places = Places::default();
    let start = run::begin(machine, &bundle, &places);
    let report = run::finish(machine, &bundle, &places, &start);
    machine.process_ended();
    report
}

#[track_caller]
fn assert_refused(machine: &Fake, report: &Report, reason: Reason, words: &str) {
    assert_eq!(
        (report.state, report.reason.as_str()),
        (State::Refused, reason.as_str()),
        "{}",
        gangway_runner::tell::summary(report)
    );
    assert_eq!(report.exit_code, 54);
    assert!(report.detail.contains(words), "{}", report.detail);
    assert_eq!(machine.started, Vec::<String>::new());
    assert_eq!(machine.violations, Vec::<String>::new());
}

#[test]
fn changed_bytes_on_the_share() {
    for name in ["md4ws.msi", "OnboardingInfo.json"] {
        let mut machine = machine();
        let path = machine.remote(name);
        machine.share.get_mut(&path).unwrap()[3] ^= 1;
        let report = run_once(&mut machine);
        assert_refused(&machine, &report, Reason::PayloadMismatch, name);
    }
}

#[test]
fn a_shorter_file_on_the_share() {
    let mut machine = machine();
    let path = machine.remote("md4ws.msi");
    machine.share.get_mut(&path).unwrap().truncate(5);
    let report = run_once(&mut machine);
    assert_refused(&machine, &report, Reason::PayloadMismatch, "5 bytes");
}

#[test]
fn a_longer_and_an_endless_file_on_the_share() {
    let mut longer = machine();
    let path = longer.remote("md4ws.msi");
    longer.share.get_mut(&path).unwrap().push(0);
    let report = run_once(&mut longer);
    assert_refused(&longer, &report, Reason::PayloadMismatch, "more than");

    let mut endless = machine();
    endless.endless.push(endless.remote("md4ws.msi"));
    let report = run_once(&mut endless);
    assert_refused(&endless, &report, Reason::PayloadMismatch, "more than");
}

#[test]
fn a_swap_on_the_share_after_the_fetch_changes_nothing() {
    let mut machine = machine();
    let path = machine.remote("md4ws.msi");
    let original = machine.share.get(&path).unwrap().clone();
    // Another content at every effect from the tenth on, which is after the fetches.
    machine.at_tick = Some(Box::new(move |tick, share, _| {
        let bytes = if tick < 10 { &original[..] } else { b"evil" };
        share.insert(path.clone(), bytes.to_vec());
    }));
    let report = run_once(&mut machine);
    assert_eq!(report.state, State::Onboarded);
    assert_eq!(machine.violations, Vec::<String>::new());
}

#[test]
fn a_planted_local_copy_is_fetched_again() {
    let mut machine = machine();
    let local = machine.local("md4ws.msi");
    machine.files.borrow_mut().insert(local, b"evil".to_vec());
    let report = run_once(&mut machine);
    assert_eq!(report.state, State::Onboarded);
    assert_eq!(machine.violations, Vec::<String>::new());
}

#[test]
fn a_local_copy_that_is_swapped_between_write_and_check() {
    // At every effect somebody who can write the folder puts other bytes in: whatever the
    // moment, either the change is found or it never mattered, and nothing unverified runs.
    for moment in 0..60 {
        let mut machine = machine();
        let local = machine.local("md4ws.msi");
        machine.at_tick = Some(Box::new(move |tick, _, files| {
            let mut files = files.borrow_mut();
            if tick == moment && files.contains_key(&local) {
                files.insert(local.clone(), b"evil".to_vec());
            }
        }));
        let bundle = machine.bundle();
        let places = Places::default();
        let start = run::begin(&mut machine, &bundle, &places);
        let report = run::finish(&mut machine, &bundle, &places, &start);
        let swapped_while_held = machine
            .violations
            .iter()
            .all(|violation| violation.contains("has other bytes"));
        // The real machine's handle keeps a held file from being written, so a swap that the
        // fake lets through while it is held is not one that can happen.
        assert!(swapped_while_held, "{:?}", machine.violations);
        if machine.violations.is_empty() && report.state != State::Onboarded {
            assert_eq!(
                report.reason,
                Reason::PayloadMismatch.as_str(),
                "moment {moment}"
            );
        }
    }
}

#[test]
fn a_reparse_point_in_the_place_of_a_payload() {
    let mut machine = machine();
    machine.reparse_points.push(machine.local("md4ws.msi"));
    let report = run_once(&mut machine);
    assert_refused(
        &machine,
        &report,
        Reason::FolderNotProtected,
        "reparse point",
    );
}

#[test]
fn a_folder_that_somebody_else_made() {
    let mut machine = machine();
    machine
        .foreign_folders
        .push(r"C:\Program Files\Gangway".to_owned());
    let report = run_once(&mut machine);
    assert_refused(&machine, &report, Reason::FolderNotProtected, "owner");
}

#[test]
fn a_signature_that_the_system_distrusts() {
    let mut machine = machine();
    let bad = SeenSignature {
        code: 0x800b_0111,
        signer: None,
    };
    machine.signatures.insert("md4ws.msi".to_owned(), bad);
    let report = run_once(&mut machine);
    assert_refused(&machine, &report, Reason::SignerDistrusted, "0x800b0111");
}

#[test]
fn a_signer_that_is_merely_unknown_is_recorded() {
    let mut machine = machine();
    let untrusted = SeenSignature {
        code: 0x800b_0109,
        signer: None,
    };
    machine.signatures.insert("md4ws.msi".to_owned(), untrusted);
    let report = run_once(&mut machine);
    assert_eq!(report.state, State::Onboarded);
    let check = report
        .signatures
        .iter()
        .find(|check| check.payload == "md4ws.msi")
        .unwrap();
    assert_eq!(check.verdict, "not-trusted");
    assert!(check.detail.contains("0x800b0109"), "{}", check.detail);
}

/// No digest is known of what another installer left, so its place has to be one that users
/// cannot change.
#[test]
fn a_program_of_another_installer_that_users_may_change() {
    let folder = r"C:\Program Files\Microsoft Security Client";
    let case = cases::Case::parse("host 2012-r2\nset legacy.scep yes")
        .unwrap_or_else(|error| panic!("{error}"));
    let mut machine = Fake::new(case.manifest, case.facts);
    machine.foreign_folders.push(folder.to_owned());
    let report = run_once(&mut machine);
    assert_refused(&machine, &report, Reason::FolderNotProtected, folder);

    machine.foreign_folders.clear();
    machine.pass(100_000);
    assert_eq!(run_once(&mut machine).state, State::Onboarded);
    assert_eq!(machine.judged, [format!(r"{folder}\Setup.exe")]);
}

const DATA: &str = r"C:\ProgramData\Gangway";

const UPDATE: &str = r"C:\Windows\System32\wusa.exe";

/// A journal that names a living process of a program as a running update.
fn planted_journal(machine: &mut Fake, program: &str) {
    use gangway_contract::step::StepKind;
    use gangway_runner::journal::{Entry, write};
    let Process { id, created } = machine.living_process(program);
    for entry in [
        Entry::StepStarted {
            at: machine.now(),
            step: StepKind::InstallHotfix,
        },
        Entry::StepProcess { id, created },
    ] {
        write(machine, &entry).expect("a journal that takes a line");
    }
}

#[test]
fn a_journal_of_ours_cannot_pass_anybody_off_as_a_step() {
    for program in [
        r"C:\Windows\System32\lsass.exe",
        r"C:\Windows\System32\cmd.exe",
        r"C:\Users\Public\wusa.exe",
        "",
    ] {
        let mut machine = machine();
        planted_journal(&mut machine, program);
        let report = run_once(&mut machine);
        assert_eq!(report.state, State::Onboarded, "`{program}`");
    }
}

/// An update that runs for good, or a line that names that of somebody else.
#[test]
fn an_update_that_a_journal_names_is_waited_for_and_not_for_ever() {
    let mut machine = machine();
    planted_journal(&mut machine, &UPDATE.to_ascii_uppercase());
    let mut waited = 0;
    while run_once(&mut machine).reason == Reason::StillRunning.as_str() {
        waited += 1;
        assert!(waited < 100, "for ever");
        machine.pass(5400);
    }
    assert_eq!(waited, 24);
    assert!(machine.started.contains(&"msiexec.exe".to_owned()));
}

#[test]
fn a_data_folder_of_somebody_else_counts_as_empty_and_is_named() {
    let mut machine = machine();
    planted_journal(&mut machine, UPDATE);
    let planted = format!(r"{DATA}\reports\srv.20260101T000000Z.00000000.json");
    machine.files.borrow_mut().insert(planted, b"{}".to_vec());
    machine.foreign_folders.push(DATA.to_owned());
    let report = run_once(&mut machine);
    assert_eq!(report.state, State::Onboarded);
    let aside = |report: &Report| {
        let notes = report.findings.iter();
        notes
            .filter(|note| note.contains(r"C:\ProgramData\Gangway.foreign-"))
            .count()
    };
    assert!(
        report
            .findings
            .iter()
            .any(|note| note.contains("the owner is BU")),
        "{:?}",
        report.findings
    );
    assert_eq!(aside(&report), 1, "{:?}", report.findings);
    // For as long as it is there, so that whoever reads reports learns of it.
    assert_eq!(aside(&run_once(&mut machine)), 1);
}

#[test]
fn what_only_looks_believes_no_foreign_journal_either() {
    let mut machine = machine();
    planted_journal(&mut machine, UPDATE);
    machine.foreign_folders.push(DATA.to_owned());
    let bundle = machine.bundle();
    let (_, plan) = run::look(&mut machine, &bundle);
    assert_eq!(plan.reason, Reason::Ready);
    assert_eq!(machine.foreign_folders, [DATA], "nothing was moved");
}

#[test]
fn a_planted_report_is_not_shown_and_a_long_one_is_cut() {
    let mut machine = machine();
    let report = run_once(&mut machine);
    let mut long = report;
    long.detail = "x".repeat(100_000);
    let path = format!(r"{DATA}\reports\srv.20990101T000000Z.00000000.json");
    machine.files.borrow_mut().insert(path, long.to_bytes());
    let (text, _) = gangway_runner::upkeep::status(&mut machine).unwrap();
    assert!(text.len() < 20_000, "{}", text.len());
    assert!(text.contains('…'), "{text}");
    machine.foreign_folders.push(DATA.to_owned());
    let (text, code) = gangway_runner::upkeep::status(&mut machine).unwrap();
    assert!(
        text.contains("the owner is BU") && !text.contains("xxx"),
        "{text}"
    );
    assert_eq!(code, 51);
}

#[test]
fn the_part_of_a_fetch_that_was_cut_goes_with_the_next_run() {
    let mut machine = machine();
    let other = r"C:\Program Files\Gangway\0123456789abcdef0123456789abcdef\md4ws.msi.part";
    let parts = [machine.local("Install.ps1.part"), other.to_owned()];
    for part in &parts {
        machine
            .files
            .borrow_mut()
            .insert(part.clone(), b"half".to_vec());
    }
    let report = run_once(&mut machine);
    assert_eq!(report.state, State::Onboarded);
    let files = machine.files.borrow();
    assert!(
        parts.iter().all(|part| !files.contains_key(part)),
        "{files:?}"
    );
}
