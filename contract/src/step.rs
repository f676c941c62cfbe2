//! One action of a plan as data: what it runs, which codes are success, how long it may
//! take, whether it may be repeated, and which facts it is expected to change.

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::facts::{Facts, FeatureState, RunningMode, Service, ServiceState, StartType};
use crate::identity::OrgId;
use crate::manifest::Connectivity;
use crate::text::text_enum;
use crate::version::Version;

text_enum! {
    /// The kind of a step: how the journal and reports name it.
    pub enum StepKind ("a step") {
        /// `wusa` on a staged update.
        InstallHotfix = "install-hotfix",
        /// DISM on feature `Windows-Defender`.
        EnableFeature = "enable-feature",
        /// The staged platform update.
        UpdatePlatform = "update-platform",
        /// `MpCmdRun -WDEnable`.
        EnableAntivirus = "enable-antivirus",
        /// Deletes the service entry that an old antivirus left behind.
        RemoveLeftover = "remove-leftover",
        /// Writes policy `ForceDefenderPassiveMode`.
        WritePassiveMode = "write-passive-mode",
        /// Takes workspaces away from the monitoring agent.
        RemoveWorkspaces = "remove-workspaces",
        /// Uninstalls System Center Endpoint Protection.
        RemoveScep = "remove-scep",
        /// `msiexec` on the unified agent.
        InstallAgent = "install-agent",
        /// The signed `Install.ps1`.
        RunInstallScript = "run-install-script",
        /// The staged sensor update.
        UpdateSensor = "update-sensor",
        /// Writes `DeviceTagging\VDI`.
        WriteVdiTag = "write-vdi-tag",
        /// Starts service `Sense`.
        StartSensor = "start-sensor",
        /// The portal's onboarding script.
        RunOnboardingScript = "run-onboarding-script",
        /// The deployment tool from its staged source.
        RunDeploymentTool = "run-deployment-tool",
        /// The retired monitoring agent.
        InstallMonitoringAgent = "install-monitoring-agent",
        /// The portal's offboarding script.
        RunOffboardingScript = "run-offboarding-script",
        /// `msiexec /x` by product code.
        UninstallAgent = "uninstall-agent",
        /// Asks Windows to restart.
        Restart = "restart",
    }
}

/// One action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it does.
    pub action: Action,
    /// The fact that asks for it, in words.
    pub why: String,
    /// Exit codes that mean done.
    pub accepted: Vec<u32>,
    /// Exit codes that mean done, and a restart is needed before the next step.
    pub restart_codes: Vec<u32>,
    /// Longest run in seconds.
    pub limit_s: u32,
    /// What happens to the process after that.
    pub past_limit: PastLimit,
    /// May it ask for a restart?
    pub may_restart: bool,
    /// The facts afterwards. They, and not the code, say whether the step succeeded.
    pub expects: Vec<Change>,
}

impl Step {
    /// The kind, for journal and report.
    pub fn kind(&self) -> StepKind {
        self.action.kind()
    }

    /// Names of the payloads that the step reads or runs.
    pub fn payloads(&self) -> Vec<&str> {
        match &self.action {
            Action::InstallHotfix { payload, .. }
            | Action::UpdatePlatform { payload }
            | Action::UpdateSensor { payload }
            | Action::InstallAgent { payload, .. }
            | Action::RunOnboardingScript { payload }
            | Action::RunOffboardingScript { payload } => vec![payload],
            Action::RunInstallScript { script, agent, .. } => vec![script, agent],
            Action::RunDeploymentTool { tool, files, .. } => core::iter::once(tool)
                .chain(files)
                .map(String::as_str)
                .collect(),
            Action::InstallMonitoringAgent { setup, key, .. } => vec![setup, key],
            Action::EnableFeature
            | Action::EnableAntivirus
            | Action::RemoveLeftover
            | Action::WritePassiveMode { .. }
            | Action::RemoveWorkspaces { .. }
            | Action::RemoveScep
            | Action::WriteVdiTag
            | Action::StartSensor
            | Action::UninstallAgent { .. }
            | Action::Restart => Vec::new(),
        }
    }

    /// Do the facts show what the step was expected to bring?
    pub fn is_done(&self, facts: &Facts) -> bool {
        self.expects.iter().all(|change| change.holds(facts))
    }
}

