//! The one way to functions outside kernel32, ntdll and advapi32.

use core::ffi::c_void;

use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_WITH_ALTERED_SEARCH_PATH, LoadLibraryExW,
};

use super::{system_folder, wide};

/// Looks a function up in a library of the system folder, loaded by its full path. None when
/// this Windows has no such library or function.
///
/// The result is never unloaded: a function pointer would dangle.
pub(super) fn find(library: &str, function: &str) -> Option<*const c_void> {
    let path = wide(&format!(r"{}\{library}", system_folder::system_folder()));
    // SAFETY: the path ends with a zero. The flag makes the library's own folder, and not that
    // of this program, the first place for the libraries that it needs in turn.
    let module = unsafe {
        LoadLibraryExW(
            path.as_ptr(),
            core::ptr::null_mut(),
            LOAD_WITH_ALTERED_SEARCH_PATH,
        )
    };
    if module.is_null() {
        return None;
    }
    let mut name: Vec<u8> = function.bytes().collect();
    name.push(0);
    // SAFETY: the module is loaded, the name ends with a zero.
    let address = unsafe { GetProcAddress(module, name.as_ptr()) };
    address.map(|function| function as *const c_void)
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
