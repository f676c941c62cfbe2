//! Values under `HKEY_LOCAL_MACHINE`.
#![expect(unsafe_code, reason = "registry functions of advapi32")]

use windows_sys::Win32::Foundation::ERROR_SUCCESS;
use windows_sys::Win32::System::Registry::{
    HKEY_LOCAL_MACHINE, REG_DWORD, REG_QWORD, REG_SZ, RRF_RT_REG_DWORD, RRF_RT_REG_SZ,
    RegCreateKeyW, RegDeleteKeyValueW, RegDeleteKeyW, RegEnumKeyW, RegGetValueW, RegOpenKeyW,
    RegSetKeyValueW,
};

use super::wide;

/// Reads a text value; none when it is absent or of another type.
pub fn text(key: &str, name: &str) -> Option<String> {
    let (key, name) = (wide(key), wide(name));
    let mut size = 0_u32;
    // SAFETY: both strings are null-terminated; with no data buffer the call only writes the
    // size in bytes.
    let status = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            name.as_ptr(),
            RRF_RT_REG_SZ,
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            &raw mut size,
        )
    };
    if status != ERROR_SUCCESS {
        return None;
    }
    let mut buffer = vec![0_u16; usize::try_from(size).ok()?.div_ceil(2)];
    // SAFETY: `buffer` holds at least `size` bytes and outlives the call.
    let status = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            name.as_ptr(),
            RRF_RT_REG_SZ,
            std::ptr::null_mut(),
            buffer.as_mut_ptr().cast(),
            &raw mut size,
        )
    };
    let end = buffer.iter().position(|&unit| unit == 0)?;
    (status == ERROR_SUCCESS).then(|| String::from_utf16_lossy(&buffer[..end]))
}

/// Reads a number; none when it is absent or of another type.
pub fn number(key: &str, name: &str) -> Option<u32> {
    let (key, name) = (wide(key), wide(name));
    let mut value = 0_u32;
    let mut size = 4_u32;
    // SAFETY: the buffer is one u32 and `size` says so.
    let status = unsafe {
        RegGetValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            name.as_ptr(),
            RRF_RT_REG_DWORD,
            std::ptr::null_mut(),
            (&raw mut value).cast(),
            &raw mut size,
        )
    };
    (status == ERROR_SUCCESS).then_some(value)
}

/// Writes a number, making the key when it is missing.
///
/// # Errors
/// The Windows error of the write.
pub fn set_number(key: &str, name: &str, value: u32) -> std::io::Result<()> {
    set(key, name, REG_DWORD, &value.to_le_bytes())
}

/// Writes a text, making the key when it is missing.
///
/// # Errors
/// The Windows error of the write.
pub fn set_text(key: &str, name: &str, value: &str) -> std::io::Result<()> {
    let bytes: Vec<u8> = wide(value)
        .iter()
        .flat_map(|unit| unit.to_le_bytes())
        .collect();
    set(key, name, REG_SZ, &bytes)
}

/// Writes a time as FILETIME, a number of 64 bits, making the key when it is missing.
///
/// # Errors
/// The Windows error of the write.
pub fn set_time(key: &str, name: &str, filetime: u64) -> std::io::Result<()> {
    set(key, name, REG_QWORD, &filetime.to_le_bytes())
}

fn set(key: &str, name: &str, kind: u32, data: &[u8]) -> std::io::Result<()> {
    create(key)?;
    let (key, name) = (wide(key), wide(name));
    let size = u32::try_from(data.len()).map_err(std::io::Error::other)?;
    // SAFETY: `data` is `size` bytes long and both strings are null-terminated.
    let status = unsafe {
        RegSetKeyValueW(
            HKEY_LOCAL_MACHINE,
            key.as_ptr(),
            name.as_ptr(),
            kind,
            data.as_ptr().cast(),
            size,
        )
    };
    result(status)
}

/// Deletes a value; an absent one is no error.
pub fn delete(key: &str, name: &str) {
    let (key, name) = (wide(key), wide(name));
    // SAFETY: both strings are null-terminated.
    unsafe { RegDeleteKeyValueW(HKEY_LOCAL_MACHINE, key.as_ptr(), name.as_ptr()) };
}

/// Deletes a key without subkeys; an absent one is no error.
pub fn delete_key(key: &str) {
    let key = wide(key);
    // SAFETY: the path is null-terminated.
    unsafe { RegDeleteKeyW(HKEY_LOCAL_MACHINE, key.as_ptr()) };
}

/// Names of the subkeys of `key`; empty when the key is absent.
pub fn subkeys(key: &str) -> Vec<String> {
    let key = wide(key);
    let mut handle = std::ptr::null_mut();
    // SAFETY: the path is null-terminated and `handle` is written on success only.
    if unsafe { RegOpenKeyW(HKEY_LOCAL_MACHINE, key.as_ptr(), &raw mut handle) } != ERROR_SUCCESS {
        return Vec::new();
    }
    let mut names = Vec::new();
    let mut buffer = [0_u16; 256];
    for index in 0.. {
        // SAFETY: the buffer holds 256 units, one more than the longest key name.
        let status = unsafe { RegEnumKeyW(handle, index, buffer.as_mut_ptr(), 256) };
        if status != ERROR_SUCCESS {
            break;
        }
        let end = buffer.iter().position(|&unit| unit == 0).unwrap_or(256);
        names.push(String::from_utf16_lossy(&buffer[..end]));
    }
    // The handle lives as long as this short program; closing it would add nothing.
    names
}

fn create(key: &str) -> std::io::Result<()> {
    let key = wide(key);
    let mut handle = std::ptr::null_mut();
    // SAFETY: the path is null-terminated; the handle is left to the end of the process.
    result(unsafe { RegCreateKeyW(HKEY_LOCAL_MACHINE, key.as_ptr(), &raw mut handle) })
}

fn result(status: u32) -> std::io::Result<()> {
    if status == ERROR_SUCCESS {
        Ok(())
    } else {
        Err(std::io::Error::from_raw_os_error(status.cast_signed()))
    }
}
