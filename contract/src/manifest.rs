//! The bundle manifest: the only document the bootstrap reads to know what to run.
//!
//! It lies in the exe as resource RCDATA 101, byte for byte equal to `manifest.json` of the
//! bundle. Its identity is the digest of those bytes ([`BundleId::of_bytes`]).
//!
//! [`BundleId::of_bytes`]: crate::BundleId::of_bytes

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::identity::{OrgId, ReleaseId, Sha256};
use crate::machine_proxy::MachineProxy;
use crate::payload_name;

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
    /// [`SCHEMA`].
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
        #[derive(Deserialize)]
        struct SchemaAlone {
            schema: u32,
        }
        if bytes.len() > MAX_BYTES {
            return Err(ManifestError::TooLarge { size: bytes.len() });
        }
        let malformed = |error: serde_json::Error| ManifestError::Malformed {
            why: error.to_string(),
        };
        let SchemaAlone { schema } = serde_json::from_slice(bytes).map_err(malformed)?;
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
        // The types hold only strings, numbers and lists, which always serialise.
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
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

/// One file of the release folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// What it is for.
    pub role: Role,
    /// File name in the release folder: one path component.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// The gate: nothing is run unless its bytes hash to this.
    pub sha256: Sha256,
    /// Version where the file carries one.
    pub version: Option<String>,
    /// Who signed it; none for kinds that carry no Authenticode signature.
    pub signer: Option<Signer>,
}

/// Who signed a payload, as the generator found it in the very same bytes. A server need not
/// find the same: it may lack roots. What it finds is compared with this and reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// SHA-256 of the signer's certificate.
    pub certificate: Sha256,
    /// SHA-256 of the root certificate that vouches for it.
    pub root: Sha256,
    /// Countersigned time in seconds since 1970 UTC, at which the certificates are judged;
    /// none when there is no time stamp.
    pub signed_at: Option<i64>,
}

/// What a payload is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The onboarding blob: exactly the text of the registry value `OnboardingInfo`, without a
    /// byte order mark or a final line feed. It is written, never run.
    OnboardingInfo,
    /// The offboarding blob, in the same form.
    OffboardingInfo,
    /// `WindowsDefenderATPOnboardingScript.cmd`; only with [`ApplyMethod::Script`].
    OnboardingScript,
    /// `WindowsDefenderATPOffboardingScript_valid_until_*.cmd`; only with
    /// [`ApplyMethod::Script`].
    OffboardingScript,
    /// `md4ws.msi`, the unified agent of Server 2012 R2 and 2016.
    Agent,
    /// `Install.ps1`, Microsoft's signed helper for the agent.
    InstallScript,
    /// `UpdatePlatform.exe` (KB4052623).
    PlatformUpdate,
    /// `UpdateSenseClient.exe` (KB5005292).
    SensorUpdate,
    /// An `.msu` prerequisite; the KB stands in the file name.
    Hotfix,
    /// `DefenderDT.exe`, the deployment tool: of Server 2008 R2 SP1, and of all products with
    /// [`AgentRoute::DeploymentTool`].
    DeploymentTool,
    /// A file of the deployment tool's staged `-Source:` folder or its `.onboarding` file.
    DeploymentToolFile,
    /// `MMASetup-AMD64.exe`, the retired agent of Server 2008 R2 SP1.
    MonitoringAgent,
    /// Workspace id and key of the retired agent; never logged.
    WorkspaceKey,
    /// `MDEClientAnalyzer.zip`, an optional tool.
    Analyzer,
}

/// Choices, waits, limits, retries and jitter. All times are seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// UNC folder that holds `control.json` and `releases\<release-id>`; FQDN form.
    pub release_root: String,
    /// UNC folder that takes host reports, create-only; none means local reports only.
    pub report_root: Option<String>,
    /// What mode Defender Antivirus should run in.
    pub antivirus_mode: AntivirusMode,
    /// Names of services that count as an antivirus besides the known ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_antivirus: Vec<String>,
    /// When a server that is onboarded counts as silent or its content as old.
    #[serde(default)]
    pub health: HealthLimits,
    /// How the unified agent is installed.
    pub agent_route: AgentRoute,
    /// Text of the device tag, written by the settings GPO; here for the report only.
    pub device_tag: Option<String>,
    /// The machine's WinHTTP proxy, written by the settings GPO; the bootstrap only compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_proxy: Option<MachineProxy>,
    /// Hours in which changing steps may run; none means always.
    pub window: Option<Window>,
    /// Share of servers that may start work, 0 to 100, by hash of the machine SID.
    pub ring_percent: u8,
    /// May the bootstrap ask Windows to restart? Domain controllers, cluster nodes, Hyper-V
    /// hosts and Exchange are never restarted, whatever this says.
    pub reboot: RebootRule,
    /// Is Azure Stack HCI in scope?
    pub azure_stack_hci: bool,
    /// Are these non-persistent desktops, and how do they show in the portal?
    pub vdi: Vdi,
    /// How the blob reaches the sensor.
    pub apply: ApplyMethod,
    /// Workspaces that the monitoring agent has to lose, by id.
    pub remove_workspaces: Vec<String>,
    /// The retired agent for Server 2008 R2 SP1; none means that it is not used.
    pub monitoring_agent: Option<MonitoringAgent>,
    /// Does offboarding also uninstall the unified agent (Server 2012 R2 and 2016)?
    pub uninstall_agent: bool,
    /// Pause after the first failed try of a step; it doubles with each further one up to a
    /// day, and ends with a restart of the server.
    pub retry_wait_s: u32,
    /// Random delay before the first fetch, at most.
    pub jitter_s: u32,
    /// Retries of a failed fetch.
    pub fetch_retries: u32,
    /// Pause between two tries of a fetch.
    pub fetch_retry_wait_s: u32,
    /// Longest wait for another Windows Installer run to end.
    pub installer_wait_s: u32,
    /// Limit of one installer step.
    pub install_limit_s: u32,
    /// Limit of one script step.
    pub script_limit_s: u32,
    /// How long verify keeps looking before it says failed.
    pub verify_wait_s: u32,
    /// Bytes that must be free beyond the payloads.
    pub free_space_bytes: u64,
}

