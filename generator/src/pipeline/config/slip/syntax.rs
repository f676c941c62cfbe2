//! A file that is no TOML: what stands in the line, and how it is written instead.
//!
//! The line is read here once more, as a person means it: the TOML reader says at which character its
//! grammar ended, and that is often not where the mistake is.

use std::ops::Range;

use gangway_contract::UncPath;

use super::super::intended;
use super::super::tables::Table;
use super::super::toml_text::quoted;
use super::super::values::takes_path;
use super::line::{Line, header, without_comment};
use super::meant::{Takes, closed_by_other, example, flag, literal, takes};
use super::{Slip, misplaced, quantities, shown, signs, stray, table_of};

pub(super) fn slip(text: &str, at: &Range<usize>, message: &str, tables: &[Table]) -> Option<Slip> {
    let at_end = Line::at(text, at.start);
    let is_list = message.contains("array") && !message.contains("table");
    let is_inside = at_end.entry().is_none() && header(at_end.text).is_none();
    let opening = (is_list || is_inside).then(|| open_list(text, at_end.number));
    let line = opening.flatten().unwrap_or(at_end);
    let setting = signs::setting(&line, tables);
    let set = setting.as_ref().map(|it| (it.key.as_str(), it.value));
    if let Some((key, value)) = set.or_else(|| line.entry())
        && let Some(slip) = stray::secret(text, &line, key, value, tables)
    {
        return Some(slip);
    }
    let (what, cure) = if message.starts_with("duplicate key") {
        twice(text, &line)?
    } else {
        let (what, cure) = foreign_character(&line)
            .or_else(|| heading(&line, tables))
            .or_else(|| signs::heading(&line, tables))
            .or_else(|| signs::told(&line, setting.as_ref()?))
            .or_else(|| no_equals(&line, tables))
            .or_else(|| value(text, &line, message))
            .or_else(|| signs::words(&line))?;
        (what, misplaced::cure(&line, cure, tables))
    };
    let line = Some(line.number);
    Some(Slip { line, what, cure })
}

/// The line in which the list begins that has no end before this line.
fn open_list(text: &str, before: usize) -> Option<Line<'_>> {
    let mut found = None;
    let mut section = "";
    for (number, whole) in (1..).zip(text.lines()).take(before) {
        let line = Line {
            number,
            text: whole.trim(),
            section,
        };
        section = header(whole).unwrap_or(section);
        match line.entry().map(|(_, value)| without_comment(value)) {
            Some(value) if value.starts_with('[') && !signs::is_value(value) => found = Some(line),
            // An end in the line itself closes what is asked for.
            None if ends_list(whole) && number < before => found = None,
            _ => {}
        }
    }
    found
}

fn ends_list(line: &str) -> bool {
    header(line).is_none() && without_comment(line.trim()).ends_with(']')
}

/// Most lines of a list that are looked at.
const MOST_LINES: usize = 200;

