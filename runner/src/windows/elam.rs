//! The early-launch driver of Defender.

use std::fs::File;
use std::os::windows::io::AsRawHandle as _;

use windows_sys::Win32::Foundation::{ERROR_PROC_NOT_FOUND, HANDLE};

use super::loader::system_function;
use super::{failure, last_failure, system_folder};
use crate::failure::Failure;

system_function! {
    /// Registers the certificates in a driver's resource for the processes that it protects.
    /// Documented from Windows 8 and Server 2012 on.
    fn InstallELAMCertificateInfo(driver: HANDLE) -> i32 = "kernel32.dll"
}

/// Registers the certificates of `WdBoot.sys`.
pub(super) fn install_certificate() -> Result<(), Failure> {
    let path = format!(r"{}\Drivers\WdBoot.sys", system_folder::system_folder());
    let what = || format!("register the certificates of `{path}`");
    let driver = File::open(&path).map_err(|error| failure(what(), &error))?;
    let Some(install) = InstallELAMCertificateInfo() else {
        return Err(Failure::new(what(), ERROR_PROC_NOT_FOUND));
    };
    // SAFETY: the handle is open for reading as long as `driver` lives.
    if unsafe { install(driver.as_raw_handle()) } == 0 {
        return Err(last_failure(what()));
    }
    Ok(())
}
