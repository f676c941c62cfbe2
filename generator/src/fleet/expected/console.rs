//! What PowerShell prints for people when its output is sent to a file: a table below a rule of
//! dashes, a list of properties, or objects turned into text.

use super::ExpectedError;
use super::lines::significant_lines;
use super::row::{Field, Row};

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
    let mut columns: Vec<(usize, usize, Option<Field>)> = Vec::new();
    let mut rows = Vec::new();
    let mut before = "";
    for (number, line) in (1..).zip(text.lines()) {
        if is_rule(line.trim_end()) {
            // Wide output repeats the header on each page.
            columns = columns_of(line, before);
            if !columns
                .iter()
                .any(|(.., field)| field.is_some_and(Field::names))
            {
                return Err(ExpectedError::NoColumn {
                    header: before.trim().chars().take(200).collect(),
                });
            }
        } else if !columns.is_empty() && !line.trim().is_empty() {
            let mut row = Row::at(number);
            for &(start, end, field) in &columns {
                if let Some(field) = field {
                    row.take(field, &cell(line, start, end));
                }
            }
            rows.push(row);
        }
        before = line;
    }
    Ok(rows)
}

/// Start and end of each column in characters, and what it holds.
fn columns_of(rule: &str, header: &str) -> Vec<(usize, usize, Option<Field>)> {
    let dashes: Vec<char> = rule.chars().collect();
    let starts: Vec<usize> = (0..dashes.len())
        .filter(|&at| dashes[at] == '-' && (at == 0 || dashes[at - 1] != '-'))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    let span = |(&start, end): (&usize, usize)| {
        let field = Field::of_name(&cell(header, start, end));
        (start, end, field)
    };
    starts.iter().zip(ends).map(span).collect()
}

fn cell(line: &str, start: usize, end: usize) -> String {
    let length = end.saturating_sub(start);
    let cell: String = line.chars().skip(start).take(length).collect();
    cell.trim().to_owned()
}

/// The rows of a list of properties: each object ends with a blank line.
pub(super) fn properties(text: &str) -> Result<Vec<Row>, ExpectedError> {
    let mut rows = Vec::new();
    let mut object: Option<Row> = None;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            rows.extend(object.take());
            continue;
        }
        // A long value goes on below; no name is that long.
        let Some((name, value)) = property(line) else {
            continue;
        };
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
            None => line.clone_into(&mut row.full),
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
