//! Which downloads become payloads, under which names, and the manifest's list of them.

use gangway_contract::manifest::{ApplyMethod, Mode, Payload, Role, Signer};
use gangway_contract::{ReleaseId, Sha256, payload_name, update};

use super::{accepted, codes};
use crate::formats::blob::BlobText;
use crate::intake::{self, Inspection, Item, Kind, Verdict};
use crate::problem::Problem;

/// A payload and the download that it comes from.
#[derive(Debug)]
pub(super) struct Selected<'a> {
    pub(super) item: &'a Item,
    pub(super) payload: Payload,
    /// The payload's bytes, where they are the blob that the download carries; else they are
    /// the download itself.
    pub(super) blob: Option<&'a BlobText>,
}

/// What the config says about payloads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choices<'a> {
    /// What the bootstrap will do.
    pub(super) mode: Mode,
    /// How the blob reaches the sensor.
    pub(super) apply: ApplyMethod,
    /// Digests of the scripts that may be run.
    pub(super) accept_scripts: &'a [Sha256],
    /// The retired agent is asked for.
    pub(super) monitoring_agent: bool,
    /// The deployment tool is asked for on every product.
    pub(super) deployment_tool: bool,
}

/// Roles that an onboarding bundle carries when the downloads have them. The analyzer is an
/// optional tool for people; the retired agent's key is given by config
/// ([`workspace_key`](super::workspace_key)), not by download.
const ONBOARDING_ROLES: [Role; 8] = [
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
/// Of a package a server gets the blob; the text around it only where the config asks for that
/// very text. The same bytes found twice are one payload; different bytes for one role are a
/// problem that the inspection reports already.
///
/// The retired agent is a payload only when the config asks for it: no server should get it
/// because its setup was left in the downloads folder. A `.onboarding` file goes along as it is
/// only with the deployment tool, which reads it.
pub(super) fn select<'a>(
    inspection: &'a Inspection,
    choices: &Choices<'_>,
) -> (Vec<Selected<'a>>, Vec<Problem>) {
    let offboard = choices.mode == Mode::Offboard;
    let mut roles = if offboard {
        Vec::new()
    } else {
        ONBOARDING_ROLES.to_vec()
    };
    let monitoring_agent = choices.monitoring_agent && !offboard;
    if monitoring_agent {
        roles.push(Role::MonitoringAgent);
    }
    let (package, mut problems) = match choices.apply {
        ApplyMethod::Native => (blob(inspection, offboard), Vec::new()),
        ApplyMethod::Script => {
            let role = if offboard {
                Role::OffboardingScript
            } else {
                Role::OnboardingScript
            };
            let (script, problems) = accepted::script(inspection, role, choices.accept_scripts);
            (script.map(|item| of_item(role, item)), problems)
        }
    };
    let tool = inspection.of_role(Role::DeploymentTool).next().is_some();
    let mut selected: Vec<Selected<'_>> = package.into_iter().collect();
    for role in roles {
        for item in inspection.of_role(role) {
            // A file that holds the blob alone may have its very bytes, and is a payload of its own.
            let is_taken = selected
                .iter()
                .any(|one| one.blob.is_none() && one.payload.sha256 == item.sha256);
            let for_the_tool = matches!(item.kind, Kind::OnboardingFile { .. });
            if is_taken || for_the_tool && !tool {
                continue;
            }
            selected.push(of_item(role, item));
        }
    }
    selected.sort_by(|left, right| left.payload.name.cmp(&right.payload.name));
    problems.extend(missing(&selected, choices, inspection));
    if monitoring_agent {
        problems.push(retired(&selected));
    }
    (selected, problems)
}

/// The blob that the mode applies.
fn blob(inspection: &Inspection, offboard: bool) -> Option<Selected<'_>> {
    let (role, name) = if offboard {
        (Role::OffboardingInfo, payload_name::OFFBOARDING_INFO)
    } else {
        (Role::OnboardingInfo, payload_name::ONBOARDING_INFO)
    };
    let item = inspection.package(role)?;
    let (_, blob) = item.kind.payload()?;
    Some(Selected {
        item,
        payload: Payload {
            role,
            name: name.to_owned(),
            size: blob.expose().len() as u64,
            sha256: blob.sha256(),
            version: item.kind.version().map(str::to_owned),
            signer: None,
        },
        blob: Some(blob),
    })
}

