//! Signs of other languages around a value: none or another one in the place of the `=`, and a comma, a
//! semicolon or a comment of theirs behind it.

use toml::de::DeTable;

use super::super::tables::Table;
use super::super::toml_text::quoted;
use super::line::{Line, header, is_key, without_comment};
use super::meant::{Takes, flag, literal, takes};
use super::{keys_of, quantities, shown};
use crate::nearest::nearest;

/// A line that sets a key by something else than one `=`.
pub(super) struct Setting<'a> {
    /// As it has to be written.
    pub(super) key: String,
    pub(super) value: &'a str,
    /// What stands in the place of the `=`; empty for nothing.
    sign: &'a str,
    /// The key as it stands there, where that is none.
    written: Option<&'a str>,
}

/// The line taken apart; none where it sets something as TOML has it, or nothing at all.
pub(super) fn setting<'a>(line: &Line<'a>, tables: &[Table]) -> Option<Setting<'a>> {
    let text = without_comment(line.text);
    if text.starts_with('[') || header(text).is_some() {
        return None;
    }
    by_sign(text, line.section, tables).or_else(|| by_blank(text, line.section, tables))
}

/// `key: value`, `key := value`, `key == value`, `"key": value`, `a key = value`.
fn by_sign<'a>(text: &'a str, section: &str, tables: &[Table]) -> Option<Setting<'a>> {
    let is_quoted = text.starts_with(['"', '\'']);
    let begin = if is_quoted {
        let quote = text.chars().next()?;
        let end = text.get(1..)?.find(quote)?;
        end + 2
    } else {
        0
    };
    let behind = text.get(begin..)?;
    let at = begin + behind.find([':', '=', '"', '\'', '['])?;
    let (left, right) = text.split_at_checked(at)?;
    if !right.starts_with([':', '=']) {
        return None;
    }
    let value = right.trim_start_matches([':', '=', '>']);
    let sign = right.get(..right.len() - value.len())?;
    // A sign after a sign, with a blank between them.
    let value = value.trim_start_matches([':', '=', '>', ' ', '\t']).trim();
    let left = left.trim().trim_matches(['"', '\'']);
    if is_key(left) {
        let is_sound = sign == "=" && right.get(1..).is_some_and(|rest| rest.trim() == value);
        return (!is_sound).then(|| Setting {
            key: left.to_owned(),
            value,
            sign,
            written: None,
        });
    }
    // What stands before a `:` may be the value too, such as a time.
    if !sign.contains('=') {
        return None;
    }
    Some(Setting {
        key: joined(left, section, tables)?,
        value,
        sign,
        written: Some(left),
    })
}

/// `key value`.
fn by_blank<'a>(text: &'a str, section: &str, tables: &[Table]) -> Option<Setting<'a>> {
    let end = text.find([' ', '\t', '"', '\'', '['])?;
    let (key, value) = text.split_at_checked(end)?;
    let value = value.trim();
    let is_known = || keys_of(section, tables).is_some_and(|keys| keys.contains(&key));
    let is_value = value.starts_with(['"', '\'', '[']) || value.parse::<u64>().is_ok();
    (is_key(key) && !value.starts_with('=') && (is_value || is_known())).then(|| Setting {
        key: key.to_owned(),
        value,
        sign: "",
        written: None,
    })
}

/// The key of a section whose words are written with blanks between them.
fn joined(words: &str, section: &str, tables: &[Table]) -> Option<String> {
    let joined = words.split_whitespace().collect::<Vec<_>>().join("_");
    let keys = keys_of(section, tables)?;
    let is_name = is_key(&joined) && words.contains(char::is_whitespace);
    let meant = nearest(&joined, keys.iter().copied()).filter(|_| is_name)?;
    Some(meant.to_owned())
}

/// What is wrong with such a line, and how it is written.
pub(super) fn told(line: &Line<'_>, setting: &Setting<'_>) -> Option<(String, String)> {
    let Setting {
        key, value, sign, ..
    } = setting;
    let value = trimmed(value);
    if value.is_empty() {
        return None;
    }
    let name = line.name(key);
    let what = match (setting.written, *sign) {
        (Some(written), _) => format!(
            "{} has a blank in it, which no key has",
            shown(&line.name(written))
        ),
        (None, "" | ":") => format!("`{name}` has no `=` behind it"),
        (None, "=") => format!("`{name}` has another sign behind its `=`"),
        (None, sign) => format!("`{name}` has `{sign}` behind it, where a `=` belongs"),
    };
    let value = without_foreign_comment(value);
    let takes = takes(line.section, key);
    let cure = match (takes, takes.and_then(|takes| literal(&name, takes, value))) {
        (_, Some(meant)) => format!("write `{key} = {meant}`"),
        (None | Some(Takes::Text), None) => format!("write `{key} = {}`", as_it_stands(value)),
        (Some(Takes::Number), None) => quantities::of_any(&name, key, value),
        (Some(takes), None) => takes.form().to_owned(),
    };
    Some((what, cure))
}

