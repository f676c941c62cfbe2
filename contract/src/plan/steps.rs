//! Makes steps: for each action its codes, limit and expected change, in one place.

use crate::apply;
use crate::facts::Facts;
use crate::identity::WorkspaceId;
use crate::manifest::{Manifest, Payload, Role, SensorSource, Vdi};
use crate::reason::Reason;
use crate::step::{Action, Change, PastLimit, Step};
use crate::update::Update;
use crate::version::Version;

use super::Stop;

/// Windows: success, a restart is needed.
const RESTART_REQUIRED: u32 = 3010;
/// Windows Installer: success, a restart was started.
const RESTART_STARTED: u32 = 1641;
/// `shutdown`: a restart is on its way (`ERROR_SHUTDOWN_IS_SCHEDULED`).
const RESTART_ON_ITS_WAY: u32 = 1190;
/// `wusa`: the update is already installed (`WU_S_ALREADY_INSTALLED`).
const ALREADY_INSTALLED: u32 = 0x0024_0006;
/// `Install.ps1`: a restart is needed first.
const INSTALL_SCRIPT_RESTART: u32 = 12;
/// Deployment tool: already onboarded.
const TOOL_ALREADY_ONBOARDED: u32 = 2;
/// Deployment tool: a restart is needed, it resumes by itself.
const TOOL_RESTART: u32 = 10;

/// Lowest platform that takes the unified agent on Server 2016 (KB4457127).
pub(super) const PLATFORM_MINIMUM: Version = Version::new(4, 10, 14393, 2515);
/// Platform below which Microsoft's installer asks for an update (KB4052623).
pub(super) const PLATFORM_RECOMMENDED: Version = Version::new(4, 18, 23050, 5);

/// The payload of a role.
pub(super) fn staged(manifest: &Manifest, role: Role) -> Result<&Payload, Stop> {
    manifest.payload(role).ok_or_else(|| {
        Stop::new(
            Reason::PayloadNotStaged,
            format!("the bundle has no {}", describe(role)),
        )
    })
}

fn describe(role: Role) -> &'static str {
    match role {
        Role::OnboardingInfo => "onboarding blob",
        Role::OffboardingInfo => "offboarding blob",
        Role::OnboardingScript => "onboarding script",
        Role::OffboardingScript => "offboarding script",
        Role::Agent => "unified agent (`md4ws.msi`)",
        Role::InstallScript => "`Install.ps1`",
        Role::PlatformUpdate => "platform update (`UpdatePlatform.exe`)",
        Role::SensorUpdate => "sensor update (`UpdateSenseClient.exe`)",
        Role::Hotfix => "update",
        Role::DeploymentTool => "deployment tool (`DefenderDT.exe`)",
        Role::DeploymentToolFile => "staged source of the deployment tool",
        Role::MonitoringAgent => "monitoring agent (`MMASetup-AMD64.exe`)",
        Role::WorkspaceKey => "workspace key",
        Role::Analyzer => "analyzer",
    }
}

/// Version of a payload, where it carries a readable one.
pub(super) fn version_of(payload: &Payload) -> Option<Version> {
    payload.version.as_deref()?.parse().ok()
}

/// An installer: its exit code 3010 means success, and it is never ended.
fn installer(manifest: &Manifest, action: Action, why: String, expects: Vec<Change>) -> Step {
    Step {
        action,
        why,
        accepted: vec![0],
        restart_codes: vec![RESTART_REQUIRED, RESTART_STARTED],
        limit_s: manifest.settings.install_limit_s,
        past_limit: PastLimit::LeaveRunning,
        may_restart: false,
        expects,
    }
}

/// A script: it is ended past its limit.
fn script(manifest: &Manifest, action: Action, why: String, expects: Vec<Change>) -> Step {
    Step {
        limit_s: manifest.settings.script_limit_s,
        restart_codes: Vec::new(),
        past_limit: PastLimit::End,
        ..installer(manifest, action, why, expects)
    }
}

/// A change that the bootstrap makes itself.
fn own(action: Action, why: String, expects: Vec<Change>) -> Step {
    Step {
        action,
        why,
        accepted: vec![0],
        restart_codes: Vec::new(),
        // Registry and service manager calls; the limit covers the start of a service, and the
        // one program that follows a blob.
        limit_s: 60,
        past_limit: PastLimit::End,
        may_restart: false,
        expects,
    }
}

