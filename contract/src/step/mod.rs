//! One action of a plan as data: what it runs, which codes are success, how long it may
//! take, whether it may be repeated, and which facts it is expected to change.

mod change;
mod program;

use serde::{Deserialize, Serialize};

use crate::apply::Effect;
use crate::facts::Facts;
use crate::identity::WorkspaceId;
use crate::manifest::SensorSource;
use crate::text::text_enum;

pub use change::{Change, CheckedFile};
pub use program::{ANTIVIRUS_TOOL, POWERSHELL, Program, SCEP_SETUP};

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
        /// DISM on the capability that the sensor is on this Windows.
        AddSensor = "add-sensor",
        /// `msiexec` on the unified agent.
        InstallAgent = "install-agent",
        /// The signed `Install.ps1`.
        RunInstallScript = "run-install-script",
        /// The staged sensor update.
        UpdateSensor = "update-sensor",
        /// Writes `senseGuid`.
        WriteIdentity = "write-identity",
        /// Writes `DeviceTagging\VDI`.
        WriteVdiTag = "write-vdi-tag",
        /// Starts service `Sense`.
        StartSensor = "start-sensor",
        /// What the portal's onboarding script does, by the bootstrap itself.
        ApplyOnboarding = "apply-onboarding",
        /// The portal's onboarding script.
        RunOnboardingScript = "run-onboarding-script",
        /// The deployment tool from its staged source.
        RunDeploymentTool = "run-deployment-tool",
        /// The retired monitoring agent.
        InstallMonitoringAgent = "install-monitoring-agent",
        /// What the portal's offboarding script does, by the bootstrap itself.
        ApplyOffboarding = "apply-offboarding",
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
            | Action::ApplyOnboarding { payload, .. }
            | Action::ApplyOffboarding { payload, .. }
            | Action::RunOnboardingScript { payload }
            | Action::RunOffboardingScript { payload } => vec![payload],
            Action::RunInstallScript { script, agent, .. } => vec![script, agent],
            Action::RunDeploymentTool { tool, files, .. } => core::iter::once(tool)
                .chain(files)
                .map(String::as_str)
                .collect(),
            Action::InstallMonitoringAgent { setup, key, .. } => vec![setup, key],
            Action::EnableFeature
            | Action::AddSensor { .. }
            | Action::EnableAntivirus
            | Action::RemoveLeftover
            | Action::WritePassiveMode { .. }
            | Action::RemoveWorkspaces { .. }
            | Action::RemoveScep
            | Action::WriteIdentity { .. }
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
        /// File name in the release folder.
        payload: String,
        /// Article, such as `KB3080149`.
        article: String,
    },
    /// Enables the Windows feature `Windows-Defender`.
    EnableFeature,
    /// Runs the platform update.
    UpdatePlatform {
        /// File name in the release folder.
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
        /// Those that the agent reports to, as it spells them.
        ids: Vec<WorkspaceId>,
    },
    /// Uninstalls System Center Endpoint Protection.
    RemoveScep,
    /// Adds the capability that the sensor is.
    AddSensor {
        /// Where its package is taken from.
        from: SensorSource,
    },
    /// Installs the unified agent.
    InstallAgent {
        /// File name in the release folder.
        payload: String,
        /// Is `FORCEPASSIVEMODE=1` given?
        passive: bool,
    },
    /// Runs Microsoft's `Install.ps1`, which installs the agent beside it.
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
        /// File name in the release folder.
        payload: String,
    },
    /// Gives a non-persistent desktop the identity of its name.
    WriteIdentity {
        /// Text of the registry value `senseGuid`, which the sensor takes as its identity.
        guid: String,
    },
    /// Marks a non-persistent desktop.
    WriteVdiTag,
    /// Starts service `Sense`, the sensor.
    StartSensor,
    /// Onboards by itself.
    ApplyOnboarding {
        /// File name of the blob.
        payload: String,
        /// What is done, in order.
        effects: Vec<Effect>,
    },
    /// Onboards by the portal's script.
    RunOnboardingScript {
        /// File name in the release folder.
        payload: String,
    },
    /// Lets Microsoft's tool install what is missing, and onboard.
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
        /// The workspace that it is to report to.
        workspace: WorkspaceId,
    },
    /// Offboards by itself.
    ApplyOffboarding {
        /// File name of the blob.
        payload: String,
        /// What is done, in order.
        effects: Vec<Effect>,
    },
    /// Offboards by the portal's script.
    RunOffboardingScript {
        /// File name in the release folder.
        payload: String,
    },
    /// Uninstalls the unified agent.
    UninstallAgent {
        /// GUID by which Windows Installer knows it, in braces.
        product_code: String,
    },
    /// Asks Windows to restart, after the run has reported.
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
            Self::AddSensor { .. } => StepKind::AddSensor,
            Self::InstallAgent { .. } => StepKind::InstallAgent,
            Self::RunInstallScript { .. } => StepKind::RunInstallScript,
            Self::UpdateSensor { .. } => StepKind::UpdateSensor,
            Self::WriteIdentity { .. } => StepKind::WriteIdentity,
            Self::WriteVdiTag => StepKind::WriteVdiTag,
            Self::StartSensor => StepKind::StartSensor,
            Self::ApplyOnboarding { .. } => StepKind::ApplyOnboarding,
            Self::RunOnboardingScript { .. } => StepKind::RunOnboardingScript,
            Self::RunDeploymentTool { .. } => StepKind::RunDeploymentTool,
            Self::InstallMonitoringAgent { .. } => StepKind::InstallMonitoringAgent,
            Self::ApplyOffboarding { .. } => StepKind::ApplyOffboarding,
            Self::RunOffboardingScript { .. } => StepKind::RunOffboardingScript,
            Self::UninstallAgent { .. } => StepKind::UninstallAgent,
            Self::Restart => StepKind::Restart,
        }
    }
}
