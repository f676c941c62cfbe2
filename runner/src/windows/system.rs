//! Version, names and folders of Windows.

use std::sync::OnceLock;

use gangway_contract::facts::ProductType;
use gangway_contract::{Fact, Version};
use windows_sys::Wdk::System::SystemServices::RtlGetVersion;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::Storage::FileSystem::GetDiskFreeSpaceExW;
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::Win32::System::SystemInformation::{
    COMPUTER_NAME_FORMAT, ComputerNamePhysicalDnsFullyQualified, ComputerNamePhysicalNetBIOS,
    GetComputerNameExW, GetNativeSystemInfo, IMAGE_FILE_MACHINE_AMD64, OSVERSIONINFOEXW,
    PROCESSOR_ARCHITECTURE_AMD64, SYSTEM_INFO,
};
use windows_sys::Win32::System::Threading::GetCurrentProcess;

use super::loader::system_function;
use super::system_folder::system_folder;
use super::{last_failure, narrow, registry, wide};
use crate::machine::Folders;
use crate::probe::{Value, Windows};

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
        x64: is_x64(),
    })
}

system_function! {
    fn IsWow64Process2(process: HANDLE, emulated: *mut u16, native: *mut u16) -> i32 = "kernel32.dll"
}

/// Windows on another processor emulates this one so well that it is only told when asked
/// directly; versions without such an emulation do not know the question.
fn is_x64() -> bool {
    let (mut emulated, mut native) = (0, 0);
    if let Some(ask) = IsWow64Process2()
        // SAFETY: the process is this one; both answers are written to locals.
        && unsafe { ask(GetCurrentProcess(), &mut emulated, &mut native) } != 0
    {
        return native == IMAGE_FILE_MACHINE_AMD64;
    }
    let mut info = SYSTEM_INFO::default();
    // SAFETY: written to a local.
    unsafe { GetNativeSystemInfo(&mut info) };
    // SAFETY: this member of the union is the one that the call fills.
    let architecture = unsafe { info.Anonymous.Anonymous.wProcessorArchitecture };
    architecture == PROCESSOR_ARCHITECTURE_AMD64
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

/// NetBIOS name of this very machine, also where it is a node of a cluster.
pub(super) fn name() -> Fact<String> {
    computer_name(ComputerNamePhysicalNetBIOS)
}

/// Name with its domain, in lower case.
pub(super) fn fqdn() -> Fact<String> {
    computer_name(ComputerNamePhysicalDnsFullyQualified).map(|name| name.to_ascii_lowercase())
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
