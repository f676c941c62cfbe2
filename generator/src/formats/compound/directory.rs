//! The directory of a compound file (MS-CFB 2.6): a tree of storages and streams.

use std::io::{Read, Seek};

use super::header::Header;
use super::sectors::{Sectors, Usage};
use super::{CompoundError, MAX_DEPTH, MAX_ENTRIES, damaged};

const ENTRY_BYTES: usize = 128;
const NO_STREAM: u32 = 0xffff_ffff;
/// MS-CFB 2.6.2 asks for this name, and nothing else in the file covers it.
const ROOT_NAME: &str = "Root Entry";

/// Number of an entry that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(usize);

impl EntryId {
    pub(super) const ROOT: Self = Self(0);
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// The root storage.
    Root,
    /// A storage: holds other entries.
    Storage,
    /// A stream: holds bytes.
    Stream,
}

/// One entry, as it stands in the file.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// UTF-16LE, with the terminating zero.
    name: Vec<u8>,
    /// Class, bytes as in the file.
    pub clsid: [u8; 16],
    /// User-defined flags.
    pub state_bits: u32,
    /// FILETIME of creation, bytes as in the file.
    pub created: [u8; 8],
    /// FILETIME of the last change, bytes as in the file.
    pub modified: [u8; 8],
    /// Length in bytes; of the mini stream for the root.
    pub size: u64,
    pub(super) start: u32,
}

impl Entry {
    /// The name as UTF-16LE with its terminating zero.
    pub fn name_with_terminator(&self) -> &[u8] {
        &self.name
    }

    /// The name as UTF-16LE.
    pub fn name_without_terminator(&self) -> &[u8] {
        self.name
            .len()
            .checked_sub(2)
            .and_then(|length| self.name.get(..length))
            .unwrap_or_default()
    }

    /// The name as text, for messages.
    pub fn name(&self) -> String {
        let units: Vec<u16> = self
            .name_without_terminator()
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        String::from_utf16_lossy(&units)
    }
}

/// The entries that can be reached from the root.
#[derive(Debug)]
pub(super) struct Directory {
    entries: Vec<Entry>,
    children: Vec<Vec<EntryId>>,
}

/// An entry with its links.
struct Node {
    entry: Entry,
    left: u32,
    right: u32,
    child: u32,
}

impl Directory {
    pub(super) fn read<S: Read + Seek>(
        sectors: &mut Sectors<'_, S>,
        header: &Header,
        usage: &mut Usage,
    ) -> Result<Self, CompoundError> {
        let chain = sectors.chain(header.first_directory_sector, usage)?;
        let per_sector = usize::try_from(sectors.sector_bytes()).unwrap_or(0) / ENTRY_BYTES;
        if chain.len().saturating_mul(per_sector) > MAX_ENTRIES {
            return Err(damaged(format!(
                "the directory has more than {MAX_ENTRIES} entries"
            )));
        }
        let mut nodes = Vec::new();
        for sector in chain {
            for bytes in sectors.read_sector(sector)?.chunks_exact(ENTRY_BYTES) {
                nodes.push(read_node(bytes, header.version)?);
            }
        }
        Self::from_nodes(nodes)
    }

