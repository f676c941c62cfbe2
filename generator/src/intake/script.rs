//! Portal scripts and blobs alone: what they are, for whom, and what stands against them.

use super::codes;
use super::context::Context;
use super::item::{Kind, ScriptVariant, Verdict};
use super::recognised::{Recognised, SignatureCheck};
use super::signature::{blob_problem, blob_verdict};
use crate::formats::blob::{
    Blob, BlobError, BlobText, Direction, ExtractError, OffboardingBlob, OnboardingBlob,
};
use crate::formats::onboarding_script::{self, Feature, Finding, FindingKind, Script, Variant};
use crate::formats::x509::time::utc;
use crate::problem::Problem;

/// Offboarding packages that end sooner than this get a warning: servers refresh policy every
/// 90 minutes, but switched-off ones come back after a weekend. In seconds.
const SOON: i64 = 3 * 86_400;

/// The longest validity that the portal documents is 30 days. In seconds.
const LONGEST: i64 = 31 * 86_400;

/// Evidence lines of one kind in one problem.
const MAX_EVIDENCE: usize = 20;

const PORTAL: &str = "download the package again from the Defender portal";

/// Judges a portal script.
pub(super) fn recognise(bytes: &[u8], context: &Context<'_>, subject: &str) -> Recognised {
    let script = onboarding_script::read(bytes);
    let mut problems = shape_problems(&script, subject);
    let blob = match &script.blob {
        Ok(found) => match Blob::read(&found.text, &context.anchors) {
            Ok(blob) => Some((found.direction, blob)),
            Err(error) => {
                problems.push(unreadable_blob(&error, subject));
                None
            }
        },
        Err(error) => {
            problems.push(extract_problem(error, subject));
            None
        }
    };
    let direction = script
        .decision
        .direction
        .or_else(|| blob.as_ref().map(|(direction, _)| *direction))
        .unwrap_or(Direction::Onboarding);
    let verdict = match &blob {
        Some((_, blob)) => verdict_of(blob),
        None => Verdict::Invalid {
            why: "there is no readable blob".to_owned(),
        },
    };
    let variant = match script.decision.variant {
        Variant::Unattended => ScriptVariant::GroupPolicy,
        Variant::Local => ScriptVariant::Local,
    };
    let mut onboarding = None;
    let mut offboarding = None;
    if let Some((found_on, blob)) = blob {
        problems.extend(blob_problems(&blob, context, subject));
        match (found_on, blob) {
            (Direction::Onboarding, Blob::Onboarding(blob)) => onboarding = Some(blob),
            (Direction::Offboarding, Blob::Offboarding(blob)) => offboarding = Some(blob),
            (value, _) => problems.push(
                Problem::new(
                    &codes::CONTRADICTORY_SCRIPT,
                    subject,
                    "the blob is of the other kind than the value that it is written to",
                    PORTAL,
                )
                .with_evidence(format!("value: `{}`", value.value_name())),
            ),
        }
    }
    Recognised {
        kind: match direction {
            Direction::Onboarding => Kind::OnboardingScript {
                variant,
                blob: onboarding,
            },
            Direction::Offboarding => Kind::OffboardingScript {
                variant,
                blob: offboarding,
            },
        },
        check: SignatureCheck::Done(verdict),
        problems,
    }
}

/// Judges a blob that stands alone in a file; none when the text is no blob at all.
pub(super) fn recognise_blob_file(
    text: &str,
    context: &Context<'_>,
    subject: &str,
) -> Option<Recognised> {
    // Enough to tell a blob, also a damaged one, from any other JSON document.
    let is_blob = ["\"body\"", "\"sig\"", "\"cert\""]
        .iter()
        .all(|field| text.contains(field));
    if !is_blob {
        return None;
    }
    let text = BlobText::new(text.trim().to_owned());
    Some(match Blob::read(&text, &context.anchors) {
        Ok(blob) => {
            let problems = blob_problems(&blob, context, subject);
            let check = SignatureCheck::Done(verdict_of(&blob));
            let kind = match blob {
                Blob::Onboarding(blob) => Kind::OnboardingFile { blob },
                Blob::Offboarding(blob) => Kind::OffboardingFile { blob },
            };
            Recognised {
                kind,
                check,
                problems,
            }
        }
        Err(error) => Recognised {
            kind: Kind::Unknown {
                looks_like: "a damaged onboarding or offboarding file",
                claims: None,
            },
            check: SignatureCheck::Done(Verdict::Invalid {
                why: error.to_string(),
            }),
            problems: vec![unreadable_blob(&error, subject)],
        },
    })
}

