//! ZIP files of ours: entries are stored (payloads are packed already), all of one time and mode, so that the
//! same files give the same bytes on every system.

use std::io::{self, Read, Seek, Write};

use time::OffsetDateTime;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use crate::bundle::FileDigest;
use crate::plain_file;

/// From so many bytes on an entry needs the longer form; with it older readers refuse the archive.
const LARGE: u64 = u32::MAX as u64;

/// First moment that an archive can tell, in seconds since 1970 UTC, and the last.
const TIMES: (i64, i64) = (315_532_800, 4_354_819_198);

/// Why an archive was not written.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file has other bytes than are listed.
    #[error("`{path}` changed while it was read")]
    Changed {
        /// Its path as it is listed.
        path: String,
    },
    /// The file of the archive, or one that goes in.
    #[error("write the archive: `{path}`")]
    Io {
        /// Which.
        path: String,
        /// The system's words.
        source: io::Error,
    },
    /// The archive's own rules.
    #[error("write the archive")]
    Format(#[from] zip::result::ZipError),
}

impl ArchiveError {
    /// The error of the system at a file.
    pub(super) fn io(path: &str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Io { path, source }
    }
}

/// An archive in the making.
pub(super) struct StoredZip<W: Write + Seek> {
    archive: ZipWriter<W>,
    options: SimpleFileOptions,
}

impl<W: Write + Seek> StoredZip<W> {
    /// An empty one, whose entries are of this moment, in seconds since 1970 UTC.
    pub(super) fn new(out: W, output_time: i64) -> Self {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .system(System::Unix)
            .unix_permissions(0o644)
            .last_modified_time(moment(output_time));
        Self {
            archive: ZipWriter::new(out),
            options,
        }
    }

    /// Begins an entry of so many bytes, which are written next.
    ///
    /// # Errors
    /// The archive's rules, or the system's.
    pub(super) fn begin(&mut self, name: &str, size: u64) -> Result<&mut impl Write, ArchiveError> {
        let options = self.options.large_file(size >= LARGE);
        self.archive.start_file(name, options)?;
        Ok(&mut self.archive)
    }

    /// An entry with these bytes.
    ///
    /// # Errors
    /// As of [`begin`](Self::begin).
    pub(super) fn bytes(&mut self, name: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        let entry = self.begin(name, bytes.len() as u64)?;
        entry.write_all(bytes).map_err(ArchiveError::io(name))
    }

    /// An entry with a file, which has to be what is listed.
    ///
    /// # Errors
    /// It is not; else as of [`begin`](Self::begin).
    pub(super) fn file(
        &mut self,
        name: &str,
        listed: &FileDigest,
        source: impl Read,
    ) -> Result<(), ArchiveError> {
        let entry = self.begin(name, listed.size)?;
        // One byte more than is listed is a change, too.
        let copied = plain_file::copy(source.take(listed.size + 1), entry);
        let found = copied.map_err(ArchiveError::io(&listed.path))?;
        match found == (listed.size, listed.sha256) {
            true => Ok(()),
            false => Err(ArchiveError::Changed {
                path: listed.path.clone(),
            }),
        }
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn finish(self) -> Result<(), ArchiveError> {
        self.archive.finish()?;
        Ok(())
    }
}

fn moment(seconds: i64) -> DateTime {
    let time = OffsetDateTime::from_unix_timestamp(seconds.clamp(TIMES.0, TIMES.1))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let year = u16::try_from(time.year()).unwrap_or(1980);
    let (hour, minute, second) = time.to_hms();
    let month = u8::from(time.month());
    DateTime::from_date_and_time(year, month, time.day(), hour, minute, second).unwrap_or_default()
}
