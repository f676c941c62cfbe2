//! Cabinets and MSU updates: the signature behind the cabinet and the digest around it.

use std::io::{Read, Seek, SeekFrom};

use super::carrier::{Carrier, Failure, Found, MAX_SIGNATURE_BYTES, Reading, padding_warning};
use super::kind::FileKind;
use super::reason::InvalidReason;
use super::verdict::Warning;
use crate::formats::cabinet::{CabinetError, Header};
use crate::formats::digest::DigestAlgorithm;
use crate::formats::range::hash_ranges;

/// Header, reserve sizes and the 20 bytes of reserve that hold the signature's place.
const SIGNED_HEADER_BYTES: usize = 60;
const RESERVE_BYTES: u16 = 20;
/// Stands at the start of the reserve of every signed cabinet.
const RESERVE_MARK: [u8; 4] = [0, 0, 0x10, 0];

pub(super) struct CabinetCarrier<'s, S> {
    source: &'s mut S,
    signatures: Vec<Found>,
    signature_offset: u64,
    uncovered_bytes: u64,
}

impl From<CabinetError> for Failure {
    fn from(error: CabinetError) -> Self {
        match error {
            CabinetError::Io(error) => Self::Io(error),
            CabinetError::Damaged(what) => Self::Invalid(InvalidReason::CabinetDamaged { what }),
        }
    }
}

impl<'s, S: Read + Seek> CabinetCarrier<'s, S> {
    pub(super) fn open(source: &'s mut S) -> Result<Self, Failure> {
        let header = Header::read(source)?;
        let file_size = header.file_bytes;
        let unsigned = |source| Self {
            source,
            signatures: Vec::new(),
            signature_offset: 0,
            uncovered_bytes: 0,
        };
        if header.reserve_sizes != Some((RESERVE_BYTES, 0, 0))
            || file_size < SIGNED_HEADER_BYTES as u64
        {
            return Ok(unsigned(source));
        }
        let mut bytes = [0; SIGNED_HEADER_BYTES];
        source.seek(SeekFrom::Start(0))?;
        source.read_exact(&mut bytes)?;
        let (offset, size) = (number_at(&bytes, 44), number_at(&bytes, 48));
        if four_at(&bytes, 40) != RESERVE_MARK || size == 0 {
            return Ok(unsigned(source));
        }
        reserved_is_zero(&bytes, header.is_part_of_set)?;
        let damaged = |what: String| Failure::Invalid(InvalidReason::CabinetDamaged { what });
        if offset != header.cabinet_bytes {
            return Err(damaged(format!(
                "the signature is at {offset}, but the cabinet ends at {}",
                header.cabinet_bytes
            )));
        }
        if offset.saturating_add(size) != file_size {
            return Err(Failure::Invalid(InvalidReason::CabinetSignatureNotAtEnd {
                signature_end: offset.saturating_add(size),
                file_size,
            }));
        }
        if size > MAX_SIGNATURE_BYTES {
            return Err(Failure::Invalid(InvalidReason::SignatureTooLarge {
                size,
                limit: MAX_SIGNATURE_BYTES,
            }));
        }
        let content_end = header.content_end(source)?;
        if content_end > offset {
            return Err(damaged(format!(
                "its data ends at {content_end}, behind the start of the signature at {offset}"
            )));
        }
        source.seek(SeekFrom::Start(offset))?;
        let mut der = vec![0; usize::try_from(size).unwrap_or(0)];
        source.read_exact(&mut der)?;
        let (found, uncovered_bytes) = Found::from_padded(0, &der);
        Ok(Self {
            source,
            signatures: vec![found],
            signature_offset: offset,
            uncovered_bytes,
        })
    }
}

fn four_at(header: &[u8; SIGNED_HEADER_BYTES], from: usize) -> [u8; 4] {
    let four = header.get(from..).and_then(<[u8]>::first_chunk);
    four.copied().unwrap_or_default()
}

fn number_at(header: &[u8; SIGNED_HEADER_BYTES], from: usize) -> u64 {
    u64::from(u32::from_le_bytes(four_at(header, from)))
}

/// Left out by the digest, or hashed but without meaning: all zero in a signed cabinet. The cabinet's
/// number in its set (34) is not covered either; only a set needs it.
fn reserved_is_zero(
    header: &[u8; SIGNED_HEADER_BYTES],
    is_part_of_set: bool,
) -> Result<(), Failure> {
    for (from, to) in [(4, 8), (34, 36), (52, 60)] {
        if from == 34 && is_part_of_set {
            continue;
        }
        let zero = header
            .get(from..to)
            .is_some_and(|b| b.iter().all(|&b| b == 0));
        if !zero {
            return Err(Failure::Invalid(InvalidReason::CabinetReservedNotZero {
                offset: from as u64,
            }));
        }
    }
    Ok(())
}

/// Of a cabinet with the reserved area of a signature, up to where the signature begins.
pub(super) fn readings_to<S: Read + Seek>(
    source: &mut S,
    signature_offset: u64,
    algorithms: &[DigestAlgorithm],
) -> Result<Vec<Reading>, Failure> {
    // reserved1, the number in the set, and the reserve with the signature's place are
    // left out; the last four of the reserve's zero bytes are not.
    let ranges = [0..4, 8..34, 56..signature_offset];
    let digests = hash_ranges(source, &ranges, 0, algorithms)?;
    Ok(Reading::only(digests))
}

impl<S: Read + Seek> Carrier for CabinetCarrier<'_, S> {
    fn kind(&self) -> FileKind {
        FileKind::Cabinet
    }

    fn signatures(&self) -> &[Found] {
        &self.signatures
    }

    fn uncovered_bytes(&self) -> u64 {
        self.uncovered_bytes
    }

    fn readings(&mut self, algorithms: &[DigestAlgorithm]) -> Result<Vec<Reading>, Failure> {
        readings_to(self.source, self.signature_offset, algorithms)
    }

    fn warnings(&mut self) -> Result<Vec<Warning>, Failure> {
        Ok(padding_warning(self.uncovered_bytes))
    }
}
