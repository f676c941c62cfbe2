//! The registry values that a blob is applied with. Keys are below `HKEY_LOCAL_MACHINE`, in
//! the 64-bit view.

use core::fmt;

use super::{Direction, Effect};
use crate::registry::{
    AUTH_PROXY, DATA_COLLECTION, DEVICE_TAGGING, OFFBOARDING_VALUE, ONBOARDING_VALUE, PASSIVE_MODE,
    SENSOR, SENSOR_POLICY,
};

/// Access to trace providers, one value a provider.
const TRACE_SECURITY: &str = r"SYSTEM\CurrentControlSet\Control\WMI\Security";

/// Every key that a value here lies in.
pub const KEYS: [&str; 5] = [
    SENSOR_POLICY,
    SENSOR,
    DEVICE_TAGGING,
    DATA_COLLECTION,
    TRACE_SECURITY,
];

/// Identity of the sensor in its own key.
pub const SENSOR_GUID: &str = "senseGuid";

/// Content of `DeviceTagging\VDI` on a non-persistent desktop.
pub const VDI_TAG: &str = "NonPersistent";

/// The two trace providers.
const TRACE_PROVIDERS: [&str; 2] = [
    "14f8138e-3b61-580b-544b-2609378ae460",
    "cb2ff72d-d4e4-585d-33f9-f3a395c40be7",
];

/// A self-relative security descriptor:
/// `O:BAG:BAD:(A;;0x120fff;;;SY)(A;;0x1204e1;;;AU)`.
#[rustfmt::skip]
const TRACE_ACCESS: [u8; 100] = [
    // Revision 1; control: self-relative, access list present; offsets of owner, group,
    // (no) system list, access list.
    0x01, 0x00, 0x04, 0x80, 0x44, 0x00, 0x00, 0x00, 0x54, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00,
    // Access list of 48 bytes with two entries.
    0x02, 0x00, 0x30, 0x00, 0x02, 0x00, 0x00, 0x00,
    // Allow 0x120fff to S-1-5-18.
    0x00, 0x00, 0x14, 0x00, 0xff, 0x0f, 0x12, 0x00,
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
    // Allow 0x1204e1 to S-1-5-11.
    0x00, 0x00, 0x14, 0x00, 0xe1, 0x04, 0x12, 0x00,
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x0b, 0x00, 0x00, 0x00,
    // Owner and group S-1-5-32-544.
    0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
    0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
];

/// A value with its place.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistryValue {
    /// Key below `HKEY_LOCAL_MACHINE`.
    pub key: &'static str,
    /// Name of the value.
    pub name: &'static str,
    /// Content.
    pub data: Data,
}

