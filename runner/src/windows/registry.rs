//! Values below `HKEY_LOCAL_MACHINE`.

use core::ptr::{null, null_mut};

use gangway_contract::Fact;
use windows_sys::Win32::Foundation::{
    ERROR_FILE_NOT_FOUND, ERROR_MORE_DATA, ERROR_NO_MORE_ITEMS, ERROR_SUCCESS,
};
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_LOCAL_MACHINE, KEY_READ, KEY_SET_VALUE, KEY_WOW64_64KEY, KEY_WRITE, REG_BINARY,
    REG_DWORD, REG_EXPAND_SZ, REG_MULTI_SZ, REG_OPTION_NON_VOLATILE, REG_OPTION_VOLATILE,
    REG_QWORD, REG_SZ, RegCloseKey, RegCreateKeyExW, RegDeleteKeyExW, RegDeleteValueW,
    RegEnumKeyExW, RegEnumValueW, RegOpenKeyExW, RegQueryValueExW, RegSetValueExW,
};

use super::{narrow, wide};
use crate::failure::Failure;
use crate::probe::Value;

/// Largest value that is read, in bytes; an onboarding blob has about 8 KiB, the list of files
/// that wait to be renamed can have some megabytes.
const MAX_VALUE: usize = 8 << 20;

/// Longest name of a value in UTF-16 units (documented limit 16,383).
const MAX_NAME: usize = 16_384;

struct Key(HKEY);

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: the key is owned by this value and closed once.
        unsafe { RegCloseKey(self.0) };
    }
}

fn open(key: &str, access: u32) -> Result<Key, u32> {
    let path = wide(key);
    let mut raw: HKEY = null_mut();
    // SAFETY: the path ends with a zero, the result is written to a local.
    let status = unsafe {
        RegOpenKeyExW(
            HKEY_LOCAL_MACHINE,
            path.as_ptr(),
            0,
            access | KEY_WOW64_64KEY,
            &mut raw,
        )
    };
    if status == ERROR_SUCCESS {
        Ok(Key(raw))
    } else {
        Err(status)
    }
}

fn unreadable<T>(key: &str, status: u32) -> Fact<T> {
    match status {
        // Also the answer for a missing key.
        ERROR_FILE_NOT_FOUND => Fact::Absent,
        status => Fact::unknown(Failure::new(format!(r"read `HKLM\{key}`"), status).to_string()),
    }
}

/// A value below `HKLM`; absent when it or its key is not there.
pub(super) fn value(key: &str, name: &str) -> Fact<Value> {
    let opened = match open(key, KEY_READ) {
        Ok(opened) => opened,
        Err(status) => return unreadable(key, status),
    };
    let wide_name = wide(name);
    let mut data = vec![0_u8; 512];
    loop {
        let mut kind = 0;
        let mut size = u32::try_from(data.len()).unwrap_or(u32::MAX);
        // SAFETY: name ends with a zero; `size` is the length of `data`.
        let status = unsafe {
            RegQueryValueExW(
                opened.0,
                wide_name.as_ptr(),
                null(),
                &mut kind,
                data.as_mut_ptr(),
                &mut size,
            )
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        match status {
            ERROR_SUCCESS => {
                data.truncate(size);
                return Fact::Value(typed(kind, data));
            }
            ERROR_MORE_DATA if size <= MAX_VALUE && size > data.len() => data.resize(size, 0),
            ERROR_MORE_DATA => {
                return Fact::unknown(format!(r"`HKLM\{key}`: `{name}` is too large"));
            }
            status => return unreadable(key, status),
        }
    }
}

fn typed(kind: u32, data: Vec<u8>) -> Value {
    let units = || -> Vec<u16> {
        data.chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect()
    };
    match kind {
        REG_SZ | REG_EXPAND_SZ => Value::Text(narrow(&units())),
        REG_MULTI_SZ => Value::Texts(
            units()
                .split(|unit| *unit == 0)
                .filter(|text| !text.is_empty())
                .map(String::from_utf16_lossy)
                .collect(),
        ),
        REG_DWORD | REG_QWORD => {
            let number = data
                .iter()
                .rev()
                .take(8)
                .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
            Value::Number(number)
        }
        _ => Value::Bytes(data),
    }
}

/// Names of the keys below a key.
pub(super) fn keys(key: &str) -> Fact<Vec<String>> {
    names(key, |opened, index, buffer, length| {
        // SAFETY: `length` is the length of `buffer`; the other results are not wanted.
        unsafe {
            RegEnumKeyExW(
                opened,
                index,
                buffer,
                length,
                null(),
                null_mut(),
                null_mut(),
                null_mut(),
            )
        }
    })
}

/// Names of the values of a key.
pub(super) fn value_names(key: &str) -> Fact<Vec<String>> {
    names(key, |opened, index, buffer, length| {
        // SAFETY: `length` is the length of `buffer`; the other results are not wanted.
        unsafe {
            RegEnumValueW(
                opened,
                index,
                buffer,
                length,
                null(),
                null_mut(),
                null_mut(),
                null_mut(),
            )
        }
    })
}

fn names(key: &str, next: impl Fn(HKEY, u32, *mut u16, &mut u32) -> u32) -> Fact<Vec<String>> {
    let opened = match open(key, KEY_READ) {
        Ok(opened) => opened,
        Err(status) => return unreadable(key, status),
    };
    let mut found = Vec::new();
    let mut buffer = vec![0_u16; MAX_NAME];
    for index in 0.. {
        let mut length = u32::try_from(buffer.len()).unwrap_or(0);
        match next(opened.0, index, buffer.as_mut_ptr(), &mut length) {
            ERROR_SUCCESS => found.push(narrow(&buffer)),
            ERROR_NO_MORE_ITEMS => break,
            status => return unreadable(key, status),
        }
    }
    Fact::Value(found)
}

/// How long a new key lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifetime {
    /// Until it is deleted.
    Permanent,
    /// Until Windows ends.
    Volatile,
}

