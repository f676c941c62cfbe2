//! From a blob's leaf certificate to a trusted root.
//!
//! Validity times are not looked at: leaves last one year while deployed blobs work for many,
//! and the intermediate of every blob until 2026 has ended. Neither is an extended key usage
//! asked for: the service's leaf is no code signer.

use der::{Decode, Encode};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_cert::Certificate;
use x509_cert::ext::pkix::BasicConstraints;

use super::BlobFault;

/// A root that may end a chain.
#[derive(Clone, Copy)]
pub struct Anchor<'a> {
    /// The certificate as DER.
    pub der: &'a [u8],
    /// From the configuration rather than built in.
    pub lab: bool,
}

/// Longest chain that is followed.
const MAX_LENGTH: usize = 8;

/// Largest certificate that is read; real ones have below 2 KiB.
const MAX_BYTES: usize = 64 << 10;

/// Reads one certificate.
pub(super) fn read(which: &str, der: &[u8]) -> Result<Certificate, BlobFault> {
    let fault = |why: String| BlobFault::Certificate {
        why: format!("{which}: {why}"),
    };
    if der.len() > MAX_BYTES {
        return Err(fault(format!("{} bytes", der.len())));
    }
    Certificate::from_der(der).map_err(|error| fault(error.to_string()))
}

/// Subject as text.
pub(super) fn subject(certificate: &Certificate) -> String {
    certificate.tbs_certificate().subject().to_string()
}

/// The one common name of the subject; none when there are several.
pub(super) fn common_name(certificate: &Certificate) -> Option<String> {
    let subject = certificate.tbs_certificate().subject();
    let name = subject.common_name().ok()??;
    let several = subject
        .iter()
        .filter(|attribute| attribute.oid == der::oid::db::rfc4519::COMMON_NAME)
        .count();
    (several == 1).then(|| name.value().into_owned())
}

/// Issuer as text.
pub(super) fn issuer(certificate: &Certificate) -> String {
    certificate.tbs_certificate().issuer().to_string()
}

/// A chain that ends at an anchor: subjects from the leaf to the root, and whether the root
/// came from the configuration.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) subjects: Vec<String>,
    pub(super) lab_root: bool,
}

/// Follows `leaf` through `chain`, nearest issuer first, until an anchor has issued the last
/// certificate or is the last certificate, byte for byte.
pub(super) fn follow(
    leaf: Certificate,
    chain: &[Vec<u8>],
    anchors: &[Anchor<'_>],
) -> Result<Path, BlobFault> {
    let roots: Vec<(Certificate, Anchor<'_>)> = anchors
        .iter()
        .filter_map(|anchor| Some((Certificate::from_der(anchor.der).ok()?, *anchor)))
        .collect();
    let mut subjects = vec![subject(&leaf)];
    let mut at = leaf;
    let mut next = chain.iter().enumerate();
    for _ in 0..MAX_LENGTH {
        let own = at.to_der().unwrap_or_default();
        if let Some(anchor) = anchors.iter().find(|anchor| anchor.der == own.as_slice()) {
            return Ok(Path {
                subjects,
                lab_root: anchor.lab,
            });
        }
        if let Some((root, anchor)) = roots.iter().find(|(root, _)| issued_by(&at, root)) {
            subjects.push(subject(root));
            return Ok(Path {
                subjects,
                lab_root: anchor.lab,
            });
        }
        let Some((index, der)) = next.next() else {
            return Err(match chain.is_empty() {
                true => BlobFault::BrokenChain { at: subject(&at) },
                false => BlobFault::UntrustedRoot { found: issuer(&at) },
            });
        };
        let above = read(&format!("`chain` certificate {}", index + 1), der)?;
        if !is_authority(&above) || !issued_by(&at, &above) {
            return Err(BlobFault::BrokenChain { at: subject(&at) });
        }
        subjects.push(subject(&above));
        at = above;
    }
    Err(BlobFault::UntrustedRoot { found: issuer(&at) })
}

fn is_authority(certificate: &Certificate) -> bool {
    certificate
        .tbs_certificate()
        .get_extension::<BasicConstraints>()
        .is_ok_and(|found| found.is_some_and(|(_, constraints)| constraints.ca))
}

/// Is the name of the issuer and its signature right?
fn issued_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    if certificate.tbs_certificate().issuer() != issuer.tbs_certificate().subject() {
        return false;
    }
    let Some(algorithm) = algorithm(&certificate.signature_algorithm().oid.to_string()) else {
        return false;
    };
    let (Some(key), Some(made), Ok(signed)) = (
        public_key(issuer),
        certificate.signature().as_bytes(),
        certificate.tbs_certificate().to_der(),
    ) else {
        return false;
    };
    UnparsedPublicKey::new(algorithm, key)
        .verify(&signed, made)
        .is_ok()
}

/// The key bits as `ring` takes them.
pub(super) fn public_key(certificate: &Certificate) -> Option<&[u8]> {
    certificate
        .tbs_certificate()
        .subject_public_key_info()
        .subject_public_key
        .as_bytes()
}

/// Algorithms of the authorities met in blobs and in lab set-ups; SHA-1 is not among them.
fn algorithm(oid: &str) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match oid {
        "1.2.840.113549.1.1.11" => &signature::RSA_PKCS1_2048_8192_SHA256,
        "1.2.840.113549.1.1.12" => &signature::RSA_PKCS1_2048_8192_SHA384,
        "1.2.840.113549.1.1.13" => &signature::RSA_PKCS1_2048_8192_SHA512,
        "1.2.840.10045.4.3.2" => &signature::ECDSA_P256_SHA256_ASN1,
        "1.2.840.10045.4.3.3" => &signature::ECDSA_P384_SHA384_ASN1,
        _ => return None,
    })
}
