//! Appends the resource section to a linked executable and mends the headers.
//!
//! Own code: `object` reads executables or writes whole ones, and has nothing that adds a section
//! to one and leaves its other bytes alone. Offsets: PE/COFF specification, "Optional Header" (PE32+)
//! and "Section Table".

use super::headers::{
    DIRECTORY_RESOURCE, DIRECTORY_SECURITY, Headers, ImageError, MAX_STUB_BYTES,
    SECTION_HEADER_BYTES, checksum, get_u16, get_u32, put_u16, put_u32,
};
use super::resource::ResourceTree;

/// `IMAGE_FILE_NET_RUN_FROM_SWAP`: Windows copies the image into the page file before it runs
/// from a network drive, so a dropped connection does not fault the process.
pub(super) const NET_RUN_FROM_SWAP: u16 = 0x0800;
/// `IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ`.
const READ_ONLY_DATA: u32 = 0x4000_0040;

/// Appends `.rsrc` at the next section address and at the end of the file.
pub(super) fn append_resources(stub: &[u8], tree: &ResourceTree) -> Result<Vec<u8>, ImageError> {
    if stub.len() > MAX_STUB_BYTES {
        return Err(ImageError::TooLarge { size: stub.len() });
    }
    let layout = Layout::read(stub)?;
    let too_large = || ImageError::Malformed {
        what: "section addresses pass 4 GiB",
    };
    let data = tree.encode(layout.next_address).ok_or_else(too_large)?;
    let raw_size = data.len().next_multiple_of(layout.file_alignment as usize);
    let data_size = u32::try_from(data.len()).map_err(|_| too_large())?;
    let raw_size_field = u32::try_from(raw_size).map_err(|_| too_large())?;
    let raw_offset = u32::try_from(stub.len()).map_err(|_| too_large())?;
    let image_size = layout
        .next_address
        .checked_add(data_size)
        .and_then(|end| end.checked_next_multiple_of(layout.section_alignment))
        .ok_or_else(too_large)?;

    let mut out = Vec::with_capacity(stub.len() + raw_size);
    out.extend(stub);
    out.extend(&data);
    out.resize(stub.len() + raw_size, 0);

    let header =
        &mut out[layout.section_table_end..layout.section_table_end + SECTION_HEADER_BYTES];
    header.fill(0);
    header[..5].copy_from_slice(b".rsrc");
    header[8..12].copy_from_slice(&data_size.to_le_bytes());
    header[12..16].copy_from_slice(&layout.next_address.to_le_bytes());
    header[16..20].copy_from_slice(&raw_size_field.to_le_bytes());
    header[20..24].copy_from_slice(&raw_offset.to_le_bytes());
    header[36..40].copy_from_slice(&READ_ONLY_DATA.to_le_bytes());

    let headers = &layout.headers;
    put_u16(&mut out, headers.coff_at + 6, layout.sections + 1);
    put_u16(
        &mut out,
        headers.coff_at + 22,
        layout.characteristics | NET_RUN_FROM_SWAP,
    );
    let optional = headers.optional_at;
    put_u32(
        &mut out,
        optional + 8,
        layout.initialized_data.saturating_add(raw_size_field),
    );
    put_u32(&mut out, optional + 56, image_size);
    let directory = headers.directory_at(DIRECTORY_RESOURCE);
    put_u32(&mut out, directory, layout.next_address);
    put_u32(&mut out, directory + 4, data_size);
    let checksum_at = headers.checksum_at();
    put_u32(&mut out, checksum_at, 0);
    let checksum = checksum(&out);
    put_u32(&mut out, checksum_at, checksum);
    Ok(out)
}

/// What the headers say, checked against the file and each other.
struct Layout {
    headers: Headers,
    section_table_end: usize,
    sections: u16,
    characteristics: u16,
    initialized_data: u32,
    file_alignment: u32,
    section_alignment: u32,
    /// First free virtual address, aligned.
    next_address: u32,
}

