//! What is known of a file before its signature is judged.

use super::codes;
use super::item::{Claims, Kind, Verdict};
use super::signature::Authenticode;
use crate::formats::authenticode::FileKind;
use crate::problem::{Code, Problem};

/// A file recognised, before its signature is judged.
pub(super) struct Recognised {
    pub(super) kind: Kind,
    pub(super) check: SignatureCheck,
    pub(super) problems: Vec<Problem>,
}

/// How the verdict is found.
pub(super) enum SignatureCheck {
    /// It is known.
    Done(Verdict),
    /// To be judged from the file's own signature.
    Authenticode(Authenticode),
}

impl Recognised {
    /// A file of no known kind and without a place for a signature.
    pub(super) fn unknown(looks_like: &'static str, subject: &str) -> Self {
        Self::unjudged(looks_like, "a file of no known kind", subject)
    }

    /// A file of no known kind whose signature, if it has one, is not judged: `why` says so.
    pub(super) fn unjudged(looks_like: &'static str, why: &str, subject: &str) -> Self {
        let check = SignatureCheck::Done(Verdict::NotChecked {
            why: why.to_owned(),
        });
        Self::unknown_with(looks_like, None, check, subject)
    }

    /// A file of no known kind whose form carries signatures: who made it is told all the same,
    /// and nothing is demanded of it.
    pub(super) fn unknown_maker(
        looks_like: &'static str,
        file: FileKind,
        claims: Option<Claims>,
        subject: &str,
    ) -> Self {
        let check = SignatureCheck::Authenticode(Authenticode { file, rule: None });
        Self::unknown_with(looks_like, claims, check, subject)
    }

    /// A package that no Windows server takes.
    pub(super) fn other_platform(platform: &str, subject: &str) -> Self {
        Self {
            kind: Kind::OtherPlatform {
                platform: platform.to_owned(),
            },
            check: SignatureCheck::Done(Verdict::NotChecked {
                why: "not a package for Windows".to_owned(),
            }),
            problems: vec![Problem::new(
                &codes::OTHER_PLATFORM,
                subject,
                format!("the package is for {platform}"),
                "in the portal choose operating system `Windows Server` and deployment method \
                 `Group Policy`",
            )],
        }
    }

    fn unknown_with(
        looks_like: &'static str,
        claims: Option<Claims>,
        check: SignatureCheck,
        subject: &str,
    ) -> Self {
        let next = if looks_like.ends_with(" archive") {
            "nothing, when it is not meant for the bundle; else unpack it and give the folder"
        } else {
            "nothing, when it is not meant for the bundle"
        };
        Self {
            kind: Kind::Unknown { looks_like, claims },
            check,
            problems: vec![Problem::new(
                &codes::UNKNOWN,
                subject,
                format!("the file is none of the packages that are known: {looks_like}"),
                next,
            )],
        }
    }

    /// A file of a known format that cannot be read.
    pub(super) fn damaged(
        looks_like: &'static str,
        code: &'static Code,
        why: &str,
        subject: &str,
    ) -> Self {
        Self {
            kind: Kind::Unknown {
                looks_like,
                claims: None,
            },
            check: SignatureCheck::Done(Verdict::NotChecked {
                why: "the file is damaged".to_owned(),
            }),
            problems: vec![
                Problem::new(
                    code,
                    subject,
                    format!("the file begins as {looks_like} and cannot be read as one"),
                    "download it again; a size below the one that the browser shows means that \
                     it was cut short",
                )
                .with_evidence(why),
            ],
        }
    }
}
