//! The signatures over a blob's body.
//!
//! Rules confirmed on public specimens of 2020 to 2025: `sha256sig` (all) and `sig` (since
//! 2024) are PKCS #1 with SHA-256, `sig` before that with SHA-1, both in CryptoAPI's byte
//! order, least significant first; `sha256sigPss` is RSA-PSS with SHA-256 and a salt of 32
//! bytes in the usual order.

use num_bigint::BigUint;

use super::BlobFault;
use super::body::Envelope;
use crate::formats::der::{Element, tag};
use crate::formats::digest::DigestAlgorithm;
use crate::formats::x509::{PublicKey, SignatureScheme};

/// Largest signature that is read: RSA with 8192 bits.
const MAX_BYTES: usize = 1024;

/// Checks every signature that is present; at least one of them has to rest on SHA-256.
pub(super) fn check(envelope: &Envelope, key: &PublicKey) -> Result<(), BlobFault> {
    let body = envelope.body.as_bytes();
    let pkcs1 = |digest| SignatureScheme::RsaPkcs1(digest);
    let verifies =
        |scheme: SignatureScheme, signature: &[u8]| key.verify(scheme, body, signature).is_ok();
    let sha256 = envelope.sha256sig.as_deref().map(reversed);
    let legacy = envelope.sig.as_deref().map(reversed);
    let sha256_good = sha256
        .as_ref()
        .map(|signature| verifies(pkcs1(DigestAlgorithm::Sha256), signature));
    let pss_good = envelope
        .pss
        .as_ref()
        .map(|signature| verifies(SignatureScheme::RsaPss(DigestAlgorithm::Sha256), signature));
    let legacy_sha256 = legacy
        .as_ref()
        .map(|signature| verifies(pkcs1(DigestAlgorithm::Sha256), signature));
    let legacy_good = legacy.as_ref().map(|signature| {
        legacy_sha256 == Some(true) || verifies(pkcs1(DigestAlgorithm::Sha1), signature)
    });
    let all = [
        ("sha256sig", sha256_good),
        ("sha256sigPss", pss_good),
        ("sig", legacy_good),
    ];
    let good = all.iter().find(|(_, result)| *result == Some(true));
    let bad = all.iter().find(|(_, result)| *result == Some(false));
    match (good, bad) {
        (Some((good, _)), Some((bad, _))) => Err(BlobFault::SignaturesDisagree { good, bad }),
        (None, Some(_)) => {
            // Which of the two it is decides where the reader has to look: at an edited line,
            // or at a blob put together from two.
            let by_this_key = sha256
                .iter()
                .chain(&legacy)
                .any(|signature| is_signature_of(key, signature));
            Err(if by_this_key {
                BlobFault::BodyChanged
            } else {
                BlobFault::ForeignSignature
            })
        }
        (Some(_), None) if [sha256_good, pss_good, legacy_sha256].contains(&Some(true)) => Ok(()),
        (_, None) => Err(BlobFault::NoSignature),
    }
}

fn reversed(signature: &[u8]) -> Vec<u8> {
    signature.iter().rev().copied().collect()
}

/// Did this RSA key make the PKCS #1 signature, over whatever content? A foreign signature
/// raised to the public exponent gives noise instead of the fixed padding. Explains a failure;
/// decides nothing.
fn is_signature_of(key: &PublicKey, signature: &[u8]) -> bool {
    open(key, signature).is_some_and(|(opened, modulus_length)| {
        // 00 01 FF … FF 00 DigestInfo; the leading zero is gone in the number.
        opened.len() + 1 == modulus_length
            && opened.starts_with(&[0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
    })
}

/// The signature raised to the public exponent, and the length of the modulus.
fn open(key: &PublicKey, signature: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut fields = Element::only(key.rsa_der()?).ok()?.content();
    let mut number = || Some(fields.expect(tag::INTEGER).ok()?.value);
    let modulus = number()?;
    let exponent = number()?;
    let modulus = modulus.strip_prefix(&[0]).unwrap_or(modulus);
    // The bounds keep the exponentiation cheap whatever the certificate claims.
    let bounded = modulus.len() <= MAX_BYTES
        && exponent.len() <= 8
        && signature.len() <= MAX_BYTES
        && modulus.iter().any(|&byte| byte != 0);
    bounded.then(|| {
        let opened = BigUint::from_bytes_be(signature).modpow(
            &BigUint::from_bytes_be(exponent),
            &BigUint::from_bytes_be(modulus),
        );
        (opened.to_bytes_be(), modulus.len())
    })
}
