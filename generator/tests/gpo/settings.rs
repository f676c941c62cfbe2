//! The Settings GPO and the exclusion GPOs.

use gangway::gpo::preferences::registry::RegistryPreferences;
use gangway::gpo::registry_pol::{Record, RegistryPolicy};
use gangway::gpo::{DomainName, GpoFile};
use gangway::policies::{Exclusions, GpoFiles, Proxies, RoleExclusions, SettingsOptions, settings};
use gangway_contract::BundleId;
use gangway_contract::machine_proxy::{KEY, MachineProxy, VALUE};
use gangway_contract::manifest::AntivirusMode;

use super::file;
use super::schema::assert_valid;

const SENSOR: &str = r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";
const TELEMETRY: &str = r"SOFTWARE\Policies\Microsoft\Windows\DataCollection";
const ANTIVIRUS: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender";

pub(super) fn options() -> SettingsOptions {
    let domain: DomainName = "contoso.com".parse().unwrap();
    let bundle = BundleId::of_bytes(b"manifest");
    SettingsOptions::new("Contoso".to_owned(), domain, bundle, 1_769_846_709)
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|text| (*text).to_owned()).collect()
}

fn policy(gpo: &GpoFiles) -> RegistryPolicy {
    RegistryPolicy::read(file(gpo, "Machine/registry.pol")).unwrap()
}

/// The only GPO of these options, as records.
#[track_caller]
fn records(options: &SettingsOptions) -> Vec<Record> {
    let gpos = settings(options).unwrap();
    let [gpo] = gpos.as_slice() else {
        panic!("{} GPOs", gpos.len());
    };
    policy(gpo).records
}

#[test]
fn each_setting_has_the_value_that_the_product_documents() {
    let cases = [
        (
            SettingsOptions {
                antivirus_mode: AntivirusMode::AlwaysPassive,
                ..options()
            },
            vec![Record::dword(SENSOR, "ForceDefenderPassiveMode", 1)],
        ),
        (
            SettingsOptions {
                antivirus_mode: AntivirusMode::NeverPassive,
                ..options()
            },
            vec![Record::dword(SENSOR, "ForceDefenderPassiveMode", 0)],
        ),
        (
            SettingsOptions {
                sample_collection: Some(false),
                ..options()
            },
            vec![Record::dword(SENSOR, "AllowSampleCollection", 0)],
        ),
        (
            SettingsOptions {
                device_tag: Some("Tier 0 & Söhne".to_owned()),
                ..options()
            },
            vec![Record::text(
                &format!(r"{SENSOR}\DeviceTagging"),
                "Group",
                "Tier 0 & Söhne",
            )],
        ),
        (
            SettingsOptions {
                device_tag: Some(String::new()),
                ..options()
            },
            vec![Record::text(
                &format!(r"{SENSOR}\DeviceTagging"),
                "Group",
                "",
            )],
        ),
        (
            SettingsOptions {
                proxies: Proxies {
                    sensor: Some("proxy.contoso.com:8080".to_owned()),
                    disable_enterprise_auth: true,
                    prefer_static: true,
                    machine: None,
                    antivirus: Some("http://proxy.contoso.com:8080".to_owned()),
                    antivirus_bypass: texts(&["a.contoso.com", "10.0.0.*"]),
                },
                ..options()
            },
            vec![
                Record::dword(SENSOR, "PreferStaticProxyForHttpRequest", 1),
                Record::text(TELEMETRY, "TelemetryProxyServer", "proxy.contoso.com:8080"),
                Record::dword(TELEMETRY, "DisableEnterpriseAuthProxy", 1),
                Record::text(ANTIVIRUS, "ProxyServer", "http://proxy.contoso.com:8080"),
                Record::text(ANTIVIRUS, "ProxyBypass", "a.contoso.com;10.0.0.*"),
            ],
        ),
        (
            SettingsOptions {
                exclusions: Exclusions {
                    paths: texts(&[r"D:\Data", r"%ProgramFiles%\Other AV", r"d:\data"]),
                    extensions: texts(&[".mdf"]),
                    processes: texts(&["other.exe"]),
                },
                ..options()
            },
            vec![
                Record::dword(
                    &format!(r"{ANTIVIRUS}\Exclusions"),
                    "Exclusions_Extensions",
                    1,
                ),
                Record::text(&format!(r"{ANTIVIRUS}\Exclusions\Extensions"), ".mdf", "0"),
                Record::dword(&format!(r"{ANTIVIRUS}\Exclusions"), "Exclusions_Paths", 1),
                Record::text(
                    &format!(r"{ANTIVIRUS}\Exclusions\Paths"),
                    r"%ProgramFiles%\Other AV",
                    "0",
                ),
                Record::text(&format!(r"{ANTIVIRUS}\Exclusions\Paths"), r"D:\Data", "0"),
                Record::dword(
                    &format!(r"{ANTIVIRUS}\Exclusions"),
                    "Exclusions_Processes",
                    1,
                ),
                Record::text(
                    &format!(r"{ANTIVIRUS}\Exclusions\Processes"),
                    "other.exe",
                    "0",
                ),
            ],
        ),
    ];
    for (options, wanted) in cases {
        assert_eq!(records(&options), wanted);
    }
}

