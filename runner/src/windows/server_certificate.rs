//! The certificate that a server showed, with its chain.

use gangway_contract::connectivity::{Certificate, Chain};
use windows_sys::Win32::Security::Cryptography::CERT_CONTEXT;

use super::certificate_chain::{self, Purpose};
use super::loader::system_function;

/// For servers (RFC 5280, id-kp-serverAuth), now. Windows gets roots that it does not have yet
/// from Windows Update within this time, which is part of what the sensor relies on.
const SERVER: Purpose = Purpose {
    usage: c"1.3.6.1.5.5.7.3.1",
    at: None,
    fetch_ms: Some(5_000),
};

system_function! {
    fn CertFreeCertificateContext(certificate: *const CERT_CONTEXT) -> i32 = "crypt32.dll"
}

/// Builds the chain and frees the certificate.
///
/// # Safety
/// The context is valid and the caller's to give away.
pub(super) unsafe fn chain(context: *const CERT_CONTEXT) -> Option<Chain> {
    let free = CertFreeCertificateContext()?;
    // SAFETY: the caller vouches for the context, which is freed after its last use.
    let built = unsafe {
        let built = certificate_chain::build(context, &SERVER);
        free(context);
        built
    };
    let built = built.ok()?;
    let ends_in_root = built.links.last()?.self_signed;
    Some(Chain {
        ends_in_root,
        trust_errors: built.faults,
        certificates: built
            .links
            .into_iter()
            .map(|link| Certificate {
                subject: link.subject,
                issuer: link.issuer,
                sha256: link.sha256,
                not_after: link.not_after,
            })
            .collect(),
    })
}