/// What happens to a process that passed its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PastLimit {
    /// It is ended with all it started: scripts.
    End,
    /// It goes on and the next run looks again: installers, whose end would leave the server
    /// half changed.
    LeaveRunning,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Action {
    /// Installs an update.
    InstallHotfix {
        /// File name.
        payload: String,
        /// Article, such as `KB3080149`.
        article: String,
    },
    /// Enables `Windows-Defender`.
    EnableFeature,
    /// Runs the platform update.
    UpdatePlatform {
        /// File name.
        payload: String,
    },
    /// Turns Defender Antivirus on.
    EnableAntivirus,
    /// Deletes the leftover service entry.
    RemoveLeftover,
    /// Writes the passive mode policy.
    WritePassiveMode {
        /// Passive or active.
        passive: bool,
    },
    /// Takes workspaces away.
    RemoveWorkspaces {
        /// Their ids.
        ids: Vec<String>,
    },
    /// Uninstalls System Center Endpoint Protection.
    RemoveScep,
    /// Installs the unified agent.
    InstallAgent {
        /// File name.
        payload: String,
        /// Is `FORCEPASSIVEMODE=1` given?
        passive: bool,
    },
    /// Runs `Install.ps1`.
    RunInstallScript {
        /// File name of the script.
        script: String,
        /// File name of the agent beside it.
        agent: String,
        /// Is `-Passive` given?
        passive: bool,
    },
    /// Runs the sensor update.
    UpdateSensor {
        /// File name.
        payload: String,
    },
    /// Marks a non-persistent desktop.
    WriteVdiTag,
    /// Starts `Sense`.
    StartSensor,
    /// Onboards.
    RunOnboardingScript {
        /// File name.
        payload: String,
    },
    /// Runs the deployment tool.
    RunDeploymentTool {
        /// File name of the tool.
        tool: String,
        /// File names of its staged source.
        files: Vec<String>,
        /// Is `-Passive` given?
        passive: bool,
        /// Is `-VDI` given?
        vdi: bool,
    },
    /// Installs the retired monitoring agent.
    InstallMonitoringAgent {
        /// File name of the setup.
        setup: String,
        /// File name of the workspace key.
        key: String,
        /// Workspace id.
        workspace: String,
    },
    /// Offboards.
    RunOffboardingScript {
        /// File name.
        payload: String,
    },
    /// Uninstalls the unified agent.
    UninstallAgent {
        /// Its product code.
        product_code: String,
    },
    /// Restarts Windows.
    Restart,
}

impl Action {
    /// The kind of the action.
    pub fn kind(&self) -> StepKind {
        match self {
            Self::InstallHotfix { .. } => StepKind::InstallHotfix,
            Self::EnableFeature => StepKind::EnableFeature,
            Self::UpdatePlatform { .. } => StepKind::UpdatePlatform,
            Self::EnableAntivirus => StepKind::EnableAntivirus,
            Self::RemoveLeftover => StepKind::RemoveLeftover,
            Self::WritePassiveMode { .. } => StepKind::WritePassiveMode,
            Self::RemoveWorkspaces { .. } => StepKind::RemoveWorkspaces,
            Self::RemoveScep => StepKind::RemoveScep,
            Self::InstallAgent { .. } => StepKind::InstallAgent,
            Self::RunInstallScript { .. } => StepKind::RunInstallScript,
            Self::UpdateSensor { .. } => StepKind::UpdateSensor,
            Self::WriteVdiTag => StepKind::WriteVdiTag,
            Self::StartSensor => StepKind::StartSensor,
            Self::RunOnboardingScript { .. } => StepKind::RunOnboardingScript,
            Self::RunDeploymentTool { .. } => StepKind::RunDeploymentTool,
            Self::InstallMonitoringAgent { .. } => StepKind::InstallMonitoringAgent,
            Self::RunOffboardingScript { .. } => StepKind::RunOffboardingScript,
            Self::UninstallAgent { .. } => StepKind::UninstallAgent,
            Self::Restart => StepKind::Restart,
        }
    }
}

