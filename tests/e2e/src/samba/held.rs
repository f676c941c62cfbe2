//! A reader that holds a file of a share open and lets nobody delete it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};

use super::cut::Ended;
use super::domain::Domain;
use super::lab::{ADMINISTRATOR, CONTROLLER, PASSWORD};

/// The reader; the file is let go when it is dropped.
pub struct Held {
    _reader: Ended,
}

impl Domain {
    /// Opens a file as the administrator, from a connection of its own, for reading beside other readers
    /// and writers.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn hold(&self, share: &str, path: &str) -> Result<Held> {
        let mut command = self.command("stdbuf");
        command
            // Else what it says waits in its buffer.
            .args(["-oL", "smbclient"])
            .arg(format!("//{CONTROLLER}/{share}"))
            .args(["-U", &format!("{ADMINISTRATOR}%{PASSWORD}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut reader = Ended(command.spawn().context("start `smbclient`")?);
        let mut words = reader.0.stdin.take().context("no input")?;
        writeln!(words, "open \"{path}\"").context("ask to open the file")?;
        words.flush().context("ask to open the file")?;
        // It stays until its input ends.
        reader.0.stdin = Some(words);
        let said = reader.0.stdout.take().context("no output")?;
        let mut line = String::new();
        let mut said = BufReader::new(said);
        while !line.contains("fnum") {
            line.clear();
            let bytes = said.read_line(&mut line).context("read what it says")?;
            ensure!(bytes > 0 && !line.contains("NT_STATUS"), "`{path}`: {line}");
        }
        Ok(Held { _reader: reader })
    }
}
