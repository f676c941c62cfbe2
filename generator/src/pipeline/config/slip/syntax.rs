//! A file that is no TOML: what stands in the line, and how it is written instead.
//!
//! The line is read here once more, as a person means it: the TOML reader says at which character its
//! grammar ended, and that is often not where the mistake is.

use std::ops::Range;

use super::super::tables::Table;
use super::line::{Line, header, is_key, without_comment};
use super::types::flag;
use super::{Slip, quoted, shown, table_of};

pub(super) fn slip(text: &str, at: &Range<usize>, message: &str, tables: &[Table]) -> Option<Slip> {
    let at_end = Line::at(text, at.start);
    let is_list = message.contains("array") && !message.contains("table");
    let opening = is_list.then(|| open_list(text, at_end.number)).flatten();
    let line = opening.unwrap_or(at_end);
    let (what, cure) = if message.starts_with("duplicate key") {
        twice(text, &line)?
    } else {
        foreign_character(&line)
            .or_else(|| heading(&line, tables))
            .or_else(|| no_equals(&line))
            .or_else(|| value(&line, message))?
    };
    let line = Some(line.number);
    Some(Slip { line, what, cure })
}

/// The line in which the list begins that has no end before this line.
fn open_list(text: &str, before: usize) -> Option<Line<'_>> {
    let mut start = 0;
    let mut found = None;
    for whole in text.split_inclusive('\n').take(before) {
        let line = Line::at(text, start);
        let value = line.entry().map(|(_, value)| without_comment(value));
        if value.is_some_and(|value| value.starts_with('[') && !value.ends_with(']')) {
            found = Some(line);
        }
        start += whole.len();
    }
    found
}

/// What is wrong, and the cure.
type Told = (String, String);

/// The same key or table for the second time.
fn twice(text: &str, line: &Line<'_>) -> Option<Told> {
    let above = text.lines().take(line.number - 1);
    if let Some(name) = header(line.text) {
        let mut above = (1..).zip(above);
        let (first, earlier) = above.find(|(_, other)| header(other) == Some(name))?;
        let is_list = |header: &str| header.trim().starts_with("[[");
        let cure = if is_list(line.text) == is_list(earlier) {
            format!("put all keys of `[{name}]` below one of the two")
        } else {
            format!("write both in the same brackets; `[[{name}]]` may stand several times")
        };
        return Some((
            format!("{} stands in line {first} already", shown(line.text)),
            cure,
        ));
    }
    let (key, _) = line.entry()?;
    let name = line.name(key);
    let section: Vec<(usize, &str)> = (1..).zip(above).collect();
    let own = section
        .iter()
        .rev()
        .take_while(|(_, other)| header(other).is_none());
    let first = own
        .map(|(number, other)| (number, other.split_once('=')))
        .find_map(|(number, entry)| {
            entry
                .filter(|(other, _)| other.trim() == key)
                .map(|_| number)
        });
    let where_first = match first {
        Some(first) => format!("in line {first} already"),
        None => "twice".to_owned(),
    };
    Some((
        format!("`{name}` stands {where_first}"),
        "leave one of the two lines".to_owned(),
    ))
}

/// Characters that look like those of TOML, or like nothing at all, and what they stand for.
const LOOKALIKES: [(&str, &str); 8] = [
    ("“”„‟«»″＂「」『』", "\""),
    ("‘’‚‛′＇", "'"),
    ("＝", "="),
    ("［", "["),
    ("］", "]"),
    ("，、", ","),
    ("＃", "#"),
    (
        "\u{a0}\u{3000}\u{200b}\u{202f}\u{2007}\u{2060}\u{feff}",
        " ",
    ),
];

