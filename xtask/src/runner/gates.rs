//! What a finished stub must be, judged from its bytes alone.
//!
//! The source may be right and the file wrong: another linker, another C runtime or a new
//! dependency changes imports, headers and texts without a line of ours. So every build is
//! looked at before anything uses it. Each gate is a pure function that returns what it
//! found wrong; `tests` provokes every one of them.

pub(crate) mod imports;

mod content;
mod header;
#[cfg(test)]
mod tests;

use anyhow::{Result, bail};
use object::read::pe::PeFile64;

pub(crate) use content::TEST_HOOK_FEATURE;
use imports::Floor;

/// What a stub is held against.
#[derive(Debug)]
pub(crate) struct Expectation<'a> {
    /// Which function exists since which Windows.
    pub(crate) floor: &'a Floor,
    /// Texts of the building machine that may not be in the file: folders with their last
    /// separator, names of registries.
    pub(crate) private_texts: &'a [String],
    /// Whether the file was built with the hooks that let a test kill it at any step.
    pub(crate) test_hooks: bool,
}

/// One thing that is wrong, and the gate that saw it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Name of the gate.
    pub(crate) gate: &'static str,
    /// What was found, and what was expected.
    pub(crate) what: String,
}

type Gate = fn(&Stub<'_>, &Expectation<'_>) -> Vec<String>;

/// Every gate, by the name under which it reports.
const GATES: &[(&str, Gate)] = &[
    ("import floor", imports::floor),
    ("static imports", imports::static_imports),
    ("windows version", header::windows_version),
    ("hardening", header::hardening),
    ("time stamp", header::time_stamp),
    ("checksum", header::checksum),
    ("overlay", header::overlay),
    ("symbol table", header::symbol_table),
    ("resources", header::resources),
    ("signature", header::signature),
    ("section room", header::section_room),
    ("size", header::size),
    ("build paths", content::private_texts),
    ("test hooks", content::test_hooks),
    ("stub marker", content::stub_marker),
];

/// A stub's bytes and their parsed headers.
#[derive(Debug)]
struct Stub<'a> {
    bytes: &'a [u8],
    pe: PeFile64<'a>,
}

/// Everything that is wrong with a stub; empty when it may be used.
pub(crate) fn inspect(bytes: &[u8], expectation: &Expectation<'_>) -> Vec<Finding> {
    let pe = match PeFile64::parse(bytes) {
        Ok(pe) => pe,
        Err(error) => {
            return vec![Finding {
                gate: "format",
                what: format!("no 64-bit Windows program: {error}"),
            }];
        }
    };
    let stub = Stub { bytes, pe };
    let mut findings = Vec::new();
    for (gate, check) in GATES {
        let whats = check(&stub, expectation).into_iter();
        findings.extend(whats.map(|what| Finding { gate, what }));
    }
    findings
}

/// Refuses a stub with any finding, and names each.
pub(crate) fn pass(name: &str, bytes: &[u8], expectation: &Expectation<'_>) -> Result<()> {
    let findings = inspect(bytes, expectation);
    if findings.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| format!("  {}: {}", finding.gate, finding.what))
        .collect();
    bail!("`{name}` was built and is refused\n{}", lines.join("\n"))
}
