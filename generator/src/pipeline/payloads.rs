//! Which downloads become payloads, under which names, and the manifest's list of them.

use gangway_contract::manifest::{Mode, Payload, Role, Signer};
use gangway_contract::{ReleaseId, Sha256, payload_name};

use super::codes;
use crate::intake::{Inspection, Item, Kind, Verdict};
use crate::problem::Problem;

/// A download and the payload it becomes.
#[derive(Debug)]
pub(super) struct Selected<'a> {
    pub(super) item: &'a Item,
    pub(super) payload: Payload,
}

/// Roles that an onboarding bundle carries when the downloads have them. The analyzer is an
/// optional tool for people; the retired agent's key is given by config
/// ([`workspace_key`](super::workspace_key)), not by download.
const ONBOARDING_ROLES: [Role; 9] = [
    Role::OnboardingScript,
    Role::Agent,
    Role::InstallScript,
    Role::PlatformUpdate,
    Role::SensorUpdate,
    Role::Hotfix,
    Role::DeploymentTool,
    Role::DeploymentToolFile,
    Role::Analyzer,
];

/// Chooses the payloads of a mode, sorted by name.
///
/// The same bytes found twice are one payload; different bytes for one role are a problem
/// that the inspection reports already.
///
/// The retired agent is a payload only when the config asks for it: no server should get it
/// because its setup was left in the downloads folder.
pub(super) fn select(
    inspection: &Inspection,
    mode: Mode,
    monitoring_agent: bool,
) -> (Vec<Selected<'_>>, Vec<Problem>) {
    let mut roles = match mode {
        Mode::Precheck | Mode::Onboard => ONBOARDING_ROLES.to_vec(),
        Mode::Offboard => vec![Role::OffboardingScript],
    };
    let monitoring_agent = monitoring_agent && mode != Mode::Offboard;
    if monitoring_agent {
        roles.push(Role::MonitoringAgent);
    }
    let mut selected: Vec<Selected<'_>> = Vec::new();
    for role in roles {
        for item in inspection.of_role(role) {
            if selected
                .iter()
                .any(|other| other.item.sha256 == item.sha256)
            {
                continue;
            }
            let payload = Payload {
                role,
                name: name(role, item),
                size: item.size,
                sha256: item.sha256,
                version: item.kind.version().map(str::to_owned),
                signer: signer(&item.verdict),
            };
            selected.push(Selected { item, payload });
        }
    }
    selected.sort_by(|left, right| left.payload.name.cmp(&right.payload.name));
    let mut problems = missing(&selected, mode);
    if monitoring_agent {
        problems.push(retired(&selected));
    }
    (selected, problems)
}

/// Whom the bootstrap should find as the signer.
fn signer(verdict: &Verdict) -> Option<Signer> {
    match verdict {
        Verdict::Valid {
            first_signature: Some(first),
            ..
        } => Some(Signer {
            certificate: first.certificate,
            root: first.root,
            signed_at: first.signed_at,
        }),
        _ => None,
    }
}

/// The identity of a payload set: digest of its list in the manifest's own form.
pub(super) fn release_id(payloads: &[Payload]) -> ReleaseId {
    // Strings and numbers only, which always serialise.
    ReleaseId::of_bytes(&serde_json::to_vec(payloads).unwrap_or_default())
}

/// What there is to say of the retired agent: that its setup is missing, or that it is retired.
fn retired(selected: &[Selected<'_>]) -> Problem {
    let staged = selected
        .iter()
        .any(|selected| selected.payload.role == Role::MonitoringAgent);
    if !staged {
        return Problem::new(
            &codes::NO_MONITORING_AGENT,
            "downloads",
            "`onboard.monitoring_agent` is set and there is no `MMASetup-AMD64.exe` among the \
             downloads",
            "put the setup of version 10.20.18029 or later into the downloads folder, or take \
             the section out of the config",
        );
    }
    Problem::new(
        &codes::MONITORING_AGENT_RETIRED,
        "onboard.monitoring_agent",
        "the monitoring agent was retired on 2024-08-31",
        "stage the deployment tool (`downloads.deployment_source`), which replaces it on Server \
         2008 R2 SP1",
    )
}

/// What a bundle cannot do for want of a download.
fn missing(selected: &[Selected<'_>], mode: Mode) -> Vec<Problem> {
    let has = |role| {
        selected
            .iter()
            .any(|selected| selected.payload.role == role)
    };
    let mut problems = Vec::new();
    match mode {
        Mode::Precheck | Mode::Onboard => {
            if !has(Role::OnboardingScript) {
                problems.push(Problem::new(
                    &codes::NO_ONBOARDING_PACKAGE,
                    "downloads",
                    "there is no onboarding script for Group Policy among the downloads",
                    "in the Defender portal choose Settings > Endpoints > Onboarding, deployment \
                     method `Group Policy`, and put the package into the downloads folder",
                ));
            }
            if !has(Role::Agent) {
                problems.push(Problem::new(
                    &codes::NO_AGENT,
                    "downloads",
                    "there is no `md4ws.msi` among the downloads",
                    "nothing, when no Server 2012 R2 or 2016 is in scope; else download the \
                     installation package for them in the portal",
                ));
            }
        }
        Mode::Offboard => {
            if !has(Role::OffboardingScript) {
                problems.push(Problem::new(
                    &codes::NO_OFFBOARDING_PACKAGE,
                    "downloads",
                    "there is no offboarding script for Group Policy among the downloads",
                    "in the Defender portal choose Settings > Endpoints > Offboarding, deployment \
                     method `Group Policy`; the package is valid for a few days only",
                ));
            }
        }
    }
    problems
}

/// The name in the release folder. Fixed for each role, because `Install.ps1` and the
/// deployment tool look for these very names; hotfixes keep their KB in the name.
fn name(role: Role, item: &Item) -> String {
    match role {
        Role::OnboardingInfo => payload_name::ONBOARDING_INFO,
        Role::OffboardingInfo => payload_name::OFFBOARDING_INFO,
        Role::OnboardingScript => payload_name::ONBOARDING_SCRIPT,
        Role::OffboardingScript => payload_name::OFFBOARDING_SCRIPT,
        Role::Agent => "md4ws.msi",
        Role::InstallScript => "Install.ps1",
        Role::PlatformUpdate => "UpdatePlatform.exe",
        Role::SensorUpdate => "UpdateSenseClient.exe",
        Role::DeploymentTool => "DefenderDT.exe",
        Role::MonitoringAgent => "MMASetup-AMD64.exe",
        Role::Analyzer => "MDEClientAnalyzer.zip",
        Role::WorkspaceKey => "workspace.key",
        Role::DeploymentToolFile => match &item.kind {
            Kind::DeploymentToolFile { name } => name,
            _ => "WindowsDefenderATP.onboarding",
        },
        Role::Hotfix => {
            let Kind::Hotfix { kb, system, .. } = &item.kind else {
                return hotfix_name("Windows", "KB0000000", item.sha256);
            };
            return hotfix_name(system, kb, item.sha256);
        }
    }
    .to_owned()
}

/// Systems that an update may be for, as its own files name them. The bootstrap looks for the
/// update of its own system by this head of the name: one KB number may stand for two.
const HOTFIX_SYSTEMS: [&str; 3] = ["Windows6.1", "Windows8.1", "Windows10.0"];

/// The digest's head keeps two updates with one KB number apart.
fn hotfix_name(system: &str, kb: &str, sha256: Sha256) -> String {
    let known = HOTFIX_SYSTEMS
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(system));
    let system = known.unwrap_or("Windows");
    format!("{system}-{kb}-{}.msu", &sha256.to_string()[..8])
}
