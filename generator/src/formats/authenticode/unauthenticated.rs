//! What a file's signature carries that neither its signer nor a stamper vouches for.
//!
//! Windows ignores such parts, and tools hide data in them: bytes behind the signature, further
//! certificates, unsigned attributes. A freshly signed file has none of them.

use std::io::{Read, Seek};

use super::cms::SignedData;
use super::detached::carried;
use super::judge::NESTED_SIGNATURE;
use super::kind::FileKind;
use super::stamp::{self, COUNTERSIGNATURE, RFC3161_TOKEN};
use crate::formats::der::{Element, tag};
use crate::formats::x509::{Certificate, TrustAnchors};

/// `id-kp-timeStamping` (RFC 5280, section 4.2.1.12).
const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";

/// Names each part of a file's signatures that nothing authenticates, and each signature beyond the
/// first. A time stamp is no such part: it is judged with the signature, and what it carries itself is
/// named here.
///
/// Certificates are asked for a root that vouches for them when `anchors` are given, and whether the
/// signer or a stamper stands on them. A second certificate for the name and key of an authority that
/// is vouched for passes as far as it is short: cross-certificates are usual, and their own issuer is
/// often absent, so that nobody can say who signed them.
///
/// # Errors
/// In words, when place or signature cannot be read; then the signature does not hold either.
pub fn unauthenticated_parts<S: Read + Seek>(
    source: &mut S,
    kind: FileKind,
    anchors: Option<&TrustAnchors>,
) -> Result<Vec<String>, String> {
    let (signatures, uncovered_bytes) = carried(source, kind)?;
    let mut parts = Vec::new();
    match uncovered_bytes {
        0 => {}
        bytes => parts.push(format!("{bytes} bytes behind the signature")),
    }
    let mut signatures = signatures.iter();
    let Some(first) = signatures.next() else {
        return Ok(parts);
    };
    let more = signatures.len();
    if more > 0 {
        parts.push(format!(
            "{more} further signatures in the certificate table"
        ));
    }
    let data = SignedData::parse(&first.der).map_err(|error| error.to_string())?;
    // PKCS #7 has 1; RFC 5652, section 5.1, asks for 3 with this content. Signers are 1 (5.3).
    if !matches!((data.version, data.signer.version), (1 | 3, 1)) {
        parts.push("a version that no signature has".to_owned());
    }
    if data.has_revocation_lists {
        parts.push("revocation lists".to_owned());
    }
    if data.digest_algorithms.len() > 1 {
        parts.push("digest algorithms that the signer does not use".to_owned());
    }
    let algorithms = data.digest_algorithms.iter().chain(&data.signer.algorithms);
    if algorithms.into_iter().any(has_free_parameters) {
        parts.push("parameters of an algorithm that has none".to_owned());
    }
    parts.extend(of_stamps(&data));
    for (kind, bytes) in data.signer.unsigned_attributes.sizes() {
        match kind {
            RFC3161_TOKEN | COUNTERSIGNATURE => {}
            NESTED_SIGNATURE => parts.push("a second signature inside the first".to_owned()),
            other => parts.push(format!("the unsigned attribute {other} of {bytes} bytes")),
        }
    }
    if data.unreadable_certificates > 0 {
        let count = data.unreadable_certificates;
        parts.push(format!("{count} certificates that cannot be read"));
    }
    if let Some(anchors) = anchors {
        let strangers = not_vouched_for(&data.certificates, anchors);
        let mut named: Vec<String> = strangers.map(|one| one.subject().to_string()).collect();
        for name in unrelated(&data, true) {
            if !named.contains(&name) {
                named.push(name);
            }
        }
        parts.extend(
            named
                .iter()
                .map(|name| format!("the certificate of `{name}`")),
        );
    }
    Ok(parts)
}

/// The same of the time stamps in it.
fn of_stamps(data: &SignedData<'_>) -> Vec<String> {
    let tokens: Vec<_> = data
        .signer
        .unsigned_attributes
        .values(RFC3161_TOKEN)
        .collect();
    let mut parts = Vec::new();
    if tokens.len() > 1 {
        parts.push(format!("{} time stamps in the place of one", tokens.len()));
    }
    for token in tokens {
        let Ok(token) = SignedData::parse(token.raw) else {
            parts.push("a time stamp that cannot be read".to_owned());
            continue;
        };
        if token.has_revocation_lists {
            parts.push("revocation lists in the time stamp".to_owned());
        }
        for (kind, bytes) in token.signer.unsigned_attributes.sizes() {
            let part = format!("the unsigned attribute {kind} of {bytes} bytes in the time stamp");
            parts.push(part);
        }
        if token.unreadable_certificates > 0 {
            let count = token.unreadable_certificates;
            parts.push(format!(
                "{count} certificates that cannot be read in the time stamp"
            ));
        }
        let strangers = unrelated(&token, false).into_iter();
        parts
            .extend(strangers.map(|name| format!("the certificate of `{name}` in the time stamp")));
    }
    parts
}

