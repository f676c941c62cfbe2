//! The sections of `gangway.toml`, as they stand in the file.

use std::path::{Path, PathBuf};

use gangway_contract::machine_proxy::MachineProxy;
use gangway_contract::manifest::{
    AgentRoute, AntivirusMode, ApplyMethod, HealthLimits, Mode, RebootRule, Vdi,
};
use gangway_contract::{OrgId, Sha256};
use serde::Deserialize;

use crate::gpo::DomainName;
use crate::intake::TrustSettings;
use crate::policies::RoleName;

/// The config as it stands in the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFile {
    /// Whose servers these are.
    pub(super) organization: Organization,
    /// Where the portal downloads lie.
    pub(super) downloads: Downloads,
    /// Who besides Microsoft is trusted; for labs.
    #[serde(default)]
    pub(super) trust: TrustSettings,
    /// Where servers find payloads and leave reports.
    pub(super) share: Share,
    /// What becomes policy, and in which domains.
    pub(super) gpo: Gpo,
    /// What the bootstrap does.
    #[serde(default)]
    pub(super) onboard: Onboard,
    /// What the bootstrap does when it offboards.
    #[serde(default)]
    pub(super) offboard: Offboard,
    /// Which servers beyond the usual ones are meant.
    #[serde(default)]
    pub(super) targets: Targets,
    /// When an onboarded server counts as silent or its content as old.
    #[serde(default)]
    pub(super) health: HealthLimits,
    /// When and on how many servers it does it.
    #[serde(default)]
    pub(super) rollout: Rollout,
    /// The stub the bootstrap is made from.
    #[serde(default)]
    pub(super) bootstrap: BootstrapSection,
    /// Who signs the bootstrap.
    #[serde(default)]
    pub(super) signing: Signing,
    /// Who vouches for what a bundle was made of.
    #[serde(default)]
    pub(super) provenance: Provenance,
}

impl ConfigFile {
    /// Relative paths become relative to the config's folder.
    pub(super) fn resolve_paths(&mut self, folder: &Path) {
        let paths = self.downloads.paths.iter_mut();
        let paths = paths.chain(&mut self.downloads.deployment_source);
        let roots = self.trust.lab_roots.iter_mut();
        let roots = roots
            .chain(&mut self.trust.blob_roots)
            .chain(&mut self.trust.revocation_lists)
            .chain(&mut self.signing.roots)
            .chain(&mut self.provenance.key);
        let key = self.onboard.monitoring_agent.as_mut();
        let paths = paths.chain(key.map(|agent| &mut agent.key_file));
        for entry in paths.chain(roots).chain(&mut self.bootstrap.stub) {
            *entry = folder.join(&*entry);
        }
    }
}

/// `[organization]`: whose servers these are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// Display name; it may change once `id` is there.
    pub name: String,
    /// What every GUID of ours comes from; else the name, as it was before there was an id.
    pub id: Option<String>,
    /// The name in letters of Windows-1252, for where no others can stand: the maker of an installer
    /// package.
    pub latin_name: Option<String>,
    /// Pins the Defender tenant: a package for another one is an error.
    pub org_id: Option<OrgId>,
    /// What the runbook is written in.
    #[serde(default)]
    pub language: Language,
}

impl Organization {
    /// What every GUID of ours comes from.
    pub fn identity(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }
}

/// A language that people of the organisation read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Language {
    /// `en`
    #[default]
    #[serde(rename = "en")]
    English,
    /// `ja`
    #[serde(rename = "ja")]
    Japanese,
}

/// `[downloads]`: what the portal and Microsoft gave.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Downloads {
    /// Files and folders, relative to the config file.
    pub paths: Vec<PathBuf>,
    /// Folder that the deployment tool filled with `-Stage`, relative to the config file.
    pub deployment_source: Option<PathBuf>,
}

/// `[share]`: texts, which the check makes paths of.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// UNC folder for payloads, with the server's full DNS name.
    pub root: String,
    /// UNC folder for host reports, create-only.
    pub reports: Option<String>,
}

/// `[gpo]`: what becomes policy, and where.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpo {
    /// One GPO set per domain.
    pub domain: Vec<Domain>,
    /// How the task names SYSTEM.
    #[serde(default)]
    pub principal: Principal,
    /// Name or SID of a group of the domain whose members the onboarding task does not reach.
    pub exclude_group: Option<String>,
    /// What the Settings GPO writes.
    #[serde(default)]
    pub settings: PolicySettings,
}

