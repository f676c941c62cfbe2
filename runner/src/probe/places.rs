//! Registry keys below `HKEY_LOCAL_MACHINE` that this program reads or writes.

pub use gangway_contract::apply::SENSOR_GUID;
use gangway_contract::manifest::Mode;
pub use gangway_contract::registry::{
    ANTIVIRUS_OFF, ANTIVIRUS_POLICY, ANTIVIRUS_PROXY, AUTH_PROXY, DATA_COLLECTION, DEVICE_TAG,
    DEVICE_TAGGING, OFFBOARDING_VALUE, ONBOARDING_VALUE, PASSIVE_MODE, SENSOR, SENSOR_POLICY,
    SENSOR_PROXY, converged,
};

use crate::machine::BundleName;

/// Volatile key: a step asked for a restart.
pub const RESTART_PENDING: &str = r"SOFTWARE\Gangway\RestartPending";
/// Highest sequence per organisation and mode.
pub const SEQUENCES: &str = r"SOFTWARE\Gangway\Sequence";

/// Value below [`SEQUENCES`].
pub fn sequence_name(bundle: &BundleName) -> String {
    sequence_of(bundle, bundle.mode)
}

/// The value of what the bundle would undo; none where it undoes nothing.
pub fn other_sequence_name(bundle: &BundleName) -> Option<String> {
    let other = match bundle.mode {
        Mode::Precheck => return None,
        Mode::Onboard => Mode::Offboard,
        Mode::Offboard => Mode::Onboard,
    };
    Some(sequence_of(bundle, other))
}

fn sequence_of(bundle: &BundleName, mode: Mode) -> String {
    let mode = match mode {
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
/// Version of Windows.
pub const CURRENT_VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
/// Installed products.
pub const UNINSTALL: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
/// One key for each service and driver.
pub const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";
