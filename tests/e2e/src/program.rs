//! Running a program with its output in files and a time limit.
//!
//! Files, not pipes: Wine's background services inherit the streams, and a pipe would be read
//! until the last of them ends.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How a program ended and what it said.
#[derive(Debug)]
pub struct Output {
    /// The exit status; of a Windows program only the low 8 bits are true.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs `command` with no input, its output in `<files>.out` and `<files>.err`, which are
/// removed afterwards.
///
/// # Errors
/// It cannot be started, or is still running after `limit`; then it is killed and what it
/// said so far stands in the error.
pub fn run(command: &mut Command, files: &Path, limit: Duration) -> Result<Output> {
    let name = command.get_program().display().to_string();
    let (out, err) = (files.with_extension("out"), files.with_extension("err"));
    let create = |path: &Path| {
        File::create(path).with_context(|| format!("create file `{}`", path.display()))
    };
    let mut child = command
        .stdin(Stdio::null())
        .stdout(create(&out)?)
        .stderr(create(&err)?)
        .spawn()
        .with_context(|| format!("start `{name}`"))?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child
            .try_wait()
            .with_context(|| format!("wait for `{name}`"))?
        {
            break Some(status);
        }
        if start.elapsed() > limit {
            child.kill().with_context(|| format!("kill `{name}`"))?;
            child.wait().with_context(|| format!("wait for `{name}`"))?;
            break None;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let (stdout, stderr) = (text(&out)?, text(&err)?);
    let Some(status) = status else {
        bail!(
            "`{name}` was still running after {} s\nstdout: {stdout}\nstderr: {stderr}",
            limit.as_secs()
        );
    };
    Ok(Output {
        status,
        stdout,
        stderr,
    })
}

fn text(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("read file `{}`", path.display()))?;
    fs::remove_file(path).with_context(|| format!("remove file `{}`", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
