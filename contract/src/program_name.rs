//! How the file of a bundle's bootstrap is called: in the bundle, in NETLOGON, in a package and on a server.

use crate::BundleId;
use crate::manifest::Mode;

/// How the names begin: of what looks or onboards, and of what offboards.
pub const BEGINNINGS: [&str; 2] = ["MdeOnboard-", "MdeOffboard-"];

/// File name of a bundle's exe: the purpose is visible, the id makes it never overwritten.
pub fn program_name(mode: Mode, bundle_id: &BundleId) -> String {
    let [onboard, offboard] = program_names(&bundle_id.to_string());
    match mode {
        Mode::Precheck | Mode::Onboard => onboard,
        Mode::Offboard => offboard,
    }
}

/// The names that the exe of a bundle may have, whatever its mode.
pub fn program_names(bundle_id: &str) -> [String; 2] {
    BEGINNINGS.map(|begins| format!("{begins}{bundle_id}.exe"))
}
