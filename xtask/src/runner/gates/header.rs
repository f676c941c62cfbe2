//! Gates on the headers: who may load the file, how it is hardened, and whether the
//! resource writer can append its section.

use object::LittleEndian as LE;
use object::pe;

use super::{Expectation, Stub};

/// The exe goes to SYSVOL, which every domain controller copies.
const LARGEST_SIZE_BYTES: usize = 1024 * 1024;

/// 40 (PE/COFF specification, section table).
const SECTION_HEADER_BYTES: usize = size_of::<pe::ImageSectionHeader>();

impl Stub<'_> {
    fn optional(&self) -> &pe::ImageOptionalHeader64 {
        &self.pe.nt_headers().optional_header
    }

    fn file(&self) -> &pe::ImageFileHeader {
        &self.pe.nt_headers().file_header
    }

    /// Whether a data directory is there.
    pub(super) fn has_directory(&self, index: usize) -> bool {
        let directory = self.pe.data_directories().get(index);
        directory.is_some_and(|directory| {
            directory.virtual_address.get(LE) != 0 || directory.size.get(LE) != 0
        })
    }

    /// Where the table of sections ends.
    fn section_table_end(&self) -> usize {
        let headers = self.pe.dos_header().e_lfanew.get(LE) as usize
            + size_of::<u32>()
            + size_of::<pe::ImageFileHeader>()
            + usize::from(self.file().size_of_optional_header.get(LE));
        headers + self.pe.section_table().len() * SECTION_HEADER_BYTES
    }
}

/// A console program for x64 that Windows 6.1 accepts.
pub(super) fn windows_version(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    let optional = stub.optional();
    let mut findings = Vec::new();
    if stub.file().machine.get(LE) != pe::IMAGE_FILE_MACHINE_AMD64 {
        findings.push("it is not for x64".to_owned());
    }
    if optional.subsystem.get(LE) != pe::IMAGE_SUBSYSTEM_WINDOWS_CUI {
        findings.push("it is no console program".to_owned());
    }
    let versions = [
        (
            "subsystem",
            optional.major_subsystem_version.get(LE),
            optional.minor_subsystem_version.get(LE),
        ),
        (
            "operating system",
            optional.major_operating_system_version.get(LE),
            optional.minor_operating_system_version.get(LE),
        ),
    ];
    for (name, major, minor) in versions {
        if (major, minor) != (6, 1) {
            findings.push(format!("{name} version {major}.{minor}, expected 6.1"));
        }
    }
    findings
}

/// Address space randomisation with high entropy, no execution of data, and no section
/// that can be written and run. There is no control flow guard: GNU ld writes no load
/// configuration.
pub(super) fn hardening(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    let flags = stub.optional().dll_characteristics.get(LE);
    for (name, flag) in [
        ("DYNAMIC_BASE", pe::IMAGE_DLLCHARACTERISTICS_DYNAMIC_BASE),
        (
            "HIGH_ENTROPY_VA",
            pe::IMAGE_DLLCHARACTERISTICS_HIGH_ENTROPY_VA,
        ),
        ("NX_COMPAT", pe::IMAGE_DLLCHARACTERISTICS_NX_COMPAT),
    ] {
        if flags & flag != flag {
            findings.push(format!("flag {name} is missing"));
        }
    }
    // Without relocations the loader cannot move the image, whatever the flag says.
    if !stub.has_directory(pe::IMAGE_DIRECTORY_ENTRY_BASERELOC) {
        findings.push("it has no relocations".to_owned());
    }
    for section in stub.pe.section_table().iter() {
        let both = pe::IMAGE_SCN_MEM_WRITE | pe::IMAGE_SCN_MEM_EXECUTE;
        if section.characteristics.get(LE) & both == both {
            let name = String::from_utf8_lossy(section.raw_name()).into_owned();
            findings.push(format!("section {name} can be written and run"));
        }
    }
    findings
}