/// The value of a line, and of a list all lines up to its end or to what is none of it.
fn whole_value(text: &str, line: &Line<'_>) -> String {
    let Some((_, value)) = line.entry() else {
        return String::new();
    };
    let value = without_comment(value);
    if !value.starts_with('[') || value.ends_with(']') {
        return value.to_owned();
    }
    let mut whole = vec![value];
    let mut position = 0;
    for (place, next) in text
        .split_inclusive('\n')
        .enumerate()
        .take(line.number + MOST_LINES)
    {
        let is_below = place >= line.number;
        let next_line = is_below.then(|| Line::at(text, position));
        position += next.len();
        let Some(next_line) = next_line else {
            continue;
        };
        if next_line.entry().is_some() || header(next_line.text).is_some() {
            break;
        }
        whole.push(next_line.text);
        if ends_list(next_line.text) {
            break;
        }
    }
    whole.join("\n")
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
fn no_equals(line: &Line<'_>, tables: &[Table]) -> Option<Told> {
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
    let key = line.bare_key()?;
    if let Some((header, _)) = table_of(key, tables).filter(|_| text.ends_with(':')) {
        return Some((
            format!("{} is no header of a section", shown(line.text)),
            format!("write `{header}`, alone in its line"),
        ));
    }
    let form = example(line.section, key).map(|line| format!("write it in the form of `{line}`"));
    Some((
        format!("`{}` has no `=` behind it", line.name(key)),
        form.unwrap_or_else(|| "write key, `=` and value in one line".to_owned()),
    ))
}

/// What stands behind the `=`.
fn value(text: &str, line: &Line<'_>, message: &str) -> Option<Told> {
    let (key, written) = line.entry()?;
    let name = line.name(key);
    let takes = takes(line.section, key);
    let first = without_comment(written);
    let whole = whole_value(text, line);
    if let Some(told) = signs::behind(&name, key, &whole, takes) {
        return Some(told);
    }
    let meant = takes.and_then(|takes| literal(&name, takes, &whole));
    let meant = meant.map(|meant| format!("`{key} = {meant}`"));
    match first.chars().next() {
        None => Some((
            format!("`{name}` has no value"),
            "write one behind the `=`, or put a `#` before the line".to_owned(),
        )),
        Some('[') => Some(list_value(&name, &whole, takes, meant)),
        Some(quote @ ('"' | '\'')) => {
            let told = text_value(&name, key, first, quote, message)?;
            Some(match (takes, meant) {
                (None | Some(Takes::Text), _) => told,
                (Some(takes), Some(meant)) => (told.0, format!("{}: {meant}", takes.form())),
                (Some(takes), None) => (told.0, takes.form().to_owned()),
            })
        }
        Some(_) => {
            let first = signs::trimmed(first);
            Some(bare_value(&name, key, first, takes, meant.as_deref()))
        }
    }
}

/// A list that is none.
fn list_value(name: &str, whole: &str, takes: Option<Takes>, meant: Option<String>) -> Told {
    let escapes = whole.split('"').skip(1).step_by(2).find_map(bad_escape);
    if let Some(escape) = escapes.filter(|_| !whole.contains('\'')) {
        let plain = "in single quotes a backslash is a backslash";
        let cure = meant.map_or_else(|| plain.to_owned(), |meant| format!("{plain}: {meant}"));
        return (
            format!("`{name}` has `{escape}`, which in double quotes is no character"),
            cure,
        );
    }
    // Of several lines the first alone shows nothing.
    let lines = whole.lines().map(without_comment);
    let written = lines.map(str::trim).collect::<Vec<_>>().join(" ");
    let what = format!("`{name}` is {}, which is no list", shown(&written));
    let cure = match (takes, meant) {
        (Some(Takes::Texts | Takes::Command) | None, meant) => {
            let rule = "write each text in quotes, a `,` between them and a `]` at the end";
            meant.map_or_else(|| rule.to_owned(), |meant| format!("{rule}: {meant}"))
        }
        (Some(takes), Some(meant)) => format!("{}: {meant}", takes.form()),
        (Some(takes), None) => takes.form().to_owned(),
    };
    (what, cure)
}

/// A text that ends nowhere, ends too soon, or has an escape that is none.
fn text_value(name: &str, key: &str, value: &str, quote: char, message: &str) -> Option<Told> {
    let inner = value.get(1..)?;
    let text = match literal(name, Takes::Text, value) {
        Some(text) => text,
        None => quoted(inner.trim_end_matches(['"', '\''])),
    };
    let Ending { at, bad_escape } = ending(inner, quote);
    if let Some(escape) = bad_escape {
        let cure = in_single_quotes(name, key, &text);
        let what = format!("`{name}` has `{escape}`, which in double quotes is no character");
        return Some((what, cure));
    }
    match at {
        None if quote == '"' && inner.ends_with("\\\"") => Some((
            format!("`{name}` has a backslash before its closing quote"),
            in_single_quotes(name, key, &text),
        )),
        None if closed_by_other(inner, quote).is_some() => Some((
            format!(
                "`{name}` is {}, which begins with one kind of quote and ends with the other",
                shown(value)
            ),
            format!("write it in one pair of quotes: `{key} = {text}`"),
        )),
        None => Some((
            format!(
                "`{name}` is {}, which has no closing `{quote}`",
                shown(value)
            ),
            format!("end the text with `{quote}`: `{key} = {text}`"),
        )),
        Some(end) => {
            let after = inner.get(end + 1..)?.trim();
            let what = format!("`{name}` has {} behind its text", shown(after));
            let is_told = !after.is_empty() && !message.contains("array");
            let cure = if quote == '\'' && inner.matches('\'').count() > 1 {
                format!("a text with a `'` stands in double quotes: `{key} = {text}`")
            } else {
                "write one text in one pair of quotes; a comment begins with `#`".to_owned()
            };
            is_told.then_some((what, cure))
        }
    }
}

/// A text as it is meant; where its key takes no such path, one that it takes.
fn in_single_quotes(name: &str, key: &str, text: &str) -> String {
    let bare = text.trim_matches(['\'', '"']);
    let is_path = bare.parse::<UncPath>().is_ok();
    if let Some(meant) = intended::value(name, bare).filter(|meant| meant != bare) {
        return format!("write `{key} = {}`", quoted(&meant));
    }
    let section = name
        .strip_suffix(key)
        .and_then(|section| section.strip_suffix('.'));
    let example = section.and_then(|section| example(section, key));
    match example.filter(|_| takes_path(name) && !is_path) {
        Some(example) => format!("it takes no such path: write `{example}`"),
        None => format!("in single quotes a backslash is a backslash: `{key} = {text}`"),
    }
}

/// Where a text ends, as TOML reads it.
struct Ending {
    /// Place of the closing quote.
    at: Option<usize>,
    /// The first escape before it that no text may hold (TOML 1.1, "String").
    bad_escape: Option<String>,
}

fn ending(inner: &str, quote: char) -> Ending {
    let mut bad_escape = None;
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == quote {
            let at = Some(at);
            return Ending { at, bad_escape };
        }
        if character != '\\' || quote == '\'' {
            continue;
        }
        let Some((_, kind)) = characters.next() else {
            break;
        };
        let digits = match kind {
            'b' | 't' | 'n' | 'f' | 'r' | 'e' | '"' | '\\' => 0,
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => {
                bad_escape.get_or_insert_with(|| format!("\\{kind}"));
                continue;
            }
        };
        let given = characters.clone().take(digits).map(|(_, digit)| digit);
        if given.filter(char::is_ascii_hexdigit).count() < digits {
            bad_escape.get_or_insert_with(|| format!("\\{kind}"));
        }
    }
    let at = None;
    Ending { at, bad_escape }
}

