//! Why a config is not used.

use std::path::PathBuf;

/// A config that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(
        "read config `{}`: {why}\nhint: `--config FILE` names it; `gangway init` writes one to \
         start from",
        path.display()
    )]
    Unreadable {
        /// The config file.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// Not TOML, or a field that is not known.
    #[error("config `{}` is not understood\n{why}\nhint: {hint}", path.display())]
    Malformed {
        /// The config file.
        path: PathBuf,
        /// Line, column and excerpt.
        why: String,
        /// What to write instead.
        hint: String,
    },
    /// A value that its field cannot have.
    #[error("config `{}`: `{field}` {why}\nhint: {hint}", path.display())]
    Value {
        /// The config file.
        path: PathBuf,
        /// Section and field.
        field: &'static str,
        /// What is wrong with it.
        why: String,
        /// What to write instead.
        hint: &'static str,
    },
}
