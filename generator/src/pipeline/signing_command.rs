//! The configured signing command: variables filled in, a limit in time, and what it says told
//! without the secrets that it was given.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use super::output::{OutputError, io_error};
use crate::{child, interrupted};

/// How much of what a signing program says is told, in bytes from its end.
const MAX_SAID: u64 = 64 << 10;

/// Values of fewer bytes are not masked: they would be found in any text.
const MIN_SECRET: usize = 3;

/// Why there is no result.
pub(super) enum CommandFault {
    /// The disk.
    Disk(OutputError),
    /// The program.
    Program {
        /// As the config names it.
        program: String,
        /// What happened, with its own words.
        why: String,
    },
}

impl From<OutputError> for CommandFault {
    fn from(error: OutputError) -> Self {
        Self::Disk(error)
    }
}

/// A command as the config has it.
pub(super) struct SigningCommand<'a> {
    /// Program and arguments.
    pub(super) words: &'a [String],
    /// How long it may take.
    pub(super) limit: Duration,
    /// The config's folder, so that relative key paths mean what its other paths mean.
    pub(super) folder: &'a Path,
}

impl SigningCommand<'_> {
    /// Runs it on a copy of the exe; what it says goes through a file in `scratch`.
    pub(super) fn run(
        &self,
        unsigned: &Path,
        signed: &Path,
        scratch: &Path,
    ) -> Result<(), CommandFault> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(io_error("resolve", path));
        let (unsigned, signed) = (absolute(unsigned)?, absolute(signed)?);
        let program = self.words.first().map_or("", String::as_str);
        let failed = |why: String| CommandFault::Program {
            program: program.to_owned(),
            why,
        };
        let mut secrets = Vec::new();
        let mut words = Vec::new();
        for word in self.words {
            let variable = |name: &str| std::env::var(name).ok();
            let word = filled(word, variable, &mut secrets).map_err(&failed)?;
            words.push(match word.as_str() {
                "{in}" | "{file}" => unsigned.clone().into(),
                "{out}" => signed.clone().into(),
                _ => OsString::from(word),
            });
        }
        let path = scratch.join("said.txt");
        let said = File::create_new(&path).map_err(io_error("create", &path))?;
        let shared = |file: &File| file.try_clone().map_err(io_error("open", &path));
        let mut process = child::program(words.first().cloned().unwrap_or_default());
        process
            .args(words.iter().skip(1))
            .stdin(Stdio::null())
            .stdout(shared(&said)?)
            .stderr(shared(&said)?);
        if !self.folder.as_os_str().is_empty() {
            process.current_dir(self.folder);
        }
        let ended = process
            .spawn()
            .and_then(|child| interrupted::wait(child, self.limit))
            .map_err(|error| failed(format!("could not be started: {error}")))?;
        match ended {
            Some(status) if status.success() => Ok(()),
            Some(status) => {
                let said = masked(&tail(said), &secrets);
                Err(failed(format!("ended with {status}; it said:\n{said}")))
            }
            None => {
                let said = masked(&tail(said), &secrets);
                Err(failed(format!(
                    "was ended after {} seconds (`signing.time_limit_s`); it said:\n{said}",
                    self.limit.as_secs()
                )))
            }
        }
    }
}

/// The word with the value of each variable that it names as `${NAME}`; the values are secrets
/// from now on.
fn filled(
    word: &str,
    variable: impl Fn(&str) -> Option<String>,
    secrets: &mut Vec<String>,
) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| format!("has a `${{` without `}}` in `{word}`"))?;
        let value = variable(name)
            .ok_or_else(|| format!("needs the variable `{name}`, which is not set"))?;
        out.push_str(&value);
        secrets.push(value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The text with stars for every secret, the longest first: one may hold another.
fn masked(text: &str, secrets: &[String]) -> String {
    let mut secrets: Vec<&str> = secrets
        .iter()
        .map(String::as_str)
        .filter(|secret| secret.len() >= MIN_SECRET)
        .collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let mut text = text.to_owned();
    for secret in secrets {
        text = text.replace(secret, "***");
    }
    text
}

/// The end of what it said. A secret that the cut goes through is cut away with its line.
fn tail(mut said: File) -> String {
    let length = said.metadata().map_or(0, |metadata| metadata.len());
    let start = length.saturating_sub(MAX_SAID);
    let mut bytes = Vec::new();
    let read = said
        .seek(SeekFrom::Start(start))
        .and_then(|_| said.take(MAX_SAID).read_to_end(&mut bytes));
    let text = String::from_utf8_lossy(&bytes);
    let text = match (read, text.split_once('\n')) {
        (Err(error), _) => return format!("(cannot be read: {error})"),
        (Ok(_), Some((_, whole_lines))) if start > 0 => whole_lines,
        _ => &*text,
    };
    match text.trim_end() {
        "" => "nothing".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variable(name: &str) -> Option<String> {
        match name {
            "PIN" => Some("12345".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_filled_in_and_the_rest_stays() {
        for (word, result) in [
            ("{in}", Ok("{in}")),
            ("${PIN}", Ok("12345")),
            ("pass:${PIN}${EMPTY}!", Ok("pass:12345!")),
            ("$PIN $ {PIN}", Ok("$PIN $ {PIN}")),
            ("${ABSENT}", Err("ABSENT")),
            ("${PIN", Err("without")),
        ] {
            match (filled(word, variable, &mut Vec::new()), result) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(why), Err(expected)) => assert!(why.contains(expected), "{why}"),
                (found, _) => unreachable!("{word}: {found:?}"),
            }
        }
    }

    #[test]
    fn what_is_said_holds_no_secret() {
        let secrets = ["12345".to_owned(), "1234567".to_owned(), String::new()];
        assert_eq!(masked("bad 1234567, 12345\n", &secrets), "bad ***, ***\n");
    }
}
