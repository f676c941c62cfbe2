//! What each kind of file has to tell: its signatures, and its digest as that kind computes it.

use std::io;

use super::kind::FileKind;
use super::reason::InvalidReason;
use super::verdict::Warning;
use crate::formats::der::Reader;
use crate::formats::digest::DigestAlgorithm;

/// Longer than any real signature; the longest seen have some 20 KB.
pub(super) const MAX_SIGNATURE_BYTES: u64 = 1 << 20;

/// Why a file could not be judged to the end.
#[derive(Debug)]
pub(super) enum Failure {
    /// Its signature does not hold, or its structure hides what it covers.
    Invalid(InvalidReason),
    /// It could not be read.
    Io(io::Error),
}

impl From<InvalidReason> for Failure {
    fn from(reason: InvalidReason) -> Self {
        Self::Invalid(reason)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// One signature as found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Number of the entry that holds it, from 0.
    pub entry: usize,
    /// The PKCS #7 structure, without what may follow it.
    pub der: Vec<u8>,
}

impl Found {
    /// Splits the structure from what follows it, and counts the bytes of that which are more
    /// than padding to a multiple of 8: nothing covers them, and everybody ignores them.
    pub(super) fn from_padded(entry: usize, bytes: &[u8]) -> (Self, u64) {
        const MAX_PADDING_BYTES: usize = 7;
        let mut reader = Reader::new(bytes);
        let der = reader.read().map_or(bytes, |element| element.raw);
        let rest = bytes.get(der.len()..).unwrap_or_default();
        let is_padding = rest.len() <= MAX_PADDING_BYTES && rest.iter().all(|&byte| byte == 0);
        let uncovered = if is_padding { 0 } else { rest.len() };
        let found = Self {
            entry,
            der: der.to_vec(),
        };
        (found, u64::try_from(uncovered).unwrap_or(u64::MAX))
    }
}

/// The warning about bytes behind a signature, if there are any.
pub(super) fn padding_warning(bytes: u64) -> Vec<Warning> {
    if bytes == 0 {
        Vec::new()
    } else {
        vec![Warning::CertificatePadding { bytes }]
    }
}

/// One way to read the file, and the digest that it gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// Which hash.
    pub algorithm: DigestAlgorithm,
    /// The digest of what is read so, computed here.
    pub digest: Vec<u8>,
    /// What it means when this is the digest that was signed.
    pub meaning: Meaning,
}

impl Reading {
    /// The readings of a kind of file that can be read in one way only, one for each hash.
    pub(super) fn only(digests: Vec<(DigestAlgorithm, Vec<u8>)>) -> Vec<Self> {
        let readings = digests.into_iter().map(|(algorithm, digest)| Self {
            algorithm,
            digest,
            meaning: Meaning::AsSigned,
        });
        readings.collect()
    }
}

/// What a fitting digest means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The file is as it was signed.
    AsSigned,
    /// The file is as it was signed, but not everybody will read it so.
    AsSignedIf(Warning),
    /// The file would have been as it was signed, if not for this.
    Not(InvalidReason),
}

/// A file whose signatures have been found.
pub(super) trait Carrier {
    /// What kind of file it is.
    fn kind(&self) -> FileKind;

    /// The signatures, outer ones only; none when the file is not signed.
    fn signatures(&self) -> &[Found];

    /// Bytes beside the signatures that belong to none and that no digest covers.
    fn uncovered_bytes(&self) -> u64;

    /// The file's digests. For each algorithm at least one reading, the plain one first.
    fn readings(&mut self, algorithms: &[DigestAlgorithm]) -> Result<Vec<Reading>, Failure>;

    /// What to know about the file although its signature holds.
    fn warnings(&mut self) -> Result<Vec<Warning>, Failure>;
}
