//! `cargo xtask runner`: builds the bootstrap stub and inspects what came out.
//!
//! The stub is built for `x86_64-win7-windows-gnu`, because the ordinary Windows targets no
//! longer load below Server 2016. That target has no prebuilt standard library, so it is
//! built from source along with the stub.

mod build;
mod cache;
mod toolchain;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::say;

pub(crate) use build::Build;

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
    let stub = stub(&arguments.features)?;
    say::line(format!("stub      {}", stub.display()));
    if arguments.standins {
        for file in standins()? {
            say::line(format!("stand-in  {}", file.display()));
        }
    }
    Ok(())
}

/// Builds the stub unless nothing changed since it was built; returns where it is.
pub(crate) fn stub(features: &[String]) -> Result<PathBuf> {
    Build::stub(features)?.make()?.into_single()
}

/// Builds the tests' Windows stand-ins unless nothing changed; returns where they are.
pub(crate) fn standins() -> Result<Vec<PathBuf>> {
    Ok(Build::standins()?.make()?.files)
}
