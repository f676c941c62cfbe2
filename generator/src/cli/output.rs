//! The one printer: results on standard output, problems and progress on standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::arguments::{Color, Global};
use crate::pipeline::Progress;
use crate::printable::{in_json, on_lines, on_one_line};
use crate::problem::{Problem, Severity};

pub(super) struct Output {
    json: bool,
    color: bool,
    quiet: bool,
    verbose: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Output {
    pub(super) fn new(global: &Global) -> Self {
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::env::var_os("NO_COLOR").is_none() && io::stderr().is_terminal(),
        };
        Self {
            json: global.json,
            color,
            quiet: global.quiet,
            verbose: global.verbose,
            bar: Mutex::new(None),
        }
    }

    pub(super) fn is_json(&self) -> bool {
        self.json
    }

    /// A line of the result, for people; nothing with `--json` or `--quiet`.
    pub(super) fn line(&self, text: &str) {
        if !self.json && !self.quiet {
            self.result(text);
        }
    }

    /// The result itself, whatever the flags say.
    pub(super) fn result(&self, text: &str) {
        // A closed pipe is the reader's choice, not an error.
        let _ = writeln!(io::stdout().lock(), "{}", on_lines(text));
    }

    /// The result as JSON.
    pub(super) fn document(&self, value: &impl Serialize) {
        // Our documents hold strings, numbers and lists only, which always serialise.
        self.json(&serde_json::to_string_pretty(value).unwrap_or_default());
    }

    /// The result as JSON that is made already.
    pub(super) fn json(&self, document: &str) {
        let _ = writeln!(io::stdout().lock(), "{}", in_json(document));
    }

    /// An operation that failed: its message, the causes below it once each, hints last.
    pub(super) fn failure(&self, error: &dyn std::error::Error) {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !text.contains(&cause_text) {
                text.push_str(&format!("\ncaused by: {cause_text}"));
            }
            source = cause.source();
        }
        self.error_line(&format!(
            "{} {}",
            self.paint(RED, "error:"),
            on_lines(&text)
        ));
    }

    /// Findings; notes only when asked for.
    pub(super) fn problems<'a>(&self, problems: impl IntoIterator<Item = &'a Problem>) {
        if self.json {
            return;
        }
        let mut hidden = 0;
        for problem in problems {
            if problem.code.severity == Severity::Note && !self.verbose {
                hidden += 1;
                continue;
            }
            self.error_line(&self.problem_text(problem));
        }
        if hidden > 0 && !self.quiet {
            self.error_line(&format!("notes not shown: {hidden}; `-v` shows them"));
        }
    }

    fn problem_text(&self, problem: &Problem) -> String {
        let (color, word) = match problem.code.severity {
            Severity::Error => (RED, "error"),
            Severity::Warning => (YELLOW, "warning"),
            Severity::Note => (BLUE, "note"),
        };
        let heading = self.paint(color, &format!("{word} {}:", problem.code.id));
        let subject = on_one_line(&problem.subject);
        let mut text = format!("{heading} `{subject}`: {}", on_lines(&problem.message));
        for evidence in &problem.evidence {
            // Further lines stand under the first: none can pass for a problem of its own.
            for line in evidence.lines() {
                text.push_str(&format!("\n  {}", on_one_line(line)));
            }
        }
        text.push_str(&format!("\nhint: {}", on_lines(&problem.next_action)));
        text
    }

    fn error_line(&self, text: &str) {
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    fn paint(&self, color: &str, text: &str) -> String {
        if self.color {
            format!("{color}{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    fn with_bar(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        if let Ok(mut bar) = self.bar.lock() {
            act(&mut bar);
        }
    }
}

const RED: &str = "\u{1b}[1;31m";
const YELLOW: &str = "\u{1b}[1;33m";
const BLUE: &str = "\u{1b}[1;34m";

impl Progress for Output {
    fn begin(&self, phase: &str, total: u64) {
        // A pipe or a log file gets none.
        if self.quiet || self.json || !io::stderr().is_terminal() {
            return;
        }
        let bar = if total == 0 {
            ProgressBar::new_spinner()
        } else {
            ProgressBar::new(total)
        };
        let template = if total == 0 {
            "{spinner} {msg}"
        } else {
            "{msg} {bar:30} {binary_bytes}/{binary_total_bytes}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(phase.to_owned());
        self.with_bar(|slot| *slot = Some(bar));
    }

    fn advance(&self, bytes: u64) {
        self.with_bar(|slot| {
            if let Some(bar) = slot {
                bar.inc(bytes);
            }
        });
    }

    fn end(&self) {
        self.with_bar(|slot| {
            if let Some(bar) = slot.take() {
                bar.finish_and_clear();
            }
        });
    }
}
