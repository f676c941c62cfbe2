//! Facts from registry values, services and files as real systems have them, and from values
//! of every wrong type.

use std::collections::BTreeMap;

use gangway_contract::facts::{ProductType, Service, ServiceState, StartType};
use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, Fact, Facts, UtcTime, Version};
use gangway_runner::machine::{BundleName, Folders};
use gangway_runner::probe::{self, BootTime, Sources, Value, Windows};

/// A system in memory. Names of keys, values, services and files do not depend on case.
#[derive(Default)]
struct Fake {
    values: BTreeMap<(String, String), Fact<Value>>,
    keys: Vec<String>,
    services: BTreeMap<String, Fact<Service>>,
    files: BTreeMap<String, Version>,
    mutexes: Vec<String>,
}

impl Fake {
    fn value(mut self, key: &str, name: &str, value: Value) -> Self {
        let at = (key.to_lowercase(), name.to_lowercase());
        self.values.insert(at, Fact::Value(value));
        self.key(key)
    }

    fn unreadable(mut self, key: &str, name: &str) -> Self {
        let at = (key.to_lowercase(), name.to_lowercase());
        self.values.insert(at, Fact::unknown("access denied"));
        self.key(key)
    }

    fn key(mut self, key: &str) -> Self {
        self.keys.push(key.to_owned());
        self
    }

    fn with_service(mut self, name: &str, service: Service) -> Self {
        self.services
            .insert(name.to_lowercase(), Fact::Value(service));
        self
    }

    fn file(mut self, path: &str, version: Version) -> Self {
        self.files.insert(path.to_lowercase(), version);
        self
    }

    fn facts(&self) -> Facts {
        probe::facts(self, &bundle())
    }

    #[track_caller]
    fn fact(&self, name: &str) -> String {
        let lines = self.facts().lines();
        let found = lines.into_iter().find(|(fact, _)| fact == name);
        found.expect("a fact of this name").1
    }
}

impl Sources for Fake {
    fn now(&self) -> UtcTime {
        UtcTime(1_770_000_000)
    }

    fn local_minute(&self) -> Fact<u16> {
        Fact::Value(600)
    }

    fn boot_time(&self) -> Fact<BootTime> {
        Fact::Value(BootTime {
            utc: "2026-02-01T07:15:30Z".parse().expect("a time"),
            local: "2026-02-01T08:15:30Z".parse().expect("a time"),
        })
    }

    fn windows(&self) -> Fact<Windows> {
        Fact::Value(Windows {
            version: Version::new(10, 0, 14393, 0),
            product_type: ProductType::Server,
            service_pack: 0,
            x64: true,
        })
    }

    fn value(&self, key: &str, name: &str) -> Fact<Value> {
        let at = (key.to_lowercase(), name.to_lowercase());
        self.values.get(&at).cloned().unwrap_or(Fact::Absent)
    }

    fn value_names(&self, key: &str) -> Fact<Vec<String>> {
        let key = key.to_lowercase();
        let names: Vec<String> = self
            .values
            .keys()
            .filter(|(of, _)| *of == key)
            .map(|(_, name)| name.clone())
            .collect();
        match self.keys(&key) {
            Fact::Value(_) => Fact::Value(names),
            _ => Fact::Absent,
        }
    }

    fn keys(&self, key: &str) -> Fact<Vec<String>> {
        let key = key.to_lowercase();
        let inside = format!("{key}\\");
        let lower = |name: &&String| name.to_lowercase();
        let exists = self
            .keys
            .iter()
            .any(|name| lower(&name) == key || lower(&name).starts_with(&inside));
        if !exists {
            return Fact::Absent;
        }
        let mut names: Vec<String> = self
            .keys
            .iter()
            .filter(|name| lower(name).starts_with(&inside))
            .filter_map(|name| name.get(inside.len()..)?.split('\\').next())
            .map(str::to_owned)
            .collect();
        names.dedup();
        Fact::Value(names)
    }

    fn service(&self, name: &str) -> Fact<Service> {
        let found = self.services.get(&name.to_lowercase());
        found.cloned().unwrap_or(Fact::Absent)
    }

    fn file_version(&self, path: &str) -> Fact<Version> {
        match self.files.get(&path.to_lowercase()) {
            Some(version) => Fact::Value(*version),
            None => Fact::Absent,
        }
    }

    fn exists(&self, path: &str) -> Fact<bool> {
        Fact::Value(self.files.contains_key(&path.to_lowercase()))
    }

    fn mutex_exists(&self, name: &str) -> Fact<bool> {
        Fact::Value(self.mutexes.iter().any(|held| held == name))
    }

    fn name(&self) -> Fact<String> {
        Fact::Value("SRV01".to_owned())
    }

    fn fqdn(&self) -> Fact<String> {
        Fact::Value("srv01.contoso.com".to_owned())
    }

    fn domain(&self) -> Fact<String> {
        Fact::Value("contoso.com".to_owned())
    }

    fn account_sid(&self) -> Fact<String> {
        Fact::unknown("no domain controller")
    }