/// Content of a value.
#[derive(Clone, PartialEq, Eq)]
pub enum Data {
    /// `REG_DWORD`.
    Number(u32),
    /// `REG_SZ`.
    Text(String),
    /// `REG_BINARY`.
    Bytes(&'static [u8]),
}

impl fmt::Debug for RegistryValue {
    /// Without the content, which may be a blob.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistryValue")
            .field("key", &self.key)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl RegistryValue {
    /// The policy of the antivirus' mode.
    pub fn passive_mode(passive: bool) -> Self {
        Self {
            key: SENSOR_POLICY,
            name: PASSIVE_MODE,
            data: Data::Number(u32::from(passive)),
        }
    }

    /// `DeviceTagging\VDI`.
    pub fn vdi_tag() -> Self {
        Self {
            key: DEVICE_TAGGING,
            name: "VDI",
            data: Data::Text(VDI_TAG.to_owned()),
        }
    }

    /// `senseGuid`.
    pub fn sensor_guid(guid: &str) -> Self {
        Self {
            key: SENSOR,
            name: SENSOR_GUID,
            data: Data::Text(guid.to_owned()),
        }
    }

    /// The blob of a direction.
    pub fn blob(direction: Direction, text: String) -> Self {
        Self {
            key: SENSOR_POLICY,
            name: direction.value_name(),
            data: Data::Text(text),
        }
    }
}

impl Direction {
    /// Name of its blob in the policy key.
    pub const fn value_name(self) -> &'static str {
        match self {
            Self::Onboarding => ONBOARDING_VALUE,
            Self::Offboarding => OFFBOARDING_VALUE,
        }
    }
}

impl Effect {
    /// The values with a fixed content that the effect writes.
    pub fn fixed_values(self) -> Vec<RegistryValue> {
        match self {
            Self::AllowTracing => TRACE_PROVIDERS
                .into_iter()
                .map(|name| RegistryValue {
                    key: TRACE_SECURITY,
                    name,
                    data: Data::Bytes(&TRACE_ACCESS),
                })
                .collect(),
            Self::DisableAuthProxy => vec![RegistryValue {
                key: DATA_COLLECTION,
                name: AUTH_PROXY,
                data: Data::Number(1),
            }],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_lies_in_a_key_of_the_list() {
        let mut values = vec![
            RegistryValue::passive_mode(true),
            RegistryValue::vdi_tag(),
            RegistryValue::sensor_guid(""),
            RegistryValue::blob(Direction::Onboarding, String::new()),
        ];
        values.extend(Effect::AllowTracing.fixed_values());
        values.extend(Effect::DisableAuthProxy.fixed_values());
        for value in &values {
            assert!(KEYS.contains(&value.key), "{value:?}");
        }
        for key in KEYS {
            assert!(values.iter().any(|value| value.key == key), "{key}");
        }
    }

    fn number(bytes: &[u8], at: usize, length: usize) -> usize {
        let bytes = &bytes[at..at + length];
        bytes
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    }

    /// A SID by its SDDL alias; its length in bytes.
    fn sid(bytes: &[u8]) -> (&'static str, usize) {
        assert_eq!(bytes[0], 1, "revision");
        let parts: Vec<usize> = (0..usize::from(bytes[1]))
            .map(|index| number(bytes, 8 + 4 * index, 4))
            .collect();
        assert_eq!(bytes[2..8], [0, 0, 0, 0, 0, 5], "authority of Windows");
        let alias = match parts.as_slice() {
            [18] => "SY",
            [11] => "AU",
            [32, 544] => "BA",
            other => panic!("{other:?}"),
        };
        (alias, 8 + 4 * parts.len())
    }

    /// The SDDL of a self-relative descriptor with an access list of plain entries.
    fn sddl(bytes: &[u8]) -> String {
        assert_eq!(bytes[0], 1, "revision");
        assert_eq!(number(bytes, 2, 2), 0x8004, "control");
        assert_eq!(number(bytes, 12, 4), 0, "no system list");
        let (owner, group, list) = (
            number(bytes, 4, 4),
            number(bytes, 8, 4),
            number(bytes, 16, 4),
        );
        let mut text = format!("O:{}G:{}D:", sid(&bytes[owner..]).0, sid(&bytes[group..]).0);
        let end = list + number(bytes, list + 2, 2);
        let mut at = list + 8;
        for _ in 0..number(bytes, list + 4, 2) {
            assert_eq!(bytes[at..at + 2], [0, 0], "allow, not inherited");
            let (alias, length) = sid(&bytes[at + 8..]);
            assert_eq!(number(bytes, at + 2, 2), 8 + length, "size of the entry");
            text.push_str(&format!("(A;;{:#x};;;{alias})", number(bytes, at + 4, 4)));
            at += 8 + length;
        }
        assert_eq!(at, end, "size of the list");
        text
    }

    #[test]
    fn the_descriptor_says_what_its_sddl_says() {
        assert_eq!(
            sddl(&TRACE_ACCESS),
            "O:BAG:BAD:(A;;0x120fff;;;SY)(A;;0x1204e1;;;AU)"
        );
    }

    #[test]
    fn a_value_is_shown_without_its_content() {
        let value = RegistryValue::blob(Direction::Onboarding, "secret".to_owned());
        let shown = format!("{value:?}");
        assert!(shown.contains("OnboardingInfo") && !shown.contains("secret"));
    }
}
