//! The real machine. The only unsafe code of the program stands here, in short blocks with
//! their reason.
//!
//! Functions of kernel32, ntdll and advapi32 are linked. Those of any other library are
//! looked up by [`loader`] in the copy of the system folder: a program that is started from a
//! share loads linked libraries from its own folder first.

#![expect(
    unsafe_code,
    reason = "calls of the Windows API; nothing outside this folder is unsafe"
)]

mod certificate_chain;
mod children;
mod clock;
mod connection;
mod console;
mod dism;
mod elam;
mod environment;
mod event_log;
mod files;
mod http_client;
mod identity;
mod inquiry;
mod job;
mod loader;
mod machine;
mod mutex;
mod protection;
mod registry;
mod resource;
mod security;
mod server_certificate;
mod services;
mod sources;
mod start_up;
mod system;
mod system_folder;
mod token;
mod trust;
mod version_info;

pub use console::{attach, print};
pub use machine::WindowsMachine;
pub use resource::{own_exe, own_manifest};
pub use start_up::harden;

use windows_sys::Win32::Foundation::GetLastError;

use crate::failure::Failure;

/// A text as UTF-16 with a final zero.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// The text of UTF-16 up to its first zero.
fn narrow(text: &[u16]) -> String {
    let end = text
        .iter()
        .position(|unit| *unit == 0)
        .unwrap_or(text.len());
    String::from_utf16_lossy(text.get(..end).unwrap_or_default())
}

/// The code of the last failed call of this thread.
fn last_error() -> u32 {
    // SAFETY: reads a value of the thread.
    unsafe { GetLastError() }
}

/// The last failed call of this thread as a failure.
fn last_failure(what: impl Into<String>) -> Failure {
    Failure::new(what, last_error())
}

/// A failure of the standard library.
fn failure(what: impl Into<String>, error: &std::io::Error) -> Failure {
    use crate::failure::FailureKind;
    match error
        .raw_os_error()
        .and_then(|code| u32::try_from(code).ok())
    {
        Some(code) => Failure::new(what, code),
        None => Failure::own(what, FailureKind::Other),
    }
}

/// A kernel handle that is closed at the end.
#[derive(Debug)]
struct Handle(windows_sys::Win32::Foundation::HANDLE);

impl Handle {
    /// Takes a handle that a call returned; none for the two values that mean failure.
    fn new(raw: windows_sys::Win32::Foundation::HANDLE) -> Option<Self> {
        // Lazily: dropping a made-up value would overwrite the code of the failed call.
        let invalid = raw.is_null() || raw == windows_sys::Win32::Foundation::INVALID_HANDLE_VALUE;
        (!invalid).then(|| Self(raw))
    }

    fn raw(&self) -> windows_sys::Win32::Foundation::HANDLE {
        self.0
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is owned by this value and closed once.
        unsafe { windows_sys::Win32::Foundation::CloseHandle(self.0) };
    }
}
