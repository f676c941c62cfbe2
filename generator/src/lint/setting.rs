//! The registry values that a GPO sets, by policy or by preference.

use std::collections::HashMap;

use gangway_contract::registry::{
    ANTIVIRUS_POLICY, DATA_COLLECTION, OFFBOARDING_VALUE, ONBOARDING_VALUE, SENSOR_POLICY,
};

use crate::gpo::found::{FoundFile, FoundGpo, FoundSide};
use crate::gpo::registry_pol::{Effect, Record, kind};

/// A value that a GPO sets, from either source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    /// File that sets it.
    pub(super) path: String,
    /// `HKLM` or `HKCU` and key, lower case.
    pub(super) key: String,
    /// Value name, lower case.
    pub(super) name: String,
    /// Value name as written.
    pub(super) shown: String,
    /// Registry type.
    pub(super) kind: Option<u32>,
    /// Number, when it is one.
    pub(super) number: Option<u64>,
    /// Text, when it is one.
    pub(super) text: Option<String>,
}

impl Setting {
    /// Key and name: what a value is found by.
    pub(super) fn place(&self) -> (&str, &str) {
        (&self.key, &self.name)
    }

    /// Does a policy of the sensor or of the antivirus lie there?
    pub(super) fn is_defender(&self) -> bool {
        let of_machine = self.below_machine();
        [SENSOR_POLICY, ANTIVIRUS_POLICY]
            .iter()
            .any(|key| of_machine.starts_with(&key.to_lowercase()))
            || self.is_in(DATA_COLLECTION)
    }

    /// Is it a value of this key of the machine?
    pub(super) fn is_in(&self, key: &str) -> bool {
        self.below_machine().eq_ignore_ascii_case(key)
    }

    pub(super) fn is(&self, key: &str, name: &str) -> bool {
        self.is_in(key) && self.name == name.to_lowercase()
    }

    /// The key below `HKLM`, lower case; empty for a user's.
    pub(super) fn below_machine(&self) -> &str {
        self.key.strip_prefix(r"hklm\").unwrap_or_default()
    }

    /// Does it put an onboarding (true) or offboarding (false) blob in place?
    pub(super) fn onboards(&self) -> Option<bool> {
        if self.is(SENSOR_POLICY, ONBOARDING_VALUE) {
            Some(true)
        } else if self.is(SENSOR_POLICY, OFFBOARDING_VALUE) {
            Some(false)
        } else {
            None
        }
    }
}

/// Every value that a GPO sets.
pub(super) fn settings(gpo: &FoundGpo) -> Vec<Setting> {
    let mut settings = Vec::new();
    for (hive, (_, side)) in ["hklm", "hkcu"].into_iter().zip(gpo.sides()) {
        if let Some(FoundFile { path, content }) = &side.policy {
            settings.extend(from_policy(path, hive, &content.records));
        }
        settings.extend(from_preferences(side));
    }
    settings
}

/// The values that are there once all records of a policy have had their turn: a later one wins.
fn from_policy(path: &str, hive: &str, records: &[Record]) -> Vec<Setting> {
    // By key and name, each with the place of its record: a policy may hold a million.
    let mut values: HashMap<String, HashMap<String, (usize, Setting)>> = HashMap::new();
    for (place, record) in records.iter().enumerate() {
        let key = format!(r"{hive}\{}", record.key.to_lowercase());
        let in_key = values.entry(key.clone()).or_default();
        let effect = record.effect();
        match effect {
            Effect::Delete(name) => {
                in_key.remove(&name.to_lowercase());
            }
            Effect::DeleteAllValues => in_key.clear(),
            Effect::DeleteValues => {
                let names = record.string().unwrap_or_default().to_lowercase();
                for name in names.split(';') {
                    in_key.remove(name);
                }
            }
            Effect::Set(name) | Effect::SetIfAbsent(name) => {
                let setting = Setting {
                    path: path.to_owned(),
                    key,
                    name: name.to_lowercase(),
                    shown: name.to_owned(),
                    kind: Some(record.kind),
                    number: record.number(),
                    text: record.string(),
                };
                let is_kept = matches!(effect, Effect::SetIfAbsent(_));
                if !(is_kept && in_key.contains_key(&setting.name)) {
                    in_key.insert(setting.name.clone(), (place, setting));
                }
            }
            Effect::DeleteKeys | Effect::SecureKey | Effect::CreateKey => {}
        }
    }
    let mut left: Vec<(usize, Setting)> = values
        .into_values()
        .flat_map(HashMap::into_values)
        .collect();
    left.sort_unstable_by_key(|(place, _)| *place);
    left.into_iter().map(|(_, setting)| setting).collect()
}

fn from_preferences(side: &FoundSide) -> Vec<Setting> {
    let Some(FoundFile { path, content }) = &side.registry else {
        return Vec::new();
    };
    let items = content.applied_items().into_iter();
    items
        .filter_map(|item| {
            let properties = item.properties;
            let name = properties.name?;
            if properties.action.as_deref() == Some("D") {
                return None;
            }
            let hive = match properties.hive.as_str() {
                "HKEY_LOCAL_MACHINE" => "hklm",
                "HKEY_CURRENT_USER" => "hkcu",
                other => other,
            };
            let value = properties.value.unwrap_or_default();
            let (kind, number) = match properties.kind.as_deref() {
                Some("REG_DWORD") => (
                    Some(kind::DWORD),
                    u32::from_str_radix(&value, 16).ok().map(u64::from),
                ),
                Some("REG_QWORD") => (Some(kind::QWORD), u64::from_str_radix(&value, 16).ok()),
                Some("REG_SZ") => (Some(kind::SZ), None),
                Some("REG_EXPAND_SZ") => (Some(kind::EXPAND_SZ), None),
                Some("REG_MULTI_SZ") => (Some(kind::MULTI_SZ), None),
                Some("REG_BINARY") => (Some(kind::BINARY), None),
                _ => (None, None),
            };
            let is_text = matches!(kind, Some(kind::SZ | kind::EXPAND_SZ));
            Some(Setting {
                path: path.clone(),
                key: format!(r"{hive}\{}", properties.key.to_lowercase()),
                name: name.to_lowercase(),
                shown: name,
                kind,
                number,
                text: is_text.then_some(value),
            })
        })
        .collect()
}
