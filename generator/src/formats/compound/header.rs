//! The header of a compound file (MS-CFB 2.2).

use std::io::{Read, Seek, SeekFrom};

use super::{CompoundError, damaged};

pub(super) const MAGIC: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
const HEADER_BYTES: usize = 512;
/// Highest sector number that is a place in the file (MS-CFB 2.1).
pub(super) const MAX_REGULAR_SECTOR: u32 = 0xffff_fffa;
pub(super) const END_OF_CHAIN: u32 = 0xffff_fffe;
pub(super) const FREE_SECTOR: u32 = 0xffff_ffff;
/// Allocation table of the largest package: 2 GiB in sectors of 512 bytes.
const MAX_SECTORS: u64 = 1 << 22;

/// What the header says, with its sizes already checked.
#[derive(Debug)]
pub(super) struct Header {
    /// 3 (512-byte sectors) or 4 (4096-byte sectors).
    pub version: u16,
    pub sector_bytes: u64,
    /// Size of the file.
    pub file_bytes: u64,
    /// Sectors that are wholly in the file.
    pub sector_count: u32,
    pub first_directory_sector: u32,
    pub first_mini_fat_sector: u32,
    pub first_difat_sector: u32,
    /// The 109 entries of the DIFAT that stand in the header.
    pub difat: Vec<u32>,
}

impl Header {
    pub(super) fn read<S: Read + Seek>(source: &mut S) -> Result<Self, CompoundError> {
        let file_bytes = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let mut bytes = [0; HEADER_BYTES];
        if file_bytes < HEADER_BYTES as u64 {
            return Err(damaged(format!(
                "a file of {file_bytes} bytes has no header"
            )));
        }
        source.read_exact(&mut bytes)?;
        let u16_at = |offset: usize| {
            let pair = bytes.get(offset..).and_then(<[u8]>::first_chunk);
            pair.map_or(0, |pair| u16::from_le_bytes(*pair))
        };
        let u32_at = |offset: usize| {
            let four = bytes.get(offset..).and_then(<[u8]>::first_chunk);
            four.map_or(0, |four| u32::from_le_bytes(*four))
        };
        if !bytes.starts_with(&MAGIC) {
            return Err(damaged("it is no compound file"));
        }
        let (version, sector_shift) = (u16_at(26), u16_at(30));
        let sector_bytes: u64 = match (version, sector_shift) {
            (3, 9) => 512,
            (4, 12) => 4096,
            _ => {
                return Err(damaged(format!(
                    "version {version} with sector shift {sector_shift} does not exist"
                )));
            }
        };
        if u16_at(28) != 0xfffe || u16_at(32) != 6 || u32_at(56) != 4096 {
            return Err(damaged(
                "byte order or mini stream sizes are not the standard's",
            ));
        }
        let sector_count = file_bytes.saturating_sub(sector_bytes) / sector_bytes;
        if sector_count > MAX_SECTORS {
            return Err(damaged(format!("it has {sector_count} sectors")));
        }
        Ok(Self {
            version,
            sector_bytes,
            file_bytes,
            sector_count: u32::try_from(sector_count).unwrap_or(u32::MAX),
            first_directory_sector: u32_at(48),
            first_mini_fat_sector: u32_at(60),
            first_difat_sector: u32_at(68),
            difat: (76..HEADER_BYTES).step_by(4).map(u32_at).collect(),
        })
    }
}
