//! A file that is TOML, with a value of another type than its key has, or a key that is missing.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::super::numbers::bounds;
use super::super::tables::Table;
use super::super::toml_text::quoted;
use super::super::{intended, words as words_of};
use super::meant::{Takes, example, flag, list, takes, words};
use super::quantities::{ANY, number, window_cure};
use super::{Slip, line_at, refused, shown, stray, table_of};

/// What a key takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Text,
    Flag,
    /// A whole number between these; up to [`ANY`] its own check tells the bounds.
    Number(i128, i128),
    List,
    Section,
    /// One of some words.
    Word,
}

impl Wanted {
    /// As serde and the TOML reader name it.
    fn of(message: &str) -> Option<Self> {
        if message == "wanted string or table" {
            return Some(Self::Word);
        }
        let expected = message.rsplit_once("expected ")?.1.trim();
        Some(match expected {
            "a string" | "path string" => Self::Text,
            "a boolean" => Self::Flag,
            "u8" => Self::Number(0, u8::MAX.into()),
            "u16" => Self::Number(0, u16::MAX.into()),
            "u32" => Self::Number(0, u32::MAX.into()),
            "u64" => Self::Number(0, u64::MAX.into()),
            "i64" => Self::Number(i64::MIN.into(), ANY),
            "a sequence" => Self::List,
            _ if expected.starts_with("struct ") => Self::Section,
            _ => return None,
        })
    }

    /// The same, with the bounds of a key that has its own.
    fn within(self, key: &str) -> Self {
        match (self, bounds(key)) {
            (Self::Number(..), Some(bounds)) => Self::Number(*bounds.start(), *bounds.end()),
            _ => self,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Text => "a text".to_owned(),
            Self::Flag => "`true` or `false`".to_owned(),
            Self::Number(_, ANY) => "a whole number".to_owned(),
            Self::Number(least, most) => format!("a whole number from {least} to {most}"),
            Self::List => "a list".to_owned(),
            Self::Section => "a section".to_owned(),
            Self::Word => "a word".to_owned(),
        }
    }
}

/// A value in the file, and the key that it belongs to.
struct Found<'a> {
    key: String,
    value: &'a DeValue<'a>,
    span: Range<usize>,
    /// Is it one of a list?
    is_entry: bool,
}

