//! Who this computer is: its SIDs and its domain.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use gangway_contract::Fact;
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authentication::Identity::{
    LSA_HANDLE, LSA_OBJECT_ATTRIBUTES, LSA_UNICODE_STRING, LsaClose, LsaFreeMemory,
    LsaNtStatusToWinError, LsaOpenPolicy, LsaQueryInformationPolicy, POLICY_ACCOUNT_DOMAIN_INFO,
    POLICY_DNS_DOMAIN_INFO, POLICY_INFORMATION_CLASS, PolicyAccountDomainInformation,
    PolicyDnsDomainInformation,
};
use windows_sys::Win32::Security::Authorization::ConvertSidToStringSidW;
use windows_sys::Win32::Security::{LookupAccountNameW, PSID};

use super::{last_failure, narrow, system, wide};
use crate::failure::Failure;

/// Access right `POLICY_VIEW_LOCAL_INFORMATION`.
const VIEW_LOCAL_INFORMATION: u32 = 1;

/// Largest SID in bytes (`SECURITY_MAX_SID_SIZE`).
pub(super) const MAX_SID: usize = 68;

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
    // SAFETY: the SID lies in `memory`.
    known(unsafe { sid_text(sid) })
}

/// The Active Directory domain that the machine is a member of.
struct Domain {
    dns_name: String,
    short_name: String,
}

/// Absent in a workgroup, which has a name and no SID.
fn membership() -> Fact<Domain> {
    let memory = match policy(PolicyDnsDomainInformation) {
        Ok(memory) => memory,
        Err(failure) => return Fact::unknown(failure.to_string()),
    };
    // SAFETY: this class fills this structure, which lives as long as `memory`.
    let info = unsafe { &*memory.0.cast::<POLICY_DNS_DOMAIN_INFO>() };
    if info.Sid.is_null() {
        return Fact::Absent;
    }
    // SAFETY: both names lie in the memory of the structure and are as long as they say.
    let (dns_name, short_name) =
        unsafe { (counted_text(&info.DnsDomainName), counted_text(&info.Name)) };
    if dns_name.is_empty() {
        return Fact::Absent;
    }
    Fact::Value(Domain {
        dns_name,
        short_name,
    })
}

/// Copies a text that comes with its length.
///
/// # Safety
/// The text points to memory that may be read.
unsafe fn counted_text(text: &LSA_UNICODE_STRING) -> String {
    if text.Buffer.is_null() {
        return String::new();
    }
    // SAFETY: the caller vouches for the memory; the length is in bytes.
    let units = unsafe { core::slice::from_raw_parts(text.Buffer, usize::from(text.Length / 2)) };
    narrow(units)
}

/// DNS name of the Active Directory domain, in lower case; absent outside one.
pub(super) fn domain() -> Fact<String> {
    membership().map(|domain| domain.dns_name.to_ascii_lowercase())
}

/// SID of the computer's account; absent outside a domain.
pub(super) fn account_sid() -> Fact<String> {
    membership().and_then(|domain| match stored_account_sid() {
        Some(sid) => Fact::Value(sid),
        None => system::name().and_then(|name| lookup(&format!(r"{}\{name}$", domain.short_name))),
    })
}

/// The SID as newer versions of Windows keep it: no domain controller is asked, and a server
/// that cannot reach one stays in its ring.
fn stored_account_sid() -> Option<String> {
    /// `PolicyMachineAccountInformation`
    const MACHINE_ACCOUNT: POLICY_INFORMATION_CLASS = 15;
    /// `POLICY_MACHINE_ACCT_INFO`
    #[repr(C)]
    struct MachineAccount {
        rid: u32,
        sid: PSID,
    }
    let memory = policy(MACHINE_ACCOUNT).ok()?;
    // SAFETY: this class fills this structure, which lives as long as `memory`.
    let account = unsafe { &*memory.0.cast::<MachineAccount>() };
    if account.rid == 0 || account.sid.is_null() {
        return None;
    }
    // SAFETY: the SID lies in `memory`.
    unsafe { sid_text(account.sid) }.ok()
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
    // SAFETY: the call succeeded and filled the buffer with a SID.
    known(unsafe { sid_text(sid.as_mut_ptr().cast()) })
}

/// Text of a SID.
///
/// # Safety
/// The SID is a valid one.
pub(super) unsafe fn sid_text(sid: PSID) -> Result<String, Failure> {
    let mut text: *mut u16 = null_mut();
    // SAFETY: the caller vouches for the SID; the text is written to a local.
    if unsafe { ConvertSidToStringSidW(sid, &mut text) } == 0 {
        return Err(last_failure("write a SID as text"));
    }
    // SAFETY: the text ends with a zero and is freed once.
    unsafe {
        let length = (0..256).take_while(|at| *text.add(*at) != 0).count();
        let result = narrow(core::slice::from_raw_parts(text, length));
        LocalFree(text.cast());
        Ok(result)
    }
}

fn known(text: Result<String, Failure>) -> Fact<String> {
    match text {
        Ok(text) => Fact::Value(text),
        Err(failure) => Fact::unknown(failure.to_string()),
    }
}
