//! The Settings GPO: policy values, linked as long as the sensor is there, because they
//! vanish from each server when the GPO stops applying. Values and their meaning: Microsoft's
//! documentation of the sensor's and the antivirus's policies. The machine's WinHTTP proxy alone is
//! a preference, and stays.
//!
//! Exclusions of a server role go into a GPO of their own: registry policy knows no targeting
//! below the GPO. Their values add up with those of the Settings GPO, because no record here
//! ever deletes a value.

use std::num::NonZeroU16;

use std::fmt::Write as _;

use gangway_contract::BundleId;
use gangway_contract::machine_proxy::{self, MachineProxy};
use gangway_contract::manifest::AntivirusMode;
use gangway_contract::registry::{
    ANTIVIRUS_POLICY, ANTIVIRUS_PROXY, AUTH_PROXY, DATA_COLLECTION, DEVICE_TAG, DEVICE_TAGGING,
    PASSIVE_MODE, SENSOR_POLICY, SENSOR_PROXY,
};

use super::error::GpoError;
use super::output::{GpoFiles, Purpose, RoleName, output};
use crate::gpo::DomainName;
use crate::gpo::Timestamp;
use crate::gpo::gpt_ini::Version;
use crate::gpo::preferences::registry::{RegistryPreferences, RegistryProperties};
use crate::gpo::preferences::{Item, ItemAttributes};
use crate::gpo::registry_pol::{Record, RegistryPolicy};
use crate::gpo::wmi::WmiFilter;
use crate::gpo::{Gpo, Guid, Side};
use crate::printable::without_account;

/// Longest device tag, in characters; a longer one is dropped with SENSE event 74.
const MAX_DEVICE_TAG: usize = 200;

/// Everything that the Settings GPO of one domain depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsOptions {
    /// Name of the organisation, for people.
    pub organization: String,
    /// What stands for the organisation in every GUID.
    pub identity: String,
    /// Domain that the GPO is for.
    pub domain: DomainName,
    /// Bundle that it belongs to.
    pub bundle_id: BundleId,
    /// Output time in seconds since 1970 UTC.
    pub output_time: i64,
    /// Are domain controllers in scope of the WMI filter?
    pub include_domain_controllers: bool,
    /// Version of the GPO in the SYSVOL tree and the backup.
    pub version: NonZeroU16,
    /// `Auto` writes no value: there the bootstrap decides on each server.
    pub antivirus_mode: AntivirusMode,
    /// Device tag; an empty one clears the tag of servers that have one.
    pub device_tag: Option<String>,
    /// May the service ask for file samples?
    pub sample_collection: Option<bool>,
    /// Proxies of sensor and antivirus.
    pub proxies: Proxies,
    /// Exclusions of every server.
    pub exclusions: Exclusions,
    /// Exclusions of server roles, each a GPO of its own.
    pub role_exclusions: Vec<RoleExclusions>,
}

impl SettingsOptions {
    /// The options of a config that says nothing more: no value at all, and the name stands in GUIDs,
    /// too.
    pub fn new(
        organization: String,
        domain: DomainName,
        bundle_id: BundleId,
        output_time: i64,
    ) -> Self {
        Self {
            identity: organization.clone(),
            organization,
            domain,
            bundle_id,
            output_time,
            include_domain_controllers: false,
            version: NonZeroU16::MIN,
            antivirus_mode: AntivirusMode::Auto,
            device_tag: None,
            sample_collection: None,
            proxies: Proxies::default(),
            exclusions: Exclusions::default(),
            role_exclusions: Vec::new(),
        }
    }
}

/// Proxies of sensor and antivirus.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proxies {
    /// `TelemetryProxyServer`: `host:port`, no scheme.
    pub sensor: Option<String>,
    /// `DisableEnterpriseAuthProxy`: no authenticated proxy for the sensor.
    pub disable_enterprise_auth: bool,
    /// `PreferStaticProxyForHttpRequest`: the sensor's proxy also for revocation and updates.
    pub prefer_static: bool,
    /// The machine's WinHTTP proxy.
    pub machine: Option<MachineProxy>,
    /// `ProxyServer` of the antivirus: a URL.
    pub antivirus: Option<String>,
    /// `ProxyBypass` of the antivirus.
    pub antivirus_bypass: Vec<String>,
}

