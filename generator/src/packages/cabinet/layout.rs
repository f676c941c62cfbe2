//! Header, folders and list of files: all that stands before the data.

use time::OffsetDateTime;

/// A folder (MS-CAB 2.2).
#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    /// Where its first block begins.
    pub(super) first_data: u32,
    pub(super) blocks: u16,
    /// MSZIP, else stored.
    pub(super) is_packed: bool,
}

/// A file (MS-CAB 2.3).
#[derive(Debug, Clone)]
pub(super) struct FileEntry {
    pub(super) name: String,
    pub(super) size: u32,
    pub(super) folder: u16,
    /// Where its content begins in the folder's.
    pub(super) offset: u32,
}

/// Date and time as FAT keeps them: even seconds from 1980 to 2107.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DosTime {
    date: u16,
    time: u16,
}

impl DosTime {
    /// Of a moment in seconds since 1970 UTC; the first or last one that FAT has for what lies
    /// outside.
    pub fn at(moment: i64) -> Self {
        const FIRST: i64 = 315_532_800;
        const LAST: i64 = 4_354_819_198;
        let moment = OffsetDateTime::from_unix_timestamp(moment.clamp(FIRST, LAST))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let year = u16::try_from(moment.year() - 1980).unwrap_or(0);
        let (month, day) = (u16::from(u8::from(moment.month())), u16::from(moment.day()));
        let (hour, minute, second) = moment.to_hms();
        Self {
            date: year << 9 | month << 5 | day,
            time: u16::from(hour) << 11 | u16::from(minute) << 5 | u16::from(second / 2),
        }
    }
}

/// Version 1.3 of the format (MS-CAB 2.1).
const VERSION: [u8; 2] = [3, 1];
/// `typeCompress` of MSZIP.
const MSZIP: u16 = 1;
/// Changed since the last backup: what every other writer sets.
const ATTRIBUTE_ARCHIVE: u16 = 0x20;
const HEADER_BYTES: usize = 36;
const FOLDER_BYTES: usize = 8;

/// Everything before the data; `size` is that of the whole cabinet.
pub(super) fn tables(folders: &[Folder], files: &[FileEntry], time: DosTime, size: u32) -> Vec<u8> {
    // Both were counted in 16 bits before.
    let count = |length: usize| u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
    let files_at = HEADER_BYTES + FOLDER_BYTES * folders.len();
    let mut out = Vec::with_capacity(files_at + files.len() * 32);
    out.extend(b"MSCF\0\0\0\0");
    out.extend(size.to_le_bytes());
    out.extend([0; 4]);
    out.extend(u32::try_from(files_at).unwrap_or(u32::MAX).to_le_bytes());
    out.extend([0; 4]);
    out.extend(VERSION);
    out.extend(count(folders.len()));
    out.extend(count(files.len()));
    // No flags, no set, its first cabinet.
    out.extend([0; 6]);
    for folder in folders {
        out.extend(folder.first_data.to_le_bytes());
        out.extend(folder.blocks.to_le_bytes());
        out.extend(if folder.is_packed { MSZIP } else { 0 }.to_le_bytes());
    }
    for file in files {
        out.extend(file.size.to_le_bytes());
        out.extend(file.offset.to_le_bytes());
        out.extend(file.folder.to_le_bytes());
        out.extend(time.date.to_le_bytes());
        out.extend(time.time.to_le_bytes());
        out.extend(ATTRIBUTE_ARCHIVE.to_le_bytes());
        out.extend(file.name.as_bytes());
        out.push(0);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_fat() {
        for (moment, date, time) in [
            // 2026-03-02 09:00:03 UTC.
            (1_772_442_003, 46 << 9 | 3 << 5 | 2, 9 << 11 | 1),
            // Before 1980, and after 2107.
            (0, 1 << 5 | 1, 0),
            (i64::MAX, 127 << 9 | 12 << 5 | 31, 23 << 11 | 59 << 5 | 29),
        ] {
            assert_eq!(DosTime::at(moment), DosTime { date, time }, "{moment}");
        }
    }
}