/// Makes a key, and those above it. These are permanent whatever the key itself is: below a
/// volatile key Windows makes volatile ones only, so a mark that goes with the next start would
/// keep every later one from being written.
fn create(key: &str, lifetime: Lifetime) -> Result<Key, Failure> {
    if lifetime == Lifetime::Volatile
        && let Some((above, _)) = key.rsplit_once('\\')
    {
        create(above, Lifetime::Permanent)?;
    }
    let path = wide(key);
    let options = match lifetime {
        Lifetime::Permanent => REG_OPTION_NON_VOLATILE,
        Lifetime::Volatile => REG_OPTION_VOLATILE,
    };
    let mut raw: HKEY = null_mut();
    // SAFETY: the path ends with a zero, the result is written to a local.
    let status = unsafe {
        RegCreateKeyExW(
            HKEY_LOCAL_MACHINE,
            path.as_ptr(),
            0,
            null(),
            options,
            KEY_WRITE | KEY_WOW64_64KEY,
            null(),
            &mut raw,
            null_mut(),
        )
    };
    if status == ERROR_SUCCESS {
        Ok(Key(raw))
    } else {
        Err(Failure::new(format!(r"create `HKLM\{key}`"), status))
    }
}

/// Makes a key that may be there already.
pub(super) fn create_key(key: &str, lifetime: Lifetime) -> Result<(), Failure> {
    create(key, lifetime).map(drop)
}

/// Keys in keys that are followed: our own are two deep.
const MAX_DEPTH: u32 = 8;

/// The innermost first: Windows deletes no key that holds another.
pub(super) fn delete_keys(key: &str) -> Result<(), Failure> {
    delete_below(key, MAX_DEPTH)
}

fn delete_below(key: &str, depth: u32) -> Result<(), Failure> {
    let below = match keys(key) {
        Fact::Value(below) => below,
        Fact::Absent | Fact::Unreadable { .. } => Vec::new(),
    };
    if let Some(depth) = depth.checked_sub(1) {
        for name in below {
            delete_below(&format!(r"{key}\{name}"), depth)?;
        }
    }
    delete_key(key)
}

/// Deletes a key that has none below it; one that is not there is no error.
pub(super) fn delete_key(key: &str) -> Result<(), Failure> {
    let path = wide(key);
    // SAFETY: the path ends with a zero.
    let status = unsafe { RegDeleteKeyExW(HKEY_LOCAL_MACHINE, path.as_ptr(), KEY_WOW64_64KEY, 0) };
    match status {
        ERROR_SUCCESS | ERROR_FILE_NOT_FOUND => Ok(()),
        status => Err(Failure::new(format!(r"delete `HKLM\{key}`"), status)),
    }
}

/// What a value is to hold.
pub(super) enum Content<'a> {
    /// `REG_DWORD`, `REG_QWORD` above 32 bits.
    Number(u64),
    /// `REG_SZ`.
    Text(&'a str),
    /// `REG_EXPAND_SZ`.
    Expandable(&'a str),
    /// `REG_BINARY`.
    Bytes(&'a [u8]),
}

/// Writes a value; makes the key when it is not there.
pub(super) fn write(key: &str, name: &str, content: &Content<'_>) -> Result<(), Failure> {
    let opened = create(key, Lifetime::Permanent)?;
    let (kind, data): (u32, Vec<u8>) = match content {
        Content::Number(number) => match u32::try_from(*number) {
            Ok(small) => (REG_DWORD, small.to_le_bytes().to_vec()),
            Err(_) => (REG_QWORD, number.to_le_bytes().to_vec()),
        },
        Content::Text(text) => (REG_SZ, bytes_of(&wide(text))),
        Content::Expandable(text) => (REG_EXPAND_SZ, bytes_of(&wide(text))),
        Content::Bytes(bytes) => (REG_BINARY, bytes.to_vec()),
    };
    let wide_name = wide(name);
    let size = u32::try_from(data.len()).unwrap_or(0);
    // SAFETY: name ends with a zero; `size` is the length of `data`.
    let status =
        unsafe { RegSetValueExW(opened.0, wide_name.as_ptr(), 0, kind, data.as_ptr(), size) };
    if status == ERROR_SUCCESS {
        Ok(())
    } else {
        Err(Failure::new(
            format!(r"write `HKLM\{key}`: `{name}`"),
            status,
        ))
    }
}

/// Deletes a value; one that is not there is no error.
pub(super) fn delete_value(key: &str, name: &str) -> Result<(), Failure> {
    let what = || format!(r"delete `HKLM\{key}`: `{name}`");
    let opened = match open(key, KEY_SET_VALUE) {
        Ok(opened) => opened,
        // There is no such key.
        Err(ERROR_FILE_NOT_FOUND) => return Ok(()),
        Err(status) => return Err(Failure::new(what(), status)),
    };
    let wide_name = wide(name);
    // SAFETY: the key is open, the name ends with a zero.
    match unsafe { RegDeleteValueW(opened.0, wide_name.as_ptr()) } {
        ERROR_SUCCESS | ERROR_FILE_NOT_FOUND => Ok(()),
        status => Err(Failure::new(what(), status)),
    }
}

fn bytes_of(units: &[u16]) -> Vec<u8> {
    units.iter().flat_map(|unit| unit.to_le_bytes()).collect()
}
