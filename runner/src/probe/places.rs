//! Registry keys below `HKEY_LOCAL_MACHINE` that this program reads or writes.

use gangway_contract::manifest::Mode;

use crate::machine::BundleName;

/// Volatile keys, one per bundle that converged since the start of Windows. The deployment
/// GPO looks for the bundle's key and leaves the server alone when it is there.
const CONVERGED: &str = r"SOFTWARE\Gangway\Converged";
/// Volatile key: a step asked for a restart.
pub const RESTART_PENDING: &str = r"SOFTWARE\Gangway\RestartPending";
/// Highest sequence per organisation and mode.
pub const SEQUENCES: &str = r"SOFTWARE\Gangway\Sequence";

/// Key of a converged bundle.
pub fn converged(bundle: &BundleName) -> String {
    converged_key(bundle.id.as_str())
}

/// As [`converged`], from the id alone.
pub fn converged_key(bundle_id: &str) -> String {
    format!(r"{CONVERGED}\{bundle_id}")
}

/// Value below [`SEQUENCES`].
pub fn sequence_name(bundle: &BundleName) -> String {
    let mode = match bundle.mode {
        Mode::Precheck => "precheck",
        Mode::Onboard => "onboard",
        Mode::Offboard => "offboard",
    };
    format!("{}:{mode}", bundle.org_id)
}

/// The sensor's own key.
pub const SENSOR: &str = r"SOFTWARE\Microsoft\Windows Advanced Threat Protection";
/// Onboarding state.
pub const SENSOR_STATUS: &str = r"SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status";
/// The sensor's policy key.
pub const SENSOR_POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";
/// Tags, below the policy key.
pub const DEVICE_TAGGING: &str =
    r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection\DeviceTagging";
/// Name of the offboarding blob in the policy key.
pub const OFFBOARDING_BLOB: &str = "696C1FA1-4030-4FA4-8713-FAF9B2EA7C0A";
/// Defender Antivirus.
pub const DEFENDER: &str = r"SOFTWARE\Microsoft\Windows Defender";
/// Policies of Defender Antivirus.
pub const DEFENDER_POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender";
/// Policy of diagnostic data, where the sensor's proxy stands.
pub const DATA_COLLECTION: &str = r"SOFTWARE\Policies\Microsoft\Windows\DataCollection";
/// Version of Windows.
pub const CURRENT_VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
/// Installed products.
pub const UNINSTALL: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
/// Services.
pub const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";
