//! How our own GPOs are told from all others: a GUID that follows from organisation, domain and
//! purpose, and the names that purposes have.

use super::{DomainName, Guid};

/// Purpose of the policy values that stay as long as the sensor does.
pub const SETTINGS: &str = "settings";
/// Purpose of the task that onboards, or looks.
pub const DEPLOY: &str = "deploy";
/// Purpose of the task that offboards.
pub const OFFBOARD: &str = "offboard";
/// Begin of the purpose of a role's antivirus exclusions; the role's slug follows.
pub const EXCLUSIONS: &str = "exclusions-";
/// Begin of the name of such a GPO in the console; the role's name follows.
pub const EXCLUSIONS_NAME: &str = "Gangway Exclusions ";

/// Identity of a GPO: the same for every bundle of the organisation, for which `identity` stands, and
/// domain. Nobody else's GPO has it
/// by chance, so mark and GUID together prove whose a GPO is.
pub fn gpo_id(identity: &str, domain: &DomainName, purpose: &str) -> Guid {
    Guid::derive(&[identity, domain.as_str(), purpose])
}

/// The name of a role as part of a purpose; roles that share it are the same role.
pub fn slug(role: &str) -> String {
    role.to_ascii_lowercase().replace(' ', "-")
}
