//! Slips of the language that a config is written in, told with key, line, what was written and the
//! cure. The TOML reader's own words say what its grammar wanted, which is no help to somebody who
//! writes TOML for the first time.

mod line;
mod meant;
mod misplaced;
mod quantities;
mod refused;
mod signs;
mod stray;
mod syntax;
mod types;

use std::ops::Range;

use toml::de::DeTable;

use super::place;
use super::tables::Table;

/// A slip and its cure.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slip {
    /// Line in the file, from 1.
    pub(super) line: Option<usize>,
    /// What is wrong, with key and what was written.
    pub(super) what: String,
    /// What to write instead.
    pub(super) cure: String,
}

/// The slip behind an error of the TOML reader; none when it is no known one.
pub(super) fn of(text: &str, error: &toml::de::Error, tables: &[Table]) -> Option<Slip> {
    let at = error.span();
    match DeTable::parse(text) {
        Ok(table) => types::slip(text, table.get_ref(), at, error.message(), tables),
        Err(_) => syntax::slip(text, &at?, error.message(), tables),
    }
}

/// Text that somebody wrote, short enough for a message.
fn shown(written: &str) -> String {
    const MOST: usize = 60;
    let first = written.lines().next().unwrap_or_default();
    let is_whole = first.len() == written.len() && first.chars().count() <= MOST;
    let shown: String = first.chars().take(MOST).collect();
    let more = if is_whole { "" } else { "…" };
    format!("`{}{more}`", crate::printable::on_one_line(&shown))
}

/// The line of a key, such as that of `rollout.jitter_s`, in the config that `init` writes.
pub(super) fn example_of(key: &str) -> Option<String> {
    let (section, name) = key.rsplit_once('.')?;
    meant::example(section, name)
}

/// The header of a table as it has to be written, and its keys.
fn table_of(name: &str, tables: &[Table]) -> Option<Table> {
    let is_named = |header: &str| header.trim_matches(['[', ']']) == name;
    tables.iter().find(|(header, _)| is_named(header)).copied()
}

/// The keys of a section.
fn keys_of(section: &str, tables: &[Table]) -> Option<&'static [&'static str]> {
    // One rule stands for those of every kind of download.
    let section = match section.strip_prefix("trust.signers.") {
        Some(_) => "trust.signers.agent",
        None => section,
    };
    table_of(section, tables).map(|(_, keys)| keys)
}

fn line_at(text: &str, at: &Range<usize>) -> usize {
    place::line_at(text, at.start)
}

#[cfg(test)]
mod tests;
