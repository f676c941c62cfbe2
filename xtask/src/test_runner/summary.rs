//! What the test runners said in the end, added up over all of them.

use std::sync::Mutex;

use anyhow::Result;

use crate::program::Program;

/// Counted tests.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
struct Counts {
    passed: u64,
    /// Of those, how many passed only when tried again.
    again: u64,
    failed: u64,
    skipped: u64,
}

/// The counts of every test runner that was watched.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    counts: Counts,
    /// The tests that passed only when tried again, by name.
    again: Vec<String>,
    /// What was left out, each a line of its own.
    notes: Vec<String>,
}

impl Summary {
    /// Runs a test runner and counts what it says.
    pub(crate) fn watch(&mut self, program: Program) -> Result<()> {
        let counts = Mutex::new(self.counts);
        let again = Mutex::new(std::mem::take(&mut self.again));
        let result = program.run_watched(|line| {
            // nextest says it as the test ends and once more in the end.
            if let (Some(name), Ok(mut again)) = (tried_again(line), again.lock())
                && !again.contains(&name)
            {
                again.push(name);
            }
            if let (Some(more), Ok(mut counts)) = (counts_of(line), counts.lock()) {
                counts.passed += more.passed;
                counts.again += more.again;
                counts.failed += more.failed;
                counts.skipped += more.skipped;
            }
        });
        if let Ok(counts) = counts.into_inner() {
            self.counts = counts;
        }
        if let Ok(again) = again.into_inner() {
            self.again = again;
        }
        result
    }

    /// Says that something was left out, where nobody overlooks it.
    pub(crate) fn note(&mut self, text: &str) {
        self.notes.push(text.to_owned());
    }

    /// One line, and one for each thing that was left out.
    pub(crate) fn text(&self) -> String {
        let Counts {
            passed,
            again,
            failed,
            skipped,
        } = self.counts;
        let counts = format!(
            "tests: {passed} passed ({again} of them only when tried again), {failed} failed, \
             {skipped} skipped"
        );
        let mut lines = vec![counts];
        let again = self.again.iter();
        lines.extend(again.map(|name| format!("only when tried again: {name}")));
        lines.extend(self.notes.iter().cloned());
        lines.join("\n")
    }
}

/// Reads the last line of `cargo test` for one program, or of nextest for all.
fn counts_of(line: &str) -> Option<Counts> {
    let line = without_colours(line);
    let list = if let Some(rest) = line.strip_prefix("test result: ") {
        rest.split_once(". ")?.1.to_owned()
    } else if line.trim_start().starts_with("Summary [") {
        line.split_once("run: ")?.1.to_owned()
    } else {
        return None;
    };
    let mut counts = Counts::default();
    for part in list.split([',', ';', '(', ')']) {
        let mut words = part.split_whitespace();
        let (Some(number), Some(word)) = (words.next(), words.next()) else {
            continue;
        };
        let Ok(number) = number.parse::<u64>() else {
            continue;
        };
        match word {
            "passed" => counts.passed += number,
            "flaky" => counts.again += number,
            "failed" | "timed" => counts.failed += number,
            "ignored" | "skipped" => counts.skipped += number,
            _ => {}
        }
    }
    Some(counts)
}

/// The test that nextest says needed more than one try: `  FLAKY 2/3 [   0.2s] (3/9) binary name`.
fn tried_again(line: &str) -> Option<String> {
    let line = without_colours(line);
    let rest = line.trim_start().strip_prefix("FLAKY ")?;
    let (_, name) = rest.split_once(']')?;
    let name = name.trim_start();
    let counted = name.starts_with('(').then(|| name.split_once(')'));
    Some(
        counted
            .flatten()
            .map_or(name, |(_, rest)| rest)
            .trim()
            .to_owned(),
    )
}

/// Takes away the sequences that colour a terminal.
fn without_colours(line: &str) -> String {
    let mut text = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            for character in characters.by_ref() {
                if character.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_is_said_below_the_counts() {
        let mut summary = Summary::default();
        summary.note("real files: NOT JUDGED");
        let text = summary.text();
        assert!(
            text.ends_with("0 skipped\nreal files: NOT JUDGED"),
            "{text}"
        );
    }

    #[test]
    fn both_test_runners_are_understood() {
        let expected = Some(Counts {
            passed: 31,
            again: 0,
            failed: 2,
            skipped: 1,
        });
        for line in [
            "test result: FAILED. 31 passed; 2 failed; 1 ignored; 0 measured; 5 filtered out; finished in 0.19s",
            "     Summary [   0.190s] 33 tests run: 31 passed (1 slow), 2 failed, 1 skipped",
            "\u{1b}[32;1m     Summary\u{1b}[0m [   0.190s] 33 tests run: 31 passed, 2 failed, 1 skipped",
        ] {
            assert_eq!(counts_of(line), expected, "{line}");
        }
    }

    #[test]
    fn tests_that_passed_only_when_tried_again_are_told_apart() {
        for line in [
            "     Summary [   0.190s] 33 tests run: 33 passed (1 flaky), 0 skipped",
            "     Summary [   0.190s] 33 tests run: 33 passed (2 slow, 1 flaky), 0 skipped",
        ] {
            let counts = counts_of(line).unwrap_or_default();
            assert_eq!((counts.passed, counts.again), (33, 1), "{line}");
        }
    }

    #[test]
    fn a_test_that_needed_another_try_is_named() {
        for line in [
            "   FLAKY 2/3 [   4.190s] (12/61) gangway-e2e::wine restarts",
            "\u{1b}[33;1m   FLAKY 2/3\u{1b}[0m [   4.190s] gangway-e2e::wine restarts",
        ] {
            let name = tried_again(line);
            assert_eq!(
                name.as_deref(),
                Some("gangway-e2e::wine restarts"),
                "{line}"
            );
        }
        assert_eq!(
            tried_again("   PASS [ 4.190s] gangway-e2e::wine FLAKY"),
            None
        );
        let summary = Summary {
            again: vec!["gangway-e2e::wine restarts".to_owned()],
            ..Summary::default()
        };
        let text = summary.text();
        assert!(
            text.ends_with("only when tried again: gangway-e2e::wine restarts"),
            "{text}"
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        for line in ["", "running 3 tests", "test a ... ok", "Summary of things"] {
            assert_eq!(counts_of(line), None, "{line}");
        }
    }
}
