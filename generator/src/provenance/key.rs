//! The public key that statements are held against.

use ring::signature::{ED25519, UnparsedPublicKey};

use gangway_contract::Sha256;

use crate::formats::der::{Element, tag};
use crate::formats::digest::{DigestAlgorithm, hex};
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
    /// A key that proves nothing.
    #[error("its key is a point of small order, which signatures of anybody fit")]
    Weak,
}

/// The y coordinates of all points of Ed25519 whose order divides 8, also as they may be encoded beyond the
/// prime: under such a key one signature fits every message, or one of eight. RFC 8032 leaves them to who
/// takes the key; libsodium refuses the same ones (`ge25519_has_small_order`).
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

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
    Ed25519([u8; 32]),
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
                let point = bits.bit_string().map_err(malformed)?;
                Kind::Ed25519(strong(point)?)
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

/// The key of 32 bytes, unless everybody could sign for it.
fn strong(point: &[u8]) -> Result<[u8; 32], KeyFileError> {
    let point: [u8; 32] = point.try_into().map_err(|_| KeyFileError::NoKey)?;
    let mut y = point;
    // The highest bit is the sign of x.
    y[31] &= 0x7f;
    match SMALL_ORDER.contains(&hex(&y).as_str()) {
        true => Err(KeyFileError::Weak),
        false => Ok(point),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8410, section 4: the key follows twelve bytes that are always the same.
    fn file(point: [u8; 32]) -> Vec<u8> {
        let head = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
        [&head[..], &point].concat()
    }

    #[test]
    fn a_key_that_anybody_can_sign_for_is_none() {
        for y in SMALL_ORDER {
            let mut point = *y.parse::<Sha256>().unwrap().as_bytes();
            for sign in [0, 0x80] {
                point[31] |= sign;
                assert_eq!(
                    VerifyingKey::read(&file(point)),
                    Err(KeyFileError::Weak),
                    "{y}"
                );
            }
        }
        // RFC 8032, section 7.1, test 1.
        let good = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let good = *good.parse::<Sha256>().unwrap().as_bytes();
        assert!(VerifyingKey::read(&file(good)).is_ok());
        // What ring itself thinks of the neutral element: any message has this signature.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let forged = [neutral, [0; 32]].concat();
        let key = UnparsedPublicKey::new(&ED25519, neutral);
        assert!(key.verify(b"anything", &forged).is_ok());
    }
}
