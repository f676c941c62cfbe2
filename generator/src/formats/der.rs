//! A reader for DER, the encoding of certificates and signatures.
//!
//! Own code because signatures are computed over the original bytes: every element keeps
//! them. It refuses indefinite lengths, multi-byte tags and lengths that are not minimal,
//! none of which any real signature uses. Nothing is copied and nothing recurses; callers
//! descend one level at a time.

use core::fmt;

/// Tags that this program meets.
pub mod tag {
    /// BOOLEAN, a universal tag (X.680).
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER, a universal tag (X.680).
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING, a universal tag (X.680).
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING, a universal tag (X.680).
    pub const OCTET_STRING: u8 = 0x04;
    /// NULL, a universal tag (X.680).
    pub const NULL: u8 = 0x05;
    /// OBJECT IDENTIFIER, a universal tag (X.680).
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    /// UTF8String
    pub const UTF8_STRING: u8 = 0x0c;
    /// PrintableString
    pub const PRINTABLE_STRING: u8 = 0x13;
    /// TeletexString
    pub const TELETEX_STRING: u8 = 0x14;
    /// IA5String
    pub const IA5_STRING: u8 = 0x16;
    /// UTCTime
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// BMPString
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE, a universal tag (X.680).
    pub const SEQUENCE: u8 = 0x30;
    /// SET, a universal tag (X.680).
    pub const SET: u8 = 0x31;
    /// `[0]`, primitive: its meaning depends on the structure around it.
    pub const CONTEXT_0_PRIMITIVE: u8 = 0x80;
    /// `[1]`, primitive: its meaning depends on the structure around it.
    pub const CONTEXT_1_PRIMITIVE: u8 = 0x81;
    /// `[2]`, primitive: its meaning depends on the structure around it.
    pub const CONTEXT_2_PRIMITIVE: u8 = 0x82;
    /// `[0]`, constructed
    pub const CONTEXT_0: u8 = 0xa0;
    /// `[1]`, constructed
    pub const CONTEXT_1: u8 = 0xa1;
    /// `[2]`, constructed
    pub const CONTEXT_2: u8 = 0xa2;
    /// `[3]`, constructed
    pub const CONTEXT_3: u8 = 0xa3;
}

/// What is wrong with an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DerError {
    /// An element is longer than what holds it.
    #[error("an element is cut short")]
    CutShort,
    /// A length in a form that DER forbids, or of more than 4 bytes.
    #[error("a length is not in DER form")]
    Length,
    /// A tag of several bytes.
    #[error("a tag has several bytes")]
    LongTag,
    /// Another element was needed here.
    #[error("an element has tag {found:#04x} where {expected:#04x} belongs")]
    Tag {
        /// The tag needed.
        expected: u8,
        /// The tag found.
        found: u8,
    },
    /// Bytes follow where the structure ends.
    #[error("bytes follow the end of a structure")]
    Trailing,
    /// An object identifier, integer, boolean, bit string or time with impossible content.
    #[error("{0} has an impossible value")]
    Value(&'static str),
}

/// One element: tag, content and the bytes of both.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// The tag byte.
    pub tag: u8,
    /// The content, without tag and length.
    pub value: &'a [u8],
    /// Tag, length and content, as they stand in the input.
    pub raw: &'a [u8],
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Element({:#04x}, {} bytes)", self.tag, self.value.len())
    }
}

/// Tag, length and content of an element, for whoever writes DER.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => bytes.push(short),
        _ => {
            let digits = content.len().to_be_bytes();
            let zeros = digits.iter().take_while(|digit| **digit == 0).count();
            let digits = digits.get(zeros..).unwrap_or_default();
            // At most eight.
            bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or(8));
            bytes.extend_from_slice(digits);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

