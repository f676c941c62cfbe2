//! What PowerShell prints for people when its output is sent to a file: a table below a rule of
//! dashes, a list of properties, or objects turned into text.

use std::collections::BTreeSet;

use super::ExpectedError;
use super::field::Field;
use super::lines::{lines, says_nothing, significant_lines};
use super::row::Row;
use super::server_name::is_blank;

/// `------- ----`: the rule below the header of `Format-Table`.
pub(super) fn is_rule(line: &str) -> bool {
    line.contains("--") && line.chars().all(|c| c == '-' || c == ' ')
}

/// `DNSHostName : srv1.contoso.com`: a line of `Format-List`.
pub(super) fn is_property(line: &str) -> bool {
    property(line).is_some()
}

/// `@{DNSHostName=srv1.contoso.com; Enabled=True}`: an object that was put into a text.
pub(super) fn is_object(line: &str) -> bool {
    line.starts_with("@{")
}

/// The rows of a table. A column begins where its dashes do.
pub(super) fn table(text: &str) -> Result<Vec<Row>, ExpectedError> {
    let mut columns: Vec<Column> = Vec::new();
    let mut header = "";
    let mut rows: Vec<Row> = Vec::new();
    let mut before = "";
    let mut is_top = true;
    for (number, line) in lines(text) {
        if is_rule(line.trim_end()) && (columns.is_empty() || is_top || is_same(before, header)) {
            // Wide and long output repeats the header, which was taken for a row.
            rows.pop_if(|row| row.line + 1 == number);
            columns = columns_of(line, before);
            header = before;
            let names = |column: &Column| column.field.is_some_and(Field::names);
            if !columns.iter().any(names) {
                return Err(ExpectedError::NoColumn {
                    header: before.trim().chars().take(200).collect(),
                });
            }
        } else if !columns.is_empty() && !line.trim_matches(is_blank).is_empty() {
            rows.push(row(number, line, &columns));
        }
        // A header of another table stands below a blank line.
        is_top = before.trim().is_empty();
        before = line;
    }
    Ok(rows)
}

/// Where a column stands, in characters, and what it holds.
struct Column {
    start: usize,
    end: usize,
    field: Option<Field>,
}

fn row(number: u64, line: &str, columns: &[Column]) -> Row {
    let mut row = Row::at(number);
    for column in columns {
        if let Some(field) = column.field {
            row.take(field, &cell(line, column.start, column.end));
        }
    }
    row
}

/// Are these the same words, however they are spaced?
fn is_same(one: &str, other: &str) -> bool {
    one.split_whitespace().eq(other.split_whitespace())
}

fn columns_of(rule: &str, header: &str) -> Vec<Column> {
    let dashes: Vec<char> = rule.chars().collect();
    let starts: Vec<usize> = (0..dashes.len())
        .filter(|&at| dashes[at] == '-' && (at == 0 || dashes[at - 1] != '-'))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    let column = |(&start, end): (&usize, usize)| Column {
        start,
        end,
        field: Field::of_name(&cell(header, start, end)),
    };
    starts.iter().zip(ends).map(column).collect()
}

fn cell(line: &str, start: usize, end: usize) -> String {
    let length = end.saturating_sub(start);
    let cell: String = line.chars().skip(start).take(length).collect();
    cell.trim().to_owned()
}

/// The rows of a list of properties: an object ends with a blank line, and where one of its
/// properties comes again.
pub(super) fn properties(text: &str) -> Result<Vec<Row>, ExpectedError> {
    let mut rows = Vec::new();
    let mut object: Option<Row> = None;
    let mut seen = BTreeSet::new();
    let mut indent = usize::MAX;
    for (number, line) in lines(text) {
        if line.trim_matches(is_blank).is_empty() {
            rows.extend(object.take());
            continue;
        }
        let blanks = line.len() - line.trim_start().len();
        indent = indent.min(blanks);
        // A long value goes on below, in from the names, and is no property of ours.
        let is_known = property(line).is_some_and(|(name, _)| Field::of_name(name).is_some());
        if says_nothing(line) || (object.is_some() && blanks > indent && !is_known) {
            continue;
        }
        let Some((name, value)) = property(line) else {
            rows.push(Row::of_text(number, line.trim_matches(is_blank)));
            continue;
        };
        if object.is_none() {
            seen.clear();
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            rows.extend(object.take());
            seen = BTreeSet::from([name.to_ascii_lowercase()]);
        }
        let row = object.get_or_insert_with(|| Row::at(number));
        if let Some(field) = Field::of_name(name) {
            row.take(field, value);
        }
    }
    rows.extend(object);
    named(rows, text)
}

/// The rows of objects turned into text, one on a line.
pub(super) fn objects(text: &str) -> Result<Vec<Row>, ExpectedError> {
    let rows = significant_lines(text).map(|(number, line)| {
        let mut row = Row::at(number);
        let inner = line
            .strip_prefix("@{")
            .and_then(|rest| rest.strip_suffix('}'));
        match inner {
            Some(inner) => {
                for pair in inner.split(';') {
                    let (name, value) = pair.split_once('=').unwrap_or_default();
                    if let Some(field) = Field::of_name(name.trim()) {
                        row.take(field, value);
                    }
                }
            }
            None => return Row::of_text(number, line),
        }
        row
    });
    named(rows.collect(), text)
}

/// A list whose rows name nothing holds the wrong properties.
fn named(rows: Vec<Row>, text: &str) -> Result<Vec<Row>, ExpectedError> {
    if rows.iter().all(|row| row.written().is_empty()) {
        let first = significant_lines(text).next().map_or("", |(_, line)| line);
        return Err(ExpectedError::NoColumn {
            header: first.chars().take(200).collect(),
        });
    }
    Ok(rows)
}

/// Name and value of `Name : value`, the colon padded as `Format-List` pads it.
fn property(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let padded = name.ends_with(' ') && (value.is_empty() || value.starts_with(' '));
    let name = name.trim();
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (padded && is_name).then(|| (name, value.trim()))
}
