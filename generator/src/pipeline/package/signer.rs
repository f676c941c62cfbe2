//! Who signed a package, and what his signature carries.

use std::path::Path;

use crate::formats::authenticode::{
    self, FileKind, InvalidReason, Verdict, unauthenticated_parts, unrelated_certificates,
};
use crate::formats::x509::TrustAnchors;
use crate::packages::codes;
use crate::plain_file;
use crate::problem::Problem;

/// Files of packages that carry a signature, by their names.
pub(in crate::pipeline) fn signed_kind(path: &str) -> Option<FileKind> {
    match path.rsplit_once('.')?.1 {
        "msi" => Some(FileKind::Msi),
        "cab" => Some(FileKind::Cabinet),
        "ps1" => Some(FileKind::Script),
        _ => None,
    }
}

/// Who signed a package, in the line that `packages.json` has.
///
/// # Errors
/// In words: its signature does not hold, or carries what `package` takes from nobody.
pub(in crate::pipeline) fn signed_by(
    signed: &Path,
    kind: FileKind,
    anchors: Option<&TrustAnchors>,
    now: i64,
) -> Result<String, String> {
    let who = accepted(signed, kind, anchors, now)?;
    match who.foreign.first() {
        None => Ok(who.line),
        Some(part) => Err(format!("its signature carries {part}")),
    }
}

/// Who signed the package, when the signature holds.
pub(super) fn accepted(
    signed: &Path,
    kind: FileKind,
    roots: Option<&TrustAnchors>,
    now: i64,
) -> Result<Who, String> {
    let mut after = plain_file::open(signed).map_err(|error| error.to_string())?;
    let none = TrustAnchors::none();
    let anchors = roots.unwrap_or(&none);
    let verdict = authenticode::verify(&mut after, Some(kind), anchors, now);
    // Which certificates belong to the signature only a root under which it holds can tell.
    let vouching = Some(anchors).filter(|_| matches!(verdict, Verdict::Valid(_)));
    let foreign = unauthenticated_parts(&mut after, kind, vouching)?;
    match verdict {
        Verdict::Valid(valid) => {
            let who = &valid.signature.signer.subject;
            let is_stamped = valid.signature.signed_at.is_some();
            let line = match is_stamped {
                true => format!("{who}, time-stamped"),
                false => format!("{who}, without a time stamp"),
            };
            Ok(Who {
                line,
                is_stamped,
                foreign,
                unrelated: Vec::new(),
            })
        }
        Verdict::Invalid {
            reason: InvalidReason::SignerNotTrusted { .. },
            claimed: Some(claimed),
        } if roots.is_none() => Ok(Who {
            line: format!("{}, root not judged", claimed.subject),
            is_stamped: claimed.is_stamped,
            foreign,
            unrelated: unrelated_certificates(&mut after, kind)?,
        }),
        other => Err(other.to_string()),
    }
}

/// The finding of certificates that a root would refuse.
pub(super) fn unrelated(relative: &str, certificates: Vec<String>) -> Option<Problem> {
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
    Some(problem.naming(certificates.into_iter()))
}

/// Who signed a package.
pub(super) struct Who {
    /// Subject of the certificate, and what is known of stamp and root.
    pub(super) line: String,
    pub(super) is_stamped: bool,
    /// What the signature carries that nobody vouches for.
    pub(super) foreign: Vec<String>,
    /// Certificates in it that are in no chain of its signer or stamper, where no root was there to judge them.
    pub(super) unrelated: Vec<String>,
}