/// Reads elements that stand one after the other.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Has everything been read?
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next element.
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Reads the next element.
    pub fn read(&mut self) -> Result<Element<'a>, DerError> {
        let (&tag, after_tag) = self.rest.split_first().ok_or(DerError::CutShort)?;
        if tag & 0x1f == 0x1f {
            return Err(DerError::LongTag);
        }
        let (&first, mut after_length) = after_tag.split_first().ok_or(DerError::CutShort)?;
        let length = if first < 0x80 {
            usize::from(first)
        } else {
            let count = usize::from(first & 0x7f);
            if !(1..=4).contains(&count) {
                return Err(DerError::Length);
            }
            let (digits, rest) = after_length
                .split_at_checked(count)
                .ok_or(DerError::CutShort)?;
            after_length = rest;
            let length = digits
                .iter()
                .fold(0_u64, |sum, &digit| (sum << 8) | u64::from(digit));
            let minimal = length >= 0x80 && digits.first() != Some(&0);
            if !minimal {
                return Err(DerError::Length);
            }
            usize::try_from(length).map_err(|_| DerError::Length)?
        };
        let (value, rest) = after_length
            .split_at_checked(length)
            .ok_or(DerError::CutShort)?;
        let raw_len = self.rest.len().saturating_sub(rest.len());
        let raw = self.rest.get(..raw_len).ok_or(DerError::CutShort)?;
        self.rest = rest;
        Ok(Element { tag, value, raw })
    }

    /// Reads the next element, which must have the given tag.
    pub fn expect(&mut self, expected: u8) -> Result<Element<'a>, DerError> {
        let element = self.read()?;
        if element.tag == expected {
            Ok(element)
        } else {
            Err(DerError::Tag {
                expected,
                found: element.tag,
            })
        }
    }

    /// Reads the next element if it has the given tag.
    pub fn optional(&mut self, wanted: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.peek() == Some(wanted) {
            self.read().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Opens the next element, which must be a SEQUENCE.
    pub fn sequence(&mut self) -> Result<Reader<'a>, DerError> {
        Ok(self.expect(tag::SEQUENCE)?.content())
    }

    /// Reads an object identifier.
    pub fn oid(&mut self) -> Result<String, DerError> {
        self.expect(tag::OBJECT_IDENTIFIER)?.oid()
    }

    /// Refuses bytes that nobody has read.
    pub fn finish(&self) -> Result<(), DerError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(DerError::Trailing)
        }
    }
}

impl<'a> Element<'a> {
    /// Reads the single element that `bytes` consist of.
    pub fn only(bytes: &'a [u8]) -> Result<Self, DerError> {
        let mut reader = Reader::new(bytes);
        let element = reader.read()?;
        reader.finish()?;
        Ok(element)
    }

