//! What the judged downloads say about the bundle as a whole: its tenant, its time, its inputs.

use std::path::Path;

use gangway_contract::ReleaseId;
use gangway_contract::manifest::{Cloud, Connectivity, Mode, Tenant};

use super::payloads::Selected;
use crate::bundle::Input;
use crate::intake::{Inspection, Item, Kind, Verdict};

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
    let folder = config
        .parent()
        .unwrap_or(Path::new(""))
        .to_string_lossy()
        .into_owned();
    let relative = |item: &Item| {
        let path = item
            .path
            .strip_prefix(folder.as_str())
            .unwrap_or(&item.path);
        path.trim_start_matches(['/', '\\']).replace('\\', "/")
    };
    let mut inputs: Vec<Input> = inspection
        .items
        .iter()
        .map(|item| Input {
            path: relative(item),
            size: item.size,
            sha256: item.sha256,
            kind: item.kind.name().to_owned(),
            verdict: item.verdict.to_string(),
            staged_as: selected
                .iter()
                .find(|one| one.item.sha256 == item.sha256)
                .map(|one| format!("share/releases/{release_id}/{}", one.payload.name)),
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

/// Read from the signed body of the package that the mode runs. There is exactly one after an
/// inspection without errors.
pub(super) fn target(inspection: &Inspection, mode: Mode) -> Option<Target> {
    let onboarding = inspection.items.iter().find_map(|item| match &item.kind {
        Kind::OnboardingScript {
            blob: Some(blob), ..
        } if item.kind.role().is_some() => Some(Tenant {
            org_id: blob.org_id.clone(),
            cloud: blob.cloud,
            connectivity: blob.connectivity,
            endpoints: blob.endpoints.clone(),
            script_shape: None,
        }),
        _ => None,
    });
    if mode != Mode::Offboard {
        return onboarding.map(|tenant| Target {
            tenant,
            expires_at: None,
        });
    }
    let offboarding = inspection.items.iter().find_map(|item| match &item.kind {
        Kind::OffboardingScript {
            blob: Some(blob), ..
        } if item.kind.role().is_some() => Some(blob),
        _ => None,
    })?;
    // The offboarding body names no service; the onboarding package of the same tenant does.
    let tenant = onboarding
        .filter(|tenant| tenant.org_id == offboarding.org_id)
        .unwrap_or_else(|| Tenant {
            org_id: offboarding.org_id.clone(),
            cloud: Cloud::Commercial,
            connectivity: Connectivity::Streamlined,
            endpoints: Vec::new(),
            script_shape: None,
        });
    Some(Target {
        tenant,
        expires_at: Some(offboarding.expires_at),
    })
}
