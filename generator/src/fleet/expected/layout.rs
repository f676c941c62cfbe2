//! Which form a list has, told by its content, and its rows.

use super::lines::significant_lines;
use super::row::{Field, Row, common_name};
use super::server_name::ServerName;
use super::{ExpectedError, console, delimited, ldif};

/// The rows of a list, and the line that was taken for a header on no better ground than that
/// it looks different from the rest.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    pub(super) assumed_header: Option<(u64, String)>,
}

/// Reads a list of any form: names on lines, separated values, `csvde`, LDIF, `dsquery`, and
/// what PowerShell prints for people.
pub(super) fn rows(text: &str) -> Result<Rows, ExpectedError> {
    let mut significant = significant_lines(text);
    let Some((_, first)) = significant.next() else {
        return Err(ExpectedError::Empty);
    };
    let second = significant.next().map_or("", |(_, line)| line);
    let plain = |rows: Vec<Row>| Rows {
        rows,
        assumed_header: None,
    };
    if ldif::begins(first) {
        return ldif::rows(text).map(plain);
    }
    if console::is_object(first) {
        return console::objects(text).map(plain);
    }
    if console::is_rule(second) {
        return console::table(text).map(plain);
    }
    if console::is_property(first) {
        return console::properties(text).map(plain);
    }
    if common_name(first).is_some() {
        return Ok(plain(distinguished_names(text)));
    }
    match delimited::separator(first) {
        Some(separator) => delimited::rows(text, separator).map(plain),
        None => Ok(names(text)),
    }
}

/// What `dsquery computer` writes: a quoted distinguished name on each line.
fn distinguished_names(text: &str) -> Vec<Row> {
    let line = |(number, line): (u64, &str)| {
        let mut row = Row::at(number);
        row.take(Field::DistinguishedName, line);
        if row.short.is_empty() {
            line.clone_into(&mut row.short);
        }
        row
    };
    significant_lines(text).map(line).collect()
}

/// A name on each line, perhaps below a header. Only a first line that is no name, is a known
/// word for one, or is one label above nothing but full names is taken for a header.
fn names(text: &str) -> Rows {
    let mut rows: Vec<Row> = significant_lines(text)
        .map(|(number, line)| {
            let mut row = Row::at(number);
            line.trim_matches('"').clone_into(&mut row.full);
            row
        })
        .collect();
    let mut assumed_header = None;
    if let Some((first, rest)) = rows.split_first() {
        let known = Field::of_name(&first.full).is_some_and(Field::names);
        let full = |row: &Row| matches!(ServerName::parse(&row.full), Some(ServerName::Full(_)));
        let differs = match ServerName::parse(&first.full) {
            Some(ServerName::Full(_)) => false,
            Some(ServerName::Short(_)) => !rest.is_empty() && rest.iter().all(full),
            None => rest.iter().any(full),
        };
        if known || differs {
            if !known {
                assumed_header = Some((first.line, first.full.clone()));
            }
            rows.remove(0);
        }
    }
    Rows {
        rows,
        assumed_header,
    }
}
