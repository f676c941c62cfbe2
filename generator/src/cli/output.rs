//! The one printer: results on standard output, problems and progress on standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::arguments::{Color, Global};
use super::failure::{Failure, indented};
use crate::pipeline::Progress;
use crate::printable::{in_json, on_lines, on_one_line};
use crate::problem::{Deny, Problem, Severity};

/// In which form the answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// For people: the result on standard output, the rest on standard error.
    Text,
    /// One document on standard output.
    Json,
    /// The findings, for code-scanning pages, on standard output.
    Sarif,
}

pub(super) struct Output {
    format: Format,
    color: bool,
    quiet: bool,
    verbose: bool,
    bar: Mutex<Option<ProgressBar>>,
    /// The first thing that standard output did not take.
    unwritten: Mutex<Option<io::Error>>,
    /// Findings that stand against the command although they are no errors.
    deny: Deny,
}

/// Named pipes of Windows say `ERROR_PIPE_NOT_CONNECTED` where others are broken.
fn is_reader_gone(error: &io::Error) -> bool {
    const NOT_CONNECTED: i32 = 233;
    let is_not_connected = cfg!(windows) && error.raw_os_error() == Some(NOT_CONNECTED);
    is_not_connected || error.kind() == io::ErrorKind::BrokenPipe
}

impl Output {
    pub(super) fn new(global: &Global, format: Format, deny: Deny) -> Self {
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::env::var_os("NO_COLOR").is_none() && io::stderr().is_terminal(),
        };
        Self {
            color,
            quiet: global.quiet,
            verbose: global.verbose,
            deny,
            ..Self::bare(format)
        }
    }

    /// Before the command line is known.
    pub(super) fn bare(format: Format) -> Self {
        Self {
            format,
            color: false,
            quiet: false,
            verbose: false,
            bar: Mutex::new(None),
            unwritten: Mutex::new(None),
            deny: Deny::default(),
        }
    }

    /// Findings that stand against the command although they are no errors.
    pub(super) fn deny(&self) -> &Deny {
        &self.deny
    }

    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// A line of the result, for people; nothing with `--quiet`. A name in it cannot begin another.
    pub(super) fn line(&self, text: &str) {
        self.lines(&on_one_line(text));
    }

    /// Lines of the result, for people, in which every name is on its own line already; nothing
    /// with `--quiet`.
    pub(super) fn lines(&self, text: &str) {
        if !self.quiet {
            self.result(text);
        }
    }

    /// The result itself, for people, whatever `--quiet` says.
    pub(super) fn result(&self, text: &str) {
        if self.format == Format::Text {
            self.write(&on_lines(text));
        }
    }

    /// The answer for machines.
    pub(super) fn document(&self, value: &impl Serialize) {
        // Our documents hold strings, numbers and lists only, which always serialise.
        let document = serde_json::to_string_pretty(value).unwrap_or_default();
        self.write(&in_json(&document));
    }

    fn write(&self, text: &str) {
        let mut stdout = io::stdout().lock();
        let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
        if let Err(error) = written
            && let Ok(mut first) = self.unwritten.lock()
        {
            first.get_or_insert(error);
        }
    }

    /// Why standard output did not take everything, if so. A closed pipe is the reader's
    /// choice, as with `| head`, and no error.
    pub(super) fn unwritten(&self) -> Option<io::Error> {
        let mut first = self.unwritten.lock().ok()?;
        first.take().filter(|error| !is_reader_gone(error))
    }

    /// A command that gave up.
    pub(super) fn failure(&self, failure: &Failure) {
        let text = failure.text();
        self.error_line(&format!(
            "{} {}",
            self.paint(RED, "error:"),
            on_lines(text.trim_end())
        ));
    }

    /// Findings; notes only when asked for.
    pub(super) fn problems<'a>(&self, problems: impl IntoIterator<Item = &'a Problem>) {
        if self.format != Format::Text {
            return;
        }
        let mut hidden = 0;
        for problem in problems {
            let is_note = problem.code.severity == Severity::Note;
            if is_note && !self.verbose && !self.deny.refuses(problem) {
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
        let message = indented(&problem.message);
        let mut text = format!("{heading} `{subject}`: {}", on_lines(&message));
        for evidence in &problem.evidence {
            // Further lines stand below the first one.
            let evidence = indented(evidence).replace('\n', "\n  ");
            text.push_str(&format!("\n  {}", on_lines(&evidence)));
        }
        let hint = indented(&problem.next_action);
        text.push_str(&format!("\nhint: {}", on_lines(&hint)));
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
        if self.quiet || self.format != Format::Text || !io::stderr().is_terminal() {
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
