//! From what a blob's signature proves to what stands against it.

use super::codes;
use super::item::Verdict;
use super::settings::TrustSettings;
use crate::formats::blob::{BlobFault, BlobSignature, CertificateFacts};
use crate::formats::x509::AnchorName;
use crate::formats::x509::time::utc;
use crate::problem::Problem;

/// The verdict of a blob's signature.
pub(super) fn blob_verdict(signature: &BlobSignature, leaf: Option<&CertificateFacts>) -> Verdict {
    match signature {
        BlobSignature::Valid { chain, anchor } => Verdict::Valid {
            signer: leaf.map(|leaf| leaf.subject.clone()).unwrap_or_default(),
            chain: chain.clone(),
            signed_at: None,
            lab_root: matches!(anchor, AnchorName::Lab { .. }),
            blob_root: matches!(anchor, AnchorName::Added { .. }),
            revocation_checked: false,
            signatures: Vec::new(),
            remarks: match anchor {
                AnchorName::Added { name, sha256 } => vec![format!(
                    "trusted only because of the root added by trust.blob_roots: `{name}`, SHA-256 \
                     {sha256}"
                )],
                _ => Vec::new(),
            },
            first_signature: None,
        },
        BlobSignature::Invalid { why } => Verdict::Invalid {
            why: why.to_string(),
        },
    }
}

const PORTAL: &str = "download the package again from the Defender portal";

const NEWER: &str = "download it again from the Defender portal over TLS; look the last certificate up in \
     Microsoft's PKI repository, https://www.microsoft.com/pkiops/docs/repository.htm, and name it \
     in `trust.blob_roots`; or take a newer Gangway";

/// What stands against a blob's signature: a code for each fault.
pub(super) fn blob_problem(
    signature: &BlobSignature,
    trust: &TrustSettings,
    subject: &str,
) -> Option<Problem> {
    match signature {
        BlobSignature::Valid {
            anchor: AnchorName::Lab { name, .. },
            ..
        } if !trust.lab_root_counts_as_microsoft => Some(Problem::new(
            &codes::LAB_ROOT_IS_NOT_MICROSOFT,
            subject,
            format!("the blob is signed under the lab root `{name}`, not by Microsoft"),
            "in a lab set `lab_root_counts_as_microsoft = true` under `[trust]`; elsewhere \
                 download the package from the Defender portal",
        )),
        BlobSignature::Valid { .. } => None,
        BlobSignature::Invalid { why } => {
            let (code, message) = match why {
                BlobFault::BodyChanged => (
                    &codes::BLOB_CHANGED,
                    "the blob was changed after it was signed",
                ),
                BlobFault::ForeignSignature | BlobFault::SignaturesDisagree { .. } => (
                    &codes::FOREIGN_SIGNATURE,
                    "the blob carries the signature of another package",
                ),
                BlobFault::NoSignature => {
                    (&codes::BLOB_UNSIGNED, "the blob has no SHA-256 signature")
                }
                BlobFault::Certificate { .. } | BlobFault::LeafName { .. } => (
                    &codes::BLOB_CERTIFICATE,
                    "the blob's certificate is not that of the service",
                ),
                BlobFault::BrokenChain { .. } => (
                    &codes::BLOB_CHAIN,
                    "the blob's certificates do not form a chain",
                ),
                BlobFault::NotMicrosoft { .. } => (
                    &codes::BLOB_NOT_MICROSOFT,
                    "the blob was not made by Microsoft",
                ),
                // The one fault that a genuine package may have: the service took another
                // authority since this program was made.
                BlobFault::UnknownIssuer { .. } => (
                    &codes::BLOB_ISSUER_UNKNOWN,
                    "who issued the blob's certificate is not known: the blob is forged, or newer \
                     than this program",
                ),
            };
            let (next, certificates) = match why {
                BlobFault::UnknownIssuer { certificates, .. } => (NEWER, certificates.as_slice()),
                _ => (PORTAL, &[][..]),
            };
            let problem = Problem::new(code, subject, message, next).with_evidence(why.to_string());
            Some(
                certificates
                    .iter()
                    .enumerate()
                    .fold(problem, |problem, (index, certificate)| {
                        problem.with_evidence(carried(index + 1, certificate))
                    }),
            )
        }
    }
}

fn carried(number: usize, certificate: &CertificateFacts) -> String {
    let CertificateFacts {
        subject,
        issuer,
        not_after,
        sha256,
        ..
    } = certificate;
    let until = utc(*not_after);
    format!(
        "certificate {number}: `{subject}`, issued by `{issuer}`, until {until}, SHA-256 {sha256}"
    )
}
