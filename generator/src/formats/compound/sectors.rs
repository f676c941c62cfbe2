//! Sectors, the file allocation table and the chains it makes.

use std::io::{self, Read, Seek, SeekFrom};

use super::header::{END_OF_CHAIN, FREE_SECTOR, Header, MAX_REGULAR_SECTOR};
use super::{CompoundError, damaged};

/// How much is read at once where sectors follow each other.
const READ_BYTES: u64 = 256 * 1024;

/// Which sectors belong to something; each may belong to one thing only.
#[derive(Debug)]
pub(super) struct Usage {
    bits: Vec<u64>,
    count: u32,
}

impl Usage {
    pub(super) fn new(count: u32) -> Self {
        let words = usize::try_from(count.div_ceil(64)).unwrap_or(0);
        Self {
            bits: vec![0; words],
            count,
        }
    }

    /// Takes a sector; false when it does not exist or has been taken before.
    pub(super) fn take(&mut self, sector: u32) -> bool {
        let word = usize::try_from(sector / 64)
            .ok()
            .and_then(|index| self.bits.get_mut(index));
        match word {
            Some(word) if sector < self.count => {
                let bit = 1_u64 << (sector % 64);
                let free = *word & bit == 0;
                *word |= bit;
                free
            }
            _ => false,
        }
    }

    fn is_taken(&self, sector: u32) -> bool {
        let word = usize::try_from(sector / 64)
            .ok()
            .and_then(|index| self.bits.get(index));
        word.is_some_and(|word| word >> (sector % 64) & 1 == 1)
    }
}

/// The sectors of a file and how they are chained.
pub(super) struct Sectors<'s, S> {
    source: &'s mut S,
    sector_bytes: u64,
    file_bytes: u64,
    fat: Vec<u32>,
    buffer: Vec<u8>,
}

impl<'s, S: Read + Seek> Sectors<'s, S> {
    /// Reads the allocation table.
    pub(super) fn open(
        source: &'s mut S,
        header: &Header,
        usage: &mut Usage,
    ) -> Result<Self, CompoundError> {
        let mut sectors = Self {
            source,
            sector_bytes: header.sector_bytes,
            file_bytes: header.file_bytes,
            fat: Vec::new(),
            buffer: Vec::new(),
        };
        let mut fat_sectors: Vec<u32> = header.difat.clone();
        let mut next = header.first_difat_sector;
        while next != END_OF_CHAIN && next != FREE_SECTOR {
            if !usage.take(next) {
                return Err(damaged(format!(
                    "the DIFAT loops or leaves the file at sector {next}"
                )));
            }
            let mut entries = sectors.read_sector_numbers(next)?;
            next = entries.pop().unwrap_or(END_OF_CHAIN);
            fat_sectors.extend(entries);
        }
        fat_sectors.retain(|&sector| sector != FREE_SECTOR);
        let wanted = usize::try_from(header.sector_count).unwrap_or(usize::MAX);
        let mut fat = Vec::new();
        for sector in fat_sectors {
            if fat.len() >= wanted {
                break; // describes sectors after the end of the file
            }
            if !usage.take(sector) {
                return Err(damaged(format!(
                    "sector {sector} of the allocation table is listed twice or not in the file"
                )));
            }
            fat.extend(sectors.read_sector_numbers(sector)?);
        }
        fat.truncate(wanted);
        sectors.fat = fat;
        Ok(sectors)
    }

    fn read_sector_numbers(&mut self, sector: u32) -> Result<Vec<u32>, CompoundError> {
        let bytes = self.read_run(sector, self.sector_bytes)?;
        Ok(bytes
            .chunks_exact(4)
            .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect())
    }

    /// `length` bytes from the start of a sector on; all of them must be in the file.
    fn read_run(&mut self, sector: u32, length: u64) -> Result<&[u8], CompoundError> {
        let offset = self.offset_of(sector);
        if offset.saturating_add(length) > self.file_bytes {
            return Err(damaged(format!(
                "sector {sector} is not wholly in the file"
            )));
        }
        self.buffer.resize(usize::try_from(length).unwrap_or(0), 0);
        self.source.seek(SeekFrom::Start(offset))?;
        self.source.read_exact(&mut self.buffer)?;
        Ok(&self.buffer)
    }

    fn offset_of(&self, sector: u32) -> u64 {
        (u64::from(sector) + 1) * self.sector_bytes
    }

    fn next(&self, sector: u32) -> Result<u32, CompoundError> {
        let next = usize::try_from(sector)
            .ok()
            .and_then(|index| self.fat.get(index));
        match next {
            Some(&next) if next <= MAX_REGULAR_SECTOR || next == END_OF_CHAIN => Ok(next),
            _ => Err(damaged(format!(
                "a chain leads to sector {sector}, which belongs to none"
            ))),
        }
    }

    /// Follows a chain, taking its sectors; gives them to `visit`.
    fn walk(
        &self,
        start: u32,
        usage: &mut Usage,
        mut visit: impl FnMut(u32),
    ) -> Result<(), CompoundError> {
        let mut sector = start;
        while sector != END_OF_CHAIN {
            if !usage.take(sector) {
                return Err(damaged(format!(
                    "sector {sector} belongs to two chains, or is not in the file"
                )));
            }
            visit(sector);
            sector = self.next(sector)?;
        }
        Ok(())
    }

