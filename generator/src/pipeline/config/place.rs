//! Where in the file a key stands, and text that no key can have.

use gangway_contract::printable::deceives;
use toml::de::{DeTable, DeValue};

/// The line of a key, from 1, such as that of `share.root`. Of a key that stands several times
/// (in an array of tables) the first; of one that is left out the line of its section; none when
/// that is left out too.
pub(super) fn line_of(text: &str, key: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut table = table.get_ref();
    let mut found = None;
    for part in key.split('.') {
        let Some((name, value)) = table
            .iter()
            .find(|(name, _)| name.get_ref().as_ref() == part)
        else {
            break;
        };
        found = Some(line_at(text, name.span().start));
        table = match value.get_ref() {
            DeValue::Table(inner) => inner,
            DeValue::Array(entries) => match entries.iter().next().map(toml::Spanned::get_ref) {
                Some(DeValue::Table(inner)) => inner,
                _ => break,
            },
            _ => break,
        };
    }
    found
}

/// The lines, from 1, of the texts of a key: of each entry of its list, or of the one text that it is; of a key
/// that stands several times (in an array of tables) all of them, in order.
pub(super) fn lines_of(text: &str, key: &str) -> Vec<usize> {
    let parts: Vec<&str> = key.split('.').collect();
    let table = DeTable::parse(text).ok();
    let positions = table.map_or_else(Vec::new, |table| {
        positions_in_table(table.get_ref(), &parts)
    });
    let (mut line, mut counted) = (1, 0);
    let mut lines = Vec::new();
    for position in positions {
        let between = text.as_bytes().get(counted..position).unwrap_or_default();
        line += between.iter().filter(|byte| **byte == b'\n').count();
        counted = position;
        lines.push(line);
    }
    lines
}

fn positions_in_table(table: &DeTable<'_>, key: &[&str]) -> Vec<usize> {
    let Some((part, below)) = key.split_first() else {
        return Vec::new();
    };
    let mut entries = table.iter();
    let found = entries.find(|(name, _)| name.get_ref().as_ref() == *part);
    found.map_or_else(Vec::new, |(_, value)| positions_in_value(value, below))
}

fn positions_in_value(value: &toml::Spanned<DeValue<'_>>, key: &[&str]) -> Vec<usize> {
    match (value.get_ref(), key) {
        (DeValue::Array(entries), []) => entries.iter().map(|entry| entry.span().start).collect(),
        (DeValue::Array(entries), key) => entries
            .iter()
            .flat_map(|entry| positions_in_value(entry, key))
            .collect(),
        (DeValue::Table(table), key) => positions_in_table(table, key),
        (_, []) => vec![value.span().start],
        _ => Vec::new(),
    }
}

/// The line, from 1, of the last text below a key that is this one: its value, an entry of its list, or
/// whatever its sections hold.
pub(super) fn line_of_entry(text: &str, key: &str, entry: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let parts: Vec<&str> = key.split('.').collect();
    let position = entry_in_table(table.get_ref(), &parts, entry)?;
    Some(line_at(text, position))
}

fn entry_in_table(table: &DeTable<'_>, key: &[&str], entry: &str) -> Option<usize> {
    let below = |value| entry_in_value(value, key.get(1..).unwrap_or_default(), entry);
    match key.first() {
        Some(part) => {
            let found = table
                .iter()
                .find(|(name, _)| name.get_ref().as_ref() == *part);
            found.and_then(|(_, value)| below(value))
        }
        None => table.iter().filter_map(|(_, value)| below(value)).max(),
    }
}

fn entry_in_value(value: &toml::Spanned<DeValue<'_>>, key: &[&str], entry: &str) -> Option<usize> {
    match value.get_ref() {
        DeValue::String(text) => {
            let is_entry = key.is_empty() && text.as_ref().eq_ignore_ascii_case(entry);
            is_entry.then(|| value.span().start)
        }
        DeValue::Array(entries) => {
            let found = entries
                .iter()
                .filter_map(|value| entry_in_value(value, key, entry));
            found.max()
        }
        DeValue::Table(table) => entry_in_table(table, key, entry),
        _ => None,
    }
}

/// A character that a text cannot have, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unseen {
    /// Key of the text.
    pub(super) key: String,
    /// From 1.
    pub(super) line: usize,
    pub(super) character: char,
}

