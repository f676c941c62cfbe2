//! File and product versions, compared as numbers.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::{NotAValue, text_by_display};

/// Up to four numbers; the missing ones are zero. `4.18.9.0` is below `4.18.10.0`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Version(pub [u32; 4]);

impl Version {
    /// A version of four numbers.
    pub const fn new(major: u32, minor: u32, build: u32, revision: u32) -> Self {
        Self([major, minor, build, revision])
    }

    /// First of the four numbers.
    pub const fn major(self) -> u32 {
        self.0[0]
    }

    /// Second of the four numbers.
    pub const fn minor(self) -> u32 {
        self.0[1]
    }

    /// Third number: the build of an operating system.
    pub const fn build(self) -> u32 {
        self.0[2]
    }

    /// Fourth number: the revision, which updates of one build raise.
    pub const fn revision(self) -> u32 {
        self.0[3]
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, build, revision] = self.0;
        write!(f, "{major}.{minor}.{build}.{revision}")
    }
}

impl FromStr for Version {
    type Err = NotAValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || NotAValue {
            found: text.to_owned(),
            expected: "a version of one to four numbers",
        };
        let mut version = [0; 4];
        for (at, part) in text.trim().split('.').enumerate() {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            let slot = version.get_mut(at).filter(|_| digits);
            *slot.ok_or_else(invalid)? = part.parse().map_err(|_| invalid())?;
        }
        Ok(Self(version))
    }
}

impl TryFrom<String> for Version {
    type Error = NotAValue;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.to_string()
    }
}

text_by_display!(Version);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_order_by_number_and_not_by_text() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert!(version("4.18.9.1") < version("4.18.10.0"));
        assert_eq!(version("4.18"), version("4.18.0.0"));
    }

    #[test]
    fn texts_that_are_no_version_are_refused() {
        for text in ["", "4..1", "1.2.3.4.5", "a.b", "-1.0", "4294967296.0"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