impl Settings {
    /// The values a bundle gets when the config says nothing.
    pub fn with_release_root(release_root: String) -> Self {
        Self {
            release_root,
            report_root: None,
            antivirus_mode: AntivirusMode::Auto,
            other_antivirus: Vec::new(),
            health: HealthLimits::default(),
            agent_route: AgentRoute::Auto,
            device_tag: None,
            machine_proxy: None,
            window: None,
            ring_percent: 100,
            reboot: RebootRule::Never,
            azure_stack_hci: false,
            vdi: Vdi::None,
            apply: ApplyMethod::Native,
            remove_workspaces: Vec::new(),
            monitoring_agent: None,
            uninstall_agent: false,
            // Below one refresh, so that the first failure is tried again at the next.
            retry_wait_s: 3600,
            // A refresh is every 90 minutes plus up to 30: ten minutes spread the load of a
            // 240 MB package without pushing a run into the next refresh.
            jitter_s: 600,
            fetch_retries: 3,
            fetch_retry_wait_s: 60,
            installer_wait_s: 900,
            install_limit_s: 3600,
            // The onboarding script polls for about a minute in three loops of four waits.
            script_limit_s: 900,
            verify_wait_s: 600,
            free_space_bytes: 1 << 30,
        }
    }
}

/// When a server that is onboarded is no longer healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HealthLimits {
    /// Days after its last contact at which a sensor is silent. The portal calls a device
    /// inactive after seven.
    pub silent_after_days: u16,
    /// Days after which security intelligence is old. Defender Antivirus itself calls it out of
    /// date after seven (policy `AVSignatureDue`).
    pub content_old_after_days: u16,
}

impl HealthLimits {
    /// The first limit in seconds.
    pub fn silent_after_s(self) -> i64 {
        i64::from(self.silent_after_days) * 86_400
    }

    /// The second limit in seconds.
    pub fn content_old_after_s(self) -> i64 {
        i64::from(self.content_old_after_days) * 86_400
    }
}

impl Default for HealthLimits {
    fn default() -> Self {
        Self {
            silent_after_days: 7,
            content_old_after_days: 7,
        }
    }
}

/// How the blob reaches the sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplyMethod {
    /// The bootstrap makes the changes that the portal's script would make; the script stays
    /// where it was downloaded.
    Native,
    /// The portal's script runs, as it was downloaded.
    Script,
}

/// Non-persistent desktops, and how they show in the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vdi {
    /// These are no such desktops.
    None,
    /// One entry for each name of a computer: its identity is made from that name.
    Single,
    /// An entry for each session.
    Multiple,
}

/// What mode Defender Antivirus should run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AntivirusMode {
    /// Passive where another antivirus is found, active elsewhere; the bootstrap writes it.
    Auto,
    /// Passive; the settings GPO writes it and the bootstrap only checks.
    AlwaysPassive,
    /// Active; the settings GPO writes it and the bootstrap only checks.
    NeverPassive,
}

/// How the unified agent is installed on Server 2012 R2 and 2016, or all products are onboarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentRoute {
    /// `msiexec` on the agent package.
    Auto,
    /// The unmodified signed `Install.ps1`.
    InstallScript,
    /// Microsoft's deployment tool on every product that it takes (Server 2008 R2 SP1, 2012 R2,
    /// 2016 and later): it brings what is missing and onboards.
    DeploymentTool,
}

/// The retired agent of Server 2008 R2 SP1. Its key is a payload ([`Role::WorkspaceKey`]) and
/// never stands here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitoringAgent {
    /// Workspace id, a GUID.
    pub workspace: String,
    /// URL of a proxy without credentials.
    pub proxy: Option<String>,
}

/// A daily window in local time; it may pass midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Minutes after midnight, inclusive.
    pub from_minute: u16,
    /// Minutes after midnight, exclusive.
    pub to_minute: u16,
}

impl Window {
    /// Is this minute of the day inside? Equal ends mean the whole day.
    pub fn contains(self, minute: u16) -> bool {
        if self.from_minute <= self.to_minute {
            self.from_minute == self.to_minute
                || (self.from_minute..self.to_minute).contains(&minute)
        } else {
            minute >= self.from_minute || minute < self.to_minute
        }
    }
}

/// Whether the bootstrap may restart a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RebootRule {
    /// Report the need and leave it to the owner.
    Never,
    /// Restart inside the window when no protected role is found.
    InWindow,
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
            settings: Settings::with_release_root(r"\\files.contoso.com\gangway$".to_owned()),
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