    fn machine_sid(&self) -> Fact<String> {
        Fact::Value("S-1-5-21-1-2-3".to_owned())
    }

    fn elevated(&self) -> Fact<bool> {
        Fact::Value(true)
    }

    fn as_system(&self) -> Fact<bool> {
        Fact::Value(true)
    }

    fn free_bytes(&self, _path: &str) -> Fact<u64> {
        Fact::Value(1 << 33)
    }

    fn folders(&self) -> Folders {
        Folders {
            system: r"C:\Windows\System32".to_owned(),
            program_files: r"C:\Program Files".to_owned(),
            program_data: r"C:\ProgramData".to_owned(),
        }
    }
}

fn bundle() -> BundleName {
    BundleName {
        id: BundleId::of_bytes(b"manifest"),
        org_id: ORG.parse().expect("a GUID"),
        mode: Mode::Onboard,
    }
}

const ORG: &str = "01234567-89ab-cdef-0123-456789abcdef";
const SENSOR: &str = r"SOFTWARE\Microsoft\Windows Advanced Threat Protection";
const STATUS: &str = r"SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status";
const POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";
const TAGGING: &str =
    r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection\DeviceTagging";
const DEFENDER: &str = r"SOFTWARE\Microsoft\Windows Defender";
const FEATURES: &str = r"SOFTWARE\Microsoft\Windows Defender\Features";
const UPDATES: &str = r"SOFTWARE\Microsoft\Windows Defender\Signature Updates";
const DEFENDER_POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender";
const CURRENT: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const SETUP: &str = r"SYSTEM\Setup";
const IMAGE: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State";
const SESSION: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager";
const INSTALL: &str = r"SOFTWARE\Microsoft\Microsoft Defender for Endpoint Install";
const SCRIPTS: &str = r"SOFTWARE\Policies\Microsoft\Windows\PowerShell";
const PROXY: &str = r"SOFTWARE\Policies\Microsoft\Windows\DataCollection";
const CONNECTIONS: &str =
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections";
const HARDENED: &str = r"SOFTWARE\Policies\Microsoft\Windows\NetworkProvider\HardenedPaths";
const SEQUENCES: &str = r"SOFTWARE\Gangway\Sequence";

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// 2026-02-01 00:00:00 UTC.
const FILETIME: u64 = 134_143_776_000_000_000;

