//! The version resource of an executable: found through the resource tables, read alone.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

use serde::Serialize;

use super::layout::{Layout, PeError, damaged};

const RT_VERSION: u32 = 16;
/// More entries than any real directory has; only the wanted one is followed.
const MAX_DIRECTORY_ENTRIES: usize = 4096;
const MAX_VERSION_BYTES: u32 = 64 << 10;
const FIXED_SIGNATURE: u32 = 0xfeef_04bd;

/// What the version resource says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VersionInfo {
    /// The binary file version: four numbers.
    pub file_version: [u16; 4],
    /// The binary product version: four numbers.
    pub product_version: [u16; 4],
    /// The strings of the first table: `ProductName`, `InternalName`, `FileVersion`, …
    pub strings: BTreeMap<String, String>,
}

impl VersionInfo {
    /// The binary file version with dots.
    pub fn file_version_text(&self) -> String {
        self.file_version.map(|part| part.to_string()).join(".")
    }

    /// One of the strings.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.strings.get(name).map(String::as_str)
    }

    /// Reads the version resource; `None` when there is none.
    pub fn read<S: Read + Seek>(source: &mut S, layout: &Layout) -> Result<Option<Self>, PeError> {
        let Some((address, _)) = layout.resources else {
            return Ok(None);
        };
        let Some(start) = layout.file_offset(address) else {
            return Err(damaged("its resources are in no section"));
        };
        let mut tables = Tables {
            source,
            start,
            file_bytes: layout.file_bytes,
        };
        // Three levels: type, name, language; of the last two the first entry is taken.
        let Some(names) = tables.entry(0, Some(RT_VERSION))? else {
            return Ok(None);
        };
        let Some(languages) = tables.entry(subdirectory(names)?, None)? else {
            return Ok(None);
        };
        let Some(leaf) = tables.entry(subdirectory(languages)?, None)? else {
            return Ok(None);
        };
        if leaf & SUBDIRECTORY != 0 {
            return Err(damaged(
                "its resource tables are more than three levels deep",
            ));
        }
        let [address, size] = tables.pair(u64::from(leaf))?;
        if size > MAX_VERSION_BYTES {
            return Err(damaged(format!("its version resource has {size} bytes")));
        }
        let offset = layout
            .file_offset(address)
            .filter(|offset| offset.saturating_add(u64::from(size)) <= layout.file_bytes)
            .ok_or_else(|| damaged("its version resource is not in the file"))?;
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        source.seek(SeekFrom::Start(offset))?;
        source.read_exact(&mut bytes)?;
        parse(&bytes)
            .map(Some)
            .ok_or_else(|| damaged("its version resource is malformed"))
    }
}

/// Marks an offset as that of a further table.
const SUBDIRECTORY: u32 = 0x8000_0000;

fn subdirectory(offset: u32) -> Result<u64, PeError> {
    if offset & SUBDIRECTORY == 0 {
        return Err(damaged("its resource tables end too early"));
    }
    Ok(u64::from(offset & !SUBDIRECTORY))
}

struct Tables<'s, S> {
    source: &'s mut S,
    start: u64,
    file_bytes: u64,
}

