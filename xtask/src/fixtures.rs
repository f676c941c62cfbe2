//! `cargo xtask fixtures`: makes the sample downloads from code.
//!
//! No vendor file is in the checkout: a program of the workspace makes look-alikes, signed
//! by the lab certificates, the same bytes each time.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::program::Program;
use crate::programs::Programs;
use crate::setup::{self, Purpose};
use crate::{runner, say, workspace};

/// What `cargo xtask fixtures` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Size of the agent package, for example `300M`; small by default
    #[arg(long)]
    size: Option<String>,
    /// Folder that takes them
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Makes them and says where they are.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    setup::ensure(&[Purpose::Stub])?;
    let folder = match &arguments.out {
        Some(folder) => std::path::absolute(folder).context("`--out` is no path")?,
        None => folder(arguments.size.as_deref())?,
    };
    let programs = Programs::build()?;
    Maker {
        program: &programs.fixtures,
        standins: Some(&runner::standins_folder()?),
        size: arguments.size.as_deref(),
        only: None,
    }
    .make(&folder)?;
    say::line(format!("sample downloads  {}", folder.display()));
    Ok(())
}

/// The usual folder: one for each size.
pub(crate) fn folder(size: Option<&str>) -> Result<PathBuf> {
    let name = size.map_or_else(|| "fixtures".to_owned(), |size| format!("fixtures-{size}"));
    Ok(workspace::target()?.join(name))
}

/// What to make.
#[derive(Debug)]
pub(crate) struct Maker<'a> {
    /// The program that makes it.
    pub(crate) program: &'a Path,
    /// Folder of the Windows stand-ins: the agent package then installs a service that runs.
    pub(crate) standins: Option<&'a Path>,
    /// Size of the agent package.
    pub(crate) size: Option<&'a str>,
    /// Only samples whose path starts so.
    pub(crate) only: Option<&'a str>,
}

impl Maker<'_> {
    /// Writes the samples, and the lab's certificates in `lab` beside them.
    pub(crate) fn make(&self, folder: &Path) -> Result<()> {
        let mut program = Program::new(self.program)
            .args(["make", "--out"])
            .arg(folder);
        if let Some(standins) = self.standins {
            program = program
                .arg("--sense-exe")
                .arg(standins.join("sense.exe"))
                .arg("--windefend-exe")
                .arg(standins.join("service.exe"));
        }
        if let Some(size) = self.size {
            program = program.args(["--size", size]);
        }
        if let Some(only) = self.only {
            program = program.args(["--only", only]);
        }
        program
            .text()
            .context("the sample downloads cannot be made")?;
        Program::new(self.program)
            .args(["lab", "--out"])
            .arg(folder.join("lab"))
            .text()
            .context("the lab's certificates cannot be written")?;
        Ok(())
    }
}
