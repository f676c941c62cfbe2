//! Cabinets (and MSU updates, which are cabinets): header and list of files. Nothing is
//! unpacked here.
//!
//! Bounds: the format itself stops at 65 535 folders and files; names take at most
//! [`MAX_NAME_BYTES_IN_ALL`], and data blocks are counted up to [`MAX_DATA_BLOCKS`].

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use serde::Serialize;

/// Names of all files together.
const MAX_NAME_BYTES_IN_ALL: usize = 4 << 20;
/// 8 GiB in blocks of 32 KiB, four times what a cabinet can hold.
const MAX_DATA_BLOCKS: u64 = 1 << 18;
/// The longest name, without its terminating zero (MS-CAB 2.3, `szName`).
const MAX_NAME_BYTES: usize = 255;

const FLAG_PREVIOUS: u16 = 1;
const FLAG_NEXT: u16 = 2;
const FLAG_RESERVE: u16 = 4;
/// Name attribute: the name is UTF-8 and not in the local code page.
const ATTRIBUTE_UTF8_NAME: u16 = 0x80;

/// Why a cabinet cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CabinetError {
    /// Not what the format asks for.
    #[error("{0}")]
    Damaged(String),
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn damaged(what: impl Into<String>) -> CabinetError {
    CabinetError::Damaged(what.into())
}

/// Do the first bytes of a file announce a cabinet?
pub fn is_cabinet(start: &[u8]) -> bool {
    start.starts_with(b"MSCF")
}

/// The header (MS-CAB 2.1), its sizes checked against the file.
#[derive(Debug, Clone)]
pub struct Header {
    /// Size of the file, with what may follow the cabinet.
    pub file_bytes: u64,
    /// Size of the cabinet itself.
    pub cabinet_bytes: u64,
    /// Sizes of the reserved areas of header, folders and data blocks, if it has any.
    pub reserve_sizes: Option<(u16, u8, u8)>,
    /// Does the set go on before or after this cabinet?
    pub is_part_of_set: bool,
    files_offset: u64,
    folders_offset: u64,
    folder_count: u16,
    file_count: u16,
}

/// An entry of the list (CFFILE); its content is not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CabinetFile {
    /// Name as it stands in the cabinet; may hold a path and must not be used as one.
    pub name: String,
    /// Size before compression, as claimed.
    pub size_bytes: u32,
}

/// The list of a cabinet's files, in their order.
///
/// Errors: a structure that does not fit the format or the file.
pub fn list_files<S: Read + Seek>(source: &mut S) -> Result<Vec<CabinetFile>, CabinetError> {
    let header = Header::read(source)?;
    source.seek(SeekFrom::Start(header.files_offset))?;
    let mut reader = BufReader::new(source.take(header.cabinet_bytes - header.files_offset));
    let mut files = Vec::new();
    let mut name_bytes = 0_usize;
    for number in 1..=header.file_count {
        let short = |error| cut_short(error, &format!("the entry of file {number}"));
        let mut fixed = [0; 16];
        reader.read_exact(&mut fixed).map_err(short)?;
        let [a, b, c, d, _, _, _, _, _, _, _, _, _, _, low, high] = fixed;
        let mut raw = read_string(&mut reader).map_err(short)?;
        name_bytes = name_bytes.saturating_add(raw.len());
        if name_bytes > MAX_NAME_BYTES_IN_ALL {
            return Err(damaged(format!(
                "its file names have more than {MAX_NAME_BYTES_IN_ALL} bytes"
            )));
        }
        let is_utf8 = u16::from_le_bytes([low, high]) & ATTRIBUTE_UTF8_NAME != 0;
        let name = if is_utf8 {
            String::from_utf8_lossy(&raw).into_owned()
        } else {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(&raw)
                .0
                .into_owned()
        };
        raw.clear();
        files.push(CabinetFile {
            name,
            size_bytes: u32::from_le_bytes([a, b, c, d]),
        });
    }
    Ok(files)
}

/// Bytes that an application set aside in the header, and in the entry of each folder and block; those
/// of the header are passed over.
fn read_reserve(reader: &mut impl Read) -> Result<(u16, u8, u8), CabinetError> {
    let mut sizes = [0; 4];
    let short = |error| cut_short(error, "the header");
    reader.read_exact(&mut sizes).map_err(short)?;
    let [low, high, folder, data] = sizes;
    let header = u16::from_le_bytes([low, high]);
    let copied = io::copy(&mut reader.take(u64::from(header)), &mut io::sink())?;
    if copied < u64::from(header) {
        return Err(damaged("the header is cut short"));
    }
    Ok((header, folder, data))
}