/// Antivirus exclusions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exclusions {
    /// Files and folders; variables and wildcards are the antivirus's.
    pub paths: Vec<String>,
    /// File name extensions.
    pub extensions: Vec<String>,
    /// Files opened by these programs.
    pub processes: Vec<String>,
}

/// Exclusions of the servers of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleExclusions {
    /// Name of the role, which the GPO's name carries.
    pub role: RoleName,
    /// What Defender Antivirus leaves alone on those servers.
    pub exclusions: Exclusions,
}

/// Holds values of the config to what servers take, before anything is made of them.
///
/// # Errors
/// The first value that a server would ignore or misread.
pub fn check_values(
    proxies: &Proxies,
    exclusions: &Exclusions,
    roles: &[RoleExclusions],
) -> Result<(), GpoError> {
    let records = &mut Vec::new();
    proxy_records(proxies, records)?;
    exclusion_records(EXCLUSIONS, exclusions, records)?;
    let mut roles = roles.iter();
    roles.try_for_each(|role| exclusion_records(OF_ROLE, &role.exclusions, records))
}

/// Writes the Settings GPO and the exclusion GPOs of one domain; a GPO without any value is
/// left out.
///
/// # Errors
/// A value that a server would ignore or misread.
pub fn settings(options: &SettingsOptions) -> Result<Vec<GpoFiles>, GpoError> {
    let time = Timestamp::from_unix(options.output_time)?;
    let mut gpos = Vec::new();
    let records = policy(options)?.records;
    let base = Side {
        registry_policy: (!records.is_empty()).then_some(RegistryPolicy { records }),
        registry_preferences: options
            .proxies
            .machine
            .as_ref()
            .map(|proxy| machine_proxy(options, proxy, time)),
        ..Side::default()
    };
    if base != Side::default() {
        gpos.push(write(options, &Purpose::Settings, base, time)?);
    }
    let mut roles: Vec<&RoleExclusions> = options.role_exclusions.iter().collect();
    roles.sort_by_key(|role| role.role.slug());
    if let Some([first, _]) = roles
        .windows(2)
        .find(|pair| matches!(pair, [a, b] if a.role.slug() == b.role.slug()))
    {
        return Err(GpoError::Setting {
            setting: "gpo.settings.role",
            found: first.role.as_str().to_owned(),
            why: "the role is listed twice",
        });
    }
    for role in roles {
        let mut records = Vec::new();
        exclusion_records(OF_ROLE, &role.exclusions, &mut records)?;
        if !records.is_empty() {
            let purpose = Purpose::Exclusions(role.role.clone());
            let side = Side {
                registry_policy: Some(RegistryPolicy { records }),
                ..Side::default()
            };
            gpos.push(write(options, &purpose, side, time)?);
        }
    }
    Ok(gpos)
}

fn write(
    options: &SettingsOptions,
    purpose: &Purpose,
    machine: Side,
    time: Timestamp,
) -> Result<GpoFiles, GpoError> {
    let what = match purpose {
        Purpose::Exclusions(role) => format!("antivirus exclusions of role {}", role.as_str()),
        _ => "policy values of Microsoft Defender for Endpoint; keep it linked as long as the \
              sensor is there"
            .to_owned(),
    };
    let gpo = Gpo {
        id: purpose.gpo_id(&options.identity, &options.domain),
        display_name: purpose.display_name(),
        description: format!(
            "{}: {what}. Made by Gangway; change gangway.toml and build again instead of editing.",
            options.organization
        ),
        domain: options.domain.clone(),
        version: Version::of_machine(options.version),
        machine,
        wmi_filter: WmiFilter::servers(
            &options.identity,
            &options.domain,
            options.include_domain_controllers,
            time,
        ),
    };
    output(&gpo, purpose, &options.identity, &options.bundle_id, time)
}

