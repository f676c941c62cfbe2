//! Inflates one entry, counting: it stops at the first byte beyond the size that the directory
//! claims, and the last byte comes only when length and CRC-32 are right.
//!
//! The entry is read here and not through the `zip` crate: position, method and sizes are
//! checked already, and a second reader of the same directory could see another archive.

use std::io::{self, Read, Seek, SeekFrom, Take};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::directory::Entry;

/// One entry's bytes as a stream.
pub struct EntryReader<R> {
    data: Data<R>,
    crc: Crc,
    claimed_crc: u32,
    remaining: u64,
    compressed: u64,
}

enum Data<R> {
    Stored(Take<R>),
    Deflated(DeflateDecoder<io::BufReader<Take<R>>>),
}

/// Why an entry cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// The archive cannot be read.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
    /// Flag 0: no password is ever asked for.
    #[error("the entry is encrypted")]
    Encrypted,
    /// Neither stored nor deflated.
    #[error("the entry is compressed by method {method}; only stored and deflated are read")]
    Method {
        /// Number in the APPNOTE.
        method: u16,
    },
}

impl<R: Read + Seek> EntryReader<R> {
    /// Opens an entry of the archive behind `reader`.
    ///
    /// # Errors
    /// Encrypted, another method, or a failed seek.
    pub fn new(mut reader: R, entry: &Entry) -> Result<Self, EntryError> {
        if entry.encrypted {
            return Err(EntryError::Encrypted);
        }
        reader.seek(SeekFrom::Start(entry.data_start))?;
        let raw = reader.take(entry.compressed);
        let data = match entry.method {
            0 => Data::Stored(raw),
            8 => Data::Deflated(DeflateDecoder::new(io::BufReader::with_capacity(
                1 << 16,
                raw,
            ))),
            method => return Err(EntryError::Method { method }),
        };
        Ok(Self {
            data,
            crc: Crc::new(),
            claimed_crc: entry.crc,
            remaining: entry.size,
            compressed: entry.compressed,
        })
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<R: Read> Read for EntryReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.data {
            Data::Stored(data) => data.read(buffer),
            Data::Deflated(data) => data.read(buffer),
        }?;
        self.remaining = self
            .remaining
            .checked_sub(read as u64)
            .ok_or_else(|| damaged("the entry is larger than the archive says"))?;
        self.crc.update(buffer.get(..read).unwrap_or_default());
        if read == 0 {
            if self.remaining != 0 {
                return Err(damaged("the entry is smaller than the archive says"));
            }
            if self.crc.sum() != self.claimed_crc {
                return Err(damaged("the entry's CRC-32 does not fit"));
            }
            if let Data::Deflated(data) = &self.data
                && data.total_in() != self.compressed
            {
                return Err(damaged("bytes follow the entry's compressed data"));
            }
        }
        Ok(read)
    }
}
