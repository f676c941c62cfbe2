//! Gives a Windows program a version, so that a test can say which platform, sensor or
//! library a server has.
//!
//! Appends one `.rsrc` section that holds the fixed version record and nothing else: what
//! `GetFileVersionInfo` needs. The programs are our own stand-ins, which have no resources.

use anyhow::{Context as _, Result, ensure};

const RT_VERSION: u32 = 16;
/// Of the section: initialised data, readable.
const FLAGS: u32 = 0x4000_0040;

/// `program` with the given file version.
///
/// # Errors
/// It is no 64-bit program without resources.
pub(super) fn add(program: &[u8], version: [u16; 4]) -> Result<Vec<u8>> {
    let mut file = program.to_vec();
    let pe = number(&file, 0x3C)?;
    let optional = pe + 24;
    ensure!(
        file.get(..2) == Some(b"MZ") && file.get(optional..optional + 2) == Some(&[0x0B, 0x02]),
        "not a 64-bit Windows program"
    );
    let sections = usize::from(u16::try_from(number(&file, pe + 6)? & 0xFFFF)?);
    let table = optional + 240;
    let new_header = table + sections * 40;
    ensure!(
        new_header + 40 <= number(&file, optional + 60)?,
        "no room for one more section header"
    );
    ensure!(
        number(&file, optional + 128)? == 0,
        "it has resources already"
    );
    let last = new_header - 40;
    let (section_alignment, file_alignment) =
        (number(&file, optional + 32)?, number(&file, optional + 36)?);
    let address =
        (number(&file, last + 12)? + number(&file, last + 8)?).next_multiple_of(section_alignment);
    let content = section(u32::try_from(address)?, version);
    let offset = file.len().next_multiple_of(file_alignment);
    file.resize(offset, 0);
    file.extend_from_slice(&content);
    file.resize(file.len().next_multiple_of(file_alignment), 0);

    let stored = file.len() - offset;
    let mut header = b".rsrc\0\0\0".to_vec();
    for field in [content.len(), address, stored, offset, 0, 0, 0] {
        header.extend(u32::try_from(field)?.to_le_bytes());
    }
    header.extend(FLAGS.to_le_bytes());
    put(&mut file, new_header, &header);
    put(
        &mut file,
        pe + 6,
        &u16::try_from(sections + 1)?.to_le_bytes(),
    );
    let image = (address + content.len()).next_multiple_of(section_alignment);
    put(
        &mut file,
        optional + 56,
        &u32::try_from(image)?.to_le_bytes(),
    );
    put(
        &mut file,
        optional + 128,
        &u32::try_from(address)?.to_le_bytes(),
    );
    put(
        &mut file,
        optional + 132,
        &u32::try_from(content.len())?.to_le_bytes(),
    );
    Ok(file)
}

/// Three directories of one entry each, the data entry, the version record.
fn section(address: u32, version: [u16; 4]) -> Vec<u8> {
    let record = record(version);
    let mut out = Vec::new();
    for (id, to) in [(RT_VERSION, 0x8000_0018), (1, 0x8000_0030), (1033, 72)] {
        let directory = [0, 0, 0, 0x0001_0000, id, to];
        out.extend(directory.iter().flat_map(|field: &u32| field.to_le_bytes()));
    }
    let entry = [address + 88, u32::try_from(record.len()).unwrap_or(0), 0, 0];
    out.extend(entry.iter().flat_map(|field| field.to_le_bytes()));
    out.extend(record);
    out
}

/// `VS_VERSIONINFO` with its `VS_FIXEDFILEINFO` alone.
fn record([major, minor, build, revision]: [u16; 4]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    for field in [92_u16, 52, 0] {
        out.extend(field.to_le_bytes());
    }
    out.extend(
        "VS_VERSION_INFO\0"
            .encode_utf16()
            .flat_map(u16::to_le_bytes),
    );
    out.resize(40, 0);
    let high = u32::from(major) << 16 | u32::from(minor);
    let low = u32::from(build) << 16 | u32::from(revision);
    // Signature, structure 1.0, file and product version, flags, OS NT, type application.
    for field in [
        0xFEEF_04BD,
        0x1_0000,
        high,
        low,
        high,
        low,
        0x3F,
        0,
        0x4_0004,
        1,
        0,
        0,
        0,
    ] {
        out.extend(field.to_le_bytes());
    }
    out
}

fn number(file: &[u8], at: usize) -> Result<usize> {
    let bytes = file
        .get(at..at + 4)
        .context("the program ends within its headers")?;
    let field = u32::from_le_bytes(bytes.try_into().context("four bytes")?);
    usize::try_from(field).context("an offset")
}

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    // Every place was read before, so it is inside.
    if let Some(place) = file.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}
