//! Turns what the machine holds (registry values, services, file versions) into facts.
//!
//! Reading only. Every place that is looked at stands here with its meaning; how it is read
//! stands behind [`Sources`]. The order of the places does not matter: no fact depends on
//! another one having been found.

mod antivirus;
pub mod places;
mod sensor;
mod windows_itself;

use gangway_contract::facts::{FeatureState, ProductType, Service};
use gangway_contract::{Fact, Facts, UtcTime, Version, daily};

use crate::machine::{BundleName, Folders};
use crate::probe::places as at;

/// Raw reads of one machine. Registry paths are below `HKEY_LOCAL_MACHINE`, 64-bit view.
pub trait Sources {
    /// The clock.
    fn now(&self) -> UtcTime;
    /// Minutes since local midnight.
    fn local_minute(&self) -> Fact<u16>;
    /// Start of Windows, and the same moment in local time as seconds of a civil calendar.
    fn boot_time(&self) -> Fact<BootTime>;
    /// Version and product type from the kernel.
    fn windows(&self) -> Fact<Windows>;
    /// A registry value below `HKLM`, with its type.
    fn value(&self, key: &str, name: &str) -> Fact<Value>;
    /// Names of the values of a key.
    fn value_names(&self, key: &str) -> Fact<Vec<String>>;
    /// Names of the keys below a key.
    fn keys(&self, key: &str) -> Fact<Vec<String>>;
    /// State and start type of a service, by its short name.
    fn service(&self, name: &str) -> Fact<Service>;
    /// File version of a program or library.
    fn file_version(&self, path: &str) -> Fact<Version>;
    /// Does the file or folder exist?
    fn exists(&self, path: &str) -> Fact<bool>;
    /// Does a named mutex exist?
    fn mutex_exists(&self, name: &str) -> Fact<bool>;
    /// NetBIOS name.
    fn name(&self) -> Fact<String>;
    /// Name with its domain.
    fn fqdn(&self) -> Fact<String>;
    /// DNS name of the Active Directory domain; absent outside one.
    fn domain(&self) -> Fact<String>;
    /// SID of the computer's account in its domain.
    fn account_sid(&self) -> Fact<String>;
    /// Of the local account domain; it stays when the computer changes its domain.
    fn machine_sid(&self) -> Fact<String>;
    /// Does this process have administrators' rights?
    fn elevated(&self) -> Fact<bool>;
    /// Does this process run as SYSTEM?
    fn as_system(&self) -> Fact<bool>;
    /// Free bytes of the volume of a path.
    fn free_bytes(&self, path: &str) -> Fact<u64>;
    /// Well-known folders.
    fn folders(&self) -> Folders;
}

/// A registry value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `REG_SZ`, `REG_EXPAND_SZ` (not expanded).
    Text(String),
    /// `REG_DWORD`, `REG_QWORD`.
    Number(u64),
    /// `REG_MULTI_SZ`.
    Texts(Vec<String>),
    /// Anything else.
    Bytes(Vec<u8>),
}

/// What the kernel says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Windows {
    /// Major, minor, build.
    pub version: Version,
    /// Workstation, domain controller or server.
    pub product_type: ProductType,
    /// Number of the service pack.
    pub service_pack: u16,
    /// Is it 64-bit x86?
    pub x64: bool,
}

/// Start of Windows in two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootTime {
    /// From the system's clock.
    pub utc: UtcTime,
    /// The local civil time, taken as if it were UTC.
    pub local: UtcTime,
}

/// Every fact of the first tier.
pub fn facts(sources: &dyn Sources, bundle: &BundleName) -> Facts {
    let mut facts = Facts::default();
    windows_itself::read(sources, &mut facts);
    sensor::read(sources, &mut facts);
    antivirus::read(sources, bundle, &mut facts);
    own(sources, bundle, &mut facts);
    facts
}

/// The state of a Windows feature in the English answer of DISM.
pub fn feature_state_of(answer: &str) -> Fact<FeatureState> {
    let state = answer
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("State"))
        .map(|(_, state)| state.trim());
    match state {
        Some("Enabled") => Fact::Value(FeatureState::Enabled),
        Some("Enable Pending") => Fact::Value(FeatureState::EnablePending),
        Some("Disabled" | "Disable Pending") => Fact::Value(FeatureState::Disabled),
        Some("Disabled with Payload Removed") => Fact::Value(FeatureState::Removed),
        Some(other) => Fact::unknown(format!("DISM says `{other}`")),
        None => Fact::unknown("DISM says nothing of a state"),
    }
}

/// Marks of this program itself.
fn own(sources: &dyn Sources, bundle: &BundleName, facts: &mut Facts) {
    facts.gangway.converged = key_exists(sources, &at::converged(&bundle.id));
    facts.gangway.sequence = number(sources, at::SEQUENCES, &at::sequence_name(bundle));
    if let Some(other) = at::other_sequence_name(bundle) {
        facts.gangway.other_sequence = number(sources, at::SEQUENCES, &other);
    }
    facts.gangway.daily_tasks = daily_tasks(sources);
    facts.gangway.policy_applies = value_exists(sources, daily::APPLIES_KEY, bundle.id.as_str());
    facts.restart.own = key_exists(sources, at::RESTART_PENDING);
}