/// Names the certificates in a file's signature that are neither its signer's, nor a stamper's, nor of the authorities
/// above these, for whoever has no root to judge them by. A stamper is taken by the purpose of his certificate.
///
/// # Errors
/// In words, when place or signature cannot be read.
pub fn unrelated_certificates<S: Read + Seek>(
    source: &mut S,
    kind: FileKind,
) -> Result<Vec<String>, String> {
    let (signatures, _) = carried(source, kind)?;
    let Some(first) = signatures.first() else {
        return Ok(Vec::new());
    };
    let data = SignedData::parse(&first.der).map_err(|error| error.to_string())?;
    Ok(unrelated(&data, true))
}

/// Subjects of the certificates that are neither the signer's, nor of the authorities above it; with `stampers`,
/// nor a stamper's.
fn unrelated(data: &SignedData<'_>, stampers: bool) -> Vec<String> {
    let signer = data.signer.find_certificate(&data.certificates);
    let is_stamped = stampers && stamp::is_there(&data.signer);
    let is_stamper = |certificate: &&Certificate| {
        let purposes = certificate.extended_key_usage().unwrap_or_default();
        is_stamped && purposes.iter().any(|purpose| purpose == TIME_STAMPING)
    };
    let stampers = data.certificates.iter().filter(is_stamper);
    let mut known: Vec<&Certificate> = signer.into_iter().chain(stampers).collect();
    let is_known =
        |one: &Certificate, known: &[&Certificate]| known.iter().any(|other| is_above(one, other));
    let mut open: Vec<&Certificate> = data.certificates.iter().collect();
    loop {
        let (related, rest): (Vec<_>, Vec<_>) = open.iter().partition(|one| is_known(one, &known));
        open = rest;
        if related.is_empty() {
            return open
                .into_iter()
                .map(|one| one.subject().to_string())
                .collect();
        }
        known.extend(related);
    }
}

/// Is it the other one, its issuer, or a second certificate for the same name and key?
fn is_above(certificate: &Certificate, other: &Certificate) -> bool {
    certificate.der() == other.der()
        || is_cross_certificate(certificate, other)
        || (other.issuer() == certificate.subject()
            && other.verify_signature_by(certificate).is_ok())
}

/// Most bytes of a certificate that passes by name and key alone. Microsoft's roots have less than 2 KB; data that
/// somebody hides in such a certificate has little room.
const LONGEST_CROSS_CERTIFICATE: usize = 3 << 10;

/// A second certificate for an authority's name and key.
fn is_cross_certificate(certificate: &Certificate, other: &Certificate) -> bool {
    let is_authority = |one: &Certificate| one.basic_constraints().is_some_and(|it| it.authority);
    certificate.der().len() <= LONGEST_CROSS_CERTIFICATE
        && is_authority(certificate)
        && other.subject() == certificate.subject()
        && other.public_key() == certificate.public_key()
}

/// Does an AlgorithmIdentifier carry more than its algorithm has? Hashes and RSA have NULL or
/// nothing (RFC 5754, sections 2 and 3.2); those of RSASSA-PSS and elliptic curves are short.
fn has_free_parameters(identifier: &Element<'_>) -> bool {
    const RSA_PSS: &str = "1.2.840.113549.1.1.10";
    const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
    const LONGEST_BYTES: usize = 80;
    let mut reader = identifier.content();
    let oid = reader.oid().unwrap_or_default();
    if oid == RSA_PSS || oid == EC_PUBLIC_KEY {
        return identifier.raw.len() > LONGEST_BYTES;
    }
    let is_null = |parameters: Element<'_>| parameters.raw == [tag::NULL, 0];
    let has_none = reader.is_empty() || (reader.read().is_ok_and(is_null) && reader.is_empty());
    !has_none
}

/// The certificates that no root vouches for. At most 64 certificates are read, so at most some
/// thousand signatures are checked.
fn not_vouched_for<'c>(
    certificates: &'c [Certificate],
    anchors: &'c TrustAnchors,
) -> impl Iterator<Item = &'c Certificate> {
    let roots = anchors.code().iter().chain(anchors.time());
    let mut known: Vec<&Certificate> = roots.map(|anchor| &anchor.certificate).collect();
    let mut open: Vec<&Certificate> = certificates.iter().collect();
    loop {
        let (vouched, rest): (Vec<_>, Vec<_>) =
            open.iter().partition(|one| is_vouched_for(one, &known));
        open = rest;
        if vouched.is_empty() {
            return open.into_iter();
        }
        known.extend(vouched);
    }
}

fn is_vouched_for(certificate: &Certificate, known: &[&Certificate]) -> bool {
    known.iter().any(|other| {
        (!certificate.is_self_issued() && is_cross_certificate(certificate, other))
            || (other.subject() == certificate.issuer()
                && certificate.verify_signature_by(other).is_ok())
    })
}
