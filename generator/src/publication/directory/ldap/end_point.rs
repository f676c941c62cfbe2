//! What a TLS connection is known by inside it: `tls-server-end-point` (RFC 5929, section 4). Domain
//! controllers may insist on it (`LdapEnforceChannelBinding`), so that nobody hands a ticket on.

use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::formats::der::{DerError, Element, Reader, tag};

const PREFIX: &[u8] = b"tls-server-end-point:";
/// RSASSA-PSS (RFC 4055, section 3.1), whose hash stands in its parameters.
const PSS: &str = "1.2.840.113549.1.1.10";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// The binding to a server's certificate; none where its signature has no hash, or one that is not
/// known here: RFC 5929 has no binding then.
pub(super) fn binding(certificate: &[u8]) -> Option<Vec<u8>> {
    let digest = match hash_of(certificate).ok()?? {
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    };
    Some([PREFIX, &digest].concat())
}

/// The hash of the certificate's own signature.
fn hash_of(certificate: &[u8]) -> Result<Option<Hash>, DerError> {
    let mut parts = Element::only(certificate)?.content();
    parts.expect(tag::SEQUENCE)?;
    let mut algorithm = parts.sequence()?;
    let signature = algorithm.oid()?;
    if signature == PSS {
        return hash_of_pss(&mut algorithm);
    }
    Ok(match signature.as_str() {
        // RSA with MD5, SHA-1 and SHA-256, ECDSA with SHA-1 and SHA-256: the weak ones count as SHA-256.
        "1.2.840.113549.1.1.4"
        | "1.2.840.113549.1.1.5"
        | "1.2.840.113549.1.1.11"
        | "1.2.840.10045.4.1"
        | "1.2.840.10045.4.3.2" => Some(Hash::Sha256),
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => Some(Hash::Sha384),
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => Some(Hash::Sha512),
        _ => None,
    })
}

/// SHA-1 unless the parameters say another one.
fn hash_of_pss(algorithm: &mut Reader<'_>) -> Result<Option<Hash>, DerError> {
    let Some(hash) = algorithm.sequence()?.optional(tag::CONTEXT_0)? else {
        return Ok(Some(Hash::Sha256));
    };
    let name = hash.content().sequence()?.oid()?;
    Ok(match name.as_str() {
        // SHA-1, and SHA-256.
        "1.3.14.3.2.26" | "2.16.840.1.101.3.4.2.1" => Some(Hash::Sha256),
        "2.16.840.1.101.3.4.2.2" => Some(Hash::Sha384),
        "2.16.840.1.101.3.4.2.3" => Some(Hash::Sha512),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use gangway_fixtures::Lab;

    use super::*;
    use crate::formats::der::element;

    /// A certificate as far as it is read here.
    fn certificate(algorithm: &[u8]) -> Vec<u8> {
        let parts = [
            element(tag::SEQUENCE, b""),
            element(tag::SEQUENCE, algorithm),
        ];
        element(tag::SEQUENCE, &parts.concat())
    }

    fn oid(content: &[u8]) -> Vec<u8> {
        element(tag::OBJECT_IDENTIFIER, content)
    }

    #[test]
    fn a_real_certificate_is_hashed_as_it_is_signed() {
        let certificate = Lab::Tls.certificate_der();
        let wanted = [PREFIX, &Sha256::digest(&certificate)].concat();
        assert_eq!(binding(&certificate), Some(wanted));
    }

    #[test]
    fn the_hash_is_that_of_the_signature_and_never_a_weak_one() {
        let rsa = |last| oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last]);
        let ecdsa = |last| oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, last]);
        let pss = |hash: &[u8]| {
            let named = element(tag::SEQUENCE, &oid(hash));
            let parameters = element(tag::CONTEXT_0, &named);
            [rsa(10), element(tag::SEQUENCE, &parameters)].concat()
        };
        let sha = |last| [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last];
        for (algorithm, hash) in [
            (rsa(4), Some(Hash::Sha256)),
            (rsa(5), Some(Hash::Sha256)),
            (rsa(11), Some(Hash::Sha256)),
            (rsa(12), Some(Hash::Sha384)),
            (rsa(13), Some(Hash::Sha512)),
            (ecdsa(2), Some(Hash::Sha256)),
            (ecdsa(3), Some(Hash::Sha384)),
            (ecdsa(4), Some(Hash::Sha512)),
            (pss(&sha(1)), Some(Hash::Sha256)),
            (pss(&sha(2)), Some(Hash::Sha384)),
            (pss(&sha(3)), Some(Hash::Sha512)),
            // No hash said is SHA-1.
            (
                [rsa(10), element(tag::SEQUENCE, b"")].concat(),
                Some(Hash::Sha256),
            ),
            // Ed25519 hashes nothing that has a name.
            (oid(&[0x2b, 0x65, 0x70]), None),
            (rsa(14), None),
        ] {
            assert_eq!(hash_of(&certificate(&algorithm)), Ok(hash), "{algorithm:?}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_binding() {
        for bytes in [&b""[..], b"\x30\x00", b"\x30\x80", &certificate(b"")] {
            assert_eq!(binding(bytes), None, "{bytes:?}");
        }
    }
}
