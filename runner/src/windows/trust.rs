//! What Windows says of a file's signature and its signer, without the network.

use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr::{null, null_mut};

use gangway_contract::{Sha256, UtcTime};
use windows_sys::Win32::Foundation::{FILETIME, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Security::Cryptography::{
    CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL, CERT_CHAIN_CONTEXT, CERT_CHAIN_PARA, CERT_CONTEXT,
    CERT_NAME_SIMPLE_DISPLAY_TYPE, USAGE_MATCH_TYPE_AND,
};
use windows_sys::Win32::Security::WinTrust::{
    CRYPT_PROVIDER_CERT, CRYPT_PROVIDER_DATA, CRYPT_PROVIDER_SGNR,
    WINTRUST_ACTION_GENERIC_VERIFY_V2, WINTRUST_DATA, WINTRUST_DATA_0, WINTRUST_FILE_INFO,
    WTD_CACHE_ONLY_URL_RETRIEVAL, WTD_CHOICE_FILE, WTD_REVOKE_NONE, WTD_STATEACTION_CLOSE,
    WTD_STATEACTION_VERIFY, WTD_UI_NONE,
};
use windows_sys::core::GUID;

use super::loader::system_function;
use super::{clock, last_error, narrow, wide};
use crate::machine::{SeenChain, SeenSignature, SeenSigner};

/// `TRUST_E_PROVIDER_UNKNOWN`.
const PROVIDER_UNKNOWN: u32 = 0x800b_0001;

/// `szOID_PKIX_KP_CODE_SIGNING`.
const CODE_SIGNING: &[u8] = b"1.3.6.1.5.5.7.3.3\0";

/// `HCCE_LOCAL_MACHINE`: the stores of the machine, whoever runs this program.
const MACHINE_ENGINE: usize = 1;

/// Certificates of a chain that are looked at; real chains have three or four.
const MAX_CERTIFICATES: u32 = 16;

system_function! {
    fn WinVerifyTrust(window: *mut c_void, action: *mut GUID, data: *mut c_void) -> i32 = "wintrust.dll"
}
system_function! {
    fn WTHelperProvDataFromStateData(state: *mut c_void) -> *mut CRYPT_PROVIDER_DATA = "wintrust.dll"
}
system_function! {
    fn WTHelperGetProvSignerFromChain(data: *mut CRYPT_PROVIDER_DATA, signer: u32, counter: i32, number: u32) -> *mut CRYPT_PROVIDER_SGNR = "wintrust.dll"
}
system_function! {
    fn WTHelperGetProvCertFromChain(signer: *mut CRYPT_PROVIDER_SGNR, number: u32) -> *mut CRYPT_PROVIDER_CERT = "wintrust.dll"
}
system_function! {
    fn CertGetNameStringW(certificate: *const CERT_CONTEXT, kind: u32, flags: u32, of: *const c_void, name: *mut u16, length: u32) -> u32 = "crypt32.dll"
}
system_function! {
    fn CertGetCertificateChain(engine: *mut c_void, certificate: *const CERT_CONTEXT, at: *const FILETIME, store: *mut c_void, wanted: *const CERT_CHAIN_PARA, flags: u32, reserved: *const c_void, chain: *mut *const CERT_CHAIN_CONTEXT) -> i32 = "crypt32.dll"
}
system_function! {
    fn CertFreeCertificateChain(chain: *const CERT_CHAIN_CONTEXT) -> () = "crypt32.dll"
}

/// Looks at a file's signature; certificates are judged at a time, now without one.
pub(super) fn look(path: &str, at: Option<UtcTime>) -> SeenSignature {
    let Some(function) = WinVerifyTrust() else {
        return SeenSignature {
            code: PROVIDER_UNKNOWN,
            signer: None,
        };
    };
    let wide_path = wide(path);
    let mut file = WINTRUST_FILE_INFO {
        cbStruct: u32::try_from(size_of::<WINTRUST_FILE_INFO>()).unwrap_or(0),
        pcwszFilePath: wide_path.as_ptr(),
        ..Default::default()
    };
    let mut data = WINTRUST_DATA {
        cbStruct: u32::try_from(size_of::<WINTRUST_DATA>()).unwrap_or(0),
        dwUIChoice: WTD_UI_NONE,
        fdwRevocationChecks: WTD_REVOKE_NONE,
        dwUnionChoice: WTD_CHOICE_FILE,
        Anonymous: WINTRUST_DATA_0 { pFile: &mut file },
        dwStateAction: WTD_STATEACTION_VERIFY,
        dwProvFlags: WTD_CACHE_ONLY_URL_RETRIEVAL,
        ..Default::default()
    };
    let mut action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    // SAFETY: the structures are those that action and choice ask for, and outlive the calls.
    let status = unsafe { function(INVALID_HANDLE_VALUE, &mut action, (&raw mut data).cast()) };
    let code = u32::from_ne_bytes(status.to_ne_bytes());
    // SAFETY: the state is that of the verification and has not been closed.
    let signer = unsafe { signer(data.hWVTStateData, at) };
    data.dwStateAction = WTD_STATEACTION_CLOSE;
    // SAFETY: as for the first call; this one frees the state.
    unsafe { function(INVALID_HANDLE_VALUE, &mut action, (&raw mut data).cast()) };
    SeenSignature { code, signer }
}

/// The first signer.
///
/// # Safety
/// The state is that of a verification and was not closed.
unsafe fn signer(state: *mut c_void, at: Option<UtcTime>) -> Option<SeenSigner> {
    let (data_of, signer_of, certificate_of) = (
        WTHelperProvDataFromStateData()?,
        WTHelperGetProvSignerFromChain()?,
        WTHelperGetProvCertFromChain()?,
    );
    if state.is_null() {
        return None;
    }
    // SAFETY: the caller vouches for the state; each result is looked at before it is used,
    // and belongs to the state.
    let certificate = unsafe {
        let data = data_of(state);
        if data.is_null() {
            return None;
        }
        let signer = signer_of(data, 0, 0, 0);
        if signer.is_null() {
            return None;
        }
        let found = certificate_of(signer, 0);
        if found.is_null() || (*found).pCert.is_null() {
            return None;
        }
        (*found).pCert
    };
    // SAFETY: the certificate belongs to the state.
    let (name, chain) = unsafe { (name_of(certificate), chain_of(certificate, at)) };
    Some(SeenSigner { name, chain })
}

/// # Safety
/// The certificate is one, and alive.
unsafe fn name_of(certificate: *const CERT_CONTEXT) -> String {
    let mut name = [0_u16; 256];
    if let Some(function) = CertGetNameStringW() {
        // SAFETY: the caller vouches for the certificate; the length is that of the buffer.
        unsafe {
            function(
                certificate,
                CERT_NAME_SIMPLE_DISPLAY_TYPE,
                0,
                null(),
                name.as_mut_ptr(),
                256,
            )
        };
    }
    narrow(&name)
}

/// Builds the chain for code signing from what the signature brings along and what the
/// machine has.
///
/// # Safety
/// The certificate is one, and alive.
unsafe fn chain_of(
    certificate: *const CERT_CONTEXT,
    at: Option<UtcTime>,
) -> Result<SeenChain, u32> {
    let (Some(build), Some(free)) = (CertGetCertificateChain(), CertFreeCertificateChain()) else {
        return Err(PROVIDER_UNKNOWN);
    };
    let mut usage = CODE_SIGNING.as_ptr().cast_mut();
    let mut wanted = CERT_CHAIN_PARA {
        // The shape up to the usage, which every Windows knows.
        cbSize: u32::try_from(offset_of!(CERT_CHAIN_PARA, RequestedIssuancePolicy)).unwrap_or(0),
        ..Default::default()
    };
    wanted.RequestedUsage.dwType = USAGE_MATCH_TYPE_AND;
    wanted.RequestedUsage.Usage.cUsageIdentifier = 1;
    wanted.RequestedUsage.Usage.rgpszUsageIdentifier = &raw mut usage;
    let time = at.map(clock::filetime_at);
    let time: *const FILETIME = time.as_ref().map_or(null(), core::ptr::from_ref);
    let mut chain: *const CERT_CHAIN_CONTEXT = null();
    // SAFETY: the caller vouches for the certificate, whose store is that of the signature;
    // all other pointers are to locals that outlive the call.
    let built = unsafe {
        build(
            core::ptr::without_provenance_mut(MACHINE_ENGINE),
            certificate,
            time,
            (*certificate).hCertStore,
            &wanted,
            CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL,
            null_mut(),
            &mut chain,
        )
    };
    if built == 0 || chain.is_null() {
        return Err(last_error());
    }
    // SAFETY: the chain was built and is freed after the last look at it.
    let seen = unsafe { seen_of(&*chain) };
    // SAFETY: as above; nothing of it is used any more.
    unsafe { free(chain) };
    Ok(seen)
}

/// # Safety
/// The chain is one that the system built, and alive.
unsafe fn seen_of(chain: &CERT_CHAIN_CONTEXT) -> SeenChain {
    let mut certificates = Vec::new();
    if chain.cChain > 0 && !chain.rgpChain.is_null() {
        // SAFETY: the counts are those of the arrays, by the caller's promise; each element
        // and its certificate live as long as the chain.
        unsafe {
            let simple = &**chain.rgpChain;
            for number in 0..simple.cElement.min(MAX_CERTIFICATES) as usize {
                let element = &**simple.rgpElement.add(number);
                let certificate = &*element.pCertContext;
                let der = core::slice::from_raw_parts(
                    certificate.pbCertEncoded,
                    certificate.cbCertEncoded as usize,
                );
                certificates.push(Sha256::of(der));
            }
        }
    }
    SeenChain {
        faults: chain.TrustStatus.dwErrorStatus,
        certificates,
    }
}
