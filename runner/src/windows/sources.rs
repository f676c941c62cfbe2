//! Raw reads for the probe.

use gangway_contract::facts::Service;
use gangway_contract::{Fact, UtcTime, Version};

use super::{clock, identity, mutex, registry, services, system, token, version_info};
use crate::failure::{Failure, FailureKind};
use crate::machine::Folders;
use crate::probe::{BootTime, Sources, Value, Windows};

/// The facts of the machine that this program runs on, asked from Windows.
pub(super) struct ThisMachine;

impl Sources for ThisMachine {
    fn now(&self) -> UtcTime {
        clock::now()
    }

    fn local_minute(&self) -> Fact<u16> {
        Fact::Value(clock::local_minute())
    }

    fn boot_time(&self) -> Fact<BootTime> {
        clock::boot_time()
    }

    fn windows(&self) -> Fact<Windows> {
        system::windows()
    }

    fn value(&self, key: &str, name: &str) -> Fact<Value> {
        registry::value(key, name)
    }

    fn value_names(&self, key: &str) -> Fact<Vec<String>> {
        registry::value_names(key)
    }

    fn keys(&self, key: &str) -> Fact<Vec<String>> {
        registry::keys(key)
    }

    fn service(&self, name: &str) -> Fact<Service> {
        services::query(name)
    }

    fn file_version(&self, path: &str) -> Fact<Version> {
        version_info::file_version(path)
    }

    fn exists(&self, path: &str) -> Fact<bool> {
        match std::fs::symlink_metadata(path) {
            Ok(_) => Fact::Value(true),
            Err(error) => {
                let code = error
                    .raw_os_error()
                    .and_then(|code| u32::try_from(code).ok());
                let failure = Failure::new(format!("look at `{path}`"), code.unwrap_or(0));
                if failure.kind == FailureKind::NotFound {
                    Fact::Value(false)
                } else {
                    Fact::unknown(failure.to_string())
                }
            }
        }
    }

    fn mutex_exists(&self, name: &str) -> Fact<bool> {
        match mutex::is_held(name) {
            Ok(held) => Fact::Value(held),
            Err(failure) => Fact::unknown(failure.to_string()),
        }
    }

    fn name(&self) -> Fact<String> {
        system::name()
    }

    fn fqdn(&self) -> Fact<String> {
        system::fqdn()
    }

    fn domain(&self) -> Fact<String> {
        identity::domain()
    }

    fn account_sid(&self) -> Fact<String> {
        identity::account_sid()
    }

    fn machine_sid(&self) -> Fact<String> {
        identity::machine_sid()
    }

    fn elevated(&self) -> Fact<bool> {
        token::elevated()
    }

    fn as_system(&self) -> Fact<bool> {
        /// The account `SYSTEM`, a well-known SID.
        const SYSTEM: &str = "S-1-5-18";
        match token::own_account() {
            Ok(sid) => Fact::Value(sid == SYSTEM),
            Err(failure) => Fact::unknown(failure.to_string()),
        }
    }

    fn free_bytes(&self, path: &str) -> Fact<u64> {
        system::free_bytes(path)
    }

    fn folders(&self) -> Folders {
        system::folders()
    }
}
