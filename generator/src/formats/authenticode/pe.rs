//! Executables: the certificate table and the digest around it.

use std::io::{Read, Seek, SeekFrom};

use super::carrier::{Carrier, Failure, Found, MAX_SIGNATURE_BYTES, Reading, padding_warning};
use super::kind::FileKind;
use super::reason::InvalidReason;
use super::verdict::Warning;
use crate::formats::digest::DigestAlgorithm;
use crate::formats::pe::{Layout, PeError};
use crate::formats::range::hash_ranges;

/// More signatures than any real file has.
const MAX_ENTRIES: usize = 16;
const ENTRY_HEADER_BYTES: usize = 8;
/// WIN_CERT_REVISION_2_0 and WIN_CERT_TYPE_PKCS_SIGNED_DATA.
const REVISION_AND_TYPE: [u8; 4] = [0, 2, 2, 0];

impl From<PeError> for Failure {
    fn from(error: PeError) -> Self {
        match error {
            PeError::Io(error) => Self::Io(error),
            PeError::Damaged(what) => Self::Invalid(InvalidReason::PeDamaged { what }),
        }
    }
}

pub(super) struct PeCarrier<'s, S> {
    source: &'s mut S,
    layout: Layout,
    signatures: Vec<Found>,
    uncovered_bytes: u64,
}

impl<'s, S: Read + Seek> PeCarrier<'s, S> {
    pub(super) fn open(source: &'s mut S) -> Result<Self, Failure> {
        let layout = Layout::read(source)?;
        let mut carrier = Self {
            source,
            layout,
            signatures: Vec::new(),
            uncovered_bytes: 0,
        };
        if let Some((offset, size)) = carrier.layout.certificate_table {
            carrier.read_table(offset, size)?;
        }
        Ok(carrier)
    }

    fn read_table(&mut self, offset: u64, size: u64) -> Result<(), Failure> {
        let file_size = self.layout.file_bytes;
        let table_end = offset.saturating_add(size);
        if offset < self.layout.image_end {
            return Err(InvalidReason::CertificateTableInsideImage {
                offset,
                image_end: self.layout.image_end,
            }
            .into());
        }
        if table_end != file_size {
            return Err(InvalidReason::CertificateTableNotAtEnd {
                table_end,
                file_size,
            }
            .into());
        }
        let limit = MAX_SIGNATURE_BYTES.saturating_mul(2);
        if size > limit {
            return Err(InvalidReason::SignatureTooLarge { size, limit }.into());
        }
        let mut table = vec![0; usize::try_from(size).unwrap_or(0)];
        self.source.seek(SeekFrom::Start(offset))?;
        self.source.read_exact(&mut table)?;

        let mut rest = table.as_slice();
        while rest.len() >= ENTRY_HEADER_BYTES {
            let number = self.signatures.len();
            if number >= MAX_ENTRIES {
                return Err(InvalidReason::TooMany {
                    what: "entries in its certificate table",
                    limit: MAX_ENTRIES,
                }
                .into());
            }
            let (entry, after) =
                split_entry(rest).map_err(|what| InvalidReason::CertificateEntryDamaged {
                    entry: number.saturating_add(1),
                    what,
                })?;
            let (found, uncovered) = Found::from_padded(number, entry);
            self.signatures.push(found);
            self.uncovered_bytes = self.uncovered_bytes.saturating_add(uncovered);
            rest = after;
        }
        if rest.iter().any(|&byte| byte != 0) {
            let bytes = u64::try_from(rest.len()).unwrap_or(u64::MAX);
            self.uncovered_bytes = self.uncovered_bytes.saturating_add(bytes);
        }
        Ok(())
    }
}

/// Splits the first WIN_CERTIFICATE off: its content with the padding to 8 bytes, and the rest.
fn split_entry(table: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let cut = || "its header is cut short".to_owned();
    let (length, rest) = table.split_first_chunk::<4>().ok_or_else(cut)?;
    let (kind, _) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let length = u32::from_le_bytes(*length);
    let bytes = usize::try_from(length).unwrap_or(usize::MAX);
    if bytes < ENTRY_HEADER_BYTES || bytes > table.len() {
        return Err(format!(
            "it says that it has {length} bytes of {}",
            table.len()
        ));
    }
    if *kind != REVISION_AND_TYPE {
        return Err("it is not revision 2.0 of PKCS signed data".to_owned());
    }
    let padded = bytes.next_multiple_of(8).min(table.len());
    let (entry, rest) = table.split_at_checked(padded).ok_or_else(cut)?;
    Ok((entry.get(ENTRY_HEADER_BYTES..).unwrap_or_default(), rest))
}

impl<S: Read + Seek> Carrier for PeCarrier<'_, S> {
    fn kind(&self) -> FileKind {
        FileKind::Pe
    }

    fn signatures(&self) -> &[Found] {
        &self.signatures
    }

    fn uncovered_bytes(&self) -> u64 {
        self.uncovered_bytes
    }

    fn readings(&mut self, algorithms: &[DigestAlgorithm]) -> Result<Vec<Reading>, Failure> {
        let digests = digests(self.source, &self.layout, algorithms)?;
        Ok(Reading::only(digests))
    }

    fn warnings(&mut self) -> Result<Vec<Warning>, Failure> {
        Ok(padding_warning(self.uncovered_bytes))
    }
}

/// Everything but the checksum, the directory's entry for the certificate table and the table
/// itself, front to back; filled up with zeros to 8 bytes, as signing does, when unsigned.
fn digests<S: Read + Seek>(
    source: &mut S,
    layout: &Layout,
    algorithms: &[DigestAlgorithm],
) -> std::io::Result<Vec<(DigestAlgorithm, Vec<u8>)>> {
    let checksum = layout.checksum_offset;
    let end = layout
        .certificate_table
        .map_or(layout.file_bytes, |(offset, _)| offset);
    let ranges = match layout.certificate_entry_offset {
        Some(entry) => vec![0..checksum, checksum + 4..entry, entry + 8..end],
        None => vec![0..checksum, checksum + 4..end],
    };
    let zeros = match layout.certificate_table {
        Some(_) => 0,
        None => usize::try_from(end.next_multiple_of(8) - end).unwrap_or(0),
    };
    hash_ranges(source, &ranges, zeros, algorithms)
}

/// The Authenticode digest of an executable, signed or not: signing it changes nothing here.
///
/// Errors: a file that is no executable, and an algorithm that is not computed (MD5).
pub fn pe_digest<S: Read + Seek>(
    source: &mut S,
    algorithm: DigestAlgorithm,
) -> Result<Vec<u8>, PeError> {
    let layout = Layout::read(source)?;
    let digests = digests(source, &layout, &[algorithm])?;
    digests
        .into_iter()
        .next()
        .map(|(_, digest)| digest)
        .ok_or_else(|| PeError::Damaged(format!("{algorithm} is not computed")))
}
