//! The smallest file that passes every gate, and single changes to it.

use crate::runner::gates::content::STUB_MARKER;
use crate::runner::gates::header::{CHECKSUM_IN_OPTIONAL_HEADER, computed_checksum};

/// Offsets of fields; the NT headers start right after a DOS header of 64 bytes.
pub(crate) mod field {
    const FILE: usize = 64 + 4;
    pub(crate) const OPTIONAL: usize = FILE + 20;
    pub(crate) const TIME: usize = FILE + 4;
    pub(crate) const SYMBOLS: usize = FILE + 12;
    pub(crate) const SYSTEM_MAJOR: usize = OPTIONAL + 40;
    pub(crate) const SYSTEM_MINOR: usize = OPTIONAL + 42;
    pub(crate) const SUBSYSTEM_MAJOR: usize = OPTIONAL + 48;
    pub(crate) const SUBSYSTEM_MINOR: usize = OPTIONAL + 50;
    pub(crate) const SIZE_OF_HEADERS: usize = OPTIONAL + 60;
    pub(crate) const SUBSYSTEM: usize = OPTIONAL + 68;
    pub(crate) const DLL_CHARACTERISTICS: usize = OPTIONAL + 70;
    pub(crate) const DIRECTORIES: usize = OPTIONAL + 112;
    pub(crate) const SECTIONS: usize = DIRECTORIES + 16 * 8;
}

const HEADERS_BYTES: u32 = 0x400;
const SECTION_ADDRESS: u32 = 0x1000;
const SECTION_BYTES: u32 = 0x1000;

/// Where in the section the free text goes.
const TEXT_AT: usize = 0xc00;

/// A PE32+ file with one section.
#[derive(Debug)]
pub(crate) struct Sample {
    headers: Vec<u8>,
    section: Vec<u8>,
    imports: Vec<(String, String)>,
    after: Vec<u8>,
}

impl Sample {
    /// Passes every gate.
    pub(crate) fn good() -> Self {
        let mut sample = Self {
            headers: vec![0; HEADERS_BYTES as usize],
            section: vec![0; SECTION_BYTES as usize],
            imports: Vec::new(),
            after: Vec::new(),
        };
        sample.headers[..2].copy_from_slice(b"MZ");
        sample.set_u32(0x3c, 64);
        sample.headers[64..68].copy_from_slice(b"PE\0\0");
        sample.set_u16(68, 0x8664); // machine x64
        sample.set_u16(70, 1); // sections
        sample.set_u16(84, 240); // size of the optional header
        sample.set_u16(86, 0x22e); // characteristics
        sample.set_u16(field::OPTIONAL, 0x20b);
        sample.set_u32(field::OPTIONAL + 32, 0x1000); // section alignment
        sample.set_u32(field::OPTIONAL + 36, 0x200); // file alignment
        sample.set_u16(field::SYSTEM_MAJOR, 6);
        sample.set_u16(field::SYSTEM_MINOR, 1);
        sample.set_u16(field::SUBSYSTEM_MAJOR, 6);
        sample.set_u16(field::SUBSYSTEM_MINOR, 1);
        sample.set_u32(field::OPTIONAL + 56, SECTION_ADDRESS + SECTION_BYTES);
        sample.set_u32(field::SIZE_OF_HEADERS, HEADERS_BYTES);
        sample.set_u16(field::SUBSYSTEM, 3);
        sample.set_u16(field::DLL_CHARACTERISTICS, 0x8160);
        sample.set_u32(field::OPTIONAL + 108, 16); // directories
        sample.set_directory(1);
        sample.set_directory(5);
        sample.headers[field::SECTIONS..field::SECTIONS + 5].copy_from_slice(b".text");
        sample.set_u32(field::SECTIONS + 8, SECTION_BYTES);
        sample.set_u32(field::SECTIONS + 12, SECTION_ADDRESS);
        sample.set_u32(field::SECTIONS + 16, SECTION_BYTES);
        sample.set_u32(field::SECTIONS + 20, HEADERS_BYTES);
        sample.set_u32(field::SECTIONS + 36, 0x6000_0020); // code, run, read
        let marker = format!("{STUB_MARKER}schema=1;version=0.1.0]");
        sample.section[0xe00..0xe00 + marker.len()].copy_from_slice(marker.as_bytes());
        sample.import("KERNEL32.dll", "CloseHandle");
        sample.import("KERNEL32.dll", "GetTickCount64");
        sample.import("msvcrt.dll", "malloc");
        sample
    }

