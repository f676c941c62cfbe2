//! Why a config is not used.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::path_signs::about_signs;
use crate::failure::{FailureCode, Fault};
use crate::plain_file;

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
    /// A file that it names is not there, or not what its key takes.
    #[error("config `{}`{}: `{field}` names `{}`: {why}", path.display(), at_line(*line), file.display())]
    NamedFile {
        /// The config file.
        path: PathBuf,
        /// Where the file is named, from 1.
        line: Option<usize>,
        /// Section and field.
        field: &'static str,
        /// The file, from where the program runs.
        file: PathBuf,
        /// What such files hold.
        holds: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

/// Of a file that the config or the command line names: it cannot be opened, or not understood.
pub(in crate::pipeline) fn of_named_file(path: &Path) -> FailureCode {
    if plain_file::open(path).is_ok() {
        FailureCode::Config
    } else {
        FailureCode::Files
    }
}

fn at_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}

impl Fault for ConfigError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Unreadable { .. } => FailureCode::Files,
            Self::Malformed { .. } | Self::Slip { .. } | Self::Value { .. } => FailureCode::Config,
            Self::NamedFile { file, .. } => of_named_file(file),
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
            Self::NamedFile {
                path,
                field,
                file,
                holds,
                ..
            } => match of_named_file(file) {
                FailureCode::Files if field.starts_with("downloads.") => {
                    let signs = about_signs(path, file).map(|about| format!("; {about}"));
                    format!(
                        "put it there, or correct `{field}`: a relative path is meant from the folder of the \
                         config; it names {holds}{}",
                        signs.unwrap_or_default()
                    )
                }
                FailureCode::Files => format!(
                    "put the file there, or correct `{field}`: a relative path is meant from the folder of the \
                     config; the file holds {holds}"
                ),
                _ => format!(
                    "`{field}` names files that hold {holds}: name such a file, or take the entry out"
                ),
            }
            .into(),
        })
    }
}