impl<S: Read + Seek> Tables<'_, S> {
    fn bytes(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, PeError> {
        let position = self.start.saturating_add(offset);
        let end = position.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        if end > self.file_bytes {
            return Err(damaged("its resource tables are cut short"));
        }
        let mut bytes = vec![0; length];
        self.source.seek(SeekFrom::Start(position))?;
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn pair(&mut self, offset: u64) -> Result<[u32; 2], PeError> {
        let bytes = self.bytes(offset, 8)?;
        Ok([u32_at(&bytes, 0), u32_at(&bytes, 4)].map(|value| value.unwrap_or(0)))
    }

    /// The offset stored with an entry of a table: the one with a number, or the first.
    fn entry(&mut self, table: u64, wanted: Option<u32>) -> Result<Option<u32>, PeError> {
        let header = self.bytes(table, 16)?;
        let named = usize::from(u16_at(&header, 12).unwrap_or(0));
        let numbered = usize::from(u16_at(&header, 14).unwrap_or(0));
        let count = named.saturating_add(numbered);
        if count > MAX_DIRECTORY_ENTRIES {
            return Err(damaged(format!("a resource table has {count} entries")));
        }
        let entries = self.bytes(table.saturating_add(16), count.saturating_mul(8))?;
        let mut pairs = entries.chunks_exact(8);
        let found = pairs.find(|entry| wanted.is_none() || u32_at(entry, 0) == wanted);
        Ok(found.and_then(|entry| u32_at(entry, 4)))
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*pair))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*four))
}

/// A block of the version resource: `wLength, wValueLength, wType, szKey`, then, each from a
/// multiple of 4 on, its value and its children.
struct Block<'a> {
    key: String,
    value: &'a [u8],
    children: &'a [u8],
}

/// Reads a block and gives what follows it.
fn block(bytes: &[u8]) -> Option<(Block<'_>, &[u8])> {
    let length = usize::from(u16_at(bytes, 0)?);
    let whole = bytes.get(..length)?;
    let units = u16_at(whole, 4)? == 1;
    let mut value_bytes = usize::from(u16_at(whole, 2)?);
    if units {
        value_bytes = value_bytes.checked_mul(2)?;
    }
    let name = whole.get(6..)?;
    let end = name.chunks_exact(2).position(|unit| unit == [0, 0])?;
    let key = utf16(name.get(..end.checked_mul(2)?)?);
    let after_key = 6_usize.checked_add(end.checked_add(1)?.checked_mul(2)?)?;
    let value_start = after_key.checked_next_multiple_of(4)?.min(length);
    // Some writers count bytes where characters are meant: what is there is what counts.
    let value_end = value_start.checked_add(value_bytes)?.min(length);
    let children_start = value_end.checked_next_multiple_of(4)?.min(length);
    let next = length.checked_next_multiple_of(4)?.min(bytes.len());
    Some((
        Block {
            key,
            value: whole.get(value_start..value_end)?,
            children: whole.get(children_start..)?,
        },
        bytes.get(next..)?,
    ))
}

/// The children of a block; a child without length ends them.
fn children(mut bytes: &[u8]) -> Vec<Block<'_>> {
    let mut found = Vec::new();
    while u16_at(bytes, 0).is_some_and(|length| length >= 6) {
        let Some((child, rest)) = block(bytes) else {
            break;
        };
        found.push(child);
        bytes = rest;
    }
    found
}

fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .filter_map(|pair| u16_at(pair, 0))
        .take_while(|&unit| unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

fn parse(bytes: &[u8]) -> Option<VersionInfo> {
    let (root, _) = block(bytes)?;
    if root.key != "VS_VERSION_INFO" {
        return None;
    }
    let mut info = VersionInfo::default();
    if u32_at(root.value, 0) == Some(FIXED_SIGNATURE) {
        // Each version is two numbers of 32 bits, high halves first.
        let version = |at: usize| -> Option<[u16; 4]> {
            Some([
                u16_at(root.value, at.checked_add(2)?)?,
                u16_at(root.value, at)?,
                u16_at(root.value, at.checked_add(6)?)?,
                u16_at(root.value, at.checked_add(4)?)?,
            ])
        };
        info.file_version = version(8)?;
        info.product_version = version(16)?;
    }
    let string_info = children(root.children)
        .into_iter()
        .find(|child| child.key == "StringFileInfo");
    let table = string_info.and_then(|found| children(found.children).into_iter().next());
    for string in table
        .map(|table| children(table.children))
        .unwrap_or_default()
    {
        info.strings.insert(string.key, utf16(string.value));
    }
    Some(info)
}
