//! The roots that a blob may rest on: a set of their own, because none of the public ones may
//! vouch for code.

use super::super::x509::{Anchor, AnchorError, AnchorName, Certificate, certificates};

/// Roots of blobs. `../../../roots/README.md` tells what the built-in ones are.
#[derive(Debug, Clone)]
pub struct BlobAnchors(Vec<Anchor>);

/// The root of every blob that is known.
const ROOT_2011: &[u8] = include_bytes!("../../../roots/root-ca-2011.der");
/// The roots that certificates of Microsoft's own TLS authorities end at today, for the packages
/// that come after the end of the authority of 2011.
const TLS_ROOTS: [&[u8]; 3] = [
    include_bytes!("../../../roots/tls-rsa-root-2017.der"),
    include_bytes!("../../../roots/tls-ecc-root-2017.der"),
    include_bytes!("../../../roots/tls-rsa-root-g2.der"),
];
/// A public authority's root, which certifies authorities of Microsoft and of others.
const DIGICERT_ROOT_G2: &[u8] = include_bytes!("../../../roots/digicert-global-root-g2.der");

impl BlobAnchors {
    /// No roots at all: nothing can be proven until one is added.
    pub fn none() -> Self {
        Self(Vec::new())
    }

    /// Microsoft's root of 2011, and the public roots that its TLS authorities chain to.
    pub fn built_in() -> Self {
        let microsoft = |name| AnchorName::Microsoft { name };
        let public = |name| AnchorName::Public { name };
        let mut anchors = Self::none();
        anchors.add_built_in(ROOT_2011, microsoft);
        for der in TLS_ROOTS {
            anchors.add_built_in(der, microsoft);
        }
        anchors.add_built_in(DIGICERT_ROOT_G2, public);
        anchors
    }

    /// Adds roots that the user names for blobs (`trust.blob_roots`): DER, or PEM with one or
    /// more `CERTIFICATE` blocks. An issuing authority may stand for its root.
    ///
    /// # Errors
    /// The file holds no certificate.
    pub fn with_added(mut self, der_or_pem: &[u8]) -> Result<Self, AnchorError> {
        for certificate in certificates(der_or_pem)? {
            let name = AnchorName::Added {
                name: certificate.subject().to_string(),
                sha256: certificate.sha256(),
            };
            self.0.push(Anchor {
                certificate,
                name,
                retired_from: None,
            });
        }
        Ok(self)
    }

    /// Adds lab roots (`trust.lab_roots`), in the same forms.
    ///
    /// # Errors
    /// The file holds no certificate.
    pub fn with_lab_root(mut self, der_or_pem: &[u8]) -> Result<Self, AnchorError> {
        let added = certificates(der_or_pem)?;
        self.0.extend(added.into_iter().map(Anchor::lab));
        Ok(self)
    }

    /// All but those that were added for blobs.
    pub(super) fn but_the_added(&self) -> Vec<Anchor> {
        let added = |anchor: &&Anchor| matches!(anchor.name, AnchorName::Added { .. });
        let others = self.0.iter().filter(|anchor| !added(anchor));
        others.cloned().collect()
    }

    /// All of them; those that were added last stand last.
    pub(super) fn all(&self) -> &[Anchor] {
        &self.0
    }

    fn add_built_in(&mut self, der: &[u8], name: fn(String) -> AnchorName) {
        // The embedded files are read by a test; one that could not be read would be no root.
        let Ok(certificate) = Certificate::parse(der) else {
            return;
        };
        let common_name = certificate.subject().common_name().unwrap_or_default();
        let name = name(common_name.to_owned());
        self.0.push(Anchor {
            certificate,
            name,
            retired_from: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::x509::TrustAnchors;
    use super::*;

    #[test]
    fn the_built_in_roots_are_the_ones_that_are_documented_and_sign_themselves() {
        let anchors = BlobAnchors::built_in();
        let seen: Vec<(String, &str)> = anchors
            .all()
            .iter()
            .map(|anchor| {
                let certificate = &anchor.certificate;
                assert_eq!(certificate.verify_signature_by(certificate), Ok(()));
                let (AnchorName::Microsoft { name } | AnchorName::Public { name }) = &anchor.name
                else {
                    panic!("{:?}", anchor.name);
                };
                let microsoft = certificate.subject().is_of("Microsoft Corporation");
                assert_eq!(
                    microsoft,
                    matches!(anchor.name, AnchorName::Microsoft { .. }),
                    "{name}"
                );
                (certificate.sha256(), name.as_str())
            })
            .collect();
        let expected = [
            (
                "847df6a78497943f27fc72eb93f9a637320a02b561d0a91b09e87a7807ed7c61",
                "Microsoft Root Certificate Authority 2011",
            ),
            (
                "c741f70f4b2a8d88bf2e71c14122ef53ef10eba0cfa5e64cfa20f418853073e0",
                "Microsoft RSA Root Certificate Authority 2017",
            ),
            (
                "358df39d764af9e1b766e9c972df352ee15cfac227af6ad1d70e8e4a6edcba02",
                "Microsoft ECC Root Certificate Authority 2017",
            ),
            (
                "6a170583db584151e1c454eeca2a64cc5d8e484a5bd1156e720b4458654ee9e5",
                "Microsoft TLS RSA Root G2",
            ),
            (
                "cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f",
                "DigiCert Global Root G2",
            ),
        ];
        let expected = expected.map(|(sha256, name)| (sha256.to_owned(), name));
        assert_eq!(seen, expected);
    }

    #[test]
    fn no_public_root_vouches_for_code_and_no_root_of_code_alone_for_blobs() {
        let code = TrustAnchors::microsoft();
        let of_code: Vec<String> = code
            .code()
            .iter()
            .map(|anchor| anchor.certificate.sha256())
            .collect();
        let both: Vec<String> = BlobAnchors::built_in()
            .all()
            .iter()
            .map(|anchor| anchor.certificate.sha256())
            .filter(|sha256| of_code.contains(sha256))
            .collect();
        assert_eq!(
            both,
            ["847df6a78497943f27fc72eb93f9a637320a02b561d0a91b09e87a7807ed7c61"]
        );
    }

    #[test]
    fn an_added_root_is_named_as_such() {
        let anchors = BlobAnchors::none().with_added(DIGICERT_ROOT_G2).unwrap();
        assert!(matches!(
            &anchors.all()[0].name,
            AnchorName::Added { name, sha256 }
                if name.contains("DigiCert") && sha256.starts_with("cb3ccbb7")
        ));
        for bytes in [&b"hello"[..], b"", b"0\x03\x02\x01\x05"] {
            assert!(BlobAnchors::none().with_added(bytes).is_err());
            assert!(BlobAnchors::none().with_lab_root(bytes).is_err());
        }
    }
}
