//! Folders for deployment tools: what of the bundle they are made of, and which bundle may take back what
//! they do.

use gangway_contract::Sha256;
use gangway_contract::manifest::{Mode, Role};

use super::document::Format;
use super::{PackageError, PackageRequest, Source, Work};
use crate::formats::authenticode::FileKind;
use crate::packages::codes;
use crate::packages::tools::{
    Deployment, Program, Removal, ansible, configuration_manager, dsc, runtime_minutes,
};
use crate::pipeline::offboarding;
use crate::pipeline::verify::VerifyRequest;
use crate::problem::Problem;

/// Writes the folder of a tool.
pub(super) fn make(
    work: &mut Work<'_>,
    tool: Format,
    removal: Option<&Source>,
) -> Result<(), PackageError> {
    let deployment = deployment(work.source, removal);
    let files = match tool {
        Format::Configmgr => configuration_manager(&deployment)?,
        Format::Ansible => ansible(&deployment)?,
        _ => dsc(&deployment)?,
    };
    for folder in tool.folders() {
        for file in &files {
            let relative = format!("{folder}/{}", file.name);
            work.folder.write(&relative, file.content.as_bytes())?;
            let kind = relative.ends_with(".ps1").then_some(FileKind::Script);
            work.add(relative, tool, kind, None)?;
        }
    }
    Ok(())
}

fn deployment(source: &Source, removal: Option<&Source>) -> Deployment {
    let (document, manifest) = (&source.document, &source.manifest);
    let installers = manifest.payloads.iter().filter(|payload| {
        matches!(
            payload.role,
            Role::Agent
                | Role::PlatformUpdate
                | Role::SensorUpdate
                | Role::Hotfix
                | Role::DeploymentTool
                | Role::MonitoringAgent
        )
    });
    Deployment {
        organization: document.organization.clone(),
        bundle_id: document.bundle_id.clone(),
        sequence: document.sequence,
        tenant: manifest.tenant.org_id.clone(),
        program: program(source),
        runtime_minutes: runtime_minutes(&manifest.settings, installers.count()),
        removal: removal.and_then(|removal| {
            Some(Removal {
                bundle_id: removal.document.bundle_id.clone(),
                program: program(removal),
                expires_at: removal.manifest.expires_at?,
            })
        }),
    }
}

fn program(of: &Source) -> Program {
    Program {
        name: of.exe_name.clone(),
        sha256: Sha256::of(&of.exe.bytes),
    }
}

/// The bundle that offboards, proven as the other one is: it is of the same tenant and works at `now`, in seconds
/// since 1970 UTC.
pub(super) fn removal(
    request: &PackageRequest,
    source: &Source,
    now: i64,
) -> Result<Option<Source>, PackageError> {
    let Some(bundle) = &request.offboard else {
        return Ok(None);
    };
    let verified = VerifyRequest {
        bundle: bundle.clone(),
        // That is the digest of the other one.
        expect: None,
        ..request.bundle.clone()
    };
    let removal = Source::proven(&verified, request.allow_unsigned, true)?;
    match unfit(&removal, source, now) {
        None => Ok(Some(removal)),
        Some(why) => Err(PackageError::Refused(vec![Problem::new(
            &codes::OFFBOARDING_UNFIT,
            bundle.display().to_string(),
            why,
            match source.document.mode {
                Mode::Onboard => {
                    "give a bundle of `gangway build --mode offboard` of the same tenant that works still"
                }
                _ => "leave `--offboard` out, or pack an onboarding bundle",
            },
        )])),
    }
}

/// The bundle that offboards where something that is made names it; else the finding that nothing does.
pub(super) fn used(
    removal: Option<Source>,
    formats: &[Format],
) -> (Option<Source>, Option<Problem>) {
    // Folders of tools come with `content`, rules for application control with each exe.
    let names_it = |format: &Format| matches!(format, Format::Content | Format::Allow);
    match removal {
        Some(removal) if !formats.iter().any(names_it) => {
            let unused = Problem::new(
                &codes::OFFBOARDING_UNUSED,
                removal.folder.display().to_string(),
                "nothing that is made here uninstalls with it, so it is left out",
                "give it with `--format configmgr`, `ansible`, `dsc`, `content` or `allow`",
            );
            (None, Some(unused))
        }
        removal => (removal, None),
    }
}

/// Why this bundle does not take back what the other one does; `now` in seconds since 1970 UTC.
fn unfit(removal: &Source, source: &Source, now: i64) -> Option<String> {
    let (manifest, tenant) = (&removal.manifest, &source.manifest.tenant.org_id);
    if source.document.mode != Mode::Onboard {
        return Some(
            "the bundle that is packed does not onboard, so nothing takes it back".to_owned(),
        );
    }
    if manifest.mode != Mode::Offboard {
        return Some("it does not offboard".to_owned());
    }
    if manifest.tenant.org_id != *tenant {
        let theirs = &manifest.tenant.org_id;
        return Some(format!(
            "it is of tenant {theirs}, and servers go to {tenant}"
        ));
    }
    if manifest.expires_at.is_none() {
        return Some("its offboarding package names no end".to_owned());
    }
    let end = offboarding::end_of(manifest, "", now);
    let has_ended = offboarding::ended(end.as_slice()).is_some();
    has_ended.then(|| "its offboarding package is past its end".to_owned())
}

/// No state to bring servers to.
pub(super) fn not_onboarding(source: &Source) -> PackageError {
    PackageError::Refused(vec![Problem::new(
        &codes::NOT_ONBOARDING,
        source.folder.display().to_string(),
        "the bundle does not onboard",
        "give an onboarding bundle; one that offboards goes with it by `--offboard`",
    )])
}