/// A download as a payload, byte for byte.
fn of_item(role: Role, item: &Item) -> Selected<'_> {
    Selected {
        item,
        payload: Payload {
            role,
            name: name(role, item),
            size: item.size,
            sha256: item.sha256,
            version: item.kind.version().map(str::to_owned),
            signer: signer(&item.verdict),
        },
        blob: None,
    }
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
fn missing(
    selected: &[Selected<'_>],
    choices: &Choices<'_>,
    inspection: &Inspection,
) -> Vec<Problem> {
    let has = |roles: &[Role]| {
        let mut all = selected.iter();
        all.any(|selected| roles.contains(&selected.payload.role))
    };
    // Which script is missing for want of a digest is told where scripts are chosen.
    let native = choices.apply == ApplyMethod::Native;
    let mut problems = Vec::new();
    match choices.mode {
        Mode::Precheck | Mode::Onboard => {
            if native && !has(&[Role::OnboardingInfo]) {
                let none = Problem::new(
                    &codes::NO_ONBOARDING_PACKAGE,
                    "downloads",
                    "there is no onboarding package among the downloads that may be used",
                    "in the Defender portal choose Settings > Endpoints > Onboarding, deployment \
                     method `Group Policy`, and put the package into the downloads folder",
                );
                problems.push(with_refused(none, inspection));
            }
            problems.extend(tool_without_package(selected));
            if choices.deployment_tool && !has(&[Role::DeploymentTool]) {
                problems.push(Problem::new(
                    &codes::NO_TOOL,
                    "onboard.agent_route",
                    "the deployment tool is asked for and is not among the downloads",
                    "put `DefenderDT.exe` into the downloads folder, or leave `agent_route` out",
                ));
            }
            if !choices.deployment_tool && !has(&[Role::Agent]) {
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
            if native && !has(&[Role::OffboardingInfo]) {
                let none = Problem::new(
                    &codes::NO_OFFBOARDING_PACKAGE,
                    "downloads",
                    "there is no offboarding package among the downloads that may be used",
                    "in the Defender portal choose Settings > Endpoints > Offboarding, deployment \
                     method `Group Policy`; the package is valid for a few days only",
                );
                problems.push(with_refused(none, inspection));
            }
        }
    }
    problems
}

/// Names what might have been the package, had no error stood against it: who put one there would
/// else look for it in the wrong place.
fn with_refused(problem: Problem, inspection: &Inspection) -> Problem {
    let may_be_one = |item: &&Item| {
        matches!(
            item.kind,
            Kind::OnboardingScript { .. }
                | Kind::OnboardingFile { .. }
                | Kind::OffboardingScript { .. }
                | Kind::OffboardingFile { .. }
                | Kind::Unknown { .. }
        )
    };
    let misnamed = &intake::codes::MISNAMED;
    let items = inspection.items.iter().filter(may_be_one);
    items.fold(problem, |problem, item| {
        match item.problems.iter().find(|problem| problem.is_error()) {
            Some(error) => {
                problem.with_evidence(format!("`{}` is refused: {}", item.path, error.code.id))
            }
            None => match item.problems.iter().find(|one| one.code == misnamed) {
                Some(one) => problem.with_evidence(format!("`{}`: {}", item.path, one.message)),
                None => problem,
            },
        }
    })
}

/// The deployment tool reads the blob from a `.onboarding` file in its folder (Microsoft's page
/// `defender-deployment-tool-windows`, exit code 201 without one); no key is given to it.
fn tool_without_package(selected: &[Selected<'_>]) -> Option<Problem> {
    let tool = selected
        .iter()
        .find(|selected| selected.payload.role == Role::DeploymentTool)?;
    let fed = selected
        .iter()
        .any(|selected| selected.payload.name == payload_name::TOOL_PACKAGE);
    (!fed).then(|| {
        Problem::new(
            &codes::NO_TOOL_PACKAGE,
            &tool.item.path,
            "the deployment tool is staged and there is no `WindowsDefenderATP.onboarding` among \
             the downloads",
            "add the `.onboarding` file of the portal's package, or take the tool out of the \
             downloads",
        )
    })
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
            _ => payload_name::TOOL_PACKAGE,
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

/// The head tells the system, because one KB number may stand for two; the digest's head keeps two
/// updates with one number apart.
fn hotfix_name(system: &str, kb: &str, sha256: Sha256) -> String {
    let known = update::SYSTEMS
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(system));
    let system = known.unwrap_or("Windows");
    format!("{system}-{kb}-{}.msu", &sha256.to_string()[..8])
}