/// `[[gpo.domain]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Full DNS name, such as `contoso.com`.
    #[serde(deserialize_with = "from_text")]
    pub dns_name: DomainName,
    /// Whether the policy applies to domain controllers too.
    #[serde(default)]
    pub include_domain_controllers: bool,
}

/// How the task names SYSTEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Principal {
    /// `NT AUTHORITY\System`, the form measured to work.
    #[default]
    Name,
    /// `S-1-5-18`, for estates with localised account names.
    Sid,
}

/// `[gpo.settings]`: what the Settings GPO writes besides the antivirus mode.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicySettings {
    /// May the service ask for file samples? Left out, the service decides.
    pub sample_collection: Option<bool>,
    /// Proxies of sensor and antivirus.
    pub proxy: ProxySettings,
    /// Antivirus exclusions of every server.
    pub exclusions: ExclusionSettings,
    /// Antivirus exclusions of server roles; each becomes a GPO of its own.
    pub role: Vec<RoleSettings>,
}

/// `[gpo.settings.proxy]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProxySettings {
    /// `host:port` for the sensor.
    pub sensor: Option<String>,
    /// No authenticated proxy for the sensor.
    pub disable_enterprise_auth: bool,
    /// The sensor's proxy also for revocation lists and updates.
    pub prefer_static: bool,
    /// `host:port` for WinHTTP on the whole machine.
    pub winhttp: Option<String>,
    /// Hosts that WinHTTP reaches without it.
    pub winhttp_bypass: Vec<String>,
    /// URL for the antivirus.
    pub antivirus: Option<String>,
    /// Hosts that the antivirus reaches without it.
    pub antivirus_bypass: Vec<String>,
}

impl ProxySettings {
    /// The machine's WinHTTP proxy, where one is set.
    pub fn machine(&self) -> Option<MachineProxy> {
        let proxy = self.winhttp.clone()?;
        Some(MachineProxy {
            proxy,
            bypass: self.winhttp_bypass.join(";"),
        })
    }
}

/// `[gpo.settings.exclusions]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExclusionSettings {
    /// Files and folders.
    pub paths: Vec<String>,
    /// File name extensions.
    pub extensions: Vec<String>,
    /// Programs whose files are not scanned.
    pub processes: Vec<String>,
}

/// `[[gpo.settings.role]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSettings {
    /// Name of the role; part of the GPO's name.
    #[serde(deserialize_with = "from_text")]
    pub name: RoleName,
    /// Files and folders.
    #[serde(default)]
    pub paths: Vec<String>,
    /// File name extensions.
    #[serde(default)]
    pub extensions: Vec<String>,
    /// Programs whose files are not scanned.
    #[serde(default)]
    pub processes: Vec<String>,
}

/// `[onboard]`: what a server that is not done is to become.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Onboard {
    /// `precheck`, `onboard`.
    pub mode: OnboardMode,
    /// `auto`, `always_passive`, `never_passive`.
    pub antivirus_mode: AntivirusMode,
    /// Services that count as an antivirus besides those that are known.
    pub other_antivirus: Vec<String>,
    /// `auto`, `install_script`, `deployment_tool`.
    pub agent_route: AgentRoute,
    /// `windows_update`, or a UNC folder.
    pub add_sensor_from: Option<String>,
    /// Device tag, at most 200 characters.
    pub device_tag: Option<String>,
    /// `native`, `script`.
    pub apply: ApplyMethod,
    /// Digests of the portal scripts that may be run, where `apply` is `script`.
    #[serde(deserialize_with = "digests")]
    pub accept_scripts: Vec<Sha256>,
    /// Log Analytics workspaces that the retired agent has to lose, by id.
    pub remove_workspaces: Vec<String>,
    /// Installs the agent that was retired on 2024-08-31 on Server 2008 R2 SP1, where no
    /// deployment tool is staged.
    pub monitoring_agent: Option<MonitoringAgentSection>,
}

/// `[onboard.monitoring_agent]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitoringAgentSection {
    /// Id of the Log Analytics workspace.
    pub workspace: String,
    /// File with the workspace's key, relative to the config file. It becomes a payload, which
    /// computers read from the share; the config never holds the key itself.
    pub key_file: PathBuf,
    /// URL of a proxy without credentials.
    pub proxy: Option<String>,
}

