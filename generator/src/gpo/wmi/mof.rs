//! A filter as GPMC exports and imports it: UTF-16LE with byte order mark, CRLF; also taken by
//! `mofcomp -N:root\Policy` on a domain controller.

use std::fmt::Write as _;

use super::{Query, WmiFilter};
use crate::gpo::guid::Guid;

/// Largest file that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// The file's bytes.
pub fn write_mof(filter: &WmiFilter) -> Vec<u8> {
    let mut text = String::from("\r\ninstance of MSFT_SomFilter\r\n{\r\n");
    let fields = [
        ("Author", filter.author.as_str()),
        ("ChangeDate", &filter.change_date),
        ("CreationDate", &filter.creation_date),
        ("Description", &filter.description),
        ("Domain", filter.domain.as_str()),
        ("ID", &filter.id.to_string()),
        ("Name", &filter.name),
    ]
    .map(|(name, value)| format!("\t{name} = {};\r\n", quote(value)));
    text.push_str(&fields.concat());
    let rules: Vec<String> = filter.queries.iter().map(rule).collect();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "\tRules = {{\r\n{}}};\r\n}};\r\n",
        rules.join(", \r\n")
    );
    std::iter::once(0xFEFF)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect()
}

fn rule(query: &Query) -> String {
    format!(
        "instance of MSFT_Rule\r\n{{\r\n\tQuery = {};\r\n\tQueryLanguage = \"WQL\";\r\n\
         \tTargetNameSpace = {};\r\n}}",
        quote(&query.wql),
        quote(&query.namespace)
    )
}

