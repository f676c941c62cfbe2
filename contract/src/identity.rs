//! Identifiers that both sides compare: digests, bundle and release ids, tenants.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// SHA-256 of a whole file, shown as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Takes a digest that was computed elsewhere, for example while streaming.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 raw bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha256 {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = InvalidIdentifier {
            expected: "64 lower-case hex digits",
        };
        let mut bytes = [0; 32];
        if text.len() != 64 || !is_lower_hex(text) {
            return Err(invalid);
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            let pair = &text[index * 2..index * 2 + 2];
            *byte = u8::from_str_radix(pair, 16).map_err(|_| invalid)?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for Sha256 {
    type Error = InvalidIdentifier;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

/// A text that is not the identifier it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidIdentifier {
    expected: &'static str,
}

impl fmt::Display for InvalidIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}", self.expected)
    }
}

impl core::error::Error for InvalidIdentifier {}

fn is_lower_hex(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Declares an identifier of 32 lower-case hex digits.
macro_rules! hex_identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier of a document: the first 32 hex digits of its SHA-256.
            pub fn of_bytes(document: &[u8]) -> Self {
                let mut digits = Sha256::of(document).to_string();
                digits.truncate(32);
                Self(digits)
            }

            /// The 32 lower-case hex digits.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidIdentifier;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                if text.len() == 32 && is_lower_hex(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidIdentifier { expected: "32 lower-case hex digits" })
                }
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

hex_identifier! {
    /// Names one bundle: taken from the exact bytes of its manifest, so it is no field of it.
    BundleId
}

hex_identifier! {
    /// Names one set of payloads: taken from the payload list alone, so that a changed
    /// setting moves no payload on any server.
    ReleaseId
}

/// A Defender for Endpoint organisation (`orgId` of the onboarding blob), not the Entra
/// tenant: a GUID in lower case without braces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct OrgId(String);

impl OrgId {
    /// The GUID in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OrgId {
    type Err = InvalidIdentifier;

    /// Accepts any letter case; refuses braces and every other spelling.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        guid(text)?;
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl TryFrom<String> for OrgId {
    type Error = InvalidIdentifier;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<OrgId> for String {
    fn from(id: OrgId) -> Self {
        id.0
    }
}

/// A Log Analytics workspace: a GUID without braces, kept as it was written. Two are equal in any
/// letter case.
#[derive(Debug, Clone, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkspaceId(String);

impl WorkspaceId {
    /// The GUID as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for WorkspaceId {
    fn eq(&self, other: &Self) -> bool {
        *self == *other.0
    }
}

/// With what a server says that its agent reports to.
impl PartialEq<str> for WorkspaceId {
    fn eq(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl fmt::Display for WorkspaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for WorkspaceId {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        guid(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for WorkspaceId {
    type Error = InvalidIdentifier;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<WorkspaceId> for String {
    fn from(id: WorkspaceId) -> Self {
        id.0
    }
}

/// Whether the text is a GUID without braces, in any letter case.
fn guid(text: &str) -> Result<(), InvalidIdentifier> {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let hex = groups
        .iter()
        .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if lengths == [8, 4, 4, 4, 12] && hex {
        Ok(())
    } else {
        Err(InvalidIdentifier {
            expected: "a GUID such as 01234567-89ab-cdef-0123-456789abcdef",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_text_round_trips() {
        let digest = Sha256::of(b"abc");
        // FIPS 180-2, appendix B.1.
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.to_string(), text);
        assert_eq!(text.parse(), Ok(digest));
    }

    #[test]
    fn malformed_identifiers_are_refused() {
        for text in ["", "ab", &"g".repeat(64), &"A".repeat(64), &"é".repeat(32)] {
            assert!(text.parse::<Sha256>().is_err(), "{text}");
            assert!(BundleId::try_from(text.to_owned()).is_err(), "{text}");
            assert!(text.parse::<OrgId>().is_err(), "{text}");
            assert!(text.parse::<WorkspaceId>().is_err(), "{text}");
        }
    }

    #[test]
    fn org_ids_compare_without_case() {
        let upper: OrgId = "01234567-89AB-CDEF-0123-456789ABCDEF".parse().unwrap();
        let lower: OrgId = "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap();
        assert_eq!(upper, lower);
    }

    #[test]
    fn workspaces_compare_without_case_and_stay_as_written() {
        let written = "01234567-89AB-CDEF-0123-456789ABCDEF";
        let id: WorkspaceId = written.parse().unwrap();
        assert_eq!(id.as_str(), written);
        assert!(id == *written.to_ascii_lowercase());
        assert_eq!(Ok(id), written.to_ascii_lowercase().parse());
    }

    #[test]
    fn bundle_id_is_the_head_of_the_digest() {
        assert_eq!(
            BundleId::of_bytes(b"abc").as_str(),
            "ba7816bf8f01cfea414140de5dae2223"
        );
    }
}
