//! Compound files (MS-CFB), the container of installer packages: reading only.
//!
//! Own reader instead of the `cfb` crate, for what the signature of a package needs and `cfb`
//! hides or leaves open: the times of streams as they stand in the file (the metadata digest
//! covers them), names as raw UTF-16, sectors that belong to nobody, and a bound on all work.
//! Everything that a package tells us is read through this one reader, so that what was
//! hashed and what was parsed are the same bytes.
//!
//! Bounds: every sector belongs to at most one chain, so all streams together are never longer
//! than the file; at most [`MAX_ENTRIES`] directory entries, [`MAX_DEPTH`] storages deep.
//! Memory: 4 bytes a sector and some 200 bytes an entry.

mod class;
mod directory;
mod header;
mod sectors;

pub use class::{Class, class_of};
pub use directory::{Entry, EntryId, EntryKind};

use std::io::{self, Read, Seek};

use directory::Directory;
use header::{END_OF_CHAIN, Header};
use sectors::{Sectors, Usage};

/// More streams than any real package has.
pub const MAX_ENTRIES: usize = 16_384;
/// Packages nest transforms in storages, one or two deep.
pub const MAX_DEPTH: usize = 8;
/// Streams shorter than this live in the mini stream (MS-CFB 2.2; no other value is allowed).
const MINI_STREAM_CUTOFF: u64 = 4096;
const MINI_SECTOR_BYTES: u64 = 64;
/// A full directory of the longest mini streams.
const MAX_MINI_STREAM_BYTES: u64 = MAX_ENTRIES as u64 * MINI_STREAM_CUTOFF;

/// Why a compound file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CompoundError {
    /// Not what the format asks for.
    #[error("{0}")]
    Damaged(String),
    /// A stream has more bytes than the caller takes.
    #[error("stream `{name}` has {size} bytes, more than the limit of {limit}")]
    TooLong {
        /// Name of the stream, as far as it is text.
        name: String,
        /// Bytes that the directory gives it.
        size: u64,
        /// Most bytes that the caller takes.
        limit: u64,
    },
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

pub(super) fn damaged(what: impl Into<String>) -> CompoundError {
    CompoundError::Damaged(what.into())
}

/// Do the first bytes of a file announce a compound file?
pub fn is_compound_file(start: &[u8]) -> bool {
    start.starts_with(&header::MAGIC)
}

/// An open compound file whose structure has been checked.
pub struct CompoundFile<'s, S> {
    sectors: Sectors<'s, S>,
    usage: Usage,
    directory: Directory,
    mini_fat: Vec<u32>,
    /// Sectors of the mini stream, in order.
    mini_stream: Vec<u32>,
}

impl<S> core::fmt::Debug for CompoundFile<'_, S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("CompoundFile")
            .field("entries", &self.directory.entries().len())
            .finish_non_exhaustive()
    }
}

impl<'s, S: Read + Seek> CompoundFile<'s, S> {
    /// Opens a file and checks header, allocation tables, directory and every chain.
    pub fn open(source: &'s mut S) -> Result<Self, CompoundError> {
        let header = Header::read(source)?;
        let mut usage = Usage::new(header.sector_count);
        let mut sectors = Sectors::open(source, &header, &mut usage)?;
        let directory = Directory::read(&mut sectors, &header, &mut usage)?;

        let root = directory.root();
        if root.size > MAX_MINI_STREAM_BYTES {
            return Err(damaged(format!("the mini stream has {} bytes", root.size)));
        }
        let mini_stream = sectors.chain_of_size(root.start, root.size, &mut usage)?;
        let mini_fat = read_mini_fat(&mut sectors, &header, root.size, &mut usage)?;

        let mut mini_usage = Usage::new(u32::try_from(mini_fat.len()).unwrap_or(u32::MAX));
        for entry in directory.entries() {
            if entry.kind != EntryKind::Stream || entry.size == 0 {
                continue;
            }
            if entry.size < MINI_STREAM_CUTOFF {
                walk_mini_chain(&mini_fat, entry, |sector| mini_usage.take(sector))?;
            } else {
                sectors.check_chain(entry.start, entry.size, &mut usage)?;
            }
        }
        Ok(Self {
            sectors,
            usage,
            directory,
            mini_fat,
            mini_stream,
        })
    }

    /// The root storage.
    pub fn root(&self) -> EntryId {
        EntryId::ROOT
    }

    /// An entry of the directory.
    pub fn entry(&self, id: EntryId) -> &Entry {
        self.directory.entry(id)
    }

