//! Version, clock, names and folders of Windows.

use std::sync::OnceLock;

use gangway_contract::facts::ProductType;
use gangway_contract::{Fact, UtcTime, Version};
use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
use windows_sys::Win32::Foundation::{FILETIME, SYSTEMTIME};
use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::SystemInformation::{
    COMPUTER_NAME_FORMAT, ComputerNameDnsDomain, ComputerNameDnsFullyQualified,
    ComputerNameNetBIOS, GetComputerNameExW, GetLocalTime, GetNativeSystemInfo,
    GetSystemDirectoryW, GetSystemTimeAsFileTime, GetTickCount64, OSVERSIONINFOEXW,
    PROCESSOR_ARCHITECTURE_AMD64, SYSTEM_INFO,
};
use windows_sys::Win32::System::Threading::{OpenMutexW, SYNCHRONIZATION_SYNCHRONIZE};
use windows_sys::Win32::System::Time::{
    FileTimeToSystemTime, SystemTimeToFileTime, SystemTimeToTzSpecificLocalTime,
};

use super::{Handle, last_error, last_failure, narrow, registry, wide};
use crate::machine::Folders;
use crate::probe::{BootTime, Value, Windows};

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

/// Folders from the registry; a value that is missing gives the default below the system's
/// drive.
pub(super) fn folders() -> Folders {
    let drive = system_folder().get(..2).unwrap_or("C:");
    let text = |key: &str, name: &str| match registry::value(key, name) {
        Fact::Value(Value::Text(text)) => Some(text.replace("%SystemDrive%", drive)),
        _ => None,
    };
    let program_files = text(
        r"SOFTWARE\Microsoft\Windows\CurrentVersion",
        "ProgramFilesDir",
    );
    let program_data = text(
        r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList",
        "ProgramData",
    );
    Folders {
        system: system_folder().to_owned(),
        program_files: program_files.unwrap_or(format!(r"{drive}\Program Files")),
        program_data: program_data.unwrap_or(format!(r"{drive}\ProgramData")),
    }
}

/// The clock.
pub(super) fn now() -> UtcTime {
    UtcTime::from_filetime(now_filetime())
}

fn now_filetime() -> u64 {
    let mut time = FILETIME::default();
    // SAFETY: the time is written to a local.
    unsafe { GetSystemTimeAsFileTime(&mut time) };
    number_of(time)
}

pub(super) fn number_of(time: FILETIME) -> u64 {
    (u64::from(time.dwHighDateTime) << 32) | u64::from(time.dwLowDateTime)
}

fn filetime_of(number: u64) -> FILETIME {
    let [a, b, c, d, e, f, g, h] = number.to_le_bytes();
    FILETIME {
        dwLowDateTime: u32::from_le_bytes([a, b, c, d]),
        dwHighDateTime: u32::from_le_bytes([e, f, g, h]),
    }
}

/// Minutes since local midnight.
pub(super) fn local_minute() -> u16 {
    let mut time = SYSTEMTIME::default();
    // SAFETY: the time is written to a local.
    unsafe { GetLocalTime(&mut time) };
    time.wHour * 60 + time.wMinute
}

/// Start of Windows: now minus the time it has been running.
pub(super) fn boot_time() -> Fact<BootTime> {
    // SAFETY: reads a counter.
    let running_ms = unsafe { GetTickCount64() };
    let boot = now_filetime().saturating_sub(running_ms.saturating_mul(10_000));
    let (mut utc, mut local, mut result) = (
        SYSTEMTIME::default(),
        SYSTEMTIME::default(),
        FILETIME::default(),
    );
    // SAFETY: all are locals; no time zone means the current one.
    let converted = unsafe {
        FileTimeToSystemTime(&filetime_of(boot), &mut utc) != 0
            && SystemTimeToTzSpecificLocalTime(core::ptr::null(), &utc, &mut local) != 0
            && SystemTimeToFileTime(&local, &mut result) != 0
    };
    if !converted {
        return Fact::unknown(last_failure("convert the start time").to_string());
    }
    Fact::Value(BootTime {
        utc: UtcTime::from_filetime(boot),
        local: UtcTime::from_filetime(number_of(result)),
    })
}

