//! Findings about inputs, outputs and foreign policies: collected, never thrown one by one.
//!
//! Each concern keeps its own table of [`Code`]s (`intake/codes.rs`, `gpo/codes.rs`, …);
//! `pipeline/explain.rs` joins them for `gangway explain`. Ranges: `GW0xxx` config, `GW1xxx`
//! intake, `GW2xxx` Group Policy, `GW3xxx` bundle and signing, `GW4xxx` fleet.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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

impl Serialize for Problem {
    /// Flat, with the code's number, severity and title, so that a machine needs no table.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Problem", 7)?;
        fields.serialize_field("code", self.code.id)?;
        fields.serialize_field("severity", &self.code.severity)?;
        fields.serialize_field("title", self.code.title)?;
        fields.serialize_field("subject", &self.subject)?;
        fields.serialize_field("message", &self.message)?;
        fields.serialize_field("evidence", &self.evidence)?;
        fields.serialize_field("next_action", &self.next_action)?;
        fields.end()
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

    /// Is this an error?
    pub fn is_error(&self) -> bool {
        self.code.severity == Severity::Error
    }
}
