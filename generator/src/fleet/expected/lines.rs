//! The lines of a list that say something.

use super::server_name::is_blank;

/// Lines with their numbers. A printer's page break before one is no part of it.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    let numbered = (1..).zip(text.lines());
    numbered.map(|(number, line)| (number, line.trim_start_matches('\u{c}')))
}

/// Is it blank, a comment (`Export-Csv` writes `#TYPE`), or Excel's word on the separator?
pub(super) fn says_nothing(line: &str) -> bool {
    let line = line.trim_matches(is_blank);
    let names_separator = line.len() == 5 && line.to_ascii_lowercase().starts_with("sep=");
    line.is_empty() || line.starts_with('#') || names_separator
}

/// Lines that say something, trimmed, with their numbers.
pub(super) fn significant_lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    lines(text)
        .filter(|(_, line)| !says_nothing(line))
        .map(|(number, line)| (number, line.trim_matches(is_blank)))
}
