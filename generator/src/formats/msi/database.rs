//! The tables of a package: string pool, schema and rows.
//!
//! Layout observed, the same in Wine and in libmsi: `_StringPool` holds lengths and reference
//! counts, `_StringData` the strings one after the other; a table's stream holds one column
//! after the other. Every size is bounded before anything is allocated.

use std::collections::BTreeMap;
use std::io::{Read, Seek};

use encoding_rs::Encoding;

use super::{MsiError, stream_name};
use crate::formats::compound::CompoundFile;

/// 262 144 strings; real packages have some thousands.
const MAX_POOL_BYTES: u64 = 1 << 20;
const MAX_STRINGS_BYTES: u64 = 8 << 20;
/// `Property` and `File` of the largest packages stay below 1 MiB.
const MAX_TABLE_BYTES: u64 = 4 << 20;
/// The format allows 32 columns a table.
const MAX_COLUMNS: usize = 32;

/// An open database.
#[derive(Debug)]
pub(super) struct Database<'s, S> {
    container: CompoundFile<'s, S>,
    strings: Strings,
    schema: BTreeMap<String, Vec<Column>>,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: ColumnKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnKind {
    Text,
    /// A stream of its own; the cell only says whether it is there.
    Stream,
    Short,
    Long,
}

impl ColumnKind {
    /// From the type bits of `_Columns`.
    fn from_bits(bits: u16) -> Self {
        const STRING: u16 = 0x0800;
        const VALID: u16 = 0x0100;
        const NULLABLE: u16 = 0x1000;
        const KEY: u16 = 0x2000;
        if bits & STRING == 0 {
            return if bits & 0xff == 4 {
                Self::Long
            } else {
                Self::Short
            };
        }
        if bits & !(NULLABLE | KEY) == STRING | VALID {
            Self::Stream
        } else {
            Self::Text
        }
    }
}

impl<'s, S: Read + Seek> Database<'s, S> {
    pub(super) fn open(mut container: CompoundFile<'s, S>) -> Result<Self, MsiError> {
        let pool = read(&mut container, "_StringPool", MAX_POOL_BYTES)?;
        let data = read(&mut container, "_StringData", MAX_STRINGS_BYTES)?;
        let strings = Strings::new(&pool, data)?;
        let mut database = Self {
            container,
            strings,
            schema: BTreeMap::new(),
        };
        database.read_schema()?;
        Ok(database)
    }

    pub(super) fn container(&mut self) -> &mut CompoundFile<'s, S> {
        &mut self.container
    }

    fn read_schema(&mut self) -> Result<(), MsiError> {
        let columns = ["Table", "Number", "Name", "Type"].map(|name| Column {
            name: name.to_owned(),
            kind: match name {
                "Number" | "Type" => ColumnKind::Short,
                _ => ColumnKind::Text,
            },
        });
        let bytes = read(&mut self.container, "_Columns", MAX_TABLE_BYTES)?;
        let table = Table::new("_Columns", &columns, &bytes, &self.strings)?;
        let mut schema: BTreeMap<String, Vec<(i32, Column)>> = BTreeMap::new();
        for row in table.rows() {
            let (Some(number), Some(bits)) = (row.number("Number"), row.number("Type")) else {
                return Err(damaged("_Columns", "a column without number or type"));
            };
            // Bits are stored as a number with an offset; the low 16 are meant.
            let bits = u16::from_le_bytes([bits.to_le_bytes()[0], bits.to_le_bytes()[1]]);
            let columns = schema.entry(row.text("Table")).or_default();
            if columns.len() >= MAX_COLUMNS {
                return Err(damaged(&row.text("Table"), "it has more than 32 columns"));
            }
            columns.push((
                number,
                Column {
                    name: row.text("Name"),
                    kind: ColumnKind::from_bits(bits),
                },
            ));
        }
        self.schema = schema
            .into_iter()
            .map(|(name, mut columns)| {
                columns.sort_by_key(|(number, _)| *number);
                (
                    name,
                    columns.into_iter().map(|(_, column)| column).collect(),
                )
            })
            .collect();
        Ok(())
    }

    /// A table with all its rows.
    pub(super) fn table(&mut self, name: &str) -> Result<Table<'_>, MsiError> {
        let columns = self.schema.get(name).ok_or_else(|| missing(name))?;
        let bytes = read(&mut self.container, name, MAX_TABLE_BYTES)?;
        Table::new(name, columns, &bytes, &self.strings)
    }
}

fn read<S: Read + Seek>(
    container: &mut CompoundFile<'_, S>,
    table: &str,
    limit: u64,
) -> Result<Vec<u8>, MsiError> {
    let id = container.root_stream(&stream_name::of_table(table));
    let id = id.ok_or_else(|| missing(table))?;
    Ok(container.stream_to_vec(id, limit)?)
}

fn missing(table: &str) -> MsiError {
    MsiError::TableMissing {
        table: table.to_owned(),
    }
}

fn damaged(table: &str, what: impl Into<String>) -> MsiError {
    MsiError::TableDamaged {
        table: table.to_owned(),
        what: what.into(),
    }
}

/// The string pool.
#[derive(Debug)]
struct Strings {
    data: Vec<u8>,
    /// Start and length of each string; the first has number 1.
    places: Vec<(u32, u32)>,
    encoding: &'static Encoding,
    /// Bytes of a reference: 2, or 3 in pools of more than 65 535 strings.
    reference_bytes: usize,
}

