//! The manifest inside the running exe, and the exe's own bytes.

use core::ptr::null_mut;
use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::windows::fs::OpenOptionsExt as _;

use gangway_contract::manifest::RESOURCE_ID;
use windows_sys::Win32::Storage::FileSystem::FILE_SHARE_READ;
use windows_sys::Win32::System::LibraryLoader::{
    FindResourceW, LoadResource, LockResource, SizeofResource,
};

use super::failure;
use crate::failure::{Failure, FailureKind};

/// Resource type of the manifest, `RT_RCDATA`.
const RCDATA: u16 = 10;

/// Largest exe that is read, in bytes: the stub's limit plus manifest and signature.
const MAX_EXE: u64 = 4 << 20;

/// The manifest in the image of this process; none when it is a bare stub.
pub fn own_manifest() -> Option<Vec<u8>> {
    // Numbers in the place of names, as the resource functions take them.
    let number = |id: u16| core::ptr::without_provenance::<u16>(usize::from(id));
    // SAFETY: no module means the exe of this process, whose resources stay loaded.
    unsafe {
        let found = FindResourceW(null_mut(), number(RESOURCE_ID), number(RCDATA));
        if found.is_null() {
            return None;
        }
        let loaded = LoadResource(null_mut(), found);
        let size = usize::try_from(SizeofResource(null_mut(), found)).ok()?;
        let start = LockResource(loaded).cast::<u8>();
        if start.is_null() {
            return None;
        }
        Some(core::slice::from_raw_parts(start, size).to_vec())
    }
}

/// Path and bytes of the exe of this process, read through one handle that nobody can write
/// beside.
///
/// # Errors
/// As the system says, or it is too large.
pub fn own_exe() -> Result<(String, Vec<u8>), Failure> {
    let path = std::env::current_exe().map_err(|error| failure("find the own exe", &error))?;
    let mut text = path.to_string_lossy().into_owned();
    // Wine gives the path of an exe on a share without the two backslashes.
    if let Some(rest) = text.strip_prefix(r"UNC\") {
        text = format!(r"\\{rest}");
    }
    let what = || format!("read `{text}`");
    let mut file = OpenOptions::new()
        .read(true)
        .share_mode(FILE_SHARE_READ)
        .open(&text)
        .map_err(|error| failure(what(), &error))?;
    let mut bytes = Vec::new();
    (&mut file)
        .take(MAX_EXE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| failure(what(), &error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_EXE {
        return Err(Failure::own(
            format!("read `{text}`: larger than {MAX_EXE} bytes"),
            FailureKind::Other,
        ));
    }
    Ok((text, bytes))
}
