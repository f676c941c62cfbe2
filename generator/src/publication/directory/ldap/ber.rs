//! BER as LDAP uses it (RFC 4511, section 5.1): tags of one byte, definite lengths. Servers of
//! Active Directory write lengths longer than needed, which DER would forbid.

pub(super) use crate::formats::der::element;

/// Largest length that is read, in bytes of its digits.
const MAX_DIGITS: usize = 4;

/// Tags that this program meets.
pub(super) mod tag {
    pub(in super::super) const BOOLEAN: u8 = 0x01;
    pub(in super::super) const INTEGER: u8 = 0x02;
    pub(in super::super) const OCTET_STRING: u8 = 0x04;
    pub(in super::super) const ENUMERATED: u8 = 0x0a;
    pub(in super::super) const SEQUENCE: u8 = 0x30;
    pub(in super::super) const SET: u8 = 0x31;
}

/// Bytes that are no BER, or not what belongs in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// An element of others.
pub(super) fn group(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// An OCTET STRING, as LDAP has its strings (RFC 4511 5.1).
pub(super) fn text(text: &str) -> Vec<u8> {
    element(tag::OCTET_STRING, text.as_bytes())
}

/// A number that is not negative.
pub(super) fn number(tag: u8, value: u32) -> Vec<u8> {
    let digits = value.to_be_bytes();
    let zeros = digits.iter().take(3).take_while(|digit| **digit == 0);
    let mut content = digits.get(zeros.count()..).unwrap_or_default().to_vec();
    if content.first().is_some_and(|digit| *digit >= 0x80) {
        content.insert(0, 0);
    }
    element(tag, &content)
}

/// Elements that stand one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next element: its tag and its content; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u8, &'a [u8])>, Malformed> {
        let Some((&tag, rest)) = self.rest.split_first() else {
            return Ok(None);
        };
        let (&first, rest) = rest.split_first().ok_or(Malformed)?;
        let (digits, rest) = rest.split_at_checked(digits(first)?).ok_or(Malformed)?;
        let length = length(first, digits);
        let (content, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(Some((tag, content)))
    }

    /// The next element, which has to have this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.next()? {
            Some((found, content)) if found == tag => Ok(content),
            _ => Err(Malformed),
        }
    }

    /// The next element as a number of at most 32 bits that is not negative.
    pub(super) fn number(&mut self, tag: u8) -> Result<u32, Malformed> {
        let content = self.expect(tag)?;
        let digits = content.strip_prefix(&[0]).unwrap_or(content);
        let negative = content.first().is_none_or(|digit| *digit >= 0x80);
        if negative || digits.len() > 4 {
            return Err(Malformed);
        }
        Ok(length(0x80, digits).try_into().unwrap_or(u32::MAX))
    }
}

/// How many bytes of length follow the first.
pub(super) fn digits(first: u8) -> Result<usize, Malformed> {
    match usize::from(first & 0x7f) {
        _ if first < 0x80 => Ok(0),
        count @ 1..=MAX_DIGITS => Ok(count),
        _ => Err(Malformed),
    }
}

/// The length that these bytes say.
pub(super) fn length(first: u8, digits: &[u8]) -> usize {
    if first < 0x80 {
        return usize::from(first);
    }
    digits
        .iter()
        .fold(0, |sum, digit| sum << 8 | usize::from(*digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for size in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; size];
            let bytes = element(tag::OCTET_STRING, &content);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.expect(tag::OCTET_STRING), Ok(&content[..]));
            assert_eq!(reader.next(), Ok(None));
        }
        for value in [0, 1, 127, 128, 255, 256, u32::MAX] {
            let bytes = number(tag::INTEGER, value);
            assert_eq!(Reader::new(&bytes).number(tag::INTEGER), Ok(value));
        }
        assert_eq!(number(tag::INTEGER, 128), [2, 2, 0, 128]);
    }

    #[test]
    fn lengths_as_active_directory_writes_them_are_read() {
        let bytes = [0x04, 0x84, 0, 0, 0, 1, b'x'];
        assert_eq!(Reader::new(&bytes).expect(0x04), Ok(&b"x"[..]));
    }

    #[test]
    fn what_is_cut_or_without_an_end_is_refused() {
        for bytes in [
            &[0x30][..],
            &[0x30, 0x02, 0x00],
            &[0x30, 0x80, 0x00, 0x00],
            &[0x30, 0x85, 0, 0, 0, 0, 1, 0],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0],
        ] {
            assert_eq!(Reader::new(bytes).next(), Err(Malformed), "{bytes:?}");
        }
    }
}