/// The first text with a character that nothing it becomes can hold: a NUL anywhere (it ends paths and
/// arguments), any other control character, and one that is not seen and changes what is, in what is
/// shown to people or becomes a policy.
pub(super) fn unseen_character(text: &str) -> Option<Unseen> {
    let table = DeTable::parse(text).ok()?;
    in_table(table.get_ref(), "").map(|(key, position, character)| Unseen {
        key,
        line: line_at(text, position),
        character,
    })
}

/// Sections of files and commands, where a name may hold whatever the system allows.
const FILES_AND_COMMANDS: [&str; 5] = ["downloads", "trust", "bootstrap", "signing", "provenance"];

/// Key, place in the file, and what stands there.
type Place = (String, usize, char);

fn in_table(table: &DeTable<'_>, above: &str) -> Option<Place> {
    table.iter().find_map(|(name, value)| {
        let name = name.get_ref();
        let key = if above.is_empty() {
            name.to_string()
        } else {
            format!("{above}.{name}")
        };
        in_value(value, key)
    })
}

fn in_value(value: &toml::Spanned<DeValue<'_>>, key: String) -> Option<Place> {
    match value.get_ref() {
        DeValue::String(text) => {
            let section = key.split('.').next().unwrap_or_default();
            let only_nul = FILES_AND_COMMANDS.contains(&section);
            let cannot_be = |c: &char| *c == '\0' || (deceives(*c) && !only_nul);
            let character = text.chars().find(cannot_be)?;
            Some((key, value.span().start, character))
        }
        DeValue::Array(entries) => entries
            .iter()
            .find_map(|entry| in_value(entry, key.clone())),
        DeValue::Table(table) => in_table(table, &key),
        _ => None,
    }
}

pub(super) fn line_at(text: &str, position: usize) -> usize {
    let before = text.as_bytes().iter().take(position);
    before.filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\r\n[share]\r\nroot = 'x'\r\n[[gpo.domain]]\r\ndns_name = 'a.b'\r\n\
                        [gpo.settings.proxy]\r\nantivirus_bypass = [\r\n'a', \"b\\t\"]\r\n";

    #[test]
    fn a_key_is_found_where_the_user_wrote_it() {
        for (key, line) in [
            ("share.root", Some(3)),
            ("share.reports", Some(2)),
            ("gpo.domain.dns_name", Some(5)),
            ("gpo.settings.proxy.antivirus_bypass", Some(7)),
            ("rollout.window", None),
        ] {
            assert_eq!(line_of(TEXT, key), line, "{key}");
        }
    }

    #[test]
    fn an_entry_is_found_in_the_section_that_holds_it() {
        let text = "[[a.role]]\nname = 'x'\npaths = [\n'p',\n'q']\n[[a.role]]\nname = 'X'\npaths = ['r']\n";
        for (key, entry, line) in [
            ("a.role.paths", "q", Some(5)),
            ("a.role.paths", "r", Some(8)),
            ("a.role.name", "x", Some(7)),
            ("a.role", "X", Some(7)),
            ("a.role.paths", "s", None),
            ("b", "q", None),
        ] {
            assert_eq!(line_of_entry(text, key, entry), line, "{key} {entry}");
        }
    }

    #[test]
    fn each_text_of_a_key_has_its_line() {
        let text = "[a]\nkey = 'k'\n[[a.role]]\npaths = [\n'p',\n'q', 'q']\n[[a.role]]\nname = 'X'\n\
                    [[a.role]]\npaths = ['r']\n";
        for (key, lines) in [
            ("a.key", vec![2]),
            ("a.role.paths", vec![5, 6, 6, 10]),
            ("a.role.name", vec![8]),
            ("a.role.name.x", vec![]),
            ("a.none", vec![]),
            ("b", vec![]),
        ] {
            assert_eq!(lines_of(text, key), lines, "{key}");
        }
    }

    #[test]
    fn what_nobody_sees_is_found_in_lists_too() {
        let found = |text: &str| unseen_character(text).map(|it| (it.key, it.line, it.character));
        let key = "gpo.settings.proxy.antivirus_bypass".to_owned();
        assert_eq!(found(TEXT), Some((key, 8, '\t')));
        assert_eq!(found("[downloads]\npaths = [\"a\\n\"]"), None);
        let nul = found("[downloads]\npaths = [\"a\\u0000\"]");
        assert_eq!(nul, Some(("downloads.paths".to_owned(), 2, '\0')));
        for hidden in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}'] {
            let text = format!("[organization]\n\nname = 'Con{hidden}toso'");
            let key = "organization.name".to_owned();
            assert_eq!(found(&text), Some((key, 3, hidden)));
        }
        assert_eq!(found("[organization]\nname = 'コントソ שלום'"), None);
    }
}
