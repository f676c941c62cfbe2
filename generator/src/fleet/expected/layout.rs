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
/// perhaps below a header. Only a first line that is no name, or is a known word for one, is taken for a
/// header; one label above nothing but full names may be either, and counts as the server that it names.
fn names(text: &str) -> Rows {
    let mut lines = significant_lines(text).peekable();
    let first = lines.peek().map_or("", |(_, line)| line).to_owned();
    let mut rows: Vec<Row> = lines.map(|(line, text)| Row::of_text(line, text)).collect();
    let word = first.trim_matches('"');
    let is_known = Field::of_name(word).is_some_and(Field::names);
    let rest = rows.get(1..).unwrap_or_default();
    if !is_known && !is_no_name(word, rest) {
        let doubts = stands_apart(word, rest).then(|| doubt(word));
        return Rows {
            rows,
            assumed_header: None,
            doubts: doubts.into_iter().collect(),
        };
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

fn is_full(row: &Row) -> bool {
    matches!(ServerName::parse(&row.full), Some(ServerName::Full(_)))
}

/// Is the first line no name above names? An account is never a header.
fn is_no_name(first: &str, rest: &[Row]) -> bool {
    !first.ends_with('$')
        && common_name(first).is_none()
        && ServerName::parse(first).is_none()
        && rest.iter().any(is_full)
}

/// Is it one label above nothing but full names?
fn stands_apart(first: &str, rest: &[Row]) -> bool {
    let is_short = matches!(ServerName::parse(first), Some(ServerName::Short(_)));
    is_short && !first.ends_with('$') && !rest.is_empty() && rest.iter().all(is_full)
}

fn doubt(first: &str) -> String {
    format!("`{first}` in the first line counts as a server: delete the line when it is a header")
}
