//! What a bundle may do at all, on whichever server: what is announced before.

use crate::manifest::{AgentRoute, Manifest, Mode, RebootRule, Role, Vdi};
use crate::step::StepKind;

/// Every kind of step that some server may need under this manifest, in the order of declaration. A
/// precheck takes none.
pub fn possible(manifest: &Manifest) -> Vec<StepKind> {
    let all = StepKind::ALL.iter().copied();
    all.filter(|kind| is_possible(manifest, *kind)).collect()
}

fn is_possible(manifest: &Manifest, kind: StepKind) -> bool {
    let settings = &manifest.settings;
    match (manifest.mode, kind) {
        (Mode::Precheck, _) => false,
        (_, StepKind::Restart) => settings.reboot != RebootRule::Never,
        (Mode::Offboard, StepKind::ApplyOffboarding) => has(manifest, Role::OffboardingInfo),
        (Mode::Offboard, StepKind::RunOffboardingScript) => has(manifest, Role::OffboardingScript),
        (Mode::Offboard, StepKind::UninstallAgent) => settings.uninstall_agent,
        // It has to run to take the offboarding.
        (Mode::Offboard, StepKind::StartSensor) => true,
        (Mode::Offboard, StepKind::RemoveWorkspaces) => {
            !settings.remove_workspaces.is_empty() || settings.monitoring_agent.is_some()
        }
        (Mode::Offboard, _) => false,
        (Mode::Onboard, kind) => onboards(manifest, kind),
    }
}

fn has(manifest: &Manifest, role: Role) -> bool {
    manifest.payloads.iter().any(|payload| payload.role == role)
}

fn onboards(manifest: &Manifest, kind: StepKind) -> bool {
    let settings = &manifest.settings;
    let has = |role| has(manifest, role);
    let by = |route| settings.agent_route == route && has(Role::Agent);
    match kind {
        // What a server is made ready with by its own means.
        StepKind::EnableFeature
        | StepKind::EnableAntivirus
        | StepKind::RemoveLeftover
        | StepKind::RemoveScep
        | StepKind::WritePassiveMode
        | StepKind::StartSensor => true,
        StepKind::InstallHotfix => has(Role::Hotfix),
        StepKind::UpdatePlatform => has(Role::PlatformUpdate),
        StepKind::UpdateSensor => has(Role::SensorUpdate),
        StepKind::RemoveWorkspaces => !settings.remove_workspaces.is_empty(),
        StepKind::AddSensor => settings.add_sensor_from.is_some(),
        StepKind::InstallAgent => by(AgentRoute::Auto),
        StepKind::RunInstallScript => by(AgentRoute::InstallScript),
        StepKind::RunDeploymentTool => has(Role::DeploymentTool),
        StepKind::InstallMonitoringAgent => has(Role::MonitoringAgent),
        StepKind::WriteIdentity | StepKind::WriteVdiTag => settings.vdi != Vdi::None,
        StepKind::ApplyOnboarding => has(Role::OnboardingInfo),
        StepKind::RunOnboardingScript => has(Role::OnboardingScript),
        StepKind::ApplyOffboarding
        | StepKind::RunOffboardingScript
        | StepKind::UninstallAgent
        | StepKind::Restart => false,
    }
}
