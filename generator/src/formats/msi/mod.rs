//! Installer packages: identity, properties and files, read with own bounds.
//!
//! The `msi` crate writes the packages we make; a download is never handed to it, because it
//! panics on damaged tables and allocates what they claim. Only what identifies a package is
//! read here: the summary information and the tables `Property` and `File`.

mod database;
mod stream_name;
mod summary;

pub use stream_name::{of_stream as data_stream, of_table as table_stream};
pub use summary::Summary;

use std::collections::BTreeMap;
use std::io::{self, Read, Seek};

use serde::Serialize;

use super::compound::{CompoundError, CompoundFile};
use database::{Database, Row};

/// Why a package cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum MsiError {
    /// The container is damaged, or the file is none.
    #[error("{0}")]
    Container(CompoundError),
    /// A database without it is no package.
    #[error("table `{table}` is missing")]
    TableMissing {
        /// Its name.
        table: String,
    },
    /// A table does not fit the rules of the format.
    #[error("table `{table}` is damaged: {what}")]
    TableDamaged {
        /// Its name.
        table: String,
        /// What is wrong.
        what: String,
    },
    /// The file could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<CompoundError> for MsiError {
    fn from(error: CompoundError) -> Self {
        match error {
            CompoundError::Io(error) => Self::Io(error),
            other => Self::Container(other),
        }
    }
}

/// What a package says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// GUID of this version of the product, in braces.
    pub product_code: Option<String>,
    /// GUID of the product family, in braces.
    pub upgrade_code: Option<String>,
    /// Version of the product as text (property `ProductVersion`).
    pub version: Option<String>,
    /// Name of the product (property `ProductName`).
    pub name: Option<String>,
    /// Who made it, by its own word (property `Manufacturer`).
    pub manufacturer: Option<String>,
    /// The summary information: platform and package code among it.
    pub summary: Summary,
}

/// One row of the `File` table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstalledFile {
    /// Key of the row.
    pub key: String,
    /// Long file name.
    pub name: String,
    /// Size in bytes; negative sizes do not exist and are read as 0.
    pub size_bytes: u32,
    /// Version, or the key of a companion file; empty for files without one.
    pub version: String,
}

/// An open package.
#[derive(Debug)]
pub struct InstallerPackage<'s, S> {
    database: Database<'s, S>,
}

impl<'s, S: Read + Seek> InstallerPackage<'s, S> {
    /// Opens a package and reads its list of tables.
    pub fn open(source: &'s mut S) -> Result<Self, MsiError> {
        let database = Database::open(CompoundFile::open(source)?)?;
        Ok(Self { database })
    }

    /// The `Property` table.
    pub fn properties(&mut self) -> Result<BTreeMap<String, String>, MsiError> {
        let table = self.database.table("Property")?;
        Ok(table
            .rows()
            .map(|row| (row.text("Property"), row.text("Value")))
            .collect())
    }

    /// Properties and summary information that identify the package.
    pub fn identity(&mut self) -> Result<Identity, MsiError> {
        let mut properties = self.properties()?;
        let summary = Summary::read(self.database.container())?;
        let mut take = |name: &str| properties.remove(name).filter(|value| !value.is_empty());
        Ok(Identity {
            product_code: take("ProductCode"),
            upgrade_code: take("UpgradeCode"),
            version: take("ProductVersion"),
            name: take("ProductName"),
            manufacturer: take("Manufacturer"),
            summary,
        })
    }

    /// The `File` table, in its order.
    pub fn files(&mut self) -> Result<Vec<InstalledFile>, MsiError> {
        let table = self.database.table("File")?;
        Ok(table.rows().map(|row| installed_file(&row)).collect())
    }

    /// Version of the file with this long name, whatever its case: of the first such row,
    /// when there are several.
    pub fn file_version(&mut self, name: &str) -> Result<Option<String>, MsiError> {
        let table = self.database.table("File")?;
        let found = table
            .rows()
            .map(|row| installed_file(&row))
            .find(|file| file.name.eq_ignore_ascii_case(name));
        Ok(found.map(|file| file.version))
    }
}

fn installed_file(row: &Row<'_>) -> InstalledFile {
    // `short|long`, or one name that is both.
    let names = row.text("FileName");
    let name = names
        .split_once('|')
        .map_or(names.as_str(), |(_, long)| long);
    InstalledFile {
        key: row.text("File"),
        name: name.to_owned(),
        size_bytes: row
            .number("FileSize")
            .and_then(|size| u32::try_from(size).ok())
            .unwrap_or(0),
        version: row.text("Version"),
    }
}
