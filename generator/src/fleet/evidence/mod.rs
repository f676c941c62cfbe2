//! What other programs than the bootstrap found on the servers: quoted beside a server, with its
//! source and its time, and never what makes a server good.
//!
//! Such a result comes from a person's hands. Nothing ties it to the account of the server that it
//! names, and it tells of a moment that may be long gone; a report of the bootstrap does better in
//! both. Microsoft's Client Analyzer is the one source that is read today.

mod analyzer;
mod archive;
mod gather;
mod matching;
mod plain_text;
mod run_time;

use gangway_contract::UtcTime;
use schemars::JsonSchema;
use serde::Serialize;

pub use analyzer::AnalyzerResult;
pub use gather::{EvidenceError, Gathered, gather};
pub use matching::stand_beside;

/// What a result of another program says of one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// Which program's: `analyzer`.
    pub source: &'static str,
    /// The file, and the entry when it is an archive.
    pub file: String,
    /// When it was found, RFC 3339 UTC; none when the result does not tell it.
    pub time: Option<String>,
    /// The time as the result has it, in the culture of the server.
    pub written_time: String,
    /// The result leaves open whether it was in the morning or in the evening: `time` is the
    /// morning.
    pub half_day_open: bool,
    /// Values as the result has them, by the names of its elements.
    pub facts: Vec<EvidenceFact>,
    /// What it complains of, errors first.
    pub findings: Vec<EvidenceFinding>,
    /// Findings that are not here.
    pub more_findings: usize,
}

/// One value of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EvidenceFact {
    /// Name of the element.
    pub name: &'static str,
    /// Its text, made printable.
    pub value: String,
}

/// One complaint of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EvidenceFinding {
    /// How bad the result calls it.
    pub severity: String,
    /// What was looked at.
    pub check: String,
    /// What was found.
    pub result: String,
    /// What the result says to do.
    pub guidance: String,
}

impl EvidenceFinding {
    /// Does the result call it worse than worth knowing?
    pub fn is_complaint(&self) -> bool {
        rank(&self.severity) < OTHER
    }
}

/// Rank of severities that are neither errors nor warnings.
const OTHER: usize = 2;

/// Errors first, then warnings, then the rest.
fn rank(severity: &str) -> usize {
    let is = |word: &str| severity.trim().eq_ignore_ascii_case(word);
    ["error", "warning"]
        .into_iter()
        .position(is)
        .unwrap_or(OTHER)
}

/// How much was read of results of other programs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EvidenceCount {
    /// Results that were read.
    pub results: usize,
    /// Servers that one stands beside.
    pub servers: usize,
}

/// When a result says that it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Moment {
    at: UtcTime,
    half_day_open: bool,
}

impl Evidence {
    /// When, in words.
    pub fn when(&self) -> String {
        match (&self.time, self.half_day_open) {
            (Some(time), false) => time.clone(),
            (Some(time), true) => format!("{time} or twelve hours later"),
            (None, _) => format!("a time that cannot be read (`{}`)", self.written_time),
        }
    }

    /// What it says, in a line for the summary and a cell of the table.
    pub fn words(&self) -> String {
        const SHOWN: usize = 3;
        let facts = self.facts.iter();
        let facts = facts.map(|fact| format!("{} {}", fact.name, fact.value));
        let complaints = || self.findings.iter().filter(|one| one.is_complaint());
        let shown = complaints().take(SHOWN);
        let shown = shown.map(|one| {
            let severity = one.severity.to_lowercase();
            format!("{severity}: {}: {}", one.check, one.result)
        });
        let parts: Vec<String> = facts.chain(shown).collect();
        let more = complaints().count().saturating_sub(SHOWN);
        let more = match more {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        format!("{}{more}", parts.join("; "))
    }
}
