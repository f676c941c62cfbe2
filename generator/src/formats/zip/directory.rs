//! Reads the central directory of a ZIP archive and holds it against the local headers.
//!
//! The library reader repairs names and lets duplicates vanish, so the directory is read here,
//! strictly: one end record, nothing before or after the archive, counts and sizes that add
//! up, local headers that say the same, no two entries over the same bytes. Layout: PKWARE
//! APPNOTE 6.3, sections 4.3 and 4.5.

use std::io::{self, Read, Seek, SeekFrom};

use super::end_record::read_end;
use super::error::{ZipError, contradiction};
use super::fields::{Fields, read_at};
use super::name::EntryName;

/// Bounds on a directory.
#[derive(Debug, Clone, Copy)]
pub struct DirectoryLimits {
    /// Most entries, folders among them.
    pub entries: u64,
    /// Claimed inflated bytes of one entry.
    pub entry_bytes: u64,
    /// Claimed inflated bytes of all entries.
    pub total_bytes: u64,
}

/// How much larger than its compressed form an entry of [`RATIO_FROM`] bytes or more may be.
/// Packages are compressed already; deflate itself ends at 1032.
const MAX_RATIO: u64 = 100;

/// Entries below this size are let through whatever their ratio, in bytes.
const RATIO_FROM: u64 = 16 << 20;

/// Largest central directory for each entry, in bytes: 46 fixed, the rest name and extras.
const BYTES_PER_ENTRY: u64 = 2048;

/// What a directory may have in any case, in bytes: some names are as long as the format lets them
/// be (64 KiB), and are told one by one.
const LEAST_MOST: u64 = 1 << 20;

const CENTRAL_SIGNATURE: u32 = 0x0201_4b50;
const LOCAL_SIGNATURE: u32 = 0x0403_4b50;

/// One entry, as the central directory and the local header both have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name as stored.
    pub raw_name: Vec<u8>,
    /// Bit 11 of the flags: the name is UTF-8.
    pub utf8: bool,
    /// The name in the Unicode path field, when it belongs to the stored one.
    pub unicode_name: Option<Vec<u8>>,
    /// Bit 0 of the flags.
    pub encrypted: bool,
    /// 0 stored, 8 deflated.
    pub method: u16,
    /// CRC-32 of the inflated bytes.
    pub crc: u32,
    /// Compressed bytes.
    pub compressed: u64,
    /// Inflated bytes, as claimed.
    pub size: u64,
    /// First compressed byte.
    pub data_start: u64,
    /// What the Unix file type bits say that it is, when that is neither file nor folder.
    pub special: Option<&'static str>,
    /// Date and time as MS-DOS packs them.
    packed_time: (u16, u16),
    header: u64,
    descriptor: bool,
}

impl Entry {
    /// The name, read and judged.
    pub fn name(&self) -> EntryName {
        EntryName::read(&self.raw_name, self.utf8, self.unicode_name.as_deref())
    }

    /// The time that the archive gives it; none where it gives none. Nobody checked that there is
    /// such a day.
    pub fn stored_time(&self) -> Option<StoredTime> {
        let (date, time) = self.packed_time;
        let bits = |value: u16, from: u32, count: u32| {
            // At most six bits.
            u8::try_from((value >> from) & ((1 << count) - 1)).unwrap_or(0)
        };
        (date != 0).then(|| StoredTime {
            year: 1980 + (date >> 9),
            month: bits(date, 5, 4),
            day: bits(date, 0, 5),
            hour: bits(time, 11, 5),
            minute: bits(time, 5, 6),
            second: bits(time, 0, 5) * 2,
        })
    }
}

/// A time of MS-DOS (APPNOTE 4.4.6): of the clock of the machine that packed it, in steps of two
/// seconds, and nobody says in which zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredTime {
    /// From 1980 on.
    pub year: u16,
    /// From 1.
    pub month: u8,
    /// From 1.
    pub day: u8,
    /// Of 24.
    pub hour: u8,
    /// Of 60.
    pub minute: u8,
    /// Of 60, even.
    pub second: u8,
}

/// A directory as far as it can be read, and all that stands against the archive's structure.
#[derive(Debug, Default)]
pub struct Directory {
    /// The entries; their places in the file are known only without faults.
    pub entries: Vec<Entry>,
    /// In the order in which they were found; none for a sound archive.
    pub faults: Vec<ZipError>,
}

/// Reads the directory and checks it against the local headers.
///
/// # Errors
/// The first fault of [`survey`].
pub fn read<R: Read + Seek>(
    reader: &mut R,
    limits: &DirectoryLimits,
) -> Result<Vec<Entry>, ZipError> {
    let directory = survey(reader, limits);
    match directory.faults.into_iter().next() {
        Some(fault) => Err(fault),
        None => Ok(directory.entries),
    }
}

