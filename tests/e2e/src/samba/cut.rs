//! A publication that is cut at one of its writes.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::domain::{Domain, LIMIT};
use super::lab::{ADMINISTRATOR, CUT_NAME, search_path};
use crate::program::{self, Output};

const IN_THE_WAY_OF_SMBCLIENT: &str = include_str!("cut.sh");
const BETWEEN_THE_CONNECTIONS: &str = include_str!("cut.py");
/// Signal 9, as the publisher is ended.
const KILLED: i32 = 9;
/// Exit code "the environment refused", as for a lost connection.
const ENVIRONMENT: i32 = 3;
/// Exit code "ended by a signal".
const INTERRUPTED: i32 = 130;

/// Where a publication is cut; writes are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The publisher is killed at a write to the share: in the middle of an upload, after
    /// anything else.
    Share(usize),
    /// A signal comes at a write to the share.
    Signal(usize),
    /// The connection is lost after a write to the directory was done.
    Directory(usize),
}

impl Cut {
    /// What the publisher is told, so that it meets the cut.
    const fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Share(_) | Self::Signal(_) => &[],
            Self::Directory(_) => &["--dc", CUT_NAME],
        }
    }
}

impl Domain {
    /// Publishes policies as the administrator until the cut. `Ok(false)`: it has fewer writes, and went
    /// through.
    ///
    /// # Errors
    /// The publication ended in another way than by the cut.
    pub fn publish_until(&self, cut: Cut, bundle: &Path, arguments: &[&str]) -> Result<bool> {
        let arguments = [&["--apply"], cut.arguments(), arguments].concat();
        let command = self.publish_command(bundle, ADMINISTRATOR, &arguments)?;
        self.run_until(cut, command)
    }

    /// As [`Domain::publish_until`], of payloads and policies.
    ///
    /// # Errors
    /// The publication ended in another way than by the cut.
    pub fn publish_whole_until(&self, cut: Cut, bundle: &Path, arguments: &[&str]) -> Result<bool> {
        let arguments = [&["--apply"], cut.arguments(), arguments].concat();
        let command = self.publish_whole_command(bundle, &arguments)?;
        self.run_until(cut, command)
    }

    fn run_until(&self, cut: Cut, command: Command) -> Result<bool> {
        let (output, was_cut) = match cut {
            Cut::Share(at) => {
                let output = self.run_past_wrappers(at, "KILL", command)?;
                let was_cut = output.status.signal() == Some(KILLED);
                (output, was_cut)
            }
            Cut::Signal(at) => {
                let output = self.run_past_wrappers(at, "TERM", command)?;
                let was_cut = output.status.code() == Some(INTERRUPTED);
                (output, was_cut)
            }
            Cut::Directory(at) => {
                let output = self.run_through(at, command)?;
                let was_cut = output.status.code() == Some(ENVIRONMENT);
                (output, was_cut)
            }
        };
        ensure!(
            was_cut || output.status.success(),
            "{cut:?}: {}\n{}{}",
            output.status,
            output.stdout,
            output.stderr
        );
        Ok(was_cut)
    }

    fn run_past_wrappers(&self, at: usize, signal: &str, mut command: Command) -> Result<Output> {
        let folder = self.scratch().join("wrappers");
        fs::create_dir_all(&folder).context("create a folder")?;
        for name in ["smbclient", "smbcacls"] {
            let path = folder.join(name);
            fs::write(&path, IN_THE_WAY_OF_SMBCLIENT)
                .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o755)))
                .with_context(|| format!("write `{}`", path.display()))?;
        }
        let count = self.scratch().join("count");
        fs::write(&count, "0").context("write the count")?;
        let mut path = folder.into_os_string();
        path.push(":");
        path.push(search_path());
        command
            .env("PATH", path)
            .env("CUT_COUNT", &count)
            .env("CUT_AT", at.to_string())
            .env("CUT_SIGNAL", signal);
        self.run(&mut command)
    }

    fn run_through(&self, at: usize, mut publisher: Command) -> Result<Output> {
        let files = self.next_files();
        // What `program::run` calls the file with the publisher's words.
        let said = files.with_extension("out");
        fs::write(&said, "").context("write a file")?;
        let mut command = self.command("/usr/bin/python3");
        command
            .args(["-c", BETWEEN_THE_CONNECTIONS])
            .arg(&said)
            .arg(at.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut between = Ended(command.spawn().context("start `python3`")?);
        let words = between.0.stdout.take().context("no output")?;
        let mut line = String::new();
        BufReader::new(words)
            .read_line(&mut line)
            .context("read what `python3` says")?;
        ensure!(line == "ready\n", "the cutter does not start: {line}");
        program::run(&mut publisher, &files, LIMIT)
    }
}

/// A program that ends with this value.
pub(super) struct Ended(pub(super) Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Nothing to do when it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