/// A change of facts. [`apply`](Self::apply) and [`holds`](Self::holds) are two sides of the
/// same statement: what was applied holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// The file of an update has at least this version.
    FileAtLeast {
        /// Which file.
        file: CheckedFile,
        /// Version.
        version: Version,
    },
    /// Defender Antivirus runs.
    AntivirusRuns,
    /// Its platform has at least this version.
    PlatformAtLeast {
        /// Version.
        version: Version,
    },
    /// The leftover service entry is gone.
    LeftoverGone,
    /// The passive mode policy has this value.
    PassivePolicy {
        /// Passive or active.
        passive: bool,
    },
    /// The monitoring agent reports to none of these workspaces.
    WorkspacesGone {
        /// Their ids.
        ids: Vec<String>,
    },
    /// The monitoring agent reports to this workspace.
    WorkspaceAdded {
        /// Its id.
        id: String,
    },
    /// System Center Endpoint Protection is gone.
    ScepGone,
    /// Service `Sense` exists.
    SensorInstalled,
    /// The sensor has at least this version.
    SensorAtLeast {
        /// Version.
        version: Version,
    },
    /// The virtual desktop tag is set.
    VdiTagged,
    /// Service `Sense` runs and starts by itself.
    SensorRuns,
    /// The sensor reports to this organisation.
    Onboarded {
        /// Organisation id.
        org_id: OrgId,
        /// Class of service URLs.
        connectivity: Connectivity,
    },
    /// The sensor reports to nobody.
    Offboarded,
    /// The unified agent is gone.
    AgentGone,
    /// Nobody waits for a restart.
    Restarted,
}

text_enum! {
    /// A system file whose version tells whether an update is installed.
    pub enum CheckedFile ("a checked file") {
        /// `ucrtbase.dll`.
        Ucrtbase = "ucrtbase.dll",
        /// `Tdh.dll`.
        Tdh = "Tdh.dll",
        /// `ntoskrnl.exe`.
        Ntoskrnl = "ntoskrnl.exe",
        /// `wintrust.dll`.
        Wintrust = "wintrust.dll",
    }
}

impl CheckedFile {
    /// The fact that holds its version.
    pub fn version(self, facts: &Facts) -> &Fact<Version> {
        match self {
            Self::Ucrtbase => &facts.prerequisites.ucrtbase,
            Self::Tdh => &facts.prerequisites.tdh,
            Self::Ntoskrnl => &facts.prerequisites.ntoskrnl,
            Self::Wintrust => &facts.prerequisites.wintrust,
        }
    }

    fn version_mut(self, facts: &mut Facts) -> &mut Fact<Version> {
        match self {
            Self::Ucrtbase => &mut facts.prerequisites.ucrtbase,
            Self::Tdh => &mut facts.prerequisites.tdh,
            Self::Ntoskrnl => &mut facts.prerequisites.ntoskrnl,
            Self::Wintrust => &mut facts.prerequisites.wintrust,
        }
    }
}

fn at_least(fact: &Fact<Version>, version: Version) -> bool {
    fact.value().is_some_and(|found| *found >= version)
}

fn raise(fact: &mut Fact<Version>, version: Version) {
    if !at_least(fact, version) {
        *fact = Fact::Value(version);
    }
}

fn same_id(left: &str, right: &str) -> bool {
    left.eq_ignore_ascii_case(right)
}

impl Change {
    /// Do the facts show the change?
    pub fn holds(&self, facts: &Facts) -> bool {
        let sensor = &facts.sensor;
        match self {
            Self::FileAtLeast { file, version } => at_least(file.version(facts), *version),
            Self::AntivirusRuns => facts
                .antivirus
                .service
                .value()
                .is_some_and(|service| service.state == ServiceState::Running),
            Self::PlatformAtLeast { version } => at_least(&facts.antivirus.platform, *version),
            Self::LeftoverGone => !facts.antivirus.leftover.holds(),
            Self::PassivePolicy { passive } => {
                facts.antivirus.passive_policy.is(&u32::from(*passive))
            }
            Self::WorkspacesGone { ids } => match &facts.legacy.workspaces {
                Fact::Value(found) => !found.iter().any(|id| ids.iter().any(|x| same_id(x, id))),
                Fact::Absent => true,
                Fact::Unreadable { .. } => false,
            },
            Self::WorkspaceAdded { id } => facts
                .legacy
                .workspaces
                .value()
                .is_some_and(|found| found.iter().any(|x| same_id(x, id))),
            Self::ScepGone => !facts.legacy.scep.holds(),
            Self::SensorInstalled => sensor.service.value().is_some(),
            Self::SensorAtLeast { version } => at_least(&sensor.version, *version),
            Self::VdiTagged => sensor.vdi_tag.value().is_some_and(|tag| tag == VDI_TAG),
            Self::SensorRuns => sensor.service.is(&Service::RUNNING),
            Self::Onboarded {
                org_id,
                connectivity,
            } => {
                sensor.onboarding_state.is(&1)
                    && sensor.org_id.is(org_id)
                    && sensor
                        .connectivity
                        .value()
                        .is_none_or(|c| c == connectivity)
                    && sensor.service.is(&Service::RUNNING)
            }
            Self::Offboarded => {
                !sensor.onboarding_state.is(&1)
                    && sensor.onboarding_state.unreadable().is_none()
                    && sensor
                        .service
                        .value()
                        .is_none_or(|service| service.start != StartType::Automatic)
            }
            Self::AgentGone => facts.agent.product_code.is_absent() && sensor.service.is_absent(),
            Self::Restarted => {
                !facts.restart.blocks() && !facts.antivirus.feature.is(&FeatureState::EnablePending)
            }
        }
    }

