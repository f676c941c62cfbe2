//! What Windows says of a file's signature and its signer, without the network.

use core::ffi::{CStr, c_void};
use core::ptr::null;

use gangway_contract::UtcTime;
use windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
use windows_sys::Win32::Security::Cryptography::{CERT_CONTEXT, CERT_NAME_SIMPLE_DISPLAY_TYPE};
use windows_sys::Win32::Security::WinTrust::{
    CRYPT_PROVIDER_CERT, CRYPT_PROVIDER_DATA, CRYPT_PROVIDER_SGNR,
    WINTRUST_ACTION_GENERIC_VERIFY_V2, WINTRUST_DATA, WINTRUST_DATA_0, WINTRUST_FILE_INFO,
    WTD_CACHE_ONLY_URL_RETRIEVAL, WTD_CHOICE_FILE, WTD_REVOKE_NONE, WTD_STATEACTION_CLOSE,
    WTD_STATEACTION_VERIFY, WTD_UI_NONE,
};
use windows_sys::core::GUID;

use super::certificate_chain::{self, Purpose};
use super::loader::system_function;
use super::{narrow, wide};
use crate::machine::{SeenChain, SeenSignature, SeenSigner};

/// `TRUST_E_PROVIDER_UNKNOWN`.
const PROVIDER_UNKNOWN: u32 = 0x800b_0001;

/// `szOID_PKIX_KP_CODE_SIGNING`.
const CODE_SIGNING: &CStr = c"1.3.6.1.5.5.7.3.3";

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

/// The chain for code signing, from what the signature brings along and what the machine has.
///
/// # Safety
/// The certificate is one, and alive.
unsafe fn chain_of(
    certificate: *const CERT_CONTEXT,
    at: Option<UtcTime>,
) -> Result<SeenChain, u32> {
    let purpose = Purpose {
        usage: CODE_SIGNING,
        at,
        fetch_ms: None,
    };
    // SAFETY: the caller vouches for the certificate.
    let built = unsafe { certificate_chain::build(certificate, &purpose) }?;
    Ok(SeenChain {
        faults: built.faults,
        certificates: built.links.into_iter().map(|link| link.sha256).collect(),
    })
}
