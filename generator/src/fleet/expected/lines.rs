//! The lines of a list that say something.

use super::server_name::is_blank;

/// Lines with their numbers, without blank ones and comments (`Export-Csv` writes `#TYPE`).
pub(super) fn significant_lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let numbered = (1..).zip(text.lines());
    numbered
        .map(|(number, line)| (number, line.trim_matches(is_blank)))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}
