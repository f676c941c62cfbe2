//! Outside text on its way to a reader.
//!
//! A report, a version resource or a certificate may hold characters that move a terminal's
//! cursor, change its title, or turn the direction in which a line is read. None of them reaches
//! a reader: they are written as `\u{1b}`.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

pub use gangway_contract::printable::{deceives, in_json, on_lines, on_one_line, shortened};

/// For `#[serde(deserialize_with)]`: a string as [`on_one_line`] gives it.
///
/// # Errors
/// What is read is no string.
pub fn read_on_one_line<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(match on_one_line(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(escaped) => escaped,
    })
}
