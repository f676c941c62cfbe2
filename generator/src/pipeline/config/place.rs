//! Where in the file a key stands, and text that no key can have.

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

/// The first text with a character that nothing it becomes can hold, as its key and its line: a
/// NUL anywhere (it ends paths and arguments), any other control character in what is shown to
/// people or becomes a policy.
pub(super) fn control_character(text: &str) -> Option<(String, usize)> {
    let table = DeTable::parse(text).ok()?;
    in_table(table.get_ref(), "").map(|(key, position)| (key, line_at(text, position)))
}

/// Sections of files and commands, where a name may hold whatever the system allows.
const FILES_AND_COMMANDS: [&str; 5] = ["downloads", "trust", "bootstrap", "signing", "provenance"];

fn in_table(table: &DeTable<'_>, above: &str) -> Option<(String, usize)> {
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

fn in_value(value: &toml::Spanned<DeValue<'_>>, key: String) -> Option<(String, usize)> {
    match value.get_ref() {
        DeValue::String(text) => {
            let section = key.split('.').next().unwrap_or_default();
            let only_nul = FILES_AND_COMMANDS.contains(&section);
            let cannot_be = |c: char| c == '\0' || (c.is_control() && !only_nul);
            text.contains(cannot_be).then(|| (key, value.span().start))
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
    fn a_control_character_is_found_in_lists_too() {
        let key = "gpo.settings.proxy.antivirus_bypass".to_owned();
        assert_eq!(control_character(TEXT), Some((key, 8)));
        assert_eq!(control_character("[downloads]\npaths = [\"a\\n\"]"), None);
        let nul = control_character("[downloads]\npaths = [\"a\\u0000\"]");
        assert_eq!(nul, Some(("downloads.paths".to_owned(), 2)));
    }
}
