//! `cargo xtask test`: the whole gate, the same for a person and for CI.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::program::Program;
use crate::runner;
use crate::setup::{self, Purpose};
use crate::test_runner::summary::Summary;
use crate::test_runner::{self, cargo, tests};
use crate::{e2e, real_files, say, tidy, workspace};

/// What `cargo xtask test` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Only this phase; may be given more than once
    #[arg(long, value_enum, value_name = "PHASE")]
    only: Vec<Phase>,
}

/// One part of the gate. They run in this order: what is quick and fails often comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Phase {
    /// Installs what is missing
    Setup,
    /// Format
    Fmt,
    /// Rules about the sources that no compiler knows
    Tidy,
    /// Lints on this machine's target
    Clippy,
    /// Unit and integration tests
    Unit,
    /// Files that Microsoft and others really signed, fetched by package name and judged
    RealFiles,
    /// The bootstrap stub: built, inspected, built again with the same bytes
    Runner,
    /// Lints on the stub's target
    ClippyWindows,
    /// End-to-end suites
    E2e,
}

/// Runs the phases and says how long each took.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let phases = if arguments.only.is_empty() {
        Phase::value_variants()
    } else {
        &arguments.only
    };
    if arguments.only.is_empty() {
        setup::warn_when_small();
    }
    let start = Instant::now();
    let mut summary = Summary::default();
    let mut times = Vec::new();
    let mut result = Ok(());
    for phase in phases {
        say::stage(phase.name());
        let began = Instant::now();
        result = phase.run(&mut summary);
        times.push((phase.name(), began.elapsed()));
        if let Err(error) = result {
            result = Err(error.context(format!(
                "phase `{0}` failed; again with `cargo xtask test --only {0}`",
                phase.name()
            )));
            break;
        }
    }
    say::line("");
    for (name, time) in times {
        say::line(format!("{name:<16} {}", minutes(time)));
    }
    say::line(format!("{:<16} {}", "all", minutes(start.elapsed())));
    say::line(summary.text());
    result
}

impl Phase {
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn run(self, summary: &mut Summary) -> Result<()> {
        match self {
            Self::Setup => {
                let mut needs = e2e::needs(&e2e::suites(&workspace::root()?)?);
                needs.push(Purpose::Lint);
                setup::ensure(&needs)
            }
            Self::Fmt => cargo()?
                .args(["fmt", "--all", "--check"])
                .run()
                .context("the format is not rustfmt's\nhint: `cargo fmt --all` repairs it"),
            Self::Tidy => tidy::run(),
            Self::Clippy => {
                cargo()?
                    .args(["clippy", "--quiet", "--locked", "--workspace"])
                    .args(["--all-targets", "--all-features"])
                    .args(["--", "-D", "warnings"])
                    .run()?;
                // Nobody else builds the generator without its network code.
                cargo()?
                    .args(["clippy", "--quiet", "--locked", "-p", "gangway"])
                    .args(["--no-default-features", "--bins"])
                    .args(["--", "-D", "warnings"])
                    .run()
            }
            Self::Unit => unit(summary),
            Self::RealFiles => real_files::run(summary),
            Self::Runner => runner::gate(),
            Self::ClippyWindows => runner::clippy(),
            Self::E2e => e2e::run_suites(&e2e::suites(&workspace::root()?)?, None, summary),
        }
    }
}

/// Every test but the end-to-end suites, which need more than a compiler, and the real files,
/// which need a network.
fn unit(summary: &mut Summary) -> Result<()> {
    let tests = tests()?
        .args(["--workspace", "--exclude", "gangway-e2e"])
        .args(["--exclude", "gangway-real-files"]);
    summary.watch(tests)?;
    // The harness has tests of its own.
    summary.watch(tests_of_harness()?)?;
    if test_runner::has_nextest() {
        // nextest leaves out the examples in documentation.
        let examples = cargo()?.args(["test", "--quiet", "--locked", "--workspace", "--doc"]);
        summary.watch(examples)?;
    }
    Ok(())
}

fn tests_of_harness() -> Result<Program> {
    let program = tests()?.args(["-p", "gangway-e2e", "--lib"]);
    // A library without tests is no error.
    if test_runner::has_nextest() {
        return Ok(program.arg("--no-tests=pass"));
    }
    Ok(program)
}

fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{:>3} min {:02} s", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_minutes_and_seconds() {
        assert_eq!(minutes(Duration::from_secs(125)), "  2 min 05 s");
        assert_eq!(minutes(Duration::from_millis(59_999)), "  0 min 59 s");
    }
}