/// Reads the directory and gathers what stands against it: a fault that can be lived with
/// while names are read must not hide what the names say. The work done is bounded by `limits`,
/// whatever the archive claims.
pub fn survey<R: Read + Seek>(reader: &mut R, limits: &DirectoryLimits) -> Directory {
    let mut directory = Directory::default();
    let faults = &mut directory.faults;
    match read_entries(reader, limits) {
        Ok((entries, end)) => {
            directory.entries = entries;
            check_sizes(&directory.entries, limits, faults);
            let places = find_data(reader, &mut directory.entries)
                .and_then(|()| check_overlap(&directory.entries, end));
            faults.extend(places.err());
        }
        Err(fault) => faults.push(fault),
    }
    directory
}

/// The entries as the directory has them, and where it begins.
fn read_entries<R: Read + Seek>(
    reader: &mut R,
    limits: &DirectoryLimits,
) -> Result<(Vec<Entry>, u64), ZipError> {
    let length = reader.seek(SeekFrom::End(0))?;
    let end = read_end(reader, length)?;
    if end.count > limits.entries {
        return Err(ZipError::TooMuch {
            what: "entries",
            found: end.count,
            limit: limits.entries,
        });
    }
    if end.offset.checked_add(end.size) != Some(end.at) {
        return Err(contradiction(
            "the directory does not lie where its end record says",
        ));
    }
    let most = end.count.saturating_mul(BYTES_PER_ENTRY).max(LEAST_MOST);
    if end.size > most {
        return Err(ZipError::TooMuch {
            what: "bytes of directory",
            found: end.size,
            limit: most,
        });
    }
    let bytes = read_at(reader, end.offset, end.size)?;
    Ok((parse_entries(&bytes, end.count)?, end.offset))
}

/// Visits every local header, up to the first that is wrong.
fn find_data<R: Read + Seek>(reader: &mut R, entries: &mut [Entry]) -> Result<(), ZipError> {
    for (index, entry) in entries.iter_mut().enumerate() {
        entry.data_start = local_header(reader, entry, index + 1)?;
    }
    Ok(())
}

fn parse_entries(bytes: &[u8], count: u64) -> Result<Vec<Entry>, ZipError> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    for number in 1..=count {
        let short = || contradiction(format!("entry {number} runs past the directory"));
        let (fixed, after) = rest.split_at_checked(46).ok_or_else(short)?;
        let fields = Fields(fixed);
        if fields.u32(0) != CENTRAL_SIGNATURE {
            return Err(contradiction(format!("entry {number} has no signature")));
        }
        let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(fields.u16(at)));
        let (raw_name, after) = after.split_at_checked(name).ok_or_else(short)?;
        let (extra, after) = after.split_at_checked(extra).ok_or_else(short)?;
        let (_, after) = after.split_at_checked(comment).ok_or_else(short)?;
        if fields.u16(34) != 0 && fields.u16(34) != u16::MAX {
            return Err(ZipError::Unsupported {
                what: "several volumes",
            });
        }
        let flags = fields.u16(8);
        let mut entry = Entry {
            raw_name: raw_name.to_vec(),
            utf8: flags & 0x0800 != 0,
            unicode_name: None,
            encrypted: flags & 0x2041 != 0,
            method: fields.u16(10),
            crc: fields.u32(16),
            compressed: u64::from(fields.u32(20)),
            size: u64::from(fields.u32(24)),
            data_start: 0,
            special: special_kind(fields.u16(4), fields.u32(38)),
            packed_time: (fields.u16(14), fields.u16(12)),
            header: u64::from(fields.u32(42)),
            descriptor: flags & 0x0008 != 0,
        };
        read_extra(extra, &mut entry)
            .ok_or_else(|| contradiction(format!("entry {number} has a damaged extra field")))?;
        entries.push(entry);
        rest = after;
    }
    if rest.is_empty() {
        Ok(entries)
    } else {
        Err(contradiction(
            "the directory holds more than its entry count says",
        ))
    }
}

/// File type bits of Unix and macOS hosts: anything but a plain file, a folder, or what Info-ZIP
/// read from a pipe (`zip x.zip -`), whose bytes lie in the archive like those of a file.
fn special_kind(made_by: u16, attributes: u32) -> Option<&'static str> {
    if !matches!(made_by >> 8, 3 | 19) {
        return None;
    }
    match (attributes >> 28) & 0xF {
        0 | 0x1 | 0x4 | 0x8 => None,
        0xA => Some("a link"),
        0x2 | 0x6 => Some("a device"),
        0xC => Some("a socket"),
        _ => Some("of no type that a file has"),
    }
}

