//! What a server answered, as people and machines get it.

use schemars::JsonSchema;
use serde::Serialize;

use super::rows::Row;

/// Most of an output that is kept, in bytes.
const MOST_OUTPUT: usize = 2 << 10;

/// How a question was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// Nothing can be said here.
    NotAnswerable,
}

/// A program that was asked, and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// The command as it was started.
    pub command: String,
    /// Its exit code; none when it did not start, or was ended.
    pub exit_code: Option<i32>,
    /// What it said, the beginning of it.
    pub output: String,
}

/// What came of one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The answer.
    pub verdict: Verdict,
    /// What it rests on.
    pub why: String,
    /// Every program that was asked.
    pub evidence: Vec<Evidence>,
    /// What was changed and taken back; of what stays by its nature, that it does.
    pub changed: Vec<String>,
    /// What was changed and is still there.
    pub left_behind: Vec<String>,
}

impl Finding {
    fn new(verdict: Verdict, why: impl Into<String>) -> Self {
        Self {
            verdict,
            why: why.into(),
            evidence: Vec::new(),
            changed: Vec::new(),
            left_behind: Vec::new(),
        }
    }

    /// It is so.
    pub fn yes(why: impl Into<String>) -> Self {
        Self::new(Verdict::Yes, why)
    }

    /// It is not so.
    pub fn no(why: impl Into<String>) -> Self {
        Self::new(Verdict::No, why)
    }

    /// Nothing can be said here.
    pub fn unanswerable(why: impl Into<String>) -> Self {
        Self::new(Verdict::NotAnswerable, why)
    }
}

/// One row with its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Answered {
    /// The question's name.
    pub id: &'static str,
    /// What a yes proves.
    pub proves: &'static str,
    /// How it is asked.
    pub how: &'static str,
    /// What it changes on the server until it is undone; null when nothing.
    pub changes: Option<&'static str>,
    /// The answer.
    pub verdict: Verdict,
    /// What the answer rests on, or why there is none.
    pub why: String,
    /// Programs that were asked.
    pub evidence: Vec<Evidence>,
    /// What was changed and taken back; of what stays by its nature, that it does.
    pub changed: Vec<String>,
    /// What was changed and is still there.
    pub left_behind: Vec<String>,
}

impl Answered {
    pub(super) fn of(row: &Row, finding: Finding) -> Self {
        let bounded = |mut evidence: Evidence| {
            evidence.output = beginning(&evidence.output);
            evidence.command = beginning(&evidence.command);
            evidence
        };
        Self {
            id: row.id,
            proves: row.proves,
            how: row.how,
            changes: row.changes,
            verdict: finding.verdict,
            why: beginning(&finding.why),
            evidence: finding.evidence.into_iter().map(bounded).collect(),
            changed: finding.changed,
            left_behind: finding.left_behind,
        }
    }
}

/// The first bytes of a text, by whole characters.
fn beginning(text: &str) -> String {
    let text = text.trim();
    let mut end = text.len().min(MOST_OUTPUT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    match end == text.len() {
        true => text.to_owned(),
        false => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_output_is_cut_between_characters() {
        let told = beginning(&format!("x{}", "é".repeat(MOST_OUTPUT)));
        assert!(told.ends_with("é…") && told.len() <= MOST_OUTPUT + 3);
        assert_eq!(beginning(" as it is\r\n"), "as it is");
    }
}
