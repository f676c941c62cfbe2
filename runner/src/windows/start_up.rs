//! What a process does before anything else, so that nobody can slip it code.

use windows_sys::Win32::System::Diagnostics::Debug::{
    SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SEM_NOOPENFILEERRORBOX, SetErrorMode,
};
use windows_sys::Win32::System::LibraryLoader::{LOAD_LIBRARY_SEARCH_SYSTEM32, SetDllDirectoryW};

use super::loader::system_function;

system_function! {
    fn SetDefaultDllDirectories(folders: u32) -> i32 = "kernel32.dll"
}

/// Takes the folder of the exe, the current folder and PATH out of the search for libraries,
/// as far as this Windows can, and turns off message boxes that nobody would see; programs
/// started later take that over. What fails leaves the process no worse than it was.
pub fn harden() {
    // SAFETY: the empty text, which ends with a zero, takes the current folder out.
    unsafe { SetDllDirectoryW([0].as_ptr()) };
    // Server 2008 R2 and 2012 have this function with update KB2533623 only.
    if let Some(set_folders) = SetDefaultDllDirectories() {
        // SAFETY: takes a number.
        unsafe { set_folders(LOAD_LIBRARY_SEARCH_SYSTEM32) };
    }
    // SAFETY: takes a number.
    unsafe {
        SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX)
    };
}
