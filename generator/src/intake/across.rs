//! What only shows when all items are looked at together.

use std::collections::{BTreeMap, BTreeSet};

use gangway_contract::OrgId;
use gangway_contract::manifest::Role;

use super::codes;
use super::item::{Item, Kind, ScriptVariant, Verdict};
use crate::formats::blob::BlobText;
use crate::problem::Problem;

/// Evidence lines in one problem.
const MAX_EVIDENCE: usize = 20;

/// Makes the unattended script beside a VDI companion the VDI one: the script alone does not
/// tell.
pub(super) fn mark_non_persistent(items: &mut [Item]) {
    let folders: Vec<String> = items
        .iter()
        .filter(|item| item.kind == Kind::VdiCompanion)
        .map(|item| folder(&item.path).to_owned())
        .collect();
    for item in items {
        if let Kind::OnboardingScript { variant, .. } = &mut item.kind
            && *variant == ScriptVariant::GroupPolicy
            && folders.iter().any(|found| found == folder(&item.path))
        {
            *variant = ScriptVariant::NonPersistent;
        }
    }
}

/// The path without its last part; the border of an archive ends a part too.
fn folder(path: &str) -> &str {
    path.rfind(['/', '\\', '!'])
        .map_or("", |at| path.get(..=at).unwrap_or_default())
}

/// Problems of several items together.
pub(super) fn problems(items: &[Item]) -> Vec<Problem> {
    let mut problems = role_problems(items);
    problems.extend(package_problems(items));
    problems.extend(tenant_problems(items));
    problems.extend(lab_root_problem(items));
    problems.extend(blob_root_problem(items));
    problems
}

fn org_id(kind: &Kind) -> Option<&OrgId> {
    match kind {
        Kind::OnboardingScript { blob, .. } | Kind::OnboardingFile { blob, .. } => {
            Some(&blob.org_id)
        }
        Kind::OffboardingScript { blob, .. } | Kind::OffboardingFile { blob, .. } => {
            Some(&blob.org_id)
        }
        _ => None,
    }
}

fn tenant_problems(items: &[Item]) -> Option<Problem> {
    let mut tenants: BTreeMap<&OrgId, Vec<&Item>> = BTreeMap::new();
    for item in items {
        if let Some(tenant) = org_id(&item.kind) {
            tenants.entry(tenant).or_default().push(item);
        }
    }
    (tenants.len() > 1).then(|| {
        let problem = Problem::new(
            &codes::TWO_TENANTS,
            "downloads",
            "the downloads hold packages for different tenants",
            "keep the packages of one tenant, or build one bundle for each",
        );
        tenants.iter().fold(problem, |problem, (tenant, items)| {
            items
                .iter()
                .take(MAX_EVIDENCE)
                .fold(problem, |problem, item| {
                    problem.with_evidence(format!("tenant `{tenant}`: `{}`", item.path))
                })
        })
    })
}

fn role_problems(items: &[Item]) -> Vec<Problem> {
    let mut slots: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
    for item in items {
        if let Some(slot) = item.kind.slot() {
            slots.entry(slot).or_default().push(item);
        }
    }
    slots
        .iter()
        .filter_map(|(slot, items)| slot_problem(slot, items))
        .collect()
}

/// Scripts for one purpose whose blobs differ. The texts around one blob may: they go to no
/// server. A `.onboarding` file beside them is the deployment tool's and may be another download.
fn package_problems(items: &[Item]) -> Vec<Problem> {
    [
        (Role::OnboardingInfo, "onboarding script"),
        (Role::OffboardingInfo, "offboarding script"),
    ]
    .into_iter()
    .filter_map(|(role, purpose)| {
        let scripts = items
            .iter()
            .filter(|item| item.kind.script_text().is_some());
        let carriers: Vec<(&Item, &BlobText)> = scripts
            .filter_map(|item| match item.kind.payload() {
                Some((of, payload)) if of == role => Some((item, payload)),
                _ => None,
            })
            .collect();
        package_problem(purpose, &carriers)
    })
    .collect()
}

fn package_problem(purpose: &str, carriers: &[(&Item, &BlobText)]) -> Option<Problem> {
    let different: BTreeSet<_> = carriers.iter().map(|(_, blob)| blob.sha256()).collect();
    if different.len() < 2 {
        return None;
    }
    let problem = Problem::new(
        &codes::TWO_PACKAGES,
        purpose,
        format!("{} different blobs compete for one place", different.len()),
        "keep the package of your tenant that was downloaded last, and take the others out of the folder",
    );
    let shown = carriers.iter().take(MAX_EVIDENCE);
    Some(shown.fold(problem, |problem, (item, blob)| {
        let version = item.kind.version().unwrap_or("none");
        problem.with_evidence(format!(
            "`{}`: version {version}, SHA-256 of the blob {}",
            item.path,
            blob.sha256()
        ))
    }))
}

fn slot_problem(slot: &str, items: &[&Item]) -> Option<Problem> {
    let (first, rest) = items.split_first()?;
    if rest.is_empty() || first.kind.script_text().is_some() {
        return None;
    }
    let different: BTreeSet<_> = items.iter().map(|item| item.sha256).collect();
    let problem = if different.len() == 1 {
        Problem::new(
            &codes::SAME_TWICE,
            slot,
            "the same file was given more than once",
            "nothing: the bytes are equal",
        )
    } else {
        Problem::new(
            &codes::TWO_FOR_ONE_ROLE,
            slot,
            format!("{} different files compete for one place", different.len()),
            "keep the newer one and take the others out of the folder",
        )
    };
    Some(
        items
            .iter()
            .take(MAX_EVIDENCE)
            .fold(problem, |problem, item| {
                let version = item.kind.version().unwrap_or("none");
                problem.with_evidence(format!(
                    "`{}`: version {version}, SHA-256 {}",
                    item.path, item.sha256
                ))
            }),
    )
}

fn lab_root_problem(items: &[Item]) -> Option<Problem> {
    let under_lab: Vec<&Item> = items
        .iter()
        .filter(|item| matches!(item.verdict, Verdict::Valid { lab_root: true, .. }))
        .collect();
    (!under_lab.is_empty()).then(|| {
        let problem = Problem::new(
            &codes::LAB_ROOT,
            "downloads",
            "A LAB ROOT WAS TRUSTED: these files are not proven to be Microsoft's",
            "right for tests; for production take `lab_roots` out of `[trust]`",
        );
        under_lab
            .iter()
            .take(MAX_EVIDENCE)
            .fold(problem, |problem, item| {
                problem.with_evidence(format!("`{}`", item.path))
            })
    })
}

fn blob_root_problem(items: &[Item]) -> Option<Problem> {
    let resting: Vec<(&Item, &[String])> = items
        .iter()
        .filter_map(|item| match &item.verdict {
            Verdict::Valid {
                blob_root: true,
                remarks,
                ..
            } => Some((item, remarks.as_slice())),
            _ => None,
        })
        .collect();
    (!resting.is_empty()).then(|| {
        let problem = Problem::new(
            &codes::BLOB_ROOT,
            "downloads",
            "packages are believed only because `trust.blob_roots` names their root",
            "make sure that the certificate is the one in Microsoft's PKI repository",
        );
        resting
            .iter()
            .take(MAX_EVIDENCE)
            .fold(problem, |problem, (item, remarks)| {
                problem.with_evidence(format!("`{}`: {}", item.path, remarks.join("; ")))
            })
    })
}
