//! A cabinet (MS-CAB) of whole files, written in one pass.
//!
//! Each file has a folder of its own, so that a reader gets to one without unpacking those before it;
//! a folder of what does not shrink is stored. Blocks of MSZIP know nothing of each other, so as many
//! are packed at once as there are processors, and the bytes are the same for any number of them.
//! Content is read once: it is hashed, packed and written from the same block of memory, which is bounded
//! whatever the files' sizes.

mod block;
mod folder;
mod layout;
mod sink;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use gangway_contract::Sha256;
use sha2::Digest as _;

use block::BLOCK_BYTES;
use folder::Content;
use layout::{FileEntry, Folder, tables};
use sink::Sink;

pub use layout::DosTime;

/// Most bytes of a cabinet: signed 32-bit offsets are all that readers agree on, and the Windows
/// Installer takes no larger ones ("Cabinet File Size", Windows Installer documentation: 2 GB).
pub const MAX_CABINET_BYTES: u64 = 2_000_000_000;

/// Most blocks of a folder (MS-CAB 2.2, `cCFData`).
const MAX_BLOCKS: u64 = 65_535;

/// Its header, and what a stored block of deflate has besides (signature, type, two lengths).
const MOST_BESIDE_A_BLOCK: u64 = 8 + 2 + 5;

/// The header of a cabinet, an entry of a folder and one of a file with the longest name.
const MOST_BESIDE_A_FILE: u64 = 36 + 8 + 16 + 256;

/// How the content of a file is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Type 0: the bytes themselves.
    Stored,
    /// Deflated in blocks of 32 KiB.
    Mszip,
    /// What a sample of the file says is smaller.
    Smaller,
}

/// A file that can be read again from the beginning.
pub trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// One file of a cabinet to be written.
pub struct Member<'a> {
    /// Its name: printable ASCII, no path.
    pub name: &'a str,
    /// Its size in bytes; content of another size is an error.
    pub size: u64,
    /// Its content.
    pub source: &'a mut dyn Source,
}

