//! The copy of the exe that runs from the protected folder instead of the share.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "../../contract/tests/cases/mod.rs"]
mod cases;
mod fake;

use fake::faults::{Effect, Fault};
use fake::{Act, Fake};
use gangway_contract::Reason;
use gangway_runner::after_installer;
use gangway_runner::bundle::Places;
use gangway_runner::relay;
use gangway_runner::stop::Stop;

const EXE: &[u8] = b"MZ: the bytes that were checked at the start";

fn machine(lines: &str) -> Fake {
    let case = cases::Case::parse(lines).unwrap_or_else(|error| panic!("{error}"));
    Fake::new(case.manifest, case.facts)
}

fn copy_of(machine: &Fake) -> String {
    machine.local(&relay::exe_name(&machine.bundle()))
}

/// Starts the copy; `ends_with` is what it ends with.
fn run(machine: &mut Fake, places: &Places, ends_with: u32) -> Result<i32, Stop> {
    let bundle = machine.bundle();
    machine.exe = Some(EXE.to_vec());
    let name = relay::exe_name(&bundle);
    machine.acts.insert(name, vec![Act::code(ends_with, false)]);
    assert!(gangway_runner::machine::Machine::lock(machine).is_ok_and(|taken| taken));
    let result = relay::run(machine, &bundle, places, EXE);
    assert_eq!(machine.violations, Vec::<String>::new());
    result
}

fn by_hand() -> Places {
    Places {
        source: Some(r"E:\Defender files".to_owned()),
        reports: Some(r"\\files.contoso.com\reports$".to_owned()),
        ..Places::default()
    }
}

#[test]
fn the_copy_runs_the_same_bytes_with_the_places_given_by_hand() {
    for (mode, places, arguments) in [
        ("onboard", Places::default(), ""),
        (
            "onboard",
            by_hand(),
            r#"onboard --source "E:\Defender files" --report "\\files.contoso.com\reports$""#,
        ),
        (
            "offboard",
            by_hand(),
            r#"offboard --source "E:\Defender files" --report "\\files.contoso.com\reports$""#,
        ),
    ] {
        let mut machine = machine(&format!("host 2022\nmanifest mode {mode}"));
        assert_eq!(run(&mut machine, &places, 0), Ok(0));
        let copy = copy_of(&machine);
        assert_eq!(machine.commands, [(copy.clone(), arguments.to_owned())]);
        assert!(!machine.files.borrow().contains_key(&copy), "it is removed");
    }
}

#[test]
fn the_exit_code_of_the_copy_is_passed_on() {
    for (code, expected) in [(0, 0), (51, 51), (54, 54), (0xffff_ffff, -1)] {
        let mut machine = machine("host 2022");
        assert_eq!(run(&mut machine, &Places::default(), code), Ok(expected));
    }
}

#[test]
fn the_lock_is_free_for_the_copy() {
    let mut machine = machine("host 2022");
    assert_eq!(run(&mut machine, &Places::default(), 0), Ok(0));
    assert!(
        gangway_runner::machine::Machine::lock(&mut machine).is_ok_and(|taken| taken),
        "it was given back before the start"
    );
}

#[test]
fn a_planted_copy_is_replaced() {
    let mut machine = machine("host 2022");
    let copy = copy_of(&machine);
    machine.files.borrow_mut().insert(copy, b"evil".to_vec());
    assert_eq!(run(&mut machine, &Places::default(), 0), Ok(0));
}

#[test]
fn a_copy_that_changes_after_it_was_written_is_not_run() {
    let mut machine = machine("host 2022");
    let copy = copy_of(&machine);
    // From the moment it is there.
    machine.at_tick = Some(Box::new(move |_, _, files| {
        let mut files = files.borrow_mut();
        if files.contains_key(&copy) {
            files.insert(copy.clone(), b"evil".to_vec());
        }
    }));
    let stop = run(&mut machine, &Places::default(), 0).unwrap_err();
    assert_eq!(stop.reason, Reason::PayloadMismatch);
    assert!(machine.commands.is_empty());
}