impl Header {
    /// Reads the header and finds the tables that follow it.
    pub fn read<S: Read + Seek>(source: &mut S) -> Result<Self, CabinetError> {
        let file_bytes = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::new(source.take(file_bytes));
        let short = |error| cut_short(error, "the header");
        let mut fixed = [0; 36];
        reader.read_exact(&mut fixed).map_err(short)?;
        let u16_at = |offset: usize| {
            let pair = fixed.get(offset..).and_then(<[u8]>::first_chunk);
            pair.map_or(0, |pair| u16::from_le_bytes(*pair))
        };
        let u32_at = |offset: usize| {
            let four = fixed.get(offset..).and_then(<[u8]>::first_chunk);
            four.map_or(0, |four| u64::from(u32::from_le_bytes(*four)))
        };
        if !is_cabinet(&fixed) {
            return Err(damaged("it is no cabinet"));
        }
        let cabinet_bytes = u32_at(8);
        if cabinet_bytes > file_bytes {
            return Err(damaged(format!(
                "it says that it has {cabinet_bytes} bytes, the file has {file_bytes}"
            )));
        }
        let flags = u16_at(30);
        let mut folders_offset = 36_u64;
        let mut reserve_sizes = None;
        if flags & FLAG_RESERVE != 0 {
            let (header, folder, data) = read_reserve(&mut reader)?;
            folders_offset += 4 + u64::from(header);
            reserve_sizes = Some((header, folder, data));
        }
        // Names of the neighbours in the set and of their disks.
        for flag in [FLAG_PREVIOUS, FLAG_NEXT] {
            if flags & flag != 0 {
                for _ in 0..2 {
                    let name = read_string(&mut reader).map_err(short)?;
                    folders_offset += u64::try_from(name.len()).unwrap_or(0) + 1;
                }
            }
        }
        let header = Self {
            file_bytes,
            cabinet_bytes,
            reserve_sizes,
            is_part_of_set: flags & (FLAG_PREVIOUS | FLAG_NEXT) != 0,
            files_offset: u32_at(16),
            folders_offset,
            folder_count: u16_at(26),
            file_count: u16_at(28),
        };
        let tables_end = folders_offset + u64::from(header.folder_count) * header.folder_bytes();
        if tables_end > cabinet_bytes || header.files_offset > cabinet_bytes {
            return Err(damaged("its tables lie behind its end"));
        }
        Ok(header)
    }

    fn folder_bytes(&self) -> u64 {
        8 + u64::from(self.reserve_sizes.map_or(0, |(_, folder, _)| folder))
    }

    /// Where the last data block ends: follows the headers of all blocks of all folders.
    pub fn content_end<S: Read + Seek>(&self, source: &mut S) -> Result<u64, CabinetError> {
        let mut end = self.files_offset;
        let mut blocks = 0_u64;
        let data_reserve = u64::from(self.reserve_sizes.map_or(0, |(_, _, data)| data));
        for folder in 0..u64::from(self.folder_count) {
            let mut fields = [0; 6];
            source.seek(SeekFrom::Start(
                self.folders_offset + folder * self.folder_bytes(),
            ))?;
            source.read_exact(&mut fields)?;
            let [a, b, c, d, low, high] = fields;
            let mut offset = u64::from(u32::from_le_bytes([a, b, c, d]));
            for _ in 0..u16::from_le_bytes([low, high]) {
                blocks += 1;
                if blocks > MAX_DATA_BLOCKS {
                    return Err(damaged(format!(
                        "it has more than {MAX_DATA_BLOCKS} data blocks"
                    )));
                }
                // Checksum, compressed size, size before compression.
                if offset + 8 > self.file_bytes {
                    return Err(damaged(format!("folder {} leaves the file", folder + 1)));
                }
                let mut block = [0; 8];
                source.seek(SeekFrom::Start(offset))?;
                source.read_exact(&mut block)?;
                let [_, _, _, _, low, high, _, _] = block;
                offset += 8 + data_reserve + u64::from(u16::from_le_bytes([low, high]));
            }
            end = end.max(offset);
        }
        Ok(end)
    }
}

/// A string up to its terminating zero.
fn read_string(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut string = Vec::new();
    loop {
        let mut byte = [0];
        reader.read_exact(&mut byte)?;
        match byte {
            [0] => return Ok(string),
            [byte] if string.len() < MAX_NAME_BYTES => string.push(byte),
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn cut_short(error: io::Error, what: &str) -> CabinetError {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        damaged(format!(
            "{what} is cut short, or has a name of more than {MAX_NAME_BYTES} bytes"
        ))
    } else {
        CabinetError::Io(error)
    }
}
