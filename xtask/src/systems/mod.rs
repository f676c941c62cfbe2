//! `cargo xtask systems`: the commands of the README in bare roots of the systems that it names.
//!
//! A root is what `debootstrap --variant=minbase` makes, anew each time. Inside are the checkout as it
//! is committed, this machine's Rust toolchain and its fetched crates, and nothing else: no
//! cargo-nextest, no tool that a command has not installed itself. As root only.

mod root;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use std::{hint, thread};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::say;
pub(crate) use root::Root;

/// What `cargo xtask systems` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Only this system; may be given more than once
    #[arg(long = "system", value_enum, value_name = "SYSTEM")]
    systems: Vec<System>,
    /// What is run inside
    #[arg(long, value_enum, default_value_t = What::Demo)]
    run: What,
    /// Beside a busy loop on every processor
    #[arg(long)]
    load: bool,
}

/// The systems, by Debian's names of its releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum System {
    /// Debian 12
    Bookworm,
    /// Debian 13
    Trixie,
}

impl System {
    fn suite(self) -> &'static str {
        match self {
            Self::Bookworm => "bookworm",
            Self::Trixie => "trixie",
        }
    }
}

/// A command of the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// `cargo xtask demo`: with Wine, to the fleet report
    Demo,
    /// `cargo xtask test`: all of it, without cargo-nextest
    Test,
}

impl What {
    fn command(self) -> &'static str {
        match self {
            Self::Demo => "cargo xtask demo",
            Self::Test => "cargo xtask test",
        }
    }
}

/// What README asks for before its first command.
const PACKAGES: &str = "gcc libc6-dev ca-certificates";

/// Makes a root for each system and runs the command in it.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let wanted = match arguments.systems.as_slice() {
        [] => System::value_variants(),
        some => some,
    };
    let _load = arguments.load.then(Load::start).transpose()?;
    for system in wanted {
        let root = Root::make(system.suite())?;
        root.check_out()?;
        let command = arguments.run.command();
        say::stage(format!("{}: {command}", system.suite()));
        let began = Instant::now();
        root.enter(&format!(
            "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
             --no-install-recommends {PACKAGES} && CARGO_INCREMENTAL=0 {command}"
        ))
        .with_context(|| format!("`{command}` does not hold on {}", system.suite()))?;
        let seconds = began.elapsed().as_secs();
        say::line(format!("{}: {command} in {seconds} s", system.suite()));
    }
    Ok(())
}

/// Busy loops beside what runs; they end with this value.
struct Load {
    is_over: Arc<AtomicBool>,
}

impl Load {
    fn start() -> Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        for _ in 0..thread::available_parallelism()?.get() {
            let is_over = Arc::clone(&is_over);
            thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        Ok(Self { is_over })
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}
