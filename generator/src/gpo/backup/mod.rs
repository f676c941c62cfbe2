//! GPMC backups: the folder that `Import-GPO` and the console take.
//!
//! `manifest.xml` lists the backups of a folder; each backup is a folder `{BackupID}` with
//! `bkupInfo.xml`, `Backup.xml` and the GPO's files below `DomainSysvol\GPO`. `gpreport.xml` is
//! read, never written: import ignores it, and a report nobody made misleads.

mod document;
mod instance;

pub use document::{BACKUP_XML, BackupDocument, FsObject, ObjectKind};
pub use instance::{BKUP_INFO_XML, BackupInstance, MANIFEST_XML, read_manifest, write_manifest};

use super::xml;

/// Why a backup's document was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Not XML.
    #[error(transparent)]
    Xml(#[from] xml::ReadError),
    /// An element or value is missing or malformed.
    #[error("line {line}: {why}")]
    Content {
        /// Line of the element.
        line: u32,
        /// What is wrong.
        why: String,
    },
}
