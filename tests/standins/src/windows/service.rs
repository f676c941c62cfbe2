//! Being a service, and asking the service manager.
#![expect(unsafe_code, reason = "service functions of advapi32")]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use std::time::Duration;

use windows_sys::Win32::Foundation::{ERROR_CALL_NOT_IMPLEMENTED, NO_ERROR};
use windows_sys::Win32::System::Services::{
    ChangeServiceConfigW, CloseServiceHandle, OpenSCManagerW, OpenServiceW, QueryServiceStatus,
    RegisterServiceCtrlHandlerExW, SC_HANDLE, SC_MANAGER_CONNECT, SERVICE_ACCEPT_STOP,
    SERVICE_CHANGE_CONFIG, SERVICE_CONTROL_INTERROGATE, SERVICE_CONTROL_STOP, SERVICE_NO_CHANGE,
    SERVICE_QUERY_STATUS, SERVICE_RUNNING, SERVICE_START, SERVICE_START_PENDING, SERVICE_STATUS,
    SERVICE_STOPPED, SERVICE_TABLE_ENTRYW, SERVICE_WIN32_OWN_PROCESS, SetServiceStatus,
    StartServiceCtrlDispatcherW, StartServiceW,
};

use super::wide;

/// Name of the service, and what it does.
type Body = (Vec<u16>, fn(&Status));

static BODY: OnceLock<Body> = OnceLock::new();
static HANDLE: AtomicPtr<core::ffi::c_void> = AtomicPtr::new(std::ptr::null_mut());
static ACCEPTED: AtomicU32 = AtomicU32::new(0);
static STOP: AtomicBool = AtomicBool::new(false);

/// Hands this process to the service manager and runs `body` as the service `name`.
///
/// # Errors
/// The process was not started by the service manager.
pub fn run(name: &str, body: fn(&Status)) -> std::io::Result<()> {
    let (name, _) = BODY.get_or_init(|| (wide(name), body));
    let table = [
        SERVICE_TABLE_ENTRYW {
            lpServiceName: name.as_ptr().cast_mut(),
            lpServiceProc: Some(service_main),
        },
        SERVICE_TABLE_ENTRYW {
            lpServiceName: std::ptr::null_mut(),
            lpServiceProc: None,
        },
    ];
    // SAFETY: the table ends with an empty entry and lives until the call returns, which is
    // when the service has stopped.
    if unsafe { StartServiceCtrlDispatcherW(table.as_ptr()) } == 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(())
}

unsafe extern "system" fn service_main(_count: u32, _arguments: *mut *mut u16) {
    let Some((name, body)) = BODY.get() else {
        return;
    };
    // SAFETY: the name is null-terminated and static; the handler is a plain function.
    let handle =
        unsafe { RegisterServiceCtrlHandlerExW(name.as_ptr(), Some(control), std::ptr::null()) };
    HANDLE.store(handle, Ordering::SeqCst);
    body(&Status(()));
}

unsafe extern "system" fn control(
    code: u32,
    _event: u32,
    _data: *mut core::ffi::c_void,
    _context: *mut core::ffi::c_void,
) -> u32 {
    match code {
        SERVICE_CONTROL_INTERROGATE => NO_ERROR,
        // Only sent to a service that said it accepts it.
        SERVICE_CONTROL_STOP => {
            STOP.store(true, Ordering::SeqCst);
            NO_ERROR
        }
        _ => ERROR_CALL_NOT_IMPLEMENTED,
    }
}

/// Tells the service manager where the running service stands.
pub struct Status(());

impl Status {
    /// The service is starting.
    pub fn start_pending(&self) {
        self.report(SERVICE_START_PENDING, 0);
    }

    /// The service runs and takes no request to stop.
    pub fn running(&self) {
        self.report(SERVICE_RUNNING, 0);
    }

