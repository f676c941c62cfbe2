//! A cabinet (MS-CAB) of whole files, written in one pass.
//!
//! Each file has a folder of its own, so that a reader gets to one without unpacking those before it;
//! a folder of what does not shrink is stored. Blocks of MSZIP know nothing of each other, so as many
//! are packed at once as there are processors, and the bytes are the same for any number of them.
//! Memory is bounded by [`BATCH`] blocks, whatever the files' sizes.

mod block;
mod layout;
#[cfg(test)]
mod tests;

use std::io::{self, Read, Seek, SeekFrom, Write};

use gangway_contract::Sha256;
use rayon::prelude::*;
use sha2::Digest as _;

use block::{BLOCK_BYTES, Packer, header};
use layout::{FileEntry, Folder, tables};

pub use layout::DosTime;

/// Blocks that are read, packed and written together: 2 MiB of content.
const BATCH: usize = 64;

/// Blocks of a file that tell whether it shrinks.
const SAMPLE: u64 = 32;

/// A file whose sample keeps more than this of its size, in percent, is stored: what is packed
/// already (installers, signed archives) stays as it is.
const STORED_ABOVE: usize = 97;

/// Most bytes of a cabinet: signed 32-bit offsets are all that readers agree on, and the Windows
/// Installer takes no larger ones ("Cabinet File Size", Windows Installer documentation: 2 GB).
pub const MAX_CABINET_BYTES: u64 = 2_000_000_000;

/// Most blocks of a folder (MS-CAB 2.2, `cCFData`).
const MAX_BLOCKS: u64 = 65_535;

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
    check(members)?;
    let files = file_entries(members)?;
    let count = files.last().map_or(0, |last| usize::from(last.folder) + 1);
    let mut folders = vec![Folder::default(); count];
    let begin = tables(&folders, &files, time, 0);
    let mut out = Counted { out, at: 0 };
    out.write(&begin)?;
    // A folder without content begins and ends here.
    let begin = u32::try_from(begin.len()).map_err(|_| CabinetError::TooLarge)?;
    for folder in &mut folders {
        folder.first_data = begin;
    }
    let lanes = rayon::current_num_threads().max(1);
    let mut lanes: Vec<Packer> = (0..lanes).map(|_| Packer::new()).collect();
    let mut digests = Vec::new();
    for (member, file) in members.iter_mut().zip(&files) {
        if member.size == 0 {
            digests.push(Sha256::of(b""));
            continue;
        }
        let is_packed = match packing {
            Packing::Stored => false,
            Packing::Mszip => true,
            Packing::Smaller => shrinks(member, &mut lanes)?,
        };
        let blocks = member.size.div_ceil(BLOCK_BYTES as u64);
        folders[usize::from(file.folder)] = Folder {
            first_data: u32::try_from(out.at).map_err(|_| CabinetError::TooLarge)?,
            blocks: u16::try_from(blocks).map_err(|_| CabinetError::TooLarge)?,
            is_packed,
        };
        let lanes = is_packed.then_some(&mut lanes[..]);
        digests.push(write_folder(&mut out, member, lanes)?);
    }
    let size = out.at;
    let total = u32::try_from(size).map_err(|_| CabinetError::TooLarge)?;
    let tables = tables(&folders, &files, time, total);
    let Counted { out, .. } = out;
    out.seek(SeekFrom::Start(0))
        .and_then(|_| out.write_all(&tables))
        .and_then(|()| out.flush())
        .map_err(CabinetError::Write)?;
    Ok(Written { size, digests })
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

/// Counts what was written, and where the limit is.
struct Counted<'a, W> {
    out: &'a mut W,
    at: u64,
}

impl<W: Write> Counted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), CabinetError> {
        self.at += bytes.len() as u64;
        if self.at > MAX_CABINET_BYTES {
            return Err(CabinetError::TooLarge);
        }
        self.out.write_all(bytes).map_err(CabinetError::Write)
    }
}

/// Does the file get smaller? Asks blocks from all over it: the beginning of an installer is tables,
/// and the rest of it a cabinet.
fn shrinks(member: &mut Member<'_>, lanes: &mut [Packer]) -> Result<bool, CabinetError> {
    let blocks = member.size.div_ceil(BLOCK_BYTES as u64);
    let asked = blocks.min(SAMPLE);
    let failed = |source| CabinetError::Read {
        name: member.name.to_owned(),
        source,
    };
    let (mut before, mut after) = (0, 0);
    for number in 0..asked {
        let at = number * blocks / asked * BLOCK_BYTES as u64;
        member.source.seek(SeekFrom::Start(at)).map_err(failed)?;
        let mut content = Vec::new();
        (&mut *member.source)
            .take(BLOCK_BYTES as u64)
            .read_to_end(&mut content)
            .map_err(failed)?;
        let Some(lane) = lanes.first_mut() else {
            return Ok(false);
        };
        before += content.len();
        after += lane.packed(&content).len();
    }
    member.source.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(after * 100 <= before * STORED_ABOVE)
}

/// Writes the blocks of one file; without lanes as they are.
fn write_folder<W: Write>(
    out: &mut Counted<'_, W>,
    member: &mut Member<'_>,
    mut lanes: Option<&mut [Packer]>,
) -> Result<Sha256, CabinetError> {
    let failed = |source| CabinetError::Read {
        name: member.name.to_owned(),
        source,
    };
    let other_size = || CabinetError::Size {
        name: member.name.to_owned(),
        expected: member.size,
    };
    let mut hash = sha2::Sha256::new();
    let mut left = member.size;
    let mut content = vec![0; BATCH * BLOCK_BYTES];
    let mut ready = Vec::new();
    while left > 0 {
        let wanted = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(content.len());
        let batch = &mut content[..wanted];
        member
            .source
            .read_exact(batch)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => other_size(),
                _ => failed(error),
            })?;
        left -= wanted as u64;
        hash.update(&*batch);
        ready.clear();
        match lanes.as_deref_mut() {
            None => {
                for block in batch.chunks(BLOCK_BYTES) {
                    ready.extend(header(block, block.len()));
                    ready.extend(block);
                }
            }
            Some(lanes) => pack(batch, lanes, &mut ready),
        }
        out.write(&ready)?;
    }
    let mut more = [0];
    match member.source.read(&mut more) {
        Ok(0) => Ok(Sha256::from_bytes(hash.finalize().into())),
        Ok(_) => Err(other_size()),
        Err(error) => Err(failed(error)),
    }
}

/// Packs a batch, each lane a part of it; in the order of the blocks.
fn pack(batch: &[u8], lanes: &mut [Packer], ready: &mut Vec<u8>) {
    let blocks = batch.len().div_ceil(BLOCK_BYTES);
    let share = blocks.div_ceil(lanes.len()) * BLOCK_BYTES;
    let parts: Vec<Vec<u8>> = batch
        .par_chunks(share)
        .zip(lanes)
        .map(|(part, lane)| {
            let mut ready = Vec::with_capacity(part.len());
            for block in part.chunks(BLOCK_BYTES) {
                let packed = lane.packed(block);
                ready.extend(header(packed, block.len()));
                ready.extend(packed);
            }
            ready
        })
        .collect();
    parts.iter().for_each(|part| ready.extend(part));
}
