//! `cargo xtask fuzz`: each fuzz target of the generator for a while.
//!
//! Drives cargo-fuzz, which needs a nightly compiler, or a stable one that is told to take a
//! nightly's options; neither is part of the gate.

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
            "`cargo-fuzz` is not installed\nhint: `cargo install --locked cargo-fuzz`; a nightly \
             compiler (`rustup toolchain install nightly`) is used when it is there"
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
    let compiler = Compiler::found()?;
    let targets = compiler.fuzz(&["list"])?.folder(&generator).text()?;
    let wanted = |name: &&str| {
        let filter = arguments.filter.as_deref();
        filter.is_none_or(|filter| name.contains(filter))
    };
    for target in targets.lines().filter(wanted) {
        say::stage(target);
        let mut program = compiler
            .fuzz(&["run", target])?
            .folder(&generator)
            .args(["--", "-print_final_stats=1"])
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

/// The compiler that knows the options of instrumented code.
#[derive(Debug, Clone, Copy)]
enum Compiler {
    /// rustup's nightly.
    Nightly,
    /// The stable one, told to take a nightly's options. It carries the runtime of the address
    /// sanitizer too.
    Stable,
}

impl Compiler {
    fn found() -> Result<Self> {
        let nightly = cargo()?.args(["+nightly", "--version"]).run_quietly();
        Ok(if nightly.is_ok() {
            Self::Nightly
        } else {
            say::line("no nightly compiler: the stable one takes its options");
            Self::Stable
        })
    }

    fn fuzz(self, arguments: &[&str]) -> Result<Program> {
        let program = match self {
            Self::Nightly => cargo()?.arg("+nightly"),
            Self::Stable => cargo()?.env("RUSTC_BOOTSTRAP", "1"),
        };
        Ok(program.arg("fuzz").args(arguments))
    }
}

/// rustup's cargo and not the one that started us, which knows its own toolchain alone.
fn cargo() -> Result<Program> {
    let cargo = program::find("cargo").context("no `cargo` on PATH")?;
    Ok(Program::new(cargo)
        .without_env("CARGO")
        .without_env("RUSTUP_TOOLCHAIN"))
}
