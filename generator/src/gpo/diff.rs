//! Difference of two sets of GPOs, policy setting by policy setting: what a reviewer asks before
//! a change request is signed.
//!
//! GPOs are matched by GUID, else by name. Times and item uids are left out: they follow the
//! bundle id and say nothing.

use std::collections::BTreeMap;

use super::found::{Found, FoundFile, FoundGpo, FoundSide, Origin};
use super::leaving::{PREFERENCE_STAYS, is_passive, when_gone};
use super::preferences::{PreferenceFile, Properties};
use super::registry_pol::{Effect, RegistryPolicy};
use super::xml::{Element, Node};

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// Name of the GPO.
    pub gpo: String,
    /// Where in the GPO, in words an administrator knows.
    pub setting: String,
    /// Before; none when it was absent.
    pub old: Option<String>,
    /// After; none when it is absent.
    pub new: Option<String>,
    /// What it does to servers that the old value is gone; none where that is not known.
    pub effect: Option<&'static str>,
}

/// Settings of one GPO by their place.
#[derive(Debug, Default)]
struct Settings {
    values: BTreeMap<String, String>,
    effects: BTreeMap<String, Effects>,
}

/// What it does to servers when a value goes.
#[derive(Debug, Clone, Copy)]
struct Effects {
    text: &'static str,
    /// Also when another value comes in its place?
    of_any_other: bool,
}

impl Settings {
    fn insert(&mut self, place: String, value: String) {
        self.values.insert(place, value);
    }

    /// What it does that a value is not what it was any more.
    fn effect(&self, place: &str, new: Option<&String>) -> Option<&'static str> {
        let effects = self.effects.get(place)?;
        (new.is_none() || effects.of_any_other).then_some(effects.text)
    }
}

/// The side of a GPO that ours have.
const SIDE: &str = "computer";

/// Element of a registry preference (MS-GPPREF 2.2.1.17).
const REGISTRY_ITEM: &str = "Registry";

/// Lists every setting that differs, sorted by GPO and place.
pub fn diff(old: &Found, new: &Found) -> Vec<Change> {
    let before = flatten(old);
    let after = flatten(new);
    let keys: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut changes = Vec::new();
    let nothing = (String::new(), Settings::default());
    for key in keys {
        let (old_name, old_settings) = before.get(key).unwrap_or(&nothing);
        let (new_name, new) = after.get(key).unwrap_or(&nothing);
        let (old, new) = (&old_settings.values, &new.values);
        let gpo = if new_name.is_empty() {
            old_name
        } else {
            new_name
        };
        let places: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for place in places {
            let (old, new) = (old.get(place), new.get(place));
            if old != new {
                changes.push(Change {
                    gpo: gpo.clone(),
                    setting: place.clone(),
                    old: old.cloned(),
                    new: new.cloned(),
                    effect: old_settings.effect(place, new),
                });
            }
        }
    }
    changes
}

/// GPOs and WMI filters by identity. A bundle holds each GPO twice; the backup says more.
fn flatten(found: &Found) -> BTreeMap<String, (String, Settings)> {
    let mut all = BTreeMap::new();
    for gpo in &found.gpos {
        let twin = found.gpos.iter().any(|other| {
            matches!(gpo.origin, Origin::Sysvol { .. })
                && matches!(other.origin, Origin::Backup { .. })
                && gpo.is_same_gpo(other)
        });
        if !twin {
            let key = gpo.id().map_or_else(|| gpo.name(), |id| id.to_string());
            all.insert(key, (gpo.name(), settings(gpo)));
        }
    }
    for filter in &found.filters {
        let key = filter
            .id
            .map_or_else(|| filter.place.clone(), |id| id.to_string());
        let mut settings = Settings::default();
        if let Some(name) = &filter.name {
            settings.insert("name".to_owned(), name.clone());
        }
        for (index, query) in filter.queries.iter().flatten().enumerate() {
            let text = format!("{}: {}", query.namespace, query.wql);
            settings.insert(format!("query {}", index + 1), text);
        }
        all.entry(format!("wmi {key}"))
            .or_insert(("WMI filter".to_owned(), settings));
    }
    all
}

fn settings(gpo: &FoundGpo) -> Settings {
    let mut settings = Settings::default();
    if let Some(document) = gpo.document() {
        let status = match document.options {
            0 => "both sides on".to_owned(),
            1 => "user side off".to_owned(),
            2 => "computer side off".to_owned(),
            3 => "all off".to_owned(),
            other => other.to_string(),
        };
        settings.insert("name".to_owned(), document.display_name.clone());
        settings.insert("domain".to_owned(), document.domain.clone());
        settings.insert("status".to_owned(), status);
        for (place, value) in [
            ("computer extensions", Some(&document.machine_extensions)),
            ("user extensions", Some(&document.user_extensions)),
            ("WMI filter", document.wmi_filter_name.as_ref()),
        ] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                settings.insert(place.to_owned(), value.clone());
            }
        }
    }
    if let Some(description) = &gpo.description {
        settings.insert("comment".to_owned(), description.clone());
    }
    for (name, side) in gpo.sides() {
        flatten_side(name, side, &mut settings);
    }
    for (path, digest) in &gpo.digests {
        settings.insert(format!("file {path}"), digest.to_string());
    }
    settings
}

