//! What this process is: its account and its rights.

use core::ptr::null_mut;

use gangway_contract::Fact;
use windows_sys::Win32::Security::{
    CheckTokenMembership, CreateWellKnownSid, GetTokenInformation, TOKEN_QUERY, TOKEN_USER,
    TokenUser, WinBuiltinAdministratorsSid,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::identity::{MAX_SID, sid_text};
use super::{Handle, last_failure};
use crate::failure::Failure;

/// Does this process have administrators' rights?
pub(super) fn elevated() -> Fact<bool> {
    let mut sid = [0_u64; MAX_SID.div_ceil(8)];
    let mut size = u32::try_from(MAX_SID).unwrap_or(0);
    let mut member = 0;
    // SAFETY: the size is that of the buffer; no token means that of this thread.
    let asked = unsafe {
        CreateWellKnownSid(
            WinBuiltinAdministratorsSid,
            null_mut(),
            sid.as_mut_ptr().cast(),
            &mut size,
        ) != 0
            && CheckTokenMembership(null_mut(), sid.as_mut_ptr().cast(), &mut member) != 0
    };
    if asked {
        Fact::Value(member != 0)
    } else {
        Fact::unknown(last_failure("read the rights of this process").to_string())
    }
}

/// SID of the account that this process runs as.
pub(super) fn own_account() -> Result<String, Failure> {
    let what = "ask for the account of this program";
    let mut token = null_mut();
    // SAFETY: the process is this one; the token is written to a local.
    let opened = unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &mut token) };
    let token = Handle::new(token)
        .filter(|_| opened != 0)
        .ok_or_else(|| last_failure(what))?;
    // Room for the structure and one SID; eight-byte units keep it aligned.
    let mut buffer = [0_u64; 16];
    let mut needed = 0;
    // SAFETY: the token is open; the size is that of the buffer.
    let read = unsafe {
        GetTokenInformation(
            token.raw(),
            TokenUser,
            buffer.as_mut_ptr().cast(),
            u32::try_from(size_of_val(&buffer)).unwrap_or(0),
            &mut needed,
        )
    };
    if read == 0 {
        return Err(last_failure(what));
    }
    // SAFETY: the call succeeded and filled the structure, whose SID lies in the same buffer.
    unsafe { sid_text((*buffer.as_ptr().cast::<TOKEN_USER>()).User.Sid) }
}