/// The preference that a client reads: the very bytes that Windows documents for the value, and
/// that the bootstrap reads back.
#[test]
fn the_proxy_of_the_machine_is_a_registry_preference() {
    let proxy = MachineProxy {
        proxy: "proxy.contoso.com:8080".to_owned(),
        bypass: "localhost;*.contoso.com".to_owned(),
    };
    let options = SettingsOptions {
        proxies: Proxies {
            machine: Some(proxy.clone()),
            ..Proxies::default()
        },
        ..options()
    };
    let gpos = settings(&options).unwrap();
    let [gpo] = gpos.as_slice() else {
        panic!("{} GPOs", gpos.len());
    };
    let no_policy = |file: &GpoFile| !file.path.ends_with("registry.pol");
    assert!(gpo.files.iter().all(no_policy), "no empty policy file");
    let xml = file(gpo, "Machine/Preferences/Registry/Registry.xml");
    assert_valid("gpp-registry.xsd", xml);
    let read = RegistryPreferences::read(xml).unwrap();
    let [item] = <[_; 1]>::try_from(read.all_items()).unwrap();
    assert_eq!(item.oddities(), []);
    let found = item.properties;
    assert_eq!(
        (found.action.as_deref(), found.kind.as_deref()),
        (Some("U"), Some("REG_BINARY"))
    );
    assert_eq!((&*found.hive, &*found.key), ("HKEY_LOCAL_MACHINE", KEY));
    assert_eq!(found.name.as_deref(), Some(VALUE));
    let hex = found.value.unwrap();
    assert!(hex.starts_with("18000000000000000300000016000000"), "{hex}");
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap())
        .collect();
    assert_eq!(MachineProxy::from_bytes(&bytes), Some(proxy));
    // Clients are told of the extension that reads it, and of no other.
    let backup = String::from_utf8_lossy(file(gpo, "/Backup.xml"));
    let (_, list) = backup.split_once("<MachineExtensionGuids").unwrap();
    let (list, _) = list.split_once("</MachineExtensionGuids>").unwrap();
    assert!(
        list.contains("{B087BE9D-ED37-454F-AF9C-04291E351182}"),
        "{list}"
    );
    assert!(
        !list.contains("35378EAC-683F-11D2-A89A-00C04FBBCFA2"),
        "{list}"
    );
}

#[test]
fn with_auto_the_host_decides_and_no_value_is_written() {
    assert_eq!(settings(&options()).unwrap(), []);
}

#[test]
fn every_role_has_a_gpo_of_its_own_that_deletes_nothing() {
    let role = |name: &str, path: &str| RoleExclusions {
        role: name.parse().unwrap(),
        exclusions: Exclusions {
            paths: texts(&[path]),
            ..Exclusions::default()
        },
    };
    let options = SettingsOptions {
        antivirus_mode: AntivirusMode::NeverPassive,
        role_exclusions: vec![role("SQL Server", r"D:\SQL"), role("Exchange", r"D:\Ex")],
        ..options()
    };
    let gpos = settings(&options).unwrap();
    let names: Vec<_> = gpos.iter().map(|gpo| gpo.display_name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Gangway Settings",
            "Gangway Exclusions Exchange",
            "Gangway Exclusions SQL Server"
        ]
    );
    assert!(gpos[2].files.iter().any(|file| {
        file.path
            .starts_with("gpo/contoso.com/exclusions-sql-server/{")
    }));
    for gpo in &gpos {
        assert!(
            policy(gpo)
                .records
                .iter()
                .all(|record| !record.value.starts_with("**"))
        );
    }
    let twice = SettingsOptions {
        role_exclusions: vec![role("Exchange", r"D:\A"), role("exchange", r"D:\B")],
        ..options
    };
    assert!(settings(&twice).is_err());
}

#[test]
fn values_that_a_server_would_ignore_or_misread_are_refused() {
    let mut bad = Vec::new();
    for proxy in [
        "http://proxy:8080",
        "proxy",
        "proxy:",
        "pro xy:80",
        "proxy:0",
        "proxy:99999",
        ":80",
        "proxy:+80",
        "",
    ] {
        let mut options = options();
        options.proxies.sensor = Some(proxy.to_owned());
        bad.push((proxy, options));
    }
    for proxy in [
        "proxy.contoso.com:8080",
        "ftp://proxy:80",
        "http://proxy",
        "http://",
    ] {
        let mut options = options();
        options.proxies.antivirus = Some(proxy.to_owned());
        bad.push((proxy, options));
    }
    for address in ["", "a;b", "a b"] {
        let mut options = options();
        options.proxies.antivirus_bypass = texts(&[address]);
        bad.push((address, options));
    }
    for path in [
        "",
        "*",
        r"C:\",
        r"C:\*",
        r"%SystemDrive%\*",
        " a",
        "a|b",
        "**del.x",
        "a\nb",
    ] {
        let mut options = options();
        options.exclusions.paths = texts(&[path]);
        bad.push((path, options));
    }
    let tag = "x".repeat(201);
    for tag in [tag.as_str(), "a\u{0}b"] {
        let mut options = options();
        options.device_tag = Some(tag.to_owned());
        bad.push((tag, options));
    }
    for (value, options) in bad {
        let error = settings(&options).expect_err(value);
        assert_eq!(error.problem().code.id, "GW2003", "{value}: {error}");
    }
}

#[test]
fn an_ipv6_proxy_is_taken() {
    let mut options = options();
    options.proxies.sensor = Some("[2001:db8::1]:8080".to_owned());
    assert_eq!(records(&options).len(), 1);
}