/// No time: the same source must give the same bytes.
pub(super) fn time_stamp(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    match stub.file().time_date_stamp.get(LE) {
        0 => Vec::new(),
        time => vec![format!("time stamp {time}, expected 0")],
    }
}

/// The header's checksum is that of the file.
pub(super) fn checksum(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    let found = stub.optional().check_sum.get(LE);
    let field = stub.section_table_end()
        - stub.pe.section_table().len() * SECTION_HEADER_BYTES
        - usize::from(stub.file().size_of_optional_header.get(LE))
        + CHECKSUM_IN_OPTIONAL_HEADER;
    let expected = computed_checksum(stub.bytes, field);
    if found == expected {
        return Vec::new();
    }
    vec![format!("checksum {found:#x}, expected {expected:#x}")]
}

/// Offset of `CheckSum` in the optional header (Microsoft's PE format, PE32+).
pub(super) const CHECKSUM_IN_OPTIONAL_HEADER: usize = 64;

/// The checksum as `ImageHlp` computes it: 16-bit words with end-around carry, the field
/// itself taken as zero, and the length added.
pub(super) fn computed_checksum(bytes: &[u8], field: usize) -> u32 {
    let mut sum: u32 = 0;
    for (index, pair) in bytes.chunks(2).enumerate() {
        if index * 2 >= field && index * 2 < field + 4 {
            continue;
        }
        let low = u32::from(pair.first().copied().unwrap_or(0));
        let high = u32::from(pair.get(1).copied().unwrap_or(0));
        sum += low | high << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum.wrapping_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX))
}

/// No bytes after the last section: a signature would cover them, the loader would not
/// map them, and something could hide there.
pub(super) fn overlay(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    let sections = stub.pe.section_table().iter().map(|section| {
        u64::from(section.pointer_to_raw_data.get(LE)) + u64::from(section.size_of_raw_data.get(LE))
    });
    let end = sections.max().unwrap_or(0);
    match (stub.bytes.len() as u64).checked_sub(end) {
        Some(0) => Vec::new(),
        Some(more) => vec![format!(
            "{more} bytes after the last section, expected none"
        )],
        None => vec!["the last section is cut off".to_owned()],
    }
}

/// No COFF symbols: they lie after the sections and name what the source calls things.
pub(super) fn symbol_table(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    let file = stub.file();
    if file.pointer_to_symbol_table.get(LE) == 0 && file.number_of_symbols.get(LE) == 0 {
        return Vec::new();
    }
    vec!["it has a symbol table, expected none".to_owned()]
}

/// No resources: the generator appends the only ones.
pub(super) fn resources(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    if !stub.has_directory(pe::IMAGE_DIRECTORY_ENTRY_RESOURCE) {
        return Vec::new();
    }
    vec!["it has resources, expected none before the generator adds them".to_owned()]
}

/// No signature: the specialised copy is what gets signed.
pub(super) fn signature(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    if !stub.has_directory(pe::IMAGE_DIRECTORY_ENTRY_SECURITY) {
        return Vec::new();
    }
    vec!["it has a signature, expected none before the generator is done".to_owned()]
}

/// One more section header fits between the table and the first section.
pub(super) fn section_room(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    let headers = stub.optional().size_of_headers.get(LE) as usize;
    let first = stub
        .pe
        .section_table()
        .iter()
        .map(|section| section.pointer_to_raw_data.get(LE) as usize)
        .filter(|offset| *offset != 0)
        .min()
        .unwrap_or(headers);
    let room = headers.min(first).saturating_sub(stub.section_table_end());
    if room >= SECTION_HEADER_BYTES {
        return Vec::new();
    }
    vec![format!(
        "{room} bytes after the section table, expected room for one more header of {SECTION_HEADER_BYTES}"
    )]
}

/// Small enough for SYSVOL.
pub(super) fn size(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    let size = stub.bytes.len();
    if size <= LARGEST_SIZE_BYTES {
        return Vec::new();
    }
    vec![format!(
        "{size} bytes, expected at most {LARGEST_SIZE_BYTES}"
    )]
}
