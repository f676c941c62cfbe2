//! A system in memory that facts are read from.

use std::collections::BTreeMap;

use crate::rows::ORG;
use gangway_contract::facts::{ProductType, Service};
use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, Fact, Facts, UtcTime, Version};
use gangway_runner::machine::{BundleName, Folders};
use gangway_runner::probe::{self, BootTime, Sources, Value, Windows};

/// The system. Names of keys, values, services and files do not depend on case.
#[derive(Default)]
pub(crate) struct System {
    values: BTreeMap<(String, String), Fact<Value>>,
    keys: Vec<String>,
    services: BTreeMap<String, Fact<Service>>,
    files: BTreeMap<String, Version>,
    mutexes: Vec<String>,
}

impl System {
    pub(crate) fn value(mut self, key: &str, name: &str, value: Value) -> Self {
        let at = (key.to_lowercase(), name.to_lowercase());
        self.values.insert(at, Fact::Value(value));
        self.key(key)
    }

    pub(crate) fn unreadable(mut self, key: &str, name: &str) -> Self {
        let at = (key.to_lowercase(), name.to_lowercase());
        self.values.insert(at, Fact::unknown("access denied"));
        self.key(key)
    }

    pub(crate) fn key(mut self, key: &str) -> Self {
        self.keys.push(key.to_owned());
        self
    }

    pub(crate) fn with_service(mut self, name: &str, service: Service) -> Self {
        self.services
            .insert(name.to_lowercase(), Fact::Value(service));
        self
    }

    pub(crate) fn file(mut self, path: &str, version: Version) -> Self {
        self.files.insert(path.to_lowercase(), version);
        self
    }

    pub(crate) fn facts(&self) -> Facts {
        probe::facts(self, &bundle())
    }

    #[track_caller]
    pub(crate) fn fact(&self, name: &str) -> String {
        let lines = self.facts().lines();
        let found = lines.into_iter().find(|(fact, _)| fact == name);
        found.expect("a fact of this name").1
    }
}

impl Sources for System {
    fn now(&self) -> UtcTime {
        UtcTime(1_770_000_000)
    }

    fn local_minute(&self) -> Fact<u16> {
        Fact::Value(600)
    }

    fn boot_time(&self) -> Fact<BootTime> {
        Fact::Value(BootTime {
            utc: "2026-02-01T07:15:30Z".parse().expect("a time"),
            local: "2026-02-01T08:15:30Z".parse().expect("a time"),
        })
    }

    fn windows(&self) -> Fact<Windows> {
        Fact::Value(Windows {
            version: Version::new(10, 0, 14393, 0),
            product_type: ProductType::Server,
            service_pack: 0,
            x64: true,
        })
    }

    fn value(&self, key: &str, name: &str) -> Fact<Value> {
        let at = (key.to_lowercase(), name.to_lowercase());
        self.values.get(&at).cloned().unwrap_or(Fact::Absent)
    }

    fn value_names(&self, key: &str) -> Fact<Vec<String>> {
        let key = key.to_lowercase();
        let names: Vec<String> = self
            .values
            .keys()
            .filter(|(of, _)| *of == key)
            .map(|(_, name)| name.clone())
            .collect();
        match self.keys(&key) {
            Fact::Value(_) => Fact::Value(names),
            _ => Fact::Absent,
        }
    }

    fn keys(&self, key: &str) -> Fact<Vec<String>> {
        let key = key.to_lowercase();
        let inside = format!("{key}\\");
        let lower = |name: &&String| name.to_lowercase();
        let exists = self
            .keys
            .iter()
            .any(|name| lower(&name) == key || lower(&name).starts_with(&inside));
        if !exists {
            return Fact::Absent;
        }
        let mut names: Vec<String> = self
            .keys
            .iter()
            .filter(|name| lower(name).starts_with(&inside))
            .filter_map(|name| name.get(inside.len()..)?.split('\\').next())
            .map(str::to_owned)
            .collect();
        names.dedup();
        Fact::Value(names)
    }

    fn service(&self, name: &str) -> Fact<Service> {
        let found = self.services.get(&name.to_lowercase());
        found.cloned().unwrap_or(Fact::Absent)
    }

    fn file_version(&self, path: &str) -> Fact<Version> {
        match self.files.get(&path.to_lowercase()) {
            Some(version) => Fact::Value(*version),
            None => Fact::Absent,
        }
    }

    fn exists(&self, path: &str) -> Fact<bool> {
        Fact::Value(self.files.contains_key(&path.to_lowercase()))
    }

    fn mutex_exists(&self, name: &str) -> Fact<bool> {
        Fact::Value(self.mutexes.iter().any(|held| held == name))
    }

    fn name(&self) -> Fact<String> {
        Fact::Value("SRV01".to_owned())
    }

    fn fqdn(&self) -> Fact<String> {
        Fact::Value("srv01.contoso.com".to_owned())
    }

    fn domain(&self) -> Fact<String> {
        Fact::Value("contoso.com".to_owned())
    }

    fn account_sid(&self) -> Fact<String> {
        Fact::unknown("no domain controller")
    }

    fn machine_sid(&self) -> Fact<String> {
        Fact::Value("S-1-5-21-1-2-3".to_owned())
    }

    fn elevated(&self) -> Fact<bool> {
        Fact::Value(true)
    }

    fn as_system(&self) -> Fact<bool> {
        Fact::Value(true)
    }

    fn free_bytes(&self, _path: &str) -> Fact<u64> {
        Fact::Value(1 << 33)
    }

    fn folders(&self) -> Folders {
        Folders {
            system: r"C:\Windows\System32".to_owned(),
            program_files: r"C:\Program Files".to_owned(),
            program_data: r"C:\ProgramData".to_owned(),
        }
    }
}

pub(crate) fn bundle() -> BundleName {
    BundleName {
        id: BundleId::of_bytes(b"manifest"),
        org_id: ORG.parse().expect("a GUID"),
        mode: Mode::Onboard,
        other_antivirus: vec!["ContosoShield".to_owned(), "sense".to_owned()],
    }
}
