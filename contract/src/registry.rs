//! Registry keys and values that generator and bootstrap agree on: what a policy sets, the bootstrap
//! reads, and the deployment GPO looks for. Keys are below `HKEY_LOCAL_MACHINE`, in the 64-bit view.

use crate::events;
use crate::identity::BundleId;

/// The sensor's own key.
pub const SENSOR: &str = r"SOFTWARE\Microsoft\Windows Advanced Threat Protection";
/// The sensor's policy key.
pub const SENSOR_POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";
/// Tags, below the policy key.
pub const DEVICE_TAGGING: &str =
    r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection\DeviceTagging";
/// Policy of diagnostic data, where the sensor's proxy stands.
pub const DATA_COLLECTION: &str = r"SOFTWARE\Policies\Microsoft\Windows\DataCollection";
/// Policies of Defender Antivirus.
pub const ANTIVIRUS_POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender";

/// Name of the onboarding blob in the sensor's policy key.
pub const ONBOARDING_VALUE: &str = "OnboardingInfo";
/// Name of the offboarding blob in the sensor's policy key.
pub const OFFBOARDING_VALUE: &str = "696C1FA1-4030-4FA4-8713-FAF9B2EA7C0A";
/// Value in the sensor's policy key that makes Defender Antivirus passive (1) or active (0).
pub const PASSIVE_MODE: &str = "ForceDefenderPassiveMode";
/// Value below [`DEVICE_TAGGING`] that holds the device's tag.
pub const DEVICE_TAG: &str = "Group";
/// Value in [`DATA_COLLECTION`] that holds the sensor's proxy, as `host:port`.
pub const SENSOR_PROXY: &str = "TelemetryProxyServer";
/// Value in [`ANTIVIRUS_POLICY`] that holds the antivirus' proxy, with its scheme.
pub const ANTIVIRUS_PROXY: &str = "ProxyServer";
/// Values in [`ANTIVIRUS_POLICY`] that switch Defender Antivirus off.
pub const ANTIVIRUS_OFF: [&str; 2] = ["DisableAntiSpyware", "DisableAntiVirus"];
/// Policy that keeps the diagnostic channel from proxies that ask for a password.
pub const AUTH_PROXY: &str = "DisableEnterpriseAuthProxy";

/// What the bootstrap remembers of its runs.
pub const OWN: &str = r"SOFTWARE\Gangway";

/// The source of this program's lines in the Application log.
pub fn event_source() -> String {
    format!(r"{}\{}", events::SOURCES, events::SOURCE)
}

/// The key of a bundle that converged since the start of Windows; volatile. The deployment GPO
/// looks for it and leaves the server alone when it is there.
pub fn converged(bundle: &BundleId) -> String {
    format!(r"{OWN}\Converged\{bundle}")
}
