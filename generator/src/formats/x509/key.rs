//! Public keys and the signatures they verify.

use ring::signature::{self, RsaParameters, UnparsedPublicKey, VerificationAlgorithm};

use crate::formats::der::{DerError, Element, Reader, tag};
use crate::formats::digest::DigestAlgorithm;

const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const MGF1: &str = "1.2.840.113549.1.1.8";
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const CURVE_P256: &str = "1.2.840.10045.3.1.7";
const CURVE_P384: &str = "1.3.132.0.34";

/// Why a signature does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The key did not make the signature.
    #[error("the signature does not fit the key")]
    Mismatch,
    /// Key kind, key size, padding or hash that is not supported.
    #[error("unsupported algorithm {0}")]
    Unsupported(String),
}

/// How a signature was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureScheme {
    /// RSA, PKCS #1 v1.5.
    RsaPkcs1(DigestAlgorithm),
    /// RSA-PSS with MGF1 over the same hash and a salt of the hash's length.
    RsaPss(DigestAlgorithm),
    /// ECDSA, signature as DER.
    Ecdsa(DigestAlgorithm),
}

impl SignatureScheme {
    /// Reads an AlgorithmIdentifier.
    ///
    /// `digest` is the hash that stands beside it in a SignerInfo; certificates have none and
    /// must name it in the identifier.
    pub fn parse(
        identifier: &Element<'_>,
        digest: Option<DigestAlgorithm>,
    ) -> Result<Self, KeyError> {
        let malformed = |_: DerError| KeyError::Unsupported("with malformed identifier".to_owned());
        let mut reader = identifier.content();
        let oid = reader.oid().map_err(malformed)?;
        let unsupported = || KeyError::Unsupported(oid.clone());
        let with = |named: DigestAlgorithm| match digest {
            Some(beside) if beside != named => Err(unsupported()),
            _ => Ok(named),
        };
        Ok(match oid.as_str() {
            RSA_ENCRYPTION => Self::RsaPkcs1(digest.ok_or_else(unsupported)?),
            "1.2.840.113549.1.1.4" => Self::RsaPkcs1(with(DigestAlgorithm::Md5)?),
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => {
                Self::RsaPkcs1(with(DigestAlgorithm::Sha1)?)
            }
            "1.2.840.113549.1.1.11" => Self::RsaPkcs1(with(DigestAlgorithm::Sha256)?),
            "1.2.840.113549.1.1.12" => Self::RsaPkcs1(with(DigestAlgorithm::Sha384)?),
            "1.2.840.113549.1.1.13" => Self::RsaPkcs1(with(DigestAlgorithm::Sha512)?),
            RSA_PSS => Self::RsaPss(with(pss_digest(&mut reader).map_err(|_| unsupported())?)?),
            EC_PUBLIC_KEY => Self::Ecdsa(digest.ok_or_else(unsupported)?),
            "1.2.840.10045.4.1" => Self::Ecdsa(with(DigestAlgorithm::Sha1)?),
            "1.2.840.10045.4.3.2" => Self::Ecdsa(with(DigestAlgorithm::Sha256)?),
            "1.2.840.10045.4.3.3" => Self::Ecdsa(with(DigestAlgorithm::Sha384)?),
            "1.2.840.10045.4.3.4" => Self::Ecdsa(with(DigestAlgorithm::Sha512)?),
            _ => return Err(unsupported()),
        })
    }
}