pub(super) fn hotfix(
    manifest: &Manifest,
    Update { system, article }: Update,
    why: String,
    expects: Change,
) -> Result<Step, Stop> {
    let head = format!("{system}-{article}-").to_ascii_lowercase();
    let is_it = |payload: &&Payload| {
        payload.role == Role::Hotfix && payload.name.to_ascii_lowercase().starts_with(&head)
    };
    let Some(payload) = manifest.payloads.iter().find(is_it) else {
        return Err(Stop::new(
            Reason::PrerequisiteMissing,
            format!("{article} is neither installed nor staged: {why}"),
        ));
    };
    let action = Action::InstallHotfix {
        payload: payload.name.clone(),
        article: article.to_owned(),
    };
    Ok(Step {
        accepted: vec![0, ALREADY_INSTALLED],
        may_restart: true,
        ..installer(manifest, action, why, vec![expects])
    })
}

pub(super) fn enable_feature(manifest: &Manifest, why: String) -> Step {
    Step {
        may_restart: true,
        ..installer(
            manifest,
            Action::EnableFeature,
            why,
            vec![Change::AntivirusRuns],
        )
    }
}

pub(super) fn add_sensor(manifest: &Manifest, from: SensorSource, why: String) -> Step {
    Step {
        may_restart: true,
        ..installer(
            manifest,
            Action::AddSensor { from },
            why,
            vec![Change::SensorInstalled],
        )
    }
}

pub(super) fn enable_antivirus(manifest: &Manifest, why: String) -> Step {
    Step {
        may_restart: true,
        ..script(
            manifest,
            Action::EnableAntivirus,
            why,
            vec![Change::AntivirusRuns],
        )
    }
}

pub(super) fn update_platform(manifest: &Manifest, payload: &Payload, why: String) -> Step {
    let version = version_of(payload).unwrap_or(PLATFORM_RECOMMENDED);
    let action = Action::UpdatePlatform {
        payload: payload.name.clone(),
    };
    Step {
        may_restart: true,
        ..installer(
            manifest,
            action,
            why,
            vec![Change::PlatformAtLeast { version }],
        )
    }
}

pub(super) fn remove_leftover(why: String) -> Step {
    own(Action::RemoveLeftover, why, vec![Change::LeftoverGone])
}

pub(super) fn write_passive_mode(passive: bool, why: String) -> Step {
    own(
        Action::WritePassiveMode { passive },
        why,
        vec![Change::PassivePolicy { passive }],
    )
}

pub(super) fn remove_workspaces(manifest: &Manifest, ids: Vec<WorkspaceId>, why: String) -> Step {
    let expects = vec![Change::WorkspacesGone { ids: ids.clone() }];
    script(manifest, Action::RemoveWorkspaces { ids }, why, expects)
}

pub(super) fn remove_scep(manifest: &Manifest, why: String) -> Step {
    Step {
        // Between this and the agent there is no antivirus: only when nothing before it may
        // still ask for a restart.
        ..installer(manifest, Action::RemoveScep, why, vec![Change::ScepGone])
    }
}

pub(super) fn install_agent(
    manifest: &Manifest,
    payload: &Payload,
    passive: bool,
    why: String,
) -> Step {
    let action = Action::InstallAgent {
        payload: payload.name.clone(),
        passive,
    };
    Step {
        ..installer(manifest, action, why, vec![Change::SensorInstalled])
    }
}

pub(super) fn run_install_script(
    manifest: &Manifest,
    install_script: &Payload,
    agent: &Payload,
    passive: bool,
    why: String,
) -> Step {
    let action = Action::RunInstallScript {
        script: install_script.name.clone(),
        agent: agent.name.clone(),
        passive,
    };
    Step {
        restart_codes: vec![INSTALL_SCRIPT_RESTART, RESTART_REQUIRED, RESTART_STARTED],
        ..installer(manifest, action, why, vec![Change::SensorInstalled])
    }
}

pub(super) fn update_sensor(manifest: &Manifest, payload: &Payload, why: String) -> Step {
    let expects = version_of(payload)
        .map(|version| Change::SensorAtLeast { version })
        .into_iter()
        .collect();
    let action = Action::UpdateSensor {
        payload: payload.name.clone(),
    };
    installer(manifest, action, why, expects)
}