    /// Renumbers the entries that the tree reaches; the root becomes number 0.
    fn from_nodes(mut nodes: Vec<Option<Node>>) -> Result<Self, CompoundError> {
        let root = nodes
            .first_mut()
            .and_then(Option::take)
            .filter(|node| node.entry.kind == EntryKind::Root && node.entry.name() == ROOT_NAME)
            .ok_or_else(|| damaged("the directory does not start with a root"))?;
        let mut directory = Self {
            entries: vec![root.entry],
            children: vec![Vec::new()],
        };
        // Storages whose entries are still to be read: number, top of their tree, depth.
        let mut storages = vec![(EntryId::ROOT, root.child, 0_usize)];
        while let Some((parent, top, depth)) = storages.pop() {
            if depth > MAX_DEPTH {
                return Err(damaged(format!(
                    "storages are nested more than {MAX_DEPTH} deep"
                )));
            }
            let mut names: Vec<(Vec<u8>, EntryId)> = Vec::new();
            let mut pending = vec![top];
            while let Some(number) = pending.pop() {
                if number == NO_STREAM {
                    continue;
                }
                // Each entry is taken out once: a second way to it finds nothing.
                let node = usize::try_from(number)
                    .ok()
                    .and_then(|index| nodes.get_mut(index))
                    .and_then(Option::take)
                    .ok_or_else(|| {
                        damaged(format!(
                            "directory entry {number} is missing or linked twice"
                        ))
                    })?;
                if node.entry.kind == EntryKind::Root {
                    return Err(damaged("the directory has a second root"));
                }
                let id = EntryId(directory.entries.len());
                if node.entry.kind == EntryKind::Storage {
                    storages.push((id, node.child, depth.saturating_add(1)));
                }
                names.push((node.entry.name.clone(), id));
                pending.extend([node.right, node.left]);
                directory.entries.push(node.entry);
                directory.children.push(Vec::new());
            }
            names.sort_unstable();
            if names.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return Err(damaged("two entries of a storage have the same name"));
            }
            if let Some(children) = directory.children.get_mut(parent.0) {
                children.extend(names.into_iter().map(|(_, id)| id));
            }
        }
        Ok(directory)
    }

    pub(super) fn root(&self) -> &Entry {
        self.entry(EntryId::ROOT)
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "ids are made here only, for entries that exist and are never removed"
    )]
    pub(super) fn entry(&self, id: EntryId) -> &Entry {
        &self.entries[id.0]
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn children(&self, id: EntryId) -> &[EntryId] {
        self.children.get(id.0).map_or(&[], Vec::as_slice)
    }
}

/// Reads one entry of 128 bytes; `None` for an unused one.
fn read_node(bytes: &[u8], version: u16) -> Result<Option<Node>, CompoundError> {
    let u32_at = |offset: usize| {
        let four = bytes.get(offset..).and_then(<[u8]>::first_chunk);
        four.map_or(0, |four| u32::from_le_bytes(*four))
    };
    let eight_at = |offset: usize| -> [u8; 8] {
        let eight = bytes.get(offset..).and_then(<[u8]>::first_chunk);
        eight.copied().unwrap_or_default()
    };
    let kind = match bytes.get(66) {
        Some(0) => return Ok(None),
        Some(1) => EntryKind::Storage,
        Some(2) => EntryKind::Stream,
        Some(5) => EntryKind::Root,
        other => return Err(damaged(format!("a directory entry has type {other:?}"))),
    };
    let name_bytes = usize::from(u16::from_le_bytes([
        bytes.get(64).copied().unwrap_or(0),
        bytes.get(65).copied().unwrap_or(0),
    ]));
    let name = bytes.get(..64).and_then(|field| field.get(..name_bytes));
    let name = match name {
        Some(name) if name_bytes % 2 == 0 && name.ends_with(&[0, 0]) => name.to_vec(),
        _ => return Err(damaged("a directory entry has an impossible name")),
    };
    let size = u64::from_le_bytes(eight_at(120));
    let child = u32_at(76);
    if kind == EntryKind::Stream && child != NO_STREAM {
        return Err(damaged("a stream has entries below it"));
    }
    Ok(Some(Node {
        entry: Entry {
            kind,
            name,
            clsid: bytes
                .get(80..)
                .and_then(<[u8]>::first_chunk)
                .copied()
                .unwrap_or_default(),
            state_bits: u32_at(96),
            created: eight_at(100),
            modified: eight_at(108),
            // Version 3 writers may leave garbage in the upper half (MS-CFB 2.6.1).
            size: if version == 3 {
                size & 0xffff_ffff
            } else {
                size
            },
            start: u32_at(116),
        },
        left: u32_at(68),
        right: u32_at(72),
        child,
    }))
}
