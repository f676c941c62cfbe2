//! The bytes of one candidate, wherever they lie: readable from the start, and seekable.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gangway_contract::Sha256;
use sha2::Digest as _;
use tempfile::NamedTempFile;

use super::codes;
use crate::formats::zip::{Entry, EntryError, EntryReader};
use crate::interrupted;
use crate::plain_file;
use crate::problem::Problem;

/// Bytes that a candidate may take in memory; larger archive entries go to a temporary file.
pub(super) const MEMORY_LIMIT: u64 = 4 << 20;

/// Bytes read at a time.
const BUFFER: usize = 1 << 20;

/// Where the bytes lie.
#[derive(Clone)]
pub(super) enum Content {
    /// A small archive entry.
    Memory(Arc<[u8]>),
    /// A file that the user gave.
    File(PathBuf),
    /// A copy of our own; gone when the last clone is dropped, unless it was kept.
    Spooled(Arc<NamedTempFile>),
}

/// An open candidate.
pub(super) enum Reader {
    Memory(Cursor<Arc<[u8]>>),
    File(File),
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Memory(bytes) => bytes.read(buffer),
            Self::File(file) => file.read(buffer),
        }
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::Memory(bytes) => bytes.seek(to),
            Self::File(file) => file.seek(to),
        }
    }
}

impl Content {
    /// Opens the bytes from their start.
    pub(super) fn open(&self) -> io::Result<Reader> {
        match self {
            Self::Memory(bytes) => Ok(Reader::Memory(Cursor::new(Arc::clone(bytes)))),
            Self::File(path) => plain_file::open(path).map(Reader::File),
            Self::Spooled(file) => File::open(file.path()).map(Reader::File),
        }
    }

    /// The first bytes, at most `limit`.
    pub(super) fn head(&self, limit: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open()?.take(limit).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Opens an entry of the archive that these bytes are.
    pub(super) fn open_entry(&self, entry: &Entry) -> io::Result<EntryReader<Reader>> {
        EntryReader::new(self.open()?, entry).map_err(|error| match error {
            EntryError::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other.to_string()),
        })
    }

    /// Bytes.
    pub(super) fn size(&self) -> io::Result<u64> {
        match self {
            Self::Memory(bytes) => Ok(bytes.len() as u64),
            Self::File(path) => std::fs::metadata(path).map(|data| data.len()),
            Self::Spooled(file) => file.as_file().metadata().map(|data| data.len()),
        }
    }

    /// Digest and size of all bytes, in one pass.
    pub(super) fn digest(&self) -> io::Result<(Sha256, u64)> {
        if let Self::Memory(bytes) = self {
            return Ok((Sha256::of(bytes), bytes.len() as u64));
        }
        let mut reader = self.open()?;
        let mut hash = sha2::Sha256::new();
        let mut buffer = vec![0; BUFFER];
        let mut size = 0u64;
        loop {
            let read = reader.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
                return Ok((Sha256::from_bytes(hash.finalize().into()), size));
            };
            hash.update(bytes);
            size = size.saturating_add(read as u64);
        }
    }

    /// A copy of our own in `folder`, so that nobody can change the bytes between judging and
    /// staging them.
    pub(super) fn copy_into(&self, folder: &Path) -> io::Result<Self> {
        let mut copy = NamedTempFile::new_in(folder)?;
        match self {
            // Lets the kernel copy, or share blocks where the file system can.
            Self::File(path) => {
                io::copy(&mut plain_file::open(path)?, copy.as_file_mut())?;
            }
            Self::Memory(bytes) => copy.write_all(bytes)?,
            Self::Spooled(_) => return Ok(self.clone()),
        }
        Ok(Self::Spooled(Arc::new(copy)))
    }

    /// Spools a stream: into memory while it is small, else into a temporary file in `folder`
    /// or in the system's folder for them.
    pub(super) fn spool(stream: &mut impl Read, folder: Option<&Path>) -> io::Result<Self> {
        let mut start = Vec::new();
        stream.take(MEMORY_LIMIT + 1).read_to_end(&mut start)?;
        if start.len() as u64 <= MEMORY_LIMIT {
            return Ok(Self::Memory(start.into()));
        }
        let mut file = match folder {
            Some(folder) => NamedTempFile::new_in(folder),
            None => interrupted::temporary(),
        }?;
        file.write_all(&start)?;
        drop(start);
        io::copy(stream, file.as_file_mut())?;
        Ok(Self::Spooled(Arc::new(file)))
    }

    /// Keeps a copy under its digest in the folder that it lies in, readable by everybody, and
    /// gives its path.
    pub(super) fn keep(self, sha256: Sha256) -> io::Result<Option<PathBuf>> {
        let Self::Spooled(file) = self else {
            return Ok(None);
        };
        let Ok(file) = Arc::try_unwrap(file) else {
            return Ok(None);
        };
        let folder = file.path().parent().map(Path::to_owned).unwrap_or_default();
        let path = folder.join(sha256.to_string());
        // A temporary file is private to its maker; a share has to be readable.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            file.as_file()
                .set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        file.persist(&path).map_err(|error| error.error)?;
        Ok(Some(path))
    }
}

/// Is it the disk that took no more? Only writing fails so.
pub(super) fn full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge
            | io::ErrorKind::ReadOnlyFilesystem
    )
}

/// The problem of a copy that the disk did not take.
pub(super) fn not_copied(subject: &str) -> Problem {
    Problem::new(
        &codes::NOT_COPIED,
        subject,
        "no whole copy of it could be written",
        "make room where the bundle is written, or where temporary files are, and build again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_streams_stay_in_memory_and_large_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let small = Content::spool(&mut [1u8; 10].as_slice(), Some(folder.path())).unwrap();
        assert!(matches!(small, Content::Memory(_)));
        let bytes = vec![7u8; usize::try_from(MEMORY_LIMIT).unwrap() + 1];
        let large = Content::spool(&mut bytes.as_slice(), Some(folder.path())).unwrap();
        assert!(matches!(large, Content::Spooled(_)));
        assert_eq!(
            large.digest().unwrap(),
            (Sha256::of(&bytes), bytes.len() as u64)
        );
        drop(large);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_kept_copy_is_named_by_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source");
        std::fs::write(&source, b"abc").unwrap();
        let copy = Content::File(source).copy_into(folder.path()).unwrap();
        let (sha256, _) = copy.digest().unwrap();
        let path = copy.keep(sha256).unwrap().unwrap();
        assert_eq!(
            path.file_name().unwrap().to_str(),
            Some(sha256.to_string().as_str())
        );
        assert_eq!(std::fs::read(path).unwrap(), b"abc");
    }
}
