//! What Windows says of a file's signature, without the network.

use core::ffi::c_void;
use core::ptr::null_mut;

use windows_sys::Win32::Security::WinTrust::{
    WINTRUST_ACTION_GENERIC_VERIFY_V2, WINTRUST_DATA, WINTRUST_DATA_0, WINTRUST_FILE_INFO,
    WTD_CACHE_ONLY_URL_RETRIEVAL, WTD_CHOICE_FILE, WTD_REVOKE_NONE, WTD_STATEACTION_CLOSE,
    WTD_STATEACTION_VERIFY, WTD_UI_NONE,
};

use super::loader::system_function;
use super::wide;
use crate::machine::Signature;

/// `TRUST_E_BAD_DIGEST`
const BAD_DIGEST: u32 = 0x8009_6010;
/// `TRUST_E_EXPLICIT_DISTRUST`
const EXPLICIT_DISTRUST: u32 = 0x800b_0111;
/// `TRUST_E_NOSIGNATURE`, `TRUST_E_SUBJECT_FORM_UNKNOWN`, `TRUST_E_PROVIDER_UNKNOWN`
const NO_VERDICT: [u32; 3] = [0x800b_0100, 0x800b_0003, 0x800b_0001];

system_function! {
    fn WinVerifyTrust(window: *mut c_void, action: *mut windows_sys::core::GUID, data: *mut c_void) -> i32 = "wintrust.dll"
}

/// The verdict on a file.
pub(super) fn verify(path: &str) -> Signature {
    let Some(function) = WinVerifyTrust() else {
        return Signature::Unknown {
            why: "`wintrust.dll` cannot be loaded".to_owned(),
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
    let status = unsafe {
        let status = function(null_mut(), &mut action, (&raw mut data).cast());
        data.dwStateAction = WTD_STATEACTION_CLOSE;
        function(null_mut(), &mut action, (&raw mut data).cast());
        status
    };
    judge(u32::from_ne_bytes(status.to_ne_bytes()))
}

fn judge(status: u32) -> Signature {
    let why = format!("WinVerifyTrust {status:#010x}");
    match status {
        0 => Signature::Good {
            signer: "a signer that this server trusts".to_owned(),
        },
        BAD_DIGEST | EXPLICIT_DISTRUST => Signature::Bad { why },
        status if NO_VERDICT.contains(&status) => Signature::Unknown { why },
        _ => Signature::Untrusted { why },
    }
}
