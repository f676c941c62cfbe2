//! `cargo xtask audit`: licences, sources and banned crates (`deny.toml`).
//!
//! Not part of the gate: `cargo-deny` takes longer to build than everything else here. What
//! may be inside the bootstrap is part of it (`runner/dependencies.rs`).

use anyhow::{Context as _, Result, bail};

use crate::program::{self, Program};
use crate::workspace;

/// Runs cargo-deny, which must be there.
pub(crate) fn run() -> Result<()> {
    if program::find("cargo-deny").is_none() {
        bail!("`cargo-deny` is not installed\nhint: `cargo install --locked cargo-deny`");
    }
    Program::cargo()
        .folder(workspace::root()?)
        .args(["deny", "--locked", "--log-level", "error"])
        .args(["check", "bans", "licenses", "sources"])
        .run()
        .context("the dependencies break a rule of `deny.toml`")
}
