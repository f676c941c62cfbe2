//! The last campaign, and what stays after a server is done.

use super::*;
use gangway_contract::manifest::Mode;
use gangway_contract::{Fact, registry};
use gangway_runner::upkeep;

const PROGRAMS: &str = r"C:\Program Files\Gangway";
const DATA: &str = r"C:\ProgramData\Gangway";

/// A server with all that bootstraps leave.
fn used(lines: &str) -> Fake {
    let mut machine = machine(lines);
    run_once(&mut machine);
    let own = machine.bundle().id.as_str().to_owned();
    machine.truth.gangway.daily_tasks = Fact::Value(vec![own]);
    for path in [
        format!(r"{PROGRAMS}\{}\md4ws.msi", "0".repeat(32)),
        format!(r"{DATA}\logs\msi.log"),
    ] {
        machine.files.borrow_mut().insert(path, b"x".to_vec());
    }
    machine.started.clear();
    machine.dropped.clear();
    machine.events.clear();
    machine
}

fn retiring(machine: &mut Fake) {
    machine.manifest.mode = Mode::Precheck;
    machine.manifest.settings.retire = true;
}

fn left(machine: &Fake) -> Vec<String> {
    let files = machine.files.borrow();
    let ours = |path: &&String| path.contains("Gangway");
    files.keys().filter(ours).cloned().collect()
}

#[test]
fn the_last_campaign_takes_everything_away_and_reports_it() {
    for lines in ["host 2022", BY_SCRIPT] {
        let mut machine = used(lines);
        assert!(!left(&machine).is_empty());
        retiring(&mut machine);
        let report = run_once(&mut machine);
        assert_ends(&report, Reason::Retired);
        assert_eq!(report.exit_code, 0);
        assert_finds(&report, "stays: the sensor");
        assert_eq!(left(&machine), [""; 0], "{lines}");
        assert_eq!(machine.started, ["schtasks.exe"]);
        assert_eq!(machine.sequence, None);
        let source = registry::event_source();
        assert!(machine.deleted_keys.contains(&registry::OWN.to_owned()));
        // Also after the line that tells of it.
        assert_eq!(machine.events.len(), 1);
        assert_eq!(machine.deleted_keys.last(), Some(&source));
        assert_eq!(machine.dropped.len(), 1);
        // What keeps the policy from starting it at each refresh, until Windows starts.
        assert_eq!(machine.volatile_marks.len(), 1);
        let again = run_once(&mut machine);
        assert_ends(&again, Reason::Retired);
        assert_eq!(left(&machine), [""; 0]);
    }
}

#[test]
fn what_cannot_be_taken_away_is_named_and_tried_again() {
    // Folders are listed once before.
    for (effect, after) in [
        (Effect::DeleteTree, 0),
        (Effect::DeleteKeys, 0),
        (Effect::ListFolders, 1),
    ] {
        let mut machine = used("host 2022");
        retiring(&mut machine);
        let denied = Fault {
            effect,
            after,
            times: 1,
            code: 5,
        };
        machine.faults.set(&[denied]);
        let report = run_once(&mut machine);
        assert_ends(&report, Reason::NotRetired);
        assert!(!report.detail.is_empty());
        let mark = format!("converged {}", machine.bundle().id);
        assert!(!machine.volatile_marks.contains(&mark), "{effect:?}");
        assert_ends(&run_once(&mut machine), Reason::Retired);
        assert_eq!(left(&machine), [""; 0]);
    }
}

#[test]
fn who_may_not_change_the_server_takes_nothing_away() {
    let mut machine = used("host 2022");
    retiring(&mut machine);
    machine.truth.host.elevated = Fact::Value(false);
    let before = left(&machine);
    let report = run_once(&mut machine);
    assert_ne!(report.reason, Reason::Retired.as_str());
    assert!(before.iter().all(|path| left(&machine).contains(path)));
}

/// Another program onboarded the server after this one had fetched.
#[test]
fn payloads_go_when_a_server_is_done_whoever_did_it() {
    let mut machine = machine("host 2022");
    assert_ends(&run_once(&mut machine), Reason::Converged);
    let release = machine.manifest.release_id.as_str().to_owned();
    let payload = machine.manifest.payloads[0].name.clone();
    for path in [
        format!(r"{PROGRAMS}\{release}\{payload}"),
        format!(r"{PROGRAMS}\{release}\{payload}.part"),
        format!(r"{PROGRAMS}\{}\md4ws.msi", "0".repeat(32)),
    ] {
        machine.files.borrow_mut().insert(path, b"x".to_vec());
    }
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Converged);
    assert!(report.steps.is_empty());
    let stays: Vec<String> = left(&machine)
        .into_iter()
        .filter(|path| path.starts_with(PROGRAMS))
        .collect();
    assert_eq!(stays, [""; 0]);
}

#[test]
fn cleanup_names_what_it_leaves() {
    let mut machine = used("host 2022");
    let bundle = machine.bundle();
    let text = upkeep::cleanup(&mut machine, &bundle).unwrap();
    assert_eq!(left(&machine), [""; 0]);
    for named in [r"HKLM\SOFTWARE\Gangway", "event source", "sensor"] {
        assert!(text.contains(named), "{text}");
    }
    assert_eq!(machine.deleted_keys, [""; 0]);
}
