//! The bundle that runs, and the places that were given by hand.

use gangway_contract::{BundleId, Manifest};

use crate::machine::BundleName;

/// The bundle that runs.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// What it does.
    pub manifest: Manifest,
    /// Its identity.
    pub id: BundleId,
    /// What the exe's bytes say of themselves.
    pub exe_signature: String,
}

impl Bundle {
    /// The names under which the machine keeps marks.
    pub fn name(&self) -> BundleName {
        BundleName {
            id: self.id.clone(),
            org_id: self.manifest.tenant.org_id.clone(),
            mode: self.manifest.mode,
            other_antivirus: self.manifest.settings.other_antivirus.clone(),
        }
    }
}

/// Where payloads come from and reports go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// Folder given by hand; the share of the manifest otherwise.
    pub source: Option<String>,
    /// Folder for reports given by hand.
    pub reports: Option<String>,
    /// Did the daily task start this run?
    pub daily: bool,
    /// Did an installer package start it ([`after_installer`](crate::after_installer))?
    pub after_installer: bool,
}
