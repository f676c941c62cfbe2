//! Failures as values: a sentence, its causes, a hint and a code, each told by the failure itself.

use std::borrow::Cow;
use std::error::Error;

use schemars::JsonSchema;
use serde::Serialize;

use crate::exit::Exit;
use crate::problem::Problem;

/// An error that ends a command.
///
/// Its `Display` is the sentence alone: what is wrong, and where. What lies below it is its source and
/// stands in no sentence above.
pub trait Fault: Error {
    /// The cause, for machines, and with it the exit code.
    fn code(&self) -> FailureCode;

    /// What to do next; none where the sentence says it.
    fn hint(&self) -> Option<Cow<'static, str>>;

    /// Findings that it is about.
    fn problems(&self) -> Vec<Problem> {
        Vec::new()
    }
}

/// What to do when the operating system refused; none where its own words say it.
pub(crate) fn hint_of(error: &std::io::Error) -> Option<Cow<'static, str>> {
    use std::io::ErrorKind;
    let hint = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "make room there; what was there before is as it was"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "this account may not do that there: run it by one that may, or name another place"
        }
        ErrorKind::CrossesDevices => {
            "this file system does not move it, as that of a container does not move a folder of its \
             image: name a new place, or take away yourself what is there"
        }
        ErrorKind::NotFound => {
            "look at the path: a file, or a folder on the way to it, is not there"
        }
        _ => return None,
    };
    Some(hint.into())
}

/// The causes that a machine tells apart; a text never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
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
    /// Another domain controller lags, or could not be asked.
    Replication,
    /// Standard output took no more.
    StandardOutput,
    /// The downloads or policies have errors, each among the `problems`.
    Problems,
    /// Findings that `--deny` names, each among the `problems`.
    Denied,
    /// The stub or a policy cannot be made from what the config says.
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
    pub const ALL: [Self; 17] = [
        Self::CommandLine,
        Self::Config,
        Self::Lock,
        Self::Files,
        Self::Occupied,
        Self::Busy,
        Self::Program,
        Self::Server,
        Self::Replication,
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
    pub const fn meaning(self) -> &'static str {
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
            Self::Replication => {
                "another domain controller does not have what was written, or could not be asked"
            }
            Self::StandardOutput => "standard output took no more",
            Self::Problems => "errors among the `problems`",
            Self::Denied => "findings among the `problems` that `--deny` names",
            Self::Unbuildable => "the stub or a policy cannot be made from what the config says",
            Self::Refused => "somebody else's object stands where ours would be written",
            Self::NotABundle => "the folder is no bundle",
            Self::NotVerified => "the bundle, or a file of it, is not what it must be",
            Self::Defect => "a defect of this program",
        }
    }

    /// How the program ends.
    pub const fn exit(self) -> Exit {
        match self {
            Self::CommandLine | Self::Config | Self::Lock => Exit::Usage,
            Self::Files
            | Self::Occupied
            | Self::Busy
            | Self::Program
            | Self::Server
            | Self::Replication
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