impl Strings {
    fn new(pool: &[u8], data: Vec<u8>) -> Result<Self, MsiError> {
        const TABLE: &str = "_StringPool";
        const LONG_REFERENCES: u32 = 0x8000_0000;
        let mut words = pool.chunks_exact(4).filter_map(<[u8]>::first_chunk::<4>);
        let header = words.next().ok_or_else(|| damaged(TABLE, "it is empty"))?;
        let header = u32::from_le_bytes(*header);
        let mut places = Vec::new();
        let mut start = 0_u32;
        while let Some(&[low, high, count_low, count_high]) = words.next() {
            let mut length = u32::from(u16::from_le_bytes([low, high]));
            let is_used = count_low != 0 || count_high != 0;
            if length == 0 && is_used {
                // Longer than 65 535 bytes: the length follows as a number of its own.
                let next = words.next();
                length =
                    u32::from_le_bytes(*next.ok_or_else(|| damaged(TABLE, "it is cut short"))?);
            }
            places.push((start, length));
            start = start
                .checked_add(length)
                .filter(|&end| usize::try_from(end).is_ok_and(|end| end <= data.len()))
                .ok_or_else(|| damaged(TABLE, "its strings are longer than `_StringData`"))?;
        }
        Ok(Self {
            data,
            places,
            encoding: encoding(header & !LONG_REFERENCES),
            reference_bytes: if header & LONG_REFERENCES == 0 { 2 } else { 3 },
        })
    }

    /// A string by its number; empty for number 0 and for numbers that do not exist.
    fn get(&self, number: u32) -> String {
        let bytes = usize::try_from(number)
            .ok()
            .and_then(|number| number.checked_sub(1))
            .and_then(|index| self.places.get(index))
            .and_then(|&(start, length)| {
                let start = usize::try_from(start).ok()?;
                let end = start.checked_add(usize::try_from(length).ok()?)?;
                self.data.get(start..end)
            });
        let (text, _) = self
            .encoding
            .decode_without_bom_handling(bytes.unwrap_or_default());
        text.into_owned()
    }
}

/// The encoding of a code page number; Western for those that no package was seen with.
pub(super) fn encoding(code_page: u32) -> &'static Encoding {
    match code_page {
        65001 => encoding_rs::UTF_8,
        874 => encoding_rs::WINDOWS_874,
        932 => encoding_rs::SHIFT_JIS,
        936 => encoding_rs::GBK,
        949 => encoding_rs::EUC_KR,
        950 => encoding_rs::BIG5,
        1250 => encoding_rs::WINDOWS_1250,
        1251 => encoding_rs::WINDOWS_1251,
        1253 => encoding_rs::WINDOWS_1253,
        1254 => encoding_rs::WINDOWS_1254,
        1255 => encoding_rs::WINDOWS_1255,
        1256 => encoding_rs::WINDOWS_1256,
        1257 => encoding_rs::WINDOWS_1257,
        1258 => encoding_rs::WINDOWS_1258,
        _ => encoding_rs::WINDOWS_1252,
    }
}

/// A table with its rows decoded.
#[derive(Debug)]
pub(super) struct Table<'d> {
    columns: &'d [Column],
    strings: &'d Strings,
    /// Column after column.
    cells: Vec<Vec<u32>>,
    row_count: usize,
}

impl<'d> Table<'d> {
    fn new(
        name: &str,
        columns: &'d [Column],
        bytes: &[u8],
        strings: &'d Strings,
    ) -> Result<Self, MsiError> {
        let width = |kind| match kind {
            ColumnKind::Text => strings.reference_bytes,
            ColumnKind::Stream | ColumnKind::Short => 2,
            ColumnKind::Long => 4,
        };
        let row_bytes: usize = columns.iter().map(|column| width(column.kind)).sum();
        let row_count = bytes.len().checked_div(row_bytes).unwrap_or(0);
        if row_count.saturating_mul(row_bytes) != bytes.len() {
            return Err(damaged(
                name,
                format!(
                    "{} bytes are no whole number of rows of {row_bytes}",
                    bytes.len()
                ),
            ));
        }
        let mut rest = bytes;
        let mut cells = Vec::new();
        for column in columns {
            let width = width(column.kind);
            let (part, after) = rest
                .split_at_checked(width.saturating_mul(row_count))
                .ok_or_else(|| damaged(name, "it is cut short"))?;
            cells.push(
                part.chunks_exact(width)
                    .map(|cell| {
                        cell.iter()
                            .rev()
                            .fold(0, |sum, &byte| (sum << 8) | u32::from(byte))
                    })
                    .collect(),
            );
            rest = after;
        }
        Ok(Self {
            columns,
            strings,
            cells,
            row_count,
        })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.row_count).map(|index| Row { table: self, index })
    }
}

/// The cells of one record, by the table's columns.
pub(super) struct Row<'t> {
    table: &'t Table<'t>,
    index: usize,
}

impl Row<'_> {
    fn cell(&self, column: &str) -> Option<(ColumnKind, u32)> {
        let number = self.table.columns.iter().position(|c| c.name == column)?;
        let kind = self.table.columns.get(number)?.kind;
        Some((kind, *self.table.cells.get(number)?.get(self.index)?))
    }

    /// A text; empty when it is null, of another type, or the table has no such column.
    pub(super) fn text(&self, column: &str) -> String {
        match self.cell(column) {
            Some((ColumnKind::Text, number)) => self.table.strings.get(number),
            _ => String::new(),
        }
    }

    /// A number; `None` when it is null, of another type, or the table has no such column.
    pub(super) fn number(&self, column: &str) -> Option<i32> {
        // Numbers are stored with their sign bit turned around, zero bytes mean null.
        match self.cell(column)? {
            (_, 0) => None,
            (ColumnKind::Short, raw) => {
                let [low, high, ..] = (raw ^ 0x8000).to_le_bytes();
                Some(i32::from(i16::from_le_bytes([low, high])))
            }
            (ColumnKind::Long, raw) => Some((raw ^ 0x8000_0000).cast_signed()),
            _ => None,
        }
    }
}
