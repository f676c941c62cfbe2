//! A signature put into a package: what signing tools would write, and nothing around it.
//!
//! Layouts as osslsigncode 2.9 writes them, which Windows takes. Own code for cabinets, because no
//! library writes the reserved area of a header.

use std::io::{self, Read, Seek, SeekFrom, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::formats::authenticode::{
    Detached, SIGNATURE_BLOCK, SIGNATURE_BLOCK_END, SIGNATURE_LETTERS, SIGNATURE_LINE,
};

use super::signed::{CABINET_HEADER, CABINET_RESERVE, SIGNATURE_STREAMS, folders_of, reserved};

/// Signatures end at a multiple of so many bytes.
const ALIGNMENT: usize = 8;

/// Of the place of the signature in the reserved area, then its size.
const PLACE_AT: u64 = 44;

/// Adds the signature as streams to an installer package that has none.
///
/// # Errors
/// The file's.
pub fn to_package(package: impl Read + Write + Seek, signature: &Detached) -> io::Result<()> {
    let mut file = cfb::CompoundFile::open(package)?;
    let contents = [Some(&signature.pkcs7), signature.metadata_digest.as_ref()];
    for (name, content) in SIGNATURE_STREAMS.iter().zip(contents) {
        let Some(content) = content else { continue };
        let mut stream = file.create_new_stream(format!("/{name}"))?;
        stream.write_all(content)?;
        stream.flush()?;
    }
    file.flush()
}

/// Writes a cabinet with the reserved area that signing adds, and no signature in it.
///
/// # Errors
/// The files'.
pub fn reserve(unsigned: &mut (impl Read + Seek), out: &mut impl Write) -> io::Result<()> {
    let length = unsigned.seek(SeekFrom::End(0))?;
    unsigned.seek(SeekFrom::Start(0))?;
    let mut header = [0; CABINET_HEADER];
    unsigned.read_exact(&mut header)?;
    out.write_all(&reserved::header(header))?;
    let place = length + u64::from(CABINET_RESERVE);
    out.write_all(&reserved::area(in_four_bytes(place)?, 0))?;
    for _ in 0..folders_of(&header) {
        let mut folder = [0; 8];
        unsigned.read_exact(&mut folder)?;
        out.write_all(&reserved::folder(folder))?;
    }
    io::copy(unsigned, out).map(drop)
}

/// Puts the signature behind a cabinet that has the reserved area.
///
/// # Errors
/// The file's.
pub fn to_cabinet(cabinet: &mut (impl Write + Seek), signature: &[u8]) -> io::Result<()> {
    let size = signature.len().next_multiple_of(ALIGNMENT);
    let place = cabinet.seek(SeekFrom::End(0))?;
    cabinet.write_all(signature)?;
    cabinet.write_all(&[0; ALIGNMENT][..size - signature.len()])?;
    cabinet.seek(SeekFrom::Start(PLACE_AT))?;
    cabinet.write_all(&in_four_bytes(place)?)?;
    cabinet.write_all(&in_four_bytes(size as u64)?)?;
    cabinet.flush()
}

/// Writes a script with the signature's block behind it, in the lines that PowerShell writes
/// (`Set-AuthenticodeSignature`).
///
/// # Errors
/// The files'.
pub fn to_script(
    unsigned: &mut impl Read,
    out: &mut impl Write,
    signature: &[u8],
) -> io::Result<()> {
    io::copy(unsigned, out)?;
    write!(out, "\r\n{SIGNATURE_BLOCK}\r\n")?;
    let base64 = STANDARD.encode(signature);
    for line in base64.as_bytes().chunks(SIGNATURE_LETTERS) {
        out.write_all(SIGNATURE_LINE.as_bytes())?;
        out.write_all(line)?;
        out.write_all(b"\r\n")?;
    }
    write!(out, "{SIGNATURE_BLOCK_END}\r\n")?;
    out.flush()
}

fn in_four_bytes(number: u64) -> io::Result<[u8; 4]> {
    u32::try_from(number)
        .map(u32::to_le_bytes)
        .map_err(|_| io::Error::other("a cabinet ends before 4 GiB"))
}
