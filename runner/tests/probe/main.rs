//! Facts from registry values, services and files as real systems have them, and from values
//! of every wrong type.

mod rows;
mod system;

use gangway_contract::Version;
use gangway_contract::facts::{Service, ServiceState, StartType};
use gangway_runner::probe::Value;

use rows::{DEFENDER, ORG, SENSOR, STATUS, rows, text};
use system::System;

#[test]
fn values_of_real_systems_become_facts() {
    for (key, name, value, fact, expected) in rows() {
        let found = System::default().value(key, name, value.clone()).fact(fact);
        assert_eq!(found, expected, "{key} {name} {value:?}");
    }
}

/// A value of a type or content that nobody documented says nothing: the fact is what it is
/// without the value, or unreadable. It is never another value.
#[test]
fn values_of_a_wrong_type_say_nothing() {
    let wrong = [
        text(""),
        text("yes, certainly"),
        text("\u{0}\u{fffd}%"),
        Value::Number(u64::MAX),
        Value::Texts(vec!["1".to_owned(), "2".to_owned()]),
        Value::Bytes(Vec::new()),
        Value::Bytes(vec![0xff; 3]),
        Value::Bytes(vec![0xff; 4096]),
    ];
    // Facts for which such a text or list is a value like any other.
    let any_text = [
        "sensor.device_tag",
        "sensor.vdi_tag",
        "managers.azure_resource_id",
        "os.edition",
        "os.installation_type",
        "os.image_state",
        "network.sensor_proxy",
        "network.antivirus_proxy",
    ];
    for (key, name, right, fact, expected) in rows() {
        let without = System::default().fact(fact);
        for value in &wrong {
            if core::mem::discriminant(value) == core::mem::discriminant(&right)
                && (any_text.contains(&fact) || !matches!(value, Value::Text(_)))
            {
                continue;
            }
            let found = System::default().value(key, name, value.clone()).fact(fact);
            let nothing = found == without || found.starts_with('?') || found == "-";
            // A number of any size is a time; a setting that is text is read as not set.
            let time = ["sensor.last_connected", "antivirus.content_time"].contains(&fact);
            let tolerated = (time && matches!(value, Value::Number(_)))
                || (fact == "network.hardened_netlogon" && found == "no");
            assert!(
                nothing || tolerated,
                "{key} {name} {value:?}: {fact} is `{found}`, and right would be `{expected}`"
            );
        }
    }
}

#[test]
fn values_that_cannot_be_read_are_told_as_such() {
    for (key, name, _, fact, _) in rows() {
        // The revision of the build is no reason not to know the version.
        if fact == "os.version" {
            continue;
        }
        let found = System::default().unreadable(key, name).fact(fact);
        assert!(found.starts_with('?'), "{key} {name}: {fact} is `{found}`");
    }
}

#[test]
fn an_onboarded_server_2016_with_the_agent() {
    const UNINSTALL: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
    let product = format!(r"{UNINSTALL}\{{aaaaaaaa-0000-0000-0000-00000000000a}}");
    let platform = r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.26080.3\MsMpEng.exe";
    let server = System::default()
        .value(STATUS, "OnboardingState", Value::Number(1))
        .value(STATUS, "OrgId", text(ORG))
        .value(
            SENSOR,
            "InstallLocation",
            text(r"C:\ProgramData\Microsoft\MDE\10.8760\"),
        )
        .value(UNINSTALL, "x", text("x"))
        .value(
            &format!(r"{UNINSTALL}\Other"),
            "DisplayName",
            text("Microsoft Defender for Endpoint"),
        )
        .value(
            &product,
            "DisplayName",
            text("Microsoft Defender for Endpoint"),
        )
        .value(&product, "DisplayVersion", text("4.18.25020.1009"))
        .value(
            r"SYSTEM\CurrentControlSet\Services\WinDefend",
            "ImagePath",
            text(&format!("\"{platform}\"")),
        )
        .value(DEFENDER, "PassiveMode", Value::Number(1))
        .with_service("Sense", Service::RUNNING)
        .with_service("WinDefend", Service::RUNNING)
        .with_service("WdFilter", Service::RUNNING)
        .with_service("CSFalconService", Service::RUNNING)
        .with_service("vmms", Service::RUNNING)
        .file(platform, Version::new(4, 18, 26080, 3))
        .file(
            r"C:\ProgramData\Microsoft\MDE\10.8760\MsSense.exe",
            Version::new(10, 8760, 27617, 1006),
        )
        .file(
            r"C:\Windows\System32\tdh.dll",
            Version::new(10, 0, 14393, 0),
        )
        .key(r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending")
        .key(r"SYSTEM\CurrentControlSet\Services\HealthService\Parameters\Service Connector Services\Log Analytics - 8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90");
    for (fact, expected) in [
        ("sensor.onboarding_state", "1"),
        ("sensor.org_id", ORG),
        ("sensor.service", "running automatic"),
        ("sensor.version", "10.8760.27617.1006"),
        (
            "agent.product_code",
            "{aaaaaaaa-0000-0000-0000-00000000000a}",
        ),
        ("agent.version", "4.18.25020.1009"),
        ("antivirus.platform", "4.18.26080.3"),
        ("antivirus.mode", "passive"),
        ("antivirus.leftover", "no"),
        ("antivirus.others", "CrowdStrike Falcon"),
        ("roles.hyper_v", "yes"),
        ("roles.cluster_node", "no"),
        ("restart.servicing", "yes"),
        ("restart.windows_update", "no"),
        ("legacy.workspaces", "8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90"),
        ("legacy.scep", "no"),
        ("prerequisites.tdh", "10.0.14393.0"),
        ("prerequisites.installer_busy", "no"),
        ("host.account_sid", "?no domain controller"),
        ("gangway.sequence", "-"),
    ] {
        assert_eq!(server.fact(fact), expected, "{fact}");
    }
}

#[test]
fn a_system_without_anything_is_read_too() {
    let facts = System::default().facts();
    let unreadable: Vec<String> = facts
        .lines()
        .into_iter()
        .filter(|(_, text)| text.starts_with('?'))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(unreadable, ["host.account_sid"]);
    assert_eq!(System::default().fact("sensor.service"), "-");
}

/// Only a product whose service is enabled can protect; a disabled one is left over.
#[test]
fn another_antivirus_is_a_known_or_named_product_whose_service_is_enabled() {
    let service = |start| Service {
        state: ServiceState::Stopped,
        start,
    };
    for (name, start, expected) in [
        (
            "CSFalconService",
            StartType::Automatic,
            "CrowdStrike Falcon",
        ),
        ("CSFalconService", StartType::Manual, "CrowdStrike Falcon"),
        ("CSFalconService", StartType::Disabled, ""),
        ("ContosoShield", StartType::Automatic, "ContosoShield"),
        ("ContosoShield", StartType::Disabled, ""),
        ("FabrikamShield", StartType::Automatic, ""),
        ("Sense", StartType::Automatic, ""),
    ] {
        let server = System::default().with_service(name, service(start));
        assert_eq!(server.fact("antivirus.others"), expected, "{name} {start}");
    }
}

#[test]
fn what_an_old_antivirus_left_behind_is_told_from_one_that_is_stopped() {
    let stopped = Service {
        state: ServiceState::Stopped,
        start: StartType::Automatic,
    };
    let alone = System::default().with_service("WinDefend", stopped);
    assert_eq!(alone.fact("antivirus.leftover"), "yes");
    let whole = alone.with_service("WdFilter", stopped);
    assert_eq!(whole.fact("antivirus.leftover"), "no");
    assert_eq!(whole.fact("antivirus.mode"), "off");
}
