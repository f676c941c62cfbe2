//! GUIDs as Group Policy writes them: upper case, in braces.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A GUID; shown as `{XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX}` in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(Uuid);

/// Root of all derived GUIDs: UUID v5 of the URL namespace and this name. It must never
/// change, for the identity of every GPO in the field hangs on it.
const NAMESPACE_NAME: &str = "urn:gangway:group-policy";

impl Guid {
    /// The nil GUID, which Windows tools show for "not known".
    pub const NIL: Self = Self(Uuid::nil());

    /// A constant of the file formats.
    pub(crate) const fn from_u128(value: u128) -> Self {
        Self(Uuid::from_u128(value))
    }

    /// A new one from the system's random numbers, as people write it: without braces.
    pub fn random() -> String {
        Uuid::new_v4().to_string()
    }

    /// Derives a GUID from names: the same names give the same GUID on every machine.
    ///
    /// Each name is preceded by its length, so that no two lists of names collide.
    pub fn derive(names: &[&str]) -> Self {
        let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, NAMESPACE_NAME.as_bytes());
        let mut joined = String::new();
        for name in names {
            joined.push_str(&format!("{}:{name};", name.len()));
        }
        Self(Uuid::new_v5(&namespace, joined.as_bytes()))
    }

    /// The 16 bytes in the order in which Windows stores a GUID: the first three groups
    /// little-endian (MS-DTYP 2.3.4.2).
    pub fn to_windows_bytes(self) -> [u8; 16] {
        self.0.to_bytes_le()
    }

    /// Reverses [`Guid::to_windows_bytes`].
    pub fn from_windows_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes_le(bytes))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = Uuid::encode_buffer();
        f.write_str(self.0.braced().encode_upper(&mut buffer))
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no GUID in braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a GUID in braces such as {{31B2F340-016D-11D2-945F-00C04FB984F9}}")]
pub struct InvalidGuid;

impl FromStr for Guid {
    type Err = InvalidGuid;

    /// Accepts any letter case; the braces and hyphens must stand.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let braced = text.len() == 38 && text.starts_with('{') && text.ends_with('}');
        if !braced {
            return Err(InvalidGuid);
        }
        Uuid::try_parse(text).map(Self).map_err(|_| InvalidGuid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_read_in_any_case_and_show_in_upper_case() {
        let guid: Guid = "{cc63f200-7309-4ba0-b154-a71cd118dbcc}".parse().unwrap();
        assert_eq!(guid.to_string(), "{CC63F200-7309-4BA0-B154-A71CD118DBCC}");
    }

    #[test]
    fn only_the_braced_form_is_a_guid() {
        for text in [
            "",
            "{}",
            "cc63f200-7309-4ba0-b154-a71cd118dbcc",
            "{cc63f20073094ba0b154a71cd118dbcc}",
            "{cc63f200-7309-4ba0-b154-a71cd118dbc}",
            "{cc63f200-7309-4ba0-b154-a71cd118dbcg}",
        ] {
            assert_eq!(text.parse::<Guid>(), Err(InvalidGuid), "{text}");
        }
    }

    #[test]
    fn derived_guids_are_stable_for_life() {
        // Changing this value would give every GPO in the field a new identity.
        assert_eq!(
            Guid::derive(&["Contoso", "contoso.com", "deploy"]).to_string(),
            "{087CA46F-9903-5497-A2C5-C0466E3EC092}"
        );
    }

    #[test]
    fn names_that_join_to_the_same_text_stay_apart() {
        assert_ne!(Guid::derive(&["ab", "c"]), Guid::derive(&["a", "bc"]));
    }

    #[test]
    fn windows_byte_order_round_trips() {
        let guid: Guid = "{EDACFD8F-FFB3-11D1-B41D-00A0C968F939}".parse().unwrap();
        let bytes = guid.to_windows_bytes();
        assert_eq!(bytes[..4], [0x8f, 0xfd, 0xac, 0xed]);
        assert_eq!(Guid::from_windows_bytes(bytes), guid);
    }
}
