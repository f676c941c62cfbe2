//! The headers of an executable (Microsoft PE/COFF specification).

use std::io::{self, Read, Seek, SeekFrom};

/// The Windows loader takes no more (PE/COFF, `NumberOfSections`).
const MAX_SECTIONS: u16 = 96;
const COFF_HEADER_BYTES: u64 = 24; // with the signature `PE\0\0`
const SECTION_HEADER_BYTES: u64 = 40;
const DIRECTORY_RESOURCES: u64 = 2;
const DIRECTORY_CERTIFICATES: u64 = 4;
const CHARACTERISTIC_DLL: u16 = 0x2000;

/// Why an executable cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PeError {
    /// Not what the format asks for.
    #[error("{0}")]
    Damaged(String),
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

pub(super) fn damaged(what: impl Into<String>) -> PeError {
    PeError::Damaged(what.into())
}

/// One section header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Name, zero bytes removed.
    pub name: String,
    /// Address in memory, relative to the image.
    pub virtual_address: u32,
    /// Size in memory.
    pub virtual_bytes: u32,
    /// Place in the file.
    pub file_offset: u32,
    /// How much of it lies in the file; the rest is zero in memory.
    pub file_bytes: u32,
}

/// Where the parts of an executable are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Size of the file.
    pub file_bytes: u64,
    /// Machine, for example 0x8664 for x64.
    pub machine: u16,
    /// Is the flag `IMAGE_FILE_DLL` set?
    pub is_dll: bool,
    /// Subsystem: 2 with windows, 3 console, 10 to 13 firmware.
    pub subsystem: u16,
    /// Is it PE32+?
    pub is_64_bit: bool,
    /// Offset of the checksum, 4 bytes.
    pub checksum_offset: u64,
    /// Offset of the data directory's entry for the certificate table, 8 bytes; `None` when
    /// the directory is too short to have it.
    pub certificate_entry_offset: Option<u64>,
    /// Offset and size of the certificate table; `None` without one.
    pub certificate_table: Option<(u64, u64)>,
    /// Address in memory and size of the resources.
    pub resources: Option<(u32, u32)>,
    /// The sections, in the order of their headers.
    pub sections: Vec<Section>,
    /// End of headers and of all section data in the file.
    pub image_end: u64,
}

impl Layout {
    /// Reads the headers and checks them against the size of the file.
    pub fn read<S: Read + Seek>(source: &mut S) -> Result<Self, PeError> {
        let file_bytes = source.seek(SeekFrom::End(0))?;
        let mut file = Fields { source, file_bytes };
        let pe_offset = file.pe_offset()?;
        let coff = pe_offset + 4;
        let machine = file.u16(coff, "COFF header")?;
        let section_count = file.u16(coff + 2, "COFF header")?;
        let optional_bytes = u64::from(file.u16(coff + 16, "COFF header")?);
        let characteristics = file.u16(coff + 18, "COFF header")?;
        if section_count > MAX_SECTIONS {
            return Err(damaged(format!(
                "it has {section_count} sections, more than {MAX_SECTIONS}"
            )));
        }
        let optional = pe_offset + COFF_HEADER_BYTES;
        let is_64_bit = file.is_64_bit(optional)?;
        let directories = optional + if is_64_bit { 112 } else { 96 };
        let optional_end = optional + optional_bytes;
        if directories > optional_end {
            return Err(damaged("its optional header is too short"));
        }
        let directory_count = u64::from(file.u32(directories - 4, "optional header")?);
        let subsystem = file.u16(optional + 68, "optional header")?;
        let mut directory = |number: u64| -> Result<Option<(u64, u32, u32)>, PeError> {
            if directory_count <= number {
                return Ok(None);
            }
            let offset = directories + number * 8;
            if offset + 8 > optional_end {
                return Err(damaged(
                    "its data directory is longer than its optional header",
                ));
            }
            let address = file.u32(offset, "data directory")?;
            let size = file.u32(offset + 4, "data directory")?;
            Ok(Some((offset, address, size)))
        };
        let resources = directory(DIRECTORY_RESOURCES)?;
        let certificates = directory(DIRECTORY_CERTIFICATES)?;
        let (sections, image_end) = file.sections(optional_end, section_count)?;
        Ok(Self {
            file_bytes,
            machine,
            is_dll: characteristics & CHARACTERISTIC_DLL != 0,
            subsystem,
            is_64_bit,
            checksum_offset: optional + 64,
            certificate_entry_offset: certificates.map(|(offset, _, _)| offset),
            certificate_table: certificates
                .map(|(_, offset, size)| (u64::from(offset), u64::from(size)))
                .filter(|(_, size)| *size > 0),
            resources: resources
                .map(|(_, address, size)| (address, size))
                .filter(|(_, size)| *size > 0),
            sections,
            image_end,
        })
    }