/// The machine's WinHTTP proxy is no policy: Microsoft deploys it by a registry preference with
/// action `Update` (KB4494447). It stays when the GPO goes: without it the server may reach
/// nothing, and Windows keeps no earlier value to put back.
fn machine_proxy(
    options: &SettingsOptions,
    proxy: &MachineProxy,
    time: Timestamp,
) -> RegistryPreferences {
    let value = proxy
        .to_bytes()
        .iter()
        .fold(String::new(), |mut hex, byte| {
            // Writing into a string cannot fail.
            let _ = write!(hex, "{byte:02X}");
            hex
        });
    let properties = RegistryProperties {
        action: Some("U".to_owned()),
        display_decimal: Some(false),
        default: Some(false),
        hive: "HKEY_LOCAL_MACHINE".to_owned(),
        key: machine_proxy::KEY.to_owned(),
        name: Some(machine_proxy::VALUE.to_owned()),
        kind: Some("REG_BINARY".to_owned()),
        value: Some(value),
    };
    let attributes = ItemAttributes {
        name: machine_proxy::VALUE.to_owned(),
        // Icon of an updated binary value, as the editor writes it.
        status: Some(machine_proxy::VALUE.to_owned()),
        image: Some(17),
        changed: Some(time.changed()),
        uid: Some(Guid::derive(&[
            &options.identity,
            options.domain.as_str(),
            "item",
            machine_proxy::VALUE,
        ])),
        ..ItemAttributes::default()
    };
    RegistryPreferences::new(vec![Item::new(attributes, properties, Vec::new())])
}

/// The values of the Settings GPO, in a fixed order.
fn policy(options: &SettingsOptions) -> Result<RegistryPolicy, GpoError> {
    let mut records = Vec::new();
    match options.antivirus_mode {
        AntivirusMode::Auto => {}
        AntivirusMode::AlwaysPassive => records.push(Record::dword(SENSOR_POLICY, PASSIVE_MODE, 1)),
        AntivirusMode::NeverPassive => records.push(Record::dword(SENSOR_POLICY, PASSIVE_MODE, 0)),
    }
    if let Some(allow) = options.sample_collection {
        let number = u32::from(allow);
        records.push(Record::dword(
            SENSOR_POLICY,
            "AllowSampleCollection",
            number,
        ));
    }
    if options.proxies.prefer_static {
        let value = "PreferStaticProxyForHttpRequest";
        records.push(Record::dword(SENSOR_POLICY, value, 1));
    }
    if let Some(tag) = &options.device_tag {
        check_text("onboard.device_tag", tag)?;
        if tag.encode_utf16().count() > MAX_DEVICE_TAG {
            return Err(GpoError::Setting {
                setting: "onboard.device_tag",
                found: tag.clone(),
                why: "the sensor drops tags of more than 200 characters",
            });
        }
        records.push(Record::text(DEVICE_TAGGING, DEVICE_TAG, tag));
    }
    proxy_records(&options.proxies, &mut records)?;
    exclusion_records(EXCLUSIONS, &options.exclusions, &mut records)?;
    Ok(RegistryPolicy { records })
}

/// Proxies of sensor and antivirus, each where its service looks for it.
fn proxy_records(proxies: &Proxies, records: &mut Vec<Record>) -> Result<(), GpoError> {
    if let Some(proxy) = &proxies.sensor {
        check_host_and_port("gpo.settings.proxy.sensor", proxy)?;
        records.push(Record::text(DATA_COLLECTION, SENSOR_PROXY, proxy));
    }
    if proxies.disable_enterprise_auth {
        records.push(Record::dword(DATA_COLLECTION, AUTH_PROXY, 1));
    }
    if let Some(proxy) = &proxies.antivirus {
        let setting = "gpo.settings.proxy.antivirus";
        check_account(setting, proxy)?;
        let host = ["http://", "https://"]
            .iter()
            .find_map(|scheme| proxy.strip_prefix(scheme))
            .ok_or_else(|| GpoError::Setting {
                setting,
                found: proxy.clone(),
                why: "the antivirus needs a URL such as `http://proxy.contoso.com:8080`",
            })?;
        check_host_and_port(setting, host.strip_suffix('/').unwrap_or(host))?;
        records.push(Record::text(ANTIVIRUS_POLICY, ANTIVIRUS_PROXY, proxy));
    }
    if !proxies.antivirus_bypass.is_empty() {
        let setting = "gpo.settings.proxy.antivirus_bypass";
        for address in &proxies.antivirus_bypass {
            check_account(setting, address)?;
            check_text(setting, address)?;
            if address.is_empty() || address.contains([';', ' ']) {
                return Err(GpoError::Setting {
                    setting,
                    found: address.clone(),
                    why: "give one address per entry, without blanks and semicolons",
                });
            }
        }
        let list = proxies.antivirus_bypass.join(";");
        records.push(Record::text(ANTIVIRUS_POLICY, "ProxyBypass", &list));
    }
    Ok(())
}

