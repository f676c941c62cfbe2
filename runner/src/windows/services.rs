//! The service manager.

use core::ffi::c_void;
use core::ptr::null;
use core::sync::atomic::{AtomicPtr, Ordering};
use std::sync::OnceLock;

use gangway_contract::Fact;
use gangway_contract::facts::{Service, ServiceState, StartType};
use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_NAME, ERROR_SERVICE_ALREADY_RUNNING,
    ERROR_SERVICE_DOES_NOT_EXIST, ERROR_SERVICE_MARKED_FOR_DELETE,
};
use windows_sys::Win32::System::Services::{
    CloseServiceHandle, DeleteService, OpenSCManagerW, OpenServiceW, QUERY_SERVICE_CONFIGW,
    QueryServiceConfigW, QueryServiceStatus, SC_HANDLE, SC_MANAGER_CONNECT, SERVICE_AUTO_START,
    SERVICE_BOOT_START, SERVICE_DEMAND_START, SERVICE_PAUSED, SERVICE_QUERY_CONFIG,
    SERVICE_QUERY_STATUS, SERVICE_RUNNING, SERVICE_START, SERVICE_STATUS, SERVICE_STOPPED,
    SERVICE_SYSTEM_START, StartServiceW,
};

use super::{last_error, last_failure, wide};
use crate::failure::Failure;

/// Standard access right.
const DELETE: u32 = 0x0001_0000;

struct ScHandle(SC_HANDLE);

impl ScHandle {
    fn new(raw: SC_HANDLE) -> Option<Self> {
        // Lazily: dropping a made-up value would overwrite the code of the failed call.
        (!raw.is_null()).then(|| Self(raw))
    }
}

impl Drop for ScHandle {
    fn drop(&mut self) {
        // SAFETY: the handle is owned by this value and closed once.
        unsafe { CloseServiceHandle(self.0) };
    }
}

/// The connection to the service manager, kept until the process ends: a run asks for some
/// thirty services, and connecting takes ten times as long as asking.
static MANAGER: OnceLock<Manager> = OnceLock::new();

/// A handle that is never closed.
struct Manager(AtomicPtr<c_void>);

fn manager() -> Result<SC_HANDLE, u32> {
    if let Some(manager) = MANAGER.get() {
        return Ok(manager.0.load(Ordering::Relaxed));
    }
    // SAFETY: no names: the local manager and its database.
    let raw = unsafe { OpenSCManagerW(null(), null(), SC_MANAGER_CONNECT) };
    if raw.is_null() {
        // Not kept: the next question tries again.
        return Err(last_error());
    }
    let manager = MANAGER.get_or_init(|| Manager(AtomicPtr::new(raw)));
    Ok(manager.0.load(Ordering::Relaxed))
}

fn open(name: &str, access: u32) -> Result<ScHandle, u32> {
    let wide_name = wide(name);
    // SAFETY: the manager's handle is open and the name ends with a zero.
    let service = unsafe { OpenServiceW(manager()?, wide_name.as_ptr(), access) };
    ScHandle::new(service).ok_or_else(last_error)
}

/// State and start type of a service.
pub(super) fn query(name: &str) -> Fact<Service> {
    let unknown =
        |code| Fact::unknown(Failure::new(format!("query service `{name}`"), code).to_string());
    let service = match open(name, SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG) {
        Ok(opened) => opened,
        Err(ERROR_SERVICE_DOES_NOT_EXIST | ERROR_INVALID_NAME) => return Fact::Absent,
        Err(code) => return unknown(code),
    };
    let mut status = SERVICE_STATUS::default();
    // SAFETY: the status is written to a local.
    if unsafe { QueryServiceStatus(service.0, &mut status) } == 0 {
        return unknown(last_error());
    }
    let start = match start_type(&service) {
        Ok(start) => start,
        Err(code) => return unknown(code),
    };
    Fact::Value(Service {
        state: match status.dwCurrentState {
            SERVICE_RUNNING => ServiceState::Running,
            SERVICE_STOPPED | SERVICE_PAUSED => ServiceState::Stopped,
            _ => ServiceState::Pending,
        },
        start: match start {
            SERVICE_BOOT_START => StartType::Boot,
            SERVICE_SYSTEM_START => StartType::System,
            SERVICE_AUTO_START => StartType::Automatic,
            SERVICE_DEMAND_START => StartType::Manual,
            _ => StartType::Disabled,
        },
    })
}

fn start_type(service: &ScHandle) -> Result<u32, u32> {
    // The texts follow the structure; documented maximum 8 KiB. Eight-byte units keep it
    // aligned.
    let mut buffer = vec![0_u64; 1024];
    let size = u32::try_from(buffer.len() * 8).unwrap_or(0);
    let mut needed = 0;
    let config = buffer.as_mut_ptr().cast::<QUERY_SERVICE_CONFIGW>();
    // SAFETY: `size` is the size of the buffer, which is aligned for the structure.
    if unsafe { QueryServiceConfigW(service.0, config, size, &mut needed) } == 0 {
        let code = last_error();
        debug_assert_ne!(code, ERROR_INSUFFICIENT_BUFFER);
        return Err(code);
    }
    // SAFETY: the call succeeded and filled the structure.
    Ok(unsafe { (*config).dwStartType })
}

/// Asks for the start of a service; one that runs is no error.
pub(super) fn start(name: &str) -> Result<(), Failure> {
    let what = format!("start service `{name}`");
    let service = open(name, SERVICE_START).map_err(|code| Failure::new(what.as_str(), code))?;
    // SAFETY: no arguments are given.
    if unsafe { StartServiceW(service.0, 0, null()) } != 0 {
        return Ok(());
    }
    match last_error() {
        ERROR_SERVICE_ALREADY_RUNNING => Ok(()),
        code => Err(Failure::new(what, code)),
    }
}

/// Deletes a service; one that is not there is no error.
pub(super) fn delete(name: &str) -> Result<(), Failure> {
    let what = format!("delete service `{name}`");
    let service = match open(name, DELETE) {
        Ok(opened) => opened,
        Err(ERROR_SERVICE_DOES_NOT_EXIST) => return Ok(()),
        Err(code) => return Err(Failure::new(what, code)),
    };
    // SAFETY: the handle is open.
    if unsafe { DeleteService(service.0) } != 0 || last_error() == ERROR_SERVICE_MARKED_FOR_DELETE {
        return Ok(());
    }
    Err(last_failure(what))
}
