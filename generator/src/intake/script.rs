//! Texts that hold a blob: portal scripts, `.onboarding` files, whatever else. The blob is what
//! counts; the text around it is told to the reader and goes to no server.

use core::ops::Range;

use super::blob_signature::{blob_problem, blob_verdict};
use super::codes;
use super::context::Context;
use super::item::{Kind, ScriptVariant, Verdict};
use super::recognised::{Recognised, SignatureCheck};
use super::script_text;
use crate::formats::blob::{
    Blob, BlobError, BlobSignature, BlobText, BrokenBlob, CertificateFacts, Irregular, Located,
    OffboardingBlob, OnboardingBlob, canonical, locate,
};
use crate::formats::onboarding_script::{self, ScriptText, Shape, Variant};
use crate::formats::x509::time::utc;
use crate::problem::{Code, Problem};

/// Offboarding packages that end sooner than this get a warning: servers refresh policy every
/// 90 minutes, but switched-off ones come back after a weekend. In seconds.
const SOON: i64 = 3 * 86_400;

/// The longest validity that the portal documents is 30 days. In seconds.
const LONGEST: i64 = 31 * 86_400;

/// Newest version of a body that was read in a public specimen. Versions are decimal numbers:
/// 1.47 came before 1.5, and 1.68 before 1.7.
const NEWEST_BODY: f64 = 2.14;

const PORTAL: &str = "download the package again from the Defender portal";

/// What came of all blobs in one text.
#[derive(Default)]
struct Judged {
    /// The first one that could be read.
    blob: Option<Blob>,
    /// Its text as a server gets it.
    payload: Option<BlobText>,
    /// Of the first that does not hold, or of the first.
    verdict: Option<Verdict>,
    problems: Vec<Problem>,
}

/// Judges a text, as UTF-8; none when it neither holds a blob nor should.
pub(super) fn recognise(text: &[u8], context: &Context<'_>, subject: &str) -> Option<Recognised> {
    let located = locate(text);
    let should = onboarding_script::is_portal_script(text);
    if located.is_empty() && !should {
        return None;
    }
    let Judged {
        blob,
        payload,
        verdict,
        mut problems,
    } = judge(&located, context, subject);
    // A portal script for Windows is for Windows whatever its blob says.
    let device_type = match &blob {
        Some(Blob::Onboarding(blob)) => blob.device_type.as_deref(),
        Some(Blob::Offboarding(_)) | None => None,
    };
    if let Some(device_type) = device_type.filter(|_| !should) {
        return Some(for_another_platform(device_type, subject));
    }
    let check = SignatureCheck::Done(verdict.unwrap_or_else(|| Verdict::Invalid {
        why: "there is no readable blob".to_owned(),
    }));
    let alone = is_alone(text, &located);
    let kind = match blob {
        None => Kind::Unknown {
            looks_like: if should {
                "a portal script without a readable blob"
            } else {
                "a damaged onboarding or offboarding file"
            },
            claims: None,
        },
        Some(Blob::Onboarding(blob)) if alone => Kind::OnboardingFile { blob, payload },
        Some(Blob::Offboarding(blob)) if alone => Kind::OffboardingFile { blob, payload },
        Some(blob) => {
            let text = around(text, &located, &blob);
            problems.extend(script_text::problems(&text, subject));
            script_of(text, blob, payload)
        }
    };
    Some(Recognised {
        kind,
        check,
        problems,
    })
}

fn for_another_platform(device_type: &str, subject: &str) -> Recognised {
    let mut found = Recognised::other_platform("Linux", subject);
    let evidence = format!("its blob is for device type `{device_type}`");
    found.problems = core::mem::take(&mut found.problems)
        .into_iter()
        .map(|problem| problem.with_evidence(evidence.clone()))
        .collect();
    found
}

/// A text that is more than its blob.
fn script_of(text: ScriptText, blob: Blob, payload: Option<BlobText>) -> Kind {
    let variant = match text.variant {
        Variant::Unattended => ScriptVariant::GroupPolicy,
        Variant::Local => ScriptVariant::Local,
        Variant::Other => ScriptVariant::Other,
    };
    match blob {
        Blob::Onboarding(blob) => Kind::OnboardingScript {
            variant,
            text,
            blob,
            payload,
        },
        Blob::Offboarding(blob) => Kind::OffboardingScript {
            variant,
            text,
            blob,
            payload,
        },
    }
}

/// Is the blob all that the file holds?
fn is_alone(text: &[u8], located: &[Located]) -> bool {
    let [one] = located else { return false };
    let before = text.get(..one.range.start).unwrap_or_default();
    let before = before.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(before);
    let after = text.get(one.range.end..).unwrap_or_default();
    [before, after]
        .into_iter()
        .flatten()
        .all(u8::is_ascii_whitespace)
}

/// The text around the blobs.
fn around(text: &[u8], located: &[Located], blob: &Blob) -> ScriptText {
    let ranges: Vec<Range<usize>> = located.iter().map(|one| one.range.clone()).collect();
    let tenant = match blob {
        Blob::Onboarding(blob) => &blob.org_id,
        Blob::Offboarding(blob) => &blob.org_id,
    };
    let mut around = onboarding_script::read(text, &ranges, tenant.as_str());
    // After a blob that was wrapped or cut, any line may be a piece of it.
    if let Shape::Unknown { lines, .. } = &mut around.shape
        && located.iter().any(|one| one.text.is_err())
    {
        lines.clear();
    }
    around
}

