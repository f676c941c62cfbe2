//! `cargo xtask runner`: builds the bootstrap stub and inspects what came out.
//!
//! The stub is built for `x86_64-win7-windows-gnu`, because the ordinary Windows targets no
//! longer load below Server 2016. That target has no prebuilt standard library, so it is
//! built from source along with the stub.

mod build;
mod cache;
mod dependencies;
pub(crate) mod gates;
mod products;
mod this_machine;
pub(crate) mod toolchain;
mod twice;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::{say, workspace};

use build::Build;
pub(crate) use cache::sha256;
pub(crate) use gates::TEST_HOOK_FEATURE;
pub(crate) use products::Profile;
pub(crate) use toolchain::TARGET;

/// What `cargo xtask runner` takes.
#[derive(Args, Default)]
pub(crate) struct Arguments {
    /// Build a second time in another folder and compare the bytes
    #[arg(long)]
    twice: bool,
    /// Build with this feature of the runner; the file gets the feature's name
    #[arg(long, value_name = "FEATURE")]
    features: Vec<String>,
    /// Build the Windows stand-ins of the tests too
    #[arg(long)]
    standins: bool,
}

/// Builds what was asked for and says where it is.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.standins {
        for file in standins()? {
            say::line(format!("stand-in  {}", file.display()));
        }
    }
    let build = Build::stub(&arguments.features)?;
    let built = build.make()?;
    for (file, made) in built.files.iter().zip(&built.record.files) {
        say::line(format!("stub      {}", file.display()));
        say::line(format!(
            "          {} bytes, sha256 {}",
            made.size, made.sha256
        ));
        say::line(format!("          {}", built.record.rustc));
    }
    if arguments.twice {
        twice::compare(&build, built)?;
    }
    Ok(())
}

/// What the test run wants: only known crates inside, built, inspected, and the same bytes from a second build.
pub(crate) fn gate() -> Result<()> {
    dependencies::check()?;
    run(&Arguments {
        twice: true,
        ..Arguments::default()
    })
}

/// Builds the stub unless nothing changed since it was built; returns where it is.
pub(crate) fn stub(features: &[String]) -> Result<PathBuf> {
    Build::stub(features)?.make()?.into_single()
}

/// Builds `gangway.exe` with this stub inside unless nothing changed; returns where it is.
pub(crate) fn program(stub: PathBuf, profile: Profile) -> Result<PathBuf> {
    Build::program(stub, profile)?.make()?.into_single()
}

/// Folders of this machine whose names are in no program, with what stands there instead.
pub(crate) fn hidden_folders(root: &Path) -> Result<Vec<(String, String)>> {
    this_machine::hidden_folders(root, &this_machine::cargo_home()?)
}

/// The linker of programs for Windows, by the name that this machine has it under.
pub(crate) fn linker() -> Option<&'static str> {
    this_machine::linker()
}

/// Lints everything that is built for the stub's target.
pub(crate) fn clippy() -> Result<()> {
    products::clippy().context("the lints of the Windows side failed")
}

/// Builds the stand-ins too; returns their folder.
pub(crate) fn standins_folder() -> Result<PathBuf> {
    standins()?;
    Ok(workspace::target()?.join("standins"))
}

/// Builds the tests' Windows stand-ins unless nothing changed; returns where they are.
pub(crate) fn standins() -> Result<Vec<PathBuf>> {
    Ok(Build::standins()?.make()?.files)
}