pub(super) fn slip(
    text: &str,
    table: &DeTable<'_>,
    at: Option<Range<usize>>,
    message: &str,
    tables: &[Table],
) -> Option<Slip> {
    if let Some(name) = message.strip_prefix("missing field `") {
        let name = name.split('`').next()?;
        return missing(text, table, at, name, tables);
    }
    let at = at?;
    if message.starts_with("unknown field ") {
        return stray::slip(text, &at, message, tables);
    }
    let found = find(table, "", at.start)?;
    if !message.starts_with("invalid ") && message != "wanted string or table" {
        let (what, cure) = refused::told(&found.key, found.value, message)?;
        let line = Some(line_at(text, &at));
        return Some(Slip { line, what, cure });
    }
    // A section is read from a list too, its first entry as its first key.
    let is_section =
        table_of(&found.key, tables).is_some_and(|(header, _)| !header.starts_with("[["));
    let wanted = match found.value {
        DeValue::Array(list) if is_section && is_of_sections(list) => Wanted::Section,
        _ => Wanted::of(message)?.within(&found.key),
    };
    let written = text.get(found.span.clone())?.trim();
    let is = match found.value {
        // The span of a table is its header, or nothing that somebody wrote.
        DeValue::Table(_) => "a section".to_owned(),
        DeValue::Array(list) if is_of_sections(list) => "a list of sections".to_owned(),
        value => format!("{}, {}", shown(written), kind(value)),
    };
    let key = &found.key;
    Some(Slip {
        line: Some(line_at(text, &at)),
        what: format!("`{key}` is {is}, where {} belongs", wanted.name()),
        cure: cure(&found, written, wanted, tables),
    })
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(number) if is_of_64_bits(number) => "a whole number",
        DeValue::Integer(_) => "a number beyond all that fit",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a flag",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

fn is_of_64_bits(number: &toml::de::DeInteger<'_>) -> bool {
    i64::from_str_radix(number.as_str(), number.radix()).is_ok()
}

fn is_of_sections(list: &toml::de::DeArray<'_>) -> bool {
    let mut entries = list.iter();
    entries.any(|entry| matches!(entry.get_ref(), DeValue::Table(_)))
}

fn cure(found: &Found<'_>, written: &str, wanted: Wanted, tables: &[Table]) -> String {
    let full = &found.key;
    let key = full.rsplit('.').next().unwrap_or(full);
    let text = match found.value {
        DeValue::String(text) => Some(text.as_ref()),
        _ => None,
    };
    let set = if found.is_entry {
        String::new()
    } else {
        format!("{key} = ")
    };
    if let Some(cure) = window_cure(full, found.value, &set) {
        return cure;
    }
    match (wanted, found.value) {
        (Wanted::Text | Wanted::Flag | Wanted::Number(..) | Wanted::Word, DeValue::Table(_)) => {
            let section = full.rsplit_once('.').map_or("", |(section, _)| section);
            let form = in_the_form_of(section, key);
            format!("`{full}` is a key and no section: write it in the section above it{form}")
        }
        (Wanted::Text | Wanted::Word, DeValue::Array(list)) => one_of(full, &set, wanted, list),
        (Wanted::Text, _) => format!("a text stands in quotes: `{set}{}`", quoted(written)),
        (Wanted::Word, _) => words_of::cure(full, written).unwrap_or_else(|| {
            let words = "`gangway init FILE` writes a config that names the words";
            format!("write one of its words in quotes; {words}")
        }),
        (Wanted::Flag, _) => match flag(text.unwrap_or(written)) {
            Some(flag) if text.is_some() => format!("write it without quotes: `{set}{flag}`"),
            Some(flag) => format!("a flag is `true` or `false`: write `{set}{flag}`"),
            None => format!("write `{set}true` or `{set}false`, without quotes"),
        },
        (Wanted::Number(least, most), _) => number(full, &set, written, (least, most)),
        (Wanted::List, DeValue::Table(_)) => double_brackets(full, tables),
        (Wanted::List, _) if table_of(full, tables).is_some() => section(full, text, tables),
        // A single text is no list yet, and may be none of its entries either.
        (Wanted::List, _) if refused::entry_cure(full, text).is_some() => {
            refused::entry_cure(full, text).unwrap_or_default()
        }
        (Wanted::List, _) if key == "command" => match text.and_then(words) {
            Some(words) => format!("each word is a text of its own: `{set}{}`", list(&words)),
            None => {
                "write program and arguments as a list of texts, each word of its own".to_owned()
            }
        },
        (Wanted::List, DeValue::String(text)) => {
            let entries = intended::entries(full, text);
            let rule = match entries.len() {
                1 => "a list stands in square brackets",
                _ => "each is a text of its own in a list",
            };
            format!("{rule}: `{set}{}`", list(&entries))
        }
        (Wanted::List, _) => {
            format!("a list stands in square brackets: `{set}[{written}]`")
        }
        (Wanted::Section, DeValue::Array(list)) if is_of_sections(list) => {
            format!("it stands once: write `[{full}]`, in single brackets")
        }
        (Wanted::Section, _) => section(full, text, tables),
    }
}

/// The form of a key, where it is not known what is meant: the line of the config that `init` writes.
fn in_the_form_of(section: &str, key: &str) -> String {
    let form = example(section, key).map(|line| format!(", in the form of `{line}`"));
    form.unwrap_or_default()
}

/// One text in the place of a list of them, the first where there are several.
fn one_of(full: &str, set: &str, wanted: Wanted, list: &toml::de::DeArray<'_>) -> String {
    const FORM: &str = "write one text, without the square brackets";
    let mut texts = list.iter().filter_map(|entry| entry.get_ref().as_str());
    let (section, key) = full.rsplit_once('.').unwrap_or_default();
    let Some(first) = texts.next().filter(|text| !text.trim().is_empty()) else {
        return format!("{FORM}{}", in_the_form_of(section, key));
    };
    if let Some(cure) = words_of::cure(full, first).filter(|_| wanted == Wanted::Word) {
        return format!("{FORM}: {cure}");
    }
    let meant = intended::value(full, first).unwrap_or_else(|| first.to_owned());
    let of_them = match texts.next() {
        Some(_) => ", one of them, as",
        None => ":",
    };
    format!("{FORM}{of_them} `{set}{}`", quoted(&meant))
}

fn double_brackets(name: &str, tables: &[Table]) -> String {
    match table_of(name, tables) {
        Some((header, _)) if header.starts_with("[[") => {
            format!("`{header}` may stand several times: write it in double brackets")
        }
        _ => format!("write `{name}` as a list, in square brackets"),
    }
}

/// A section in the place of a value; a text is most likely its first key.
pub(super) fn section(name: &str, text: Option<&str>, tables: &[Table]) -> String {
    let Some((header, keys)) = table_of(name, tables) else {
        return format!("write it as a section, `[{name}]`, with its keys below");
    };
    let first = keys.first().copied().unwrap_or_default();
    let meant = |text: &str| intended::value(&format!("{name}.{first}"), text);
    match text.filter(|_| takes(name, first) == Some(Takes::Text)) {
        Some(text) => format!(
            "write it as a section, `{header}` alone in its line, and below it `{first} = {}`",
            quoted(&meant(text).unwrap_or_else(|| text.to_owned()))
        ),
        None => {
            let keys = keys.join("`, `");
            format!("write it as a section, `{header}`; its keys are `{keys}`")
        }
    }
}

/// A key or a section that has to be there.
fn missing(
    text: &str,
    table: &DeTable<'_>,
    at: Option<Range<usize>>,
    name: &str,
    tables: &[Table],
) -> Option<Slip> {
    // A `[gpo]` alone would not do: what has to stand there is a domain.
    let section_name = if matches!(name, "gpo" | "domain") {
        "gpo.domain"
    } else {
        name
    };
    if let Some((header, keys)) = table_of(section_name, tables) {
        // The first key of each such section is the one that it cannot do without.
        let needed = keys.first().copied().unwrap_or_default();
        let form = in_the_form_of(section_name, needed);
        return Some(Slip {
            line: None,
            what: format!("the section `{header}` is missing"),
            cure: format!("add the section `{header}`; it needs `{needed}`{form}"),
        });
    }
    let at = at?;
    let above = deepest(table, "", at.start)?;
    let (header, _) = table_of(&above, tables)?;
    let form = in_the_form_of(&above, name);
    Some(Slip {
        line: Some(line_at(text, &at)),
        what: format!("`{above}.{name}` is missing"),
        cure: format!("add it below `{header}`{form}"),
    })
}

/// The value that a position lies in, the innermost that belongs to a key.
fn find<'a>(table: &'a DeTable<'a>, above: &str, at: usize) -> Option<Found<'a>> {
    table.iter().find_map(|(name, value)| {
        let key = joined(above, name.get_ref());
        let inner = match value.get_ref() {
            DeValue::Table(inner) => find(inner, &key, at),
            DeValue::Array(list) => list.iter().find_map(|entry| match entry.get_ref() {
                DeValue::Table(inner) => find(inner, &key, at),
                _ if entry.span().contains(&at) => Some(Found {
                    key: key.clone(),
                    value: entry.get_ref(),
                    span: entry.span(),
                    is_entry: true,
                }),
                _ => None,
            }),
            _ => None,
        };
        let itself = || Found {
            key,
            value: value.get_ref(),
            span: value.span(),
            is_entry: false,
        };
        inner.or_else(|| value.span().contains(&at).then(itself))
    })
}

/// The name of the innermost table whose header a position lies in.
fn deepest(table: &DeTable<'_>, above: &str, at: usize) -> Option<String> {
    table.iter().find_map(|(name, value)| {
        let key = joined(above, name.get_ref());
        let inside = |inner: &DeTable<'_>, span: Range<usize>| {
            deepest(inner, &key, at).or_else(|| span.contains(&at).then(|| key.clone()))
        };
        match value.get_ref() {
            DeValue::Table(inner) => inside(inner, value.span()),
            DeValue::Array(list) => list.iter().find_map(|entry| match entry.get_ref() {
                DeValue::Table(inner) => inside(inner, entry.span()),
                _ => None,
            }),
            _ => None,
        }
    })
}

fn joined(above: &str, name: &str) -> String {
    if above.is_empty() {
        name.to_owned()
    } else {
        format!("{above}.{name}")
    }
}
