//! Starting other programs: the one module that does.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread;

use anyhow::{Context as _, Result, bail};

/// A program with its arguments, ready to be started.
#[derive(Debug)]
pub(crate) struct Program {
    command: Command,
}

impl Program {
    /// A program by name (searched on `PATH`) or by path.
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            command: Command::new(program),
        }
    }

    /// The cargo that started us, for the workspace's host side.
    ///
    /// Variables that describe *this* package are taken away: build scripts that watch them
    /// (ring's does) would otherwise run again each time someone changes between plain
    /// `cargo` and `cargo xtask`.
    pub(crate) fn cargo() -> Self {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut program = Self::new(cargo);
        for (name, _) in env::vars_os() {
            if describes_this_package(&name.to_string_lossy()) {
                program.command.env_remove(&name);
            }
        }
        program
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub(crate) fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, arguments: I) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes a variable out of the environment.
    pub(crate) fn without_env(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Starts in this folder.
    pub(crate) fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// The same, started by another program that gets `before`, `file` and then this.
    pub(crate) fn wrapped(self, before: &[&str], file: &Path) -> Self {
        let mut words = before.iter();
        let mut outer = Self::new(words.next().unwrap_or(&""));
        outer = outer.args(words).arg(file);
        outer = outer.arg(self.command.get_program());
        outer = outer.args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            outer = match value {
                Some(value) => outer.env(name, value),
                None => outer.without_env(name),
            };
        }
        match self.command.get_current_dir() {
            Some(folder) => outer.folder(folder),
            None => outer,
        }
    }

    /// The command line as a person would type it.
    pub(crate) fn shown(&self) -> String {
        let mut words = vec![quoted(self.command.get_program())];
        words.extend(self.command.get_args().map(quoted));
        words.join(" ")
    }

    /// Runs it with our own standard streams; any exit code but 0 is an error.
    pub(crate) fn run(self) -> Result<()> {
        let shown = self.shown();
        let status = self.status()?;
        if !status.success() {
            bail!("`{shown}` failed: {status}");
        }
        Ok(())
    }

    /// Runs it and shows what it printed only when it fails.
    pub(crate) fn run_quietly(self) -> Result<()> {
        let shown = self.shown();
        let output = self.output()?;
        if output.status.success() {
            return Ok(());
        }
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        bail!("`{shown}` failed: {}\n{}", output.status, said.trim_end());
    }

    /// Runs it with its output passed on line by line, and `see` shown every line of either
    /// stream; any exit code but 0 is an error.
    pub(crate) fn run_watched(mut self, see: impl Fn(&str) + Sync) -> Result<()> {
        let shown = self.shown();
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{shown}` cannot be started"))?;
        let (out, err) = (child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            scope.spawn(|| pass_on(err, io::stderr(), &see));
            pass_on(out, io::stdout(), &see);
        });
        let status = child
            .wait()
            .with_context(|| format!("wait for `{shown}`"))?;
        if !status.success() {
            bail!("`{shown}` failed: {status}");
        }
        Ok(())
    }

    /// Runs it with our own standard streams and tells how it ended.
    pub(crate) fn status(mut self) -> Result<ExitStatus> {
        let shown = self.shown();
        self.command
            .status()
            .with_context(|| format!("`{shown}` cannot be started"))
    }

    /// Runs it without a terminal and returns what it printed, however it ended.
    pub(crate) fn output(mut self) -> Result<Output> {
        let shown = self.shown();
        self.command
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("`{shown}` cannot be started"))
    }

    /// Runs it with our own standard error and returns its standard output; any exit code
    /// but 0 is an error.
    pub(crate) fn standard_output(mut self) -> Result<String> {
        let shown = self.shown();
        let output = self
            .command
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("`{shown}` cannot be started"))?;
        if !output.status.success() {
            bail!("`{shown}` failed: {}", output.status);
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs it and returns its standard output, trimmed; any exit code but 0 is an error
    /// that carries what the program printed.
    pub(crate) fn text(self) -> Result<String> {
        let shown = self.shown();
        let output = self.output()?;
        if !output.status.success() {
            bail!(
                "`{shown}` failed: {}\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr).trim_end()
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// Copies a stream line by line; a line that cannot be passed on is no reason to stop.
fn pass_on(from: Option<impl Read>, mut to: impl Write, see: &(impl Fn(&str) + Sync)) {
    let Some(from) = from else { return };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        see(String::from_utf8_lossy(&line).trim_end());
        let _ = to.write_all(&line).and_then(|()| to.flush());
        line.clear();
    }
}

/// Where a program lies on `PATH`, if it does.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// The programs that cargo's JSON messages name, sorted.
pub(crate) fn built(messages: &str) -> Result<Vec<PathBuf>> {
    #[derive(serde::Deserialize)]
    struct Message {
        executable: Option<PathBuf>,
    }
    let mut programs = Vec::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message: Message = serde_json::from_str(line).context("read cargo's messages")?;
        programs.extend(message.executable);
    }
    programs.sort();
    Ok(programs)
}

fn describes_this_package(name: &str) -> bool {
    ["CARGO_PKG_", "CARGO_MANIFEST_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
        || matches!(name, "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "OUT_DIR")
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// `PATH` with one more folder in front.
pub(crate) fn path_with(folder: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&path));
    env::join_paths(folders).context("a folder of `PATH` cannot be joined")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_command_can_be_typed_again() {
        let program = Program::new("echo").args(["plain", "two words", "it's", ""]);
        assert_eq!(program.shown(), r"echo plain 'two words' 'it'\''s' ''");
    }

    #[test]
    fn programs_are_taken_from_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","executable":null}
{"reason":"compiler-artifact","executable":"/b.exe"}
{"reason":"build-script-executed"}
{"reason":"compiler-artifact","executable":"/a.exe"}"#;
        assert_eq!(
            built(messages).unwrap(),
            [PathBuf::from("/a.exe"), PathBuf::from("/b.exe")]
        );
    }

    #[test]
    fn a_watched_program_shows_the_lines_of_both_streams() {
        let seen = std::sync::Mutex::new(Vec::new());
        Program::new("sh")
            .args(["-c", "echo one; echo two >&2"])
            .run_watched(|line| seen.lock().unwrap().push(line.to_owned()))
            .unwrap();
        let mut seen = seen.into_inner().unwrap();
        seen.sort();
        assert_eq!(seen, ["one", "two"]);
    }

    #[test]
    fn a_failing_program_is_an_error_with_its_words() {
        let error = Program::new("sh")
            .args(["-c", "echo reason >&2; exit 3"])
            .text();
        let text = error.unwrap_err().to_string();
        assert!(text.contains("reason") && text.contains("3"), "{text}");
    }
}
