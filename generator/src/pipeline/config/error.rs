//! Why a config is not used.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::failure::{FailureCode, Fault};

/// A config that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("read config `{}`: {why}",
        path.display()
    )]
    Unreadable {
        /// The config file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// Not TOML, or a field that is not known.
    #[error("config `{}` is not understood\n{why}", path.display())]
    Malformed {
        /// The config file.
        path: PathBuf,
        /// Line, column and excerpt.
        why: String,
        /// What to write instead.
        hint: String,
    },
    /// A slip of the language that the file is written in.
    #[error("config `{}`{}: {what}", path.display(), at_line(*line))]
    Slip {
        /// The config file.
        path: PathBuf,
        /// Where it stands, from 1; none for what is missing.
        line: Option<usize>,
        /// What is wrong, with key and what was written.
        what: String,
        /// What to write instead.
        cure: String,
    },
    /// A value that its field cannot have.
    #[error("config `{}`{}: `{field}` {why}", path.display(), at_line(*line))]
    Value {
        /// The config file.
        path: PathBuf,
        /// Where the field stands, from 1; of one that is left out, its section.
        line: Option<usize>,
        /// Section and field.
        field: String,
        /// What is wrong with it.
        why: String,
        /// What to write instead.
        hint: String,
    },
}

fn at_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}

impl Fault for ConfigError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Unreadable { .. } => FailureCode::Files,
            Self::Malformed { .. } | Self::Slip { .. } | Self::Value { .. } => FailureCode::Config,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::Unreadable { .. } => {
                "`--config FILE` names it; `gangway init` writes one to start from".into()
            }
            Self::Malformed { hint, .. } => hint.clone().into(),
            Self::Slip { cure, .. } => cure.clone().into(),
            Self::Value { hint, .. } => hint.clone().into(),
        })
    }
}
