//! Folders that only SYSTEM and administrators may enter, and programs that only they may change.

use core::ffi::c_void;
use core::ptr::null_mut;
use std::fs::{File, OpenOptions};
use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::os::windows::io::AsRawHandle as _;

use windows_sys::Win32::Foundation::{HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSecurityDescriptorToStringSecurityDescriptorW,
    ConvertStringSecurityDescriptorToSecurityDescriptorW, GetSecurityInfo, SDDL_REVISION_1,
    SE_FILE_OBJECT,
};
use windows_sys::Win32::Security::{
    DACL_SECURITY_INFORMATION, OWNER_SECURITY_INFORMATION, SECURITY_ATTRIBUTES,
};
use windows_sys::Win32::Storage::FileSystem::{
    CreateDirectoryW, FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS,
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_SHARE_READ, FILE_SHARE_WRITE, READ_CONTROL,
};

use super::token::own_account;
use super::{failure, files, last_error, last_failure, narrow, wide};
use crate::failure::{Failure, FailureKind};
use crate::protection;

/// `ERROR_ALREADY_EXISTS`
const EXISTS: u32 = 183;

/// Memory that the system gave.
struct LocalMemory(*mut c_void);

impl Drop for LocalMemory {
    fn drop(&mut self) {
        // SAFETY: the memory came from a call that says to free it so; it is freed once.
        unsafe { LocalFree(self.0) };
    }
}

/// A security descriptor made from its text.
pub(super) struct Descriptor(LocalMemory);

impl Descriptor {
    pub(super) fn of(sddl: &str) -> Result<Self, Failure> {
        let text = wide(sddl);
        let mut descriptor: *mut c_void = null_mut();
        // SAFETY: the text ends with a zero; the result is written to a local.
        let made = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &mut descriptor,
                null_mut(),
            )
        };
        if made == 0 {
            return Err(last_failure("make a security descriptor"));
        }
        Ok(Self(LocalMemory(descriptor)))
    }

    /// Attributes for the making of an object; they borrow the descriptor.
    pub(super) fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or(0),
            lpSecurityDescriptor: self.0.0,
            bInheritHandle: 0,
        }
    }
}

/// Makes the folder, or judges the one that is there. The handle keeps it from being renamed
/// or replaced.
pub(super) fn protect(path: &str) -> Result<File, Failure> {
    let descriptor = Descriptor::of(protection::PROTECTED)?;
    let wide_path = wide(path);
    let attributes = descriptor.attributes();
    // SAFETY: the path ends with a zero; the attributes outlive the call.
    let made = unsafe { CreateDirectoryW(wide_path.as_ptr(), &attributes) } != 0;
    if !made && last_error() != EXISTS {
        return Err(last_failure(format!("create folder `{path}`")));
    }
    judge(path)
}

/// Opens a folder that is there and judges it; the handle keeps it in its place.
pub(super) fn judge(path: &str) -> Result<File, Failure> {
    let folder = open_folder(path)?;
    let sddl = describe(folder.as_raw_handle())
        .map_err(|code| Failure::new(format!("read the access list of `{path}`"), code))?;
    protection::judge(&sddl, &own_account()?).map_err(|why| {
        Failure::own(format!("folder `{path}`: {why}"), FailureKind::NotProtected)
    })?;
    Ok(folder)
}

/// Judges a program and every folder on the way to it: who may change them? The handles keep all
/// of them in their places, and the file from being written.
pub(super) fn hold_program(path: &str) -> Result<Vec<File>, Failure> {
    let refused = |what: &str, path: &str, why: String| {
        Failure::own(format!("{what} `{path}`: {why}"), FailureKind::NotProtected)
    };
    let own = own_account()?;
    let judge = |object: &File, what: &str, path: &str| {
        let sddl = describe(object.as_raw_handle())
            .map_err(|code| Failure::new(format!("read the access list of `{path}`"), code))?;
        protection::judge_changes(&sddl, &own).map_err(|why| refused(what, path, why))
    };
    let mut held = Vec::new();
    for folder in protection::folders_to(path).map_err(|why| refused("program", path, why))? {
        let open = open_folder(folder)?;
        judge(&open, "folder", folder)?;
        held.push(open);
    }
    let file = files::hold_plain(path)?;
    judge(&file, "program", path)?;
    held.push(file);
    Ok(held)
}

fn open_folder(path: &str) -> Result<File, Failure> {
    let folder = OpenOptions::new()
        .access_mode(READ_CONTROL | windows_sys::Win32::Storage::FileSystem::FILE_READ_ATTRIBUTES)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)
        .map_err(|error| failure(format!("open folder `{path}`"), &error))?;
    let attributes = folder
        .metadata()
        .map_err(|error| failure(format!("look at folder `{path}`"), &error))?;
    if attributes.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(Failure::own(
            format!("folder `{path}` is a reparse point"),
            FailureKind::NotProtected,
        ));
    }
    if !attributes.is_dir() {
        return Err(Failure::own(
            format!("`{path}` is no folder"),
            FailureKind::NotProtected,
        ));
    }
    Ok(folder)
}

/// Owner and access list of a file or folder as text; an error is the system's code.
fn describe(handle: HANDLE) -> Result<String, u32> {
    let parts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
    let mut descriptor: *mut c_void = null_mut();
    // SAFETY: the handle is open; only the whole descriptor is wanted.
    let status = unsafe {
        GetSecurityInfo(
            handle,
            SE_FILE_OBJECT,
            parts,
            null_mut(),
            null_mut(),
            null_mut(),
            null_mut(),
            &mut descriptor,
        )
    };
    if status != 0 {
        return Err(status);
    }
    let descriptor = LocalMemory(descriptor);
    let mut text: *mut u16 = null_mut();
    let mut length = 0;
    // SAFETY: the descriptor is the one just read; text and length are written to locals.
    let written = unsafe {
        ConvertSecurityDescriptorToStringSecurityDescriptorW(
            descriptor.0,
            SDDL_REVISION_1,
            parts,
            &mut text,
            &mut length,
        )
    };
    if written == 0 {
        return Err(last_error());
    }
    let memory = LocalMemory(text.cast());
    let length = usize::try_from(length).unwrap_or(0);
    // SAFETY: the call says how long the text is.
    let units = unsafe { core::slice::from_raw_parts(memory.0.cast::<u16>(), length) };
    Ok(narrow(units))
}
