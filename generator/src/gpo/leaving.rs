//! What it does to servers that a policy no longer says something.
//!
//! A value of registry policy below the policy keys leaves a server at its next refresh once no GPO brings
//! it; a value of a registry preference stays, unless the item has `removePolicy` (MS-GPPREF 2.2.1.17).

use gangway_contract::daily::APPLIES_KEY;
use gangway_contract::registry::{
    ANTIVIRUS_POLICY, ANTIVIRUS_PROXY, AUTH_PROXY, DATA_COLLECTION, DEVICE_TAG, DEVICE_TAGGING,
    PASSIVE_MODE, SENSOR_POLICY, SENSOR_PROXY,
};

use std::collections::BTreeMap;

use super::preferences::registry::{RegistryPreferences, RegistryProperties};
use super::registry_pol::{self, Effect, Record, RegistryPolicy};

/// A value that one set of records brings and another one does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// Key and value, as a person writes them.
    pub place: String,
    /// Data, as a person reads it.
    pub was: String,
    /// What that does to servers.
    pub effect: &'static str,
    /// Does it end that Defender Antivirus is passive?
    pub ends_passive_mode: bool,
}

/// What is said of a server that loses its passive mode.
///
/// Source: Microsoft Learn, "Microsoft Defender Antivirus on Windows Server" (a server with another product
/// runs two active ones unless the value says otherwise); the bootstrap's own choice is
/// `contract/src/plan/onboard/passive_mode.rs`.
const PASSIVE_ENDS: &str = "Defender Antivirus is no longer held passive: it becomes active beside the \
    other product, at the latest after a restart. With `antivirus_mode = \"auto\"` the bootstrap asks for \
    passive mode again only where it finds another antivirus";

/// What is said of a preference that no policy brings any more.
pub(super) const PREFERENCE_STAYS: &str = "stays on every server that has it, for it is a preference; what \
    takes it away is done there";

/// The values and preferences that the files of a GPO bring `before` and no longer bring `after`, on the
/// computer side; and the value that makes Defender Antivirus passive, also where it is set to something
/// else. Files are named by their path below the GPO's folder, with `/`. One that cannot be read brings
/// nothing, for clients pass it over as a whole (MS-GPREG 3.2.5.1).
pub fn leaving(
    before: &BTreeMap<String, Vec<u8>>,
    after: &BTreeMap<String, Vec<u8>>,
) -> Vec<Leaving> {
    let mut found = values(&policy_of(before), &policy_of(after));
    let after = items_of(after);
    let stays = items_of(before).into_iter().filter(|item| {
        let same = |other: &RegistryProperties| place_of(other) == place_of(item);
        !after.iter().any(same)
    });
    found.extend(stays.map(|item| Leaving {
        place: place_of(&item),
        was: format!("preference {}", item.value.unwrap_or_default()),
        effect: PREFERENCE_STAYS,
        ends_passive_mode: false,
    }));
    found
}

fn file<'a>(files: &'a BTreeMap<String, Vec<u8>>, wanted: &str) -> Option<&'a [u8]> {
    let mut files = files.iter();
    let (_, bytes) = files.find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
    Some(bytes)
}

fn policy_of(files: &BTreeMap<String, Vec<u8>>) -> RegistryPolicy {
    let bytes = file(files, &format!("Machine/{}", registry_pol::FILE_NAME));
    let read = bytes.and_then(|bytes| RegistryPolicy::read(bytes).ok());
    read.unwrap_or_default()
}

/// Registry preferences that stay when the GPO goes.
fn items_of(files: &BTreeMap<String, Vec<u8>>) -> Vec<RegistryProperties> {
    let bytes = file(files, "Machine/Preferences/Registry/Registry.xml");
    let read = bytes.and_then(|bytes| RegistryPreferences::read(bytes).ok());
    let items = read.map_or_else(Vec::new, |file| file.all_items());
    items
        .into_iter()
        .filter(|item| item.attributes.remove_policy != Some(true))
        .map(|item| item.properties)
        .collect()
}

fn place_of(item: &RegistryProperties) -> String {
    let name = item.name.as_deref().unwrap_or_default();
    format!(r"{}\{}\{name}", item.hive, item.key)
}

/// The values that `before` sets and `after` no longer does, in the order of `before`; and the one that
/// makes Defender Antivirus passive, also where it is set to something else.
fn values(before: &RegistryPolicy, after: &RegistryPolicy) -> Vec<Leaving> {
    let mut found: Vec<Leaving> = Vec::new();
    for record in &before.records {
        let Effect::Set(value) = record.effect() else {
            continue;
        };
        let is_last = last_set(before, &record.key, value) == Some(record);
        // The mark of a bundle, which another one takes the place of.
        if !is_last || record.key.eq_ignore_ascii_case(APPLIES_KEY) {
            continue;
        }
        let now = last_set(after, &record.key, value);
        let ends_passive_mode = is_passive(record) && !now.is_some_and(is_passive);
        if now.is_none() || ends_passive_mode {
            found.push(Leaving {
                place: format!(r"{}\{value}", record.key),
                was: record.to_string(),
                effect: when_gone(record),
                ends_passive_mode,
            });
        }
    }
    found
}

/// The last record of a value wins, as on a client.
fn last_set<'a>(policy: &'a RegistryPolicy, key: &str, value: &str) -> Option<&'a Record> {
    let mut records = policy.records.iter().rev();
    records.find(|record| {
        let is_named =
            matches!(record.effect(), Effect::Set(name) if name.eq_ignore_ascii_case(value));
        is_named && record.key.eq_ignore_ascii_case(key)
    })
}

