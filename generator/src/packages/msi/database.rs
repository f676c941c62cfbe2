//! Tables into the bytes of a package.

use std::io::{self, Cursor, Read, Seek, Write};
use std::time::{Duration, UNIX_EPOCH};

use msi::{CodePage, Insert, LanguageId, Package, PackageType, Value};
use uuid::Uuid;

use super::rows::product_name;
use super::table::{Cell, Column, Kind};
use super::{BOOT_CABINET, PAYLOAD_CABINET, Planned};
use crate::packages::cabinet::{self, CabinetError, DosTime, Member, Packing, Written};

/// Windows Installer 5.0, of Server 2008 R2 (`PID_PAGECOUNT`); without it the package is refused.
const SCHEMA: i32 = 500;
/// Compressed files, long names, elevation (`PID_WORDCOUNT`).
const SOURCE_KIND: i32 = 2;
/// Read-only recommended (`PID_SECURITY`).
const SECURITY: i32 = 2;
/// "Neutral": of any language.
const LANGUAGE: u16 = 0;

/// Why a package was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The database, or the file that it is in.
    #[error("write the installer package")]
    Io(#[from] io::Error),
    /// A cabinet inside it.
    #[error(transparent)]
    Cabinet(#[from] CabinetError),
}

/// Writes the package with the cabinet of the bootstrap into an empty file.
///
/// The tables are made in memory and then copied: a package that was built up by many calls has
/// streams that run backwards, and signing tools refuse it.
///
/// # Errors
/// The file's.
pub fn write(
    planned: &Planned,
    boot_cabinet: &[u8],
    out: impl Read + Write + Seek,
) -> Result<(), WriteError> {
    let mut package = Package::create(PackageType::Installer, Cursor::new(Vec::new()))?;
    // A real page of the ANSI kind, in both places: Windows was seen to refuse UTF-8 (denoland/deno,
    // pull request 35378).
    package.set_database_codepage(CodePage::Windows1252);
    summarise(&mut package, planned);
    for table in &planned.tables {
        let columns = table.columns.iter().map(column).collect::<Result<_, _>>()?;
        package.create_table(table.name, columns)?;
        let rows = table.rows.iter().map(|row| row.iter().map(value).collect());
        // All at once: the crate writes the whole table for each call.
        package.insert_rows(Insert::into(table.name).rows(rows.collect()))?;
    }
    package
        .write_stream(BOOT_CABINET)?
        .write_all(boot_cabinet)?;
    let made = package.into_inner()?;
    let mut made = cfb::CompoundFile::open(made)?;
    made.copy_to(out)?.flush()?;
    Ok(())
}

/// Adds the cabinet with the payloads to a package that was written, behind all else.
///
/// # Errors
/// The file's, and those of the payloads.
pub fn add_payloads(
    out: impl Read + Write + Seek,
    members: &mut [Member<'_>],
    packing: Packing,
    time: DosTime,
) -> Result<Written, WriteError> {
    let mut package = Package::open(out)?;
    let mut stream = package.write_stream(PAYLOAD_CABINET)?;
    let written = cabinet::write(&mut stream, members, packing, time)?;
    stream.flush()?;
    drop(stream);
    package.flush()?;
    Ok(written)
}

fn summarise<F>(package: &mut Package<F>, planned: &Planned)
where
    F: Read + Write + Seek,
{
    let contents = &planned.contents;
    let seconds = u64::try_from(contents.output_time).unwrap_or(0);
    let time = UNIX_EPOCH + Duration::from_secs(seconds);
    let code = planned.identities.package_code.to_windows_bytes();
    let summary = package.summary_info_mut();
    summary.set_codepage(CodePage::Windows1252);
    summary.set_title("Installation Database");
    summary.set_subject(product_name(contents.mode));
    summary.set_author(contents.maker.as_str());
    summary.set_keywords(&["Installer".to_owned()]);
    summary.set_arch("x64");
    summary.set_languages(&[LanguageId::from_id(LANGUAGE)]);
    summary.set_uuid(Uuid::from_bytes_le(code));
    summary.set_creation_time(time);
    summary.set_last_save_time(time);
    summary.set_page_count(SCHEMA);
    summary.set_word_count(SOURCE_KIND);
    summary.set_creating_application(concat!("gangway ", env!("CARGO_PKG_VERSION")));
    summary.set_doc_security(SECURITY);
}

fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Number(number) => Value::Int(*number),
        Cell::Text(text) => Value::Str(text.clone()),
    }
}

fn column(column: &Column) -> io::Result<msi::Column> {
    let mut builder = msi::Column::build(column.name);
    if column.is_key {
        builder = builder.primary_key();
    }
    if column.is_nullable {
        builder = builder.nullable();
    }
    if column.is_localizable {
        builder = builder.localizable();
    }
    if let Some(table) = column.refers_to {
        builder = builder.foreign_key(table, 1);
    }
    if !column.category.is_empty() {
        builder = builder.category(column.category.parse()?);
    }
    Ok(match column.kind {
        Kind::Text(most) => builder.string(most),
        Kind::Short => builder.int16(),
        Kind::Long => builder.int32(),
    })
}
