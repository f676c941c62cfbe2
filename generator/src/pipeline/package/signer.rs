//! Who signed a package, and what his signature carries.

use std::io::{Read, Seek};

use crate::formats::authenticode::{
    self, FileKind, InvalidReason, Verdict, unauthenticated_parts, unrelated_certificates,
};
use crate::formats::x509::TrustAnchors;
use crate::packages::codes;
use crate::pipeline::demands::Demands;
use crate::problem::Problem;
use crate::provenance::codes as attestation;

/// Files of packages that carry a signature, by their names.
pub(in crate::pipeline) fn signed_kind(path: &str) -> Option<FileKind> {
    match path.rsplit_once('.')?.1 {
        "msi" => Some(FileKind::Msi),
        "cab" => Some(FileKind::Cabinet),
        "ps1" => Some(FileKind::Script),
        _ => None,
    }
}

/// Who signed a package of a folder, when the signature is what the config asks for and, where `listed` is the line
/// of `packages.json`, what that says.
///
/// # Errors
/// The finding of what it is not.
pub(in crate::pipeline) fn judged<S: Read + Seek>(
    path: &str,
    listed: Option<&str>,
    signed: &mut S,
    kind: FileKind,
    demands: &Demands,
) -> Result<Who, Box<Problem>> {
    let refused = |why: &str, next: &str| {
        let why = format!("`packages.json` says that it is signed, and that does not hold: {why}");
        Box::new(Problem::new(
            &attestation::PACKAGE_SIGNATURE,
            path,
            why,
            next,
        ))
    };
    let who = accepted(signed, kind, demands).map_err(|unfit| match unfit {
        Unfit::NotTrusted(why) => refused(&why, NAME_THE_ROOT),
        Unfit::Other(why) => refused(&why, SIGN_AGAIN),
    })?;
    if let Some(part) = who.foreign.first() {
        return Err(refused(
            &format!("its signature carries {part}"),
            SIGN_OTHERWISE,
        ));
    }
    if let Some(listed) = listed {
        other_line(path, listed, &who)?;
    }
    if demands.wants_stamp && !who.is_stamped {
        return Err(Box::new(Problem::new(
            &attestation::NOT_STAMPED,
            path,
            "its signature carries no time stamp, although the config asks for one",
            "look whether the time stamp service answered, and make the packages again by `gangway package --sign`; \
             `--allow-unstamped` takes it as it is",
        )));
    }
    Ok(who)
}

const SIGN_AGAIN: &str = "make the packages again and have them signed, into a new folder: `gangway package BUNDLE \
                          --sign --out DIR`";

const SIGN_OTHERWISE: &str = "make the packages again, into a new folder (`gangway package BUNDLE --sign --out DIR`), \
                              with a tool that adds one signature and nothing else";

const NAME_THE_ROOT: &str = "name the root of its signing certificate under `signing.roots` of the config or by \
                             `--root`; where that one is named, somebody else signed it: make the packages again";

/// Is it signed by whom its line names? A root that `package` had not may be here, and say more.
fn other_line(path: &str, listed: &str, who: &Who) -> Result<(), Box<Problem>> {
    let found = who.line();
    if listed == found || listed == who.not_judged() {
        return Ok(());
    }
    let says_more = !who.is_judged
        && [true, false]
            .map(|it| who.judged(it))
            .contains(&listed.into());
    if says_more {
        let why = format!(
            "by `packages.json` it is signed by `{listed}`, which a root says, and none is named here"
        );
        return Err(Box::new(Problem::new(
            &attestation::PACKAGE_SIGNATURE,
            path,
            why,
            "name the root that `gangway package` had under `signing.roots` of the config, or by `--root`",
        )));
    }
    let why = format!("it is signed by `{found}`, and by `packages.json` by `{listed}`");
    Err(Box::new(Problem::new(
        &attestation::OTHER_PACKAGES,
        path,
        why,
        SIGN_AGAIN,
    )))
}

/// Why a signature is not accepted, in words.
pub(super) enum Unfit {
    /// No root vouches for it.
    NotTrusted(String),
    /// It does not hold, or there is none.
    Other(String),
}

impl Unfit {
    pub(super) fn into_words(self) -> String {
        match self {
            Self::NotTrusted(why) | Self::Other(why) => why,
        }
    }
}

/// Who signed the package, when the signature holds.
pub(super) fn accepted<S: Read + Seek>(
    signed: &mut S,
    kind: FileKind,
    demands: &Demands,
) -> Result<Who, Unfit> {
    let none = TrustAnchors::none();
    let roots = demands.anchors.as_ref();
    let anchors = roots.unwrap_or(&none);
    let verdict = authenticode::verify(signed, Some(kind), anchors, demands.now);
    // Which certificates belong to the signature only a root under which it holds can tell.
    let vouching = Some(anchors).filter(|_| matches!(verdict, Verdict::Valid(_)));
    let foreign = unauthenticated_parts(signed, kind, vouching).map_err(Unfit::Other)?;
    match verdict {
        Verdict::Valid(valid) => Ok(Who {
            subject: valid.signature.signer.subject.clone(),
            is_stamped: valid.signature.signed_at.is_some(),
            is_judged: true,
            foreign,
            unrelated: Vec::new(),
        }),
        Verdict::Invalid {
            reason: InvalidReason::SignerNotTrusted { .. },
            claimed: Some(claimed),
        } if roots.is_none() => Ok(Who {
            subject: claimed.subject,
            is_stamped: claimed.is_stamped,
            is_judged: false,
            foreign,
            unrelated: unrelated_certificates(signed, kind).map_err(Unfit::Other)?,
        }),
        verdict @ Verdict::Invalid {
            reason: InvalidReason::SignerNotTrusted { .. },
            ..
        } => Err(Unfit::NotTrusted(verdict.to_string())),
        other => Err(Unfit::Other(other.to_string())),
    }
}

/// The finding of certificates that a root would refuse.
pub(super) fn unrelated(relative: &str, certificates: &[String]) -> Option<Problem> {
    if certificates.is_empty() {
        return None;
    }
    let problem = Problem::new(
        &codes::UNRELATED_CERTIFICATES,
        relative,
        "its signature carries certificates that are in no chain of its signer or stamper",
        "name the root of the signing certificate under `signing.roots`, and sign with a tool that adds its chain \
         and nothing else",
    );
    Some(problem.naming(certificates.iter().cloned()))
}

/// Who signed a package.
pub(in crate::pipeline) struct Who {
    /// Of his certificate.
    subject: String,
    pub(super) is_stamped: bool,
    /// Does a root vouch for him?
    pub(super) is_judged: bool,
    /// What the signature carries that nobody vouches for.
    pub(super) foreign: Vec<String>,
    /// Certificates in it that are in no chain of its signer or stamper, where no root was there to judge them.
    pub(super) unrelated: Vec<String>,
}

impl Who {
    /// The line that `packages.json` has: who he is, and what is known of stamp and root.
    pub(super) fn line(&self) -> String {
        match self.is_judged {
            true => self.judged(self.is_stamped),
            false => self.not_judged(),
        }
    }

    fn judged(&self, is_stamped: bool) -> String {
        let who = &self.subject;
        match is_stamped {
            true => format!("{who}, time-stamped"),
            false => format!("{who}, without a time stamp"),
        }
    }

    fn not_judged(&self) -> String {
        format!("{}, root not judged", self.subject)
    }
}