    /// A reader over the content.
    pub fn content(&self) -> Reader<'a> {
        Reader::new(self.value)
    }

    /// The content as a dotted object identifier.
    pub fn oid(&self) -> Result<String, DerError> {
        const ERROR: DerError = DerError::Value("an object identifier");
        // The longest identifier of Authenticode has 12 bytes.
        if self.value.is_empty() || self.value.len() > 64 {
            return Err(ERROR);
        }
        let mut text = String::new();
        let mut arc = 0_u64;
        let mut first = true;
        for &byte in self.value {
            // Seven bits a byte: more than 56 gathered bits would not fit any more.
            if arc >> 56 != 0 {
                return Err(ERROR);
            }
            arc = (arc << 7) | u64::from(byte & 0x7f);
            if byte & 0x80 != 0 {
                continue;
            }
            if first {
                // The first two arcs share one number (X.690, 8.19.4).
                let top = (arc / 40).min(2);
                text = format!("{top}.{}", arc.saturating_sub(top.saturating_mul(40)));
                first = false;
            } else {
                text.push('.');
                text.push_str(&arc.to_string());
            }
            arc = 0;
        }
        match self.value.last() {
            Some(last) if last & 0x80 == 0 => Ok(text),
            _ => Err(ERROR),
        }
    }

    /// The content as a small number that is not negative.
    pub fn unsigned(&self) -> Result<u64, DerError> {
        const ERROR: DerError = DerError::Value("an integer");
        match self.value {
            [] => Err(ERROR),
            [first, ..] if first & 0x80 != 0 => Err(ERROR),
            [0, rest @ ..] | rest if rest.len() <= 8 => Ok(rest
                .iter()
                .fold(0, |sum, &byte| (sum << 8) | u64::from(byte))),
            _ => Err(ERROR),
        }
    }

    /// The content as a BOOLEAN.
    pub fn boolean(&self) -> Result<bool, DerError> {
        match self.value {
            [0] => Ok(false),
            // DER asks for FF; some certificates have 01.
            [_] => Ok(true),
            _ => Err(DerError::Value("a boolean")),
        }
    }

    /// The content of a BIT STRING with whole bytes.
    pub fn bit_string(&self) -> Result<&'a [u8], DerError> {
        match self.value {
            [0, rest @ ..] => Ok(rest),
            _ => Err(DerError::Value("a bit string")),
        }
    }

    /// The first 16 bits of a BIT STRING with named bits; bit 0 is the highest.
    pub fn named_bits(&self) -> Result<u16, DerError> {
        match self.value {
            [unused @ 0..=7, rest @ ..] if !rest.is_empty() || *unused == 0 => {
                let high = rest.first().copied().unwrap_or(0);
                let low = rest.get(1).copied().unwrap_or(0);
                Ok(u16::from_be_bytes([high, low]))
            }
            _ => Err(DerError::Value("a bit string")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(bytes: &[u8]) -> Result<Element<'_>, DerError> {
        Element::only(bytes)
    }

    #[test]
    fn lengths_are_taken_in_der_form_only() {
        let long = [&[0x04, 0x81, 0x80][..], &[7; 0x80]].concat();
        assert_eq!(element(&long).map(|e| e.value.len()), Ok(0x80));
        for (bytes, expected) in [
            (&[0x30, 0x80, 0, 0][..], DerError::Length),
            (&[0x04, 0x81, 0x01, 7], DerError::Length),
            (&[0x04, 0x82, 0x00, 0x01, 7], DerError::Length),
            (&[0x04, 0x85, 0, 0, 0, 0, 1, 7], DerError::Length),
            (&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff], DerError::CutShort),
            (&[0x04, 0x82, 0x01], DerError::CutShort),
            (&[0x04, 0x02, 7], DerError::CutShort),
            (&[0x04], DerError::CutShort),
            (&[], DerError::CutShort),
            (&[0x1f, 0x81, 0x01, 0], DerError::LongTag),
            (&[0x04, 0x01, 7, 7], DerError::Trailing),
        ] {
            assert_eq!(element(bytes), Err(expected), "{bytes:02x?}");
        }
    }

    #[test]
    fn an_object_identifier_is_shown_dotted() {
        for (bytes, expected) in [
            (&[0x06, 0x03, 0x55, 0x04, 0x03][..], Some("2.5.4.3")),
            (
                &[
                    0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04,
                ],
                Some("1.3.6.1.4.1.311.2.1.4"),
            ),
            (&[0x06, 0x02, 0x88, 0x37], Some("2.999")),
            (&[0x06, 0x00], None),
            (&[0x06, 0x02, 0x55, 0x84], None),
            (
                &[
                    0x06, 0x0b, 0x55, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
                ],
                None,
            ),
        ] {
            let oid = element(bytes).and_then(|e| e.oid());
            assert_eq!(oid.ok().as_deref(), expected, "{bytes:02x?}");
        }
    }

    #[test]
    fn an_unsigned_number_is_never_negative_nor_wider_than_64_bits() {
        assert_eq!(element(&[2, 1, 5]).and_then(|e| e.unsigned()), Ok(5));
        assert_eq!(
            element(&[2, 2, 0, 0x80]).and_then(|e| e.unsigned()),
            Ok(0x80)
        );
        let widest = [&[2, 9, 0][..], &[0xff; 8]].concat();
        assert_eq!(element(&widest).and_then(|e| e.unsigned()), Ok(u64::MAX));
        for bytes in [
            &[2, 0][..],
            &[2, 1, 0x80],
            &[2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert!(
                element(bytes).and_then(|e| e.unsigned()).is_err(),
                "{bytes:02x?}"
            );
        }
    }
}
