//! Why a GPO cannot be made from its options.

use crate::gpo::OutOfRange;
use crate::gpo::WriteError;
use crate::gpo::codes;

use crate::problem::Problem;

/// Why a GPO cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GpoError {
    /// A file name that a UNC path or the Task Scheduler could misread.
    #[error("`{found}` is no plain file name for the bootstrap")]
    ExeName {
        /// The name.
        found: String,
    },
    /// A folder that clients would not find as written.
    #[error("`{found}` cannot be the folder of the bootstrap: {why}")]
    ExeFolder {
        /// The folder.
        found: String,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// The Task Scheduler takes no longer command.
    #[error("the command `{command}` has {length} characters, the Task Scheduler takes 260")]
    CommandTooLong {
        /// The whole command line of the task.
        command: String,
        /// Its characters.
        length: usize,
    },
    /// A policy value that a server would ignore or misread.
    #[error("`{setting}` cannot be `{found}`: {why}")]
    Setting {
        /// Key of the config.
        setting: &'static str,
        /// Value of the config.
        found: String,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// An output time that no policy file can spell.
    #[error(transparent)]
    OutputTime(#[from] OutOfRange),
    /// A text that a policy file cannot hold.
    #[error(transparent)]
    Text(#[from] WriteError),
}

impl GpoError {
    /// The finding for the user.
    pub fn problem(&self) -> Problem {
        let (code, next) = match self {
            Self::ExeName { .. } => (
                &codes::UNUSABLE_PATH,
                "use letters, digits, `-`, `_` and `.` only",
            ),
            Self::ExeFolder { .. } => (
                &codes::UNUSABLE_PATH,
                r"give a folder such as `\\files.contoso.com\gangway\bootstrap`",
            ),
            Self::CommandTooLong { .. } => (&codes::UNUSABLE_PATH, "choose a shorter folder"),
            Self::Setting { .. } => (
                &codes::UNUSABLE_SETTING,
                "change the value in gangway.toml and build again",
            ),
            Self::OutputTime(_) => (
                &codes::UNUSABLE_TEXT,
                "set SOURCE_DATE_EPOCH to a time between 1970 and 9999",
            ),
            Self::Text(_) => (
                &codes::UNUSABLE_TEXT,
                "remove the character from the config",
            ),
        };
        Problem::new(code, "gangway.toml", self.to_string(), next)
    }
}
