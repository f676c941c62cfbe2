//! Running two programs by turns, with their time and their peak memory.

use std::env;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::remove;
use crate::program::Program;
use crate::{say, workspace};

/// A program that is measured.
pub(super) struct Contender<'a> {
    name: &'static str,
    /// What it writes; taken away before each run, outside the measured time.
    outputs: Vec<PathBuf>,
    command: Box<dyn Fn() -> Program + 'a>,
}

impl<'a> Contender<'a> {
    pub(super) fn new(
        name: &'static str,
        outputs: &[&PathBuf],
        command: impl Fn() -> Program + 'a,
    ) -> Self {
        Self {
            name,
            outputs: outputs.iter().map(|path| (*path).clone()).collect(),
            command: Box::new(command),
        }
    }

    fn run(&self) -> Result<Measured> {
        for output in &self.outputs {
            remove(output)?;
        }
        let figures = workspace::target()?.join("bench.txt");
        // GNU time: seconds of the clock, of the processors for the program and for the system,
        // and kilobytes of the largest process.
        let time = env::var("GANGWAY_TIME").unwrap_or_else(|_| "/usr/bin/time".to_owned());
        let program = (self.command)().wrapped(
            &[&time, "--quiet", "--format=%e %U %S %M", "--output"],
            &figures,
        );
        program.text()?;
        let figures = workspace::read_file(&figures)?;
        parse(self.name, &String::from_utf8_lossy(&figures))
            .context("GNU time did not say four numbers")
    }
}

/// The best of all rounds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) seconds: f64,
    /// Processors at work on average.
    pub(super) processors: f64,
    pub(super) memory_bytes: u64,
}

impl Measured {
    /// The shorter time, and the larger memory: a bar on memory holds for every run.
    fn with(&self, other: &Self) -> Self {
        Self {
            name: self.name,
            seconds: self.seconds.min(other.seconds),
            processors: self.processors.max(other.processors),
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
        }
    }
}

/// Runs both once to warm the caches, then by turns.
pub(super) fn by_turns(
    product: &Contender<'_>,
    yardstick: &Contender<'_>,
    rounds: u32,
) -> Result<(Measured, Measured)> {
    say::stage(format!("{} against {}", product.name, yardstick.name));
    product.run()?;
    yardstick.run()?;
    let mut best: Option<(Measured, Measured)> = None;
    for _ in 0..rounds {
        let round = (product.run()?, yardstick.run()?);
        best = Some(match best {
            Some(best) => (best.0.with(&round.0), best.1.with(&round.1)),
            None => round,
        });
    }
    best.context("no round was run")
}

fn parse(name: &'static str, figures: &str) -> Option<Measured> {
    let words: Vec<&str> = figures.split_whitespace().collect();
    let [seconds, user, system, kilobytes] = words.as_slice() else {
        return None;
    };
    let number = |text: &str| text.parse::<f64>().ok();
    let seconds = number(seconds)?;
    let busy = number(user)? + number(system)?;
    Some(Measured {
        name,
        seconds,
        // Less than the resolution of the clock is no time at all.
        processors: busy / seconds.max(0.01),
        memory_bytes: kilobytes.parse::<u64>().ok()?.checked_mul(1024)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_of_gnu_time_are_read() {
        let read = parse("a", "0.50 0.60 0.15 17408\n").unwrap();
        assert_eq!(read.seconds, 0.5);
        assert_eq!(read.processors, 1.5);
        assert_eq!(read.memory_bytes, 17408 * 1024);
        assert_eq!(parse("a", "Command exited with non-zero status 1\n"), None);
    }

    #[test]
    fn the_best_time_and_the_largest_memory_count() {
        let run = |seconds, memory_bytes| Measured {
            name: "a",
            seconds,
            processors: 1.0,
            memory_bytes,
        };
        assert_eq!(run(0.5, 10).with(&run(0.4, 20)), run(0.4, 20));
        assert_eq!(run(0.4, 20).with(&run(0.5, 10)), run(0.4, 20));
    }
}