impl Layout {
    fn read(stub: &[u8]) -> Result<Self, ImageError> {
        let malformed = |what| ImageError::Malformed { what };
        let unsuitable = |what| ImageError::Unsuitable { what };
        let short = || malformed("the headers are cut short");
        let headers = Headers::read(stub)?;
        let Headers {
            coff_at,
            optional_at,
        } = headers;
        if get_u32(stub, coff_at + 12).ok_or_else(short)? != 0 {
            return Err(unsuitable("it has a symbol table; build it with `strip`"));
        }
        let optional_bytes = usize::from(get_u16(stub, coff_at + 20).ok_or_else(short)?);
        check_directories(stub, &headers, optional_bytes)?;
        let section_alignment = get_u32(stub, optional_at + 32).ok_or_else(short)?;
        let file_alignment = get_u32(stub, optional_at + 36).ok_or_else(short)?;
        let file_alignment_fits =
            (512..=65536).contains(&file_alignment) && file_alignment.is_power_of_two();
        if !section_alignment.is_power_of_two() || !file_alignment_fits {
            return Err(malformed("an alignment is not a power of two in range"));
        }
        let sections = get_u16(stub, coff_at + 6).ok_or_else(short)?;
        let section_table = optional_at + optional_bytes;
        let section_table_end = section_table + usize::from(sections) * SECTION_HEADER_BYTES;
        let headers_bytes = get_u32(stub, optional_at + 60).ok_or_else(short)? as usize;
        if section_table_end + SECTION_HEADER_BYTES > headers_bytes.min(stub.len()) {
            return Err(unsuitable("no room for one more section header"));
        }
        let table = SectionTable {
            bytes: stub
                .get(section_table..section_table_end)
                .ok_or_else(short)?,
            section_alignment,
        };
        let (next_address, raw_end) = table.ends(headers_bytes)?;
        if raw_end < stub.len() {
            return Err(unsuitable("bytes lie after the last section"));
        }
        if raw_end > stub.len() || !stub.len().is_multiple_of(file_alignment as usize) {
            return Err(malformed("the file ends before its last section does"));
        }
        Ok(Self {
            headers,
            section_table_end,
            sections,
            characteristics: get_u16(stub, coff_at + 22).ok_or_else(short)?,
            initialized_data: get_u32(stub, optional_at + 8).ok_or_else(short)?,
            file_alignment,
            section_alignment,
            next_address,
        })
    }
}

/// The headers of all sections.
struct SectionTable<'a> {
    bytes: &'a [u8],
    section_alignment: u32,
}

impl SectionTable<'_> {
    /// First free address in memory, aligned, and the end of the last section in the file, which
    /// is at least that of the headers.
    fn ends(&self, headers_bytes: usize) -> Result<(u32, usize), ImageError> {
        let malformed = |what| ImageError::Malformed { what };
        let (mut next_address, mut raw_end) = (0u32, headers_bytes);
        for header in self.bytes.chunks_exact(SECTION_HEADER_BYTES) {
            let field =
                |at| get_u32(header, at).ok_or_else(|| malformed("the headers are cut short"));
            let (virtual_size, address, raw_size, raw_at) =
                (field(8)?, field(12)?, field(16)?, field(20)?);
            let end = address
                .checked_add(virtual_size.max(raw_size))
                .and_then(|end| end.checked_next_multiple_of(self.section_alignment))
                .ok_or_else(|| malformed("a section passes 4 GiB"))?;
            next_address = next_address.max(end);
            raw_end = raw_end.max((raw_at as usize).saturating_add(raw_size as usize));
        }
        Ok((next_address, raw_end))
    }
}

/// There is room for the resources, and neither they nor a signature are there yet.
fn check_directories(
    stub: &[u8],
    headers: &Headers,
    optional_bytes: usize,
) -> Result<(), ImageError> {
    let short = || ImageError::Malformed {
        what: "the headers are cut short",
    };
    let directories = get_u32(stub, headers.optional_at + 108).ok_or_else(short)? as usize;
    if directories <= DIRECTORY_SECURITY || optional_bytes < 112 + directories.saturating_mul(8) {
        return Err(ImageError::Malformed {
            what: "too few data directories",
        });
    }
    for (index, what) in [
        (
            DIRECTORY_RESOURCE,
            "it already has resources; take the stub as it was built",
        ),
        (
            DIRECTORY_SECURITY,
            "it is signed; take the stub as it was built",
        ),
    ] {
        if get_u32(stub, headers.directory_at(index)).ok_or_else(short)? != 0 {
            return Err(ImageError::Unsuitable { what });
        }
    }
    Ok(())
}
