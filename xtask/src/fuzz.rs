//! `cargo xtask fuzz`: each fuzz target of the generator for a while.
//!
//! Drives cargo-fuzz: with a nightly compiler when there is one, else with the stable one, which
//! can do all but the address sanitizer. None of this is part of the gate.

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

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
    /// What is watched besides panics and time
    #[arg(long, value_enum, default_value_t = Sanitizer::None)]
    sanitizer: Sanitizer,
    /// Only targets whose name contains this
    filter: Option<String>,
}

/// What is watched besides panics and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Sanitizer {
    /// Nothing: the generator holds no unsafe code, and this is many times as fast
    None,
    /// Memory faults of the libraries too; needs a nightly compiler
    Address,
}

impl Sanitizer {
    /// As cargo-fuzz names it.
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Address => "address",
        }
    }
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
    if arguments.sanitizer == Sanitizer::Address && compiler == Compiler::Stable {
        bail!(
            "the address sanitizer needs a nightly compiler\nhint: `rustup toolchain install \
             nightly`, or leave `--sanitizer` out"
        );
    }
    let targets = compiler.fuzz(&["list"])?.folder(&generator).text()?;
    let wanted = |name: &&str| {
        let filter = arguments.filter.as_deref();
        filter.is_none_or(|filter| name.contains(filter))
    };
    for target in targets.lines().filter(wanted) {
        say::stage(target);
        let sanitizer = ["--sanitizer", arguments.sanitizer.name(), target];
        // By itself: a target that does not compile has found nothing.
        compiler
            .fuzz(&[&["build"][..], &sanitizer].concat())?
            .folder(&generator)
            .run()
            .with_context(|| format!("target `{target}` cannot be built"))?;
        let mut program = compiler
            .fuzz(&[&["run"][..], &sanitizer].concat())?
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

/// The compiler that cargo-fuzz is to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compiler {
    /// rustup's nightly.
    Nightly,
    /// The usual one.
    Stable,
}

impl Compiler {
    fn found() -> Result<Self> {
        let nightly = cargo()?.args(["+nightly", "--version"]).run_quietly();
        Ok(if nightly.is_ok() {
            Self::Nightly
        } else {
            Self::Stable
        })
    }

    fn fuzz(self, arguments: &[&str]) -> Result<Program> {
        let program = match self {
            Self::Nightly => cargo()?.arg("+nightly"),
            Self::Stable => cargo()?,
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
