//! What the judged downloads say about the bundle as a whole: its tenant, its time, its inputs.

use std::path::{Path, PathBuf};

use gangway_contract::ReleaseId;
use gangway_contract::manifest::{ApplyMethod, Cloud, Connectivity, Mode, Role, Tenant};

use super::config::{Config, Downloads};
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

/// The paths that the config names for downloads. What lies below them is told by its path from
/// there on: where a folder lies is no fact about the downloads, and another checkout, or the same
/// folder named from the root, has to give the same bytes.
#[derive(Debug)]
pub(super) struct Named(Vec<PathBuf>);

impl Named {
    /// Of a config whose paths are resolved.
    pub(super) fn of(config: &Config) -> Self {
        let Downloads {
            paths,
            deployment_source,
        } = &config.downloads;
        let shown = |path: &PathBuf| PathBuf::from(path.display().to_string());
        Self(paths.iter().chain(deployment_source).map(shown).collect())
    }

    /// Path of an item below the folder that is named for it, with `/`; of a file that is named
    /// itself, its name.
    pub(super) fn path(&self, item: &Item) -> String {
        let below = self.0.iter().find_map(|named| below(named, &item.path));
        below
            .unwrap_or_else(|| item.path.clone())
            .replace('\\', "/")
    }

    /// Puts items into an order that does not depend on where their folders lie: of several that
    /// would do the first is taken.
    pub(super) fn sort(&self, items: &mut [Item]) {
        items.sort_by_cached_key(|item| (self.path(item), item.sha256));
    }
}

/// The part of `path` below `named`. Entries of an archive stand behind a `!`.
fn below(named: &Path, path: &str) -> Option<String> {
    let inside = Path::new(path).strip_prefix(named).ok();
    if let Some(rest) = inside.filter(|rest| !rest.as_os_str().is_empty()) {
        return Some(rest.display().to_string());
    }
    // A folder may have a `!` in its name as well.
    let mut ends = path.match_indices('!').map(|(at, _)| at);
    let end = ends.find(|at| Path::new(&path[..*at]) == named);
    let entry = match end {
        Some(at) => &path[at..],
        None if inside.is_some() => "",
        None => return None,
    };
    Some(format!("{}{entry}", named.file_name()?.display()))
}

/// Judged downloads as the bundle names them.
pub(super) fn inputs<'a>(
    items: impl Iterator<Item = &'a Item>,
    selected: &[Selected<'_>],
    release_id: &ReleaseId,
    named: &Named,
) -> Vec<Input> {
    let path_of = |name: &str| format!("share/releases/{release_id}/{name}");
    let mut inputs: Vec<Input> = items
        .map(|item| Input {
            path: named.path(item),
            size: item.size,
            sha256: item.sha256,
            kind: item.kind.name().to_owned(),
            verdict: item.verdict.to_string(),
            staged_as: selected
                .iter()
                // A file that holds the blob alone may have its very bytes.
                .find(|one| one.blob.is_none() && one.payload.sha256 == item.sha256)
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
    // Items are in this order; the document's has to be, whatever theirs is.
    inputs.sort_by(|left, right| (&left.path, left.sha256).cmp(&(&right.path, right.sha256)));
    inputs
}

/// Whom a bundle is about, and until when it works.
#[derive(Clone)]
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
pub(super) fn remarks(inspection: &Inspection, mode: Mode, named: &Named) -> Vec<Remark> {
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
            subject: named.path(item),
            message: problem.message.clone(),
            evidence: problem.evidence.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_from_the_named_folder_on() {
        let cases = [
            ("downloads", "downloads/a/b.msi", Some("a/b.msi")),
            ("downloads/", "downloads/b.msi", Some("b.msi")),
            ("/srv/x/downloads", "/srv/x/downloads/b.msi", Some("b.msi")),
            (
                "lab/downloads",
                "lab/downloads/p.zip!s.cmd",
                Some("p.zip!s.cmd"),
            ),
            // A file that is named itself.
            ("x/b.msi", "x/b.msi", Some("b.msi")),
            ("x/p.zip", "x/p.zip!s.cmd", Some("p.zip!s.cmd")),
            (
                "x!/p.zip",
                "x!/p.zip!a.zip!s.cmd",
                Some("p.zip!a.zip!s.cmd"),
            ),
            ("x!y", "x!y/b.msi", Some("b.msi")),
            // Of another folder.
            ("downloads", "downloads2/b.msi", None),
            ("x/p", "x/p.zip!s.cmd", None),
        ];
        for (named, path, told) in cases {
            let found = below(Path::new(named), path);
            assert_eq!(found.as_deref(), told, "{path} below {named}");
        }
    }
}