/// A MOF string literal (DSP0004): backslash, quote and control characters escaped.
fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other if other.is_control() => {
                let _ = write!(quoted, "\\x{:04X}", u32::from(other));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Why a file is no exported filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the MOF file is malformed: {why}")]
pub struct MalformedMof {
    /// What is wrong or missing.
    pub why: String,
}

/// Does a MOF file speak of WMI filters at all? Other programs write MOF too.
pub fn names_filter(bytes: &[u8]) -> bool {
    let encoding = encoding_rs::Encoding::for_bom(bytes).map_or(encoding_rs::UTF_8, |(e, _)| e);
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    text.to_ascii_lowercase().contains("msft_somfilter")
}

/// Reads an exported filter: UTF-16 or UTF-8, one `MSFT_SomFilter`.
///
/// # Errors
/// Names the token or the property that is wrong or missing.
pub fn read_mof(bytes: &[u8]) -> Result<WmiFilter, MalformedMof> {
    let malformed = |why: String| MalformedMof { why };
    if bytes.len() > MAX_BYTES {
        return Err(malformed(format!("more than {MAX_BYTES} bytes")));
    }
    let encoding = encoding_rs::Encoding::for_bom(bytes).map_or(encoding_rs::UTF_8, |(e, _)| e);
    let (text, had_errors) = encoding.decode_with_bom_removal(bytes);
    if had_errors {
        return Err(malformed(format!("not valid {}", encoding.name())));
    }
    let tokens = tokenize(&text)?;
    let mut reader = Tokens { tokens: &tokens };
    reader.words(&["instance", "of", "MSFT_SomFilter"])?;
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut queries = Vec::new();
    reader.symbol('{')?;
    while !reader.next_is('}') {
        let name = reader.word()?;
        reader.symbol('=')?;
        if name == "Rules" {
            queries = reader.rules()?;
        } else {
            fields.push((name, reader.string()?));
        }
        reader.symbol(';')?;
    }
    reader.symbol('}')?;
    reader.symbol(';')?;
    if !reader.tokens.is_empty() {
        return Err(malformed("more than one instance".to_owned()));
    }
    let optional = |name: &str| {
        let found = fields.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let required = |name: &str| match optional(name) {
        value if value.is_empty() => Err(malformed(format!("`{name}` is missing"))),
        value => Ok(value),
    };
    let id: Guid = required("ID")?
        .parse()
        .map_err(|error| malformed(format!("`ID`: {error}")))?;
    let domain = required("Domain")?
        .parse()
        .map_err(|error| malformed(format!("`Domain`: {error}")))?;
    Ok(WmiFilter {
        id,
        name: required("Name")?,
        description: optional("Description"),
        author: optional("Author"),
        domain,
        creation_date: optional("CreationDate"),
        change_date: optional("ChangeDate"),
        queries,
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Symbol(char),
}

fn tokenize(text: &str) -> Result<Vec<Token>, MalformedMof> {
    let mut tokens = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => tokens.push(Token::Text(read_string(&mut characters)?)),
            // Comments and directives of the compiler (DSP0004, 7.2 and annex A).
            '/' if characters.next_if_eq(&'/').is_some() => skip_line(&mut characters),
            '/' if characters.next_if_eq(&'*').is_some() => skip_comment(&mut characters)?,
            '#' => skip_line(&mut characters),
            '{' | '}' | '=' | ';' | ',' => tokens.push(Token::Symbol(character)),
            other if other.is_whitespace() => {}
            other if other.is_ascii_alphanumeric() || other == '_' => {
                let mut word = String::from(other);
                while let Some(next) =
                    characters.next_if(|next| next.is_ascii_alphanumeric() || *next == '_')
                {
                    word.push(next);
                }
                tokens.push(Token::Word(word));
            }
            other => {
                let why = format!("unexpected character `{}`", other.escape_default());
                return Err(MalformedMof { why });
            }
        }
    }
    Ok(tokens)
}

fn skip_line(characters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while characters
        .next_if(|next| !matches!(next, '\n' | '\r'))
        .is_some()
    {}
}

fn skip_comment(
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
) -> Result<(), MalformedMof> {
    while let Some(character) = characters.next() {
        if character == '*' && characters.next_if_eq(&'/').is_some() {
            return Ok(());
        }
    }
    Err(MalformedMof {
        why: "a comment has no end".to_owned(),
    })
}

/// Reads a string literal after its opening quote.
fn read_string(
    characters: &mut std::iter::Peekable<std::str::Chars<'_>>,
) -> Result<String, MalformedMof> {
    let malformed = |why: &str| MalformedMof {
        why: why.to_owned(),
    };
    let mut text = String::new();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Ok(text),
            '\\' => text.push(match characters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('x' | 'X') => {
                    let mut number = 0;
                    for _ in 0..4 {
                        let Some(digit) = characters.peek().and_then(|c| c.to_digit(16)) else {
                            break;
                        };
                        number = number * 16 + digit;
                        characters.next();
                    }
                    char::from_u32(number).ok_or(malformed("an escape names no character"))?
                }
                Some(other @ ('\\' | '"' | '\'')) => other,
                _ => return Err(malformed("an unknown escape in a string")),
            }),
            other => text.push(other),
        }
    }
    Err(malformed("a string has no end"))
}

struct Tokens<'a> {
    tokens: &'a [Token],
}

