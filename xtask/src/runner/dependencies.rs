//! The crates inside the stub: a closed list, because every one of them runs as SYSTEM on
//! every server. A new one is a decision that is written down here.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail};

use super::toolchain::TARGET;
use crate::program::Program;
use crate::workspace;

/// Crate and why it is there.
const ALLOWED: &[(&str, &str)] = &[
    ("gangway-runner", "the bootstrap itself"),
    ("gangway-contract", "what it agrees on with the generator"),
    ("serde", "manifest and report are typed documents"),
    ("serde_core", "part of serde"),
    ("serde_json", "their format; refuses unknown fields by name"),
    ("itoa", "numbers for serde_json"),
    ("zmij", "numbers for serde_json"),
    ("memchr", "strings for serde_json"),
    ("sha2", "the gate before everything that is run"),
    ("digest", "part of sha2"),
    ("block-buffer", "part of sha2"),
    ("crypto-common", "part of sha2"),
    ("hybrid-array", "part of sha2"),
    ("typenum", "part of sha2"),
    ("const-oid", "part of sha2"),
    ("cfg-if", "part of sha2"),
    ("cpufeatures", "lets sha2 use the processor's instructions"),
    (
        "sha1",
        "the identity of a non-persistent desktop is a GUID made by it; proves nothing",
    ),
    ("windows-sys", "declarations of the Windows API"),
    ("windows-link", "part of windows-sys"),
];

/// Compares what cargo would link with the list.
pub(super) fn check() -> Result<()> {
    let tree = Program::cargo()
        .folder(workspace::root()?)
        .args(["tree", "--locked", "--package", "gangway-runner"])
        .args(["--edges", "normal,no-proc-macro", "--target", TARGET])
        .args(["--prefix", "none", "--format", "{p}"])
        .text()
        .context("the crates of the bootstrap cannot be listed")?;
    let others = not_allowed(&tree);
    if others.is_empty() {
        return Ok(());
    }
    bail!(
        "the bootstrap would contain {}\nhint: it is a closed list, \
         `xtask/src/runner/dependencies.rs`; add the crate there with the reason, or do without",
        others.into_iter().collect::<Vec<_>>().join(", ")
    )
}

fn not_allowed(tree: &str) -> BTreeSet<&str> {
    tree.lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| !ALLOWED.iter().any(|(allowed, _)| allowed == name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_outside_the_list_is_named() {
        let tree = "gangway-runner v0.1.0 (/x/runner)\nserde v1.0.229\nregex v1.0.0\nserde v1 (*)";
        assert_eq!(not_allowed(tree), BTreeSet::from(["regex"]));
    }
}