    /// Checks that a chain is long enough for `size` bytes and takes its sectors.
    pub(super) fn check_chain(
        &self,
        start: u32,
        size: u64,
        usage: &mut Usage,
    ) -> Result<(), CompoundError> {
        let mut count = 0_u64;
        self.walk(start, usage, |_| count = count.saturating_add(1))?;
        if count.saturating_mul(self.sector_bytes) < size {
            return Err(damaged(format!(
                "the chain from sector {start} has {count} sectors, too few for {size} bytes"
            )));
        }
        Ok(())
    }

    /// The sectors of a chain for `size` bytes, taken; none when there are no bytes.
    pub(super) fn chain_of_size(
        &self,
        start: u32,
        size: u64,
        usage: &mut Usage,
    ) -> Result<Vec<u32>, CompoundError> {
        let mut chain = Vec::new();
        if size == 0 {
            return Ok(chain);
        }
        self.walk(start, usage, |sector| chain.push(sector))?;
        let length = u64::try_from(chain.len()).unwrap_or(u64::MAX);
        if length.saturating_mul(self.sector_bytes) < size {
            return Err(damaged(format!(
                "the chain from sector {start} is too short for {size} bytes"
            )));
        }
        Ok(chain)
    }

    /// All sectors of a chain of unknown length, taken.
    pub(super) fn chain(&self, start: u32, usage: &mut Usage) -> Result<Vec<u32>, CompoundError> {
        let mut chain = Vec::new();
        self.walk(start, usage, |sector| chain.push(sector))?;
        Ok(chain)
    }

    /// Reads the first `size` bytes of a chain that has been checked.
    pub(super) fn read_chain(
        &mut self,
        start: u32,
        size: u64,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<(), CompoundError> {
        let mut sector = start;
        let mut left = size;
        while left > 0 {
            // Sectors that stand one after the other are read in one go.
            let first = sector;
            let mut run_bytes = 0_u64;
            loop {
                let previous = sector;
                run_bytes = run_bytes.saturating_add(self.sector_bytes);
                sector = self.next(previous)?;
                if run_bytes >= left.min(READ_BYTES) || sector != previous.wrapping_add(1) {
                    break;
                }
            }
            let length = run_bytes.min(left);
            sink(self.read_run(first, length)?);
            left = left.saturating_sub(length);
        }
        Ok(())
    }

    /// Reads bytes at an offset of a chain whose sectors are at hand; they must lie within
    /// one sector.
    pub(super) fn read_within(
        &mut self,
        chain: &[u32],
        offset: u64,
        length: u64,
    ) -> Result<Vec<u8>, CompoundError> {
        let sector = usize::try_from(offset / self.sector_bytes)
            .ok()
            .and_then(|index| chain.get(index));
        let sector = *sector.ok_or_else(|| damaged("the mini stream is cut short"))?;
        let position = self.offset_of(sector) + offset % self.sector_bytes;
        if position.saturating_add(length) > self.file_bytes {
            return Err(damaged(format!(
                "sector {sector} is not wholly in the file"
            )));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
        self.source.seek(SeekFrom::Start(position))?;
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn sector_bytes(&self) -> u64 {
        self.sector_bytes
    }

    /// One whole sector.
    pub(super) fn read_sector(&mut self, sector: u32) -> Result<&[u8], CompoundError> {
        self.read_run(sector, self.sector_bytes)
    }

    /// Bytes that are not zero in sectors that nothing has taken, after the header in its own
    /// sector, and after the last sector.
    pub(super) fn slack_bytes(&mut self, usage: &Usage) -> Result<u64, CompoundError> {
        const HEADER_BYTES: u64 = 512;
        let mut sum = 0_u64;
        if self.sector_bytes > HEADER_BYTES {
            let end = self.sector_bytes.min(self.file_bytes);
            sum = self.count_nonzero(HEADER_BYTES, end)?;
        }
        let mut sector = 0_u32;
        while sector < usage.count {
            let first = sector;
            while sector < usage.count && !usage.is_taken(sector) {
                sector = sector.saturating_add(1);
            }
            if sector > first {
                let (from, to) = (self.offset_of(first), self.offset_of(sector));
                sum = sum.saturating_add(self.count_nonzero(from, to)?);
            } else {
                sector = sector.saturating_add(1);
            }
        }
        let end = self.offset_of(usage.count);
        Ok(sum.saturating_add(self.count_nonzero(end, self.file_bytes)?))
    }

    fn count_nonzero(&mut self, from: u64, to: u64) -> Result<u64, io::Error> {
        self.source.seek(SeekFrom::Start(from))?;
        let mut left = to.saturating_sub(from);
        let mut sum = 0_u64;
        while left > 0 {
            let length = left.min(READ_BYTES);
            self.buffer.resize(usize::try_from(length).unwrap_or(0), 0);
            self.source.read_exact(&mut self.buffer)?;
            let nonzero = self.buffer.iter().filter(|&&byte| byte != 0).count();
            sum = sum.saturating_add(u64::try_from(nonzero).unwrap_or(u64::MAX));
            left = left.saturating_sub(length);
        }
        Ok(sum)
    }
}