impl Default for Onboard {
    fn default() -> Self {
        Self {
            mode: OnboardMode::Onboard,
            antivirus_mode: AntivirusMode::Auto,
            other_antivirus: Vec::new(),
            agent_route: AgentRoute::Auto,
            add_sensor_from: None,
            device_tag: None,
            apply: ApplyMethod::Native,
            accept_scripts: Vec::new(),
            remove_workspaces: Vec::new(),
            monitoring_agent: None,
        }
    }
}

/// `[offboard]`: the way back, for `--mode offboard`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Offboard {
    /// Also uninstalls the unified agent on Server 2012 R2 and 2016.
    pub uninstall_agent: bool,
}

/// `[targets]`: servers that are left out unless named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Targets {
    /// Azure Stack HCI nodes too.
    pub azure_stack_hci: bool,
    /// Non-persistent desktops, which get the VDI tag: `none`, `single`, `multiple`.
    pub vdi: Vdi,
}

impl Default for Targets {
    fn default() -> Self {
        Self {
            azure_stack_hci: false,
            vdi: Vdi::None,
        }
    }
}

/// Modes of the onboarding exe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnboardMode {
    /// Assess only.
    Precheck,
    /// Bring the server to onboarded.
    Onboard,
}

impl From<OnboardMode> for Mode {
    fn from(mode: OnboardMode) -> Self {
        match mode {
            OnboardMode::Precheck => Self::Precheck,
            OnboardMode::Onboard => Self::Onboard,
        }
    }
}

/// `[rollout]`; every value replaces the default of [`Settings::with_release_root`].
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    missing_docs,
    reason = "each field is the setting of the same name in the manifest"
)]
pub struct Rollout {
    /// Wider than its setting, so that a number that is no percentage is refused in our words.
    pub ring_percent: Option<i64>,
    /// `HH:MM-HH:MM`, local time of each server.
    pub window: Option<String>,
    /// Days between two reports of a server that is done; 0 for none. Wider than it needs to be,
    /// as above. No setting of the manifest: the policy carries it.
    pub report_every_days: Option<i64>,
    pub reboot: Option<RebootRule>,
    pub retry_wait_s: Option<u32>,
    pub jitter_s: Option<u32>,
    pub fetch_retries: Option<u32>,
    pub fetch_retry_wait_s: Option<u32>,
    pub installer_wait_s: Option<u32>,
    pub install_limit_s: Option<u32>,
    pub script_limit_s: Option<u32>,
    pub verify_wait_s: Option<u32>,
    pub free_space_bytes: Option<u64>,
}

/// `[bootstrap]`: what the exe is made from.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BootstrapSection {
    /// The stub, relative to the config file; else the one inside `gangway`, else
    /// `gangway-runner.exe` beside it.
    pub stub: Option<PathBuf>,
}

/// `[signing]`: by whom, and how, the exe is signed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Signing {
    /// Root certificates (PEM or DER) that may end the chain of the bootstrap's own signature,
    /// relative to the config file; `verify` judges against them.
    pub roots: Vec<PathBuf>,
    /// Program and arguments that sign: `{in}` stands for the unsigned exe and `{out}` for the
    /// signed one, or `{file}` for one file that is signed in place; `${NAME}` for a variable.
    pub command: Option<Vec<String>>,
    /// How long the command may take, in seconds; else 600.
    pub time_limit_s: Option<u64>,
    /// Has a signature to carry a time stamp? Else it has to when the command names a time stamp
    /// service.
    pub time_stamp: Option<bool>,
}

/// `[provenance]`: who vouches for what a bundle was made of.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Provenance {
    /// The public key (P-256 or Ed25519, PEM or DER), relative to the config file.
    pub key: Option<PathBuf>,
    /// Program and arguments that sign: `{in}` stands for the message and `{out}` for its signature;
    /// `${NAME}` for a variable. `signing.time_limit_s` counts for it too.
    pub command: Option<Vec<String>>,
}

/// Reads a field through its type's own parser, so that the file and line of a mistake are
/// named by the TOML reader.
fn from_text<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}

/// Reads SHA-256 digests as people copy them: in either letter case.
fn digests<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Sha256>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|text| text.to_ascii_lowercase().parse())
        .collect::<Result<_, _>>()
        .map_err(serde::de::Error::custom)
}