/// ZIP64 sizes and the Unicode path; none when a field runs past its end.
fn read_extra(extra: &[u8], entry: &mut Entry) -> Option<()> {
    let mut rest = extra;
    // Up to three bytes of padding are met in files made on other systems.
    while rest.len() >= 4 {
        let (header, after) = rest.split_at_checked(4)?;
        let fields = Fields(header);
        let (data, after) = after.split_at_checked(usize::from(fields.u16(2)))?;
        match fields.u16(0) {
            0x0001 => {
                let mut data = data;
                let mut next = |wanted: bool, value: &mut u64| {
                    if wanted {
                        let (bytes, after) = data.split_at_checked(8)?;
                        *value = Fields(bytes).u64(0);
                        data = after;
                    }
                    Some(())
                };
                let full = u64::from(u32::MAX);
                next(entry.size == full, &mut entry.size)?;
                next(entry.compressed == full, &mut entry.compressed)?;
                next(entry.header == full, &mut entry.header)?;
            }
            // Unicode path (APPNOTE 4.6.9): version 1, CRC-32 of the stored name, UTF-8 name. With
            // another CRC the stored name was changed since, and the field is to be ignored.
            0x7075 if data.first() == Some(&1) => {
                let fields = Fields(data);
                let mut crc = flate2::Crc::new();
                crc.update(&entry.raw_name);
                if fields.u32(1) == crc.sum() {
                    entry.unicode_name = data.get(5..).map(<[u8]>::to_vec);
                }
            }
            _ => {}
        }
        rest = after;
    }
    Some(())
}

fn check_sizes(entries: &[Entry], limits: &DirectoryLimits, faults: &mut Vec<ZipError>) {
    let ratio = |entry: &Entry| entry.size / entry.compressed.max(1);
    faults.extend(
        (1..)
            .zip(entries)
            .find(|(_, entry)| entry.size >= RATIO_FROM && ratio(entry) > MAX_RATIO)
            .map(|(index, entry)| ZipError::Ratio {
                index,
                ratio: ratio(entry),
            }),
    );
    let sizes = || entries.iter().map(|entry| entry.size);
    let too_much = [
        (
            "bytes in one entry",
            sizes().max().unwrap_or_default(),
            limits.entry_bytes,
        ),
        (
            "inflated bytes",
            sizes().fold(0, u64::saturating_add),
            limits.total_bytes,
        ),
    ];
    faults.extend(
        too_much
            .into_iter()
            .find(|(_, found, limit)| found > limit)
            .map(|(what, found, limit)| ZipError::TooMuch { what, found, limit }),
    );
}

/// Checks the local header against the directory and gives the position of the data.
fn local_header<R: Read + Seek>(
    reader: &mut R,
    entry: &Entry,
    number: usize,
) -> Result<u64, ZipError> {
    let differs = |what: &str| {
        contradiction(format!(
            "entry {number}: directory and header differ in {what}"
        ))
    };
    let fixed = match read_at(reader, entry.header, 30) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return Err(contradiction(format!(
                "entry {number} begins behind the end of the file"
            )));
        }
        other => other?,
    };
    let fields = Fields(&fixed);
    if fields.u32(0) != LOCAL_SIGNATURE {
        return Err(contradiction(format!("entry {number} has no local header")));
    }
    let [name, extra] = [26, 28].map(|at| u64::from(fields.u16(at)));
    if name != entry.raw_name.len() as u64
        || read_at(reader, entry.header + 30, name)? != entry.raw_name
    {
        return Err(differs("the name"));
    }
    if fields.u16(8) != entry.method {
        return Err(differs("the method"));
    }
    if (fields.u16(6) & 0x2041 != 0) != entry.encrypted {
        return Err(differs("encryption"));
    }
    let (compressed, size) = (u64::from(fields.u32(18)), u64::from(fields.u32(22)));
    let full = u64::from(u32::MAX);
    let told = !entry.descriptor && fields.u16(6) & 0x0008 == 0;
    let fits = |local: u64, central: u64| local == central || local == full;
    if told && !(fits(compressed, entry.compressed) && fits(size, entry.size)) {
        return Err(differs("the size"));
    }
    // Each term is below 2^17 but the first, which the read above has shown to lie inside.
    Ok(entry.header + 30 + name + extra)
}

/// No two entries may share bytes: that is how small archives inflate without end.
fn check_overlap(entries: &[Entry], directory: u64) -> Result<(), ZipError> {
    let mut ranges: Vec<(u64, u64, usize)> = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            let end = entry.data_start.saturating_add(entry.compressed);
            (entry.header, end, index + 1)
        })
        .collect();
    ranges.sort_unstable();
    let mut before = 0;
    for (start, end, number) in ranges {
        if start < before {
            return Err(contradiction(format!(
                "entry {number} overlaps the entry before it"
            )));
        }
        if end > directory {
            return Err(contradiction(format!(
                "entry {number} runs into the directory"
            )));
        }
        before = end;
    }
    Ok(())
}
