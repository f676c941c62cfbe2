//! Security identifiers (MS-DTYP 2.4.2).

use std::fmt;
use std::str::FromStr;

/// A SID: revision 1, an authority and one to fifteen sub-authorities.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid {
    authority: u64,
    count: u8,
    parts: [u32; MAX_PARTS],
}

const MAX_PARTS: usize = 15;

/// A text or bytes that are no SID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a SID such as S-1-5-18, found `{found}`")]
pub struct InvalidSid {
    /// What was found.
    pub found: String,
}

impl Sid {
    /// `SY`.
    pub const LOCAL_SYSTEM: Self = Self::well_known(&[18]);
    /// `AU`.
    pub const AUTHENTICATED_USERS: Self = Self::well_known(&[11]);
    /// `ED`.
    pub const ENTERPRISE_DOMAIN_CONTROLLERS: Self = Self::well_known(&[9]);
    /// `BA`.
    pub const BUILTIN_ADMINISTRATORS: Self = Self::well_known(&[32, 544]);

    /// A SID of the NT authority (5) with at most fifteen parts; further ones are dropped.
    const fn well_known(list: &[u32]) -> Self {
        let mut parts = [0; MAX_PARTS];
        let mut count = 0;
        while (count as usize) < list.len() && (count as usize) < MAX_PARTS {
            parts[count as usize] = list[count as usize];
            count += 1;
        }
        Self {
            authority: 5,
            count,
            parts,
        }
    }

    /// The sub-authorities.
    pub fn parts(&self) -> &[u32] {
        self.parts.get(..usize::from(self.count)).unwrap_or(&[])
    }

    /// The same SID with one more part: an account of the domain that this SID names.
    pub fn child(mut self, rid: u32) -> Option<Self> {
        let slot = self.parts.get_mut(usize::from(self.count))?;
        *slot = rid;
        self.count += 1;
        Some(self)
    }

    /// The binary form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![1, self.count];
        bytes.extend_from_slice(self.authority.to_be_bytes().get(2..).unwrap_or_default());
        for part in self.parts() {
            bytes.extend_from_slice(&part.to_le_bytes());
        }
        bytes
    }

    /// Reads a SID at the start of `bytes`; returns it and its length.
    pub fn from_bytes(bytes: &[u8]) -> Option<(Self, usize)> {
        let (&[revision, count], rest) = bytes.split_first_chunk::<2>()?;
        let (authority, rest) = rest.split_first_chunk::<6>()?;
        if revision != 1 || usize::from(count) > MAX_PARTS {
            return None;
        }
        let authority = authority
            .iter()
            .fold(0, |sum, byte| (sum << 8) | u64::from(*byte));
        let length = usize::from(count) * 4;
        let mut parts = [0; MAX_PARTS];
        let (chunks, _) = rest.get(..length)?.as_chunks::<4>();
        for (part, chunk) in parts.iter_mut().zip(chunks) {
            *part = u32::from_le_bytes(*chunk);
        }
        let sid = Self {
            authority,
            count,
            parts,
        };
        Some((sid, 8 + length))
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S-1-{}", self.authority)?;
        self.parts()
            .iter()
            .try_for_each(|part| write!(f, "-{part}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sid {
    type Err = InvalidSid;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidSid {
            found: text.chars().take(200).collect(),
        };
        let rest = text.strip_prefix("S-1-").ok_or_else(invalid)?;
        let mut numbers = rest.split('-');
        let authority: u64 = numbers
            .next()
            .and_then(|number| number.parse().ok())
            .filter(|number| *number < 1 << 48)
            .ok_or_else(invalid)?;
        let mut sid = Self {
            authority,
            count: 0,
            parts: [0; MAX_PARTS],
        };
        for number in numbers {
            let number = number.parse().map_err(|_| invalid())?;
            sid = sid.child(number).ok_or_else(invalid)?;
        }
        if sid.count == 0 {
            return Err(invalid());
        }
        Ok(sid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_bytes_round_trip() {
        for text in ["S-1-5-18", "S-1-5-21-1-2-4294967295-515", "S-1-1-0"] {
            let sid: Sid = text.parse().unwrap();
            assert_eq!(sid.to_string(), text);
            let bytes = sid.to_bytes();
            assert_eq!(Sid::from_bytes(&bytes), Some((sid, bytes.len())));
        }
    }

    #[test]
    fn malformed_sids_are_refused() {
        let long = format!("S-1-5{}", "-1".repeat(16));
        for text in ["", "S-1", "S-1-5", "S-2-5-18", "S-1-5-x", "S-1-5--1", &long] {
            assert!(text.parse::<Sid>().is_err(), "{text}");
        }
        for bytes in [
            &[][..],
            &[1, 1, 0, 0, 0, 0, 0, 5],
            &[2, 0, 0, 0, 0, 0, 0, 5],
        ] {
            assert_eq!(Sid::from_bytes(bytes), None);
        }
        let many = [&[1, 16, 0, 0, 0, 0, 0, 5][..], &[0; 64]].concat();
        assert_eq!(Sid::from_bytes(&many), None);
    }
}