fn verdict_of(blob: &Blob) -> Verdict {
    match blob {
        Blob::Onboarding(blob) => blob_verdict(&blob.signature, blob.leaf.as_ref()),
        Blob::Offboarding(blob) => blob_verdict(&blob.signature, blob.leaf.as_ref()),
    }
}

fn unreadable_blob(error: &BlobError, subject: &str) -> Problem {
    Problem::new(
        &codes::UNREADABLE_BLOB,
        subject,
        "the blob cannot be read",
        PORTAL,
    )
    .with_evidence(error.to_string())
}

fn extract_problem(error: &ExtractError, subject: &str) -> Problem {
    let (code, message) = match error {
        ExtractError::NotFound => (&codes::NO_BLOB, "the script holds no onboarding blob"),
        ExtractError::Wrapped { .. } | ExtractError::CutShort { .. } => {
            (&codes::WRAPPED_BLOB, "the script's blob was wrapped or cut")
        }
        ExtractError::Several { .. }
        | ExtractError::TooLong { .. }
        | ExtractError::Percent { .. }
        | ExtractError::NotAscii { .. }
        | ExtractError::NoData { .. } => (
            &codes::DAMAGED_BLOB_LINE,
            "the line with the script's blob is damaged",
        ),
    };
    Problem::new(code, subject, message, PORTAL).with_evidence(error.to_string())
}

/// Everything about the script but its blob.
fn shape_problems(script: &Script, subject: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let decision = &script.decision;
    let signs = |problem: Problem, signs: &[Feature]| {
        signs.iter().fold(problem, |problem, feature| {
            problem.with_evidence(format!(
                "line {}: {}",
                feature.line,
                feature.sign.describe()
            ))
        })
    };
    match decision.variant {
        Variant::Local => problems.push(signs(
            Problem::new(
                &codes::LOCAL_SCRIPT,
                subject,
                "the script is the one for single machines: it waits for answers that nobody \
                 gives when it runs unattended",
                "in the Defender portal choose deployment method `Group Policy` and download \
                 again",
            ),
            &decision.local_signs,
        )),
        Variant::Unattended if !decision.local_signs.is_empty() => problems.push(signs(
            Problem::new(
                &codes::ODD_SIGN,
                subject,
                "the script is the unattended one, with a sign of the one for single machines",
                "compare it with a fresh download",
            ),
            &decision.local_signs,
        )),
        Variant::Unattended => {}
    }
    if !decision.contradictions.is_empty() {
        problems.push(signs(
            Problem::new(
                &codes::ODD_SIGN,
                subject,
                "the script shows a sign of the other direction",
                "compare it with a fresh download",
            ),
            &decision.contradictions,
        ));
    }
    problems.extend(finding_problems(&script.findings, subject));
    if script.byte_order_mark {
        problems.push(Problem::new(
            &codes::BYTE_ORDER_MARK,
            subject,
            "the script starts with a byte order mark, which cmd.exe takes for text",
            "use the file from the portal's zip as it is",
        ));
    }
    if !script.has_exit {
        problems.push(Problem::new(
            &codes::NO_EXIT,
            subject,
            "the script has no `exit`: its end is missing",
            PORTAL,
        ));
    }
    if script.endings.crlf == 0 && script.endings.lf > 1 {
        problems.push(Problem::new(
            &codes::CHANGED_ENDINGS,
            subject,
            "all lines of the script end with LF alone, which is not how the portal makes it",
            "take the file from the portal's zip, byte for byte",
        ));
    }
    problems
}

