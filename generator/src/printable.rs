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

/// The address of a proxy as messages show it: an account, which may have its password beside it, is masked.
pub fn without_account(address: &str) -> String {
    let Some((account, host)) = address.rsplit_once('@') else {
        return address.to_owned();
    };
    let scheme = account.split_once("://").map(|(scheme, _)| scheme);
    let scheme = scheme.filter(|scheme| scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    match scheme {
        Some(scheme) => format!("{scheme}://***@{host}"),
        None => format!("***@{host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_masked_whatever_stands_in_it() {
        for (address, shown) in [
            ("user:S3cret@proxy:8080", "***@proxy:8080"),
            ("http://user:S3c@r/et@proxy:8080/", "http://***@proxy:8080/"),
            ("a://b c://S3cret@proxy", "a://***@proxy"),
            ("us er://S3cret@proxy", "***@proxy"),
            ("proxy:8080", "proxy:8080"),
        ] {
            assert_eq!(without_account(address), shown, "{address}");
        }
    }

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
