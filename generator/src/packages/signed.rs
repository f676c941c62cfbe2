//! Is a signed cabinet, installer package or script the one that was given, plus a signature?

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gangway_contract::Sha256;
use sha2::Digest as _;

use crate::formats::authenticode::{SIGNATURE_BLOCK, SIGNATURE_LINE};
use crate::formats::compound::{CompoundError, CompoundFile};
use crate::formats::der::Reader;

/// Streams that hold a signature (observed; the second one for the names and times of the others).
pub(super) const SIGNATURE_STREAMS: [&str; 2] =
    ["\u{5}DigitalSignature", "\u{5}MsiDigitalSignatureEx"];

/// Bytes that signing puts between header and folders of a cabinet: sizes of the reserved areas, and
/// the place of the signature.
pub(super) const CABINET_RESERVE: u32 = 24;
/// Most of a signed script that is read, in bytes: ours have some KB, the signature block of a long chain has
/// some more.
const MAX_SCRIPT_BYTES: u64 = 1 << 20;
/// Header of a cabinet without a reserved area.
pub(super) const CABINET_HEADER: usize = 36;
/// `cfhdrRESERVE_PRESENT`.
const RESERVE_FLAG: u8 = 4;

/// Why a signed file is not the one that was given.
#[derive(Debug, thiserror::Error)]
pub enum Difference {
    /// In words.
    #[error("{0}")]
    Found(String),
    /// One of them cannot be read.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    /// It is no compound file.
    #[error("it is no installer package: {0}")]
    Compound(#[from] CompoundError),
}

fn found(what: impl Into<String>) -> Difference {
    Difference::Found(what.into())
}

/// Every stream of one package is in the other, byte for byte, and nothing else but a signature; so
/// are the class ids. Signing tools write the file around them anew.
///
/// # Errors
/// The first difference.
pub fn same_package<R: Read + Seek>(unsigned: &mut R, signed: &mut R) -> Result<(), Difference> {
    let before = streams(unsigned)?;
    let mut after = streams(signed)?;
    after.retain(|name, _| !SIGNATURE_STREAMS.contains(&name.as_str()));
    for (name, bytes) in &before {
        if after.remove(name).as_ref() != Some(bytes) {
            return Err(found(format!(
                "stream `{}` is another one",
                name.escape_default()
            )));
        }
    }
    match after.keys().next() {
        None => Ok(()),
        Some(name) => Err(found(format!(
            "stream `{}` came along",
            name.escape_default()
        ))),
    }
}

/// Digests of all streams of the root, by name; its class id under the empty name.
fn streams<R: Read + Seek>(source: &mut R) -> Result<BTreeMap<String, Vec<u8>>, Difference> {
    let mut file = CompoundFile::open(source)?;
    let root = file.root();
    let mut streams = BTreeMap::new();
    streams.insert(String::new(), file.entry(root).clsid.to_vec());
    for id in file.children(root).to_vec() {
        let name = file.entry(id).name();
        if !file.children(id).is_empty() {
            return Err(found(format!(
                "storage `{}` has no place in it",
                name.escape_default()
            )));
        }
        let mut hash = sha2::Sha256::new();
        file.read_stream(id, |piece| hash.update(piece))?;
        let digest = Sha256::from_bytes(hash.finalize().into());
        if streams
            .insert(name.clone(), digest.as_bytes().to_vec())
            .is_some()
        {
            return Err(found(format!(
                "stream `{}` is there twice",
                name.escape_default()
            )));
        }
    }
    Ok(streams)
}

/// The header of a cabinet with the reserved area of a signature, from those of one without.
pub(super) mod reserved {
    use super::{CABINET_HEADER, CABINET_RESERVE, RESERVE_FLAG};

    /// Everything behind the header lies further back; sizes of the areas follow.
    pub(in super::super) fn header(mut header: [u8; CABINET_HEADER]) -> [u8; CABINET_HEADER] {
        header[30] |= RESERVE_FLAG;
        moved(&mut header, 8);
        moved(&mut header, 16);
        header
    }

    /// So does the data of each folder.
    pub(in super::super) fn folder(mut folder: [u8; 8]) -> [u8; 8] {
        moved(&mut folder, 0);
        folder
    }

    /// Sizes, flags, place and size of the signature, zeros.
    pub(in super::super) fn area(place: [u8; 4], size: u32) -> [u8; 24] {
        let mut area = [0; 24];
        area[..8].copy_from_slice(&[20, 0, 0, 0, 0, 0, 16, 0]);
        area[8..12].copy_from_slice(&place);
        area[12..16].copy_from_slice(&size.to_le_bytes());
        area
    }

    fn moved(bytes: &mut [u8], at: usize) {
        if let Some(place) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
            *place = u32::from_le_bytes(*place)
                .wrapping_add(CABINET_RESERVE)
                .to_le_bytes();
        }
    }
}

/// How many folders a header says.
pub(super) fn folders_of(header: &[u8; CABINET_HEADER]) -> u16 {
    u16::from_le_bytes([header[26], header[27]])
}

