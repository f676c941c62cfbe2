//! The exe of a bundle after someone signed it: is it what `build` made plus a signature?

use base64::Engine as _;
use std::io::Cursor;

use gangway_contract::Sha256;

use super::codes;
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

/// Decodes the roots that the bundle names for its exe's signature.
fn signing_roots(document: &BundleDocument) -> Vec<Vec<u8>> {
    let decode = |text: &String| base64::engine::general_purpose::STANDARD.decode(text).ok();
    document
        .signing_roots
        .iter()
        .filter_map(|root| decode(&root.der))
        .collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use gangway_contract::manifest::Mode;
    use gangway_contract::{BundleId, ReleaseId};
    use gangway_fixtures::authenticode::{Signature, sign_pe};
    use gangway_fixtures::{lab, pe};

    use super::*;
    use crate::bundle::{Exe, SCHEMA, SigningRoot, Tool};
    use crate::problem::Severity;

    /// 2026-04-01.
    const NOW: i64 = 1_775_001_600;

    fn exe() -> Vec<u8> {
        pe::program(&pe::Version::new("MdeOnboard", "Gangway", [0, 1, 0, 0]), 0)
    }

    fn document(exe: &[u8]) -> BundleDocument {
        let der = lab::root_der();
        BundleDocument {
            schema: SCHEMA,
            bundle_id: BundleId::of_bytes(b""),
            release_id: ReleaseId::of_bytes(b""),
            sequence: 1,
            mode: Mode::Onboard,
            organization: "Contoso".to_owned(),
            output_time: 0,
            tool: Tool {
                name: "gangway".to_owned(),
                version: "0".to_owned(),
            },
            exe: Exe {
                path: "bootstrap/MdeOnboard.exe".to_owned(),
                unsigned_size: exe.len() as u64,
                unsigned_sha256: Sha256::of(exe),
                authenticode_sha256: exe_digest(exe).unwrap(),
                stub_version: "0".to_owned(),
                stub_sha256: Sha256::of(exe),
            },
            signing_roots: vec![SigningRoot {
                sha256: Sha256::of(&der),
                der: base64::engine::general_purpose::STANDARD.encode(&der),
            }],
            inputs: Vec::new(),
            files: Vec::new(),
        }
    }

    fn has_error(judged: &Judged) -> bool {
        judged
            .problems
            .iter()
            .any(|problem| problem.code.severity == Severity::Error)
    }

    #[test]
    fn the_exe_plus_a_signature_under_a_named_root_is_good() {
        let exe = exe();
        let judged = judge(&document(&exe), &sign_pe(&exe, &Signature::default()), NOW);
        assert!(judged.problems.is_empty(), "{:?}", judged.problems);
        assert!(
            judged.summary.contains("time-stamped"),
            "{}",
            judged.summary
        );
    }

    #[test]
    fn a_signature_under_an_unknown_root_is_refused() {
        let exe = exe();
        let other = Signature::by(lab::Lab::NamesakeCode);
        assert!(has_error(&judge(
            &document(&exe),
            &sign_pe(&exe, &other),
            NOW
        )));
    }

    #[test]
    fn without_a_named_root_an_intact_signature_is_a_warning() {
        let exe = exe();
        let document = BundleDocument {
            signing_roots: Vec::new(),
            ..document(&exe)
        };
        let judged = judge(&document, &sign_pe(&exe, &Signature::default()), NOW);
        assert_eq!(judged.problems.len(), 1);
        assert_eq!(judged.problems[0].code, &codes::EXE_CHAIN_UNKNOWN);
    }

    #[test]
    fn a_flipped_bit_anywhere_in_the_signed_exe_is_found() {
        let exe = exe();
        let document = document(&exe);
        let signed = sign_pe(&exe, &Signature::default());
        let missed: Vec<usize> = (0..signed.len())
            .filter(|&at| {
                let mut changed = signed.clone();
                changed[at] ^= 0x01;
                !has_error(&judge(&document, &changed, NOW))
            })
            .collect();
        assert!(
            missed.is_empty(),
            "of {} bytes, image {}: {missed:?}",
            signed.len(),
            exe.len()
        );
    }
}
