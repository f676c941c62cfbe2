//! Who signed an executable, as rules of application control name it.

use std::io::{Read, Seek};

use super::carrier::{Carrier as _, Failure};
use super::cms::SignedData;
use super::pe::PeCarrier;
use crate::formats::x509::Certificate;

/// The signer's certificate and that of its issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// Of the signer.
    pub leaf: Certificate,
    /// Of who issued it.
    pub authority: Certificate,
}

/// Signer and issuer of an executable's first signature; none when nobody signed it, or when the
/// signature does not carry the issuer. Proves nothing about the signature: [`verify`](super::verify)
/// does.
///
/// # Errors
/// In words, when table or signature cannot be read.
pub fn pe_publisher<S: Read + Seek>(source: &mut S) -> Result<Option<Publisher>, String> {
    let carrier = PeCarrier::open(source).map_err(|failure| match failure {
        Failure::Invalid(reason) => reason.to_string(),
        Failure::Io(error) => error.to_string(),
    })?;
    let Some(first) = carrier.signatures().first() else {
        return Ok(None);
    };
    let data = SignedData::parse(&first.der).map_err(|error| error.to_string())?;
    let Some(leaf) = data.signer.find_certificate(&data.certificates) else {
        return Ok(None);
    };
    let authority = data.certificates.iter().find(|one| {
        one.subject() == leaf.issuer() && *one != leaf && leaf.verify_signature_by(one).is_ok()
    });
    Ok(authority.map(|authority| Publisher {
        leaf: leaf.clone(),
        authority: authority.clone(),
    }))
}
