//! Servers and bundles at random, likely or not.

use proptest::prelude::*;

use crate::cases;

/// Facts that the decision looks at, with texts that they may have.
pub(crate) const CHOICES: [(&str, &[&str]); 29] = [
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
        "sensor.policy_connectivity",
        &["-", "standard", "streamlined", "?no"],
    ),
    (
        "sensor.policy_blob",
        &[
            "-",
            // That of the bundle: the tables make a payload's digest from its name.
            "218bd64e3a3fab7ca40e8ffb87da4979638e13ed7e0992a2d58fecbc22da791a",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "?no",
        ],
    ),
    ("sensor.offboarding_blob", &["no", "yes", "?no"]),
    (
        "sensor.identity",
        &["-", "aaaaaaaa-0000-0000-0000-0000000000aa", "?no"],
    ),
    ("network.auth_proxy_policy", &["-", "0", "?no"]),
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
    (
        "agent.product_code",
        &["-", "{aaaaaaaa-0000-0000-0000-00000000000a}"],
    ),
    (
        "legacy.workspaces",
        &[
            "-",
            "aaaaaaaa-0000-0000-0000-000000000001; bbbbbbbb-0000-0000-0000-000000000002",
            "?no",
        ],
    ),
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
pub(crate) const SETTINGS: [&str; 17] = [
    "manifest mode offboard",
    "manifest mode precheck",
    "manifest add_sensor_from windows-update",
    "manifest antivirus_mode always",
    "manifest agent_route install-script",
    "manifest reboot in-window",
    "manifest vdi single",
    "manifest vdi multiple",
    "manifest uninstall_agent true",
    "manifest remove_workspace aaaaaaaa-0000-0000-0000-000000000001",
    "manifest with offboard OffboardingInfo.json",
    "manifest apply script",
    "manifest with onboard-script onboard.cmd",
    "manifest with install-script Install.ps1",
    "manifest with hotfix Windows8.1-KB3080149-x64.msu",
    "manifest with sensor UpdateSenseClient.exe 10.8760.27617.1006",
    "manifest with tool DefenderDT.exe",
];

const HOSTS: [&str; 6] = ["2008-r2", "2012-r2", "2016", "2019", "2022", "2025"];

/// Any server and any bundle, as the lines of a decision table.
pub(crate) fn servers() -> impl Strategy<Value = String> {
    let choices = proptest::collection::vec(any::<u8>(), CHOICES.len());
    (0..HOSTS.len(), any::<u32>(), choices).prop_map(|(host, settings, picks)| {
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
        lines
    })
}