    /// The entries of a storage, in no particular order; none for a stream.
    pub fn children(&self, id: EntryId) -> &[EntryId] {
        self.directory.children(id)
    }

    /// A stream of the root storage by its name.
    pub fn root_stream(&self, name: &str) -> Option<EntryId> {
        let wanted: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let children = self.children(self.root()).iter().copied();
        children.into_iter().find(|&id| {
            let entry = self.entry(id);
            entry.kind == EntryKind::Stream && entry.name_without_terminator() == wanted
        })
    }

    /// Hands the bytes of a stream to `sink`, front to back, in pieces.
    pub fn read_stream(
        &mut self,
        id: EntryId,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<(), CompoundError> {
        let entry = self.directory.entry(id);
        if entry.kind != EntryKind::Stream || entry.size == 0 {
            return Ok(());
        }
        let (start, size) = (entry.start, entry.size);
        if size >= MINI_STREAM_CUTOFF {
            return self.sectors.read_chain(start, size, sink);
        }
        let mut mini_sectors = Vec::new();
        walk_mini_chain(&self.mini_fat, entry, |sector| {
            mini_sectors.push(sector);
            true
        })?;
        let mut left = size;
        for mini_sector in mini_sectors {
            let offset = u64::from(mini_sector) * MINI_SECTOR_BYTES;
            let length = left.min(MINI_SECTOR_BYTES);
            if length == 0 {
                break;
            }
            let bytes = self
                .sectors
                .read_within(&self.mini_stream, offset, length)?;
            sink(&bytes);
            left = left.saturating_sub(length);
        }
        Ok(())
    }

    /// A whole stream that is expected to be small.
    pub fn stream_to_vec(&mut self, id: EntryId, limit: u64) -> Result<Vec<u8>, CompoundError> {
        let entry = self.entry(id);
        if entry.size > limit {
            return Err(CompoundError::TooLong {
                name: entry.name(),
                size: entry.size,
                limit,
            });
        }
        let mut bytes = Vec::new();
        self.read_stream(id, |piece| bytes.extend_from_slice(piece))?;
        Ok(bytes)
    }

    /// Counts bytes that are not zero in sectors that belong to nothing and after the last
    /// sector. The tails of streams in their last sector and the free parts of the mini stream
    /// are not looked at: writers leave what they had in memory there.
    pub fn slack_bytes(&mut self) -> Result<u64, CompoundError> {
        self.sectors.slack_bytes(&self.usage)
    }
}

/// Follows the chain of a mini stream; `visit` takes a sector and says whether it was free.
fn walk_mini_chain(
    mini_fat: &[u32],
    entry: &Entry,
    mut visit: impl FnMut(u32) -> bool,
) -> Result<(), CompoundError> {
    let mut sector = entry.start;
    let mut bytes = 0_u64;
    while sector != END_OF_CHAIN {
        let next = usize::try_from(sector)
            .ok()
            .and_then(|index| mini_fat.get(index));
        let next = next.copied().filter(|_| visit(sector));
        sector = next.ok_or_else(|| {
            damaged(format!(
                "mini sector {sector} of stream `{}` belongs to two chains, or does not exist",
                entry.name()
            ))
        })?;
        bytes = bytes.saturating_add(MINI_SECTOR_BYTES);
    }
    if bytes < entry.size {
        return Err(damaged(format!(
            "the chain of stream `{}` is too short for {} bytes",
            entry.name(),
            entry.size
        )));
    }
    Ok(())
}

fn read_mini_fat<S: Read + Seek>(
    sectors: &mut Sectors<'_, S>,
    header: &Header,
    mini_stream_bytes: u64,
    usage: &mut Usage,
) -> Result<Vec<u32>, CompoundError> {
    let count = mini_stream_bytes / MINI_SECTOR_BYTES;
    let mut table = Vec::new();
    if count == 0 {
        return Ok(table);
    }
    let chain = sectors.chain(header.first_mini_fat_sector, usage)?;
    let chained = u64::try_from(chain.len())
        .unwrap_or(u64::MAX)
        .saturating_mul(header.sector_bytes);
    // The table may end before the mini stream does, and may go on after it.
    let bytes = count.saturating_mul(4).min(chained);
    let mut pending = Vec::new();
    sectors.read_chain(header.first_mini_fat_sector, bytes, |piece| {
        pending.extend_from_slice(piece);
    })?;
    table.extend(
        pending
            .chunks_exact(4)
            .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]])),
    );
    Ok(table)
}