/// Keys of the config for extensions, paths and processes.
type ExclusionKeys = [&'static str; 3];

const EXCLUSIONS: ExclusionKeys = [
    "gpo.settings.exclusions.extensions",
    "gpo.settings.exclusions.paths",
    "gpo.settings.exclusions.processes",
];

const OF_ROLE: ExclusionKeys = [
    "gpo.settings.role.extensions",
    "gpo.settings.role.paths",
    "gpo.settings.role.processes",
];

/// The values of the three exclusion policies: a switch, and one value per exclusion.
fn exclusion_records(
    [extensions, paths, processes]: ExclusionKeys,
    exclusions: &Exclusions,
    records: &mut Vec<Record>,
) -> Result<(), GpoError> {
    let lists = [
        (extensions, "Extensions", &exclusions.extensions),
        (paths, "Paths", &exclusions.paths),
        (processes, "Processes", &exclusions.processes),
    ];
    let key = format!(r"{ANTIVIRUS_POLICY}\Exclusions");
    for (setting, name, list) in lists {
        let mut list = list.clone();
        list.sort_by_key(|entry| entry.to_lowercase());
        list.dedup_by_key(|entry| entry.to_lowercase());
        if !list.is_empty() {
            records.push(Record::dword(&key, &format!("Exclusions_{name}"), 1));
        }
        for entry in list {
            check_text(setting, &entry)?;
            if let Some(why) = unusable_exclusion(&entry) {
                return Err(GpoError::Setting {
                    setting,
                    found: entry,
                    why,
                });
            }
            let key = format!(r"{key}\{name}");
            // The data says nothing; the policy editor writes a text `0`.
            records.push(Record::text(&key, &entry, "0"));
        }
    }
    Ok(())
}

/// The exclusions that registry policy has.
pub fn exclusions_in(policy: &RegistryPolicy) -> Exclusions {
    let of = |name: &str| {
        let key = format!(r"{ANTIVIRUS_POLICY}\Exclusions\{name}");
        let records = policy.records.iter();
        records
            .filter(|record| record.key.eq_ignore_ascii_case(&key))
            .map(|record| record.value.clone())
            .collect()
    };
    Exclusions {
        paths: of("Paths"),
        extensions: of("Extensions"),
        processes: of("Processes"),
    }
}

/// Why the antivirus would misread an exclusion, or be switched off by it.
fn unusable_exclusion(entry: &str) -> Option<&'static str> {
    let bare = entry.trim_end_matches(['\\', '*', '?', '.']);
    if entry.trim() != entry || entry.is_empty() {
        Some("an exclusion is empty or begins or ends with a blank")
    } else if entry.contains(['"', '<', '>', '|']) {
        Some("quotes and pipes are taken literally and match nothing")
    } else if entry.starts_with("**") {
        Some("`**` begins an instruction of registry policy, not a value")
    } else if bare.is_empty() || bare.ends_with(':') || bare.eq_ignore_ascii_case("%systemdrive%") {
        Some("it excludes a whole drive or everything")
    } else {
        None
    }
}

fn check_text(setting: &'static str, text: &str) -> Result<(), GpoError> {
    if text.chars().any(char::is_control) {
        return Err(GpoError::Setting {
            setting,
            found: text.escape_default().to_string(),
            why: "control characters are not allowed",
        });
    }
    Ok(())
}

/// No account in the address of a proxy: neither service takes one there, and every server could read it.
fn check_account(setting: &'static str, proxy: &str) -> Result<(), GpoError> {
    if proxy.contains('@') {
        return Err(GpoError::Setting {
            setting,
            found: without_account(proxy),
            why: "no account may stand there",
        });
    }
    Ok(())
}

/// `host:port` without a scheme, without blanks.
fn check_host_and_port(setting: &'static str, text: &str) -> Result<(), GpoError> {
    check_account(setting, text)?;
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let address = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
    let valid = text.rsplit_once(':').is_some_and(|(host, port)| {
        let host_is_valid = match host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
        {
            Some(inside) => !inside.is_empty() && inside.chars().all(address),
            None => !host.is_empty() && host.chars().all(letters),
        };
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        host_is_valid && digits && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if valid {
        Ok(())
    } else {
        Err(GpoError::Setting {
            setting,
            found: text.to_owned(),
            why: "expected host and port such as `proxy.contoso.com:8080`",
        })
    }
}
