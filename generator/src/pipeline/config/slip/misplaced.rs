//! A key in a section that is not its own. A cure that leaves it there only leads to the next thing that is
//! wrong.

use super::super::tables::Table;
use super::line::Line;
use super::meant::texts;
use super::{keys_of, signs, table_of, types};
use crate::pipeline::suggest::home_of;

/// The cure of a line whose key stands in a wrong section, or is one itself; `cure` is that of its value.
pub(super) fn cure(line: &Line<'_>, cure: String, tables: &[Table]) -> String {
    let setting = signs::setting(line, tables);
    let set = setting.as_ref().map(|it| (it.key.as_str(), it.value));
    let bare = || line.bare_key().map(|key| (key, ""));
    let Some((key, value)) = set.or_else(|| line.entry()).or_else(bare) else {
        return cure;
    };
    let name = line.name(key);
    if table_of(&name, tables).is_some() {
        let texts = texts(value).unwrap_or_default();
        let text = texts.first().filter(|_| texts.len() == 1);
        return types::section(&name, text.map(String::as_str), tables);
    }
    // Of what stands in a section that is none, that has to be told first.
    let is_known = line.section.is_empty() || keys_of(line.section, tables).is_some();
    let is_own = keys_of(line.section, tables).is_some_and(|keys| keys.contains(&key));
    match home_of(key, tables).filter(|_| is_known && !is_own) {
        Some(home) => format!("{cure}; {home}"),
        None => cure,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use gangway_fixtures::config::SMALLEST;

    use super::super::super::tables::tables;
    use super::super::super::{Config, ConfigError};
    use super::super::example_of;
    use crate::failure::Fault as _;

    /// The smallest config with a line in a section, which is added where it has none; empty above the first.
    fn with_line(header: &str, line: &str) -> String {
        let found = format!("{header}\n");
        match header {
            "" => format!("{line}\n{SMALLEST}"),
            _ if SMALLEST.contains(&found) => {
                SMALLEST.replacen(&found, &format!("{found}{line}\n"), 1)
            }
            _ => format!("{SMALLEST}\n{found}{line}\n"),
        }
    }

    fn refused(text: &str) -> ConfigError {
        Config::parse(text, Path::new("gangway.toml")).unwrap_err()
    }

    /// Each key with the header of each table that has it.
    fn keys() -> Vec<(&'static str, Vec<&'static str>)> {
        let mut keys: Vec<&str> = tables()
            .iter()
            .flat_map(|(_, keys)| *keys)
            .copied()
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let homes = |key: &str| {
            let tables = tables().into_iter();
            let found = tables.filter(|(_, keys)| keys.contains(&key));
            found.map(|(header, _)| header).collect()
        };
        keys.into_iter().map(|key| (key, homes(key))).collect()
    }

    /// What a hint has to name: the table itself where the key is one, else every table that has the key.
    fn wanted(key: &str, homes: &[&'static str]) -> Vec<&'static str> {
        let below = |home: &str| {
            let name = format!("{}.{key}", home.trim_matches(['[', ']']));
            let mut tables = tables().into_iter().map(|(header, _)| header);
            tables.find(|header| header.trim_matches(['[', ']']) == name)
        };
        homes
            .iter()
            .map(|home| below(home).unwrap_or(home))
            .collect()
    }

    #[test]
    fn each_key_in_each_other_section_is_told_where_it_belongs() {
        let headers = tables().map(|(header, _)| header);
        let mut told = 0;
        for (key, homes) in keys() {
            let example = homes.iter().find_map(|home| {
                let section = home.trim_matches(['[', ']']);
                example_of(&format!("{section}.{key}"))
            });
            let sound = example.unwrap_or_else(|| format!("{key} = \"x\""));
            let bare = format!("{key} = https://proxy.fabrikam.de:8080");
            let others = headers.iter().filter(|header| !homes.contains(header));
            for header in others.copied().chain([""]) {
                for line in [sound.as_str(), &bare, key] {
                    let error = refused(&with_line(header, line));
                    let hint = error.hint().unwrap();
                    for home in wanted(key, &homes) {
                        let named = format!("`{home}`");
                        assert!(hint.contains(&named), "{header} {line}: {error}\n{hint}");
                    }
                    told += 1;
                }
            }
        }
        assert!(told > 3_000, "{told}");
    }

    #[test]
    fn a_section_in_the_place_of_a_key_is_told_as_one() {
        for value in [
            "http://proxy.fabrikam.de:8080",
            "\"http://proxy.fabrikam.de:8080\"",
        ] {
            let error = refused(&with_line("[gpo.settings]", &format!("proxy = {value}")));
            let hint = error.hint().unwrap();
            let wanted = "`[gpo.settings.proxy]` alone in its line, and below it \
                          `sensor = \"proxy.fabrikam.de:8080\"`";
            assert!(hint.contains(wanted), "{value}: {hint}");
        }
    }
}