pub(super) fn write_identity(guid: String, why: String) -> Step {
    let expects = vec![Change::IdentityIs { guid: guid.clone() }];
    own(Action::WriteIdentity { guid }, why, expects)
}

pub(super) fn write_vdi_tag(why: String) -> Step {
    own(Action::WriteVdiTag, why, vec![Change::VdiTagged])
}

pub(super) fn start_sensor(why: String, expects: Vec<Change>) -> Step {
    own(Action::StartSensor, why, expects)
}

pub(super) fn onboarded(manifest: &Manifest) -> Change {
    Change::Onboarded {
        org_id: manifest.tenant.org_id.clone(),
        connectivity: manifest.tenant.connectivity,
    }
}

/// Onboarding by the bootstrap itself. Where the sensor already runs onboarded, all that can
/// show before the next start of Windows is the blob.
pub(super) fn apply_onboarding(
    manifest: &Manifest,
    payload: &Payload,
    facts: &Facts,
    runs_onboarded: bool,
    why: String,
) -> Step {
    let action = Action::ApplyOnboarding {
        payload: payload.name.clone(),
        effects: apply::onboarding(facts),
    };
    let mut expects = vec![Change::BlobWritten {
        sha256: payload.sha256,
    }];
    if !runs_onboarded {
        expects.push(onboarded(manifest));
    }
    own(action, why, expects)
}

/// Onboarding by the portal's script. Where the sensor already runs onboarded, the script ends at
/// once, and all that can show before the next start of Windows is the class of its blob.
pub(super) fn run_onboarding_script(
    manifest: &Manifest,
    payload: &Payload,
    runs_onboarded: bool,
    why: String,
) -> Step {
    let action = Action::RunOnboardingScript {
        payload: payload.name.clone(),
    };
    let connectivity = manifest.tenant.connectivity;
    let expects = if runs_onboarded {
        Change::BlobOfClass { connectivity }
    } else {
        onboarded(manifest)
    };
    script(manifest, action, why, vec![expects])
}

pub(super) fn run_deployment_tool(
    manifest: &Manifest,
    tool: &Payload,
    passive: bool,
    why: String,
) -> Step {
    let files = manifest
        .payloads
        .iter()
        .filter(|payload| payload.role == Role::DeploymentToolFile)
        .map(|payload| payload.name.clone())
        .collect();
    let action = Action::RunDeploymentTool {
        tool: tool.name.clone(),
        files,
        passive,
        vdi: manifest.settings.vdi != Vdi::None,
    };
    Step {
        accepted: vec![0, TOOL_ALREADY_ONBOARDED],
        restart_codes: vec![TOOL_RESTART, RESTART_REQUIRED, RESTART_STARTED],
        may_restart: true,
        ..installer(manifest, action, why, vec![onboarded(manifest)])
    }
}

pub(super) fn install_monitoring_agent(
    manifest: &Manifest,
    setup: &Payload,
    key: &Payload,
    workspace: &WorkspaceId,
    why: String,
) -> Step {
    let action = Action::InstallMonitoringAgent {
        setup: setup.name.clone(),
        key: key.name.clone(),
        workspace: workspace.clone(),
    };
    let expects = vec![Change::WorkspaceAdded {
        id: workspace.clone(),
    }];
    Step {
        ..installer(manifest, action, why, expects)
    }
}

pub(super) fn apply_offboarding(payload: &Payload, facts: &Facts, why: String) -> Step {
    let action = Action::ApplyOffboarding {
        payload: payload.name.clone(),
        effects: apply::offboarding(facts),
    };
    own(action, why, vec![Change::Offboarded, Change::SensorStopped])
}

pub(super) fn run_offboarding_script(manifest: &Manifest, payload: &Payload, why: String) -> Step {
    let action = Action::RunOffboardingScript {
        payload: payload.name.clone(),
    };
    script(manifest, action, why, vec![Change::Offboarded])
}

pub(super) fn uninstall_agent(manifest: &Manifest, product_code: &str, why: String) -> Step {
    let action = Action::UninstallAgent {
        product_code: product_code.to_owned(),
    };
    Step {
        ..installer(manifest, action, why, vec![Change::AgentGone])
    }
}

pub(super) fn restart(why: String) -> Step {
    Step {
        accepted: vec![0, RESTART_ON_ITS_WAY],
        may_restart: true,
        ..own(Action::Restart, why, vec![Change::Restarted])
    }
}
