//! The servers that should exist, from a list as directory tools and people write it.
//!
//! A row is never lost in silence: what cannot be understood stays an expected server that
//! nobody can match, and is named with its line.

mod console;
mod delimited;
mod layout;
mod ldif;
mod lines;
mod row;
mod server_name;

use std::collections::{BTreeMap, BTreeSet};

use server_name::{NETBIOS_LENGTH, ServerName};

use super::codes;
use super::decode::{NoText, decode};
use crate::formats::security::Sid;
use crate::problem::Problem;

/// Why a list gives no servers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpectedError {
    /// Bytes that are no text in UTF-8, UTF-16 or a code page.
    #[error("it is {found}: export it again with `-Encoding UTF8`, or save it as UTF-8")]
    Encoding {
        /// What it is instead.
        found: &'static str,
    },
    /// Several columns, and none has the names.
    #[error("none of its columns is `DNSHostName`, `sAMAccountName` or `Name`: `{header}`")]
    NoColumn {
        /// The first line.
        header: String,
    },
    /// A row that ends before the column of the names.
    #[error("line {line} has no column that names a server")]
    ShortRow {
        /// Counted from 1.
        line: u64,
    },
    /// A quote that is never closed.
    #[error("a quote that is opened on line {line}, or below it, is never closed")]
    OpenQuote {
        /// Counted from 1.
        line: u64,
    },
    /// A line of an LDIF that is no attribute.
    #[error("line {line} is no attribute of an LDIF")]
    NoAttribute {
        /// Counted from 1.
        line: u64,
    },
    /// No server at all.
    #[error("it names no server")]
    Empty,
}

/// The servers that should exist, and what was left out of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedServers {
    /// Names, and the SID of the account where the list has one.
    full: BTreeMap<String, Option<Sid>>,
    short: BTreeMap<String, Option<Sid>>,
    /// Rows that name nothing a server can have; the text to show for each.
    nameless: BTreeSet<String>,
    /// Disabled accounts, which are not expected to report.
    disabled: usize,
    /// Rows that the list itself calls something else than a computer.
    no_computers: usize,
    problems: Vec<Problem>,
}

/// How a reported server stands to the list.
#[derive(Debug, Default)]
pub(super) struct Matched {
    /// Reported servers that are on it.
    pub(super) expected: BTreeSet<String>,
    /// Names on it for which no report, or no single server, was found.
    pub(super) missing: BTreeSet<String>,
    /// Short names that more than one reported server has.
    pub(super) problems: Vec<Problem>,
}

impl ExpectedServers {
    /// Reads a list.
    ///
    /// # Errors
    /// See [`ExpectedError`].
    pub fn read(bytes: &[u8]) -> Result<Self, ExpectedError> {
        let decoded =
            decode(bytes).map_err(|NoText { found }| ExpectedError::Encoding { found })?;
        let layout::Rows {
            rows,
            assumed_header,
        } = layout::rows(&decoded.text)?;
        let mut servers = Self::default();
        let mut odd = Vec::new();
        for row in rows {
            if row.no_computer {
                servers.no_computers += 1;
            } else if row.disabled {
                servers.disabled += 1;
            } else {
                let known = match ServerName::parse(row.written()) {
                    Some(ServerName::Full(name)) => add(&mut servers.full, name, row.sid),
                    Some(ServerName::Short(name)) => add(&mut servers.short, name, row.sid),
                    None => false,
                };
                // Its report cannot be told from another's, so it stays one that is missing.
                if !known {
                    let shown = format!("line {}: `{}`", row.line, row.written());
                    servers.nameless.insert(shown.clone());
                    odd.push(shown);
                }
            }
        }
        if servers.is_empty() && servers.disabled == 0 {
            return Err(ExpectedError::Empty);
        }
        servers
            .problems
            .extend(nameless_problem(&odd, decoded.code_page));
        servers.problems.extend(assumed_header.map(|(line, text)| {
            Problem::new(
                &codes::ASSUMED_HEADER,
                format!("line {line}"),
                format!("`{text}` is taken for the header of the list"),
                "when it is a server, write its full name",
            )
        }));
        Ok(servers)
    }

