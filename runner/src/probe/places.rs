//! Registry keys below `HKEY_LOCAL_MACHINE` that this program reads or writes.

pub use gangway_contract::apply::{
    AUTH_PROXY, DATA_COLLECTION, DEVICE_TAGGING, OFFBOARDING_VALUE, ONBOARDING_VALUE, SENSOR,
    SENSOR_GUID, SENSOR_POLICY,
};
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

/// Onboarding state.
pub const SENSOR_STATUS: &str = r"SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status";
/// Defender Antivirus.
pub const DEFENDER: &str = r"SOFTWARE\Microsoft\Windows Defender";
/// Policies of Defender Antivirus.
pub const DEFENDER_POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender";
/// Version of Windows.
pub const CURRENT_VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
/// Installed products.
pub const UNINSTALL: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
/// Services.
pub const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";
