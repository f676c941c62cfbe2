//! LDIF (RFC 2849) as `ldifde`, `ldbsearch` and `ldapsearch` write it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ExpectedError;
use super::row::{Field, Row};

/// Does a list's first line begin an LDIF?
pub(super) fn begins(first: &str) -> bool {
    let lower = first.to_ascii_lowercase();
    ["dn:", "version:"]
        .iter()
        .any(|head| lower.starts_with(head))
}

/// The entries that name a computer. Referrals and closing words of a search are no entries.
pub(super) fn rows(text: &str) -> Result<Vec<Row>, ExpectedError> {
    let mut rows = Vec::new();
    let mut entry: Option<Row> = None;
    for (line, unfolded) in unfold(text) {
        if unfolded.trim().is_empty() {
            rows.extend(entry.take());
            continue;
        }
        if unfolded.starts_with('#') {
            continue;
        }
        let Some((name, value)) = unfolded.split_once(':') else {
            return Err(ExpectedError::NoAttribute { line });
        };
        // `attribute;range=0-1499` and `;binary` are still the attribute.
        let name = name.split(';').next().unwrap_or(name);
        if name.eq_ignore_ascii_case("dn") {
            rows.extend(entry.replace(Row::at(line)));
        }
        if let (Some(row), Some(field)) = (entry.as_mut(), Field::of_name(name)) {
            match value.strip_prefix(':') {
                Some(coded) => {
                    let bytes = STANDARD.decode(coded.trim()).unwrap_or_default();
                    row.take_bytes(field, bytes);
                }
                None => row.take(field, value),
            }
        }
    }
    rows.extend(entry);
    Ok(rows)
}

/// Lines with their numbers; one that begins with a blank goes on with the one before.
fn unfold(text: &str) -> Vec<(u64, String)> {
    let mut lines: Vec<(u64, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        match (line.strip_prefix(' '), lines.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            _ => lines.push((number, line.to_owned())),
        }
    }
    lines
}
