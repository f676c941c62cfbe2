//! A key or a section that is none, and of which it is known what is meant by it.

use std::ops::Range;

use super::super::intended;
use super::super::tables::Table;
use super::super::toml_text::quoted;
use super::Slip;
use super::line::{Line, header};
use super::meant::texts;
use crate::pipeline::suggest::home_of;

const AGENT: &str = "onboard.monitoring_agent";

/// A section, names that people know one of its keys by, and that key.
const KNOWN_AS: [(&str, &[&str], &str); 3] = [
    (
        "gpo.domain",
        &[
            "domain",
            "name",
            "fqdn",
            "dns",
            "domain_name",
            "dns_domain",
            "dns_root",
        ],
        "dns_name",
    ),
    (AGENT, &["id", "workspace_id", "workspaceid"], "workspace"),
    (AGENT, &["file", "key_path", "keyfile"], "key_file"),
];

/// The slip behind a message of the TOML reader about a name that it does not know.
pub(super) fn slip(text: &str, at: &Range<usize>, message: &str, tables: &[Table]) -> Option<Slip> {
    let typed = message.strip_prefix("unknown field `")?.split('`').next()?;
    let line = Line::at(text, at.start);
    if let Some(name) = header(line.text) {
        return below_another(name, &line, tables);
    }
    let (key, value) = line.entry().filter(|(key, _)| *key == typed)?;
    secret(text, &line, key, value, tables).or_else(|| known_as(text, &line, key, value, tables))
}

/// A section without the name of that which it is below.
fn below_another(name: &str, line: &Line<'_>, tables: &[Table]) -> Option<Slip> {
    let known = |table: &Table| table.0.trim_matches(['[', ']']).to_owned();
    // One rule stands for those of every kind of download.
    let whole = match name.strip_prefix("signers.") {
        Some(kind) => format!("[trust.signers.{kind}]"),
        None if name.contains('.') => {
            let end = format!(".{name}");
            let mut found = tables.iter().filter(|table| known(table).ends_with(&end));
            found.next()?.0.to_owned()
        }
        None => return None,
    };
    Some(Slip {
        line: Some(line.number),
        what: format!("`[{name}]` is no section"),
        cure: format!("write `{whole}`, alone in its line"),
    })
}

/// The key of a workspace in the config. No message shows it: logs of builds are read by more people.
pub(super) fn secret(
    text: &str,
    line: &Line<'_>,
    key: &str,
    value: &str,
    tables: &[Table],
) -> Option<Slip> {
    let name = key.to_ascii_lowercase().replace('-', "_");
    let is_key = ["key", "secret", "password", "token"]
        .iter()
        .any(|word| name.contains(word));
    let is_of_agent = line.section == AGENT || name.contains("workspace");
    let is_known = tables.iter().any(|(_, keys)| keys.contains(&key)) && line.section != AGENT;
    let names_a_file = ["file", "path"].iter().any(|word| name.contains(word));
    if !is_key || !is_of_agent || is_known || names_a_file {
        return None;
    }
    // Base64 has neither points nor backslashes.
    let file =
        texts(value).filter(|texts| texts.len() == 1 && texts.concat().contains(['.', '\\']));
    let named = file.map_or_else(|| "workspace.key".to_owned(), |texts| texts.concat());
    let there = standing(text, line, "key_file");
    let below = match line.section {
        AGENT => String::new(),
        _ => format!(" below `[{AGENT}]`"),
    };
    let elsewhere = home_of(key, tables).map_or_else(String::new, |home| format!("{home}; "));
    let cure = match there {
        Some(there) => format!(
            "{elsewhere}take the line out: line {there} names the file that holds the key of the workspace"
        ),
        None => format!(
            "{elsewhere}the key of the workspace stands in a file, and nothing else in it: name that{below}, as \
             `key_file = {}`",
            quoted(&named)
        ),
    };
    Some(Slip {
        line: Some(line.number),
        what: format!(
            "`{}` is no key, and no secret belongs in a config",
            line.name(key)
        ),
        cure,
    })
}

/// A key by another name.
fn known_as(
    text: &str,
    line: &Line<'_>,
    typed: &str,
    value: &str,
    tables: &[Table],
) -> Option<Slip> {
    let name = typed.to_ascii_lowercase().replace('-', "_");
    let (section, _, key) = KNOWN_AS
        .into_iter()
        .find(|(section, names, _)| *section == line.section && names.contains(&name.as_str()))?;
    let (table, _) = super::table_of(section, tables)?;
    let texts = texts(value).filter(|texts| texts.len() == 1)?.concat();
    let full = format!("{section}.{key}");
    let meant = intended::value(&full, &texts).unwrap_or(texts);
    // A name that is a key in other sections may have been meant there.
    let is_key = tables.iter().any(|(_, keys)| keys.contains(&typed));
    let is_table = |(header, _): &Table| {
        header
            .trim_matches(['[', ']'])
            .ends_with(&format!(".{typed}"))
    };
    let elsewhere = home_of(typed, tables).filter(|_| is_key && !tables.iter().any(is_table));
    let elsewhere = elsewhere.map_or_else(String::new, |home| format!("; {home}"));
    let cure = match standing(text, line, key) {
        Some(there) => format!("take the line out: `{key}` of this `{table}` is in line {there}"),
        None => format!("below `{table}` it is `{key} = {}`", quoted(&meant)),
    };
    Some(Slip {
        line: Some(line.number),
        what: format!("`{}` is no key", line.name(typed)),
        cure: format!("{cure}{elsewhere}"),
    })
}

/// The line of a key in the section that a line stands in.
fn standing(text: &str, line: &Line<'_>, key: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let (above, below) = lines.split_at_checked(line.number)?;
    let is_own = |(_, other): &(usize, &str)| header(other).is_none();
    let above = above.iter().copied().enumerate().rev();
    let above = above.map(|(index, other)| (index + 1, other));
    let below = (line.number + 1..).zip(below.iter().copied());
    let mut own = above.take_while(is_own).chain(below.take_while(is_own));
    let sets = |other: &str| {
        other
            .split_once('=')
            .is_some_and(|(name, _)| name.trim() == key)
    };
    own.find_map(|(number, other)| sets(other).then_some(number))
}
