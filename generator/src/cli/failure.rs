//! Why a command gave up: one code for each cause, and one exit code for each code.

use std::error::Error;

use schemars::JsonSchema;
use serde::Serialize;

use super::exit::Exit;
use crate::problem::Problem;

/// The causes that a machine tells apart; a text never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(
    not(feature = "directory"),
    allow(dead_code, reason = "some are causes of `publish gpo` alone")
)]
pub(super) enum FailureCode {
    /// The command line, or a variable that stands for one of its options.
    CommandLine,
    /// The config, or a file that it names, is there and not understood.
    Config,
    /// `gangway.lock` is there and not understood, or another config's.
    Lock,
    /// A file or folder is missing, cannot be read, or cannot be written.
    Files,
    /// The place of an output holds something that is not replaced.
    Occupied,
    /// Another process writes the same output or lock.
    Busy,
    /// A program that is needed is missing, failed, or took too long.
    Program,
    /// A server, its directory or its share.
    Server,
    /// Standard output took no more.
    StandardOutput,
    /// The downloads or policies have errors, each among the `problems`.
    Problems,
    /// Findings that `--deny` names, each among the `problems`.
    Denied,
    /// The stub, a policy or the kit cannot be made from what the config says.
    Unbuildable,
    /// Somebody else's object stands where ours would be written.
    Refused,
    /// The folder is no bundle.
    NotABundle,
    /// The bundle, or a file of it, is not what it must be.
    NotVerified,
    /// A defect of this program.
    Defect,
}

impl FailureCode {
    /// Every code, in the order of declaration.
    #[cfg(test)]
    pub(super) const ALL: [Self; 16] = [
        Self::CommandLine,
        Self::Config,
        Self::Lock,
        Self::Files,
        Self::Occupied,
        Self::Busy,
        Self::Program,
        Self::Server,
        Self::StandardOutput,
        Self::Problems,
        Self::Denied,
        Self::Unbuildable,
        Self::Refused,
        Self::NotABundle,
        Self::NotVerified,
        Self::Defect,
    ];

    /// What it stands for.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::CommandLine => {
                "the command line, or a variable that stands for one of its options"
            }
            Self::Config => "the config, or a file that it names, is there and not understood",
            Self::Lock => "`gangway.lock` is there and not understood, or that of another config",
            Self::Files => {
                "a file or folder is missing, cannot be read, or cannot be written; a full disk"
            }
            Self::Occupied => "the place of an output holds something that is not replaced",
            Self::Busy => "another process writes the same output or lock",
            Self::Program => "a program that is needed is missing, failed, or took too long",
            Self::Server => "a server, its directory or its share",
            Self::StandardOutput => "standard output took no more",
            Self::Problems => "errors among the `problems`",
            Self::Denied => "findings among the `problems` that `--deny` names",
            Self::Unbuildable => {
                "the stub, a policy or the kit cannot be made from what the config says"
            }
            Self::Refused => "somebody else's object stands where ours would be written",
            Self::NotABundle => "the folder is no bundle",
            Self::NotVerified => "the bundle, or a file of it, is not what it must be",
            Self::Defect => "a defect of this program",
        }
    }

    /// How the program ends.
    pub(super) const fn exit(self) -> Exit {
        match self {
            Self::CommandLine | Self::Config | Self::Lock => Exit::Usage,
            Self::Files
            | Self::Occupied
            | Self::Busy
            | Self::Program
            | Self::Server
            | Self::StandardOutput => Exit::Environment,
            Self::Problems | Self::Denied | Self::Unbuildable | Self::Refused => Exit::Problems,
            Self::NotABundle | Self::NotVerified => Exit::Verification,
            Self::Defect => Exit::Internal,
        }
    }
}

impl std::fmt::Display for FailureCode {
    /// As documents have it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

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
    /// From an error whose text may end in lines that begin with `hint: `.
    pub(super) fn new(code: FailureCode, error: &dyn Error) -> Self {
        let mut failure = Self::of(code, &error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            let (text, hints) = split(&cause.to_string());
            // Many errors show their cause in their own words already.
            if !failure.message.contains(&text) {
                failure.causes.push(text);
            }
            for hint in hints {
                if !failure.hints.contains(&hint) {
                    failure.hints.push(hint);
                }
            }
            source = cause.source();
        }
        failure
    }

    /// From a text of the same form.
    pub(super) fn of(code: FailureCode, text: &str) -> Self {
        let (message, hints) = split(text);
        Self {
            code,
            message,
            causes: Vec::new(),
            hints,
            problems: Vec::new(),
        }
    }

    /// The whole of it for people: the causes below the message, hints last.
    pub(super) fn text(&self) -> String {
        let mut text = self.message.clone();
        for cause in &self.causes {
            text.push_str(&format!("\ncaused by: {cause}"));
        }
        for hint in &self.hints {
            text.push_str(&format!("\nhint: {hint}"));
        }
        text
    }

    /// With the findings that it is about.
    pub(super) fn about(mut self, problems: Vec<Problem>) -> Self {
        self.problems = problems;
        self
    }
}

/// The message, and the hints behind it.
fn split(text: &str) -> (String, Vec<String>) {
    let mut parts = text.split("\nhint: ");
    let message = parts.next().unwrap_or_default().to_owned();
    (message, parts.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
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
        source: Option<Box<Layer>>,
    }

    #[test]
    fn causes_and_hints_are_told_apart_and_told_once() {
        let layer = |text, source: Option<Layer>| Layer {
            text,
            source: source.map(Box::new),
        };
        let lowest = layer("disk gone\nhint: mend the disk", None);
        let middle = layer("cannot read `a`", Some(lowest));
        let error = layer("it failed: cannot read `a`\nhint: again", Some(middle));
        let failure = Failure::new(FailureCode::Files, &error);
        assert_eq!(failure.message, "it failed: cannot read `a`");
        assert_eq!(failure.causes, ["disk gone"]);
        assert_eq!(failure.hints, ["again", "mend the disk"]);
    }
}