/// A character outside texts that a word processor, a chat or another keyboard put there.
fn foreign_character(line: &Line<'_>) -> Option<Told> {
    let (character, meant) = outside_texts(line.text).find_map(lookalike)?;
    let code = u32::from(character);
    let is_quote = matches!(meant, "\"" | "'");
    let what = match (meant, is_quote) {
        (" ", _) => format!("a blank that is none (U+{code:04X}) stands in the line"),
        (_, true) => format!("`{character}` (U+{code:04X}) is a typographic quote"),
        _ => format!("`{character}` (U+{code:04X}) is not `{meant}`"),
    };
    let what = match line.entry() {
        Some((key, _)) => format!("`{}`: {what}", line.name(key)),
        None => what,
    };
    let cure = match line.entry().filter(|_| is_quote) {
        Some((key, value)) => {
            let bare = |c: char| lookalike(c).is_some_and(|(_, meant)| meant != ",");
            let inner = without_comment(value).trim_matches(|c| bare(c) || matches!(c, '"' | '\''));
            format!("write it in plain quotes: `{key} = {}`", quoted(inner))
        }
        None if meant == " " => "delete it, and type a blank where one is needed".to_owned(),
        None => format!("write `{meant}`"),
    };
    Some((what, cure))
}

fn lookalike(character: char) -> Option<(char, &'static str)> {
    let mut groups = LOOKALIKES.iter();
    let (_, meant) = groups.find(|(group, _)| group.contains(character))?;
    Some((character, meant))
}

/// The characters of a line that stand in no closed text and in no comment.
fn outside_texts(line: &str) -> impl Iterator<Item = char> + '_ {
    let line = without_comment(line);
    let mut rest = line;
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            let after = rest.get(first.len_utf8()..)?;
            let end = matches!(first, '"' | '\'')
                .then(|| after.find(first))
                .flatten();
            match end {
                Some(end) => rest = after.get(end + 1..)?,
                None => {
                    rest = after;
                    return Some(first);
                }
            }
        }
    })
}

/// A header with too few brackets, or with too many.
fn heading(line: &Line<'_>, tables: &[Table]) -> Option<Told> {
    let name = header(line.text)?;
    let written = match table_of(name, tables) {
        Some((known, _)) => known.to_owned(),
        None => format!("[{name}]"),
    };
    let what = format!("{} is no header of a section", shown(line.text));
    let same = without_comment(line.text) == written;
    (!same).then(|| (what, format!("write `{written}`, alone in its line")))
}

/// A line that sets nothing.
fn no_equals(line: &Line<'_>) -> Option<Told> {
    let text = without_comment(line.text);
    if text.is_empty() || line.entry().is_some() {
        return None;
    }
    let comment = ["//", ";", "--", "/*", "REM ", "rem "];
    if let Some(mark) = comment.iter().find(|mark| text.starts_with(**mark)) {
        let mark = mark.trim();
        return Some((
            format!("`{mark}` begins no comment"),
            "a comment begins with `#`".to_owned(),
        ));
    }
    let (key, value) = text.split_once(':').unwrap_or((text, ""));
    let key = key.trim();
    if !is_key(key) {
        return None;
    }
    let value = match value.trim() {
        "" => "…".to_owned(),
        value if value.starts_with(['"', '\'', '[']) || flag(value).is_some() => value.to_owned(),
        value if value.parse::<u64>().is_ok() => value.to_owned(),
        value => quoted(value),
    };
    Some((
        format!("`{}` has no `=` behind it", line.name(key)),
        format!("write `{key} = {value}`"),
    ))
}

/// What stands behind the `=`.
fn value(line: &Line<'_>, message: &str) -> Option<Told> {
    let (key, written) = line.entry()?;
    let name = line.name(key);
    let value = without_comment(written);
    let cure = |value: String| format!("`{key} = {value}`");
    match value.chars().next() {
        None => Some((
            format!("`{name}` has no value"),
            "write one behind the `=`, or put a `#` before the line".to_owned(),
        )),
        Some('[') => Some((
            format!("`{name}` is {}, which is no list", shown(value)),
            format!(
                "write each text in quotes, a `,` between them and a `]` at the end: {}",
                cure("[\"…\", \"…\"]".to_owned())
            ),
        )),
        Some(quote @ ('"' | '\'')) => text_value(&name, key, value, quote, message),
        Some(_) => Some(bare_value(&name, key, value)),
    }
}

