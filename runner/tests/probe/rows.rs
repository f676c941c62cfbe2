//! Values as real systems have them, and the facts that they become.

use gangway_runner::probe::Value;

pub(crate) const ORG: &str = "01234567-89ab-cdef-0123-456789abcdef";
pub(crate) const SENSOR: &str = r"SOFTWARE\Microsoft\Windows Advanced Threat Protection";
pub(crate) const STATUS: &str = r"SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status";
const POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";
const TAGGING: &str =
    r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection\DeviceTagging";
pub(crate) const DEFENDER: &str = r"SOFTWARE\Microsoft\Windows Defender";
const FEATURES: &str = r"SOFTWARE\Microsoft\Windows Defender\Features";
const UPDATES: &str = r"SOFTWARE\Microsoft\Windows Defender\Signature Updates";
const DEFENDER_POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender";
const REAL_TIME: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender\Real-Time Protection";
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

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// 2026-02-01 00:00:00 UTC.
const FILETIME: u64 = 134_143_776_000_000_000;

/// One value as a real system has it, the fact that it becomes, and the fact's text.
pub(crate) fn rows() -> Vec<(
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
            DEFENDER_POLICY,
            "DisableAntiVirus",
            number(1),
            "antivirus.antivirus_policy",
            "1",
        ),
        (
            REAL_TIME,
            "DisableRealtimeMonitoring",
            number(1),
            "antivirus.real_time_policy",
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
        (
            SEQUENCES,
            "01234567-89ab-cdef-0123-456789abcdef:offboard",
            number(8),
            "gangway.other_sequence",
            "8",
        ),
    ]
}
