//! Distinguished names.

use crate::formats::der::{DerError, Element, Reader, tag};
use crate::printable::deceives;

/// More parts than any real name has.
const MAX_PARTS: usize = 64;
/// Longer than any real part; RFC 5280 stops at 64 characters for most.
const MAX_VALUE_BYTES: usize = 1024;

const ORGANIZATION: &str = "2.5.4.10";

/// A distinguished name.
///
/// Equality is that of the encoded bytes: the rule by which chains are built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    raw: Vec<u8>,
    parts: Vec<(String, String)>,
}

impl Name {
    /// Reads a `Name`, a SEQUENCE of SETs of type and value.
    pub fn parse(element: &Element<'_>) -> Result<Self, DerError> {
        let mut parts = Vec::new();
        let mut sets = element.content();
        while !sets.is_empty() {
            let mut set = sets.expect(tag::SET)?.content();
            while !set.is_empty() {
                let mut pair = set.sequence()?;
                let oid = pair.oid()?;
                let value = text(&pair.read()?);
                pair.finish()?;
                if parts.len() >= MAX_PARTS {
                    return Err(DerError::Value("a name"));
                }
                parts.push((oid, value));
            }
        }
        Ok(Self {
            raw: element.raw.to_vec(),
            parts,
        })
    }

    /// The encoded name.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Common name; the last one when there are several, as it is the most specific.
    pub fn common_name(&self) -> Option<&str> {
        self.last("2.5.4.3")
    }

    /// Organisation.
    pub fn organization(&self) -> Option<&str> {
        self.last(ORGANIZATION)
    }

    /// Town.
    pub fn locality(&self) -> Option<&str> {
        self.last("2.5.4.7")
    }

    /// State or province.
    pub fn state(&self) -> Option<&str> {
        self.last("2.5.4.8")
    }

    /// Country, two letters.
    pub fn country(&self) -> Option<&str> {
        self.last("2.5.4.6")
    }

    /// Is this the organisation, and no other beside it?
    pub fn is_of(&self, organization: &str) -> bool {
        let mut named = self
            .parts
            .iter()
            .filter(|(kind, _)| kind == ORGANIZATION)
            .peekable();
        named.peek().is_some() && named.all(|(_, value)| value == organization)
    }

    fn last(&self, oid: &str) -> Option<&str> {
        let found = self.parts.iter().rev().find(|(kind, _)| kind == oid);
        found.map(|(_, value)| value.as_str())
    }
}

/// `CN=…, O=…, C=US`: most specific part first, special characters escaped, characters that
/// would deceive a reader of the text written as `\u{…}`.
impl core::fmt::Display for Name {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (index, (oid, value)) in self.parts.iter().rev().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            f.write_str(short(oid).unwrap_or(oid))?;
            f.write_str("=")?;
            for character in value.chars() {
                match character {
                    ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => write!(f, "\\{character}")?,
                    _ if deceives(character) => write!(f, "{}", character.escape_unicode())?,
                    _ => write!(f, "{character}")?,
                }
            }
        }
        Ok(())
    }
}

fn short(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "S",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "E",
        _ => return None,
    })
}

/// A DirectoryString as text; what cannot be decoded is replaced, as it is only shown.
fn text(element: &Element<'_>) -> String {
    let bytes = element
        .value
        .get(..element.value.len().min(MAX_VALUE_BYTES))
        .unwrap_or_default();
    match element.tag {
        tag::BMP_STRING => {
            let units: Vec<u16> = bytes
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            String::from_utf16_lossy(&units)
        }
        // Teletex strings are Latin-1 in practice.
        tag::TELETEX_STRING => bytes.iter().map(|&byte| char::from(byte)).collect(),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Reads the name that `bytes` consist of.
impl TryFrom<&[u8]> for Name {
    type Error = DerError;

    fn try_from(bytes: &[u8]) -> Result<Self, DerError> {
        let mut reader = Reader::new(bytes);
        let element = reader.expect(tag::SEQUENCE)?;
        reader.finish()?;
        Self::parse(&element)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).expect("a short element");
        [&[tag, length][..], content].concat()
    }

    fn part(last_arc: u8, string_tag: u8, value: &[u8]) -> Vec<u8> {
        let oid = wrap(tag::OBJECT_IDENTIFIER, &[0x55, 0x04, last_arc]);
        let pair = [oid, wrap(string_tag, value)].concat();
        wrap(tag::SET, &wrap(tag::SEQUENCE, &pair))
    }

    fn name(parts: &[Vec<u8>]) -> Name {
        let encoded = wrap(tag::SEQUENCE, &parts.concat());
        Name::try_from(encoded.as_slice()).expect("a well-formed name")
    }

    #[test]
    fn the_most_specific_part_is_shown_first() {
        let name = name(&[
            part(6, tag::PRINTABLE_STRING, b"US"),
            part(10, tag::UTF8_STRING, b"Contoso, Ltd."),
            part(3, tag::BMP_STRING, &[0, b'R', 0, b'o', 0, b'o', 0, b't']),
        ]);
        assert_eq!(name.to_string(), r"CN=Root, O=Contoso\, Ltd., C=US");
        assert_eq!(name.common_name(), Some("Root"));
        assert_eq!(name.organization(), Some("Contoso, Ltd."));
    }

    #[test]
    fn an_organisation_beside_another_is_not_the_one() {
        const O: u8 = 10;
        let contoso = || part(O, tag::UTF8_STRING, b"Contoso");
        for (parts, is_of) in [
            (vec![contoso()], true),
            (vec![contoso(), contoso()], true),
            (
                vec![contoso(), part(O, tag::UTF8_STRING, b"Fabrikam")],
                false,
            ),
            (
                vec![part(O, tag::UTF8_STRING, b"Fabrikam"), contoso()],
                false,
            ),
            (vec![part(O, tag::UTF8_STRING, b"contoso")], false),
            (vec![part(3, tag::UTF8_STRING, b"Contoso")], false),
            (vec![], false),
        ] {
            assert_eq!(name(&parts).is_of("Contoso"), is_of, "{parts:?}");
        }
    }

    #[test]
    fn a_value_cannot_imitate_another_part_or_turn_the_text_around() {
        let name = name(&[part(
            3,
            tag::UTF8_STRING,
            "x, O=Microsoft\u{202e}\n".as_bytes(),
        )]);
        assert_eq!(name.to_string(), r"CN=x\, O\=Microsoft\u{202e}\u{a}");
        assert_eq!(name.organization(), None);
    }
}