fn flatten_side(name: &str, side: &FoundSide, settings: &mut Settings) {
    if let Some(FoundFile { content, .. }) = &side.policy {
        flatten_policy(name, content, settings);
    }
    flatten_preferences(&format!("{name} task"), side.tasks.as_ref(), settings);
    flatten_preferences(
        &format!("{name} registry item"),
        side.registry.as_ref(),
        settings,
    );
    flatten_preferences(&format!("{name} file item"), side.files.as_ref(), settings);
    flatten_preferences(
        &format!("{name} folder item"),
        side.folders.as_ref(),
        settings,
    );
    for FoundFile { path, content } in &side.other_preferences {
        let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
        flatten_element(&format!("{name} {file}"), content, settings);
    }
}

/// The last record of a value wins, as on a client.
fn flatten_policy(name: &str, policy: &RegistryPolicy, settings: &mut Settings) {
    for record in &policy.records {
        let (value, text) = match record.effect() {
            Effect::Set(value) => (value, record.to_string()),
            Effect::SetIfAbsent(value) => (value, format!("if absent {record}")),
            Effect::Delete(value) => (value, "deleted".to_owned()),
            Effect::DeleteAllValues => ("*", "all values deleted".to_owned()),
            Effect::CreateKey => ("", "key".to_owned()),
            Effect::DeleteValues | Effect::DeleteKeys | Effect::SecureKey => {
                (record.value.as_str(), record.to_string())
            }
        };
        let place = format!(r"{name} policy {}\{value}", record.key);
        if let (Effect::Set(_), SIDE) = (record.effect(), name) {
            let effects = Effects {
                text: when_gone(record),
                of_any_other: is_passive(record),
            };
            settings.effects.insert(place.clone(), effects);
        }
        settings.insert(place, text);
    }
}

fn flatten_preferences<P: Properties>(
    kind: &str,
    file: Option<&FoundFile<PreferenceFile<P>>>,
    settings: &mut Settings,
) {
    let Some(FoundFile { content, .. }) = file else {
        return;
    };
    if content.disabled == Some(true) {
        settings.insert(format!("{kind}s"), "switched off".to_owned());
    }
    for item in content.all_items() {
        let element = item.write();
        let place = format!("{kind} `{}` {}", item.attributes.name, element.name);
        let place = unused(&place, settings);
        flatten_element(&place, &element, settings);
        if element.name == REGISTRY_ITEM && item.attributes.remove_policy != Some(true) {
            let effects = Effects {
                text: PREFERENCE_STAYS,
                of_any_other: false,
            };
            settings.effects.insert(format!("{place}/@name"), effects);
        }
    }
}

/// The place, numbered when items share a name.
fn unused(place: &str, settings: &Settings) -> String {
    let taken = |place: &str| {
        let prefix = format!("{place}/");
        settings
            .values
            .range(prefix.clone()..)
            .next()
            .is_some_and(|(key, _)| key.starts_with(&prefix))
    };
    if !taken(place) {
        return place.to_owned();
    }
    (2..)
        .map(|number| format!("{place} #{number}"))
        .find(|place| !taken(place))
        .unwrap_or_else(|| place.to_owned())
}

/// Attributes that follow the bundle or the editor, not what the item does.
const VOLATILE: [&str; 4] = ["changed", "uid", "clsid", "image"];

/// Every attribute and text of an element, by its place; siblings of one name are numbered.
fn flatten_element(place: &str, element: &Element, settings: &mut Settings) {
    for (name, value) in &element.attributes {
        if !VOLATILE.contains(&name.as_str()) {
            settings.insert(format!("{place}/@{name}"), value.clone());
        }
    }
    let mut text = String::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for child in &element.children {
        match child {
            Node::Element(child) => {
                let count = counts.entry(child.name.as_str()).or_default();
                *count += 1;
                let place = match count {
                    1 => format!("{place}/{}", child.name),
                    number => format!("{place}/{}[{number}]", child.name),
                };
                flatten_element(&place, child, settings);
            }
            Node::Text(part) | Node::CData(part) => text.push_str(part),
        }
    }
    if counts.is_empty() && !text.is_empty() {
        settings.insert(place.to_owned(), text);
    }
}
