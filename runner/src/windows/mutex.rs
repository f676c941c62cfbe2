//! Named mutexes: that of Windows Installer.

use windows_sys::Win32::Foundation::{
    ERROR_FILE_NOT_FOUND, WAIT_ABANDONED, WAIT_OBJECT_0, WAIT_TIMEOUT,
};
use windows_sys::Win32::System::Threading::{
    OpenMutexW, ReleaseMutex, SYNCHRONIZATION_SYNCHRONIZE, WaitForSingleObject,
};

use super::{Handle, last_failure, wide};
use crate::failure::Failure;

/// Is there a mutex of this name, and does somebody hold it? Windows Installer keeps its mutex
/// for minutes after an installation has ended.
pub(super) fn is_held(name: &str) -> Result<bool, Failure> {
    let wide_name = wide(name);
    // SAFETY: the name ends with a zero.
    let raw = unsafe { OpenMutexW(SYNCHRONIZATION_SYNCHRONIZE, 0, wide_name.as_ptr()) };
    let Some(mutex) = Handle::new(raw) else {
        return match last_failure(format!("open mutex `{name}`")) {
            failure if failure.code == ERROR_FILE_NOT_FOUND => Ok(false),
            failure => Err(failure),
        };
    };
    // SAFETY: the handle is open; no time is waited.
    match unsafe { WaitForSingleObject(mutex.raw(), 0) } {
        WAIT_TIMEOUT => Ok(true),
        WAIT_OBJECT_0 | WAIT_ABANDONED => {
            // SAFETY: the wait has just given the mutex to this thread.
            unsafe { ReleaseMutex(mutex.raw()) };
            Ok(false)
        }
        _ => Err(last_failure(format!("look at mutex `{name}`"))),
    }
}
