//! What each file is, who made it, whose tenant it is for, until when, and whether it may run.

use std::fmt::Write as _;

use gangway_contract::manifest::{Cloud, Connectivity};

use crate::formats::blob::{CertificateFacts, OffboardingBlob, OnboardingBlob};
use crate::formats::onboarding_script::{ScriptText, Shape};
use crate::formats::x509::time::utc;
use crate::intake::{Claims, Inspection, Item, Kind, Verdict};
use crate::printable::on_one_line;
use crate::problem::Severity;

/// A paragraph for each item and a last line that counts; problems are printed by the caller.
pub fn text(inspection: &Inspection) -> String {
    let mut out = String::new();
    for item in &inspection.items {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}", on_one_line(&item.path));
        for (label, value) in lines(item) {
            let _ = writeln!(out, "  {label:<9} {}", on_one_line(&value));
        }
    }
    let _ = writeln!(out, "{}", summary(inspection));
    out
}

fn summary(inspection: &Inspection) -> String {
    let count = |severity: Severity| {
        inspection
            .all_problems()
            .filter(|problem| problem.code.severity == severity)
            .count()
    };
    format!(
        "{}; {}, {}, {}",
        counted(inspection.items.len(), "file"),
        counted(count(Severity::Error), "error"),
        counted(count(Severity::Warning), "warning"),
        counted(count(Severity::Note), "note")
    )
}

/// The number and its noun, such as `1 file`.
fn counted(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// Label and value of each line about an item.
fn lines(item: &Item) -> Vec<(&'static str, String)> {
    let version = item
        .kind
        .version()
        .map_or_else(String::new, |version| format!(", version {version}"));
    let mut lines = vec![("is", format!("{}{version}", item.kind.name()))];
    lines.extend(facts(&item.kind));
    lines.push(("made by", item.verdict.to_string()));
    if let Verdict::Valid {
        chain,
        signed_at,
        revocation_checked,
        signatures,
        remarks,
        ..
    } = &item.verdict
    {
        if let Some(at) = signed_at {
            lines.push(("stamped", utc(*at)));
        }
        lines.push(("chain", chain.join(" < ")));
        let revocation = if *revocation_checked {
            "not revoked, by the lists given"
        } else {
            "not checked"
        };
        lines.push(("revoked", revocation.to_owned()));
        if !signatures.is_empty() {
            lines.push(("carries", counted(signatures.len(), "signature")));
        }
        lines.extend(signatures.iter().map(|one| ("", one.to_string())));
        lines.extend(remarks.iter().map(|remark| ("remark", remark.clone())));
    }
    lines.push(("bytes", format!("{}, SHA-256 {}", item.size, item.sha256)));
    lines.push(("usable", usable(item)));
    lines
}

fn usable(item: &Item) -> String {
    let errors: Vec<&str> = item
        .problems
        .iter()
        .filter(|problem| problem.is_error())
        .map(|problem| problem.code.id)
        .collect();
    if !errors.is_empty() {
        format!("no: {}", errors.join(", "))
    } else if item.is_usable() {
        "yes".to_owned()
    } else {
        "not a payload".to_owned()
    }
}

fn facts(kind: &Kind) -> Vec<(&'static str, String)> {
    match kind {
        Kind::OnboardingScript { blob, text, .. } => with_text(onboarding(blob), text),
        Kind::OffboardingScript { blob, text, .. } => with_text(offboarding(blob), text),
        Kind::OnboardingFile { blob, .. } => onboarding(blob),
        Kind::OffboardingFile { blob, .. } => offboarding(blob),
        Kind::Agent {
            product_code,
            platform_version,
            architecture,
            ..
        } => vec![
            ("product", product_code.clone()),
            (
                "platform",
                platform_version
                    .clone()
                    .unwrap_or_else(|| "not told".to_owned()),
            ),
            ("for", architecture.to_string()),
        ],
        Kind::PlatformUpdate { architecture, .. } | Kind::SensorUpdate { architecture, .. } => {
            vec![("for", architecture.to_string())]
        }
        Kind::Hotfix {
            kb,
            system,
            architecture,
        } => vec![("update", format!("{kb} for {system} {architecture}"))],
        Kind::Analyzer { entries } => vec![("holds", counted(*entries, "file"))],
        Kind::OtherPlatform { platform } => vec![("for", platform.clone())],
        Kind::Unknown { looks_like, claims } => {
            let mut lines = vec![("looks", (*looks_like).to_owned())];
            lines.extend(claims.as_ref().map(claimed));
            lines
        }
        _ => Vec::new(),
    }
}

fn claimed(claims: &Claims) -> (&'static str, String) {
    let Claims {
        name,
        company,
        version,
    } = claims;
    let text = format!("`{name}`, version `{version}`, of `{company}`");
    ("claims", text)
}

/// What is `usable` is the blob; the text around it is only told.
fn with_text(
    mut lines: Vec<(&'static str, String)>,
    text: &ScriptText,
) -> Vec<(&'static str, String)> {
    let told = match &text.shape {
        Shape::Known { name } => format!("as known ({name})"),
        Shape::Unknown { count: 0, .. } => "known lines in an unknown order or number".to_owned(),
        Shape::Unknown { count, .. } => format!("{} of no known script", counted(*count, "line")),
    };
    lines.push(("text", format!("{told}; only the blob is used")));
    lines
}

fn onboarding(blob: &OnboardingBlob) -> Vec<(&'static str, String)> {
    let cloud = match blob.cloud {
        Cloud::Commercial => "commercial cloud",
        Cloud::UsGovernment => "US Government cloud",
    };
    let connectivity = match blob.connectivity {
        Connectivity::Standard => "standard connectivity",
        Connectivity::Streamlined => "streamlined connectivity",
    };
    let mut lines = vec![
        ("tenant", blob.org_id.to_string()),
        ("service", format!("{cloud}, {connectivity}")),
    ];
    if let Some(datacenter) = &blob.datacenter {
        lines.push(("data", datacenter.clone()));
    }
    lines.extend(
        blob.endpoints
            .iter()
            .map(|endpoint| ("reaches", endpoint.clone())),
    );
    if let Some(guid) = &blob.package_guid {
        lines.push(("package", guid.clone()));
    }
    lines.extend(leaf(blob.leaf.as_ref()));
    lines
}

fn offboarding(blob: &OffboardingBlob) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("tenant", blob.org_id.to_string()),
        ("until", utc(blob.expires_at)),
    ];
    lines.extend(leaf(blob.leaf.as_ref()));
    lines
}

fn leaf(leaf: Option<&CertificateFacts>) -> Option<(&'static str, String)> {
    let leaf = leaf?;
    let range = format!("{} to {}", utc(leaf.not_before), utc(leaf.not_after));
    Some(("issued", format!("{range}, as the certificate says")))
}
