//! The one way to functions outside kernel32, ntdll and advapi32.

use core::ffi::c_void;
use std::sync::Once;

use windows_sys::Win32::Foundation::HMODULE;
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW,
};

use super::{system_folder, wide};

/// Libraries that WinHTTP and the signature check load later by their bare names, when they
/// need them. Loaded before by their full paths, they are found in memory and not searched
/// for: Server 2008 R2 without KB2533623 would search beside this program first, and Wine
/// does so for what is loaded on first use.
const LOADED_LATER: [&str; 16] = [
    "bcrypt.dll",
    "crypt32.dll",
    "cryptbase.dll",
    "cryptsp.dll",
    "dhcpcsvc.dll",
    "dnsapi.dll",
    "iphlpapi.dll",
    "mswsock.dll",
    "ncrypt.dll",
    "ole32.dll",
    "oleaut32.dll",
    "profapi.dll",
    "secur32.dll",
    "sspicli.dll",
    "userenv.dll",
    "ws2_32.dll",
];

/// Looks a function up in a library of the system folder, loaded by its full path. None when
/// this Windows has no such library or function.
///
/// The result is never unloaded: a function pointer would dangle.
pub(super) fn find(library: &str, function: &str) -> Option<*const c_void> {
    static COMPANIONS: Once = Once::new();
    if matches!(library, "winhttp.dll" | "wintrust.dll" | "crypt32.dll") {
        COMPANIONS.call_once(|| {
            for companion in LOADED_LATER {
                // One that this Windows does not have is not loaded by it either.
                load(companion);
            }
        });
    }
    let module = load(library);
    if module.is_null() {
        return None;
    }
    let mut name: Vec<u8> = function.bytes().collect();
    name.push(0);
    // SAFETY: the module is loaded, the name ends with a zero.
    let address = unsafe { GetProcAddress(module, name.as_ptr()) };
    address.map(|function| function as *const c_void)
}

/// Loads a library of the system folder by its full path; null when it is not there.
fn load(library: &str) -> HMODULE {
    let path = wide(&format!(r"{}\{library}", system_folder::system_folder()));
    // SAFETY: the path ends with a zero. The flag makes the library's own folder, and not that
    // of this program, the first place for the libraries that it needs in turn.
    unsafe {
        LoadLibraryExW(
            path.as_ptr(),
            core::ptr::null_mut(),
            LOAD_WITH_ALTERED_SEARCH_PATH,
        )
    }
}

/// Declares a function that is looked up at the call.
macro_rules! system_function {
    ($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),* $(,)?) -> $result:ty = $library:literal) => {
        $(#[$doc])*
        #[allow(non_snake_case, reason = "the name of the system's function, of whatever style")]
        fn $name() -> Option<unsafe extern "system" fn($($type),*) -> $result> {
            let address = $crate::windows::loader::find($library, stringify!($name))?;
            // SAFETY: the signature is the documented one of this function.
            Some(unsafe {
                core::mem::transmute::<
                    *const core::ffi::c_void,
                    unsafe extern "system" fn($($type),*) -> $result,
                >(address)
            })
        }
    };
}
pub(super) use system_function;