/// Why a cabinet was not written.
#[derive(Debug, thiserror::Error)]
pub enum CabinetError {
    /// A name that readers take for something else.
    #[error("`{name}` cannot be the name of a file in a cabinet: {why}")]
    Name {
        /// The name, unusual characters escaped.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// No file, or more than the format counts.
    #[error("a cabinet has 1 to 65535 files, not {count}")]
    Count {
        /// How many there were.
        count: usize,
    },
    /// More content than a cabinet takes.
    #[error("the cabinet would have more than {MAX_CABINET_BYTES} bytes")]
    TooLarge,
    /// A file changed while it was read.
    #[error("`{name}` has not the size that it had when it was looked at ({expected} bytes)")]
    Size {
        /// The file.
        name: String,
        /// Bytes that were told.
        expected: u64,
    },
    /// Reading a file failed.
    #[error("read `{name}`")]
    Read {
        /// The file.
        name: String,
        /// The system's words.
        source: io::Error,
    },
    /// Writing failed.
    #[error("write the cabinet")]
    Write(#[source] io::Error),
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Size of the cabinet in bytes.
    pub size: u64,
    /// SHA-256 of each file's content as it was read, in the order of the files.
    pub digests: Vec<Sha256>,
    /// SHA-256 of the cabinet, by [`write_hashed`]. None where a large file was packed, too: what stands
    /// in front of it, which is the first that is hashed, is known only then.
    pub sha256: Option<Sha256>,
}

/// Writes a cabinet to the beginning of `out`, which is empty.
///
/// # Errors
/// A name, size or count that the format has no room for; a file that is not what was told; the
/// system's. What was written until then is no cabinet.
pub fn write(
    out: &mut (impl Write + Seek),
    members: &mut [Member<'_>],
    packing: Packing,
    time: DosTime,
) -> Result<Written, CabinetError> {
    written(out, members, packing, time, false)
}

/// As [`write`], and hashes the cabinet on the way. For one that is not changed afterwards, by a
/// signature or as a part of something else: hashing costs as much as writing.
///
/// # Errors
/// Those of [`write`].
pub fn write_hashed(
    out: &mut (impl Write + Seek),
    members: &mut [Member<'_>],
    packing: Packing,
    time: DosTime,
) -> Result<Written, CabinetError> {
    written(out, members, packing, time, true)
}

fn written(
    out: &mut (impl Write + Seek),
    members: &mut [Member<'_>],
    packing: Packing,
    time: DosTime,
    is_hashed: bool,
) -> Result<Written, CabinetError> {
    check(members)?;
    let files = file_entries(members)?;
    let mut lanes = folder::lanes();
    let contents = folder::contents(members, packing, &mut lanes)?;
    let begin = tables(
        &vec![Folder::default(); contents.len().max(1)],
        &files,
        time,
        0,
    );
    let (mut folders, end) = placed(begin.len() as u64, members, &contents)?;
    let is_known = contents.iter().all(|content| content.length.is_some());
    let mut sink = Sink::new(out, (is_hashed && is_known).then(sha2::Sha256::new));
    sink.write(&tables(&folders, &files, time, end))?;
    let mut digests = Vec::with_capacity(members.len());
    let mut rest = contents.into_iter().zip(&mut folders);
    for member in members {
        let next = if member.size > 0 { rest.next() } else { None };
        digests.push(match next {
            None => Sha256::of(b""),
            Some((content, folder)) => {
                folder.first_data = u32::try_from(sink.at).map_err(|_| CabinetError::TooLarge)?;
                content.write(&mut sink, member, &mut lanes)?
            }
        });
    }
    let size = sink.at;
    let (out, hash) = sink.end();
    if !is_known {
        let end = u32::try_from(size).map_err(|_| CabinetError::TooLarge)?;
        out.seek(SeekFrom::Start(0))
            .and_then(|_| out.write_all(&tables(&folders, &files, time, end)))
            .map_err(CabinetError::Write)?;
    }
    out.flush().map_err(CabinetError::Write)?;
    Ok(Written {
        size,
        digests,
        sha256: hash.map(|hash| Sha256::from_bytes(hash.finalize().into())),
    })
}

/// Shares files out to cabinets of at most `most` bytes each, in their order: the files of each cabinet,
/// by their place. Counts what they take when none of them shrinks.
///
/// # Errors
/// The place of a file that is too large for any cabinet.
pub fn volumes(sizes: &[u64], most: u64) -> Result<Vec<Range<usize>>, usize> {
    let mut volumes: Vec<Range<usize>> = Vec::new();
    let mut taken = 0u64;
    for (number, size) in sizes.iter().enumerate() {
        let blocks = size.div_ceil(BLOCK_BYTES as u64);
        let needed = size.saturating_add(blocks.saturating_mul(MOST_BESIDE_A_BLOCK));
        let needed = needed.saturating_add(MOST_BESIDE_A_FILE);
        if needed > most || blocks > MAX_BLOCKS {
            return Err(number);
        }
        taken = taken.saturating_add(needed);
        match volumes.last_mut() {
            Some(last) if taken <= most && last.len() < usize::from(u16::MAX) => {
                last.end = number + 1;
            }
            _ => {
                volumes.push(number..number + 1);
                taken = needed;
            }
        }
    }
    Ok(volumes)
}

/// The folders one behind the other, and where the last one ends. Behind one whose size shows only
/// when it is packed the places are not yet the right ones.
fn placed(
    begin: u64,
    members: &[Member<'_>],
    contents: &[Content],
) -> Result<(Vec<Folder>, u32), CabinetError> {
    let place = |at: u64| u32::try_from(at).map_err(|_| CabinetError::TooLarge);
    let mut at = begin;
    let mut folders = Vec::with_capacity(contents.len());
    for (member, content) in members.iter().filter(|one| one.size > 0).zip(contents) {
        let blocks = member.size.div_ceil(BLOCK_BYTES as u64);
        folders.push(Folder {
            first_data: place(at)?,
            blocks: u16::try_from(blocks).map_err(|_| CabinetError::TooLarge)?,
            is_packed: content.is_packed,
        });
        at += content.length.unwrap_or(0);
    }
    if folders.is_empty() {
        // Files without content lie in a folder without blocks.
        folders.push(Folder {
            first_data: place(begin)?,
            ..Folder::default()
        });
    }
    Ok((folders, place(at)?))
}

/// The list of files. One without content lies in the folder of the one before it, behind that, or in
/// the first one.
fn file_entries(members: &[Member<'_>]) -> Result<Vec<FileEntry>, CabinetError> {
    let mut files: Vec<FileEntry> = Vec::new();
    let (mut folders, mut end) = (0usize, 0);
    for member in members {
        let size = u32::try_from(member.size).map_err(|_| CabinetError::TooLarge)?;
        if size > 0 {
            (folders, end) = (folders + 1, 0);
        }
        files.push(FileEntry {
            name: member.name.to_owned(),
            size,
            folder: u16::try_from(folders.saturating_sub(1)).map_err(|_| CabinetError::TooLarge)?,
            offset: end,
        });
        end += size;
    }
    Ok(files)
}

fn check(members: &[Member<'_>]) -> Result<(), CabinetError> {
    if members.is_empty() || members.len() > usize::from(u16::MAX) {
        return Err(CabinetError::Count {
            count: members.len(),
        });
    }
    let mut total = 0u64;
    for member in members {
        if let Some(why) = gangway_contract::payload_name::fault(member.name) {
            return Err(CabinetError::Name {
                name: member.name.escape_default().to_string(),
                why,
            });
        }
        total = total.saturating_add(member.size);
        if total > MAX_CABINET_BYTES || member.size.div_ceil(BLOCK_BYTES as u64) > MAX_BLOCKS {
            return Err(CabinetError::TooLarge);
        }
    }
    Ok(())
}