/// A text that ends nowhere, ends too soon, or has an escape that is none.
fn text_value(name: &str, key: &str, value: &str, quote: char, message: &str) -> Option<Told> {
    let inner = value.get(1..)?;
    let content = inner.trim_end_matches(['"', '\'']);
    if quote == '"' && content.contains('\\') {
        let escape = bad_escape(inner);
        let what = match escape {
            Some(escape) => {
                format!("`{name}` has `{escape}`, which in double quotes is no character")
            }
            None => format!("`{name}` has a backslash before its closing quote"),
        };
        // Whoever doubled them all meant each pair as one.
        let plain = if content.starts_with("\\\\\\\\") {
            content.replace("\\\\", "\\")
        } else {
            content.to_owned()
        };
        let cure = format!(
            "in single quotes a backslash is a backslash: `{key} = {}`",
            quoted(&plain)
        );
        return Some((what, cure));
    }
    match inner.find(quote) {
        None => Some((
            format!(
                "`{name}` is {}, which has no closing `{quote}`",
                shown(value)
            ),
            format!("end the text with `{quote}`: `{key} = {}`", quoted(content)),
        )),
        Some(end) => {
            let after = inner.get(end + 1..)?.trim();
            let what = format!("`{name}` has {} behind its text", shown(after));
            let is_told = !after.is_empty() && !message.contains("array");
            let cure = if quote == '\'' && inner.matches('\'').count() > 1 {
                format!("a text with a `'` stands in double quotes: `{key} = \"…\"`")
            } else {
                "write one text in one pair of quotes; a comment begins with `#`".to_owned()
            };
            is_told.then_some((what, cure))
        }
    }
}

/// The first escape that no text may hold (TOML 1.1, "String").
fn bad_escape(inner: &str) -> Option<String> {
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        let after = rest.get(at + 1..)?;
        let kind = after.chars().next()?;
        let digits = match kind {
            'b' | 't' | 'n' | 'f' | 'r' | 'e' | '"' | '\\' => 0,
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => return Some(format!("\\{kind}")),
        };
        let behind = after.get(kind.len_utf8()..)?;
        let given = behind.chars().take(digits);
        if given.clone().count() < digits || given.clone().any(|c| !c.is_ascii_hexdigit()) {
            return Some(format!("\\{kind}"));
        }
        rest = behind;
    }
    None
}

/// A word, a path, a time or a number with its unit, without quotes.
fn bare_value(name: &str, key: &str, value: &str) -> Told {
    if let Some(flag) = flag(value).filter(|_| value.parse::<u64>().is_err()) {
        return (
            format!("`{name}` is {}, which is no flag", shown(value)),
            format!("a flag is `true` or `false`: write `{key} = {flag}`"),
        );
    }
    let number: String = value.chars().take_while(char::is_ascii_digit).collect();
    let unit = value.get(number.len()..).unwrap_or_default().trim();
    let is_unit = matches!(
        unit.to_lowercase().as_str(),
        "%" | "s"
            | "sec"
            | "seconds"
            | "m"
            | "min"
            | "minutes"
            | "h"
            | "hours"
            | "d"
            | "days"
            | "percent"
    );
    if !number.is_empty() && is_unit {
        return (
            format!(
                "`{name}` is {}, a number with `{unit}` behind it",
                shown(value)
            ),
            format!("write the number alone: `{key} = {number}`"),
        );
    }
    (
        format!("`{name}` is {}, without quotes", shown(value)),
        format!("a text stands in quotes: `{key} = {}`", quoted(value)),
    )
}