/// Version and product type from the kernel: `GetVersionEx` tells programs what they expect.
pub(super) fn windows() -> Fact<Windows> {
    let mut version = OSVERSIONINFOEXW {
        dwOSVersionInfoSize: u32::try_from(size_of::<OSVERSIONINFOEXW>()).unwrap_or(0),
        ..Default::default()
    };
    // SAFETY: the size says that the longer form of the structure is meant.
    let status = unsafe { RtlGetVersion((&raw mut version).cast()) };
    if status != 0 {
        return Fact::unknown(format!("RtlGetVersion: status {status:#010x}"));
    }
    let mut info = SYSTEM_INFO::default();
    // SAFETY: written to a local.
    unsafe { GetNativeSystemInfo(&mut info) };
    // SAFETY: this member of the union is the one that the call fills.
    let architecture = unsafe { info.Anonymous.Anonymous.wProcessorArchitecture };
    Fact::Value(Windows {
        version: Version::new(
            version.dwMajorVersion,
            version.dwMinorVersion,
            version.dwBuildNumber,
            0,
        ),
        product_type: match version.wProductType {
            1 => ProductType::Workstation,
            2 => ProductType::DomainController,
            _ => ProductType::Server,
        },
        service_pack: version.wServicePackMajor,
        x64: architecture == PROCESSOR_ARCHITECTURE_AMD64,
    })
}

fn computer_name(format: COMPUTER_NAME_FORMAT) -> Fact<String> {
    let mut buffer = [0_u16; 1024];
    let mut length = 1024;
    // SAFETY: `length` is the length of the buffer.
    if unsafe { GetComputerNameExW(format, buffer.as_mut_ptr(), &mut length) } == 0 {
        return Fact::unknown(last_failure("read the computer's name").to_string());
    }
    match narrow(&buffer) {
        name if name.is_empty() => Fact::Absent,
        name => Fact::Value(name),
    }
}

/// NetBIOS name.
pub(super) fn name() -> Fact<String> {
    computer_name(ComputerNameNetBIOS)
}

/// Name with its domain, in lower case.
pub(super) fn fqdn() -> Fact<String> {
    computer_name(ComputerNameDnsFullyQualified).map(|name| name.to_ascii_lowercase())
}

/// DNS suffix of the computer's name.
pub(super) fn domain() -> Fact<String> {
    computer_name(ComputerNameDnsDomain).map(|name| name.to_ascii_lowercase())
}

/// Free bytes of the volume of a folder.
pub(super) fn free_bytes(folder: &str) -> Fact<u64> {
    let path = wide(folder);
    let mut free = 0;
    // SAFETY: the path ends with a zero; only the first result is wanted.
    let done = unsafe {
        GetDiskFreeSpaceExW(
            path.as_ptr(),
            &mut free,
            core::ptr::null_mut(),
            core::ptr::null_mut(),
        )
    };
    if done == 0 {
        return Fact::unknown(last_failure(format!("free space of `{folder}`")).to_string());
    }
    Fact::Value(free)
}

/// Does a named mutex exist?
pub(super) fn mutex_exists(name: &str) -> Fact<bool> {
    /// `ERROR_FILE_NOT_FOUND`
    const NOT_FOUND: u32 = 2;
    /// `ERROR_ACCESS_DENIED`: it exists and is somebody else's.
    const DENIED: u32 = 5;
    let wide_name = wide(name);
    // SAFETY: the name ends with a zero.
    let raw = unsafe { OpenMutexW(SYNCHRONIZATION_SYNCHRONIZE, 0, wide_name.as_ptr()) };
    if Handle::new(raw).is_some() {
        return Fact::Value(true);
    }
    match last_error() {
        NOT_FOUND => Fact::Value(false),
        DENIED => Fact::Value(true),
        code => Fact::unknown(
            crate::failure::Failure::new(format!("open mutex `{name}`"), code).to_string(),
        ),
    }
}

/// Is this Wine and not Windows? Its access lists are Unix mode bits, so they say nothing
/// about who may change a folder. The export cannot be added to Windows by anybody who is not
/// in control of it already.
pub(super) fn is_wine() -> bool {
    static WINE: OnceLock<bool> = OnceLock::new();
    *WINE.get_or_init(|| {
        let library = wide("ntdll.dll");
        // SAFETY: both texts end with a zero; ntdll is always loaded.
        unsafe {
            let ntdll = GetModuleHandleW(library.as_ptr());
            !ntdll.is_null() && GetProcAddress(ntdll, c"wine_get_version".as_ptr().cast()).is_some()
        }
    })
}
