//! Where the bytes of an item lie, and how to read them again.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::content::{Content, Reader};
use crate::formats::zip::{self, DirectoryLimits, EntryReader};
use crate::plain_file;

/// Where an item's bytes can be read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file as it lies.
    File(PathBuf),
    /// A copy in the staging folder, made while the item was judged; renaming it into place is
    /// enough.
    Staged(PathBuf),
    /// An entry of an archive.
    ZipEntry {
        /// The outermost archive, a file.
        archive: PathBuf,
        /// Positions in the central directories, outermost first; more than one when archives
        /// are nested.
        positions: Vec<usize>,
    },
}

/// An item's bytes as a stream.
pub struct Opened {
    inner: Box<dyn Read + Send>,
}

impl Read for Opened {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl Source {
    /// Opens the bytes from their start. A caller that stages them must hash what it reads and
    /// compare: the file may have changed since it was judged.
    ///
    /// # Errors
    /// The file or archive is gone or cannot be read; the message names the path.
    pub fn open(&self) -> io::Result<Opened> {
        match self {
            Self::File(path) | Self::Staged(path) => {
                let file = plain_file::open(path).map_err(|error| {
                    io::Error::new(error.kind(), format!("open `{}`: {error}", path.display()))
                })?;
                Ok(Opened {
                    inner: Box::new(file),
                })
            }
            Self::ZipEntry { archive, positions } => Ok(Opened {
                inner: Box::new(reopen(archive, positions)?),
            }),
        }
    }
    /// The source of the entry at `position` in the central directory of this archive.
    pub(super) fn entry(&self, position: usize) -> Self {
        match self {
            Self::File(path) | Self::Staged(path) => Self::ZipEntry {
                archive: path.clone(),
                positions: vec![position],
            },
            Self::ZipEntry { archive, positions } => Self::ZipEntry {
                archive: archive.clone(),
                positions: positions.iter().copied().chain([position]).collect(),
            },
        }
    }
}

/// Opens an entry again by its positions, outermost archive first.
fn reopen(archive: &Path, positions: &[usize]) -> io::Result<EntryReader<Reader>> {
    // The archive was judged within bounds before; this only has to find the entry again.
    let limits = DirectoryLimits {
        entries: u64::from(u32::MAX),
        entry_bytes: u64::MAX,
        total_bytes: u64::MAX,
    };
    let gone = || {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("`{}` was changed since it was inspected", archive.display()),
        )
    };
    let mut content = Content::File(archive.to_owned());
    let mut positions = positions.iter().peekable();
    loop {
        let position = positions.next().ok_or_else(gone)?;
        let entries = zip::read(&mut content.open()?, &limits).map_err(|_| gone())?;
        let entry = entries.get(*position).ok_or_else(gone)?;
        let mut reader = content.open_entry(entry)?;
        if positions.peek().is_none() {
            return Ok(reader);
        }
        content = Content::spool(&mut reader, None)?;
    }
}
