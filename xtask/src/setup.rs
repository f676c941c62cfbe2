//! `cargo xtask setup`: what the other commands need from the system, and how to get it.
//!
//! Nothing is installed that is there already in another way: what counts is the program,
//! not the package.

mod disk;
mod install;
mod namespaces;
mod probe;
mod tools;

use anyhow::{Result, bail};
use clap::Args;

pub(crate) use disk::warn_when_small;
pub(crate) use probe::PYTHON;
use probe::State;
use tools::TOOLS;
pub(crate) use tools::{DUCKDB, Purpose};

use crate::{program, say};

/// What `cargo xtask setup` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Only say what is there and what is missing
    #[arg(long)]
    check: bool,
    /// Only what is needed for this; may be given more than once
    #[arg(long = "for", value_enum, value_name = "PURPOSE")]
    purposes: Vec<Purpose>,
}

/// Lists every tool, then installs what is missing.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let purposes = if arguments.purposes.is_empty() {
        Purpose::ALL
    } else {
        &arguments.purposes
    };
    let mut missing = Vec::new();
    for tool in TOOLS.iter().filter(|tool| tool.serves(purposes)) {
        match tool.state() {
            State::There { version } => {
                say::line(format!("there    {:<24} {version}", tool.name));
            }
            State::Missing { why } => {
                say::line(format!("missing  {:<24} {}", tool.name, tool.why));
                say::line(format!("         {}", why.replace('\n', "\n         ")));
                missing.push(tool);
            }
        }
    }
    if program::find("cargo-nextest").is_none() {
        say::line("optional cargo-nextest            runs the tests faster; `cargo test` does too");
    }
    namespaces::ensure(purposes)?;
    if missing.is_empty() {
        return Ok(());
    }
    if arguments.check {
        bail!(
            "{} of the tools above are missing\nhint: `cargo xtask setup` installs them",
            missing.len()
        );
    }
    install::install(&missing)
}

/// Installs what is missing for `purposes`; says nothing when nothing is.
pub(crate) fn ensure(purposes: &[Purpose]) -> Result<()> {
    namespaces::ensure(purposes)?;
    let mut missing = Vec::new();
    for tool in TOOLS.iter().filter(|tool| tool.serves(purposes)) {
        if let State::Missing { .. } = tool.state() {
            say::line(format!("missing: {} ({})", tool.name, tool.why));
            missing.push(tool);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    install::install(&missing)
}
