//! The program that runs tests: nextest when it is installed, `cargo test` otherwise.

pub(crate) mod summary;

use anyhow::{Result, bail};

use crate::program::{self, Program};
use crate::workspace;

/// The test runner, without an answer to which tests.
pub(crate) fn tests() -> Result<Program> {
    let cargo = cargo()?;
    Ok(if has_nextest() {
        cargo.args(["nextest", "run", "--cargo-quiet", "--locked"])
    } else {
        cargo.args(["test", "--quiet", "--locked"])
    })
}

/// Whether [`tests`] is nextest: options differ.
pub(crate) fn has_nextest() -> bool {
    program::find("cargo-nextest").is_some()
}

/// Cargo in the workspace, which must be locked.
pub(crate) fn cargo() -> Result<Program> {
    let root = workspace::root()?;
    if !root.join("Cargo.lock").is_file() {
        bail!("`{}` has no Cargo.lock", root.display());
    }
    Ok(Program::cargo().folder(root))
}