    /// Changes the facts as the step is expected to.
    pub fn apply(&self, facts: &mut Facts) {
        match self {
            Self::FileAtLeast { file, version } => raise(file.version_mut(facts), *version),
            Self::AntivirusRuns => {
                facts.antivirus.service = Fact::Value(Service::RUNNING);
                facts.antivirus.feature = Fact::Value(FeatureState::Enabled);
                if !facts.antivirus.mode.is(&RunningMode::Passive) {
                    facts.antivirus.mode = Fact::Value(RunningMode::Active);
                }
            }
            Self::PlatformAtLeast { version } => raise(&mut facts.antivirus.platform, *version),
            Self::LeftoverGone => {
                facts.antivirus.leftover = Fact::Value(false);
                facts.antivirus.service = Fact::Absent;
            }
            Self::PassivePolicy { passive } => {
                facts.antivirus.passive_policy = Fact::Value(u32::from(*passive));
            }
            Self::WorkspacesGone { ids } => {
                if let Fact::Value(found) = &mut facts.legacy.workspaces {
                    found.retain(|id| !ids.iter().any(|x| same_id(x, id)));
                }
            }
            Self::WorkspaceAdded { id } => match &mut facts.legacy.workspaces {
                Fact::Value(found) => found.push(id.clone()),
                other => *other = Fact::Value(vec![id.clone()]),
            },
            Self::ScepGone => facts.legacy.scep = Fact::Value(false),
            Self::SensorInstalled => {
                if facts.sensor.service.value().is_none() {
                    facts.sensor.service = Fact::Value(Service::WAITING);
                }
                if facts.antivirus.service.value().is_none() {
                    facts.antivirus.service = Fact::Value(Service::RUNNING);
                }
            }
            Self::SensorAtLeast { version } => raise(&mut facts.sensor.version, *version),
            Self::VdiTagged => facts.sensor.vdi_tag = Fact::Value(VDI_TAG.to_owned()),
            Self::SensorRuns => facts.sensor.service = Fact::Value(Service::RUNNING),
            Self::Onboarded {
                org_id,
                connectivity,
            } => {
                facts.sensor.onboarding_state = Fact::Value(1);
                facts.sensor.org_id = Fact::Value(org_id.clone());
                facts.sensor.connectivity = Fact::Value(*connectivity);
                facts.sensor.service = Fact::Value(Service::RUNNING);
                facts.sensor.onboarding_blob = Fact::Value(true);
            }
            Self::Offboarded => {
                facts.sensor.onboarding_state = Fact::Value(0);
                facts.sensor.onboarding_blob = Fact::Value(false);
                if facts.sensor.service.value().is_some() {
                    facts.sensor.service = Fact::Value(Service::WAITING);
                }
            }
            Self::AgentGone => {
                facts.agent.product_code = Fact::Absent;
                facts.agent.version = Fact::Absent;
                facts.sensor.service = Fact::Absent;
            }
            Self::Restarted => {
                facts.restart.servicing = Fact::Value(false);
                facts.restart.windows_update = Fact::Value(false);
                facts.restart.install_script = Fact::Value(false);
                facts.restart.own = Fact::Value(false);
                if facts.antivirus.feature_waits() {
                    Self::AntivirusRuns.apply(facts);
                }
                if let Fact::Value(now) = facts.host.now {
                    facts.host.boot_time = Fact::Value(now);
                }
            }
        }
    }
}

/// Content of `DeviceTagging\VDI` on a non-persistent desktop.
pub const VDI_TAG: &str = "NonPersistent";
