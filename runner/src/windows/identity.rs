//! SIDs of the computer, and the rights of this process.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use gangway_contract::Fact;
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authentication::Identity::{
    LSA_HANDLE, LSA_OBJECT_ATTRIBUTES, LsaClose, LsaFreeMemory, LsaNtStatusToWinError,
    LsaOpenPolicy, LsaQueryInformationPolicy, POLICY_ACCOUNT_DOMAIN_INFO, POLICY_INFORMATION_CLASS,
    POLICY_PRIMARY_DOMAIN_INFO, PolicyAccountDomainInformation, PolicyPrimaryDomainInformation,
};
use windows_sys::Win32::Security::Authorization::ConvertSidToStringSidW;
use windows_sys::Win32::Security::{
    CheckTokenMembership, CreateWellKnownSid, LookupAccountNameW, PSID, WinBuiltinAdministratorsSid,
};

use super::{last_failure, narrow, system, wide};
use crate::failure::Failure;

/// Access right `POLICY_VIEW_LOCAL_INFORMATION`.
const VIEW_LOCAL_INFORMATION: u32 = 1;

/// Largest SID in bytes (`SECURITY_MAX_SID_SIZE`).
const MAX_SID: usize = 68;

/// Memory of the local security authority.
struct LsaMemory(*mut c_void);

impl Drop for LsaMemory {
    fn drop(&mut self) {
        // SAFETY: the memory came from the local security authority and is freed once.
        unsafe { LsaFreeMemory(self.0) };
    }
}

fn policy(class: POLICY_INFORMATION_CLASS) -> Result<LsaMemory, Failure> {
    let failed = |status| {
        // SAFETY: converts a number.
        Failure::new("read the security policy", unsafe {
            LsaNtStatusToWinError(status)
        })
    };
    let attributes = LSA_OBJECT_ATTRIBUTES::default();
    let mut handle: LSA_HANDLE = 0;
    let mut buffer: *mut c_void = null_mut();
    // SAFETY: no name means this machine; handle and buffer are written to locals.
    unsafe {
        let status = LsaOpenPolicy(null(), &attributes, VIEW_LOCAL_INFORMATION, &mut handle);
        if status != 0 {
            return Err(failed(status));
        }
        let status = LsaQueryInformationPolicy(handle, class, &mut buffer);
        LsaClose(handle);
        if status != 0 || buffer.is_null() {
            return Err(failed(status));
        }
    }
    Ok(LsaMemory(buffer))
}

/// SID of the machine; on a domain controller that of the domain.
pub(super) fn machine_sid() -> Fact<String> {
    let memory = match policy(PolicyAccountDomainInformation) {
        Ok(memory) => memory,
        Err(failure) => return Fact::unknown(failure.to_string()),
    };
    // SAFETY: this class fills this structure, which lives as long as `memory`.
    let sid = unsafe { (*memory.0.cast::<POLICY_ACCOUNT_DOMAIN_INFO>()).DomainSid };
    if sid.is_null() {
        return Fact::Absent;
    }
    text_of(sid)
}

/// SID of the computer's account; absent outside a domain.
pub(super) fn account_sid() -> Fact<String> {
    let memory = match policy(PolicyPrimaryDomainInformation) {
        Ok(memory) => memory,
        Err(failure) => return Fact::unknown(failure.to_string()),
    };
    let info = memory.0.cast::<POLICY_PRIMARY_DOMAIN_INFO>();
    // SAFETY: this class fills this structure, which lives as long as `memory`; the name is
    // as long as it says.
    let domain = unsafe {
        if (*info).Sid.is_null() || (*info).Name.Buffer.is_null() {
            return Fact::Absent;
        }
        let name = (*info).Name;
        String::from_utf16_lossy(core::slice::from_raw_parts(
            name.Buffer,
            usize::from(name.Length / 2),
        ))
    };
    match system::name() {
        Fact::Value(name) => lookup(&format!(r"{domain}\{name}$")),
        Fact::Absent => Fact::Absent,
        Fact::Unreadable { why } => Fact::Unreadable { why },
    }
}

fn lookup(account: &str) -> Fact<String> {
    let name = wide(account);
    let mut sid = [0_u64; MAX_SID.div_ceil(8)];
    let mut sid_size = u32::try_from(MAX_SID).unwrap_or(0);
    let mut domain = [0_u16; 256];
    let mut domain_length = 256;
    let mut kind = 0;
    // SAFETY: both sizes are those of their buffers.
    let found = unsafe {
        LookupAccountNameW(
            null(),
            name.as_ptr(),
            sid.as_mut_ptr().cast(),
            &mut sid_size,
            domain.as_mut_ptr(),
            &mut domain_length,
            &mut kind,
        )
    };
    if found == 0 {
        return Fact::unknown(last_failure(format!("look up account `{account}`")).to_string());
    }
    text_of(sid.as_mut_ptr().cast())
}

fn text_of(sid: PSID) -> Fact<String> {
    let mut text: *mut u16 = null_mut();
    // SAFETY: the SID is valid; the text is written to a local.
    if unsafe { ConvertSidToStringSidW(sid, &mut text) } == 0 {
        return Fact::unknown(last_failure("write a SID as text").to_string());
    }
    // SAFETY: the text ends with a zero and is freed once.
    unsafe {
        let length = (0..256).take_while(|at| *text.add(*at) != 0).count();
        let result = narrow(core::slice::from_raw_parts(text, length));
        LocalFree(text.cast());
        Fact::Value(result)
    }
}

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