    /// Imports one more function.
    pub(crate) fn import(&mut self, dll: &str, function: &str) {
        self.imports.push((dll.to_owned(), function.to_owned()));
    }

    pub(crate) fn set_u16(&mut self, offset: usize, value: u16) {
        self.headers[offset..offset + 2].copy_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn set_u32(&mut self, offset: usize, value: u32) {
        self.headers[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// Lets a data directory point to the start of the section.
    pub(crate) fn set_directory(&mut self, index: usize) {
        self.set_u32(field::DIRECTORIES + index * 8, SECTION_ADDRESS);
        self.set_u32(field::DIRECTORIES + index * 8 + 4, 8);
    }

    pub(crate) fn clear_directory(&mut self, index: usize) {
        self.set_u32(field::DIRECTORIES + index * 8, 0);
        self.set_u32(field::DIRECTORIES + index * 8 + 4, 0);
    }

    pub(crate) fn make_first_section_writable(&mut self) {
        self.set_u32(field::SECTIONS + 36, 0xe000_0020);
    }

    pub(crate) fn section_table_end(&self) -> u32 {
        u32::try_from(field::SECTIONS + 40).unwrap()
    }

    /// Adds bytes behind the last section.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        self.after.extend_from_slice(bytes);
    }

    pub(crate) fn grow_last_section(&mut self, bytes: u32) {
        self.section.resize((SECTION_BYTES + bytes) as usize, 0);
        self.set_u32(field::SECTIONS + 8, SECTION_BYTES + bytes);
        self.set_u32(field::SECTIONS + 16, SECTION_BYTES + bytes);
    }

    /// Puts a text into the section.
    pub(crate) fn put_text(&mut self, text: &[u8]) {
        self.section[TEXT_AT..TEXT_AT + text.len()].copy_from_slice(text);
    }

    /// Overwrites a text in the section.
    pub(crate) fn erase(&mut self, text: &[u8]) {
        let mut windows = self.section.windows(text.len());
        let at = windows.position(|window| window == text).unwrap();
        self.section[at..at + text.len()].fill(0);
    }

    /// The whole file, with its import table and a right checksum.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut section = self.section.clone();
        self.write_imports(&mut section);
        let mut bytes = self.headers.clone();
        bytes.extend_from_slice(&section);
        bytes.extend_from_slice(&self.after);
        let field = field::OPTIONAL + CHECKSUM_IN_OPTIONAL_HEADER;
        let checksum = computed_checksum(&bytes, field);
        bytes[field..field + 4].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// One descriptor a function: what a loader allows, and the least to write.
    fn write_imports(&self, section: &mut [u8]) {
        let mut put = |at: usize, bytes: &[u8]| {
            section[at..at + bytes.len()].copy_from_slice(bytes);
        };
        let address = |at: usize| SECTION_ADDRESS + u32::try_from(at).unwrap();
        for (index, (dll, function)) in self.imports.iter().enumerate() {
            let (descriptor, thunks) = (index * 20, 0x200 + index * 16);
            let (name, hint) = (0x400 + index * 64, 0x800 + index * 64);
            put(descriptor, &address(thunks).to_le_bytes());
            put(descriptor + 12, &address(name).to_le_bytes());
            put(descriptor + 16, &address(thunks).to_le_bytes());
            put(thunks, &u64::from(address(hint)).to_le_bytes());
            put(name, dll.as_bytes());
            put(hint + 2, function.as_bytes());
        }
    }
}
