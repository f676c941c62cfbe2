//! The content of a folder, which is that of one file: read once, block by block.

use std::io::{self, Read as _, SeekFrom, Write};
use std::mem;

use gangway_contract::Sha256;
use rayon::prelude::*;
use sha2::Digest as _;

use super::block::{BLOCK_BYTES, HEADER_BYTES, Packer, header};
use super::sink::Sink;
use super::{CabinetError, Member, Packing};

/// Blocks that are read, packed and written together: 2 MiB of content.
const BATCH: usize = 64;

/// Blocks of a file that tell whether it shrinks.
const SAMPLE: u64 = 32;

/// A file whose sample keeps more than this of its size, in percent, is stored: what is packed
/// already (installers, signed archives) stays as it is.
const STORED_ABOVE: usize = 97;

/// Content that is packed before anything is written, in all: the scripts and programs of a bundle.
/// What is larger is packed on its way.
const PACKED_AHEAD: u64 = 4 << 20;

/// What will be written of a file that has content.
pub(super) struct Content {
    pub(super) is_packed: bool,
    /// Bytes that its blocks take, where that is known.
    pub(super) length: Option<u64>,
    /// Its blocks and its digest, when it was packed ahead.
    ready: Option<(Vec<u8>, Sha256)>,
}

/// A packer for each processor.
pub(super) fn lanes() -> Vec<Packer> {
    let count = rayon::current_num_threads().max(1);
    (0..count).map(|_| Packer::new()).collect()
}

/// Decides for each file that has content, in their order, and packs the small ones.
pub(super) fn contents(
    members: &mut [Member<'_>],
    packing: Packing,
    lanes: &mut [Packer],
) -> Result<Vec<Content>, CabinetError> {
    let mut room = PACKED_AHEAD;
    let mut contents = Vec::new();
    for member in members.iter_mut().filter(|member| member.size > 0) {
        let is_packed = match packing {
            Packing::Stored => false,
            Packing::Mszip => true,
            Packing::Smaller => shrinks(member, lanes)?,
        };
        let blocks = member.size.div_ceil(BLOCK_BYTES as u64);
        let mut content = Content {
            is_packed,
            length: (!is_packed).then_some(member.size + blocks * HEADER_BYTES as u64),
            ready: None,
        };
        if is_packed && member.size <= room {
            room -= member.size;
            let mut ready = Vec::new();
            let sha256 = write_packed(&mut Sink::new(&mut ready, None), member, lanes)?;
            content.length = Some(ready.len() as u64);
            content.ready = Some((ready, sha256));
        }
        contents.push(content);
    }
    Ok(contents)
}

impl Content {
    /// Writes the blocks; gives the digest of what was read.
    pub(super) fn write<W: Write>(
        self,
        out: &mut Sink<'_, W>,
        member: &mut Member<'_>,
        lanes: &mut [Packer],
    ) -> Result<Sha256, CabinetError> {
        match (self.ready, self.is_packed) {
            (Some((blocks, sha256)), _) => out.write(&blocks).map(|()| sha256),
            (None, true) => write_packed(out, member, lanes),
            (None, false) => write_stored(out, member),
        }
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

/// The blocks as they are. While a batch is hashed and written the next one is read.
fn write_stored<W: Write>(
    out: &mut Sink<'_, W>,
    member: &mut Member<'_>,
) -> Result<Sha256, CabinetError> {
    let mut hash = sha2::Sha256::new();
    let mut reading = Reading::of(member);
    let (mut blocks, mut next) = (Vec::new(), Vec::new());
    reading.blocks(&mut blocks)?;
    while !blocks.is_empty() {
        let hash_content = || {
            for block in blocks.chunks(HEADER_BYTES + BLOCK_BYTES) {
                hash.update(&block[HEADER_BYTES..]);
            }
        };
        out.write_while(&blocks, hash_content, || reading.blocks(&mut next))?;
        mem::swap(&mut blocks, &mut next);
    }
    reading.end()?;
    Ok(Sha256::from_bytes(hash.finalize().into()))
}

fn write_packed<W: Write>(
    out: &mut Sink<'_, W>,
    member: &mut Member<'_>,
    lanes: &mut [Packer],
) -> Result<Sha256, CabinetError> {
    let mut hash = sha2::Sha256::new();
    let mut reading = Reading::of(member);
    let (mut content, mut ready) = (Vec::new(), Vec::new());
    while reading.content(&mut content)? {
        rayon::join(
            || hash.update(&content),
            || pack(&content, lanes, &mut ready),
        );
        out.write(&ready)?;
    }
    reading.end()?;
    Ok(Sha256::from_bytes(hash.finalize().into()))
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
    ready.clear();
    parts.iter().for_each(|part| ready.extend(part));
}

/// A file that is read from its beginning to the end that was told.
struct Reading<'a, 'b> {
    member: &'a mut Member<'b>,
    left: u64,
}

impl<'a, 'b> Reading<'a, 'b> {
    fn of(member: &'a mut Member<'b>) -> Self {
        let left = member.size;
        Self { member, left }
    }

    /// Bytes of the next batch.
    fn next(&mut self) -> usize {
        let most = BATCH * BLOCK_BYTES;
        let next = usize::try_from(self.left).unwrap_or(most).min(most);
        self.left -= next as u64;
        next
    }

    /// The next batch; false when there is none.
    fn content(&mut self, into: &mut Vec<u8>) -> Result<bool, CabinetError> {
        into.resize(self.next(), 0);
        self.fill(into)?;
        Ok(!into.is_empty())
    }

    /// The next batch as stored blocks with their headers.
    fn blocks(&mut self, into: &mut Vec<u8>) -> Result<(), CabinetError> {
        let content = self.next();
        into.resize(content + content.div_ceil(BLOCK_BYTES) * HEADER_BYTES, 0);
        for block in into.chunks_mut(HEADER_BYTES + BLOCK_BYTES) {
            let (before, content) = block.split_at_mut(HEADER_BYTES);
            self.fill(content)?;
            before.copy_from_slice(&header(content, content.len()));
        }
        Ok(())
    }

    fn fill(&mut self, into: &mut [u8]) -> Result<(), CabinetError> {
        let read = self.member.source.read_exact(into);
        read.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.other_size(),
            _ => self.failed(error),
        })
    }

    /// Nothing comes behind the end.
    fn end(&mut self) -> Result<(), CabinetError> {
        match self.member.source.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.other_size()),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn other_size(&self) -> CabinetError {
        CabinetError::Size {
            name: self.member.name.to_owned(),
            expected: self.member.size,
        }
    }

    fn failed(&self, source: io::Error) -> CabinetError {
        CabinetError::Read {
            name: self.member.name.to_owned(),
            source,
        }
    }
}
