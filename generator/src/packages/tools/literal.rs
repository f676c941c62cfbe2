//! Values as literals of the languages that deployment tools read. A template takes nothing else, so
//! no value of a document can become code.

use std::fmt::{self, Write as _};

/// A text as an expression of PowerShell, in ASCII alone: Windows PowerShell reads a file without a
/// byte order mark in the code page of the machine, and takes typographic quotes for quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PowerShell(String);

impl PowerShell {
    /// `'text'`; with characters beyond printable ASCII `('te' + [char]0x00E4 + 't')`. Between single
    /// quotes nothing but the quote itself has a meaning (about_Quoting_Rules).
    pub fn text(text: &str) -> Self {
        let mut literal = String::from("'");
        let mut is_plain = true;
        for character in text.chars() {
            match character {
                '\'' => literal.push_str("''"),
                ' '..='~' => literal.push(character),
                _ => {
                    is_plain = false;
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        // The text goes on behind it.
                        let _ = write!(literal, "' + [char]0x{unit:04X} + '");
                    }
                }
            }
        }
        literal.push('\'');
        Self(match is_plain {
            true => literal,
            false => format!("({literal})"),
        })
    }
}

impl fmt::Display for PowerShell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text as a value of YAML that Ansible never takes for a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Yaml(String);

impl Yaml {
    /// `!unsafe "text"`: the tag keeps Jinja away ("Unsafe or raw strings" of Ansible's guide), and
    /// between double quotes everything but printable ASCII is escaped (YAML 1.2, 5.7).
    pub fn text(text: &str) -> Self {
        let mut literal = String::from("!unsafe \"");
        for character in text.chars() {
            let code = u32::from(character);
            // Writing into a text does not fail.
            let _ = match character {
                '"' | '\\' => write!(literal, "\\{character}"),
                ' '..='~' => write!(literal, "{character}"),
                _ if code <= 0xff => write!(literal, "\\x{code:02x}"),
                _ if code <= 0xffff => write!(literal, "\\u{code:04x}"),
                _ => write!(literal, "\\U{code:08x}"),
            };
        }
        literal.push('"');
        Self(literal)
    }
}

impl fmt::Display for Yaml {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_literal_of_powershell() {
        for (text, literal) in [
            ("Contoso", "'Contoso'"),
            ("", "''"),
            (
                "O'Neill & $(calc) `n \"x\" {{ y }}",
                "'O''Neill & $(calc) `n \"x\" {{ y }}'",
            ),
            ("a\r\nb", "('a' + [char]0x000D + '' + [char]0x000A + 'b')"),
            // Typographic quotes end a literal as straight ones do.
            ("x\u{2019}; calc #", "('x' + [char]0x2019 + '; calc #')"),
            ("München", "('M' + [char]0x00FC + 'nchen')"),
            ("🔒", "('' + [char]0xD83D + '' + [char]0xDD12 + '')"),
        ] {
            assert_eq!(PowerShell::text(text).to_string(), literal);
        }
    }

    #[test]
    fn a_text_is_one_value_of_yaml() {
        for (text, literal) in [
            ("Contoso", r#"!unsafe "Contoso""#),
            ("", r#"!unsafe """#),
            (
                "{{ lookup('pipe', 'id') }}",
                r#"!unsafe "{{ lookup('pipe', 'id') }}""#,
            ),
            ("a\"b\\c: #x", r#"!unsafe "a\"b\\c: #x""#),
            ("a\nb\u{7f}\u{85}", r#"!unsafe "a\x0ab\x7f\x85""#),
            ("東京\u{2028}", r#"!unsafe "\u6771\u4eac\u2028""#),
            ("🔒", r#"!unsafe "\U0001f512""#),
        ] {
            assert_eq!(Yaml::text(text).to_string(), literal);
        }
    }
}
