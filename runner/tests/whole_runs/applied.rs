//! A blob that the bootstrap applies itself: effects, failures, and what comes between.

use gangway_contract::apply::Direction;
use gangway_contract::facts::Service;
use gangway_contract::manifest::{ApplyMethod, Connectivity};
use gangway_contract::{Fact, Sha256};

use super::*;

/// `effect code` of the last step.
fn effects(report: &Report) -> Vec<String> {
    let step = report.steps.last();
    let effects = step.into_iter().flat_map(|step| &step.effects);
    effects
        .map(|effect| format!("{} {}", effect.effect, effect.code))
        .collect()
}

/// `source id` of the events that are not the report's.
fn portal_events(machine: &Fake) -> Vec<String> {
    let events = machine.events.iter();
    events
        .filter(|event| event.source != "Gangway")
        .map(|event| format!("{} {}", event.source, event.id))
        .collect()
}

const ONBOARDED: &str = "set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service running automatic
set sensor.connectivity streamlined";

fn offboarding() -> Fake {
    machine(&format!(
        "host 2022\nmanifest mode offboard\nmanifest with offboard OffboardingInfo.json\n\
         set sensor.onboarding_blob yes\n{ONBOARDED}"
    ))
}

#[test]
fn the_effects_of_onboarding_come_in_order() {
    let mut machine = machine("host 2022\nset sensor.offboarding_blob yes");
    machine.manifest.tenant.script_shape = Some("group-policy-2025".to_owned());
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Converged);
    assert_eq!(
        effects(&report),
        [
            "allow-tracing 0",
            "disable-auth-proxy 0",
            "install-elam-certificate 0",
            "delete-offboarding-blob 0",
            "write-onboarding-blob 0",
            "start-sensor 0",
            "await-state 0",
            "log-event 0",
            "reload-engine 0",
        ]
    );
    assert_eq!(report.method, Some(ApplyMethod::Native));
    assert_eq!(report.script_shape.as_deref(), Some("group-policy-2025"));
    assert_eq!(machine.traces.len(), 2);
    assert_eq!(machine.truth.network.auth_proxy_policy, Fact::Value(1));
    assert_eq!(machine.truth.sensor.offboarding_blob, Fact::Value(false));
    assert_eq!(portal_events(&machine), ["WDATPOnboarding 20"]);
    let reload = (
        r"C:\Program Files\Windows Defender\MpCmdRun.exe".to_owned(),
        "-ReloadEngine".to_owned(),
    );
    assert_eq!(machine.commands, [reload]);
}

#[test]
fn the_effects_of_offboarding_come_in_order() {
    let mut machine = offboarding();
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Offboarded);
    assert_eq!(
        effects(&report),
        [
            "delete-onboarding-blob 0",
            "write-offboarding-blob 0",
            "await-state 0",
            "log-event 0",
        ]
    );
    assert_eq!(machine.truth.sensor.onboarding_blob, Fact::Value(false));
    assert_eq!(portal_events(&machine), ["WDATPOffboarding 20"]);
    assert_eq!(machine.started, Vec::<String>::new());
}

#[test]
fn the_script_says_that_it_was_one() {
    let report = run_once(&mut machine(BY_SCRIPT));
    assert_eq!(report.method, Some(ApplyMethod::Script));
    assert_eq!(report.steps[0].effects, []);
}

#[test]
fn a_policy_that_stands_is_left_alone() {
    let mut machine = machine("host 2022\nset network.auth_proxy_policy 0");
    assert_ends(&run_once(&mut machine), Reason::Converged);
    assert_eq!(machine.truth.network.auth_proxy_policy, Fact::Value(0));
}

/// An effect that fails: which call, the how manieth, with which code; how the run ends, with
/// which code of the step, and which event tells it.
#[test]
fn each_effect_that_fails_means_what_it_is_said_to() {
    const DENIED: u32 = 5;
    const BAD_IMAGE: u32 = 577;
    const TIMED_OUT: u32 = 1053;
    for (call, after, code, reason, step, event) in [
        (Effect::WriteValue, 0, DENIED, Reason::Converged, 0, 20),
        (Effect::WriteValue, 2, DENIED, Reason::Converged, 0, 20),
        (
            Effect::InstallElamCertificate,
            0,
            127,
            Reason::Converged,
            0,
            20,
        ),
        (Effect::DeleteValue, 0, DENIED, Reason::AccessDenied, 5, 5),
        (Effect::DeleteValue, 0, 1450, Reason::StepFailed, 5, 5),
        (Effect::WriteValue, 3, DENIED, Reason::AccessDenied, 10, 10),
        (
            Effect::StartService,
            0,
            BAD_IMAGE,
            Reason::SensorDisabled,
            15,
            15,
        ),
        (
            Effect::StartService,
            0,
            TIMED_OUT,
            Reason::StepFailed,
            15,
            15,
        ),
        (Effect::StartProcess, 0, 2, Reason::Converged, 0, 20),
    ] {
        let context = format!("{call:?} {after} {code}");
        let mut machine = machine("host 2022\nset sensor.offboarding_blob yes");
        machine.faults.set(&[Fault {
            effect: call,
            after,
            times: 1,
            code,
        }]);
        let report = run_once(&mut machine);
        assert_ends(&report, reason);
        assert_eq!(report.steps[0].code, Some(step), "{context}");
        assert_eq!(
            portal_events(&machine),
            [format!("WDATPOnboarding {event}")],
            "{context}"
        );
        let told = effects(&report);
        let failed = told.iter().filter(|line| !line.ends_with(" 0")).count();
        assert!(failed >= 1, "{context}: {told:?}");
        if matches!(step, 5 | 10) {
            assert_eq!(machine.started, Vec::<String>::new(), "{context}");
        }
        // Nothing is remembered that would keep the next try from doing it all.
        machine.pass(100_000);
        assert_ends(&run_once(&mut machine), Reason::Converged);
    }
}

