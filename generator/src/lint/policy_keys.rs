//! `registry.pol` as a client reads it: the form of keys, values that are written twice, and
//! names that nobody reads.

use std::collections::{BTreeMap, BTreeSet};

use gangway_contract::registry::{
    ANTIVIRUS_OFF, ANTIVIRUS_POLICY, ANTIVIRUS_PROXY, AUTH_PROXY, DATA_COLLECTION,
    ONBOARDING_VALUE, PASSIVE_MODE, SENSOR_POLICY, SENSOR_PROXY,
};

use super::setting::{Setting, settings};
use crate::gpo::codes;
use crate::gpo::found::{FoundFile, FoundGpo};
use crate::gpo::registry_pol::{Effect, Record, kind};
use crate::problem::Problem;

/// What a key begins with when somebody wrote the hive into it, lower case.
const HIVES: [&str; 10] = [
    "hklm",
    "hkey_local_machine",
    "hkcu",
    "hkey_current_user",
    "hku",
    "hkey_users",
    "hkcr",
    "hkey_classes_root",
    "hkcc",
    "hkey_current_config",
];

/// Does a key begin with a hive, as registry editors, PowerShell's drives and its provider write it?
fn begins_with_hive(key: &str) -> bool {
    let lower = key.to_lowercase();
    let bare = lower.strip_prefix("registry::").unwrap_or(&lower);
    let bare = bare.strip_prefix(r"computer\").unwrap_or(bare);
    let first = bare.split('\\').next().unwrap_or_default();
    HIVES.contains(&first.trim_end_matches(':'))
}

/// The hives as preferences name them (MS-GPPREF 2.2.1.17).
const LONG_NAMES: [&str; 5] = [
    "HKEY_CLASSES_ROOT",
    "HKEY_CURRENT_CONFIG",
    "HKEY_CURRENT_USER",
    "HKEY_LOCAL_MACHINE",
    "HKEY_USERS",
];

/// What is wrong with hive and key of a preference item or of a filter.
pub(super) fn place_fault(hive: &str, key: &str) -> Option<String> {
    if LONG_NAMES.contains(&hive) {
        key_fault(key)
    } else {
        Some(format!(
            "`{hive}` is no hive: it is spelled as `HKEY_LOCAL_MACHINE`"
        ))
    }
}

/// Longest name of a key and of a value, in UTF-16 units (Microsoft, "Registry element size limits").
const MAX_KEY: usize = 255;
const MAX_VALUE: usize = 16_383;

/// What is wrong with a key below its hive.
fn key_fault(key: &str) -> Option<String> {
    let shown = short(key);
    let is_long = |part: &str| part.encode_utf16().count() > MAX_KEY;
    if key.is_empty() {
        Some("the key is empty".to_owned())
    } else if begins_with_hive(key) {
        Some(format!("the key `{shown}` begins with a hive"))
    } else if key.starts_with('\\') || key.ends_with('\\') {
        Some(format!("the key `{shown}` begins or ends with a backslash"))
    } else if key.contains(r"\\") {
        Some(format!("the key `{shown}` has two backslashes in a row"))
    } else if key.split('\\').any(is_long) {
        Some(format!(
            "a part of the key `{shown}` has more than {MAX_KEY} characters"
        ))
    } else {
        None
    }
}

/// What is wrong with the name of a value.
pub(super) fn name_fault(name: &str) -> Option<String> {
    let length = name.encode_utf16().count();
    (length > MAX_VALUE).then(|| {
        format!(
            "the value's name `{}` has {length} characters, and the registry takes {MAX_VALUE}",
            short(name)
        )
    })
}

/// The first characters of a text that may have thousands.
fn short(text: &str) -> String {
    const SHOWN: usize = 80;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Values that the sensor, the antivirus and telemetry are documented to read, by key (Microsoft's
/// policy templates `WindowsDefender.admx` and `DataCollection.admx`, and the deployment pages of
/// Defender for Endpoint). Only keys that admins write by hand.
const READ: [(&str, &[&str]); 3] = [
    (
        SENSOR_POLICY,
        &[
            PASSIVE_MODE,
            "AllowSampleCollection",
            "PreferStaticProxyForHttpRequest",
            ONBOARDING_VALUE,
        ],
    ),
    (
        ANTIVIRUS_POLICY,
        &[
            ANTIVIRUS_OFF[0],
            ANTIVIRUS_OFF[1],
            "DisableLocalAdminMerge",
            "DisableRoutinelyTakingAction",
            "HideExclusionsFromLocalAdmins",
            "HideExclusionsFromLocalUsers",
            "PUAProtection",
            "ProxyBypass",
            "ProxyPacUrl",
            ANTIVIRUS_PROXY,
            "RandomizeScheduleTaskTimes",
            "SchedulerRandomizationTime",
            "ServiceKeepAlive",
            "AllowFastServiceStartup",
        ],
    ),
    (
        DATA_COLLECTION,
        &[SENSOR_PROXY, AUTH_PROXY, "AllowTelemetry"],
    ),
];

pub(super) fn check(gpo: &FoundGpo, problems: &mut Vec<Problem>) {
    for (_, side) in gpo.sides() {
        if let Some(FoundFile { path, content }) = &side.policy {
            keys(path, &content.records, problems);
            values(path, &content.records, problems);
            duplicates(path, &content.records, problems);
        }
    }
    for setting in settings(gpo) {
        misspelt(&setting, problems);
    }
}

fn keys(path: &str, records: &[Record], problems: &mut Vec<Problem>) {
    let keys: BTreeSet<&str> = records.iter().map(|record| record.key.as_str()).collect();
    for why in keys.into_iter().filter_map(key_fault) {
        problems.push(Problem::new(
            &codes::POLICY_KEY,
            path,
            why,
            "write the key from `SOFTWARE` or `SYSTEM` on",
        ));
    }
}

/// Values whose name or data the registry or their readers do not take.
fn values(path: &str, records: &[Record], problems: &mut Vec<Problem>) {
    for record in records {
        let (Effect::Set(name) | Effect::SetIfAbsent(name)) = record.effect() else {
            continue;
        };
        if let Some(why) = name_fault(name) {
            let next = "give the value a shorter name";
            problems.push(
                Problem::new(&codes::POLICY_KEY, path, why, next).with_evidence(record.key.clone()),
            );
        }
        if let Some(expected) = data_fault(record) {
            let why = format!(
                "`{}` has {} bytes, and its type {expected}",
                short(name),
                record.data.len()
            );
            let next = "set the value again in the policy editor";
            problems.push(
                Problem::new(&codes::REGISTRY_DATA, path, why, next)
                    .with_evidence(record.key.clone()),
            );
        }
    }
}

/// What a record's type has, where its data is another.
fn data_fault(record: &Record) -> Option<&'static str> {
    let length = record.data.len();
    match record.kind {
        kind::DWORD if length != 4 => Some("four"),
        kind::QWORD if length != 8 => Some("eight"),
        kind::SZ | kind::EXPAND_SZ | kind::MULTI_SZ if !length.is_multiple_of(2) => {
            Some("two for each character")
        }
        _ => None,
    }
}

fn duplicates(path: &str, records: &[Record], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<(String, String), &Record> = BTreeMap::new();
    for record in records {
        let Effect::Set(name) = record.effect() else {
            continue;
        };
        let place = (record.key.to_lowercase(), name.to_lowercase());
        if let Some(earlier) = seen.insert(place, record)
            && (earlier.kind, &earlier.data) != (record.kind, &record.data)
        {
            problems.push(
                Problem::new(
                    &codes::DUPLICATE_VALUE,
                    path,
                    format!("`{name}` is set twice, and not to the same"),
                    "keep the record that is meant",
                )
                .with_evidence(record.key.clone()),
            );
        }
    }
}

fn misspelt(setting: &Setting, problems: &mut Vec<Problem>) {
    let known = READ.iter().find(|(key, _)| setting.is_in(key));
    let Some((_, names)) = known else {
        return;
    };
    let shown = setting.shown.as_str();
    if names.iter().any(|name| name.eq_ignore_ascii_case(shown)) {
        return;
    }
    if let Some(meant) = names.iter().find(|name| is_near(shown, name)) {
        problems.push(
            Problem::new(
                &codes::MISSPELT_VALUE,
                &setting.path,
                format!("`{shown}` is close to `{meant}`, which is the name that is read"),
                "write the name that is read, or remove the value",
            )
            .with_evidence(format!(r"{}\{shown}", setting.key)),
        );
    }
}

/// Two letters wrong at most, or words left out.
fn is_near(shown: &str, known: &str) -> bool {
    let typed = shown.to_lowercase();
    if strsim::osa_distance(&typed, &known.to_lowercase()) <= 2 {
        return true;
    }
    let (shown, known) = (words(shown), words(known));
    let mut rest = known.iter();
    shown.len() > 1 && shown.iter().all(|word| rest.any(|other| other == word))
}

/// The words of a name in capitals and small letters.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for character in name.chars() {
        match words.last_mut() {
            Some(word) if !character.is_uppercase() => word.push(character),
            _ => words.push(character.to_string()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_that_the_registry_takes() {
        let long = format!(r"SOFTWARE\{}", "k".repeat(256));
        let longest = format!(r"SOFTWARE\{}\{}", "k".repeat(255), "k".repeat(255));
        for (key, is_fault) in [
            (r"SOFTWARE\A", false),
            (r"SOFTWARE/A", false),
            (longest.as_str(), false),
            (long.as_str(), true),
            (r"SOFTWARE\A\\B", true),
            (r"\SOFTWARE\A", true),
            ("", true),
        ] {
            assert_eq!(key_fault(key).is_some(), is_fault, "{key}");
        }
        assert_eq!(name_fault(&"v".repeat(16_383)), None);
        assert!(name_fault(&"v".repeat(16_384)).is_some_and(|why| why.len() < 200));
    }

    #[test]
    fn data_has_the_length_of_its_type() {
        for (kind, length, is_fault) in [
            (kind::DWORD, 4, false),
            (kind::DWORD, 2, true),
            (kind::QWORD, 8, false),
            (kind::QWORD, 4, true),
            (kind::SZ, 0, false),
            (kind::SZ, 1, true),
            (kind::MULTI_SZ, 3, true),
            (kind::BINARY, 3, false),
        ] {
            let record = Record {
                key: r"SOFTWARE\A".to_owned(),
                value: "v".to_owned(),
                kind,
                data: vec![0; length],
            };
            assert_eq!(data_fault(&record).is_some(), is_fault, "{kind}, {length}");
        }
    }

    #[test]
    fn a_name_is_near_by_letters_or_by_words() {
        for (shown, wanted) in [
            ("ForcePassiveMode", true),
            ("ForceDefenderPasiveMode", true),
            ("ForceDefenderPassivMode", true),
            ("PassiveMode", true),
            ("Mode", false),
            ("latency", false),
            ("DisableEdr", false),
        ] {
            let near = is_near(shown, PASSIVE_MODE);
            assert_eq!(near, wanted, "{shown}");
        }
    }
}
