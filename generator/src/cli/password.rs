//! A password: from a file, a variable or a prompt, never from the command line, where every
//! process of the machine could read it.

use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

/// The variable that may hold the password.
pub(super) const VARIABLE: &str = "GANGWAY_PASSWORD";

/// Longest password in bytes; Windows allows 256 characters.
const MAX_BYTES: u64 = 4096;

/// The password of `account`.
pub(super) fn read(file: Option<&Path>, account: &str) -> io::Result<String> {
    if let Some(file) = file {
        let line = if file == Path::new("-") {
            first_line(io::stdin().lock())
        } else {
            std::fs::File::open(file).and_then(first_line)
        };
        return line.map_err(|error| {
            io::Error::other(format!(
                "read the password from `{}`: {error}",
                file.display()
            ))
        });
    }
    if let Some(password) = std::env::var_os(VARIABLE) {
        return password
            .into_string()
            .map_err(|_| io::Error::other(format!("the variable `{VARIABLE}` is not UTF-8")));
    }
    let terminal = console::Term::stderr();
    if !terminal.is_term() {
        return Err(io::Error::other(format!(
            "there is no password for `{account}`, and no terminal to ask on\nhint: name a file by \
             `--password-file`, or set the variable `{VARIABLE}`"
        )));
    }
    terminal.write_str(&format!("Password of {account}: "))?;
    terminal.read_secure_line()
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
