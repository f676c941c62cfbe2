//! The bundle manifest: the only document the bootstrap reads to know what to run.
//!
//! It lies in the exe as resource RCDATA 101, byte for byte equal to `manifest.json` of the
//! bundle. Its identity is the digest of those bytes ([`BundleId::of_bytes`]).
//!
//! [`BundleId::of_bytes`]: crate::BundleId::of_bytes

mod payload;
mod settings;
mod tenant;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::document;
use crate::identity::{ReleaseId, Sha256};
use crate::payload_name;

pub use payload::{Payload, Role, Signer};
pub use settings::{
    AgentRoute, AntivirusMode, ApplyMethod, HealthLimits, MonitoringAgent, RebootRule,
    SensorSource, Settings, Vdi, Window, is_defender_service,
};
pub use tenant::{Cloud, Connectivity, Tenant};

/// Number of the resource of type `RT_RCDATA` in the exe that the manifest lies in.
pub const RESOURCE_ID: u16 = 101;

/// Version of the manifest's shape. A bootstrap refuses every other number by name.
pub const SCHEMA: u32 = 1;

/// Largest manifest that is read, in bytes. Real ones are below 8 KiB; the bound keeps a
/// damaged resource directory from asking for memory.
pub const MAX_BYTES: usize = 1 << 20;

/// What one bundle does, to whom, with which bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the shape; this program writes [`SCHEMA`].
    pub schema: u32,
    /// What the bootstrap may do.
    pub mode: Mode,
    /// Display name of the organisation, for logs and reports.
    pub organization: String,
    /// Rises with every changed manifest; a server refuses a lower one than it has seen.
    pub sequence: u64,
    /// Whom the servers report to.
    pub tenant: Tenant,
    /// End of the offboarding package in seconds since 1970 UTC; onboarding has none.
    pub expires_at: Option<i64>,
    /// Folder of the payloads below [`Settings::release_root`].
    pub release_id: ReleaseId,
    /// SHA-256 of the stub that the bootstrap is made from, so that another program is another
    /// bundle, which reaches servers that were done.
    pub stub: Sha256,
    /// Every byte that may be run, sorted by name.
    pub payloads: Vec<Payload>,
    /// Choices, waits and limits.
    pub settings: Settings,
    /// Lab roots of the config, by SHA-256: in `connectivity` they count beside the service's
    /// own. Nothing is run because of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lab_roots: Vec<Sha256>,
}

impl Manifest {
    /// Reads a manifest: the schema number alone first, then the whole with unknown fields
    /// refused.
    ///
    /// # Errors
    /// Names the limit, the schema number, or the position of the first malformed field.
    pub fn parse(bytes: &[u8]) -> Result<Self, ManifestError> {
        if bytes.len() > MAX_BYTES {
            return Err(ManifestError::TooLarge { size: bytes.len() });
        }
        let malformed = |error: serde_json::Error| ManifestError::Malformed {
            why: error.to_string(),
        };
        let schema = document::schema(bytes).map_err(malformed)?;
        if schema != SCHEMA {
            return Err(ManifestError::Schema { found: schema });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        manifest.check_names()?;
        Ok(manifest)
    }

    /// Every payload has a plain file name, and no two have the same on Windows.
    fn check_names(&self) -> Result<(), ManifestError> {
        let refused = |name: &str, why| ManifestError::PayloadName {
            name: name.escape_default().to_string(),
            why,
        };
        for (index, Payload { name, .. }) in self.payloads.iter().enumerate() {
            if let Some(why) = payload_name::fault(name) {
                return Err(refused(name, why));
            }
            let before = self.payloads.iter().take(index);
            if before
                .into_iter()
                .any(|other| other.name.eq_ignore_ascii_case(name))
            {
                return Err(refused(name, "another payload has it"));
            }
        }
        Ok(())
    }

    /// The bytes that are stored, hashed and embedded: indented JSON with a final line feed.
    pub fn to_bytes(&self) -> Vec<u8> {
        document::to_bytes(self)
    }

    /// The payload with this role, when there is exactly one by construction.
    pub fn payload(&self, role: Role) -> Option<&Payload> {
        self.payloads.iter().find(|payload| payload.role == role)
    }
}

/// Why a manifest was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestError {
    /// Larger than [`MAX_BYTES`].
    TooLarge {
        /// Bytes found.
        size: usize,
    },
    /// A schema this program does not know.
    Schema {
        /// The number found.
        found: u32,
    },
    /// Not JSON, a missing or an unknown field.
    Malformed {
        /// What and where.
        why: String,
    },
    /// A payload's name is not that of one file in one folder.
    PayloadName {
        /// The name, unusual characters escaped.
        name: String,
        /// Why not.
        why: &'static str,
    },
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { size } => {
                write!(f, "the manifest has {size} bytes, the limit is {MAX_BYTES}")
            }
            Self::Schema { found } => write!(
                f,
                "the manifest has schema {found}, this program reads schema {SCHEMA}"
            ),
            Self::Malformed { why } => write!(f, "the manifest is malformed: {why}"),
            Self::PayloadName { name, why } => {
                write!(f, "the manifest names a payload `{name}`: {why}")
            }
        }
    }
}

