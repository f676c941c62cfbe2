//! Outside text on its way to a reader.
//!
//! A report, a version resource or a certificate may hold characters that move a terminal's
//! cursor, change its title, or turn the direction in which a line is read. None of them reaches
//! a reader: they are written as `\u{1b}`.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

pub use gangway_contract::printable::{deceives, in_json, on_lines, on_one_line};

/// For `#[serde(deserialize_with)]`: a string as [`on_one_line`] gives it, of at most `MOST`
/// characters. A longer one is cut while it is read, so that it takes no memory.
///
/// # Errors
/// What is read is no string.
pub fn read_on_one_line<'de, const MOST: usize, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<String, D::Error> {
    deserializer.deserialize_str(OneLine::<MOST>)
}

struct OneLine<const MOST: usize>;

impl<const MOST: usize> Visitor<'_> for OneLine<MOST> {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(short_line(text, MOST))
    }
}

/// A text of at most `characters` on one line, made without a copy of the whole.
pub fn short_line(text: &str, characters: usize) -> String {
    let end = |text: &str| text.char_indices().nth(characters).map(|(at, _)| at);
    let kept = end(text).and_then(|at| text.get(..at));
    let line = on_one_line(kept.unwrap_or(text));
    // What is written out takes more characters than it was.
    match (kept, end(&line)) {
        (None, None) => line.into_owned(),
        (_, at) => format!("{}…", at.and_then(|at| line.get(..at)).unwrap_or(&line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_before_and_after_it_is_written_out() {
        for (text, line) in [
            ("abcd", "abcd"),
            ("abcde", "abcd…"),
            ("日本語の文", "日本語の…"),
            ("a\u{1b}", "a\\u{…"),
            ("\u{1b}\u{1b}\u{1b}\u{1b}\u{1b}", "\\u{1…"),
        ] {
            assert_eq!(short_line(text, 4), line, "{text:?}");
        }
    }
}
