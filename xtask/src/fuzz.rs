//! `cargo xtask fuzz`: each fuzz target of the generator for a while.
//!
//! Drives cargo-fuzz, which needs a nightly compiler; neither is part of the gate.

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::program::{self, Program};
use crate::{say, workspace};

/// What `cargo xtask fuzz` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Seconds for each target
    #[arg(long, default_value_t = 60)]
    time: u64,
    /// Stop a target after this many runs, when that comes first
    #[arg(long)]
    runs: Option<u64>,
    /// Only targets whose name contains this
    filter: Option<String>,
}

/// Runs the targets one after the other.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let generator = workspace::root()?.join("generator");
    if !generator.join("fuzz/Cargo.toml").is_file() {
        bail!("there is no `generator/fuzz`");
    }
    if program::find("cargo-fuzz").is_none() {
        bail!(
            "`cargo-fuzz` is not installed\nhint: `cargo install --locked cargo-fuzz`, \
             and a nightly compiler: `rustup toolchain install nightly`"
        );
    }
    say::stage("seeds");
    let cargo = program::find("cargo").context("no `cargo` on PATH")?;
    Program::new(cargo)
        .args([
            "run",
            "--quiet",
            "--package",
            "gangway",
            "--example",
            "fuzz_seeds",
        ])
        .folder(&generator)
        .run()
        .context("the seeds of the fuzz targets cannot be made")?;
    let targets = fuzz(&["list"])?.folder(&generator).text()?;
    let wanted = |name: &&str| {
        let filter = arguments.filter.as_deref();
        filter.is_none_or(|filter| name.contains(filter))
    };
    for target in targets.lines().filter(wanted) {
        say::stage(target);
        let mut program = fuzz(&["run", target])?
            .folder(&generator)
            .arg("--")
            .arg(format!("-max_total_time={}", arguments.time));
        if let Some(runs) = arguments.runs {
            program = program.arg(format!("-runs={runs}"));
        }
        program.run().with_context(|| {
            format!("target `{target}` found an input that breaks it, kept in `generator/fuzz/artifacts`")
        })?;
    }
    Ok(())
}

/// cargo-fuzz started through rustup's cargo, because it needs a nightly compiler.
fn fuzz(arguments: &[&str]) -> Result<Program> {
    let cargo = program::find("cargo").context("no `cargo` on PATH")?;
    Ok(Program::new(cargo)
        .without_env("CARGO")
        .without_env("RUSTUP_TOOLCHAIN")
        .args(["+nightly", "fuzz"])
        .args(arguments))
}