/// Ids of the bundles whose daily task stands on the server.
fn daily_tasks(sources: &dyn Sources) -> Fact<Vec<String>> {
    sources.keys(daily::TASK_TREE_KEY).map(|names| {
        let ids = names
            .iter()
            .filter_map(|name| name.strip_prefix(daily::TASK_PREFIX));
        ids.filter(|id| id.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .map(str::to_owned)
            .collect()
    })
}

fn number(sources: &dyn Sources, key: &str, name: &str) -> Fact<u64> {
    sources.value(key, name).and_then(|value| match value {
        Value::Number(number) => Fact::Value(number),
        Value::Text(_) | Value::Texts(_) | Value::Bytes(_) => {
            Fact::unknown(format!("`{name}` is no number"))
        }
    })
}

fn number32(sources: &dyn Sources, key: &str, name: &str) -> Fact<u32> {
    number(sources, key, name).and_then(|number| match u32::try_from(number) {
        Ok(number) => Fact::Value(number),
        Err(_) => Fact::unknown(format!("`{name}` is above 32 bits")),
    })
}

fn text(sources: &dyn Sources, key: &str, name: &str) -> Fact<String> {
    sources.value(key, name).and_then(|value| match value {
        Value::Text(text) => Fact::Value(text),
        Value::Number(_) | Value::Texts(_) | Value::Bytes(_) => {
            Fact::unknown(format!("`{name}` is no text"))
        }
    })
}

fn value_exists(sources: &dyn Sources, key: &str, name: &str) -> Fact<bool> {
    exists(sources.value(key, name))
}

fn key_exists(sources: &dyn Sources, key: &str) -> Fact<bool> {
    exists(sources.keys(key))
}

fn exists<T>(fact: Fact<T>) -> Fact<bool> {
    match fact {
        Fact::Value(_) => Fact::Value(true),
        Fact::Absent => Fact::Value(false),
        Fact::Unreadable { why } => Fact::Unreadable { why },
    }
}

fn version(text: Fact<String>) -> Fact<Version> {
    text.and_then(|text| match text.parse::<Version>() {
        Ok(version) => Fact::Value(version),
        Err(error) => Fact::unknown(error.to_string()),
    })
}

/// A FILETIME stored as a number or as eight bytes.
fn filetime(sources: &dyn Sources, key: &str, name: &str) -> Fact<UtcTime> {
    sources.value(key, name).and_then(|value| {
        let filetime = match value {
            Value::Number(number) => Some(number),
            Value::Bytes(bytes) => <[u8; 8]>::try_from(bytes).ok().map(u64::from_le_bytes),
            Value::Text(text) => text.parse().ok(),
            Value::Texts(_) => None,
        };
        filetime.map_or_else(
            || Fact::unknown(format!("`{name}` is no time")),
            |filetime| Fact::Value(UtcTime::from_filetime(filetime)),
        )
    })
}

/// First of several findings: a value wins, then what could not be read.
fn any(facts: impl IntoIterator<Item = Fact<bool>>) -> Fact<bool> {
    let mut result = Fact::Value(false);
    for fact in facts {
        match fact {
            Fact::Value(true) => return Fact::Value(true),
            unreadable @ Fact::Unreadable { .. } => result = unreadable,
            Fact::Value(false) | Fact::Absent => {}
        }
    }
    result
}

/// Names of those services of a list that exist.
fn present(sources: &dyn Sources, services: &[(&str, &str)]) -> Fact<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for (service, product) in services {
        match sources.service(service) {
            Fact::Value(_) if !found.iter().any(|name| name == product) => {
                found.push((*product).to_owned());
            }
            Fact::Value(_) | Fact::Absent => {}
            Fact::Unreadable { why } => {
                return Fact::unknown(format!("service `{service}`: {why}"));
            }
        }
    }
    Fact::Value(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_dism_are_understood() {
        let answer = |state: &str| {
            format!(
                "Feature Information:\r\n\r\nFeature Name : Windows-Defender\r\nState : {state}\r\n"
            )
        };
        for (state, expected) in [
            ("Enabled", FeatureState::Enabled),
            ("Enable Pending", FeatureState::EnablePending),
            ("Disabled", FeatureState::Disabled),
            ("Disabled with Payload Removed", FeatureState::Removed),
        ] {
            assert_eq!(
                feature_state_of(&answer(state)),
                Fact::Value(expected),
                "{state}"
            );
        }
        assert!(feature_state_of(&answer("Staged")).unreadable().is_some());
        assert!(feature_state_of("").unreadable().is_some());
    }
}
