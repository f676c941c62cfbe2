//! The one text that stands for a blob.
//!
//! The service signs the body and nothing else: blanks, escapes, the order of the fields and
//! further fields of the outer document could be changed by anybody without a signature noticing.
//! So a server gets this document written anew from the fields that were verified, in the order
//! and the form in which the service writes it (the same in every public specimen of 2020 to 2025:
//! `body`, `sig`, `sha256sig`, in one of 2024 `sha256sigPss`, `cert`, `chain`, without blanks).
//! A blob that is fresh from the portal comes out byte for byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::anchors::BlobAnchors;
use super::text::BlobText;
use crate::formats::x509::Certificate;

/// Why a blob has no text that every part of it stands for, although its signature holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Irregular {
    /// Fields are missing, doubled or not known.
    #[error(
        "the outer document has not exactly the fields `body`, `sig`, `sha256sig`, `cert`, \
         `chain` and perhaps `sha256sigPss`, each once"
    )]
    Fields,
    /// A certificate of `chain` has nothing to do with the one before it.
    #[error("certificate {position} of `chain` did not issue the one before it")]
    Stranger {
        /// Counted from 1.
        position: usize,
    },
    /// The last certificate of `chain` is neither a trusted root nor issued by one.
    #[error("the last certificate of `chain` is neither a trusted root nor issued by one")]
    Loose,
}

/// The outer document; the order of the fields is the order in which they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outer {
    body: String,
    sig: String,
    sha256sig: String,
    #[serde(rename = "sha256sigPss", skip_serializing_if = "Option::is_none")]
    pss: Option<String>,
    cert: String,
    chain: Vec<String>,
}

/// Writes a blob anew. Its signature has to be valid already by the same anchors
/// ([`Blob::read`]): only then do the fields that are kept say what Microsoft said.
///
/// # Errors
/// Something in the blob is vouched for by nobody.
///
/// [`Blob::read`]: super::Blob::read
pub fn canonical(text: &BlobText, anchors: &BlobAnchors) -> Result<BlobText, Irregular> {
    let outer: Outer = serde_json::from_str(text.expose()).map_err(|_| Irregular::Fields)?;
    let signatures = [Some(&outer.sig), Some(&outer.sha256sig), outer.pss.as_ref()];
    if signatures.into_iter().flatten().any(String::is_empty) || outer.chain.is_empty() {
        return Err(Irregular::Fields);
    }
    let mut below = certificate(&outer.cert).ok_or(Irregular::Fields)?;
    for (index, der) in outer.chain.iter().enumerate() {
        let stranger = Irregular::Stranger {
            position: index + 1,
        };
        let issuer = certificate(der).ok_or(stranger)?;
        if below.is_self_issued() || !is_issued_by(&below, &issuer) {
            return Err(stranger);
        }
        below = issuer;
    }
    let is_vouched_for = |anchor: &Certificate| {
        anchor.der() == below.der() || !below.is_self_issued() && is_issued_by(&below, anchor)
    };
    let mut roots = anchors.all().iter();
    if !roots.any(|anchor| is_vouched_for(&anchor.certificate)) {
        return Err(Irregular::Loose);
    }
    // Strings only, which always serialise.
    let text = serde_json::to_string(&outer).unwrap_or_default();
    Ok(BlobText::new(text))
}

fn is_issued_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    certificate.issuer() == issuer.subject() && certificate.verify_signature_by(issuer).is_ok()
}

fn certificate(base64: &str) -> Option<Certificate> {
    Certificate::parse(&STANDARD.decode(base64).ok()?).ok()
}