    /// How many servers are expected.
    pub fn len(&self) -> usize {
        self.full.len() + self.short.len() + self.nameless.len()
    }

    /// Is none expected?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Accounts that the list calls disabled, which are not expected.
    pub fn disabled(&self) -> usize {
        self.disabled
    }

    /// Rows that the list calls something else than a computer.
    pub fn no_computers(&self) -> usize {
        self.no_computers
    }

    /// The SID of a server's account, by its full name in lower case.
    pub(super) fn account(&self, fqdn: &str) -> Option<Sid> {
        if let Some(account) = self.full.get(fqdn) {
            return *account;
        }
        let label = fqdn.split('.').next().unwrap_or(fqdn);
        let cut = label.get(..NETBIOS_LENGTH).unwrap_or(label);
        let short = self.short.get(label).or_else(|| self.short.get(cut));
        short.copied().flatten()
    }

    /// What stands against rows of the list.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Compares the list with the servers that reported, by full names in lower case. A short
    /// name means the one server whose first label it is.
    pub(super) fn matched<'a>(&self, reported: impl Iterator<Item = &'a str>) -> Matched {
        let mut matched = Matched::default();
        let mut by_label: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for name in reported {
            if self.full.contains_key(name) {
                matched.expected.insert(name.to_owned());
            }
            let label = name.split('.').next().unwrap_or(name);
            by_label.entry(label).or_default().push(name);
            // What a NetBIOS name keeps of a longer one.
            if let Some(cut) = label.get(..NETBIOS_LENGTH).filter(|cut| *cut != label) {
                by_label.entry(cut).or_default().push(name);
            }
        }
        let full = self.full.keys();
        let silent = full.filter(|name| !matched.expected.contains(*name));
        matched.missing = silent.chain(&self.nameless).cloned().collect();
        // A server stands for one row: names that it has as a whole go before those that its own
        // was cut to.
        let label_of = |name: &str| name.split('.').next().unwrap_or(name).to_owned();
        let whole = |short: &str, names: &[&str]| names.iter().any(|name| label_of(name) == short);
        let mut shorts: Vec<(&String, &[&str])> = self
            .short
            .keys()
            .map(|short| {
                (
                    short,
                    by_label.get(short.as_str()).map_or(&[][..], Vec::as_slice),
                )
            })
            .collect();
        shorts.sort_by_key(|(short, names)| !whole(short, names));
        for (short, names) in shorts {
            let free: Vec<&str> = names
                .iter()
                .copied()
                .filter(|name| !matched.expected.contains(*name))
                .collect();
            match free.as_slice() {
                [one] => {
                    matched.expected.insert((*one).to_owned());
                }
                [] => {
                    matched.missing.insert(short.clone());
                }
                several => {
                    matched.problems.push(ambiguous(short, several));
                    matched.missing.insert(short.clone());
                }
            }
        }
        matched
    }
}

fn nameless_problem(rows: &[String], code_page: bool) -> Option<Problem> {
    if rows.is_empty() {
        return None;
    }
    let next = if code_page {
        "the list is in a code page that it does not name: export it again with `-Encoding UTF8`"
    } else {
        "correct the rows, or export the list again with `DNSHostName` among its properties"
    };
    let problem = Problem::new(
        &codes::NAMELESS_ROW,
        "expected servers",
        format!("rows of the list that name no server: {}", rows.len()),
        next,
    );
    Some(problem.naming(rows.iter().cloned()))
}

/// Adds a server; false for a second account of one name, which is another server.
fn add(servers: &mut BTreeMap<String, Option<Sid>>, name: String, account: Option<Sid>) -> bool {
    let kept = servers.entry(name).or_insert(account);
    match (*kept, account) {
        (None, _) => *kept = account,
        (Some(one), Some(other)) if one != other => return false,
        _ => {}
    }
    true
}

fn ambiguous(short: &str, several: &[&str]) -> Problem {
    let problem = Problem::new(
        &codes::AMBIGUOUS_NAME,
        short,
        "more than one server that reports has this short name, so none counts for it",
        "export the list with `DNSHostName`",
    );
    problem.naming(several.iter().map(|&name| name.to_owned()))
}

#[cfg(test)]
mod tests;
