//! The servers that should exist, from a list as directory tools and people write it.
//!
//! A row is never lost in silence: what cannot be understood stays an expected server that
//! nobody can match, and is named with its line.

mod console;
mod delimited;
mod field;
mod layout;
mod ldif;
mod lines;
mod odd;
mod row;
mod rows;
mod server_name;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use odd::{Odd, ambiguous, problems};
use row::Row;
pub(super) use server_name::NETBIOS_LENGTH;
use server_name::ServerName;

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
    /// Names, and what the list says of the account.
    full: BTreeMap<String, Account>,
    short: BTreeMap<String, Account>,
    /// Rows that name nothing a server can have; the text to show for each.
    nameless: BTreeSet<String>,
    /// Disabled accounts, which are not expected to report.
    disabled: usize,
    /// Their names, as far as they name something.
    disabled_names: BTreeSet<ServerName>,
    /// Rows that the list itself calls something else than a computer.
    no_computers: usize,
    problems: Vec<Problem>,
}

/// What tells the account of a row from another one of its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Account {
    sid: Option<Sid>,
    /// Empty where the list has none.
    distinguished: String,
}

/// How a row stands to those above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Added {
    New,
    /// The same server once more, for all that the list says.
    Again,
    /// Another account of that name.
    Other,
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
        // Old Macintosh programs end lines so.
        let text = match decoded.text.contains('\n') {
            true => decoded.text,
            false => decoded.text.replace('\r', "\n").into(),
        };
        let found = layout::rows(&text)?;
        let mut servers = Self::default();
        let mut odd = Odd::default();
        for row in found.rows {
            servers.take(&row, &mut odd);
        }
        if servers.is_empty() && servers.disabled == 0 {
            return Err(ExpectedError::Empty);
        }
        odd.doubts.extend(found.doubts);
        servers.join_short_names(&mut odd);
        servers.problems = problems(&odd, found.assumed_header, decoded.code_page);
        Ok(servers)
    }

    fn take(&mut self, row: &Row, odd: &mut Odd) {
        if row.is_no_computer() {
            self.no_computers += 1;
            return;
        }
        if row.disabled {
            self.disabled += 1;
            self.disabled_names.extend(ServerName::parse(row.written()));
            return;
        }
        odd.columns.extend(row.other_column());
        odd.doubts.extend(row.doubts.iter().cloned());
        let account = Account {
            sid: row.sid,
            distinguished: row.distinguished.clone(),
        };
        let added = match ServerName::parse(row.written()) {
            Some(ServerName::Full(name)) => add(&mut self.full, name, account),
            Some(ServerName::Short(name)) => add(&mut self.short, name, account),
            None => None,
        };
        let shown = format!("line {}: `{}`", row.line, row.written());
        match added {
            Some(Added::New) => {}
            Some(Added::Again) => odd.again.push(shown),
            // Its report cannot be told from another's, so it stays one that is missing.
            Some(Added::Other) => {
                self.nameless
                    .insert(format!("{shown}, another account of that name"));
                odd.others.push(shown);
            }
            None => {
                self.nameless.insert(shown.clone());
                odd.nameless.push(shown);
            }
        }
    }

    /// A short name beside the full one that it may be cut from: the same SID says that both are one
    /// server; without that both stay, and it is told.
    fn join_short_names(&mut self, odd: &mut Odd) {
        let mut by_label: BTreeMap<&str, Vec<(&String, &Account)>> = BTreeMap::new();
        for (name, account) in &self.full {
            let label = name.split('.').next().unwrap_or(name);
            let cut = label.get(..NETBIOS_LENGTH).unwrap_or(label);
            by_label.entry(cut).or_default().push((name, account));
        }
        let mut again = Vec::new();
        for (short, account) in &self.short {
            let cut = short.get(..NETBIOS_LENGTH).unwrap_or(short);
            let beside = by_label.get(cut).map_or(&[][..], Vec::as_slice);
            let same = beside
                .iter()
                .find(|(_, full)| full.sid.is_some() && full.sid == account.sid);
            if let Some((full, _)) = same {
                odd.again
                    .push(format!("`{short}`: its SID is that of `{full}`"));
                again.push(short.clone());
            } else if let Some((full, _)) = beside
                .iter()
                .find(|(_, full)| full.sid.is_none() || account.sid.is_none())
            {
                odd.doubts.push(format!(
                    "`{short}` stands beside `{full}`: when both are one server, take the short name out"
                ));
            }
        }
        for short in again {
            self.short.remove(&short);
        }
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

    /// Does the list call the account of this server disabled, by its full name in lower case? A short name
    /// speaks for a server where no full name of the list does.
    pub(super) fn is_disabled(&self, fqdn: &str) -> bool {
        let has = |name: ServerName| self.disabled_names.contains(&name);
        if has(ServerName::Full(fqdn.to_owned())) {
            return true;
        }
        let label = fqdn.split('.').next().unwrap_or(fqdn);
        let cut = label.get(..NETBIOS_LENGTH).unwrap_or(label);
        let mut names = [label, cut].into_iter();
        !self.full.contains_key(fqdn) && names.any(|name| has(ServerName::Short(name.to_owned())))
    }

    /// Rows that the list calls something else than a computer.
    pub fn no_computers(&self) -> usize {
        self.no_computers
    }

    /// The SID of a server's account, by its full name in lower case.
    pub(super) fn account(&self, fqdn: &str) -> Option<Sid> {
        if let Some(account) = self.full.get(fqdn) {
            return account.sid;
        }
        let label = fqdn.split('.').next().unwrap_or(fqdn);
        let cut = label.get(..NETBIOS_LENGTH).unwrap_or(label);
        let short = self.short.get(label).or_else(|| self.short.get(cut));
        short.and_then(|account| account.sid)
    }

    /// The server on the list that a host of this name, as files of reports bear it, may be.
    pub(super) fn of_host(&self, host: &str) -> Option<String> {
        let host = host.to_ascii_lowercase();
        if self.full.contains_key(&host) {
            return Some(host);
        }
        let label = host.split('.').next().unwrap_or(&host);
        let cut = label.get(..NETBIOS_LENGTH).unwrap_or(label);
        let mut names = [label, cut].into_iter();
        let name = names.find(|name| self.short.contains_key(*name))?;
        Some(name.to_owned())
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

/// Adds a server, or tells how its row stands to one above.
fn add(servers: &mut BTreeMap<String, Account>, name: String, account: Account) -> Option<Added> {
    let kept = match servers.entry(name) {
        Entry::Vacant(place) => {
            place.insert(account);
            return Some(Added::New);
        }
        Entry::Occupied(kept) => kept.into_mut(),
    };
    let named = |name: &str| !name.is_empty();
    let is_other = match (kept.sid, account.sid) {
        (Some(one), Some(other)) => one != other,
        _ if named(&kept.distinguished) && named(&account.distinguished) => !kept
            .distinguished
            .eq_ignore_ascii_case(&account.distinguished),
        _ => false,
    };
    if is_other {
        return Some(Added::Other);
    }
    kept.sid = kept.sid.or(account.sid);
    Some(Added::Again)
}

#[cfg(test)]
mod tests;
