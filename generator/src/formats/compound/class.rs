//! The class of a compound file, read without judging the rest of it.

use std::io::{Read, Seek, SeekFrom};

use super::header::Header;

/// What a compound file is, by the class of its root storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Class 000C1084-0000-0000-C000-000000000046 (`CLSID_MsiDatabase`).
    InstallerPackage,
    /// Class 000C1086 (`CLSID_MsiPatch`) or 000C1082 (`CLSID_MsiTransform`) of the same series.
    InstallerPatch,
    /// Any other: documents, mails, caches of pictures.
    Other,
}

/// Tells the class; none when header or root storage are not to be found.
pub fn class_of<S: Read + Seek>(source: &mut S) -> Option<Class> {
    /// Offsets in a directory entry (MS-CFB 2.6.1), and the type of a root storage.
    const TYPE: usize = 66;
    const CLASS: usize = 80;
    const ROOT: u8 = 5;
    /// Behind the first four bytes of each class of the installer.
    const SERIES: [u8; 12] = [0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];

    let header = Header::read(source).ok()?;
    let sector = u64::from(header.first_directory_sector).checked_add(1)?;
    let at = sector.checked_mul(header.sector_bytes)?;
    let mut entry = [0; 128];
    source.seek(SeekFrom::Start(at)).ok()?;
    source.read_exact(&mut entry).ok()?;
    if entry.get(TYPE) != Some(&ROOT) {
        return None;
    }
    let class = entry.get(CLASS..CLASS + 16)?;
    let (number, series) = class.split_first_chunk::<4>()?;
    Some(match u32::from_le_bytes(*number) {
        _ if series != SERIES => Class::Other,
        0x000c_1084 => Class::InstallerPackage,
        0x000c_1086 | 0x000c_1082 => Class::InstallerPatch,
        _ => Class::Other,
    })
}
