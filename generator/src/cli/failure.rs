//! A command that gave up, as people and documents get it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::failure::{FailureCode, Fault};
use crate::problem::Problem;

/// A command that gave up.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(super) struct Failure {
    /// The cause, for machines.
    pub(super) code: FailureCode,
    /// What went wrong, and where.
    pub(super) message: String,
    /// What lies below it, the nearest first.
    pub(super) causes: Vec<String>,
    /// What to do next.
    pub(super) hints: Vec<String>,
    /// Findings that belong to it.
    #[serde(skip)]
    pub(super) problems: Vec<Problem>,
}

impl Failure {
    /// A failure of the command line itself, or of what only it knows.
    pub(super) fn of(code: FailureCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// With what to do next.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The whole of it for people: the causes below the message, hints last.
    pub(super) fn text(&self) -> String {
        let mut text = indented(&self.message);
        for cause in &self.causes {
            text.push_str(&format!("\ncaused by: {}", indented(cause)));
        }
        for hint in &self.hints {
            text.push_str(&format!("\nhint: {}", indented(hint)));
        }
        text
    }
}

/// Further lines stand under the first: a name with a line feed in it begins no line of ours.
pub(super) fn indented(text: &str) -> String {
    let mut lines = text.trim_end().split('\n');
    let mut indented = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let margin = if line.starts_with("  ") { "" } else { "  " };
        indented.push_str(&format!("\n{margin}{line}"));
    }
    indented
}

impl<F: Fault> From<F> for Failure {
    fn from(fault: F) -> Self {
        let below = std::iter::successors(fault.source(), |cause| cause.source());
        Self {
            code: fault.code(),
            message: fault.to_string(),
            causes: below.map(ToString::to_string).collect(),
            hints: fault.hint().into_iter().map(Into::into).collect(),
            problems: fault.problems(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn the_document_about_answers_has_every_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/answers.md");
        let text = std::fs::read_to_string(path).unwrap();
        for code in FailureCode::ALL {
            let row = format!("| `{code}` | {} | {} |", code.exit() as u8, code.meaning());
            assert!(text.contains(&row), "missing in docs/answers.md: {row}");
        }
    }

    #[derive(Debug, thiserror::Error)]
    #[error("{text}")]
    struct Layer {
        text: &'static str,
        source: Option<Box<Self>>,
    }

    impl Fault for Layer {
        fn code(&self) -> FailureCode {
            FailureCode::Files
        }

        fn hint(&self) -> Option<Cow<'static, str>> {
            Some("again".into())
        }
    }

    #[test]
    fn no_name_begins_a_line_of_ours() {
        let failure = Failure::of(FailureCode::Files, "`a\nhint: all is well` is no bundle")
            .hint("name\nerror: another");
        assert_eq!(
            failure.text(),
            "`a\n  hint: all is well` is no bundle\nhint: name\n  error: another"
        );
    }

    #[test]
    fn a_failure_is_told_as_sentence_causes_and_hint() {
        let layer = |text, source: Option<Layer>| Layer {
            text,
            source: source.map(Box::new),
        };
        let lowest = layer("the disk is gone", None);
        let middle = layer("cannot read `a`", Some(lowest));
        let failure = Failure::from(layer("nothing was built", Some(middle)));
        assert_eq!(
            failure.text(),
            "nothing was built\ncaused by: cannot read `a`\ncaused by: the disk is gone\nhint: again"
        );
    }
}
