//! The exe of a bundle after someone signed it: is it what `build` made plus a signature?

use std::io::Cursor;

use gangway_contract::Sha256;

use super::codes;
use super::verify::signing_roots;
use crate::bootstrap;
use crate::bundle::BundleDocument;
use crate::formats::authenticode::{
    self, DigestAlgorithm, FileKind, InvalidReason, Valid, Verdict, Warning,
};
use crate::formats::x509::TrustAnchors;
use crate::problem::Problem;

/// What is known of the exe.
pub(super) struct Judged {
    /// State of the signature, in one line.
    pub(super) summary: String,
    pub(super) problems: Vec<Problem>,
}

impl Judged {
    fn with(summary: impl Into<String>, problem: Problem) -> Self {
        Self {
            summary: summary.into(),
            problems: vec![problem],
        }
    }
}

const SIGN_AGAIN: &str = "build again, then sign the fresh exe";

/// Judges the exe's bytes. `now` is in seconds since 1970 UTC.
pub(super) fn judge(document: &BundleDocument, exe: &[u8], now: i64) -> Judged {
    let subject = document.exe.path.as_str();
    if Sha256::of(exe) == document.exe.unsigned_sha256 {
        let problem = Problem::new(
            &codes::EXE_UNSIGNED,
            subject,
            "the bootstrap is as it was built, and not signed",
            "sign it in place: `gangway sign`, osslsigncode or signtool",
        );
        return Judged::with("as built, not signed", problem);
    }
    if let Err(why) = only_signed(document, exe) {
        let problem = Problem::new(&codes::EXE_CHANGED, subject, why, SIGN_AGAIN);
        return Judged::with("changed", problem);
    }
    let roots = signing_roots(document);
    let anchors = roots
        .iter()
        .try_fold(TrustAnchors::none(), |anchors, root| {
            anchors.with_lab_root(root)
        });
    let anchors = match anchors {
        Ok(anchors) => anchors,
        Err(error) => {
            let problem = Problem::new(
                &codes::FILE_CHANGED,
                crate::bundle::FILE_NAME,
                format!("a certificate in `signing_roots` is malformed: {error}"),
                "build the bundle again",
            );
            return Judged::with("not judged", problem);
        }
    };
    match authenticode::verify(&mut Cursor::new(exe), Some(FileKind::Pe), &anchors, now) {
        Verdict::Valid(valid) => judge_valid(subject, &valid),
        Verdict::Invalid {
            reason: InvalidReason::SignerNotTrusted { .. },
            claimed,
        } if roots.is_empty() => {
            let who = claimed.map_or_else(|| "unknown".to_owned(), |claimed| claimed.subject);
            let problem = Problem::new(
                &codes::EXE_CHAIN_UNKNOWN,
                subject,
                format!("the signature of `{who}` was not traced to a root"),
                "name the root of your code-signing certificate in `signing.roots`, build again",
            );
            Judged::with(format!("signed by `{who}`, root not judged"), problem)
        }
        verdict => {
            let problem = Problem::new(
                &codes::EXE_SIGNATURE,
                subject,
                "the signature of the bootstrap does not hold",
                "sign the exe of a fresh build; see `gangway explain GW3005`",
            )
            .with_evidence(verdict.to_string());
            Judged::with(verdict.to_string(), problem)
        }
    }
}

fn judge_valid(subject: &str, valid: &Valid) -> Judged {
    let signature = &valid.signature;
    let mut problems = Vec::new();
    for warning in &valid.warnings {
        if let Warning::CertificatePadding { bytes } = warning {
            problems.push(Problem::new(
                &codes::EXE_CHANGED,
                subject,
                format!("{bytes} bytes that no signature covers stand behind the signature"),
                SIGN_AGAIN,
            ));
        }
    }
    let stamp = if signature.signed_at.is_some() {
        "time-stamped"
    } else {
        "without a time stamp: the signature ends with the certificate"
    };
    Judged {
        summary: format!("signed by `{}`, {stamp}", signature.signer.subject),
        problems,
    }
}

/// The Authenticode digest of an exe, the same before and after signing.
pub(super) fn exe_digest(exe: &[u8]) -> Result<Sha256, String> {
    let digest = authenticode::pe_digest(&mut Cursor::new(exe), DigestAlgorithm::Sha256)
        .map_err(|error| error.to_string())?;
    let digest: [u8; 32] = digest
        .try_into()
        .map_err(|_| "its digest is cut short".to_owned())?;
    Ok(Sha256::from_bytes(digest))
}

/// Signing may append a certificate table, name it in the data directory and mend the
/// checksum. Everything else is covered by the Authenticode digest; those two are not.
fn only_signed(document: &BundleDocument, exe: &[u8]) -> Result<(), String> {
    let digest = exe_digest(exe).map_err(|why| format!("the bootstrap is damaged: {why}"))?;
    if digest != document.exe.authenticode_sha256 {
        return Err(format!(
            "its Authenticode digest is {digest}, `build` recorded {}",
            document.exe.authenticode_sha256
        ));
    }
    match bootstrap::stored_and_computed_checksum(exe) {
        Some((stored, computed)) if stored == computed => Ok(()),
        Some((stored, computed)) => Err(format!(
            "its header checksum is {stored:08x}, its bytes give {computed:08x}"
        )),
        None => Err("its headers are cut short".to_owned()),
    }
}
