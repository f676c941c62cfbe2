//! Runs that an installer package started.

use super::*;
use gangway_runner::after_installer::{QUIET_S, take_turn};
use gangway_runner::upkeep;

const OTHER_BUNDLE: &str = "0123456789abcdef0123456789abcdef";

/// A machine with the package's files on its disk; other installers work at these seconds from now.
fn with_package(lines: &str, installers: &[(i64, i64)]) -> (Fake, Places) {
    let mut machine = machine(lines);
    machine.manifest.settings.jitter_s = 0;
    let now = machine.clock;
    machine.other_installers = installers
        .iter()
        .map(|(begin, end)| now + begin..now + end)
        .collect();
    let folder = package_folder(machine.bundle().id.as_str());
    let names: Vec<String> = machine
        .manifest
        .payloads
        .iter()
        .map(|payload| payload.name.clone())
        .collect();
    for name in names {
        let content = machine.share.remove(&machine.remote(&name));
        let content = content.expect("the share has every payload");
        machine.share.insert(format!(r"{folder}\{name}"), content);
    }
    machine.share.retain(|path, _| path.starts_with(&folder));
    let places = Places {
        source: Some(folder),
        after_installer: true,
        ..Places::default()
    };
    (machine, places)
}

fn package_folder(bundle: &str) -> String {
    format!(r"C:\Program Files\Gangway\{bundle}")
}

fn run_from(machine: &mut Fake, places: &Places) -> Report {
    let bundle = machine.bundle();
    machine.patience = machine.clock + 7200;
    let start = run::begin(machine, &bundle, places);
    let report = run::finish(machine, &bundle, places, &start);
    machine.process_ended();
    assert_eq!(machine.violations, Vec::<String>::new());
    report
}

#[test]
fn the_agent_is_installed_when_no_installer_has_worked_for_half_a_minute() {
    for (installers, seconds) in [
        (vec![], 30),
        // The package's own, still at work: looked at after 1, 3, 7 and 15 s.
        (vec![(0, 10)], 45),
        // Group Policy goes on to its next package.
        (vec![(0, 10), (20, 40)], 80),
        (vec![(0, 1), (30, 31)], 62),
    ] {
        let (mut machine, places) = with_package("host 2016", &installers);
        let report = run_from(&mut machine, &places);
        assert_ends(&report, Reason::Converged);
        let first = &report.steps[0];
        assert_eq!(first.step, "install-agent");
        let waited = first.started_at.since(report.started_at);
        assert_eq!(waited, seconds, "{installers:?}");
    }
}

#[test]
fn what_needs_no_installer_waits_for_none() {
    let (mut machine, places) = with_package("host 2022", &[(0, 100_000)]);
    let report = run_from(&mut machine, &places);
    assert_ends(&report, Reason::Converged);
    assert_eq!(report.steps[0].started_at, report.started_at);
    assert_eq!(
        machine.dropped.len(),
        1,
        "the share's folder has the report"
    );
}

#[test]
fn installers_that_never_rest_end_the_run_which_says_that_it_is_the_only_one() {
    let forever = vec![(0, 100_000)];
    let with_rests: Vec<(i64, i64)> = (0..5000).map(|n| (n * 20, n * 20 + 2)).collect();
    for installers in [forever, with_rests] {
        let (mut machine, places) = with_package("host 2016", &installers);
        let limit_s = machine.manifest.settings.installer_wait_s + QUIET_S;
        let report = run_from(&mut machine, &places);
        assert_ends(&report, Reason::InstallerBusy);
        assert_finds(&report, "starts no other");
        assert_eq!(machine.started, Vec::<String>::new());
        let took = report.finished_at.since(report.started_at);
        assert_eq!(took, i64::from(limit_s));
    }
}

#[test]
fn windows_is_not_restarted_under_an_installer() {
    let lines = "host 2016\nmanifest reboot in-window";
    // Begins to work when the agent's own has ended.
    let (machine, places) = with_package(lines, &[(50, 60)]);
    let mut machine = machine.with_acts("msiexec.exe", &[Act::code(3010, true)]);
    let report = run_from(&mut machine, &places);
    assert_ends(&report, Reason::RebootPending);
    assert_eq!(machine.started, ["msiexec.exe", "shutdown.exe"]);
    let restart = report.steps[1].started_at.since(report.started_at);
    assert_eq!(restart, 95);
}

#[test]
fn a_start_by_a_package_waits_for_its_turn() {
    for (other_ends_after, gets_it) in [(0, true), (100, true), (1_000_000, false)] {
        let mut machine = machine("host 2016");
        let begun = machine.clock;
        machine.other_instance_until = begun + other_ends_after;
        let bundle = machine.bundle();
        assert_eq!(take_turn(&mut machine, &bundle), Ok(gets_it));
        let settings = &bundle.manifest.settings;
        let limit_s = settings.installer_wait_s + settings.install_limit_s + QUIET_S;
        let waited = machine.clock - begun;
        match gets_it {
            true => assert!((0..=15).contains(&(waited - other_ends_after)), "{waited}"),
            false => assert_eq!(waited, i64::from(limit_s)),
        }
    }
}

#[test]
fn what_packages_placed_is_left_to_them() {
    let (mut machine, places) = with_package("host 2022", &[]);
    let own = machine.bundle().id.as_str().to_owned();
    let old_release = "fedcba9876543210fedcba9876543210";
    let placed = [
        format!(r"{}\MdeOnboard-{own}.exe", package_folder(&own)),
        format!(r"{}\OnboardingInfo.json", package_folder(&own)),
        format!(
            r"{}\MdeOffboard-{OTHER_BUNDLE}.exe",
            package_folder(OTHER_BUNDLE)
        ),
    ];
    let left = format!(
        r"{}\MdeOnboard-{OTHER_BUNDLE}.exe",
        package_folder(old_release)
    );
    for path in placed.iter().chain([&left]) {
        machine.files.borrow_mut().insert(path.clone(), Vec::new());
    }
    assert_ends(&run_from(&mut machine, &places), Reason::Converged);
    let there = |machine: &Fake, path: &String| machine.files.borrow().contains_key(path);
    assert!(!there(&machine, &left), "another release's copy stays");
    for path in &placed {
        assert!(there(&machine, path), "{path} is gone after a run");
    }

    machine.files.borrow_mut().insert(left.clone(), Vec::new());
    let bundle = machine.bundle();
    upkeep::cleanup(&mut machine, &bundle).unwrap();
    assert!(!there(&machine, &left), "cleanup leaves a copy");
    for path in &placed {
        assert!(there(&machine, path), "{path} is gone after cleanup");
    }
}