fn is(record: &Record, key: &str, value: &str) -> bool {
    record.key.eq_ignore_ascii_case(key) && record.value.eq_ignore_ascii_case(value)
}

pub(super) fn is_passive(record: &Record) -> bool {
    is(record, SENSOR_POLICY, PASSIVE_MODE) && record.number() == Some(1)
}

/// What servers do when no policy brings this value any more.
pub(super) fn when_gone(record: &Record) -> &'static str {
    let exclusions = format!(r"{ANTIVIRUS_POLICY}\Exclusions");
    let begins = record.key.get(..exclusions.len());
    if is_passive(record) {
        PASSIVE_ENDS
    } else if is(record, SENSOR_POLICY, PASSIVE_MODE) {
        "Defender Antivirus is no longer told to be active; with `antivirus_mode = \"auto\"` the \
         bootstrap makes it passive where it finds another antivirus"
    } else if begins.is_some_and(|key| key.eq_ignore_ascii_case(&exclusions)) {
        "leaves at the next refresh: Defender Antivirus no longer leaves it out"
    } else if is(record, DEVICE_TAGGING, DEVICE_TAG) {
        "the value leaves at the next refresh, and the portal keeps the tag, which only an empty one \
         clears (`device_tag = \"\"`)"
    } else if is(record, DATA_COLLECTION, SENSOR_PROXY) {
        "leaves at the next refresh: the sensor goes without this proxy, and is silent where that is the \
         only way"
    } else if is(record, ANTIVIRUS_POLICY, ANTIVIRUS_PROXY) {
        "leaves at the next refresh: Defender Antivirus goes without this proxy, and gets no updates where \
         that is the only way"
    } else if is(record, DATA_COLLECTION, AUTH_PROXY) {
        "leaves at the next refresh: a proxy that asks for a password is asked as the user again"
    } else if record.key.eq_ignore_ascii_case(APPLIES_KEY) {
        "leaves at the next refresh: the daily task of that bundle then ends itself"
    } else if record.key.eq_ignore_ascii_case(SENSOR_POLICY) {
        "leaves at the next refresh: the sensor's own choice counts again"
    } else {
        "leaves at the next refresh"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(records: &[Record]) -> RegistryPolicy {
        let records = records.to_vec();
        RegistryPolicy { records }
    }

    #[test]
    fn a_value_leaves_when_nothing_sets_it_any_more() {
        let sample = |number| Record::dword(SENSOR_POLICY, "AllowSampleCollection", number);
        let passive = |number| Record::dword(SENSOR_POLICY, PASSIVE_MODE, number);
        let deleted = Record::text(SENSOR_POLICY, "**del.ForceDefenderPassiveMode", " ");
        let lower = Record::dword(
            &SENSOR_POLICY.to_lowercase(),
            &PASSIVE_MODE.to_lowercase(),
            1,
        );
        for (before, after, left, ends) in [
            (vec![sample(1)], vec![sample(1)], 0, false),
            (vec![sample(1)], vec![sample(0)], 0, false),
            (vec![sample(1)], vec![], 1, false),
            (vec![passive(1)], vec![], 1, true),
            (vec![passive(1)], vec![passive(0)], 1, true),
            (vec![passive(1)], vec![passive(1)], 0, false),
            (vec![passive(1)], vec![lower.clone()], 0, false),
            (vec![lower], vec![], 1, true),
            (vec![passive(0)], vec![], 1, false),
            (vec![passive(0)], vec![passive(1)], 0, false),
            // The last one counts.
            (vec![passive(1), passive(0)], vec![], 1, false),
            (vec![passive(1)], vec![passive(0), passive(1)], 0, false),
            (vec![passive(1)], vec![deleted], 1, true),
            (vec![Record::dword(APPLIES_KEY, "ab", 1)], vec![], 0, false),
        ] {
            let found = values(&policy(&before), &policy(&after));
            assert_eq!(found.len(), left, "{before:?} {after:?}");
            let found = found.iter().any(|one| one.ends_passive_mode);
            assert_eq!(found, ends, "{before:?} {after:?}");
        }
    }

    #[test]
    fn each_value_of_ours_says_what_it_did() {
        let paths = format!(r"{ANTIVIRUS_POLICY}\Exclusions\Paths");
        for (record, told) in [
            (
                Record::dword(SENSOR_POLICY, PASSIVE_MODE, 1),
                "becomes active beside",
            ),
            (
                Record::dword(SENSOR_POLICY, PASSIVE_MODE, 0),
                "no longer told to be active",
            ),
            (
                Record::text(&paths, r"D:\Data", "0"),
                "no longer leaves it out",
            ),
            (
                Record::text(DEVICE_TAGGING, DEVICE_TAG, "x"),
                "keeps the tag",
            ),
            (
                Record::text(DATA_COLLECTION, SENSOR_PROXY, "p:1"),
                "the sensor goes without",
            ),
            (
                Record::text(ANTIVIRUS_POLICY, ANTIVIRUS_PROXY, "http://p"),
                "gets no updates",
            ),
            (
                Record::dword(DATA_COLLECTION, AUTH_PROXY, 1),
                "asks for a password",
            ),
            (
                Record::dword(SENSOR_POLICY, "AllowSampleCollection", 1),
                "own choice",
            ),
        ] {
            assert!(when_gone(&record).contains(told), "{record}");
        }
    }
}
