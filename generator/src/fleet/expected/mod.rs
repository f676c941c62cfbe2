//! The servers that should exist, from a list as directory tools and people write it.
//!
//! A row is never lost in silence: what cannot be understood stays an expected server that
//! nobody can match, and is named with its line.

mod console;
mod decode;
mod delimited;
mod layout;
mod ldif;
mod lines;
mod row;
mod server_name;

use std::collections::{BTreeMap, BTreeSet};

use server_name::{NETBIOS_LENGTH, ServerName};

use super::codes;
use crate::problem::Problem;

/// Rows named in one problem before the rest is only counted.
const NAMED: usize = 20;

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
    full: BTreeSet<String>,
    short: BTreeSet<String>,
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
        let decoded = decode::decode(bytes)?;
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
                match ServerName::parse(row.written()) {
                    Some(ServerName::Full(name)) => servers.full.extend([name]),
                    Some(ServerName::Short(name)) => servers.short.extend([name]),
                    None => {
                        let shown = format!("line {}: `{}`", row.line, row.written());
                        servers.nameless.insert(shown.clone());
                        odd.push(shown);
                    }
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
            if self.full.contains(name) {
                matched.expected.insert(name.to_owned());
            }
            let label = name.split('.').next().unwrap_or(name);
            by_label.entry(label).or_default().push(name);
            // What a NetBIOS name keeps of a longer one.
            if let Some(cut) = label.get(..NETBIOS_LENGTH).filter(|cut| *cut != label) {
                by_label.entry(cut).or_default().push(name);
            }
        }
        let full = self.full.iter();
        let silent = full.filter(|name| !matched.expected.contains(*name));
        matched.missing = silent.chain(&self.nameless).cloned().collect();
        for short in &self.short {
            match by_label.get(short.as_str()).map(Vec::as_slice) {
                Some([one]) => {
                    matched.expected.insert((*one).to_owned());
                }
                Some(several) => {
                    matched.problems.push(ambiguous(short, several));
                    matched.missing.insert(short.clone());
                }
                None => {
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
    let more = rows.len().saturating_sub(NAMED);
    let rest = (more > 0).then(|| format!("and {more} more"));
    let shown = rows.iter().take(NAMED).cloned();
    Some(shown.chain(rest).fold(problem, Problem::with_evidence))
}

fn ambiguous(short: &str, several: &[&str]) -> Problem {
    let problem = Problem::new(
        &codes::AMBIGUOUS_NAME,
        short,
        "more than one server that reports has this short name, so none counts for it",
        "export the list with `DNSHostName`",
    );
    let shown = several.iter().take(NAMED).map(|&name| name.to_owned());
    shown.fold(problem, Problem::with_evidence)
}

#[cfg(test)]
mod tests;