/// The signed cabinet is the other one with a reserved area in its header, every offset moved by it,
/// and a signature behind its end.
///
/// # Errors
/// The first difference.
pub fn same_cabinet<R: Read + Seek>(unsigned: &mut R, signed: &mut R) -> Result<(), Difference> {
    let length = unsigned.seek(SeekFrom::End(0))?;
    unsigned.seek(SeekFrom::Start(0))?;
    signed.seek(SeekFrom::Start(0))?;
    let (mut header, mut there) = ([0; CABINET_HEADER], [0; CABINET_HEADER]);
    unsigned.read_exact(&mut header)?;
    signed.read_exact(&mut there)?;
    if reserved::header(header) != there {
        return Err(found("its header is another one"));
    }
    let mut area = [0; 24];
    signed.read_exact(&mut area)?;
    let place = u32::try_from(length + u64::from(CABINET_RESERVE)).unwrap_or(u32::MAX);
    let size = u32::from_le_bytes([area[12], area[13], area[14], area[15]]);
    if area != reserved::area(place.to_le_bytes(), size) {
        return Err(found(
            "the reserved area of its header holds more than a signature's place",
        ));
    }
    for _ in 0..folders_of(&header) {
        let (mut one, mut other) = ([0; 8], [0; 8]);
        unsigned.read_exact(&mut one)?;
        signed.read_exact(&mut other)?;
        if reserved::folder(one) != other {
            return Err(found("a folder of it is another one"));
        }
    }
    let rest = length - unsigned.stream_position()?;
    let digest = |source: &mut R| crate::plain_file::digest_of(source.take(rest), rest);
    if digest(unsigned)? != digest(signed)? {
        return Err(found("its content is another one"));
    }
    Ok(())
}

/// The signed script is the other one, byte for byte, and behind it a line break and a signature block.
/// That nothing follows the block is asked when the signature is verified.
///
/// # Errors
/// The first difference.
pub fn same_script<R: Read + Seek>(unsigned: &mut R, signed: &mut R) -> Result<(), Difference> {
    let read = |source: &mut R| {
        let mut bytes = Vec::new();
        source.seek(SeekFrom::Start(0))?;
        source.take(MAX_SCRIPT_BYTES).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(bytes)
    };
    let (before, after) = (read(unsigned)?, read(signed)?);
    let added = after
        .strip_prefix(before.as_slice())
        .ok_or_else(|| found("its text is another one"))?;
    let block = added.strip_prefix(b"\r\n").unwrap_or_default();
    match block.starts_with(SIGNATURE_BLOCK.as_bytes()) {
        true => Ok(()),
        false => Err(found("its text is followed by no signature block")),
    }
}

/// The signature in the block of a signed script, without what tools put behind it.
///
/// # Errors
/// There is no block with a signature in it.
pub fn signature_of_script<R: Read + Seek>(signed: &mut R) -> Result<Vec<u8>, Difference> {
    let mut bytes = Vec::new();
    signed.seek(SeekFrom::Start(0))?;
    signed.take(MAX_SCRIPT_BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let (_, block) = text
        .split_once(SIGNATURE_BLOCK)
        .ok_or_else(|| found("it has no signature block"))?;
    let base64: String = block
        .lines()
        .skip(1)
        .map_while(|line| line.strip_prefix(SIGNATURE_LINE))
        .take_while(|line| !line.starts_with("SIG #"))
        .collect();
    let padded = STANDARD
        .decode(base64)
        .map_err(|_| found("its signature block is not base64"))?;
    let mut reader = Reader::new(&padded);
    let signature = reader.read();
    let signature = signature.map_err(|_| found("its signature block holds no signature"))?;
    Ok(signature.raw.to_vec())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::formats::authenticode::SIGNATURE_BLOCK_END;
    use crate::packages::attach;

    #[test]
    fn a_signed_script_is_the_script_and_a_block() {
        let block = format!("{SIGNATURE_BLOCK}\r\n# MII=\r\n");
        for (signed, words) in [
            (format!("$x = 1\n\r\n{block}"), ""),
            (format!("$x = 2\n\r\n{block}"), "text is another"),
            (format!("$x = 1\n{block}"), "no signature block"),
            (format!("$x = 1\n\r\n\r\n{block}"), "no signature block"),
            (format!("$x = 1\n$y = 2\r\n{block}"), "no signature block"),
            ("$x = 1\n".to_owned(), "no signature block"),
            (String::new(), "text is another"),
        ] {
            let mut unsigned = Cursor::new(b"$x = 1\n".to_vec());
            let mut after = Cursor::new(signed.clone().into_bytes());
            match same_script(&mut unsigned, &mut after) {
                Ok(()) => assert_eq!(words, "", "{signed}"),
                Err(why) => {
                    let why = why.to_string();
                    assert!(!words.is_empty() && why.contains(words), "{signed}: {why}");
                }
            }
        }
    }

    #[test]
    fn of_a_scripts_block_only_the_signature_is_taken() {
        let der = [0x30, 3, 2, 1, 5];
        let mut written = Vec::new();
        attach::to_script(&mut &b"$x = 1\n"[..], &mut written, &der).unwrap();
        let written = String::from_utf8(written).unwrap();
        let lines = format!("{SIGNATURE_BLOCK}\r\n# MAMCAQU=\r\n{SIGNATURE_BLOCK_END}\r\n");
        assert_eq!(written, format!("$x = 1\n\r\n{lines}"));
        let taken = |text: &str| signature_of_script(&mut Cursor::new(text.as_bytes().to_vec()));
        for (from, to) in [
            ("MAMCAQU=", "MAMCAQU="),
            // Zeros behind the structure, short lines, blanks behind the block.
            ("MAMCAQU=", "MAMCAQUAAAA="),
            ("MAMCAQU=", "MAM\r\n# CAQU="),
            ("End signature block\r\n", "End signature block\r\n\t \t "),
        ] {
            assert_eq!(taken(&written.replacen(from, to, 1)).unwrap(), der, "{to}");
        }
        for (from, why) in [("MAMCAQU=", "no signature"), ("MAMCAQU", "base64")] {
            let error = taken(&written.replacen(from, "", 1))
                .unwrap_err()
                .to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
