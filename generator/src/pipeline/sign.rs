//! `gangway sign`: drives whatever signs code in this organisation, and believes none of it.
//!
//! The command works on a copy. Only when the copy is the built exe plus a signature does it
//! take the exe's place.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use super::config::{Config, ConfigError};
use super::output::{OutputError, io_error};
use super::signature;
use super::verify::{VerifyError, load_document};
use crate::child;
use crate::problem::Problem;

/// Why the exe was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The config.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The config has no signing command.
    #[error(
        "config `{}` has no `signing.command`\nhint: write the program and its arguments, with \
         {{in}} for the unsigned exe and {{out}} for the signed one", path.display()
    )]
    NoCommand {
        /// The config.
        path: PathBuf,
    },
    /// The folder is no bundle.
    #[error(transparent)]
    NotABundle(VerifyError),
    /// The disk.
    #[error(transparent)]
    Io(#[from] OutputError),
    /// The signing program failed.
    #[error(
        "`{program}` {why}\nhint: try the command of `signing.command` by hand; it runs in the \
         folder of the config"
    )]
    Program {
        /// The program.
        program: String,
        /// What happened, with its own words.
        why: String,
    },
    /// The result is not the built exe plus a signature.
    #[error("the signed file is refused: {}\nhint: {}", .0.message, .0.next_action)]
    Refused(Box<Problem>),
}

/// Signs the exe of the bundle in `folder`; returns the signature in one line.
///
/// # Errors
/// The exe stays as it was.
pub fn sign(folder: &Path, config_path: &Path, now: i64) -> Result<String, SignError> {
    let config = Config::load(config_path)?;
    let command = config
        .signing
        .command
        .filter(|command| !command.is_empty())
        .ok_or_else(|| SignError::NoCommand {
            path: config_path.to_owned(),
        })?;
    let document = load_document(folder).map_err(|error| match error {
        VerifyError::Io(error) => SignError::Io(error),
        other => SignError::NotABundle(other),
    })?;
    let exe_path = folder.join(&document.exe.path);
    // Beside the exe, so that the last step is a rename on one file system.
    let exe_folder = exe_path.parent().unwrap_or(folder);
    let scratch = tempfile::Builder::new()
        .prefix(".gangway-sign-")
        .tempdir_in(exe_folder)
        .map_err(io_error("create a folder in", exe_folder))?;
    let unsigned = scratch.path().join("unsigned.exe");
    let signed = scratch.path().join("signed.exe");
    fs::copy(&exe_path, &unsigned).map_err(io_error("copy", &exe_path))?;

    run(
        &command,
        &unsigned,
        &signed,
        config_path.parent().unwrap_or(Path::new("")),
    )?;
    let result = if signed.exists() { &signed } else { &unsigned };
    let bytes = fs::read(result).map_err(io_error("read", result))?;
    let judged = signature::judge(&document, &bytes, now);
    let unacceptable =
        |problem: &Problem| problem.is_error() || problem.code == &super::codes::EXE_UNSIGNED;
    if let Some(problem) = judged.problems.into_iter().find(unacceptable) {
        return Err(SignError::Refused(Box::new(problem)));
    }
    let permissions = fs::metadata(&exe_path)
        .map_err(io_error("read", &exe_path))?
        .permissions();
    fs::set_permissions(result, permissions).map_err(io_error("set the mode of", result))?;
    fs::rename(result, &exe_path).map_err(io_error("replace", &exe_path))?;
    Ok(judged.summary)
}

/// Starts the signing program in the config's folder, so that relative key paths mean what
/// the config's other paths mean.
fn run(command: &[String], unsigned: &Path, signed: &Path, folder: &Path) -> Result<(), SignError> {
    let absolute = |path: &Path| std::path::absolute(path).map_err(io_error("resolve", path));
    let (unsigned, signed) = (absolute(unsigned)?, absolute(signed)?);
    let fill = |argument: &String| -> OsString {
        match argument.as_str() {
            "{in}" | "{file}" => unsigned.clone().into(),
            "{out}" => signed.clone().into(),
            other => other.into(),
        }
    };
    let program = &command[0];
    let failed = |why: String| SignError::Program {
        program: program.clone(),
        why,
    };
    let mut process = child::program(program);
    process.args(command[1..].iter().map(fill));
    if !folder.as_os_str().is_empty() {
        process.current_dir(folder);
    }
    let output = process
        .output()
        .map_err(|error| failed(format!("could not be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("nothing");
    Err(failed(format!(
        "ended with {}; it said: {said}",
        output.status
    )))
}
