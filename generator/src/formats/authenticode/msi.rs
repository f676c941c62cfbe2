//! Installer packages: the signature streams and the two digests.
//!
//! The content digest covers the bytes of all streams and the class of each storage. Names,
//! sizes and times are covered only when there is an `MsiDigitalSignatureEx` stream, which
//! holds a digest over them that goes into the content digest.

use std::io::{Read, Seek};

use super::carrier::{
    Carrier, Failure, Found, MAX_SIGNATURE_BYTES, Meaning, Reading, padding_warning,
};
use super::kind::FileKind;
use super::reason::InvalidReason;
use super::verdict::Warning;
use crate::formats::compound::{CompoundError, CompoundFile, EntryId, EntryKind};
use crate::formats::digest::{DigestAlgorithm, Hasher};

const SIGNATURE: &str = "\u{5}DigitalSignature";
const METADATA_DIGEST: &str = "\u{5}MsiDigitalSignatureEx";
/// The longest hash there is.
const MAX_METADATA_DIGEST_BYTES: u64 = 64;

impl From<CompoundError> for Failure {
    fn from(error: CompoundError) -> Self {
        match error {
            CompoundError::Io(error) => Self::Io(error),
            other => Self::Invalid(InvalidReason::MsiDamaged {
                what: other.to_string(),
            }),
        }
    }
}

pub(super) struct MsiCarrier<'s, S> {
    file: CompoundFile<'s, S>,
    signatures: Vec<Found>,
    /// Content of the `MsiDigitalSignatureEx` stream.
    metadata_digest: Option<Vec<u8>>,
    /// The streams that the digests leave out.
    left_out: Vec<EntryId>,
    uncovered_bytes: u64,
}

impl<'s, S: Read + Seek> MsiCarrier<'s, S> {
    pub(super) fn open(source: &'s mut S) -> Result<Self, Failure> {
        let mut file = CompoundFile::open(source)?;
        let signature = file.root_stream(SIGNATURE);
        let metadata = file.root_stream(METADATA_DIGEST);
        let left_out = signature.into_iter().chain(metadata).collect();
        let mut uncovered_bytes = 0;
        let signatures = match signature {
            Some(id) => {
                let size = file.entry(id).size;
                if size > MAX_SIGNATURE_BYTES {
                    return Err(Failure::Invalid(InvalidReason::SignatureTooLarge {
                        size,
                        limit: MAX_SIGNATURE_BYTES,
                    }));
                }
                let stream = file.stream_to_vec(id, MAX_SIGNATURE_BYTES)?;
                let (found, uncovered) = Found::from_padded(0, &stream);
                uncovered_bytes = uncovered;
                vec![found]
            }
            None => Vec::new(),
        };
        let metadata_digest = match metadata {
            Some(id) => Some(file.stream_to_vec(id, MAX_METADATA_DIGEST_BYTES)?),
            None => None,
        };
        Ok(Self {
            file,
            signatures,
            metadata_digest,
            left_out,
            uncovered_bytes,
        })
    }

    /// Content of the stream with the digest over names, sizes and times.
    pub(super) fn metadata_digest(self) -> Option<Vec<u8>> {
        self.metadata_digest
    }

    /// The children of a storage in the order of the digests: by the bytes of their names,
    /// terminating zero included, which is not the order of the directory tree.
    fn sorted_children(&self, storage: EntryId) -> Vec<EntryId> {
        let mut children: Vec<EntryId> = self
            .file
            .children(storage)
            .iter()
            .copied()
            .filter(|id| !self.left_out.contains(id))
            .collect();
        children.sort_by(|&a, &b| {
            let name = |id| self.file.entry(id).name_with_terminator();
            name(a).cmp(name(b))
        });
        children
    }

    /// Hashes names, sizes, classes, state bits and times. The depth is bounded by the reader.
    fn hash_metadata(&self, id: EntryId, hasher: &mut Hasher) {
        let entry = self.file.entry(id);
        if entry.kind != EntryKind::Root {
            hasher.update(entry.name_without_terminator());
        }
        match entry.kind {
            EntryKind::Stream => {
                let [a, b, c, d, ..] = entry.size.to_le_bytes();
                hasher.update(&[a, b, c, d]);
            }
            EntryKind::Root | EntryKind::Storage => hasher.update(&entry.clsid),
        }
        hasher.update(&entry.state_bits.to_le_bytes());
        if entry.kind != EntryKind::Root {
            hasher.update(&entry.created);
            hasher.update(&entry.modified);
        }
        if entry.kind != EntryKind::Stream {
            for child in self.sorted_children(id) {
                self.hash_metadata(child, hasher);
            }
        }
    }

    /// Hashes the bytes of all streams below a storage, with every hasher at once.
    fn hash_content(&mut self, storage: EntryId, hashers: &mut [Hasher]) -> Result<(), Failure> {
        for child in self.sorted_children(storage) {
            match self.file.entry(child).kind {
                EntryKind::Stream => self.file.read_stream(child, |piece| {
                    for hasher in &mut *hashers {
                        hasher.update(piece);
                    }
                })?,
                EntryKind::Storage | EntryKind::Root => self.hash_content(child, hashers)?,
            }
        }
        let clsid = self.file.entry(storage).clsid;
        for hasher in hashers {
            hasher.update(&clsid);
        }
        Ok(())
    }
}

impl<S: Read + Seek> Carrier for MsiCarrier<'_, S> {
    fn kind(&self) -> FileKind {
        FileKind::Msi
    }

    fn signatures(&self) -> &[Found] {
        &self.signatures
    }

    fn uncovered_bytes(&self) -> u64 {
        self.uncovered_bytes
    }

    fn readings(&mut self, algorithms: &[DigestAlgorithm]) -> Result<Vec<Reading>, Failure> {
        let root = self.file.root();
        let mut hashers = Vec::new();
        let mut meanings = Vec::new();
        for &algorithm in algorithms {
            let Some(mut hasher) = algorithm.hasher() else {
                continue;
            };
            let mut meaning = Meaning::AsSigned;
            if let (Some(signed), Some(mut metadata)) = (&self.metadata_digest, algorithm.hasher())
            {
                self.hash_metadata(root, &mut metadata);
                if metadata.finish() != *signed {
                    meaning = Meaning::Not(InvalidReason::MetadataMismatch);
                }
                hasher.update(signed);
            }
            hashers.push(hasher);
            meanings.push((algorithm, meaning));
        }
        self.hash_content(root, &mut hashers)?;
        Ok(meanings
            .into_iter()
            .zip(hashers)
            .map(|((algorithm, meaning), hasher)| Reading {
                algorithm,
                digest: hasher.finish(),
                meaning,
            })
            .collect())
    }

    fn warnings(&mut self) -> Result<Vec<Warning>, Failure> {
        let mut warnings = padding_warning(self.uncovered_bytes);
        if self.metadata_digest.is_none() {
            warnings.push(Warning::MetadataNotSigned);
        }
        let bytes = self.file.slack_bytes()?;
        if bytes > 0 {
            warnings.push(Warning::SlackData { bytes });
        }
        Ok(warnings)
    }
}
