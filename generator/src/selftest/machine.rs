//! The one edge to the server that is asked.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::answer::Evidence;

/// A program to start, by an absolute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Absolute, and never searched for.
    pub program: PathBuf,
    /// Each one word, quoted by the system's rules when it starts.
    pub arguments: Vec<String>,
    /// Variables beside those of this program.
    pub variables: Vec<(&'static str, String)>,
    /// How long it may take.
    pub limit: Duration,
}

/// Most programs answer at once.
const USUAL: Duration = Duration::from_secs(60);

impl Call {
    /// A program that may take a minute.
    pub fn of<A: AsRef<OsStr>>(program: &Path, arguments: &[A]) -> Self {
        let text = |argument: &A| argument.as_ref().to_string_lossy().into_owned();
        Self {
            program: program.to_owned(),
            arguments: arguments.iter().map(text).collect(),
            variables: Vec::new(),
            limit: USUAL,
        }
    }

    /// With another limit, in seconds.
    #[must_use]
    pub fn within(mut self, seconds: u64) -> Self {
        self.limit = Duration::from_secs(seconds);
        self
    }

    /// As a person would type it.
    fn shown(&self) -> String {
        let program = self.program.display().to_string();
        let words = std::iter::once(&program).chain(&self.arguments);
        words.map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
    }
}

/// A word of a command line: between quotation marks when it holds a blank.
pub(super) fn quoted(word: &str) -> String {
    match word.contains(char::is_whitespace) {
        true => quoted_property(word).unwrap_or_else(|| format!("\"{word}\"")),
        false => word.to_owned(),
    }
}

/// A property of the Windows Installer (`NAME=value`, the name in capitals) whose value holds a blank, as
/// `msiexec.exe` reads it.
pub(super) fn quoted_property(argument: &str) -> Option<String> {
    let (name, value) = argument.split_once('=')?;
    let is_name =
        !name.is_empty() && (name.bytes()).all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let is_simple = value.contains(' ') && !value.contains('"');
    (is_name && is_simple).then(|| format!("{name}=\"{value}\""))
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this code.
    Code(i32),
    /// It took too long or said too much, and was ended; or it did not start. In words.
    Not(String),
}

/// What a program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// How it ended.
    pub ended: Ended,
    /// Both of its outputs.
    pub text: String,
}

impl Said {
    /// Its exit code, when it ended by itself.
    pub fn code(&self) -> Option<i32> {
        match self.ended {
            Ended::Code(code) => Some(code),
            Ended::Not(_) => None,
        }
    }

    /// What a reader can judge the answer by.
    pub fn evidence(&self, call: &Call) -> Evidence {
        let output = match &self.ended {
            Ended::Code(_) => self.text.clone(),
            Ended::Not(why) => format!("{why}\n{}", self.text),
        };
        Evidence {
            command: call.shown(),
            exit_code: self.code(),
            output,
        }
    }
}

/// A Windows that programs are started on and files are written to.
pub trait Machine {
    /// A program below the system folder, when it is there; never by a variable or a search.
    fn program(&self, below_system: &str) -> Option<PathBuf>;
    /// Usually `C:\Windows\System32`.
    fn system_folder(&self) -> PathBuf;
    /// The folder for programs.
    fn program_files(&self) -> PathBuf;
    /// A folder of our own, which goes away at the end.
    fn folder(&self) -> PathBuf;
    /// Starts a program and waits for its end.
    fn call(&mut self, call: &Call) -> Said;
    /// Does whoever asks want no more of it? What was changed is undone all the same.
    fn is_told_to_end(&self) -> bool;
    /// Lets time go by.
    fn pause(&mut self, time: Duration);
    /// Is there a file or folder?
    fn exists(&self, path: &Path) -> bool;
    /// Digests of the files of this name in a folder and below it, as lower-case hex.
    fn digests(&self, folder: &Path) -> Vec<String>;
    /// Writes a file, with the folders above it.
    ///
    /// # Errors
    /// The system's.
    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Takes a file away.
    ///
    /// # Errors
    /// The system's.
    fn remove(&mut self, path: &Path) -> io::Result<()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_property_the_value_alone_is_quoted() {
        for (argument, quoted) in [
            (r"TARGETDIR=C:\a b\c", Some(r#"TARGETDIR="C:\a b\c""#)),
            (r"TARGETDIR=C:\a", None),
            (r"C:\a b\x.msi", None),
            ("$x = 'a b'", None),
            ("/q:*[a='b c']", None),
        ] {
            assert_eq!(quoted_property(argument).as_deref(), quoted, "{argument}");
        }
    }
}