/// The hash of RSASSA-PSS parameters (RFC 4055, 3.1), which must be used everywhere in them.
fn pss_digest(reader: &mut Reader<'_>) -> Result<DigestAlgorithm, DerError> {
    const ERROR: DerError = DerError::Value("a parameter of RSASSA-PSS");
    let mut parameters = reader.sequence()?;
    let mut digest = DigestAlgorithm::Sha1;
    if let Some(field) = parameters.optional(tag::CONTEXT_0)? {
        digest = DigestAlgorithm::from_oid(&field.content().sequence()?.oid()?).ok_or(ERROR)?;
    }
    let mut mask_digest = DigestAlgorithm::Sha1;
    if let Some(field) = parameters.optional(tag::CONTEXT_1)? {
        let mut mask = field.content().sequence()?;
        if mask.oid()? != MGF1 {
            return Err(ERROR);
        }
        mask_digest = DigestAlgorithm::from_oid(&mask.sequence()?.oid()?).ok_or(ERROR)?;
    }
    let mut salt_bytes = 20;
    if let Some(field) = parameters.optional(tag::CONTEXT_2)? {
        salt_bytes = field.content().expect(tag::INTEGER)?.unsigned()?;
    }
    let expected = match digest {
        DigestAlgorithm::Sha256 => 32,
        DigestAlgorithm::Sha384 => 48,
        DigestAlgorithm::Sha512 => 64,
        DigestAlgorithm::Md5 | DigestAlgorithm::Sha1 => return Err(ERROR),
    };
    if mask_digest == digest && salt_bytes == expected {
        Ok(digest)
    } else {
        Err(ERROR)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum KeyKind {
    Rsa,
    P256,
    P384,
    Other(String),
}

/// The public key of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: KeyKind,
    /// Content of the BIT STRING: RSAPublicKey or an elliptic curve point.
    bytes: Vec<u8>,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo.
    pub fn parse(info: &Element<'_>) -> Result<Self, DerError> {
        let mut reader = info.content();
        let mut algorithm = reader.sequence()?;
        let oid = algorithm.oid()?;
        let kind = match oid.as_str() {
            RSA_ENCRYPTION => KeyKind::Rsa,
            EC_PUBLIC_KEY => match algorithm.oid()?.as_str() {
                CURVE_P256 => KeyKind::P256,
                CURVE_P384 => KeyKind::P384,
                curve => KeyKind::Other(format!("{EC_PUBLIC_KEY} with curve {curve}")),
            },
            _ => KeyKind::Other(oid),
        };
        let bytes = reader.expect(tag::BIT_STRING)?.bit_string()?.to_vec();
        reader.finish()?;
        Ok(Self { kind, bytes })
    }

    /// The RSAPublicKey structure as DER, when the key is an RSA key.
    pub fn rsa_der(&self) -> Option<&[u8]> {
        (self.kind == KeyKind::Rsa).then_some(self.bytes.as_slice())
    }

    /// Bits of the modulus, when the key is an RSA key.
    pub fn rsa_bits(&self) -> Option<usize> {
        let modulus = Element::only(self.rsa_der()?)
            .ok()?
            .content()
            .expect(tag::INTEGER)
            .ok()?
            .value;
        let first = modulus.iter().position(|&byte| byte != 0)?;
        let rest = modulus.get(first..)?;
        let unused = rest.first()?.leading_zeros();
        Some(rest.len() * 8 - usize::try_from(unused).unwrap_or(0))
    }

    /// Checks that this key made `signature` over `message`.
    ///
    /// RSA keys have 1024 to 8192 bits (2048 and up for SHA-384 and PSS). SHA-1 is accepted
    /// here; whether it is good enough is for the caller to say.
    pub fn verify(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), KeyError> {
        let algorithm = match (&self.kind, scheme) {
            (KeyKind::Rsa, SignatureScheme::RsaPkcs1(digest)) => {
                rsa_pkcs1(digest)? as &dyn VerificationAlgorithm
            }
            (KeyKind::Rsa, SignatureScheme::RsaPss(digest)) => rsa_pss(digest)?,
            (KeyKind::P256, SignatureScheme::Ecdsa(digest)) => match digest {
                DigestAlgorithm::Sha256 => &signature::ECDSA_P256_SHA256_ASN1,
                DigestAlgorithm::Sha384 => &signature::ECDSA_P256_SHA384_ASN1,
                _ => return Err(KeyError::Unsupported(format!("ECDSA P-256 with {digest}"))),
            },
            (KeyKind::P384, SignatureScheme::Ecdsa(digest)) => match digest {
                DigestAlgorithm::Sha256 => &signature::ECDSA_P384_SHA256_ASN1,
                DigestAlgorithm::Sha384 => &signature::ECDSA_P384_SHA384_ASN1,
                _ => return Err(KeyError::Unsupported(format!("ECDSA P-384 with {digest}"))),
            },
            (KeyKind::Other(oid), _) => return Err(KeyError::Unsupported(oid.clone())),
            _ => return Err(KeyError::Mismatch),
        };
        UnparsedPublicKey::new(algorithm, &self.bytes)
            .verify(message, signature)
            .map_err(|_| KeyError::Mismatch)
    }
}

fn rsa_pkcs1(digest: DigestAlgorithm) -> Result<&'static RsaParameters, KeyError> {
    Ok(match digest {
        DigestAlgorithm::Md5 => return Err(KeyError::Unsupported("RSA with MD5".to_owned())),
        DigestAlgorithm::Sha1 => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        DigestAlgorithm::Sha256 => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        DigestAlgorithm::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        DigestAlgorithm::Sha512 => &signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    })
}

fn rsa_pss(digest: DigestAlgorithm) -> Result<&'static RsaParameters, KeyError> {
    Ok(match digest {
        DigestAlgorithm::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
        DigestAlgorithm::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
        DigestAlgorithm::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
        DigestAlgorithm::Md5 | DigestAlgorithm::Sha1 => {
            return Err(KeyError::Unsupported(format!("RSA-PSS with {digest}")));
        }
    })
}
