//! Programs that begin with `MZ` and have no PE header: older than it.

use std::io::{Read, Seek, SeekFrom};

/// What such a program is; none when it is neither of the known kinds, and so rather damaged.
///
/// A program with a newer header says so by the place of its relocations, 40h or more, and has
/// the header's offset at 3Ch (Microsoft, "Executable-File Header Format", Q65122).
pub fn without_pe_header<S: Read + Seek>(source: &mut S) -> Option<&'static str> {
    const RELOCATIONS: usize = 0x18;
    const NEW_HEADER: usize = 0x3c;
    /// A DOS header is 28 bytes long, and the relocations follow it.
    const SHORTEST: u16 = 28;
    const EXTENDED: u16 = 0x40;

    let start = read(source, 0, 64);
    let relocations = u16::from_le_bytes(*start.get(RELOCATIONS..)?.first_chunk()?);
    if relocations < EXTENDED {
        return (relocations >= SHORTEST).then_some("a program for DOS");
    }
    let at = u32::from_le_bytes(*start.get(NEW_HEADER..)?.first_chunk()?);
    match read(source, at.into(), 2).as_slice() {
        b"NE" => Some("a program for 16-bit Windows"),
        b"LE" => Some("a driver for Windows 9x"),
        b"LX" => Some("a program for OS/2"),
        _ => None,
    }
}

/// At most `limit` bytes; fewer where the file ends or cannot be read.
fn read<S: Read + Seek>(source: &mut S, at: u64, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = source
        .seek(SeekFrom::Start(at))
        .and_then(|_| source.take(limit).read_to_end(&mut bytes));
    if read.is_err() {
        bytes.clear();
    }
    bytes
}
