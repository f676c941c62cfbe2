//! What the judged downloads say about the bundle as a whole: its tenant, its time, its inputs.

use std::path::Path;

use gangway_contract::ReleaseId;
use gangway_contract::manifest::{ApplyMethod, Cloud, Connectivity, Mode, Role, Tenant};

use super::payloads::Selected;
use crate::bundle::{Input, Remark};
use crate::formats::onboarding_script::Shape;
use crate::intake::{Inspection, Item, Kind, Verdict, codes};

/// Output time when neither the environment nor any input gives one: 2000-01-01.
const FALLBACK_TIME: i64 = 946_684_800;

/// The newest countersignature among the inputs dates the bundle, so that the same inputs
/// give the same bytes on any day.
pub(super) fn output_time(source_date_epoch: Option<i64>, inspection: &Inspection) -> i64 {
    let newest = || {
        inspection
            .items
            .iter()
            .filter_map(|item| match &item.verdict {
                Verdict::Valid { signed_at, .. } => *signed_at,
                _ => None,
            })
            .max()
    };
    source_date_epoch.or_else(newest).unwrap_or(FALLBACK_TIME)
}

/// Every judged download, by path relative to the config, so that no machine's folders enter
/// the bundle.
pub(super) fn inputs(
    inspection: &Inspection,
    selected: &[Selected<'_>],
    release_id: &ReleaseId,
    config: &Path,
) -> Vec<Input> {
    let path_of = |name: &str| format!("share/releases/{release_id}/{name}");
    let mut inputs: Vec<Input> = inspection
        .items
        .iter()
        .map(|item| Input {
            path: relative(item, config),
            size: item.size,
            sha256: item.sha256,
            kind: item.kind.name().to_owned(),
            verdict: item.verdict.to_string(),
            staged_as: selected
                .iter()
                .find(|one| one.payload.sha256 == item.sha256)
                .map(|one| path_of(&one.payload.name)),
            blob_staged_as: selected
                .iter()
                .find(|one| {
                    let blob = item.kind.payload();
                    blob.is_some_and(|(role, blob)| {
                        role == one.payload.role && blob.sha256() == one.payload.sha256
                    })
                })
                .map(|one| path_of(&one.payload.name)),
        })
        .collect();
    inputs.sort_by(|left, right| left.path.cmp(&right.path));
    inputs
}

/// Whom a bundle is about, and until when it works.
pub(super) struct Target {
    pub(super) tenant: Tenant,
    pub(super) expires_at: Option<i64>,
}

/// Read from the signed body of the package that the mode applies.
pub(super) fn target(inspection: &Inspection, mode: Mode, apply: ApplyMethod) -> Option<Target> {
    let onboarding = inspection.package(Role::OnboardingInfo);
    let onboarding = onboarding.and_then(|item| match &item.kind {
        Kind::OnboardingScript { blob, .. } | Kind::OnboardingFile { blob, .. } => Some(Tenant {
            org_id: blob.org_id.clone(),
            cloud: blob.cloud,
            connectivity: blob.connectivity,
            endpoints: blob.endpoints.clone(),
            script_shape: shape(item, apply),
        }),
        _ => None,
    });
    if mode != Mode::Offboard {
        return onboarding.map(|tenant| Target {
            tenant,
            expires_at: None,
        });
    }
    let item = inspection.package(Role::OffboardingInfo)?;
    let (Kind::OffboardingScript { blob, .. } | Kind::OffboardingFile { blob, .. }) = &item.kind
    else {
        return None;
    };
    // The offboarding body names no service; the onboarding package of the same tenant does.
    let tenant = onboarding
        .filter(|tenant| tenant.org_id == blob.org_id)
        .unwrap_or_else(|| Tenant {
            org_id: blob.org_id.clone(),
            cloud: Cloud::Commercial,
            connectivity: Connectivity::Streamlined,
            endpoints: Vec::new(),
            script_shape: None,
        });
    Some(Target {
        tenant: Tenant {
            script_shape: shape(item, apply),
            ..tenant
        },
        expires_at: Some(blob.expires_at),
    })
}

/// The shape of a text that is run. One that is not run must not change what a server is told,
/// so the same blob gives the same manifest whatever stands around it.
fn shape(item: &Item, apply: ApplyMethod) -> Option<String> {
    match &item.kind.script_text()?.shape {
        Shape::Known { name } if apply == ApplyMethod::Script => Some((*name).to_owned()),
        _ => None,
    }
}

/// The warnings about the package that a bundle applies.
pub(super) fn remarks(inspection: &Inspection, mode: Mode, config: &Path) -> Vec<Remark> {
    let role = match mode {
        Mode::Offboard => Role::OffboardingInfo,
        Mode::Precheck | Mode::Onboard => Role::OnboardingInfo,
    };
    let Some(item) = inspection.package(role) else {
        return Vec::new();
    };
    item.problems
        .iter()
        .filter(|problem| codes::is_kept(problem))
        .map(|problem| Remark {
            code: problem.code.id.to_owned(),
            subject: relative(item, config),
            message: problem.message.clone(),
            evidence: problem.evidence.clone(),
        })
        .collect()
}

/// Path of an item relative to the config.
fn relative(item: &Item, config: &Path) -> String {
    let folder = config.parent().unwrap_or(Path::new("")).to_string_lossy();
    let path = item.path.strip_prefix(&*folder).unwrap_or(&item.path);
    path.trim_start_matches(['/', '\\']).replace('\\', "/")
}