/// The first escape of a text that none may hold.
fn bad_escape(inner: &str) -> Option<String> {
    ending(inner, '"').bad_escape
}

/// A word, a path, a time or a number with its unit, without quotes.
fn bare_value(
    name: &str,
    key: &str,
    value: &str,
    takes: Option<Takes>,
    meant: Option<&str>,
) -> Told {
    let or_form = |takes: Takes| match meant {
        Some(meant) => format!("{}: {meant}", takes.form()),
        None if takes == Takes::Number => quantities::of_any(name, key, value),
        None => takes.form().to_owned(),
    };
    if let Some(takes @ (Takes::Texts | Takes::Command)) = takes {
        let what = format!("`{name}` is {}, which is no list", shown(value));
        return (what, or_form(takes));
    }
    let may_be = |wanted: Takes| takes.is_none_or(|takes| takes == wanted);
    let is_flag = may_be(Takes::Flag) && value.parse::<u64>().is_err();
    if let Some(flag) = flag(value).filter(|_| is_flag) {
        return (
            format!("`{name}` is {}, which is no flag", shown(value)),
            format!("a flag is `true` or `false`: write `{key} = {flag}`"),
        );
    }
    if let Some((number, unit)) = with_unit(value).filter(|_| may_be(Takes::Number)) {
        return (
            format!(
                "`{name}` is {}, a number with `{unit}` behind it",
                shown(value)
            ),
            match intended::number(name, value).or(takes.is_none().then_some(number)) {
                Some(number) => format!("write the number alone: `{key} = {number}`"),
                None => quantities::of_any(name, key, value),
            },
        );
    }
    match takes {
        Some(takes @ Takes::Number) => (
            format!("`{name}` is {}, which is no whole number", shown(value)),
            or_form(takes),
        ),
        Some(takes @ Takes::Flag) => (
            format!("`{name}` is {}, which is no flag", shown(value)),
            or_form(takes),
        ),
        _ => (
            format!("`{name}` is {}, without quotes", shown(value)),
            format!("a text stands in quotes: `{key} = {}`", quoted(value)),
        ),
    }
}

/// A number with a unit behind it.
fn with_unit(value: &str) -> Option<(u64, &str)> {
    let end = value.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = value.split_at(end);
    let unit = unit.trim();
    let is_letters = (1..=8).contains(&unit.len()) && unit.bytes().all(|b| b.is_ascii_alphabetic());
    let is_unit = unit == "%" || is_letters;
    Some((number.parse().ok().filter(|_| is_unit)?, unit))
}
