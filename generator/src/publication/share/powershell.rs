//! Texts as literals of PowerShell, so that nothing that a path says can become code.

use std::fmt;

/// A text that no literal can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{shown}` holds the control character U+{code:04X}, which no script literal can carry")]
pub(super) struct InvalidLiteral {
    /// The text with the character escaped.
    pub(super) shown: String,
    /// The character's number.
    pub(super) code: u32,
}

/// A PowerShell string in single quotes: nothing inside is expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PowerShell(String);

impl PowerShell {
    /// Quotes a text.
    ///
    /// # Errors
    /// Control characters: a line break in a literal would hide what follows from a reader.
    pub(super) fn quote(text: &str) -> Result<Self, InvalidLiteral> {
        check(text)?;
        let mut quoted = String::from("'");
        for character in text.chars() {
            quoted.push(character);
            // PowerShell takes the typographic quotes for straight ones; doubling escapes each.
            if matches!(
                character,
                '\'' | '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}'
            ) {
                quoted.push(character);
            }
        }
        quoted.push('\'');
        Ok(Self(quoted))
    }
}

fn check(text: &str) -> Result<(), InvalidLiteral> {
    match text.chars().find(|character| character.is_control()) {
        None => Ok(()),
        Some(character) => Err(InvalidLiteral {
            shown: text.escape_default().to_string(),
            code: u32::from(character),
        }),
    }
}

impl fmt::Display for PowerShell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quote_of_powershell_is_doubled() {
        for (text, wanted) in [
            ("plain", "'plain'"),
            ("", "''"),
            ("it's", "'it''s'"),
            ("‘a’‚b‛", "'‘‘a’’‚‚b‛‛'"),
            ("$(x) `n \"y\" 日本", "'$(x) `n \"y\" 日本'"),
        ] {
            assert_eq!(PowerShell::quote(text).unwrap().to_string(), wanted);
        }
    }

    #[test]
    fn control_characters_are_refused() {
        for text in ["a\nb", "\0", "\u{85}", "\t"] {
            assert!(PowerShell::quote(text).is_err());
        }
    }
}