/// A value that is one in TOML too, else the text that it is.
fn as_it_stands(value: &str) -> String {
    match is_value(value) || flag(value).is_some() {
        true => value.to_owned(),
        false => quoted(value.trim_matches(['"', '\''])),
    }
}

/// A value without what parts entries in other formats.
pub(super) fn trimmed(value: &str) -> &str {
    value.trim_end_matches([',', ';', ' ', '\t'])
}

/// What stands behind a value and is none of it.
pub(super) fn behind(
    name: &str,
    key: &str,
    value: &str,
    takes: Option<Takes>,
) -> Option<(String, String)> {
    let written = |head: &str| {
        let meant = takes.and_then(|takes| literal(name, takes, head));
        meant.unwrap_or_else(|| head.to_owned())
    };
    let head = trimmed(value);
    if head.len() < value.len() && is_value(head) {
        let sign = value.get(head.len()..)?.trim();
        if sign.is_empty() {
            return None;
        }
        return Some((
            format!("`{name}` has a `{sign}` behind its value"),
            format!("take the `{sign}` away: `{key} = {}`", written(head)),
        ));
    }
    let (head, mark, note) = foreign_comment(value)?;
    let head = trimmed(head);
    let note = note.trim_end_matches("*/").trim();
    let note = crate::printable::on_one_line(note);
    is_value(head).then(|| {
        (
            format!("`{name}` has `{mark}` behind its value, which begins no comment"),
            format!(
                "a comment begins with `#`: `{key} = {} # {note}`",
                written(head)
            ),
        )
    })
}

/// A value without what is a comment in other languages.
fn without_foreign_comment(value: &str) -> &str {
    if let Some((head, ..)) = foreign_comment(value) {
        return head;
    }
    let is_bare = !value.starts_with(['"', '\'', '[']);
    let marks = [" //", " ;", " -- ", " /*"].into_iter();
    let first = marks
        .filter_map(|mark| value.find(mark))
        .min()
        .filter(|_| is_bare);
    first
        .and_then(|at| value.get(..at))
        .unwrap_or(value)
        .trim_end()
}

/// Most signs of comments in a line that are looked at.
const MOST_MARKS: usize = 16;

/// A value, the sign that begins a comment elsewhere, and what stands behind it.
fn foreign_comment(value: &str) -> Option<(&str, &'static str, &str)> {
    let mut found = ["//", ";", "--", "/*"].into_iter().flat_map(|mark| {
        let places = value.match_indices(mark).take(MOST_MARKS);
        places.map(move |(at, _)| (at, mark))
    });
    found.find_map(|(at, mark)| {
        let head = value.get(..at)?;
        let note = value.get(at + mark.len()..)?;
        let is_apart = head.ends_with([' ', '\t']) && !note.trim().is_empty();
        (is_apart && is_value(head)).then_some((head.trim_end(), mark, note.trim()))
    })
}

/// Is it a value as TOML has them?
pub(super) fn is_value(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && DeTable::parse(&format!("k = {text}")).is_ok()
}

/// A header with a blank or another sign in its name.
pub(super) fn heading(line: &Line<'_>, tables: &[Table]) -> Option<(String, String)> {
    let text = without_comment(line.text);
    let name = text
        .strip_prefix('[')?
        .split(']')
        .next()?
        .trim_start_matches('[');
    if header(text).is_some() || name.contains(['"', '\'', '=']) {
        return None;
    }
    let letters = |name: &str| -> String {
        let letters = name.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>().to_ascii_lowercase()
    };
    let wanted = letters(name);
    let all: Vec<(String, &str)> = tables
        .iter()
        .map(|(known, _)| (letters(known), *known))
        .collect();
    let meant = nearest(&wanted, all.iter().map(|(letters, _)| letters.as_str()))?;
    let (_, known) = all.iter().find(|(letters, _)| letters == meant)?;
    Some((
        format!("{} is no header of a section", shown(text)),
        format!("write `{known}`, alone in its line"),
    ))
}

/// A line of words alone.
pub(super) fn words(line: &Line<'_>) -> Option<(String, String)> {
    let text = without_comment(line.text);
    let is_text = text.starts_with(char::is_alphabetic) && !text.contains(['"', '\'', '=', ']']);
    is_text.then(|| {
        (
            format!("{} sets nothing", shown(text)),
            "write key, `=` and value in one line; before what is a comment stands a `#`"
                .to_owned(),
        )
    })
}
