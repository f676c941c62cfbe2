//! The portal's `.cmd` scripts: what each line does, which variant the script is, and whether
//! something stands in it that no portal script holds.
//!
//! Nothing but the blob is signed in such a script (`.cmd` has no Authenticode), so its shape
//! is all that speaks for the rest.

mod command;
mod features;
mod scanner;
mod variant;

use serde::Serialize;

pub use command::{Class, Command};
pub use features::{Feature, Sign};
pub use variant::{Decision, Variant, decide};

use super::blob::extract::lines;
use super::blob::{ExtractError, Extracted, extract};
use command::Variables;
use scanner::Scanner;

/// Largest script that is read, in bytes; real ones have 12 to 17 KB.
pub const MAX_BYTES: usize = 1 << 20;

/// Most lines that are read; real ones have about 160.
const MAX_LINES: usize = 10_000;

/// Findings that are kept; more add nothing.
const MAX_FINDINGS: usize = 50;

/// A script, looked at line by line.
#[derive(Debug)]
pub struct Script {
    /// Which variant, and why.
    pub decision: Decision,
    /// Every sign, in the order of the lines.
    pub features: Vec<Feature>,
    /// The blob, or why there is none.
    pub blob: Result<Extracted, ExtractError>,
    /// Lines that do something a portal script does not do, or that cannot be told.
    pub findings: Vec<Finding>,
    /// The file starts with a UTF-8 byte order mark, which cmd.exe takes as text.
    pub byte_order_mark: bool,
    /// How lines end.
    pub endings: Endings,
    /// There is an `exit`, which stands at the end of every portal script: without one the
    /// script was cut short.
    pub has_exit: bool,
}

/// A line that is not as in portal scripts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Line, counted from 1.
    pub line: usize,
    /// What it is.
    #[serde(flatten)]
    pub what: FindingKind,
}

/// What is odd about a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum FindingKind {
    /// Cannot be classified.
    Unclear {
        /// Why.
        why: String,
    },
    /// Runs something that no portal script runs.
    Foreign {
        /// The program, when it may be shown.
        program: Option<String>,
    },
}

/// Counts of line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Endings {
    /// Lines that end with CR LF.
    pub crlf: usize,
    /// Lines that end with LF alone; untouched uploads have ten of them.
    pub lf: usize,
}

/// Is this text a portal script, by the key and value that it works on? True also for one
/// whose blob line was damaged.
pub fn is_portal_script(bytes: &[u8]) -> bool {
    let lower = bytes
        .get(..bytes.len().min(MAX_BYTES))
        .unwrap_or_default()
        .to_ascii_lowercase();
    let has = |needle: &[u8]| memchr::memmem::find(&lower, needle).is_some();
    has(br"hklm\software\policies\microsoft\windows advanced threat protection")
        && (has(b"onboardinginfo") || has(b"696c1fa1-4030-4fa4-8713-faf9b2ea7c0a"))
        && (has(b"@echo off") || has(b"errorlevel") || has(b"\ngoto ") || has(b"eventcreate"))
}

/// Looks at a script. Never fails: what is wrong is in the result.
pub fn read(bytes: &[u8]) -> Script {
    let blob = extract(bytes);
    // After a blob that was wrapped or cut, any text may be a piece of it.
    let secret_from = match &blob {
        Err(error @ (ExtractError::Wrapped { .. } | ExtractError::CutShort { .. })) => {
            error.line().unwrap_or_default()
        }
        _ => usize::MAX,
    };
    let variables = variables(bytes);
    let mut scanner = Scanner::default();
    let mut features = Vec::new();
    let mut findings = Vec::new();
    let mut has_exit = false;
    for (index, line) in lines(bytes).enumerate() {
        let number = index + 1;
        if number > MAX_LINES {
            findings.push(unclear(number, "too many lines; the rest was not read"));
            break;
        }
        let Ok(commands) = scanner.line(line) else {
            findings.push(unclear(number, "too many commands on one line"));
            continue;
        };
        for written in commands {
            match command::classify(written.text, &variables) {
                Class::Known(command) => {
                    has_exit |= command == Command::Exit;
                    features.extend(features::of_command(command, written.text, number));
                }
                Class::Unclear(why) => findings.push(unclear(number, why)),
                Class::Foreign(program) => findings.push(Finding {
                    line: number,
                    what: FindingKind::Foreign {
                        program: (number < secret_from).then(|| plain(&program)),
                    },
                }),
            }
        }
    }
    findings.truncate(MAX_FINDINGS);
    Script {
        decision: decide(&features),
        features,
        blob,
        findings,
        byte_order_mark: bytes.starts_with(b"\xEF\xBB\xBF"),
        endings: endings(bytes),
        has_exit,
    }
}

fn unclear(line: usize, why: &str) -> Finding {
    Finding {
        line,
        what: FindingKind::Unclear {
            why: why.to_owned(),
        },
    }
}

/// A program name as it may be shown: printable and short.
fn plain(program: &str) -> String {
    let shown: String = program
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        })
        .take(60)
        .collect();
    shown
}

/// Every value that a `set` gives to a variable, blocks and branches alike.
fn variables(bytes: &[u8]) -> Variables {
    let mut scanner = Scanner::default();
    let mut all = Variables::new();
    for line in lines(bytes).take(MAX_LINES) {
        for written in scanner.line(line).unwrap_or_default() {
            if let Some((name, value)) = command::assignment(written.text) {
                all.entry(name).or_default().push(value);
            }
        }
    }
    all
}

fn endings(bytes: &[u8]) -> Endings {
    let mut counts = Endings::default();
    let mut before = 0;
    for &byte in bytes {
        if byte == b'\n' {
            if before == b'\r' {
                counts.crlf += 1;
            } else {
                counts.lf += 1;
            }
        }
        before = byte;
    }
    counts
}

#[cfg(test)]
mod tests;
