//! The text of the portal's `.cmd` scripts, told to a reader: which variant it is, in which form
//! it was saved, and which of its lines no known script has.
//!
//! The text is never run unless the config asks for that very file by its digest, so nothing here
//! says whether it is safe: a language like that of cmd.exe cannot be judged by reading it.

mod known;
#[cfg(test)]
mod tests;

use core::ops::Range;

use gangway_contract::Sha256;
use gangway_contract::registry::{OFFBOARDING_VALUE, ONBOARDING_VALUE, SENSOR_POLICY};
use schemars::JsonSchema;
use serde::Serialize;

/// Lines of a text that are told; more add nothing.
const MAX_TOLD: usize = 20;

/// Characters of a line that are told.
const MAX_SHOWN: usize = 120;

/// Longest run of base64 characters that is shown of a line: certificates and signatures are
/// longer, words of a script and names of registry keys are not.
const MAX_RUN: usize = 40;

/// What stands for a blob in a text that is compared with known ones.
const BLOB_MARK: &str = "<blob>";

/// What stands for the tenant, which offboarding scripts name a second time.
const TENANT_MARK: &str = "<tenant>";

/// For which way of deployment a text was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// A portal script that asks nothing: Group Policy, and VDI with its companion beside it.
    Unattended,
    /// The portal's script for single machines: it asks, shows and waits for a key.
    Local,
    /// Some other text that holds a blob.
    Other,
}

/// How a text compares with the known scripts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "shape", rename_all = "snake_case")]
pub enum Shape {
    /// Its text without the blob is that of a known script.
    Known {
        /// Which one.
        name: &'static str,
    },
    /// It is not.
    Unknown {
        /// Lines that stand in no known script, at most the first few; none when each line is
        /// known and only their order or number is not.
        lines: Vec<UnknownLine>,
        /// How many such lines there are.
        count: usize,
    },
}

/// A line that stands in no known script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UnknownLine {
    /// Line, counted from 1.
    pub line: usize,
    /// Its beginning, without anything that could be a piece of a blob.
    pub text: String,
}

/// How a text ends, beyond its last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tail {
    /// As it should.
    None,
    /// With bytes 1A, the end-of-file mark of old systems.
    EndOfFileMark,
    /// With zero bytes: the copy was made larger than its content.
    ZeroBytes,
}

/// A text around a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ScriptText {
    /// For which way of deployment.
    pub variant: Variant,
    /// Whether it is a known one.
    #[serde(flatten)]
    pub shape: Shape,
    /// It starts with a UTF-8 byte order mark.
    pub byte_order_mark: bool,
    /// How it ends.
    pub tail: Tail,
    /// There is an `exit`, which stands at the end of every portal script.
    pub has_exit: bool,
}

/// Is this a portal script, by the key and value that it works on? True also for one whose blob
/// was damaged or taken out.
pub fn is_portal_script(text: &[u8]) -> bool {
    let lower = text.to_ascii_lowercase();
    let has = |needle: &[u8]| memchr::memmem::find(&lower, needle).is_some();
    let names = |text: &str| has(text.to_ascii_lowercase().as_bytes());
    names(&format!(r"hklm\{SENSOR_POLICY}"))
        && (names(ONBOARDING_VALUE) || names(OFFBOARDING_VALUE))
        && (has(b"@echo off") || has(b"errorlevel") || has(b"\ngoto ") || has(b"eventcreate"))
}

/// Looks at a text. `blobs` are the places of its blobs, `tenant` is the id that they name.
pub fn read(text: &[u8], blobs: &[Range<usize>], tenant: &str) -> ScriptText {
    let lines = lines(text, blobs, tenant);
    let compared = |wanted: fn(&str) -> bool| lines.iter().any(|(_, line)| wanted(line));
    let variant = if !is_portal_script(text) {
        Variant::Other
    } else if compared(asks) {
        Variant::Local
    } else {
        Variant::Unattended
    };
    ScriptText {
        variant,
        shape: shape(&lines),
        byte_order_mark: text.starts_with(b"\xEF\xBB\xBF"),
        tail: match text.last() {
            Some(0x1A) => Tail::EndOfFileMark,
            Some(0) => Tail::ZeroBytes,
            _ => Tail::None,
        },
        has_exit: compared(|line| line.to_ascii_lowercase().starts_with("exit")),
    }
}

/// Signs of the script for single machines: one is enough, because one whose last `pause` was
/// taken out still waits at its consent.
fn asks(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line == "pause"
        || line.starts_with(":user_consent")
        || line.starts_with("set /p shouldcontinue")
        || line.contains("/v latency")
}

fn shape(lines: &[(usize, String)]) -> Shape {
    if let Some(name) = known::script(&digest(lines)) {
        return Shape::Known { name };
    }
    let unknown = || {
        let all = lines.iter();
        all.filter(|(_, line)| !known::has_line(&Sha256::of(line.as_bytes())))
    };
    Shape::Unknown {
        lines: unknown()
            .take(MAX_TOLD)
            .map(|(number, line)| UnknownLine {
                line: *number,
                text: shown(line),
            })
            .collect(),
        count: unknown().count(),
    }
}

/// What a text is known by: its compared lines, each with a line feed.
fn digest(lines: &[(usize, String)]) -> Sha256 {
    let text: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
    Sha256::of(text.as_bytes())
}

/// The lines of a text as they are compared, with their numbers: marks in place of blobs and
/// tenant, without blanks around them, empty ones left out. Line ends therefore do not matter.
fn lines(text: &[u8], blobs: &[Range<usize>], tenant: &str) -> Vec<(usize, String)> {
    let mut plain = Vec::with_capacity(text.len());
    let mut from = if text.starts_with(b"\xEF\xBB\xBF") {
        3
    } else {
        0
    };
    for blob in blobs {
        plain.extend(text.get(from..blob.start).unwrap_or_default());
        plain.extend(BLOB_MARK.bytes());
        // The lines keep their numbers when a blob is spread over several.
        let inside = text.get(blob.clone()).unwrap_or_default();
        plain.extend(inside.iter().filter(|&&byte| byte == b'\n'));
        from = blob.end;
    }
    plain.extend(text.get(from..).unwrap_or_default());
    while plain.last().is_some_and(|byte| matches!(byte, 0 | 0x1A)) {
        plain.pop();
    }
    let numbered = plain.split(|&byte| byte == b'\n').enumerate();
    numbered
        .map(|(index, line)| {
            let line = String::from_utf8_lossy(line.trim_ascii());
            (index + 1, line.replace(tenant, TENANT_MARK))
        })
        .filter(|(_, line)| !line.is_empty())
        .collect()
}

/// A line as it may be told: short, and without anything that could be a piece of a blob.
fn shown(line: &str) -> String {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let mut shown = String::new();
    let mut run = 0;
    for c in line.chars() {
        run = if is_base64(c) { run + 1 } else { 0 };
        if run == MAX_RUN + 1 {
            shown.push('…');
        }
        if run <= MAX_RUN {
            shown.push(c);
        }
    }
    match shown.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}…", &shown[..at]),
        None => shown,
    }
}

/// The rows of `known_scripts.txt` for a text: its digest under a name, and one for each line.
pub fn rows(name: &str, text: &[u8], blobs: &[Range<usize>], tenant: &str) -> Vec<String> {
    let lines = lines(text, blobs, tenant);
    let mut rows = vec![format!("script {} {name}", digest(&lines))];
    rows.extend(lines.iter().map(|(_, line)| known::line_row(line)));
    rows
}
