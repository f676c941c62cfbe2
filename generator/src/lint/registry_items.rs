//! Registry preferences: hive, key, type and value in the forms that the editor writes. What a client
//! makes of others is written nowhere, so they are warnings.
//!
//! Source: MS-GPPREF 2.2.1.17 (the hives and types), and real files (a DWORD as eight hex digits).

use super::items::of_item;
use super::policy_keys::{name_fault, place_fault};
use crate::gpo::codes;
use crate::gpo::found::{FoundFile, FoundGpo};
use crate::gpo::preferences::registry::RegistryProperties;
use crate::problem::Problem;

/// The types of `winnt.h`.
const TYPES: [&str; 12] = [
    "REG_NONE",
    "REG_SZ",
    "REG_EXPAND_SZ",
    "REG_BINARY",
    "REG_DWORD",
    "REG_DWORD_LITTLE_ENDIAN",
    "REG_DWORD_BIG_ENDIAN",
    "REG_LINK",
    "REG_MULTI_SZ",
    "REG_RESOURCE_LIST",
    "REG_QWORD",
    "REG_QWORD_LITTLE_ENDIAN",
];

pub(super) fn check(gpo: &FoundGpo, problems: &mut Vec<Problem>) {
    for (_, side) in gpo.sides() {
        let Some(FoundFile { path, content }) = &side.registry else {
            continue;
        };
        for item in content.applied_items() {
            let faults = faults(&item.properties).into_iter();
            problems.extend(faults.map(|why| {
                of_item(
                    &codes::REGISTRY_ITEM,
                    path,
                    &item.attributes,
                    why,
                    "write it as the policy editor does",
                )
            }));
        }
    }
}

fn faults(properties: &RegistryProperties) -> Vec<String> {
    let mut faults = Vec::new();
    faults.extend(place_fault(&properties.hive, &properties.key));
    faults.extend(properties.name.as_deref().and_then(name_fault));
    let action = properties.action.as_deref().unwrap_or("U");
    if !["C", "R", "U", "D"].contains(&action) {
        faults.push(format!(
            "`{action}` is no action: it is `C`, `R`, `U` or `D`"
        ));
    }
    let kind = properties.kind.as_deref().unwrap_or_default();
    if !kind.is_empty() && !TYPES.contains(&kind) {
        faults.push(format!("`{kind}` is no type of the registry"));
    }
    let value = properties.value.as_deref().unwrap_or_default();
    // A preference variable; and what is deleted has no value.
    if action != "D" && !value.is_empty() && !value.contains('%') {
        faults.extend(value_fault(kind, value));
    }
    faults
}

fn value_fault(kind: &str, value: &str) -> Option<String> {
    let is_hex = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    match kind {
        "REG_DWORD" if !(is_hex && value.len() == 8) => Some(format!(
            "`{value}` is no DWORD: it is eight hex digits, such as `0000000A` for ten"
        )),
        "REG_QWORD" if !(is_hex && value.len() <= 16) => Some(format!(
            "`{value}` is no QWORD: it is at most sixteen hex digits"
        )),
        "REG_BINARY" if !(is_hex && value.len().is_multiple_of(2)) => Some(format!(
            "`{value}` is no binary value: it is two hex digits a byte"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_held_to_what_the_editor_writes() {
        let good = RegistryProperties {
            action: Some("U".to_owned()),
            hive: "HKEY_LOCAL_MACHINE".to_owned(),
            key: r"SOFTWARE\Contoso".to_owned(),
            name: Some("a".to_owned()),
            kind: Some("REG_DWORD".to_owned()),
            value: Some("0000000A".to_owned()),
            ..RegistryProperties::default()
        };
        assert_eq!(faults(&good), [""; 0]);
        let text = |text: &str| Some(text.to_owned());
        for (what, changed) in [
            (
                "hive",
                RegistryProperties {
                    hive: "HKLM".to_owned(),
                    ..good.clone()
                },
            ),
            (
                "begins with a hive",
                RegistryProperties {
                    key: r"HKLM\a".to_owned(),
                    ..good.clone()
                },
            ),
            (
                "backslash",
                RegistryProperties {
                    key: r"\a".to_owned(),
                    ..good.clone()
                },
            ),
            (
                "action",
                RegistryProperties {
                    action: text("Update"),
                    ..good.clone()
                },
            ),
            (
                "type",
                RegistryProperties {
                    kind: text("DWORD"),
                    ..good.clone()
                },
            ),
            (
                "DWORD",
                RegistryProperties {
                    value: text("10"),
                    ..good.clone()
                },
            ),
            (
                "QWORD",
                RegistryProperties {
                    kind: text("REG_QWORD"),
                    value: text("xyz"),
                    ..good.clone()
                },
            ),
            (
                "is empty",
                RegistryProperties {
                    key: String::new(),
                    ..good.clone()
                },
            ),
            (
                "two backslashes",
                RegistryProperties {
                    key: r"SOFTWARE\\a".to_owned(),
                    ..good.clone()
                },
            ),
            (
                "binary",
                RegistryProperties {
                    kind: text("REG_BINARY"),
                    value: text("0x00"),
                    ..good.clone()
                },
            ),
        ] {
            let found = faults(&changed);
            assert!(
                matches!(found.as_slice(), [one] if one.contains(what)),
                "{what}: {found:?}"
            );
        }
        for sound in [
            RegistryProperties {
                value: text("%Number%"),
                ..good.clone()
            },
            RegistryProperties {
                action: text("D"),
                value: text("10"),
                ..good.clone()
            },
            RegistryProperties {
                kind: None,
                value: None,
                ..good.clone()
            },
        ] {
            assert_eq!(faults(&sound), [""; 0]);
        }
    }
}
