//! Why an archive is refused.

use std::io;

/// Why an archive is not opened.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// The file cannot be read.
    #[error("reading failed: {0}")]
    Io(#[from] io::Error),
    /// No end record: not an archive, or cut short.
    #[error(
        "the end of the archive is missing: the download is cut short, or it is one volume of an archive \
         that was split"
    )]
    NoEnd,
    /// A whole archive, and more.
    #[error("{count} bytes follow the end of the archive")]
    Trailing {
        /// Bytes behind the end record.
        count: u64,
    },
    /// Records contradict each other or the file.
    #[error("the archive contradicts itself: {what}")]
    Contradiction {
        /// The two facts that do not fit, in words.
        what: String,
    },
    /// A part of the format that no download uses.
    #[error("the archive uses {what}, which is not read")]
    Unsupported {
        /// The part of the format, in words.
        what: &'static str,
    },
    /// Larger than what is read.
    #[error("the archive has {found} {what}, at most {limit} are read")]
    TooMuch {
        /// What is counted, in the plural: entries or bytes.
        what: &'static str,
        /// Count that the archive claims.
        found: u64,
        /// Most that is read.
        limit: u64,
    },
    /// An entry would inflate out of proportion.
    #[error("entry {index} inflates {ratio} times, more than any package does")]
    Ratio {
        /// Number of the entry, from 1.
        index: usize,
        /// Inflated by compressed size.
        ratio: u64,
    },
}

pub(super) fn contradiction(what: impl Into<String>) -> ZipError {
    ZipError::Contradiction { what: what.into() }
}