/// Reads every blob: each has to be genuine, and they have to be one and the same.
fn judge(located: &[Located], context: &Context<'_>, subject: &str) -> Judged {
    let mut judged = Judged::default();
    let mut payloads: Vec<(usize, BlobText)> = Vec::new();
    for one in located {
        let text = match &one.text {
            Ok(text) => text,
            Err(broken) => {
                judged.problems.push(broken_problem(broken, subject));
                continue;
            }
        };
        let blob = match Blob::read(text, &context.blob_anchors) {
            Ok(blob) => blob,
            Err(error) => {
                judged.problems.push(unreadable_blob(&error, subject));
                continue;
            }
        };
        let (signature, leaf) = signature_of(&blob);
        let verdict = blob_verdict(signature, leaf);
        if matches!(signature, BlobSignature::Valid { .. }) {
            match canonical(text, &context.blob_anchors) {
                Ok(payload) => payloads.push((one.line, payload)),
                Err(why) => judged.problems.push(irregular_problem(why, subject)),
            }
            judged.verdict.get_or_insert(verdict);
        } else {
            judged.verdict = Some(verdict);
        }
        judged
            .problems
            .extend(blob_problems(&blob, context, subject));
        judged.blob.get_or_insert(blob);
    }
    if located.is_empty() {
        judged.problems.push(Problem::new(
            &codes::NO_BLOB,
            subject,
            "the script holds no onboarding blob",
            PORTAL,
        ));
    }
    judged.problems.extend(two_blobs(&payloads, subject));
    judged.payload = payloads.into_iter().next().map(|(_, payload)| payload);
    judged.problems.dedup();
    judged
}

fn signature_of(blob: &Blob) -> (&BlobSignature, Option<&CertificateFacts>) {
    match blob {
        Blob::Onboarding(blob) => (&blob.signature, blob.leaf.as_ref()),
        Blob::Offboarding(blob) => (&blob.signature, blob.leaf.as_ref()),
    }
}

fn two_blobs(payloads: &[(usize, BlobText)], subject: &str) -> Option<Problem> {
    let (first_line, first) = payloads.first()?;
    let (line, _) = payloads.iter().find(|(_, other)| other != first)?;
    Some(
        Problem::new(
            &codes::TWO_BLOBS,
            subject,
            "the file holds two blobs that differ",
            PORTAL,
        )
        .with_evidence(format!("line {first_line}: one begins"))
        .with_evidence(format!("line {line}: another begins")),
    )
}

fn irregular_problem(why: Irregular, subject: &str) -> Problem {
    Problem::new(
        &codes::IRREGULAR_BLOB,
        subject,
        "the blob holds something that nobody signed",
        PORTAL,
    )
    .with_evidence(why.to_string())
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

fn broken_problem(broken: &BrokenBlob, subject: &str) -> Problem {
    let (code, message) = match broken {
        BrokenBlob::Interrupted { .. } => (&codes::WRAPPED_BLOB, "the blob was wrapped or cut"),
        BrokenBlob::NotJson { .. } | BrokenBlob::TooMany { .. } => {
            (&codes::DAMAGED_BLOB, "the blob is damaged")
        }
    };
    Problem::new(code, subject, message, PORTAL).with_evidence(broken.to_string())
}

/// Signature, tenant, expiry and version.
fn blob_problems(blob: &Blob, context: &Context<'_>, subject: &str) -> Vec<Problem> {
    let (signature, org_id, version) = match blob {
        Blob::Onboarding(OnboardingBlob {
            signature,
            org_id,
            version,
            ..
        })
        | Blob::Offboarding(OffboardingBlob {
            signature,
            org_id,
            version,
            ..
        }) => (signature, org_id, version),
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
    if let Some(version) = version.as_ref().filter(|version| is_newer(version)) {
        problems.push(
            Problem::new(
                &codes::NEWER_BODY,
                subject,
                "the package is of a newer version than any that is known",
                script_text::WAY_OUT,
            )
            .with_evidence(format!("version `{version}`, known up to {NEWEST_BODY}")),
        );
    }
    if let Blob::Offboarding(blob) = blob {
        problems.extend(offboarding_end(
            blob.expires_at,
            context.settings.now,
            subject,
        ));
    }
    problems
}

/// Is this body newer than all that are known? A version of another form is.
fn is_newer(version: &str) -> bool {
    let plain = version
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number = version.parse::<f64>().ok().filter(|_| plain);
    number.is_none_or(|number| number > NEWEST_BODY)
}

/// The finding of an offboarding package that has ended at `now`, soon does, or is valid for too long; both in
/// seconds since 1970 UTC.
pub fn offboarding_end(expires_at: i64, now: i64, subject: &str) -> Option<Problem> {
    let left = expires_at.saturating_sub(now);
    let (code, message, next): (&'static Code, &str, &str) = if left <= 0 {
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
        let code = |left: i64| offboarding_end(1_000_000 + left, 1_000_000, "x").map(|p| p.code.id);
        assert_eq!(code(0), Some("GW1215"));
        assert_eq!(code(-5), Some("GW1215"));
        assert_eq!(code(2 * 86_400), Some("GW1216"));
        assert_eq!(code(7 * 86_400), None);
        assert_eq!(code(30 * 86_400), None);
        assert_eq!(code(365 * 86_400), Some("GW1217"));
        assert_eq!(
            offboarding_end(i64::MIN, i64::MAX, "x").map(|p| p.code.id),
            Some("GW1215")
        );
    }

    #[test]
    fn versions_of_bodies_are_decimal_numbers() {
        for known in ["1.33", "1.4", "1.47", "1.5", "1.9", "2.01", "2.14"] {
            assert!(!is_newer(known), "{known}");
        }
        for newer in ["2.15", "2.2", "3.0", "10", "", "2.1.1", "1e9", "x", "nan"] {
            assert!(is_newer(newer), "{newer}");
        }
    }
}
