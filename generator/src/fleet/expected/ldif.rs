//! LDIF (RFC 2849) as `ldifde`, `ldbsearch` and `ldapsearch` write it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::ExpectedError;
use super::field::Field;
use super::lines::lines;
use super::row::Row;

/// What stands in no entry: the head of an LDIF, referrals, and the closing words of a search
/// (`ldapsearch`).
const OUTSIDE: [&str; 9] = [
    "version",
    "ref",
    "search",
    "result",
    "text",
    "matchedDN",
    "control",
    "pagedresults",
    "numResponses",
];

/// Is it an LDIF, by its first line? One whose first entry has lost its name has others.
pub(super) fn is_one(first: &str, text: &str) -> bool {
    let begins = |line: &str, head: &str| {
        let start = line.get(..head.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(head))
    };
    let is_attribute = first.split_once(':').is_some_and(|(name, _)| {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b';' | b'=');
        !name.is_empty() && name.bytes().all(is_name)
    });
    begins(first, "dn:")
        || begins(first, "version:")
        || (is_attribute && text.lines().any(|line| begins(line, "dn:")))
}

/// The entries that name a computer. An entry without its `dn` is one, too.
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
        let is_outside = OUTSIDE.iter().any(|one| name.eq_ignore_ascii_case(one));
        if name.eq_ignore_ascii_case("dn") {
            rows.extend(entry.replace(Row::at(line)));
        } else if !is_outside {
            entry.get_or_insert_with(|| Row::at(line));
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
    let mut unfolded: Vec<(u64, String)> = Vec::new();
    for (number, line) in lines(text) {
        match (line.strip_prefix(' '), unfolded.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            _ => unfolded.push((number, line.to_owned())),
        }
    }
    unfolded
}
