//! The project's own commands, run as `cargo xtask COMMAND`.
//!
//! This program links none of the product's crates: it installs tools, starts programs and
//! looks at what they made. Each command has its own module.

mod audit;
mod bench;
mod demo;
mod dist;
mod e2e;
mod fixtures;
mod fuzz;
#[cfg(feature = "import-floor")]
mod import_floor;
mod program;
mod programs;
mod real_files;
mod runner;
mod say;
mod setup;
mod systems;
mod test;
mod test_runner;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Does the main job on the samples: inspect, build, sign, verify, run, report
    Demo(demo::Arguments),
    /// Runs the whole gate: format, lints, tests, the stub, end-to-end suites
    Test(test::Arguments),
    /// Builds what people download: archives, packages, manifests
    Dist(dist::Arguments),
    /// Makes the sample downloads
    Fixtures(fixtures::Arguments),
    /// Runs end-to-end suites
    E2e(e2e::Arguments),
    /// Measures what has a bar, beside its yardstick
    Bench(bench::Arguments),
    /// Runs the fuzz targets; needs cargo-fuzz
    Fuzz(fuzz::Arguments),
    /// Checks the rules about sources that no compiler knows
    Tidy,
    /// Checks licences, sources and banned crates; needs cargo-deny
    Audit,
    /// Installs what the other commands need, or says what is missing
    Setup(setup::Arguments),
    /// Runs the README's commands in bare roots of the systems that it names; as root
    Systems(systems::Arguments),
    /// Builds the bootstrap stub for Windows and inspects it
    Runner(runner::Arguments),
    /// Makes the table of functions that the oldest Windows has (`runner/import-floor.txt`)
    #[cfg(feature = "import-floor")]
    ImportFloor,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Dist(arguments) => dist::run(&arguments),
        Command::Fixtures(arguments) => fixtures::run(&arguments),
        Command::E2e(arguments) => e2e::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Tidy => tidy::run(),
        Command::Audit => audit::run(),
        Command::Setup(arguments) => setup::run(&arguments),
        Command::Systems(arguments) => systems::run(&arguments),
        Command::Runner(arguments) => runner::run(&arguments),
        #[cfg(feature = "import-floor")]
        Command::ImportFloor => import_floor::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error);
            ExitCode::FAILURE
        }
    }
}
