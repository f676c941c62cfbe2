//! One record of a registry policy: a value, and what the client does with it.

use std::fmt;

/// Registry types that policies use.
pub mod kind {
    /// No type.
    pub const NONE: u32 = 0;
    /// Text with terminating zero.
    pub const SZ: u32 = 1;
    /// Text with variables.
    pub const EXPAND_SZ: u32 = 2;
    /// Bytes.
    pub const BINARY: u32 = 3;
    /// 32 bits, little-endian.
    pub const DWORD: u32 = 4;
    /// Texts, each with terminating zero, and a last zero.
    pub const MULTI_SZ: u32 = 7;
    /// 64 bits, little-endian.
    pub const QWORD: u32 = 11;
}

/// One value that a policy sets or takes away (MS-GPREG 2.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Key without hive.
    pub key: String,
    /// Value name, or an instruction such as `**del.NAME`; empty is the default value.
    pub value: String,
    /// Registry type, see [`kind`].
    pub kind: u32,
    /// Raw data.
    pub data: Vec<u8>,
}

/// What a record does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect<'a> {
    /// Sets the value.
    Set(&'a str),
    /// Sets the value only if it is absent (`**soft.NAME`).
    SetIfAbsent(&'a str),
    /// Deletes the value (`**del.NAME`).
    Delete(&'a str),
    /// Deletes all values of the key (`**delvals.`; documented without the dot, too).
    DeleteAllValues,
    /// Deletes the values listed in the data (`**DeleteValues`).
    DeleteValues,
    /// Deletes the subkeys listed in the data (`**DeleteKeys`).
    DeleteKeys,
    /// Locks the key for users (`**SecureKey`).
    SecureKey,
    /// Creates the bare key.
    CreateKey,
}

impl Record {
    /// Sets a number (`REG_DWORD`).
    pub fn dword(key: &str, value: &str, number: u32) -> Self {
        Self {
            key: key.to_owned(),
            value: value.to_owned(),
            kind: kind::DWORD,
            data: number.to_le_bytes().to_vec(),
        }
    }

    /// Sets a text (`REG_SZ`).
    pub fn text(key: &str, value: &str, text: &str) -> Self {
        Self {
            key: key.to_owned(),
            value: value.to_owned(),
            kind: kind::SZ,
            data: terminated(text),
        }
    }

    /// What the record does.
    pub fn effect(&self) -> Effect<'_> {
        let value = self.value.as_str();
        let after = |prefix: &str| {
            let head = value.get(..prefix.len())?;
            let rest = value.get(prefix.len()..)?;
            head.eq_ignore_ascii_case(prefix).then_some(rest)
        };
        if let Some(name) = after("**del.") {
            Effect::Delete(name)
        } else if after("**delvals").is_some() {
            Effect::DeleteAllValues
        } else if after("**deletevalues").is_some() {
            Effect::DeleteValues
        } else if after("**deletekeys").is_some() {
            Effect::DeleteKeys
        } else if after("**securekey").is_some() {
            Effect::SecureKey
        } else if let Some(name) = after("**soft.") {
            Effect::SetIfAbsent(name)
        } else if value.is_empty() && self.kind == kind::NONE && self.data.is_empty() {
            Effect::CreateKey
        } else {
            Effect::Set(value)
        }
    }

    /// The number, when the record holds a DWORD or QWORD of the right size.
    pub fn number(&self) -> Option<u64> {
        match self.kind {
            kind::DWORD => Some(u64::from(u32::from_le_bytes(
                self.data.as_slice().try_into().ok()?,
            ))),
            kind::QWORD => Some(u64::from_le_bytes(self.data.as_slice().try_into().ok()?)),
            _ => None,
        }
    }

    /// The text without its terminating zero, when the record holds one.
    pub fn string(&self) -> Option<String> {
        if !matches!(self.kind, kind::SZ | kind::EXPAND_SZ) {
            return None;
        }
        let (units, rest) = self.data.as_chunks::<2>();
        if !rest.is_empty() {
            return None;
        }
        let units: Vec<u16> = units.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        let text = units.strip_suffix(&[0]).unwrap_or(&units);
        String::from_utf16(text).ok()
    }
}

impl fmt::Display for Record {
    /// The data as a person reads it: `DWORD 1`, `SZ "text"`, or type and bytes in hex.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(number) = self.number() {
            let name = if self.kind == kind::DWORD {
                "DWORD"
            } else {
                "QWORD"
            };
            return write!(f, "{name} {number}");
        }
        if let Some(text) = self.string() {
            let name = if self.kind == kind::SZ {
                "SZ"
            } else {
                "EXPAND_SZ"
            };
            return write!(f, "{name} {text:?}");
        }
        write!(f, "type {}", self.kind)?;
        self.data
            .iter()
            .try_for_each(|byte| write!(f, " {byte:02x}"))
    }
}

/// UTF-16LE with terminating zero.
pub(super) fn terminated(text: &str) -> Vec<u8> {
    text.encode_utf16()
        .chain([0])
        .flat_map(u16::to_le_bytes)
        .collect()
}