    /// Where an address in memory lies in the file.
    pub fn file_offset(&self, address: u32) -> Option<u64> {
        let section = self.sections.iter().find(|section| {
            let span = section.virtual_bytes.max(section.file_bytes);
            address
                .checked_sub(section.virtual_address)
                .is_some_and(|within| within < span)
        })?;
        let within = address.checked_sub(section.virtual_address)?;
        (within < section.file_bytes).then(|| u64::from(section.file_offset) + u64::from(within))
    }
}

/// Reads fields at offsets of a file.
struct Fields<'s, S> {
    source: &'s mut S,
    file_bytes: u64,
}

impl<S: Read + Seek> Fields<'_, S> {
    /// Where the `PE` signature stands, which the DOS header tells.
    fn pe_offset(&mut self) -> Result<u64, PeError> {
        if self.u16(0, "DOS header")? != 0x5a4d {
            return Err(damaged("it is no executable"));
        }
        let pe_offset = u64::from(self.u32(60, "DOS header")?);
        if self.u32(pe_offset, "COFF header")? != 0x0000_4550 {
            return Err(damaged(
                "it has no `PE` signature: a program for DOS or 16-bit Windows",
            ));
        }
        Ok(pe_offset)
    }

    /// Which of its two kinds the optional header has (`PE32`, `PE32+`).
    fn is_64_bit(&mut self, optional: u64) -> Result<bool, PeError> {
        match self.u16(optional, "optional header")? {
            0x10b => Ok(false),
            0x20b => Ok(true),
            magic => Err(damaged(format!(
                "its optional header has the unknown kind {magic:#06x}"
            ))),
        }
    }

    /// The sections, and the end of headers and of all section data.
    fn sections(&mut self, table: u64, count: u16) -> Result<(Vec<Section>, u64), PeError> {
        let mut image_end = table + u64::from(count) * SECTION_HEADER_BYTES;
        if image_end > self.file_bytes {
            return Err(damaged("its section table is cut short"));
        }
        let mut sections = Vec::new();
        for number in 0..u64::from(count) {
            let section = self.section(table + number * SECTION_HEADER_BYTES)?;
            let end = u64::from(section.file_offset) + u64::from(section.file_bytes);
            if section.file_bytes > 0 {
                image_end = image_end.max(end);
            }
            sections.push(section);
        }
        Ok((sections, image_end))
    }

    fn bytes<const N: usize>(&mut self, offset: u64, place: &str) -> Result<[u8; N], PeError> {
        if offset.saturating_add(N as u64) > self.file_bytes {
            return Err(damaged(format!("its {place} is cut short")));
        }
        let mut bytes = [0; N];
        self.source.seek(SeekFrom::Start(offset))?;
        self.source.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn u16(&mut self, offset: u64, place: &str) -> Result<u16, PeError> {
        Ok(u16::from_le_bytes(self.bytes(offset, place)?))
    }

    fn u32(&mut self, offset: u64, place: &str) -> Result<u32, PeError> {
        Ok(u32::from_le_bytes(self.bytes(offset, place)?))
    }

    fn section(&mut self, offset: u64) -> Result<Section, PeError> {
        let name: [u8; 8] = self.bytes(offset, "section table")?;
        let mut field = |at: u64| self.u32(offset + at, "section table");
        Ok(Section {
            name: String::from_utf8_lossy(&name)
                .trim_end_matches('\0')
                .to_owned(),
            virtual_bytes: field(8)?,
            virtual_address: field(12)?,
            file_bytes: field(16)?,
            file_offset: field(20)?,
        })
    }
}
