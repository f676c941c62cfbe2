//! Which form a list has, told by its content, and its rows.

use super::field::{Field, is_also_a_server};
use super::lines::significant_lines;
use super::row::{Row, common_name};
use super::rows::Rows;
use super::server_name::ServerName;
use super::{ExpectedError, console, delimited, ldif};

/// Reads a list of any form: names on lines, separated values, `csvde`, LDIF, `dsquery`, and
/// what PowerShell prints for people.
pub(super) fn rows(text: &str) -> Result<Rows, ExpectedError> {
    let mut significant = significant_lines(text);
    let Some((_, first)) = significant.next() else {
        return Err(ExpectedError::Empty);
    };
    let second = significant.next().map_or("", |(_, line)| line);
    if ldif::is_one(first, text) {
        return ldif::rows(text).map(Rows::from);
    }
    if console::is_object(first) {
        return console::objects(text).map(Rows::from);
    }
    if console::is_rule(second) {
        return console::table(text).map(Rows::from);
    }
    if console::is_property(first) {
        return console::properties(text).map(Rows::from);
    }
    match delimited::separator(first) {
        // The commas of a distinguished name separate no values.
        Some(separator) if common_name(first).is_none() => delimited::rows(text, separator),
        _ => Ok(names(text)),
    }
}

/// A name or distinguished name on each line, as people and `dsquery computer` write them,
/// perhaps below a header. Only a first line that is no name, is a known word for one, or is one
/// label above nothing but full names is taken for a header.
fn names(text: &str) -> Rows {
    let mut lines = significant_lines(text).peekable();
    let first = lines.peek().map_or("", |(_, line)| line).to_owned();
    let mut rows: Vec<Row> = lines.map(|(line, text)| Row::of_text(line, text)).collect();
    let word = first.trim_matches('"');
    let is_known = Field::of_name(word).is_some_and(Field::names);
    if !is_known && !looks_different(word, rows.get(1..).unwrap_or_default()) {
        return rows.into();
    }
    let header = rows.remove(0);
    let is_sure = is_known && !is_also_a_server(word);
    if is_sure {
        // Lists that were put one below the other.
        rows.retain(|row| row.full != word);
    }
    Rows {
        rows,
        assumed_header: (!is_sure).then(|| (header.line, word.to_owned())),
        doubts: Vec::new(),
    }
}

/// Is the first line no name above names, or one label above nothing but full names? An account
/// is never a header.
fn looks_different(first: &str, rest: &[Row]) -> bool {
    let full = |row: &Row| matches!(ServerName::parse(&row.full), Some(ServerName::Full(_)));
    if first.ends_with('$') || common_name(first).is_some() {
        return false;
    }
    match ServerName::parse(first) {
        Some(ServerName::Full(_)) => false,
        Some(ServerName::Short(_)) => !rest.is_empty() && rest.iter().all(full),
        None => rest.iter().any(full),
    }
}