impl core::error::Error for ManifestError {}

/// What the bootstrap may do. Fixed in the manifest so that no command line can turn an
/// onboarding exe into an offboarding one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Probe, decide and report; change nothing.
    Precheck,
    /// Bring the server to onboarded.
    Onboard,
    /// Bring the server to offboarded.
    Offboard,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        Manifest {
            schema: SCHEMA,
            mode: Mode::Onboard,
            organization: "Contoso".to_owned(),
            sequence: 1,
            tenant: Tenant {
                org_id: "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap(),
                cloud: Cloud::Commercial,
                connectivity: Connectivity::Streamlined,
                endpoints: vec![
                    "https://edr-weu.eu.endpoint.security.microsoft.com/edr/".to_owned(),
                ],
                script_shape: None,
            },
            expires_at: None,
            release_id: ReleaseId::of_bytes(b"payloads"),
            stub: Sha256::of(b"stub"),
            payloads: vec![Payload {
                role: Role::OnboardingInfo,
                name: payload_name::ONBOARDING_INFO.to_owned(),
                size: 3,
                sha256: Sha256::of(b"abc"),
                version: None,
                signer: None,
            }],
            settings: Settings::with_release_root(r"\\files.contoso.com\gangway$".parse().unwrap()),
            lab_roots: Vec::new(),
        }
    }

    #[test]
    fn stored_bytes_read_back_equal() {
        let manifest = sample();
        assert_eq!(Manifest::parse(&manifest.to_bytes()), Ok(manifest));
    }

    #[test]
    fn another_schema_is_refused_before_its_fields_are_read() {
        let text = br#"{"schema": 7, "shape": "unknown"}"#;
        assert_eq!(
            Manifest::parse(text),
            Err(ManifestError::Schema { found: 7 })
        );
    }

    #[test]
    fn names_that_are_more_than_a_file_name_are_refused() {
        for name in [r"..\x.exe", "a/b", "CON.msi", "x.exe.", "x:y", ""] {
            let mut manifest = sample();
            manifest.payloads[0].name = name.to_owned();
            let error = Manifest::parse(&manifest.to_bytes()).unwrap_err();
            assert!(
                matches!(error, ManifestError::PayloadName { .. }),
                "{name}: {error}"
            );
        }
    }

    #[test]
    fn two_names_that_are_one_on_windows_are_refused() {
        let mut manifest = sample();
        let mut other = manifest.payloads[0].clone();
        other.name = other.name.to_ascii_uppercase();
        manifest.payloads.push(other);
        let error = Manifest::parse(&manifest.to_bytes()).unwrap_err();
        assert!(error.to_string().contains("another payload"), "{error}");
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        let text =
            String::from_utf8(sample().to_bytes())
                .unwrap()
                .replacen("\"mode\"", "\"moode\"", 1);
        let error = Manifest::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("moode"), "{error}");
    }
}