/// One value as a real system has it, the fact that it becomes, and the fact's text.
fn rows() -> Vec<(
    &'static str,
    &'static str,
    Value,
    &'static str,
    &'static str,
)> {
    let number = Value::Number;
    vec![
        (
            STATUS,
            "OnboardingState",
            number(1),
            "sensor.onboarding_state",
            "1",
        ),
        (STATUS, "OrgId", text(ORG), "sensor.org_id", ORG),
        (
            STATUS,
            "LastConnected",
            Value::Bytes(FILETIME.to_le_bytes().to_vec()),
            "sensor.last_connected",
            "2026-02-01T00:00:00Z",
        ),
        (
            STATUS,
            "LastConnected",
            number(FILETIME),
            "sensor.last_connected",
            "2026-02-01T00:00:00Z",
        ),
        (
            SENSOR,
            "OnboardedInfo",
            text(r#"{"body":"{\"geoLocationUrl\":\"https://winatp-gw-weu.microsoft.com/\"}"}"#),
            "sensor.connectivity",
            "standard",
        ),
        (
            POLICY,
            "OnboardingInfo",
            text(r#"{"body":"https://edr-weu.eu.endpoint.security.microsoft.com/edr/"}"#),
            "sensor.connectivity",
            "streamlined",
        ),
        (
            TAGGING,
            "Group",
            text("Tier 1"),
            "sensor.device_tag",
            "Tier 1",
        ),
        (
            TAGGING,
            "VDI",
            text("NonPersistent"),
            "sensor.vdi_tag",
            "NonPersistent",
        ),
        (
            TAGGING,
            "AzureResourceId",
            text("/subscriptions/1"),
            "managers.azure_resource_id",
            "/subscriptions/1",
        ),
        (
            POLICY,
            "ForceDefenderPassiveMode",
            number(1),
            "antivirus.passive_policy",
            "1",
        ),
        (
            DEFENDER_POLICY,
            "DisableAntiSpyware",
            number(1),
            "antivirus.disabled_policy",
            "1",
        ),
        (
            FEATURES,
            "TamperProtection",
            number(5),
            "antivirus.tamper_protection",
            "yes",
        ),
        (
            FEATURES,
            "TamperProtection",
            number(1),
            "antivirus.tamper_protection",
            "yes",
        ),
        (
            FEATURES,
            "TamperProtection",
            number(4),
            "antivirus.tamper_protection",
            "no",
        ),
        (
            UPDATES,
            "AVSignatureVersion",
            text("1.423.10.0"),
            "antivirus.content",
            "1.423.10.0",
        ),
        (
            UPDATES,
            "AVSignatureApplied",
            Value::Bytes(FILETIME.to_le_bytes().to_vec()),
            "antivirus.content_time",
            "2026-02-01T00:00:00Z",
        ),
        (
            CURRENT,
            "UBR",
            number(7699),
            "os.version",
            "10.0.14393.7699",
        ),
        (
            CURRENT,
            "EditionID",
            text("ServerStandard"),
            "os.edition",
            "ServerStandard",
        ),
        (
            CURRENT,
            "InstallationType",
            text("Server Core"),
            "os.installation_type",
            "Server Core",
        ),
        (
            IMAGE,
            "ImageState",
            text("IMAGE_STATE_COMPLETE"),
            "os.image_state",
            "IMAGE_STATE_COMPLETE",
        ),
        (
            SETUP,
            "SystemSetupInProgress",
            number(1),
            "os.setup_running",
            "yes",
        ),
        (SETUP, "OOBEInProgress", number(0), "os.setup_running", "no"),
        (
            SESSION,
            "PendingFileRenameOperations",
            Value::Texts(vec![r"\??\C:\old.txt".to_owned()]),
            "restart.file_renames",
            "yes",
        ),
        (
            SESSION,
            "PendingFileRenameOperations",
            Value::Texts(vec![]),
            "restart.file_renames",
            "no",
        ),
        (
            INSTALL,
            "PendingReboot",
            text("26/02/01T08:15:30.500"),
            "restart.install_script",
            "yes",
        ),
        (
            INSTALL,
            "PendingReboot",
            text("26/01/31T08:15:30.500"),
            "restart.install_script",
            "no",
        ),
        (
            SCRIPTS,
            "EnableScripts",
            number(0),
            "prerequisites.signed_scripts_run",
            "no",
        ),
        (
            PROXY,
            "TelemetryProxyServer",
            text("proxy:8080"),
            "network.sensor_proxy",
            "proxy:8080",
        ),
        (
            CONNECTIONS,
            "WinHttpSettings",
            Value::Bytes(
                [
                    &[0x18, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 6, 0, 0, 0][..],
                    b"p:8080",
                ]
                .concat(),
            ),
            "network.machine_proxy",
            "p:8080",
        ),
        (
            CONNECTIONS,
            "WinHttpSettings",
            Value::Bytes(
                [
                    &[0x18, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 6, 0, 0, 0][..],
                    b"p:8080",
                    &[7, 0, 0, 0],
                    b"<local>",
                ]
                .concat(),
            ),
            "network.machine_bypass",
            "<local>",
        ),
        (
            POLICY,
            "PreferStaticProxyForHttpRequest",
            number(1),
            "network.prefer_sensor_proxy",
            "1",
        ),
        (
            DEFENDER_POLICY,
            "ProxyServer",
            text("http://proxy:8080"),
            "network.antivirus_proxy",
            "http://proxy:8080",
        ),
        (
            HARDENED,
            r"\\*\NETLOGON",
            text("RequireMutualAuthentication=1, RequireIntegrity=1"),
            "network.hardened_netlogon",
            "yes",
        ),
        (
            SEQUENCES,
            "01234567-89ab-cdef-0123-456789abcdef:onboard",
            number(7),
            "gangway.sequence",
            "7",
        ),
    ]
}

#[test]
fn values_of_real_systems_become_facts() {
    for (key, name, value, fact, expected) in rows() {
        let found = Fake::default().value(key, name, value.clone()).fact(fact);
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
        let without = Fake::default().fact(fact);
        for value in &wrong {
            if core::mem::discriminant(value) == core::mem::discriminant(&right)
                && (any_text.contains(&fact) || !matches!(value, Value::Text(_)))
            {
                continue;
            }
            let found = Fake::default().value(key, name, value.clone()).fact(fact);
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
        let found = Fake::default().unreadable(key, name).fact(fact);
        assert!(found.starts_with('?'), "{key} {name}: {fact} is `{found}`");
    }
}

#[test]
fn an_onboarded_server_2016_with_the_agent() {
    const UNINSTALL: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
    let product = format!(r"{UNINSTALL}\{{aaaaaaaa-0000-0000-0000-00000000000a}}");
    let platform = r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.26080.3\MsMpEng.exe";
    let server = Fake::default()
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
    let facts = Fake::default().facts();
    let unreadable: Vec<String> = facts
        .lines()
        .into_iter()
        .filter(|(_, text)| text.starts_with('?'))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(unreadable, ["host.account_sid"]);
    assert_eq!(Fake::default().fact("sensor.service"), "-");
}

#[test]
fn what_an_old_antivirus_left_behind_is_told_from_one_that_is_stopped() {
    let stopped = Service {
        state: ServiceState::Stopped,
        start: StartType::Automatic,
    };
    let alone = Fake::default().with_service("WinDefend", stopped);
    assert_eq!(alone.fact("antivirus.leftover"), "yes");
    let whole = alone.with_service("WdFilter", stopped);
    assert_eq!(whole.fact("antivirus.leftover"), "no");
    assert_eq!(whole.fact("antivirus.mode"), "off");
}
