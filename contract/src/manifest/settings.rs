//! The choices of the config that servers follow, with what holds when it says nothing.

use serde::{Deserialize, Serialize};

use crate::identity::WorkspaceId;
use crate::machine_proxy::MachineProxy;
use crate::unc::UncPath;

/// Services and drivers of Defender for Endpoint, of Defender Antivirus and of the Security Center: each of
/// them runs where Defender protects, and none is another antivirus (Microsoft Learn, "Microsoft Defender
/// Antivirus in Windows overview" and "Troubleshoot Microsoft Defender for Endpoint onboarding issues").
const DEFENDER_SERVICES: [&str; 12] = [
    "WinDefend",
    "WdNisSvc",
    "WdNisDrv",
    "WdFilter",
    "WdBoot",
    "MDCoreSvc",
    "Sense",
    "MsSecCore",
    "MsSecFlt",
    "MsSecWfp",
    "SecurityHealthService",
    "wscsvc",
];

/// Is a service of this name Defender's own? Names of services have no letter case.
pub fn is_defender_service(name: &str) -> bool {
    DEFENDER_SERVICES
        .iter()
        .any(|own| own.eq_ignore_ascii_case(name))
}

/// Choices, waits, limits, retries and jitter. All times are seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Folder that holds `control.json` and `releases\<release-id>`.
    pub release_root: UncPath,
    /// Folder that takes host reports, create-only; none means local reports only.
    pub report_root: Option<UncPath>,
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
    /// Where a sensor that is a feature on demand and missing is added from; none means that it
    /// is not added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_sensor_from: Option<SensorSource>,
    /// Text of the device tag, written by the settings GPO; here for the report only.
    pub device_tag: Option<String>,
    /// The machine's WinHTTP proxy, written by the settings GPO; the bootstrap only compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine_proxy: Option<MachineProxy>,
    /// Hours in which changing steps may run; none means always.
    pub window: Option<Window>,
    /// Share of servers that may start work, 0 to 100, by hash of the machine SID: what the bundle begins
    /// with, until a ring is set on the share ([`Present`](crate::rollout::Present)).
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
    /// Workspaces that the monitoring agent has to lose.
    pub remove_workspaces: Vec<WorkspaceId>,
    /// The retired agent for Server 2008 R2 SP1; none means that it is not used.
    pub monitoring_agent: Option<MonitoringAgent>,
    /// Does offboarding also uninstall the unified agent (Server 2012 R2 and 2016)?
    pub uninstall_agent: bool,
    /// Does the bootstrap, with [`Mode::Precheck`](super::Mode::Precheck), take away what bootstraps left on
    /// the server, as the last one that runs there?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retire: bool,
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
    pub fn with_release_root(release_root: UncPath) -> Self {
        Self {
            release_root,
            report_root: None,
            antivirus_mode: AntivirusMode::Auto,
            other_antivirus: Vec::new(),
            health: HealthLimits::default(),
            agent_route: AgentRoute::Auto,
            add_sensor_from: None,
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
            retire: false,
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// Where Windows takes a feature on demand from. Either way its component servicing takes only
/// what Microsoft signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SensorSource {
    /// Windows Update, or what policies put in its place.
    WindowsUpdate,
    /// A folder with the package of the capability, and nothing else.
    Folder(UncPath),
}

/// The retired agent of Server 2008 R2 SP1. Its key is a payload
/// ([`WorkspaceKey`](super::Role::WorkspaceKey)) and never stands here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonitoringAgent {
    /// The workspace that it reports to.
    pub workspace: WorkspaceId,
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