    /// The service runs until it is asked to stop.
    pub fn run_until_stopped(&self) {
        ACCEPTED.store(SERVICE_ACCEPT_STOP, Ordering::SeqCst);
        self.report(SERVICE_RUNNING, 0);
        while !STOP.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(50));
        }
        self.report(SERVICE_STOPPED, 0);
    }

    /// The service has stopped; `error` is the Windows error that `net start` shows.
    pub fn stopped(&self, error: u32) {
        self.report(SERVICE_STOPPED, error);
    }

    fn report(&self, state: u32, error: u32) {
        let status = SERVICE_STATUS {
            dwServiceType: SERVICE_WIN32_OWN_PROCESS,
            dwCurrentState: state,
            dwControlsAccepted: ACCEPTED.load(Ordering::SeqCst),
            dwWin32ExitCode: error,
            dwServiceSpecificExitCode: 0,
            dwCheckPoint: 0,
            dwWaitHint: if state == SERVICE_START_PENDING {
                30_000
            } else {
                0
            },
        };
        // SAFETY: the handle came from the registration in `service_main`.
        unsafe { SetServiceStatus(HANDLE.load(Ordering::SeqCst), &raw const status) };
    }
}

/// Sets the start type of service `name` (2 automatic, 3 manual).
///
/// # Errors
/// The service is unknown or refuses the change.
pub fn set_start_type(name: &str, start_type: u32) -> std::io::Result<()> {
    with_service(name, SERVICE_CHANGE_CONFIG, |service| {
        // SAFETY: the handle is open; null pointers mean "no change".
        let changed = unsafe {
            ChangeServiceConfigW(
                service,
                SERVICE_NO_CHANGE,
                start_type,
                SERVICE_NO_CHANGE,
                std::ptr::null(),
                std::ptr::null(),
                std::ptr::null_mut(),
                std::ptr::null(),
                std::ptr::null(),
                std::ptr::null(),
                std::ptr::null(),
            )
        };
        if changed == 0 {
            Err(std::io::Error::last_os_error())
        } else {
            Ok(())
        }
    })
}

/// Says whether service `name` runs.
///
/// # Errors
/// The service is unknown.
pub fn is_running(name: &str) -> std::io::Result<bool> {
    with_service(name, SERVICE_QUERY_STATUS, |service| {
        let mut status = SERVICE_STATUS::default();
        // SAFETY: the handle is open and `status` is the structure that the call fills.
        if unsafe { QueryServiceStatus(service, &raw mut status) } == 0 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(status.dwCurrentState == SERVICE_RUNNING)
    })
}

/// Asks the service manager to start service `name`; does not wait until it runs.
///
/// # Errors
/// The service is unknown, starts already or cannot be started.
pub fn start(name: &str) -> std::io::Result<()> {
    with_service(name, SERVICE_START, |service| {
        // SAFETY: the handle is open; no arguments are passed.
        if unsafe { StartServiceW(service, 0, std::ptr::null()) } == 0 {
            return Err(std::io::Error::last_os_error());
        }
        Ok(())
    })
}

/// Says whether service `name` exists and starts by itself.
pub fn is_automatic(name: &str) -> bool {
    let key = format!(r"SYSTEM\CurrentControlSet\Services\{name}");
    super::registry::number(&key, "Start") == Some(2)
}

fn with_service<T>(
    name: &str,
    access: u32,
    action: impl FnOnce(SC_HANDLE) -> std::io::Result<T>,
) -> std::io::Result<T> {
    let name = wide(name);
    // SAFETY: null names mean this machine and its active database.
    let manager = unsafe { OpenSCManagerW(std::ptr::null(), std::ptr::null(), SC_MANAGER_CONNECT) };
    if manager.is_null() {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the manager handle is open and the name is null-terminated.
    let service = unsafe { OpenServiceW(manager, name.as_ptr(), access) };
    let result = if service.is_null() {
        Err(std::io::Error::last_os_error())
    } else {
        let result = action(service);
        // SAFETY: opened above, closed once.
        unsafe { CloseServiceHandle(service) };
        result
    };
    // SAFETY: opened above, closed once.
    unsafe { CloseServiceHandle(manager) };
    result
}
