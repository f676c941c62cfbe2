//! Chains of certificates, built by Windows from the stores of the machine: for the signer of
//! a file and for a server on the network alike.

use core::ffi::{CStr, c_void};
use core::mem::offset_of;
use core::ptr::{null, null_mut};

use gangway_contract::{Sha256, UtcTime};
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::Security::Cryptography::{
    CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL, CERT_CHAIN_CONTEXT, CERT_CHAIN_ELEMENT, CERT_CHAIN_PARA,
    CERT_CONTEXT, CERT_TRUST_IS_SELF_SIGNED, CERT_X500_NAME_STR, CRYPT_INTEGER_BLOB, CTL_USAGE,
    USAGE_MATCH_TYPE_AND, X509_ASN_ENCODING,
};

use super::loader::system_function;
use super::{clock, last_error, narrow};

/// Windows lacks the function that was called (`ERROR_PROC_NOT_FOUND`).
const NO_FUNCTION: u32 = 127;

/// The chain engine of the machine, whoever runs this program (`HCCE_LOCAL_MACHINE`).
const MACHINE_ENGINE: *mut c_void = core::ptr::without_provenance_mut(1);

/// Longer chains are cut off; real ones have three or four.
const LONGEST: u32 = 16;

system_function! {
    fn CertGetCertificateChain(engine: *mut c_void, certificate: *const CERT_CONTEXT, at: *const FILETIME, store: *mut c_void, wanted: *const CERT_CHAIN_PARA, flags: u32, reserved: *const c_void, chain: *mut *mut CERT_CHAIN_CONTEXT) -> i32 = "crypt32.dll"
}
system_function! {
    fn CertFreeCertificateChain(chain: *const CERT_CHAIN_CONTEXT) -> () = "crypt32.dll"
}
system_function! {
    fn CertNameToStrW(encoding: u32, name: *const CRYPT_INTEGER_BLOB, form: u32, text: *mut u16, length: u32) -> u32 = "crypt32.dll"
}

/// What a chain is built for.
pub(super) struct Purpose {
    /// Object identifier of the usage that the first certificate must have.
    pub(super) usage: &'static CStr,
    /// When the certificates must be valid; now without a time.
    pub(super) at: Option<UtcTime>,
    /// How long what the chain lacks may be fetched, in milliseconds; not at all without a
    /// number.
    pub(super) fetch_ms: Option<u32>,
}

/// A chain as Windows built it.
pub(super) struct BuiltChain {
    /// `TrustStatus.dwErrorStatus` of the whole chain.
    pub(super) faults: u32,
    /// From the first certificate towards the root.
    pub(super) links: Vec<Link>,
}

/// One certificate of a chain.
pub(super) struct Link {
    /// Digest of the certificate.
    pub(super) sha256: Sha256,
    /// Name of its owner.
    pub(super) subject: String,
    /// Name of who signed it.
    pub(super) issuer: String,
    /// End of its time.
    pub(super) not_after: UtcTime,
    /// Has it signed itself?
    pub(super) self_signed: bool,
}

/// Builds a chain from a certificate, what lies in its store and what the machine has.
///
/// # Safety
/// The certificate is one, and alive.
///
/// # Errors
/// The code of the system.
pub(super) unsafe fn build(
    certificate: *const CERT_CONTEXT,
    purpose: &Purpose,
) -> Result<BuiltChain, u32> {
    let (Some(build), Some(free)) = (CertGetCertificateChain(), CertFreeCertificateChain()) else {
        return Err(NO_FUNCTION);
    };
    let mut usage = purpose.usage.as_ptr().cast_mut().cast::<u8>();
    let mut wanted = CERT_CHAIN_PARA {
        // The shape that Windows 7 knows; what follows came with Windows 8.
        cbSize: u32::try_from(offset_of!(CERT_CHAIN_PARA, pStrongSignPara)).unwrap_or(0),
        dwUrlRetrievalTimeout: purpose.fetch_ms.unwrap_or(0),
        ..Default::default()
    };
    wanted.RequestedUsage.dwType = USAGE_MATCH_TYPE_AND;
    wanted.RequestedUsage.Usage = CTL_USAGE {
        cUsageIdentifier: 1,
        rgpszUsageIdentifier: &raw mut usage,
    };
    let flags = match purpose.fetch_ms {
        Some(_) => 0,
        None => CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL,
    };
    let time = purpose.at.map(clock::filetime_at);
    let time = time.as_ref().map_or(null(), core::ptr::from_ref);
    let mut chain: *mut CERT_CHAIN_CONTEXT = null_mut();
    // SAFETY: the caller vouches for the certificate, whose store holds what came with it;
    // all other pointers are to locals that outlive the call.
    let built = unsafe {
        build(
            MACHINE_ENGINE,
            certificate,
            time,
            (*certificate).hCertStore,
            &wanted,
            flags,
            null(),
            &mut chain,
        )
    };
    if built == 0 || chain.is_null() {
        return Err(last_error());
    }
    // SAFETY: the chain was built and is freed after the last look at it.
    let read = unsafe { read(&*chain) };
    // SAFETY: as above; nothing of it is used any more.
    unsafe { free(chain) };
    Ok(read)
}

/// # Safety
/// The chain is one that Windows built, and alive.
unsafe fn read(chain: &CERT_CHAIN_CONTEXT) -> BuiltChain {
    let mut links = Vec::new();
    if chain.cChain > 0 && !chain.rgpChain.is_null() {
        // SAFETY: the counts are those of the tables, by the caller's promise; each element
        // and its certificate live as long as the chain.
        unsafe {
            let simple = &**chain.rgpChain;
            for number in 0..simple.cElement.min(LONGEST) as usize {
                links.push(link(&**simple.rgpElement.add(number)));
            }
        }
    }
    BuiltChain {
        faults: chain.TrustStatus.dwErrorStatus,
        links,
    }
}

/// # Safety
/// The element is that of a chain that Windows built, and alive.
unsafe fn link(element: &CERT_CHAIN_ELEMENT) -> Link {
    // SAFETY: the caller vouches for the element; its certificate says where its bytes and
    // fields are.
    unsafe {
        let certificate = &*element.pCertContext;
        let fields = &*certificate.pCertInfo;
        let bytes = core::slice::from_raw_parts(
            certificate.pbCertEncoded,
            certificate.cbCertEncoded as usize,
        );
        Link {
            sha256: Sha256::of(bytes),
            subject: name(&fields.Subject),
            issuer: name(&fields.Issuer),
            not_after: UtcTime::from_filetime(clock::number_of(fields.NotAfter)),
            self_signed: element.TrustStatus.dwInfoStatus & CERT_TRUST_IS_SELF_SIGNED != 0,
        }
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
