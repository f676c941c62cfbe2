//! Did the signer's key sign this content?

use super::cms::SignerInfo;
use super::reason::InvalidReason;
use crate::formats::der::tag;
use crate::formats::x509::{Certificate, KeyError};

pub(super) const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
pub(super) const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";

/// Why a signer's signature over a content does not hold; the caller knows whether a file or
/// a time stamp is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SignerFault {
    /// A mandatory attribute is missing, doubled or malformed.
    Attribute(&'static str),
    /// The attributes name another content.
    MessageDigest,
    /// The signer's certificate is not at hand.
    CertificateMissing,
    /// The key did not make the signature.
    Mismatch {
        /// Subject of the certificate.
        subject: String,
    },
    /// The hash is broken or the algorithm unknown.
    Algorithm(String),
}

impl From<SignerFault> for InvalidReason {
    fn from(fault: SignerFault) -> Self {
        match fault {
            SignerFault::Attribute(attribute) => Self::SignedAttribute { attribute },
            SignerFault::MessageDigest => Self::MessageDigestMismatch,
            SignerFault::CertificateMissing => Self::SignerCertificateMissing,
            SignerFault::Mismatch { subject } => Self::SignatureMismatch { subject },
            SignerFault::Algorithm(oid) => Self::UnsupportedAlgorithm { oid },
        }
    }
}

/// Checks the signed attributes against `content` (the content's octets, without tag and
/// length) and the signature over the attributes; gives the signer's certificate.
///
/// Says nothing about whether that certificate is trusted.
pub(super) fn verify<'c>(
    signer: &SignerInfo<'_>,
    content_type: &str,
    content: &[u8],
    certificates: &'c [Certificate],
) -> Result<&'c Certificate, SignerFault> {
    let encoded = signer
        .signed_attributes_encoded
        .as_deref()
        .ok_or(SignerFault::Attribute("messageDigest"))?;
    let attributes = &signer.signed_attributes;
    let named_type = attributes
        .single(CONTENT_TYPE)
        .and_then(|value| value.oid().ok());
    if named_type.as_deref() != Some(content_type) {
        return Err(SignerFault::Attribute("contentType"));
    }
    let digest = attributes
        .single(MESSAGE_DIGEST)
        .filter(|value| value.tag == tag::OCTET_STRING)
        .ok_or(SignerFault::Attribute("messageDigest"))?;
    let computed = signer
        .digest_algorithm
        .digest(content)
        .ok_or_else(|| SignerFault::Algorithm(signer.digest_algorithm.to_string()))?;
    if digest.value != computed {
        return Err(SignerFault::MessageDigest);
    }
    let certificate = signer
        .find_certificate(certificates)
        .ok_or(SignerFault::CertificateMissing)?;
    let scheme = signer.scheme.as_ref().map_err(|error| match error {
        KeyError::Unsupported(algorithm) => SignerFault::Algorithm(algorithm.clone()),
        KeyError::Mismatch => SignerFault::Algorithm(error.to_string()),
    })?;
    match certificate
        .public_key()
        .verify(*scheme, encoded, signer.signature)
    {
        Ok(()) => Ok(certificate),
        Err(KeyError::Mismatch) => Err(SignerFault::Mismatch {
            subject: certificate.subject().to_string(),
        }),
        Err(KeyError::Unsupported(algorithm)) => Err(SignerFault::Algorithm(algorithm)),
    }
}
