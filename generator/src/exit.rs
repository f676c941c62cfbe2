//! How the program ends. One table for `--help`, README and the code.

use std::process::ExitCode;

/// Exit codes of `gangway`; the numbers are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, nothing found.
    Good = 0,
    /// Problems or differences were found, or a threshold was missed.
    Problems = 1,
    /// The command line or the config is wrong.
    Usage = 2,
    /// The environment refused: files, network, a missing program.
    Environment = 3,
    /// Verification failed.
    Verification = 4,
    /// A defect of this program.
    Internal = 70,
    /// Ended by a signal, and tidied up. 128 and the number of INT, as shells have it; the same
    /// for TERM and HUP.
    Interrupted = 130,
}

impl Exit {
    /// Every code with its meaning.
    pub const TABLE: [(Self, &str); 7] = [
        (Self::Good, "done, nothing found"),
        (
            Self::Problems,
            "problems or differences found, or a threshold missed",
        ),
        (Self::Usage, "command line or config not understood"),
        (
            Self::Environment,
            "the environment refused: files, network, a missing program",
        ),
        (Self::Verification, "verification failed"),
        (Self::Internal, "a defect of this program"),
        (
            Self::Interrupted,
            "ended by a signal (INT, TERM, HUP); what was begun is taken away",
        ),
    ];
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The table as `--help` shows it.
pub(crate) fn help_text() -> String {
    let lines = Exit::TABLE
        .iter()
        .map(|(exit, meaning)| format!("  {:<3} {meaning}", *exit as u8));
    format!("Exit codes:\n{}", lines.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_shows_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
        let text = std::fs::read_to_string(path).unwrap();
        for (exit, meaning) in Exit::TABLE {
            let row = format!("| {} | {meaning} |", exit as u8);
            assert!(text.contains(&row), "missing in README.md: {row}");
        }
    }
}
