//! The tenant that servers report to.

use serde::{Deserialize, Serialize};

use crate::identity::OrgId;

/// Whom the servers report to, read from the signed body of the package at build time; the
/// bootstrap parses no blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Id of the Defender tenant that the signed body names.
    pub org_id: OrgId,
    /// Cloud that the tenant is in.
    pub cloud: Cloud,
    /// Which connectivity class the package asks for.
    pub connectivity: Connectivity,
    /// Service URLs from the body that the sensor must reach.
    pub endpoints: Vec<String>,
    /// Known shape of the text that the blob came in, for the report; none when it came alone
    /// or in a text of no known shape. Nothing is decided by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script_shape: Option<String>,
}

/// The service's cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    /// Worldwide.
    Commercial,
    /// US Government (GCC, GCC High, DoD).
    UsGovernment,
}

/// The set of service URLs a package uses (`mde-onboarding`: streamlined since May 2024).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Connectivity {
    /// Many host names per region.
    Standard,
    /// Consolidated `*.endpoint.security.microsoft.com`.
    Streamlined,
}
