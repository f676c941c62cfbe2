//! `cargo xtask fixtures`: makes the sample downloads from code.
//!
//! No vendor file is in the checkout: a program of the workspace makes look-alikes, signed
//! by the lab certificates, the same bytes each time.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::program::Program;
use crate::{runner, say, workspace};

/// What `cargo xtask fixtures` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Size of the payload inside the agent package, for example `300M`; small by default
    #[arg(long)]
    size: Option<String>,
    /// Folder that takes them
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Makes them and says where they are.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let folder = match &arguments.out {
        Some(folder) => std::path::absolute(folder).context("`--out` is no path")?,
        None => folder(arguments.size.as_deref())?,
    };
    make_in(&folder, arguments.size.as_deref())?;
    say::line(format!("sample downloads  {}", folder.display()));
    Ok(())
}

/// Makes them in their usual folder, which is returned.
pub(crate) fn make(size: Option<&str>) -> Result<PathBuf> {
    let folder = folder(size)?;
    make_in(&folder, size)?;
    Ok(folder)
}

fn folder(size: Option<&str>) -> Result<PathBuf> {
    let name = size.map_or_else(|| "fixtures".to_owned(), |size| format!("fixtures-{size}"));
    Ok(workspace::target()?.join(name))
}

fn make_in(folder: &PathBuf, size: Option<&str>) -> Result<()> {
    // The agent package installs these under Wine.
    let standins = runner::standins_folder()?;
    let mut program = Program::cargo()
        .folder(workspace::root()?)
        .args(["run", "--quiet", "--locked", "-p", "gangway-fixtures", "--"])
        .args(["make", "--out"])
        .arg(folder)
        .arg("--sense-exe")
        .arg(standins.join("sense.exe"))
        .arg("--windefend-exe")
        .arg(standins.join("service.exe"));
    if let Some(size) = size {
        program = program.args(["--size", size]);
    }
    program.run().context("the sample downloads cannot be made")
}
