//! The way back: an exe without its signature, and the stub without its resources.
//!
//! Whoever holds an exe and a manifest can make the exe again from its own stub and compare
//! every byte: no resource directory of an outsider has to be understood, and nothing can hide
//! in one.
//!
//! Offsets: PE/COFF specification, "Optional Header" (PE32+) and "Section Table".

use gangway_contract::Sha256;

use super::headers::{
    DIRECTORY_RESOURCE, DIRECTORY_SECURITY, Headers, ImageError, SECTION_HEADER_BYTES, checksum,
    get_u16, get_u32, put_u16, put_u32,
};
use super::image::NET_RUN_FROM_SWAP;

/// The headers of an exe that may be anybody's.
fn headers_of(exe: &[u8]) -> Result<Headers, ImageError> {
    let malformed = |what| ImageError::Malformed { what };
    let headers = Headers::read(exe).map_err(|error| match error {
        ImageError::Unsuitable { what } => malformed(what),
        other => other,
    })?;
    let optional_at = headers.optional_at;
    let directories = get_u32(exe, optional_at + 108)
        .ok_or_else(|| malformed("the headers are cut short"))? as usize;
    if directories <= DIRECTORY_SECURITY || optional_at + 152 > exe.len() {
        return Err(malformed("too few data directories"));
    }
    Ok(headers)
}

/// The bytes that were signed: certificate table cut off, its directory entry cleared, the
/// checksum mended. An exe without a certificate table is given back as it is, with whatever
/// checksum it has.
///
/// # Errors
/// It is no executable, or its certificate table does not end the file.
pub fn without_signature(exe: &[u8]) -> Result<Vec<u8>, ImageError> {
    let headers = headers_of(exe)?;
    let entry = headers.directory_at(DIRECTORY_SECURITY);
    let field = |at| get_u32(exe, at).unwrap_or(0) as usize;
    let (offset, size) = (field(entry), field(entry + 4));
    if (offset, size) == (0, 0) {
        return Ok(exe.to_vec());
    }
    if offset.checked_add(size) != Some(exe.len()) || offset < entry + 8 {
        return Err(ImageError::Malformed {
            what: "its certificate table does not end the file",
        });
    }
    let stored = field(headers.checksum_at());
    let mut zeroed = exe.to_vec();
    put_u32(&mut zeroed, headers.checksum_at(), 0);
    if checksum(&zeroed) as usize != stored {
        return Err(ImageError::Malformed {
            what: "its header checksum is not that of its bytes",
        });
    }
    let mut unsigned = exe[..offset].to_vec();
    put_u32(&mut unsigned, entry, 0);
    put_u32(&mut unsigned, entry + 4, 0);
    put_u32(&mut unsigned, headers.checksum_at(), 0);
    let mended = checksum(&unsigned);
    put_u32(&mut unsigned, headers.checksum_at(), mended);
    Ok(unsigned)
}

/// The way there: the exe with a PKCS #7 signature as its certificate table, which is all that
/// signing adds. Windows Authenticode Portable Executable Signature Format, `WIN_CERTIFICATE`.
///
/// # Errors
/// It is no executable, has a certificate table already, or does not end at a multiple of 8 bytes.
pub fn with_signature(unsigned: &[u8], signature: &[u8]) -> Result<Vec<u8>, ImageError> {
    /// `WIN_CERT_REVISION_2_0` and `WIN_CERT_TYPE_PKCS_SIGNED_DATA`.
    const REVISION_AND_TYPE: [u8; 4] = [0, 2, 2, 0];
    const ENTRY_HEADER_BYTES: usize = 8;
    const ALIGNMENT: usize = 8;
    let malformed = |what| ImageError::Malformed { what };
    let headers = headers_of(unsigned)?;
    let entry = headers.directory_at(DIRECTORY_SECURITY);
    if get_u32(unsigned, entry) != Some(0) || get_u32(unsigned, entry + 4) != Some(0) {
        return Err(malformed("it has a certificate table already"));
    }
    if !unsigned.len().is_multiple_of(ALIGNMENT) {
        return Err(malformed("a certificate table could not begin at its end"));
    }
    let size = (ENTRY_HEADER_BYTES + signature.len()).next_multiple_of(ALIGNMENT);
    let field = |number: usize| u32::try_from(number).map_err(|_| malformed("it is too large"));
    let (at, table) = (field(unsigned.len())?, field(size)?);
    let mut exe = Vec::with_capacity(unsigned.len() + size);
    exe.extend(unsigned);
    exe.extend(table.to_le_bytes());
    exe.extend(REVISION_AND_TYPE);
    exe.extend(signature);
    exe.resize(unsigned.len() + size, 0);
    put_u32(&mut exe, entry, at);
    put_u32(&mut exe, entry + 4, table);
    put_u32(&mut exe, headers.checksum_at(), 0);
    let mended = checksum(&exe);
    put_u32(&mut exe, headers.checksum_at(), mended);
    Ok(exe)
}

/// The stub of this digest that an exe without a signature was made from; none when it was made
/// from another.
///
/// Two header fields of the stub are not kept in the exe: the flag that `specialise` sets, and a
/// checksum, which linkers write or leave zero. The digest tells which they were.
pub fn stub_of(unsigned: &[u8], sha256: Sha256) -> Option<Vec<u8>> {
    let headers = headers_of(unsigned).ok()?;
    let sections = get_u16(unsigned, headers.coff_at + 6)?.checked_sub(1)?;
    let optional_bytes = usize::from(get_u16(unsigned, headers.coff_at + 20)?);
    if optional_bytes < 112 + (DIRECTORY_SECURITY + 1) * 8 {
        return None;
    }
    let last = headers.optional_at + optional_bytes + usize::from(sections) * SECTION_HEADER_BYTES;
    let header = unsigned.get(last..last.checked_add(SECTION_HEADER_BYTES)?)?;
    let (address, raw_size, raw_offset) = (
        get_u32(header, 12)?,
        get_u32(header, 16)?,
        get_u32(header, 20)?,
    );
    let end = (raw_offset as usize).checked_add(raw_size as usize)?;
    if !header.starts_with(b".rsrc\0\0\0")
        || end != unsigned.len()
        || (raw_offset as usize) < last + SECTION_HEADER_BYTES
    {
        return None;
    }
    let optional = headers.optional_at;
    let initialized = get_u32(unsigned, optional + 8)?.checked_sub(raw_size)?;
    let characteristics = get_u16(unsigned, headers.coff_at + 22)?;

    let mut stub = unsigned[..raw_offset as usize].to_vec();
    stub[last..last + SECTION_HEADER_BYTES].fill(0);
    put_u16(&mut stub, headers.coff_at + 6, sections);
    put_u32(&mut stub, optional + 8, initialized);
    put_u32(&mut stub, optional + 56, address);
    let directory = headers.directory_at(DIRECTORY_RESOURCE);
    stub[directory..directory + 8].fill(0);
    for flags in [characteristics & !NET_RUN_FROM_SWAP, characteristics] {
        put_u16(&mut stub, headers.coff_at + 22, flags);
        put_u32(&mut stub, headers.checksum_at(), 0);
        if Sha256::of(&stub) == sha256 {
            return Some(stub);
        }
        let computed = checksum(&stub);
        put_u32(&mut stub, headers.checksum_at(), computed);
        if Sha256::of(&stub) == sha256 {
            return Some(stub);
        }
    }
    None
}
