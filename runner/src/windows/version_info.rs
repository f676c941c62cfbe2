//! Versions of programs and libraries.

use core::ffi::c_void;
use core::ptr::{null, null_mut};

use gangway_contract::{Fact, Version};
use windows_sys::Win32::Storage::FileSystem::VS_FIXEDFILEINFO;

use super::loader::system_function;
use super::{last_error, wide};
use crate::failure::{Failure, FailureKind};

/// `ERROR_RESOURCE_DATA_NOT_FOUND`, `ERROR_RESOURCE_TYPE_NOT_FOUND`: a file without version.
const NO_VERSION: [u32; 2] = [1812, 1813];

/// Largest version resource that is read, in bytes.
const MAX_SIZE: u32 = 1 << 20;

system_function! {
    fn GetFileVersionInfoSizeW(path: *const u16, zero: *mut u32) -> u32 = "version.dll"
}
system_function! {
    fn GetFileVersionInfoW(path: *const u16, zero: u32, size: u32, data: *mut c_void) -> i32 = "version.dll"
}
system_function! {
    fn VerQueryValueW(data: *const c_void, part: *const u16, found: *mut *mut c_void, size: *mut u32) -> i32 = "version.dll"
}

/// File version; absent when there is no such file or it carries none.
pub(super) fn file_version(path: &str) -> Fact<Version> {
    let (Some(size_of_info), Some(read), Some(query)) = (
        GetFileVersionInfoSizeW(),
        GetFileVersionInfoW(),
        VerQueryValueW(),
    ) else {
        return Fact::unknown("`version.dll` cannot be loaded");
    };
    let wide_path = wide(path);
    let unknown = |code: u32| {
        let failure = Failure::new(format!("read the version of `{path}`"), code);
        if failure.kind == FailureKind::NotFound || NO_VERSION.contains(&code) {
            Fact::Absent
        } else {
            Fact::unknown(failure.to_string())
        }
    };
    // SAFETY: the path ends with a zero.
    let size = unsafe { size_of_info(wide_path.as_ptr(), null_mut()) };
    if size == 0 || size > MAX_SIZE {
        return unknown(last_error());
    }
    let mut data = vec![0_u64; usize::try_from(size.div_ceil(8)).unwrap_or(0)];
    // SAFETY: the buffer has at least `size` bytes.
    if unsafe { read(wide_path.as_ptr(), 0, size, data.as_mut_ptr().cast()) } == 0 {
        return unknown(last_error());
    }
    let root = wide("\\");
    let mut found: *mut c_void = null_mut();
    let mut found_size = 0;
    // SAFETY: the data were filled by the call above and live on.
    let done = unsafe {
        query(
            data.as_ptr().cast(),
            root.as_ptr(),
            &mut found,
            &mut found_size,
        )
    };
    let wanted = u32::try_from(size_of::<VS_FIXEDFILEINFO>()).unwrap_or(u32::MAX);
    if done == 0 || found_size < wanted || core::ptr::eq(found, null()) {
        return Fact::Absent;
    }
    // SAFETY: the root of a version resource is this structure, at least as large as asked.
    let info = unsafe { core::ptr::read_unaligned(found.cast::<VS_FIXEDFILEINFO>()) };
    let (high, low) = (info.dwFileVersionMS, info.dwFileVersionLS);
    Fact::Value(Version::new(
        high >> 16,
        high & 0xffff,
        low >> 16,
        low & 0xffff,
    ))
}
