//! What holds for every server, likely or not.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

mod cases;

use gangway_contract::plan::{apply, decide};
use gangway_contract::step::{Action, StepKind};
use gangway_contract::{Fact, State};
use proptest::prelude::*;

/// Facts that the decision looks at, with texts that they may have.
const CHOICES: [(&str, &[&str]); 24] = [
    (
        "os.product_type",
        &["server", "domain_controller", "workstation", "-"],
    ),
    (
        "os.image_state",
        &["IMAGE_STATE_COMPLETE", "IMAGE_STATE_UNDEPLOYABLE"],
    ),
    ("sensor.onboarding_state", &["-", "0", "1", "7", "?no"]),
    (
        "sensor.org_id",
        &[
            "-",
            cases::ORG,
            "ffffffff-89ab-cdef-0123-456789abcdef",
            "?no",
        ],
    ),
    (
        "sensor.service",
        &[
            "-",
            "running automatic",
            "stopped manual",
            "stopped automatic",
            "stopped disabled",
            "?no",
        ],
    ),
    (
        "sensor.connectivity",
        &["-", "standard", "streamlined", "?no"],
    ),
    (
        "sensor.version",
        &["-", "10.8049.22439.1084", "10.8800.1.1"],
    ),
    (
        "antivirus.service",
        &["-", "running automatic", "stopped disabled", "?no"],
    ),
    ("antivirus.leftover", &["no", "yes"]),
    ("antivirus.platform", &["-", "4.10.14393.0", "4.18.26080.3"]),
    ("antivirus.mode", &["-", "active", "passive", "off"]),
    ("antivirus.passive_policy", &["-", "0", "1", "?no"]),
    ("antivirus.disabled_policy", &["-", "1"]),
    ("antivirus.tamper_protection", &["-", "yes"]),
    (
        "antivirus.feature",
        &["-", "enabled", "enable_pending", "disabled", "removed"],
    ),
    ("antivirus.others", &["", "Contoso Shield", "?no"]),
    ("agent.product_code", &["-", "{A}"]),
    ("legacy.workspaces", &["-", "aaaa; bbbb", "?no"]),
    ("legacy.scep", &["no", "yes"]),
    (
        "prerequisites.tdh",
        &["-", "6.3.9600.17415", "6.3.9600.20144"],
    ),
    ("restart.own", &["no", "yes"]),
    ("restart.servicing", &["no", "yes", "?no"]),
    ("host.elevated", &["yes", "no"]),
    ("host.free_bytes", &["21474836480", "1"]),
];

/// Settings and payloads that come or do not.
const SETTINGS: [&str; 13] = [
    "manifest mode offboard",
    "manifest mode precheck",
    "manifest antivirus_mode always",
    "manifest agent_route install-script",
    "manifest reboot in-window",
    "manifest vdi true",
    "manifest uninstall_agent true",
    "manifest remove_workspace aaaa",
    "manifest with offboard offboard.cmd",
    "manifest with install-script Install.ps1",
    "manifest with hotfix Windows8.1-KB3080149-x64.msu",
    "manifest with sensor UpdateSenseClient.exe 10.8760.27617.1006",
    "manifest with tool DefenderDT.exe",
];

const HOSTS: [&str; 6] = ["2008-r2", "2012-r2", "2016", "2019", "2022", "2025"];

fn cases() -> impl Strategy<Value = cases::Case> {
    let choices = proptest::collection::vec(any::<u8>(), CHOICES.len());
    (0..HOSTS.len(), any::<u16>(), choices).prop_map(|(host, settings, picks)| {
        let mut lines = format!("host {}", HOSTS[host]);
        for (bit, setting) in SETTINGS.iter().enumerate() {
            if settings >> bit & 1 == 1 {
                lines.push_str(&format!("\n{setting}"));
            }
        }
        for ((name, texts), pick) in CHOICES.iter().zip(picks) {
            // Half of the facts stay as the host has them.
            if let Some(text) = texts.get(usize::from(pick) % (texts.len() * 2)) {
                lines.push_str(&format!("\nset {name} {text}"));
            }
        }
        cases::Case::parse(&lines).unwrap_or_else(|error| panic!("{error}"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_a_plan_there_is_no_step_left(case in cases()) {
        let plan = decide(&case.manifest, &case.facts, &case.history);
        let after = apply(&plan, &case.facts);
        let again = decide(&case.manifest, &after, &case.history);
        if plan.steps.iter().any(|step| step.action == Action::Restart) {
            // What was held back follows, or is held back by the next gate: a full disk, say.
            prop_assert!(again.steps == plan.held || again.held == plan.held);
        } else {
            prop_assert_eq!(again.steps, []);
        }
    }

    #[test]
    fn no_antivirus_is_removed_while_a_restart_may_be_asked_for(case in cases()) {
        let plan = decide(&case.manifest, &case.facts, &case.history);
        if let Some(at) = plan.steps.iter().position(|step| step.kind() == StepKind::RemoveScep) {
            prop_assert!(!case.facts.restart.blocks());
            prop_assert!(plan.steps[at..].iter().all(|step| !step.may_restart));
        }
    }

    #[test]
    fn another_organisation_is_never_touched(mut case in cases()) {
        case.facts.sensor.onboarding_state = Fact::Value(1);
        case.facts.sensor.org_id =
            Fact::Value("ffffffff-89ab-cdef-0123-456789abcdef".parse().expect("a GUID"));
        let plan = decide(&case.manifest, &case.facts, &case.history);
        prop_assert_eq!(plan.steps, []);
        prop_assert_ne!(plan.state, State::Onboarded);
    }
}
