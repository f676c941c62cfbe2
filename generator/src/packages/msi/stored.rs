//! The package as it is stored: each table strictly ascending by its keys as they are written
//! (numbers of strings, numbers with their sign bit turned). Windows refuses a package that is not
//! (error 1620, internal 2219), and no other reader minds.

use std::io::{Read, Seek};

use super::PAYLOAD_CABINET;
use super::schema::TABLES;
use super::table::{Column, Kind};
use crate::formats::compound::CompoundFile;
use crate::formats::msi::{MsiError, data_stream, table_stream};
use crate::packages::codes;
use crate::problem::Problem;

/// More than any table of ours has.
const MAX_TABLE_BYTES: u64 = 8 << 20;

/// The tables that every package has for itself, in the notation of [`Column::of`].
const OF_THE_FORMAT: &[(&str, &[&str])] = &[
    ("_Tables", &["s64*"]),
    ("_Columns", &["s64*", "i2*", "s64", "i2"]),
    (
        "_Validation",
        &[
            "s32*", "s32*", "s4", "I4", "I4", "S255", "I2", "S32", "S255", "S255",
        ],
    ),
];

/// Does the package hold its payloads, instead of having them beside it?
///
/// # Errors
/// It is no compound file.
pub fn holds_payloads(package: &mut (impl Read + Seek)) -> Result<bool, MsiError> {
    let container = CompoundFile::open(package)?;
    Ok(container
        .root_stream(&data_stream(PAYLOAD_CABINET))
        .is_some())
}

/// A finding for each table whose rows stand in another order.
///
/// # Errors
/// The package cannot be read back.
pub(super) fn check(
    package: &mut (impl Read + Seek),
    name: &str,
) -> Result<Vec<Problem>, MsiError> {
    let mut container = CompoundFile::open(package)?;
    let own = TABLES.iter().map(|(table, specs)| {
        let columns = specs.iter().map(|(_, notation, ..)| *notation);
        (*table, columns.collect::<Vec<_>>())
    });
    let of_the_format = OF_THE_FORMAT
        .iter()
        .map(|(table, all)| (*table, all.to_vec()));
    let mut problems = Vec::new();
    for (table, notations) in own.chain(of_the_format) {
        let columns: Vec<Column> = notations
            .iter()
            .map(|notation| Column::of("", notation, "", None))
            .collect();
        let id =
            container
                .root_stream(&table_stream(table))
                .ok_or_else(|| MsiError::TableMissing {
                    table: table.to_owned(),
                })?;
        let bytes = container.stream_to_vec(id, MAX_TABLE_BYTES)?;
        let Some(keys) = keys(&columns, &bytes) else {
            return Err(MsiError::TableDamaged {
                table: table.to_owned(),
                what: "its rows are of another width".to_owned(),
            });
        };
        if !keys.is_sorted_by(|one, other| one < other) {
            problems.push(Problem::new(
                &codes::PACKAGE_ORDER,
                format!("{name}: table {table}"),
                "its rows do not ascend by their keys as they are stored",
                codes::REPORT_IT,
            ));
        }
    }
    Ok(problems)
}

/// Keys of all rows; a table is stored column after column.
fn keys(columns: &[Column], bytes: &[u8]) -> Option<Vec<Vec<u32>>> {
    let width = |column: &Column| match column.kind {
        Kind::Text(_) | Kind::Short => 2,
        Kind::Long => 4,
    };
    let row: usize = columns.iter().map(width).sum();
    let count = bytes.len().checked_div(row)?;
    if count * row != bytes.len() {
        return None;
    }
    let mut keys = vec![Vec::new(); count];
    let mut rest = bytes;
    for column in columns {
        let (cells, after) = rest.split_at_checked(width(column) * count)?;
        rest = after;
        if column.is_key {
            for (key, cell) in keys.iter_mut().zip(cells.chunks(width(column))) {
                let number = cell
                    .iter()
                    .rev()
                    .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
                key.push(number);
            }
        }
    }
    Some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_column_by_column() {
        let columns = ["s72*", "S255", "i4*"].map(|notation| Column::of("", notation, "", None));
        let bytes = [
            1, 0, 2, 0, // two strings
            9, 9, 9, 9, // two that are no keys
            1, 0, 0, 0x80, 2, 0, 0, 0x80, // two numbers
        ];
        let found = keys(&columns, &bytes).unwrap();
        assert_eq!(found, [[1, 0x8000_0001], [2, 0x8000_0002]]);
        assert_eq!(keys(&columns, &bytes[1..]), None);
    }
}