#[test]
fn an_event_that_cannot_be_written_is_no_failure() {
    let mut machine = machine("host 2022");
    machine.faults.set(&[Fault {
        effect: Effect::LogEvent,
        after: 0,
        times: u32::MAX,
        code: 1502,
    }]);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Converged);
    assert!(effects(&report).contains(&"log-event 1502".to_owned()));
}

#[test]
fn the_state_is_awaited_for_minutes() {
    let late = Act {
        shows_after_s: 500,
        ..Act::GOOD
    };
    let mut machine = machine("host 2022").with_acts("Sense", &[late]);
    assert_ends(&run_once(&mut machine), Reason::Converged);
}

#[test]
fn a_sensor_that_never_comes_up_is_told_by_the_code_of_the_script() {
    // It ends again without a state.
    let mut machine = machine("host 2022").with_acts("Sense", &[Act::code(0, false), Act::GOOD]);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::StepFailed);
    assert_eq!(report.steps[0].code, Some(15));
    assert!(!machine.started.contains(&"MpCmdRun.exe".to_owned()));
    machine.pass(3700);
    assert_ends(&run_once(&mut machine), Reason::Converged);
}

#[test]
fn a_sensor_that_runs_without_a_state_is_not_verified() {
    for (state, code) in [("-", 35), ("0", 40)] {
        let lines = format!(
            "host 2022\nset sensor.service running manual\nset sensor.onboarding_state {state}"
        );
        let mut machine = machine(&lines);
        let report = run_once(&mut machine);
        assert_ends(&report, Reason::NotVerified);
        assert_eq!(report.steps[0].code, Some(code));
        assert_eq!(portal_events(&machine), [format!("WDATPOnboarding {code}")]);
    }
}

#[test]
fn a_sensor_that_does_not_end_is_told() {
    let mut machine = offboarding().with_acts("Sense", &[Act::code(0, false), Act::GOOD]);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::StepFailed);
    assert_eq!(report.steps[0].code, Some(15));
    assert_eq!(portal_events(&machine), ["WDATPOffboarding 15"]);
    machine.pass(3700);
    assert_ends(&run_once(&mut machine), Reason::Offboarded);
}

#[test]
fn a_blob_that_is_taken_away_is_written_again() {
    let mut machine = machine("host 2022");
    assert_ends(&run_once(&mut machine), Reason::Converged);
    machine.truth.sensor.policy_blob = Fact::Absent;
    machine.truth.sensor.onboarding_blob = Fact::Value(false);
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::Converged);
    assert_eq!(outcomes(&report), [("apply-onboarding", StepOutcome::Done)]);
    assert!(machine.truth.sensor.policy_blob.value().is_some());
}

#[test]
fn a_sensor_with_another_blob_takes_ours_after_a_restart() {
    let mut machine = machine(&format!("host 2022\n{ONBOARDED}"));
    machine.truth.sensor.connectivity = Fact::Value(Connectivity::Standard);
    machine.truth.sensor.policy_blob = Fact::Value(Sha256::of(b"another"));
    let report = run_once(&mut machine);
    assert_ends(&report, Reason::RestartAfterOnboarding);
    assert_eq!(outcomes(&report), [("apply-onboarding", StepOutcome::Done)]);
    assert_eq!(report.exit_code, 50);
    let again = run_once(&mut machine);
    assert_ends(&again, Reason::RestartAfterOnboarding);
    assert_eq!(again.steps, []);
    machine.reboot();
    assert_ends(&run_once(&mut machine), Reason::Converged);
}

#[test]
fn an_identity_is_not_changed_under_a_sensor_that_came_up_meanwhile() {
    let mut machine = machine(
        "host 2022\nmanifest vdi single\nset sensor.identity aaaaaaaa-0000-0000-0000-0000000000aa",
    );
    let bundle = machine.bundle();
    let places = Places::default();
    let start = run::begin(&mut machine, &bundle, &places);
    machine.truth.sensor.service = Fact::Value(Service::RUNNING);
    let report = run::finish(&mut machine, &bundle, &places, &start);
    assert_ends(&report, Reason::OtherIdentity);
    assert_eq!(report.steps[0].code, Some(4));
}

#[test]
fn a_payload_that_is_no_text_is_not_applied() {
    for content in [&b"\xff\xfe{\0}\0"[..], b"{\"a\":\0}", &[b'x'; 70_000]] {
        let mut machine = machine("host 2022");
        let payload = machine.manifest.payloads[0].name.clone();
        let path = machine.remote(&payload);
        machine.share.insert(path, content.to_vec());
        machine.manifest.payloads[0].size = content.len() as u64;
        machine.manifest.payloads[0].sha256 = Sha256::of(content);
        let report = run_once(&mut machine);
        assert_eq!(
            outcomes(&report),
            [("apply-onboarding", StepOutcome::NotStarted)]
        );
        assert!(machine.truth.sensor.policy_blob.is_absent());
    }
}

#[test]
fn the_sources_of_the_events_are_those_of_the_scripts() {
    assert_eq!(Direction::Onboarding.event_source(), "WDATPOnboarding");
    assert_eq!(Direction::Offboarding.event_source(), "WDATPOffboarding");
}
