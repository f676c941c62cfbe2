//! The share, its switch, and payloads given by hand.

use super::*;

#[test]
fn delay_comes_before_the_first_fetch_only() {
    let mut machine = machine("host 2016");
    run_once(&mut machine);
    // Two payloads are fetched, and no other wait of this run is that long.
    let delays: Vec<u32> = machine.slept.iter().copied().filter(|s| *s > 60).collect();
    assert_eq!(delays.len(), 1, "{:?}", machine.slept);
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

/// A newer `gangway` wrote the switch, or what was decided: it may hold back more than this bootstrap knows.
#[test]
fn a_switch_of_a_newer_shape_withholds_and_is_told_by_its_number() {
    let newer = br#"{"schema":2,"paused":false,"min_sequence":0,"ring_percent":100,"hold_back":["host 2022"]}"#;
    for name in ["control.json", "rollout.json"] {
        let mut machine = machine("host 2022");
        let path = format!(r"{}\{name}", machine.manifest.settings.release_root);
        machine.share.insert(path, newer.to_vec());
        let report = run_once(&mut machine);
        assert_ends(&report, Reason::ControlUnreadable);
        let told = format!("`{name}` has schema 2, this program reads schema 1");
        assert!(report.detail.contains(&told), "{}", report.detail);
        assert!(machine.started.is_empty(), "{name}");
        // Who has to mend it hears of it.
        assert_eq!(machine.dropped.len(), 1, "{name}");
    }
}

/// A server that is done has nothing to withhold: it goes on telling that it is.
#[test]
fn a_server_that_is_done_needs_no_switch_that_it_can_read() {
    let mut machine = machine_onboarded();
    let path = format!(r"{}\control.json", machine.manifest.settings.release_root);
    machine.share.insert(path, br#"{"schema":2}"#.to_vec());
    assert_ends(&run_once(&mut machine), Reason::Converged);
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

/// A share on which somebody decided something.
fn decided(machine: &mut Fake, bytes: &[u8]) {
    let path = format!(r"{}\rollout.json", machine.manifest.settings.release_root);
    machine.share.insert(path, bytes.to_vec());
}

/// A copy of a bundle's folder `share` brings a switch that withholds nothing.
#[test]
fn a_pause_that_was_decided_holds_beside_an_open_switch() {
    let mut machine = machine("host 2022");
    let paused = gangway_contract::Rollout {
        paused: true,
        ..gangway_contract::Rollout::NONE
    };
    decided(&mut machine, &paused.to_bytes());
    assert_ends(&run_once(&mut machine), Reason::Paused);
    assert!(machine.started.is_empty());
    decided(&mut machine, &gangway_contract::Rollout::NONE.to_bytes());
    assert_ends(&run_once(&mut machine), Reason::Converged);
}

#[test]
fn a_ring_of_the_share_takes_servers_that_the_bundle_does_not_begin_with() {
    let mut machine = machine("host 2022");
    machine.manifest.settings.ring_percent = 0;
    assert_ends(&run_once(&mut machine), Reason::RingNotReached);
    assert!(machine.started.is_empty());
    let ring = gangway_contract::rollout::Ring {
        percent: 100,
        up_to_sequence: machine.manifest.sequence,
    };
    let wider = gangway_contract::Rollout {
        ring: Some(ring),
        ..gangway_contract::Rollout::NONE
    };
    decided(&mut machine, &wider.to_bytes());
    assert_ends(&run_once(&mut machine), Reason::Converged);
}

#[test]
fn a_decision_that_cannot_be_read_withholds() {
    for torn in [&b"{\"schema\":1"[..], b"", b"[1,false,0]"] {
        let mut machine = machine("host 2022");
        decided(&mut machine, torn);
        assert_ends(&run_once(&mut machine), Reason::ControlUnreadable);
        assert!(machine.started.is_empty());
    }
    // The switch is read, then what was decided: that it is not there has to be the answer.
    for code in [3, 5, 32, 53] {
        let mut machine = machine("host 2022");
        machine.faults.set(&[Fault {
            effect: Effect::OpenSource,
            after: 1,
            times: 1,
            code,
        }]);
        assert_ends(&run_once(&mut machine), Reason::ControlUnreadable);
        assert!(machine.started.is_empty(), "{code}");
    }
}

#[test]
fn by_hand_payloads_come_from_the_folder_and_no_switch_is_asked() {
    let mut machine = machine("host 2022");
    let content = machine
        .share
        .remove(&machine.remote("OnboardingInfo.json"))
        .unwrap();
    machine.share.clear();
    machine
        .share
        .insert(r"D:\bundle\OnboardingInfo.json".to_owned(), content);
    let bundle = machine.bundle();
    let places = Places {
        source: Some(r"D:\bundle".to_owned()),
        reports: Some(r"D:\reports".to_owned()),
        ..Places::default()
    };
    let start = run::begin(&mut machine, &bundle, &places);
    let report = run::finish(&mut machine, &bundle, &places, &start);
    assert_ends(&report, Reason::Converged);
    assert_eq!(machine.dropped.len(), 1);
}
