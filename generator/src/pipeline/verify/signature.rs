//! The signature of an exe that is proven: does it hold, does it stand alone, who vouches for it?

use std::io::Cursor;

use super::super::codes;
use super::{Signature, Standing};
use crate::formats::authenticode::{
    self, FileKind, InvalidReason, Valid, Verdict, unauthenticated_parts, unrelated_certificates,
};
use crate::formats::x509::TrustAnchors;
use crate::problem::Problem;

/// What is known of the signature.
pub(in crate::pipeline) struct Judged {
    pub(in crate::pipeline) signature: Signature,
    pub(in crate::pipeline) problems: Vec<Problem>,
    /// A signature that is good or intact, and carries no time stamp.
    pub(in crate::pipeline) lacks_stamp: bool,
}

/// Judges the signature of `exe`, by `anchors` when there are any. `subject` names the exe; `now`
/// is in seconds since 1970 UTC.
pub(in crate::pipeline) fn judge(
    subject: &str,
    exe: &[u8],
    anchors: Option<&TrustAnchors>,
    now: i64,
) -> Judged {
    let none = TrustAnchors::none();
    let verdict = authenticode::verify(
        &mut Cursor::new(exe),
        Some(FileKind::Pe),
        anchors.unwrap_or(&none),
        now,
    );
    let mut judged = match verdict {
        Verdict::Unsigned => return unsigned(subject),
        Verdict::Valid(valid) => Judged {
            lacks_stamp: valid.signature.signed_at.is_none(),
            ..vouched(&valid)
        },
        Verdict::Invalid {
            reason: InvalidReason::SignerNotTrusted { .. },
            claimed,
        } if anchors.is_none() => {
            let (who, is_stamped) = claimed.map_or_else(
                || ("unknown".to_owned(), false),
                |claimed| (claimed.subject, claimed.is_stamped),
            );
            Judged {
                lacks_stamp: !is_stamped,
                ..intact(subject, &who, exe)
            }
        }
        Verdict::Invalid {
            reason: reason @ InvalidReason::SignerNotTrusted { .. },
            ..
        } => not_traced(subject, reason.to_string()),
        verdict => refused(subject, verdict.to_string()),
    };
    // Which certificates belong to the signature only a root under which it holds can tell.
    let holds = judged.signature.standing == Standing::Vouched;
    let anchors = anchors.filter(|_| holds);
    let parts = unauthenticated_parts(&mut Cursor::new(exe), FileKind::Pe, anchors);
    let foreign = match parts {
        Ok(parts) => parts,
        Err(why) => vec![why],
    };
    if let Some(problem) = foreign_parts(subject, &foreign) {
        judged.signature.standing = Standing::Refused;
        judged.problems.push(problem);
    }
    judged
}

fn unsigned(subject: &str) -> Judged {
    Judged {
        signature: Signature {
            standing: Standing::Unsigned,
            summary: "as built, not signed".to_owned(),
        },
        problems: vec![Problem::new(
            &codes::EXE_UNSIGNED,
            subject,
            "the bootstrap is as it was built, and not signed",
            "sign it with `gangway sign`",
        )],
        lacks_stamp: false,
    }
}

fn vouched(valid: &Valid) -> Judged {
    let signature = &valid.signature;
    let stamp = if signature.signed_at.is_some() {
        "time-stamped"
    } else {
        "without a time stamp: the signature ends with the certificate"
    };
    Judged {
        signature: Signature {
            standing: Standing::Vouched,
            summary: format!("signed by `{}`, {stamp}", signature.signer.subject),
        },
        problems: Vec::new(),
        lacks_stamp: false,
    }
}

fn intact(subject: &str, who: &str, exe: &[u8]) -> Judged {
    let unrelated = unrelated_certificates(&mut Cursor::new(exe), FileKind::Pe).unwrap_or_default();
    Judged {
        signature: Signature {
            standing: Standing::Intact,
            summary: format!("signed by `{who}`, root not judged"),
        },
        problems: vec![Problem::new(
            &codes::EXE_CHAIN_UNKNOWN,
            subject,
            format!("the signature of `{who}` was not traced to a root"),
            "give the root of the signing certificate by `--root`, or as `roots` under `[signing]` of \
         the config that `--config` names",
        )
        .naming(unrelated.iter().map(|subject| in_no_chain(subject)))],
        lacks_stamp: false,
    }
}

/// A root would refuse it; without one nobody knows whose it is.
fn in_no_chain(subject: &str) -> String {
    format!(
        "its signature carries the certificate of `{subject}`, which is in no chain of its signer or stamper"
    )
}

fn refused(subject: &str, why: String) -> Judged {
    let message = "the signature of the bootstrap does not hold";
    of_signature(
        subject,
        why,
        message,
        "sign it again; see `gangway explain GW3005`",
    )
}

fn not_traced(subject: &str, why: String) -> Judged {
    let message = "no root that was given vouches for the signature of the bootstrap";
    let next = "name the root of the certificate that signed it (`signing.roots`, `--root`), or sign \
                it with a certificate under the given ones";
    of_signature(subject, why, message, next)
}

fn of_signature(subject: &str, why: String, message: &str, next: &str) -> Judged {
    let problem =
        Problem::new(&codes::EXE_SIGNATURE, subject, message, next).with_evidence(why.clone());
    Judged {
        signature: Signature {
            standing: Standing::Refused,
            summary: why,
        },
        problems: vec![problem],
        lacks_stamp: false,
    }
}

/// The finding of a signature without a time stamp, where one is asked for.
pub(in crate::pipeline) fn not_stamped(subject: &str) -> Problem {
    Problem::new(
        &codes::EXE_NOT_STAMPED,
        subject,
        "its signature carries no time stamp, although one is asked for",
        "look whether the time stamp service answered, and sign again; `--allow-unstamped` takes it as it is",
    )
}

/// The problem of parts that nobody vouches for, when there are any.
fn foreign_parts(subject: &str, parts: &[String]) -> Option<Problem> {
    let problem = Problem::new(
        &codes::EXE_FOREIGN_PARTS,
        subject,
        "its signature carries more than one signature and its time stamp",
        "sign it again with a tool that adds one signature and nothing else",
    );
    let told = parts.iter().fold(problem, Problem::with_evidence);
    (!parts.is_empty()).then_some(told)
}
