//! The hash algorithms of signatures, computed over streams.

use schemars::JsonSchema;
use serde::Serialize;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// Hash algorithms, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DigestAlgorithm {
    /// Broken; never computed, never accepted.
    Md5,
    /// Weak; accepted only with a time stamp, and always with a warning.
    Sha1,
    /// The usual one.
    Sha256,
    /// Seldom met.
    Sha384,
    /// Seldom met.
    Sha512,
}

impl DigestAlgorithm {
    /// The algorithm with a dotted object identifier (RFC 3279, RFC 5754).
    pub fn from_oid(oid: &str) -> Option<Self> {
        Some(match oid {
            "1.2.840.113549.2.5" => Self::Md5,
            "1.3.14.3.2.26" => Self::Sha1,
            "2.16.840.1.101.3.4.2.1" => Self::Sha256,
            "2.16.840.1.101.3.4.2.2" => Self::Sha384,
            "2.16.840.1.101.3.4.2.3" => Self::Sha512,
            _ => return None,
        })
    }

    /// Starts a computation; none for MD5, which nothing here trusts.
    pub fn hasher(self) -> Option<Hasher> {
        Some(match self {
            Self::Md5 => return None,
            Self::Sha1 => Hasher::Sha1(Sha1::new()),
            Self::Sha256 => Hasher::Sha256(Sha256::new()),
            Self::Sha384 => Hasher::Sha384(Sha384::new()),
            Self::Sha512 => Hasher::Sha512(Sha512::new()),
        })
    }

    /// The digest of bytes at hand; none for MD5.
    pub fn digest(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut hasher = self.hasher()?;
        hasher.update(bytes);
        Some(hasher.finish())
    }
}

impl core::fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}

/// A hash computation under way.
#[derive(Debug, Clone)]
pub enum Hasher {
    /// SHA-1
    Sha1(Sha1),
    /// SHA-256
    Sha256(Sha256),
    /// SHA-384
    Sha384(Sha384),
    /// SHA-512
    Sha512(Sha512),
}

impl Hasher {
    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Sha384(hasher) => hasher.update(bytes),
            Self::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// The digest of all bytes taken.
    pub fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha1(hasher) => hasher.finalize().to_vec(),
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
            Self::Sha384(hasher) => hasher.finalize().to_vec(),
            Self::Sha512(hasher) => hasher.finalize().to_vec(),
        }
    }
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use core::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 of bytes at hand, as lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_of_abc_are_those_of_the_standards() {
        for (algorithm, start) in [
            (DigestAlgorithm::Sha1, "a9993e36"),
            (DigestAlgorithm::Sha256, "ba7816bf"),
            (DigestAlgorithm::Sha384, "cb00753f"),
            (DigestAlgorithm::Sha512, "ddaf35a1"),
        ] {
            let digest = algorithm
                .digest(b"abc")
                .map(|d| hex(&d))
                .unwrap_or_default();
            assert!(digest.starts_with(start), "{algorithm}: {digest}");
        }
        assert_eq!(DigestAlgorithm::Md5.digest(b"abc"), None);
    }
}