impl Tokens<'_> {
    fn take(&mut self, expected: &str) -> Result<&Token, MalformedMof> {
        let (first, rest) = self.tokens.split_first().ok_or_else(|| MalformedMof {
            why: format!("the file ends where {expected} belongs"),
        })?;
        self.tokens = rest;
        Ok(first)
    }

    fn next_is(&self, symbol: char) -> bool {
        self.tokens.first() == Some(&Token::Symbol(symbol))
    }

    fn symbol(&mut self, symbol: char) -> Result<(), MalformedMof> {
        let expected = format!("`{symbol}`");
        match self.take(&expected)? {
            Token::Symbol(found) if *found == symbol => Ok(()),
            found => Err(MalformedMof {
                why: format!("found {found:?} where {expected} belongs"),
            }),
        }
    }

    fn word(&mut self) -> Result<String, MalformedMof> {
        match self.take("a name")? {
            Token::Word(word) => Ok(word.clone()),
            found => Err(MalformedMof {
                why: format!("found {found:?} where a name belongs"),
            }),
        }
    }

    fn words(&mut self, words: &[&str]) -> Result<(), MalformedMof> {
        for word in words {
            let found = self.word()?;
            if !found.eq_ignore_ascii_case(word) {
                return Err(MalformedMof {
                    why: format!("found `{found}` where `{word}` belongs"),
                });
            }
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, MalformedMof> {
        match self.take("a string")? {
            Token::Text(text) => Ok(text.clone()),
            found => Err(MalformedMof {
                why: format!("found {found:?} where a string belongs"),
            }),
        }
    }

    fn rules(&mut self) -> Result<Vec<Query>, MalformedMof> {
        let mut queries = Vec::new();
        self.symbol('{')?;
        loop {
            self.words(&["instance", "of", "MSFT_Rule"])?;
            self.symbol('{')?;
            let mut query = Query {
                namespace: String::new(),
                wql: String::new(),
            };
            while !self.next_is('}') {
                let name = self.word()?;
                self.symbol('=')?;
                let value = self.string()?;
                match name.as_str() {
                    "Query" => query.wql = value,
                    "TargetNameSpace" => query.namespace = value,
                    _ => {}
                }
                self.symbol(';')?;
            }
            self.symbol('}')?;
            queries.push(query);
            if self.next_is(',') {
                self.symbol(',')?;
            } else {
                break;
            }
        }
        self.symbol('}')?;
        Ok(queries)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn a_filter_round_trips() {
        let mut filter = sample();
        filter.name = "a \"b\" \\ c\r\n\té日\u{1}".to_owned();
        filter.queries.push(filter.queries[0].clone());
        assert_eq!(read_mof(&write_mof(&filter)), Ok(filter));
    }

    #[test]
    fn the_file_is_utf_16_with_mark_and_crlf() {
        let bytes = write_mof(&sample());
        assert_eq!(bytes[..2], [0xFF, 0xFE]);
        let (text, _, _) = encoding_rs::UTF_16LE.decode(&bytes);
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        assert!(
            text.contains("TargetNameSpace = \"root\\\\CIMv2\";"),
            "{text}"
        );
    }

    #[test]
    fn comments_and_directives_are_passed_over() {
        let bytes = write_mof(&sample());
        let (good, _, _) = encoding_rs::UTF_16LE.decode(&bytes);
        let good = good.trim_start_matches('\u{FEFF}').to_owned();
        for before in [
            "/* a\n * \"b\" **/",
            "// instance of x\r\n",
            "#pragma namespace(\"\\\\.\\root\\Policy\")\n",
        ] {
            let text = format!("{before}{good}// end");
            assert_eq!(read_mof(text.as_bytes()), Ok(sample()), "{before}");
        }
        assert!(read_mof(format!("{good}/* no end").as_bytes()).is_err());
        assert!(read_mof(format!("/ {good}").as_bytes()).is_err());
    }

    #[test]
    fn malformed_files_are_refused() {
        let bytes = write_mof(&sample());
        let (good, _, _) = encoding_rs::UTF_16LE.decode(&bytes);
        let good = good.trim_start_matches('\u{FEFF}').to_owned();
        assert!(read_mof(good.as_bytes()).is_ok());
        for (from, to) in [
            ("MSFT_SomFilter", "MSFT_Other"),
            ("ID = \"{", "ID = \""),
            ("\tName =", "\tNome ="),
            ("};\r\n}", "}"),
            ("WQL\"", "WQL"),
            ("root\\\\", "root\\q"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            assert!(read_mof(bad.as_bytes()).is_err(), "{from}");
        }
        let twice = format!("{good}{good}");
        assert!(read_mof(twice.as_bytes()).is_err());
    }
}