#[test]
fn troubles_of_the_copy_are_named() {
    for (effect, code, reason) in [
        (Effect::ProtectFolder, 5, Reason::AccessDenied),
        (Effect::CreateFile, 112, Reason::DiskFull),
        (Effect::WriteFile, 112, Reason::DiskFull),
        (Effect::FinishFile, 39, Reason::DiskFull),
        (Effect::RenameFile, 32, Reason::FileInUse),
        (Effect::HoldFile, 225, Reason::FileInUse),
        (Effect::StartProcess, 1260, Reason::AccessDenied),
        (Effect::StartProcess, 193, Reason::StepNotStarted),
    ] {
        let mut machine = machine("host 2022");
        machine.faults.set(&[Fault {
            effect,
            after: 0,
            times: u32::MAX,
            code,
        }]);
        let stop = run(&mut machine, &Places::default(), 0).unwrap_err();
        assert_eq!(stop.reason, reason, "{effect:?} {code}: {}", stop.detail);
        assert!(machine.commands.is_empty(), "{effect:?}");
    }
}

#[test]
fn a_folder_that_somebody_else_made_is_not_run_from() {
    let mut machine = machine("host 2022");
    machine
        .foreign_folders
        .push(r"C:\Program Files\Gangway".to_owned());
    let stop = run(&mut machine, &Places::default(), 0).unwrap_err();
    assert_eq!(stop.reason, Reason::FolderNotProtected);
    assert!(machine.commands.is_empty());
}

#[test]
fn a_place_that_cannot_stand_on_a_command_line_stops_before_anything_is_written() {
    let mut machine = machine("host 2022");
    let places = Places {
        source: Some("E:\\a\" --report \"x".to_owned()),
        reports: None,
        ..Places::default()
    };
    let stop = run(&mut machine, &places, 0).unwrap_err();
    assert_eq!(stop.reason, Reason::StepNotStarted);
    assert!(machine.files.borrow().is_empty());
}

/// The package's folder is free as soon as the copy runs: nobody waits for the copy, which may take
/// hours, and the copy takes the lock.
#[test]
fn after_an_installer_the_copy_goes_on_alone() {
    let mut machine = machine("host 2022");
    let bundle = machine.bundle();
    let slow = Act {
        takes_s: 40_000,
        ..Act::GOOD
    };
    machine.exe = Some(EXE.to_vec());
    machine.acts.insert(relay::exe_name(&bundle), vec![slow]);
    let places = Places {
        source: Some(r"C:\Program Files\Gangway\0123".to_owned()),
        after_installer: true,
        ..Places::default()
    };
    let before = machine.clock;
    assert_eq!(
        after_installer::hand_over(&mut machine, &bundle, &places, EXE),
        Ok(())
    );
    assert_eq!(machine.violations, Vec::<String>::new());
    assert_eq!(machine.clock, before, "it was waited for");
    let copy = copy_of(&machine);
    let arguments = r#"onboard --source "C:\Program Files\Gangway\0123" --after-installer"#;
    assert_eq!(machine.commands, [(copy.clone(), arguments.to_owned())]);
    assert!(machine.files.borrow().contains_key(&copy), "it is removed");
    assert!(
        gangway_runner::machine::Machine::lock(&mut machine).is_ok_and(|taken| taken),
        "the lock is the copy's"
    );
}

#[test]
fn a_copy_that_does_not_start_is_no_hand_over() {
    let mut machine = machine("host 2022");
    let bundle = machine.bundle();
    machine.faults.set(&[Fault {
        effect: Effect::StartProcess,
        after: 0,
        times: u32::MAX,
        code: 1260,
    }]);
    let stop = after_installer::hand_over(&mut machine, &bundle, &by_hand(), EXE).unwrap_err();
    assert_eq!(stop.reason, Reason::AccessDenied);
}

#[test]
fn the_copy_knows_itself_by_its_place() {
    let machine = machine("host 2022");
    let (bundle, folders) = (
        machine.bundle(),
        gangway_runner::machine::Machine::folders(&machine),
    );
    let copy = copy_of(&machine);
    let name = relay::exe_name(&bundle);
    for (path, is_copy) in [
        (copy.clone(), true),
        (copy.to_uppercase(), true),
        (format!(r"\\?\{copy}"), true),
        (
            format!(r"C:\Program Files\Gangway\{}\{name}", bundle.id),
            false,
        ),
        (name, false),
    ] {
        let found = after_installer::is_copy(&folders, &bundle, &path);
        assert_eq!(found, is_copy, "{path}");
    }
}
