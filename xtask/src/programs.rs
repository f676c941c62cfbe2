//! The workspace's own programs, built for this machine.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::program::{self, Program};
use crate::workspace;

/// Where they are.
#[derive(Debug)]
pub(crate) struct Programs {
    /// The generator.
    pub(crate) gangway: PathBuf,
    /// Makes the sample downloads.
    pub(crate) fixtures: PathBuf,
    /// Runs a bundle on emulated servers.
    pub(crate) wine_demo: PathBuf,
    /// Measures the bootstrap on an emulated server that is done.
    pub(crate) wine_bench: PathBuf,
}

impl Programs {
    /// Builds all of them in one go: always the same set, because cargo would build shared
    /// crates again for another set with other features.
    pub(crate) fn build() -> Result<Self> {
        let found = build(&["gangway", "gangway-fixtures", "gangway-e2e"], &[])?;
        Ok(Self {
            gangway: named(&found, "gangway")?,
            fixtures: named(&found, "gangway-fixtures")?,
            wine_demo: named(&found, "gangway-wine-demo")?,
            wine_bench: named(&found, "gangway-wine-bench")?,
        })
    }
}

/// The generator as it would be given away: optimised.
pub(crate) fn optimised_gangway() -> Result<PathBuf> {
    named(&build(&["gangway"], &["--release"])?, "gangway")
}

/// Writes a cabinet of files and does nothing else: what is measured against other writers.
pub(crate) fn cabinet_writer() -> Result<PathBuf> {
    example("cabinet", &["--release"]).context("the writer of cabinets cannot be built")
}

/// Signs in by a Kerberos ticket, as the generator does on Windows.
pub(crate) fn ticket() -> Result<PathBuf> {
    example("ticket", &[]).context("the program that signs in by a ticket cannot be built")
}

fn example(name: &str, options: &[&str]) -> Result<PathBuf> {
    let messages = Program::cargo()
        .folder(workspace::root()?)
        .args(["build", "--quiet", "--locked"])
        .args(options)
        .args(["--package", "gangway", "--example", name])
        .arg("--message-format=json-render-diagnostics")
        .standard_output()?;
    named(&program::built(&messages)?, name)
}

fn build(packages: &[&str], options: &[&str]) -> Result<Vec<PathBuf>> {
    let mut cargo = Program::cargo()
        .folder(workspace::root()?)
        .args(["build", "--quiet", "--locked", "--bins"])
        .arg("--message-format=json-render-diagnostics")
        .args(options);
    for package in packages {
        cargo = cargo.args(["--package", package]);
    }
    let messages = cargo
        .standard_output()
        .context("the programs cannot be built")?;
    program::built(&messages)
}

fn named(found: &[PathBuf], name: &str) -> Result<PathBuf> {
    let is_it = |file: &&PathBuf| file.file_stem().is_some_and(|stem| stem == Path::new(name));
    match found.iter().find(is_it) {
        Some(file) => Ok(file.clone()),
        None => bail!("cargo built no program `{name}`"),
    }
}