fn finding_problems(findings: &[Finding], subject: &str) -> Vec<Problem> {
    let mut foreign = Problem::new(
        &codes::FOREIGN_COMMAND,
        subject,
        "the script runs something that no portal script runs",
        "download the package again; put steps of your own into a task of your own",
    );
    let mut unclear = Problem::new(
        &codes::UNCLEAR_LINE,
        subject,
        "lines of the script cannot be classified",
        "look at the lines; compare the script with a fresh download",
    );
    for finding in findings {
        match &finding.what {
            FindingKind::Foreign { program } => {
                let what = program
                    .as_ref()
                    .map_or_else(|| "a program".to_owned(), |program| format!("`{program}`"));
                foreign
                    .evidence
                    .push(format!("line {}: {what}", finding.line));
            }
            FindingKind::Unclear { why } => {
                unclear
                    .evidence
                    .push(format!("line {}: {why}", finding.line));
            }
        }
    }
    [foreign, unclear]
        .into_iter()
        .filter(|problem| !problem.evidence.is_empty())
        .map(|mut problem| {
            problem.evidence.truncate(MAX_EVIDENCE);
            problem
        })
        .collect()
}

/// Signature, tenant and expiry.
fn blob_problems(blob: &Blob, context: &Context<'_>, subject: &str) -> Vec<Problem> {
    let (signature, org_id) = match blob {
        Blob::Onboarding(OnboardingBlob {
            signature, org_id, ..
        })
        | Blob::Offboarding(OffboardingBlob {
            signature, org_id, ..
        }) => (signature, org_id),
    };
    let mut problems: Vec<Problem> = blob_problem(signature, &context.settings.trust, subject)
        .into_iter()
        .collect();
    if let Some(pinned) = &context.settings.org_id
        && pinned != org_id
    {
        problems.push(
            Problem::new(
                &codes::OTHER_TENANT,
                subject,
                "the package is for another tenant than `organization.org_id`",
                "sign in to the right tenant and download again, or correct \
                 `organization.org_id`",
            )
            .with_evidence(format!("found `{org_id}`, expected `{pinned}`")),
        );
    }
    if let Blob::Offboarding(blob) = blob {
        problems.extend(expiry_problem(
            blob.expires_at,
            context.settings.now,
            subject,
        ));
    }
    problems
}

fn expiry_problem(expires_at: i64, now: i64, subject: &str) -> Option<Problem> {
    let left = expires_at.saturating_sub(now);
    let (code, message, next) = if left <= 0 {
        (
            &codes::OFFBOARDING_EXPIRED,
            "the offboarding package has expired",
            "download a new one: Settings > Endpoints > Offboarding",
        )
    } else if left < SOON {
        (
            &codes::OFFBOARDING_EXPIRES_SOON,
            "the offboarding package expires within three days",
            "download a new one, or make sure that every server runs it before that time",
        )
    } else if left > LONGEST {
        (
            &codes::OFFBOARDING_LONG,
            "the offboarding package is valid longer than the portal makes them",
            "check where it comes from",
        )
    } else {
        return None;
    };
    Some(
        Problem::new(code, subject, message, next).with_evidence(format!(
            "valid until {}, now {}",
            utc(expires_at),
            utc(now)
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiry_is_judged_at_the_given_moment() {
        let code = |left: i64| expiry_problem(1_000_000 + left, 1_000_000, "x").map(|p| p.code.id);
        assert_eq!(code(0), Some("GW1215"));
        assert_eq!(code(-5), Some("GW1215"));
        assert_eq!(code(2 * 86_400), Some("GW1216"));
        assert_eq!(code(7 * 86_400), None);
        assert_eq!(code(30 * 86_400), None);
        assert_eq!(code(365 * 86_400), Some("GW1217"));
        assert_eq!(
            expiry_problem(i64::MIN, i64::MAX, "x").map(|p| p.code.id),
            Some("GW1215")
        );
    }
}
