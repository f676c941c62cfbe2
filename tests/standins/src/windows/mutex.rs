//! A named mutex in the hands of this thread.
#![expect(unsafe_code, reason = "synchronisation functions of kernel32")]

use windows_sys::Win32::Foundation::{CloseHandle, HANDLE};
use windows_sys::Win32::System::Threading::{CreateMutexW, ReleaseMutex};

use super::wide;

/// Held as long as this lives, and by the thread that made it.
pub struct Held(HANDLE);

/// Makes a mutex and takes it.
///
/// # Errors
/// The Windows error.
pub fn hold(name: &str) -> std::io::Result<Held> {
    let name = wide(name);
    // SAFETY: the name is null-terminated; no access list means the usual one.
    let handle = unsafe { CreateMutexW(std::ptr::null(), 1, name.as_ptr()) };
    if handle.is_null() {
        return Err(std::io::Error::last_os_error());
    }
    Ok(Held(handle))
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: the handle is open and closed once; this thread took the mutex.
        unsafe {
            ReleaseMutex(self.0);
            CloseHandle(self.0);
        }
    }
}
