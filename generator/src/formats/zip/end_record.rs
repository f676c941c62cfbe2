//! The end records: exactly one, at the end of the file, in agreement with its 64-bit twin.

use std::io::{Read, Seek};

use super::error::{ZipError, contradiction};
use super::fields::{Fields, read_at};

/// End record without its comment, and the longest comment.
const END_SIZE: u64 = 22;
const END_BYTES: usize = 22;
const MAX_COMMENT: u64 = 0xFFFF;

const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
const END64_SIGNATURE: u32 = 0x0606_4b50;
const LOCATOR64_SIGNATURE: u32 = 0x0706_4b50;
/// What the end records say.
pub(super) struct End {
    /// Entries.
    pub(super) count: u64,
    /// Bytes of the directory.
    pub(super) size: u64,
    /// Where the directory begins.
    pub(super) offset: u64,
    /// Where the end records begin.
    pub(super) at: u64,
}

/// Finds the end record, and the 64-bit one before it, and holds them against each other.
pub(super) fn read_end<R: Read + Seek>(reader: &mut R, length: u64) -> Result<End, ZipError> {
    let tail_start = length.saturating_sub(END_SIZE + MAX_COMMENT);
    let tail = read_at(reader, tail_start, length - tail_start)?;
    let mut candidates = tail.windows(END_BYTES).enumerate().filter(|(at, window)| {
        window.starts_with(&END_SIGNATURE)
            && at + window.len() + usize::from(Fields(window).u16(20)) == tail.len()
    });
    let Some((at, record)) = candidates.next_back() else {
        return Err(without_end(&tail, tail_start));
    };
    if candidates.next_back().is_some() {
        return Err(contradiction("there are two end records"));
    }
    let at = tail_start + at as u64;
    let fields = Fields(record);
    if fields.u16(4) != 0 && fields.u16(4) != 0xFFFF {
        return Err(ZipError::Unsupported {
            what: "several volumes",
        });
    }
    let (count, size, offset) = (fields.u16(10), fields.u32(12), fields.u32(16));
    let plain = End {
        count: u64::from(count),
        size: u64::from(size),
        offset: u64::from(offset),
        at,
    };
    let locator_at = at.checked_sub(20);
    let locator = match locator_at {
        Some(locator_at) => read_at(reader, locator_at, 20)?,
        None => Vec::new(),
    };
    let saturated = count == u16::MAX || size == u32::MAX || offset == u32::MAX;
    if Fields(&locator).u32(0) != LOCATOR64_SIGNATURE {
        if saturated {
            return Err(contradiction("the ZIP64 records are missing"));
        }
        if fields.u16(8) != count {
            return Err(contradiction("the two entry counts differ"));
        }
        return Ok(plain);
    }
    let wide = read_wide_end(reader, &locator, locator_at.unwrap_or_default())?;
    let agrees = |narrow: u64, limit: u64, wide: u64| narrow == limit || narrow == wide;
    let same = agrees(plain.count, u64::from(u16::MAX), wide.count)
        && agrees(plain.size, u64::from(u32::MAX), wide.size)
        && agrees(plain.offset, u64::from(u32::MAX), wide.offset);
    if same {
        Ok(wide)
    } else {
        Err(contradiction("the ZIP64 record and the end record differ"))
    }
}

/// Why no end record lies at the end.
fn without_end(tail: &[u8], tail_start: u64) -> ZipError {
    if is_padded(tail) {
        return ZipError::Unsupported {
            what: "zero bytes behind its end",
        };
    }
    let own_end = tail
        .windows(END_BYTES)
        .enumerate()
        .find_map(|(at, window)| {
            let fields = Fields(window);
            let end = at + END_BYTES + usize::from(fields.u16(20));
            // That of an archive inside, stored as it is, counts from another place.
            let directory_end = u64::from(fields.u32(12)) + u64::from(fields.u32(16));
            let is_own = directory_end == tail_start + at as u64;
            let is_whole = window.starts_with(&END_SIGNATURE) && is_own && end < tail.len();
            is_whole.then(|| (tail.len() - end) as u64)
        });
    match own_end {
        Some(count) => ZipError::Trailing { count },
        None => ZipError::NoEnd,
    }
}

/// Is there an end record, and nothing but zeros behind it? So do devices and programs leave a file
/// that write whole blocks.
fn is_padded(tail: &[u8]) -> bool {
    tail.windows(END_BYTES).enumerate().any(|(at, window)| {
        let end = at + END_BYTES + usize::from(Fields(window).u16(20));
        let zeros = |rest: &[u8]| rest.iter().all(|byte| *byte == 0);
        window.starts_with(&END_SIGNATURE) && tail.get(end..).is_some_and(zeros)
    })
}

/// The 64-bit end record, by its locator, which lies right behind it at `before`.
fn read_wide_end<R: Read + Seek>(
    reader: &mut R,
    locator: &[u8],
    before: u64,
) -> Result<End, ZipError> {
    let record_at = Fields(locator).u64(8);
    if record_at.checked_add(56) != Some(before) {
        return Err(contradiction(
            "the ZIP64 end record does not lie before its locator",
        ));
    }
    let record = read_at(reader, record_at, 56)?;
    let fields = Fields(&record);
    if fields.u32(0) != END64_SIGNATURE || fields.u64(4) != 44 {
        return Err(contradiction("the ZIP64 end record is damaged"));
    }
    if fields.u32(16) != 0 || fields.u32(20) != 0 {
        return Err(ZipError::Unsupported {
            what: "several volumes",
        });
    }
    let (on_this_volume, count) = (fields.u64(24), fields.u64(32));
    if on_this_volume != count {
        return Err(contradiction("the ZIP64 record and the end record differ"));
    }
    Ok(End {
        count,
        size: fields.u64(40),
        offset: fields.u64(48),
        at: record_at,
    })
}
