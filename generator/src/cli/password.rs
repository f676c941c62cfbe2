//! A password: from a file, a variable or a prompt, never from the command line, where every
//! process of the machine could read it.

use std::borrow::Cow;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::child::PASSWORD_VARIABLE as VARIABLE;
use crate::failure::{FailureCode, Fault};
use crate::plain_file;

/// Longest password in bytes; Windows allows 256 characters.
const MAX_BYTES: u64 = 4096;

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub(super) enum PasswordError {
    #[error("read the password from `{}`",
        path.display()
    )]
    File { path: PathBuf, source: io::Error },
    #[error("the variable `{VARIABLE}` is not UTF-8")]
    Variable,
    #[error("there is no password for `{account}`, and no terminal to ask on")]
    NoTerminal { account: String },
    #[error("ask for the password")]
    Terminal { source: io::Error },
}

impl Fault for PasswordError {
    fn code(&self) -> FailureCode {
        match self {
            Self::File { .. } | Self::Terminal { .. } => FailureCode::Files,
            Self::Variable | Self::NoTerminal { .. } => FailureCode::CommandLine,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::File { .. } => {
                "the first line of the file is the password, in UTF-8; the account \
                                  that runs Gangway must be able to read it"
                    .into()
            }
            Self::Variable => "set it anew, or name a file by `--password-file`".into(),
            Self::NoTerminal { .. } | Self::Terminal { .. } => {
                format!("name a file by `--password-file`, or set the variable `{VARIABLE}`").into()
            }
        })
    }
}

/// The password of `account`.
pub(super) fn read(file: Option<&Path>, account: &str) -> Result<String, PasswordError> {
    if let Some(file) = file {
        let line = if file == Path::new("-") {
            first_line(io::stdin().lock())
        } else {
            plain_file::open(file).and_then(first_line)
        };
        return line.map_err(|source| PasswordError::File {
            path: file.to_owned(),
            source,
        });
    }
    if let Some(password) = std::env::var_os(VARIABLE) {
        return password.into_string().map_err(|_| PasswordError::Variable);
    }
    let terminal = console::Term::stderr();
    if !terminal.is_term() {
        return Err(PasswordError::NoTerminal {
            account: account.to_owned(),
        });
    }
    terminal
        .write_str(&format!("Password of {account}: "))
        .and_then(|()| terminal.read_secure_line())
        .map_err(|source| PasswordError::Terminal { source })
}

/// The first line without its end; an editor's mark of UTF-8 is no part of a password.
fn first_line(source: impl Read) -> io::Result<String> {
    let mut line = String::new();
    BufReader::new(source.take(MAX_BYTES)).read_line(&mut line)?;
    let line = line.trim_start_matches('\u{feff}');
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_as_it_stands() {
        for (file, password) in [
            ("secret", "secret"),
            ("secret\n", "secret"),
            (" p w \r\nnext\n", " p w "),
            ("\u{feff}secret\n", "secret"),
            ("", ""),
        ] {
            assert_eq!(first_line(file.as_bytes()).unwrap(), password);
        }
        assert!(first_line(&b"\xff\xfe"[..]).is_err());
    }
}
