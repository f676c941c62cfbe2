//! The public key that statements are held against.

use ring::signature::{ED25519, UnparsedPublicKey};

use gangway_contract::Sha256;

use crate::formats::der::{Element, tag};
use crate::formats::digest::DigestAlgorithm;
use crate::formats::x509::{PublicKey, SignatureScheme, pem_blocks};

/// RFC 8410, section 3.
const ED25519_OID: &str = "1.3.101.112";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const CURVE_P256: &str = "1.2.840.10045.3.1.7";

/// Why a file gives no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// No `PUBLIC KEY`, or several.
    #[error("it holds no public key (a block `PUBLIC KEY` in PEM, or its DER), or more than one")]
    NoKey,
    /// A key that statements are not signed with.
    #[error("its key is neither of P-256 nor of Ed25519")]
    Unsupported,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    kind: Kind,
    id: Sha256,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// ECDSA on P-256 with SHA-256, its signatures in DER, as `openssl dgst -sha256 -sign` gives them.
    P256(PublicKey),
    /// RFC 8032, as `openssl pkeyutl -sign -rawin` gives them.
    Ed25519(Vec<u8>),
}

impl VerifyingKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7).
    ///
    /// # Errors
    /// See [`KeyFileError`].
    pub fn read(der_or_pem: &[u8]) -> Result<Self, KeyFileError> {
        let blocks = pem_blocks(der_or_pem, "PUBLIC KEY").map_err(|_| KeyFileError::NoKey)?;
        let [der] = blocks.as_slice() else {
            return Err(KeyFileError::NoKey);
        };
        let malformed = |_| KeyFileError::NoKey;
        let info = Element::only(der).map_err(malformed)?;
        let mut reader = info.content();
        let mut algorithm = reader.sequence().map_err(malformed)?;
        let oid = algorithm.oid().map_err(malformed)?;
        let kind = match oid.as_str() {
            ED25519_OID => {
                let bits = reader.expect(tag::BIT_STRING).map_err(malformed)?;
                Kind::Ed25519(bits.bit_string().map_err(malformed)?.to_vec())
            }
            EC_PUBLIC_KEY if algorithm.oid().is_ok_and(|curve| curve == CURVE_P256) => {
                Kind::P256(PublicKey::parse(&info).map_err(malformed)?)
            }
            _ => return Err(KeyFileError::Unsupported),
        };
        let id = Sha256::of(der);
        Ok(Self { kind, id })
    }

    /// SHA-256 of the key's DER: a hint for people and for whoever has several keys, never a proof.
    pub fn id(&self) -> String {
        self.id.to_string()
    }

    /// Did this key make the signature over the message?
    pub fn vouches_for(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.kind {
            Kind::P256(key) => {
                let scheme = SignatureScheme::Ecdsa(DigestAlgorithm::Sha256);
                key.verify(scheme, message, signature).is_ok()
            }
            Kind::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key)
                .verify(message, signature)
                .is_ok(),
        }
    }
}
