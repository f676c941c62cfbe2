//! Findings about inputs, outputs and foreign policies: collected, never thrown one by one.
//!
//! Each concern keeps its own table of [`Code`]s (`intake/codes.rs`, `gpo/codes.rs`, …);
//! `pipeline/explain/` joins them for `gangway explain`. Ranges: `GW1xxx` intake, `GW2xxx` Group
//! Policy, `GW3xxx` bundle and signing, `GW4xxx` fleet, `GW5xxx` packages. What is wrong with the config is a failure
//! and has no code.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Note,
    /// The work goes on; a person should look.
    Warning,
    /// Nothing is written while there is one.
    Error,
}

/// One kind of finding, with a number that never changes its meaning.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `GW` and four digits.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// One line: what is wrong in general.
    pub title: &'static str,
    /// The page of `gangway explain`: why it matters and what to do, in plain paragraphs.
    pub page: &'static str,
}

/// Files, servers or rows that one problem names before the rest is only counted.
pub const NAMED: usize = 20;

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of finding.
    pub code: &'static Code,
    /// The file, entry or table it is about, as the user knows it.
    pub subject: String,
    /// One line: what is wrong here, with literals in backticks.
    pub message: String,
    /// What proves it: line, offset, value found and value expected.
    pub evidence: Vec<String>,
    /// What to do next.
    pub next_action: String,
}

/// A finding as documents have it: flat, so that a machine needs no table of codes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
struct Row<'a> {
    /// `GW` and four digits; never changes its meaning.
    code: &'a str,
    /// How bad it is.
    severity: Severity,
    /// What is wrong in general.
    title: &'a str,
    /// The file, entry or table it is about.
    subject: &'a str,
    /// What is wrong here.
    message: &'a str,
    /// What proves it.
    evidence: &'a [String],
    /// What to do next.
    next_action: &'a str,
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Row {
            code: self.code.id,
            severity: self.code.severity,
            title: self.code.title,
            subject: &self.subject,
            message: &self.message,
            evidence: &self.evidence,
            next_action: &self.next_action,
        }
        .serialize(serializer)
    }
}

impl JsonSchema for Problem {
    fn schema_name() -> Cow<'static, str> {
        Row::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Row::json_schema(generator)
    }
}

impl Problem {
    /// A finding without further evidence; add it with [`Problem::with_evidence`].
    pub fn new(
        code: &'static Code,
        subject: impl Into<String>,
        message: impl Into<String>,
        next_action: impl Into<String>,
    ) -> Self {
        Self {
            code,
            subject: subject.into(),
            message: message.into(),
            evidence: Vec::new(),
            next_action: next_action.into(),
        }
    }

    /// Adds one line of proof.
    #[must_use]
    pub fn with_evidence(mut self, line: impl Into<String>) -> Self {
        self.evidence.push(line.into());
        self
    }

    /// Adds the first of these names as proof, and how many more there are.
    #[must_use]
    pub fn naming(self, names: impl ExactSizeIterator<Item = String>) -> Self {
        let more = names.len().saturating_sub(NAMED);
        let named = names.take(NAMED).fold(self, Self::with_evidence);
        named.and_more(more)
    }

    /// Says how many more there are than are named.
    #[must_use]
    pub fn and_more(self, more: usize) -> Self {
        match more {
            0 => self,
            more => self.with_evidence(format!("and {more} more")),
        }
    }

    /// Does it stand against a bundle?
    pub fn is_error(&self) -> bool {
        self.code.severity == Severity::Error
    }
}

/// Findings below error that shall count as errors.
#[derive(Debug, Clone, Default)]
pub struct Deny {
    /// Every warning.
    pub warnings: bool,
    /// Findings with these codes, notes too.
    pub codes: Vec<&'static Code>,
}

impl Deny {
    /// Is this a finding that was not an error and counts as one now?
    pub fn refuses(&self, problem: &Problem) -> bool {
        let severity = problem.code.severity;
        severity != Severity::Error
            && (self.warnings && severity == Severity::Warning
                || self.codes.contains(&problem.code))
    }

    /// The codes that are refused, each once.
    pub fn refused<'a>(&self, problems: impl IntoIterator<Item = &'a Problem>) -> Vec<&'a str> {
        let mut codes: Vec<&str> = problems
            .into_iter()
            .filter(|problem| self.refuses(problem))
            .map(|problem| problem.code.id)
            .collect();
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}

/// Declares codes that are errors, and `ALL` of them in the order of their numbers.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident $id:literal $title:literal $page:literal;)*) => {
        $($(#[$doc])* pub static $name: $crate::problem::Code = $crate::problem::Code {
            id: $id,
            severity: $crate::problem::Severity::Error,
            title: $title,
            page: $page,
        };)*

        /// Every code of this folder, by number.
        pub static ALL: &[&$crate::problem::Code] = &[$(&$name),*];
    };
}
pub(crate) use error_codes;
