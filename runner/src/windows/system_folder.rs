//! Where Windows lies.

use std::sync::OnceLock;

use windows_sys::Win32::System::SystemInformation::GetSystemDirectoryW;

use super::narrow;

/// `C:\Windows\System32`, from the kernel and not from the environment.
pub(super) fn system_folder() -> &'static str {
    static FOLDER: OnceLock<String> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let mut buffer = [0_u16; 512];
        // SAFETY: the size given is that of the buffer.
        unsafe { GetSystemDirectoryW(buffer.as_mut_ptr(), 512) };
        narrow(&buffer)
    })
}

/// `C:\Windows`.
pub(super) fn windows_folder() -> &'static str {
    let system = system_folder();
    system
        .rsplit_once('\\')
        .map_or(system, |(windows, _)| windows)
}
