//! The known scripts, as data: `known_scripts.txt` has the digest of each script's text without
//! its blob, and of each line.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use gangway_contract::Sha256;

/// Hexadecimal digits of a line's digest that are kept. A line that is taken for a known one by
/// chance or by design is only left out of a list for readers.
const LINE_DIGITS: usize = 16;

/// Digests and names of whole scripts, and the beginnings of the digests of their lines.
static KNOWN: LazyLock<Known> = LazyLock::new(|| Known::parse(include_str!("known_scripts.txt")));

struct Known {
    scripts: Vec<(&'static str, &'static str)>,
    lines: BTreeSet<&'static str>,
}

impl Known {
    fn parse(table: &'static str) -> Self {
        let mut known = Self {
            scripts: Vec::new(),
            lines: BTreeSet::new(),
        };
        for row in table.lines() {
            if let Some((digest, name)) = row
                .strip_prefix("script ")
                .and_then(|rest| rest.split_once(' '))
            {
                known.scripts.push((digest, name));
            } else if let Some(digits) = row.strip_prefix("line ") {
                known.lines.insert(digits);
            }
        }
        known
    }
}

/// Name of the script with this digest.
pub(super) fn script(digest: &Sha256) -> Option<&'static str> {
    let digest = digest.to_string();
    let mut scripts = KNOWN.scripts.iter();
    scripts
        .find(|(known, _)| *known == digest)
        .map(|(_, name)| *name)
}

/// Does a known script have a line with this digest?
pub(super) fn has_line(digest: &Sha256) -> bool {
    digest
        .to_string()
        .get(..LINE_DIGITS)
        .is_some_and(|digits| KNOWN.lines.contains(digits))
}

/// A line's entry in `known_scripts.txt`.
pub(super) fn line_row(line: &str) -> String {
    let digest = Sha256::of(line.as_bytes()).to_string();
    format!("line {}", digest.get(..LINE_DIGITS).unwrap_or_default())
}
