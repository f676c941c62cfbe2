//! The chain of a server's certificate, built by Windows.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use gangway_contract::connectivity::{Certificate, Chain};
use gangway_contract::{Sha256, UtcTime};
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::Security::Cryptography::{
    CERT_CHAIN_CONTEXT, CERT_CHAIN_PARA, CERT_CONTEXT, CERT_TRUST_IS_SELF_SIGNED,
    CERT_X500_NAME_STR, CRYPT_INTEGER_BLOB, CTL_USAGE, USAGE_MATCH_TYPE_AND, X509_ASN_ENCODING,
};

use super::loader::system_function;
use super::narrow;

/// Longest time for fetching what the chain lacks, in milliseconds: Windows gets roots that it
/// does not have yet from Windows Update, which is part of what the sensor relies on.
const FETCH_MS: u32 = 5_000;

/// Longer chains are cut off; real ones have three or four.
const LONGEST: u32 = 10;

/// The chain engine of the machine and not of the user (`HCCE_LOCAL_MACHINE`).
const MACHINE_ENGINE: *mut c_void = core::ptr::without_provenance_mut(1);

/// "Server authentication" (RFC 5280, id-kp-serverAuth).
const SERVER_AUTHENTICATION: &core::ffi::CStr = c"1.3.6.1.5.5.7.3.1";

system_function! {
    fn CertGetCertificateChain(engine: *mut c_void, certificate: *const CERT_CONTEXT, time: *const FILETIME, store: *mut c_void, parameters: *const CERT_CHAIN_PARA, flags: u32, reserved: *const c_void, chain: *mut *mut CERT_CHAIN_CONTEXT) -> i32 = "crypt32.dll"
}
system_function! {
    fn CertFreeCertificateChain(chain: *const CERT_CHAIN_CONTEXT) -> () = "crypt32.dll"
}
system_function! {
    fn CertFreeCertificateContext(certificate: *const CERT_CONTEXT) -> i32 = "crypt32.dll"
}
system_function! {
    fn CertNameToStrW(encoding: u32, name: *const CRYPT_INTEGER_BLOB, form: u32, text: *mut u16, length: u32) -> u32 = "crypt32.dll"
}

/// Builds the chain and frees the certificate.
///
/// # Safety
/// The context is valid and the caller's to give away.
pub(super) unsafe fn chain(context: *const CERT_CONTEXT) -> Option<Chain> {
    let (build, free_chain, free) = (
        CertGetCertificateChain()?,
        CertFreeCertificateChain()?,
        CertFreeCertificateContext()?,
    );
    let mut usage = SERVER_AUTHENTICATION.as_ptr().cast_mut().cast::<u8>();
    let mut parameters = CERT_CHAIN_PARA {
        cbSize: u32::try_from(size_of::<CERT_CHAIN_PARA>()).unwrap_or(0),
        dwUrlRetrievalTimeout: FETCH_MS,
        ..Default::default()
    };
    parameters.RequestedUsage.dwType = USAGE_MATCH_TYPE_AND;
    parameters.RequestedUsage.Usage = CTL_USAGE {
        cUsageIdentifier: 1,
        rgpszUsageIdentifier: &mut usage,
    };
    let mut built: *mut CERT_CHAIN_CONTEXT = null_mut();
    // SAFETY: the caller vouches for the context, whose store holds what the server sent with
    // it; parameters and usage outlive the call; the result is looked at before it is used.
    unsafe {
        let done = build(
            MACHINE_ENGINE,
            context,
            null(),
            (*context).hCertStore,
            &parameters,
            0,
            null(),
            &mut built,
        );
        let chain = if done != 0 && !built.is_null() {
            let chain = read(built);
            free_chain(built);
            chain
        } else {
            None
        };
        free(context);
        chain
    }
}

/// Reads a built chain.
///
/// # Safety
/// The context is a valid result of `CertGetCertificateChain`.
unsafe fn read(built: *const CERT_CHAIN_CONTEXT) -> Option<Chain> {
    // SAFETY: the caller vouches for the context; its counts say how many pointers stand
    // behind each table.
    unsafe {
        if (*built).cChain == 0 {
            return None;
        }
        let simple = *(*built).rgpChain;
        let count = (*simple).cElement.min(LONGEST);
        let mut certificates = Vec::new();
        let mut ends_in_root = false;
        for index in 0..usize::try_from(count).unwrap_or(0) {
            let element = *(*simple).rgpElement.add(index);
            ends_in_root = (*element).TrustStatus.dwInfoStatus & CERT_TRUST_IS_SELF_SIGNED != 0;
            certificates.push(certificate((*element).pCertContext)?);
        }
        (!certificates.is_empty()).then_some(Chain {
            certificates,
            ends_in_root,
            trust_errors: (*built).TrustStatus.dwErrorStatus,
        })
    }
}

/// # Safety
/// The context is valid.
unsafe fn certificate(context: *const CERT_CONTEXT) -> Option<Certificate> {
    // SAFETY: the caller vouches for the context, which says where its bytes and fields are.
    unsafe {
        let length = usize::try_from((*context).cbCertEncoded).ok()?;
        let bytes = core::slice::from_raw_parts((*context).pbCertEncoded, length);
        let info = (*context).pCertInfo;
        let end = (*info).NotAfter;
        let filetime = u64::from(end.dwHighDateTime) << 32 | u64::from(end.dwLowDateTime);
        Some(Certificate {
            subject: name(&(*info).Subject),
            issuer: name(&(*info).Issuer),
            sha256: Sha256::of(bytes),
            not_after: UtcTime::from_filetime(filetime),
        })
    }
}

/// A name as text, most specific part first as Windows shows it.
///
/// # Safety
/// The name is that of a valid certificate.
unsafe fn name(name: &CRYPT_INTEGER_BLOB) -> String {
    let Some(to_text) = CertNameToStrW() else {
        return String::new();
    };
    let mut buffer = [0_u16; 512];
    // SAFETY: the caller vouches for the name; the length is that of the buffer.
    unsafe {
        to_text(
            X509_ASN_ENCODING,
            name,
            CERT_X500_NAME_STR,
            buffer.as_mut_ptr(),
            512,
        )
    };
    narrow(&buffer)
}
