//! Roots in which the chains of the service's hosts end.

use crate::identity::Sha256;

/// Roots of the hosts, by SHA-256 of the certificate.
///
/// The first four are those that Microsoft's analyzer knows; the others are the remaining
/// ones that Azure names as its TLS roots. Microsoft's roots and DigiCert's are operated by
/// authorities that give no company a certificate for a host of Microsoft: a chain that ends
/// elsewhere was made by something between this server and the service. Digests computed with
/// `openssl x509 -fingerprint -sha256` from Debian's `ca-certificates` and from
/// `generator/roots`.
pub const SERVICE_ROOTS: [(&str, &str); 9] = [
    (
        "Microsoft Root Certificate Authority 2011",
        "847df6a78497943f27fc72eb93f9a637320a02b561d0a91b09e87a7807ed7c61",
    ),
    (
        "DigiCert Global Root G2",
        "cb3ccbb76031e5e0138f8dd39a23f9de47ffc35e43c1144cea27d46a5ab1cb5f",
    ),
    (
        "DigiCert Global Root CA",
        "4348a0e9444c78cb265e058d5e8944b4d84f9662bd26db257f8934a443c70161",
    ),
    (
        "Baltimore CyberTrust Root",
        "16af57a9f676b0ab126095aa5ebadef22ab31119d644ac95cd4b93dbf3f26aeb",
    ),
    (
        "DigiCert Global Root G3",
        "31ad6648f8104138c738f39ea4320133393e3a18cc02296ef97c2ac9ef6731d0",
    ),
    (
        "Microsoft RSA Root Certificate Authority 2017",
        "c741f70f4b2a8d88bf2e71c14122ef53ef10eba0cfa5e64cfa20f418853073e0",
    ),
    (
        "Microsoft ECC Root Certificate Authority 2017",
        "358df39d764af9e1b766e9c972df352ee15cfac227af6ad1d70e8e4a6edcba02",
    ),
    (
        "DigiCert TLS RSA4096 Root G5",
        "371a00dc0533b3721a7eeb40e8419e70799d2b0a0f2c1d80693165f7cec4ad75",
    ),
    (
        "DigiCert TLS ECC P384 Root G5",
        "018e13f0772532cf809bd1b17281867283fc48c6e13be9c69812854a490c1b05",
    ),
];

/// The roots that are taken: the service's, and those that the config names for a lab.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedRoots<'a> {
    /// Lab roots of the manifest.
    pub lab: &'a [Sha256],
}

impl ExpectedRoots<'_> {
    /// Does the service itself have a chain below it?
    pub fn is_of_service(root: &Sha256) -> bool {
        let digest = root.to_string();
        SERVICE_ROOTS.iter().any(|(_, known)| *known == digest)
    }

    /// Is it one that is taken?
    pub fn takes(self, root: &Sha256) -> bool {
        Self::is_of_service(root) || self.lab.contains(root)
    }
}
