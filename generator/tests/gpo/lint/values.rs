//! What is wrong with values and filters, and between GPOs.

use std::collections::BTreeMap;

use gangway::gpo::registry_pol::{Record, RegistryPolicy, kind};
use gangway::policies::{DeployOptions, DeployTask, deploy};

use super::tree::{Tree, empty, filtered, good_task, linked, with_preference, with_task};
use super::{ANTIVIRUS, SENSOR};

const POWERSHELL: &str = r"SOFTWARE\Policies\Microsoft\Windows\PowerShell";
const PROCESSING: &str = r"SOFTWARE\Policies\Microsoft\Windows\Group Policy";

/// A GPO with one registry item.
fn registry(key: &str, name: &str, kind: &str, value: &str) -> Tree {
    with_preference(
        "Registry",
        &format!(
            r#"<RegistrySettings clsid="{{A3CCFC41-DFDB-43a5-8D26-0FE8B954DA51}}"><Registry clsid="{{9CD4B2F4-923D-47f5-A062-E897DD1DAD50}}" name="x" uid="{{11111111-2222-3333-4444-555555555555}}"><Properties action="U" hive="HKEY_LOCAL_MACHINE" key="{key}" name="{name}" type="{kind}" value="{value}"/></Registry></RegistrySettings>"#
        ),
    )
}

/// A GPO with one value below this key.
fn policy_key(key: &str) -> Tree {
    empty().policy(1, Record::dword(key, "a", 1))
}

/// A GPO with one value of this type and these bytes.
fn with_data(kind: u32, data: &[u8]) -> Tree {
    let record = Record {
        kind,
        data: data.to_vec(),
        ..Record::dword(r"SOFTWARE\Policies\Example", "a", 1)
    };
    empty().policy(1, record)
}

/// A task that a query decides about.
fn query(wql: &str) -> Tree {
    filtered(&format!(
        r#"<FilterWmi bool="AND" not="0" query="{wql}" nameSpace="Root\cimv2" property="" variableName=""/>"#
    ))
}

/// The codes that a broken input provokes, and the input: a good one with one change.
pub(super) fn cases() -> Vec<(Vec<&'static str>, Tree)> {
    let onboard = r"\\contoso.com\NETLOGON\WindowsDefenderATPOnboardingScript.cmd";
    let offboard = r"\\contoso.com\NETLOGON\WindowsDefenderATPOffboardingScript.cmd";
    vec![
        (
            vec!["GW2238"],
            registry(r"HKLM\SOFTWARE\Contoso", "a", "REG_SZ", "b"),
        ),
        (
            vec!["GW2238"],
            registry(r"SOFTWARE\Contoso", "a", "REG_DWORD", "1"),
        ),
        (
            vec!["GW2238"],
            filtered(
                r#"<FilterRegistry bool="AND" not="0" type="KEYEXISTS" subtype="" hive="HKLM" key="SOFTWARE\A" valueName="" valueType="" valueData="" min="0.0.0.0" max="0.0.0.0" gte="1" lte="0"/>"#,
            ),
        ),
        (
            vec!["GW2301"],
            empty().policy(
                1,
                Record::dword(
                    &format!(r"{PROCESSING}\{{AADCED64-746C-4633-A97C-D61349046527}}"),
                    "NoBackgroundPolicy",
                    1,
                ),
            ),
        ),
        (
            vec!["GW2302"],
            filtered(r#"<FilterWmi bool="AND" not="0" query="SELECT * FROM Win32_OperatingSystem WHERE Version &gt;= '10.0'" nameSpace="Root\cimv2" property="" variableName=""/>"#),
        ),
        (
            vec!["GW2302"],
            Tree(BTreeMap::from([(
                "f.ldif".to_owned(),
                b"dn: CN=x\nmsWMI-Parm2: 1;3;10;36;WQL;root\\CIMv2;SELECT * FROM a WHERE Version > \"10\";\n".to_vec(),
            )])),
        ),
        (
            vec!["GW2303"],
            Tree::bundle().replace("wmi-filter.ldif", "1;3;10;", "1;3;11;"),
        ),
        (
            vec!["GW2304"],
            linked(
                linked(empty(), 1, onboard, "contoso.com"),
                2,
                offboard,
                "contoso.com/Servers",
            ),
        ),
        (
            vec!["GW2305"],
            {
                let mut tree = Tree::bundle();
                let options = DeployOptions {
                    task: DeployTask::Offboard,
                    exe_name: "MdeOffboard-x.exe".to_owned(),
                    // Another mode is another bundle.
                    bundle_id: gangway_contract::BundleId::of_bytes(b"offboard"),
                    ..crate::options()
                };
                let files = deploy(&options).unwrap().files.into_iter();
                tree.0.extend(files.map(|file| (file.path, file.bytes)));
                tree
            },
        ),
        (
            vec!["GW2306"],
            {
                let policy = RegistryPolicy {
                    records: vec![Record::dword(SENSOR, "ForceDefenderPassiveMode", 1)],
                };
                with_task(&good_task("S-1-5-18", "a.exe", ""))
                    .sysvol(1, &[("Machine/registry.pol", &policy.write().unwrap())])
            },
        ),
        (
            vec!["GW2307"],
            Tree::bundle().policy(1, Record::dword(SENSOR, "ForceDefenderPassiveMode", 0)),
        ),
        (
            vec!["GW2308"],
            empty().policy(1, Record::dword(ANTIVIRUS, "DisableAntiSpyware", 1)),
        ),
        (
            vec!["GW2308"],
            registry(ANTIVIRUS, "DisableAntiSpyware", "REG_DWORD", "00000001"),
        ),
        (
            vec!["GW2309"],
            empty().policy(1, Record::text(POWERSHELL, "ExecutionPolicy", "AllSigned")),
        ),
        (
            vec!["GW2309"],
            empty().policy(1, Record::dword(POWERSHELL, "EnableScripts", 0)),
        ),
        (
            vec!["GW2310"],
            {
                let mut tree = Tree::bundle();
                tree.0.insert("manifest.json".to_owned(), crate::manifest_with_auto());
                tree
            },
        ),
        (
            vec!["GW2311"],
            empty().policy(1, Record::text(SENSOR, "ForceDefenderPassiveMode", "1")),
        ),
        (
            vec!["GW2311"],
            empty().policy(
                1,
                Record::text(
                    r"SOFTWARE\Policies\Microsoft\Windows\DataCollection",
                    "TelemetryProxyServer",
                    "http://proxy:8080",
                ),
            ),
        ),
        (
            vec!["GW2311"],
            empty().policy(
                1,
                Record::text(
                    r"SOFTWARE\Policies\Microsoft\Windows\DataCollection",
                    "TelemetryProxyServer",
                    "proxy:99999",
                ),
            ),
        ),
        (
            vec!["GW2312"],
            empty().policy(
                1,
                Record::text(&format!(r"{ANTIVIRUS}\Exclusions\Paths"), r"C:\Windows\*", "0"),
            ),
        ),
        (
            vec!["GW2312"],
            empty().policy(
                1,
                Record::text(&format!(r"{ANTIVIRUS}\Exclusions\Extensions"), ".exe", "0"),
            ),
        ),
        (
            vec!["GW2313"],
            empty().policy(1, Record::text(SENSOR, "OnboardingInfo", "{}")),
        ),
        (
            vec!["GW2314"],
            empty().sysvol(
                1,
                &[(
                    "Machine/microsoft/windows nt/SecEdit/GptTmpl.inf",
                    b"[Version]\r\nsignature=\"$CHICAGO$\"\r\nRevision=1\r\n\
                      [Privilege Rights]\r\nSeServiceLogonRight = *S-1-5-20\r\n",
                )],
            ),
        ),
        (
            vec!["GW2321"],
            empty().sysvol(
                1,
                &[(
                    "Machine/microsoft/windows nt/SecEdit/GptTmpl.inf",
                    b"[Version]\r\nsignature=\"$CHICAGO$\"\r\nRevision=1\r\n\
                      [Registry Value]\r\nMACHINE\\Software\\Example\\A=4,1\r\n",
                )],
            ),
        ),
        (
            vec!["GW2315"],
            empty().sysvol(1, &[("Machine/Applications/x.aas", b"x")]),
        ),
        (vec!["GW2316"], policy_key(r"HKLM:\SOFTWARE\Policies\Example")),
        (vec!["GW2316"], policy_key(r"HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Example")),
        (vec!["GW2316"], policy_key(r"Registry::HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Example")),
        (vec!["GW2316"], policy_key(r"Computer\HKEY_LOCAL_MACHINE\SOFTWARE\Policies\Example")),
        (vec!["GW2316"], policy_key(r"HKCC\Software\Example")),
        (vec!["GW2316"], policy_key(r"\SOFTWARE\Policies\Example")),
        (vec!["GW2316"], policy_key(r"SOFTWARE\Policies\Example\")),
        (vec!["GW2316"], policy_key(r"SOFTWARE\Policies\\Example")),
        (vec!["GW2316"], policy_key("")),
        (vec!["GW2316"], policy_key(&format!(r"SOFTWARE\{}", "k".repeat(256)))),
        (
            vec!["GW2316"],
            empty().policy(1, Record::dword(r"SOFTWARE\Example", &"v".repeat(16_384), 1)),
        ),
        (vec!["GW2329"], with_data(kind::DWORD, &[1, 0])),
        (vec!["GW2329"], with_data(kind::SZ, b"abc")),
        (vec!["GW2238"], registry("", "a", "REG_SZ", "b")),
        (
            vec!["GW2238"],
            registry(r"SOFTWARE\Contoso", "a", "REG_QWORD", "xyz"),
        ),
        (
            vec!["GW2327"],
            filtered(r#"<FilterIpRange bool="AND" not="0" min="10.0.0.300" max="banana"/>"#),
        ),
        (
            vec!["GW2327"],
            filtered(
                r#"<FilterOs bool="AND" not="0" class="NT" version="WIN2022" type="NE" edition="NE" sp="NE"/>"#,
            ),
        ),
        (
            vec!["GW2327"],
            filtered(
                r#"<FilterCollection bool="AND" not="0"><FilterDate bool="AND" not="0" period="NEVER"/></FilterCollection>"#,
            ),
        ),
        (
            vec!["GW2327"],
            filtered(
                r#"<FilterGroup bool="AND" not="1" name="C\G" sid="S-1-5-x" userContext="0" primaryGroup="0" localGroup="0"/>"#,
            ),
        ),
        (vec!["GW2317"], {
            let records = [1, 0].map(|on| Record::dword(SENSOR, "ForceDefenderPassiveMode", on));
            let policy = RegistryPolicy {
                records: records.to_vec(),
            };
            empty().sysvol(1, &[("Machine/registry.pol", &policy.write().unwrap())])
        }),
        (
            vec!["GW2318"],
            empty().policy(1, Record::dword(SENSOR, "ForcePassiveMode", 1)),
        ),
        (
            vec!["GW2318"],
            registry(
                r"SOFTWARE\Policies\Microsoft\Windows Defender",
                "DisableAntiSpywear",
                "REG_DWORD",
                "00000001",
            ),
        ),
        (
            vec!["GW2322"],
            empty().policy(
                1,
                Record::text(&format!(r"{ANTIVIRUS}\Exclusions\Paths"), r"D:\\Data", "0"),
            ),
        ),
        (
            vec!["GW2322"],
            empty().policy(
                1,
                Record::text(&format!(r"{ANTIVIRUS}\Exclusions\Processes"), "sqlservr", "0"),
            ),
        ),
        (
            vec!["GW2323"],
            empty().policy(
                1,
                Record::text(&format!(r"{ANTIVIRUS}\Exclusions\Processes"), "sqlservr.exe", "0"),
            ),
        ),
        (
            vec!["GW2324"],
            empty().policy(
                1,
                Record::dword(
                    &format!(r"{ANTIVIRUS}\Real-Time Protection"),
                    "DisableRealtimeMonitoring",
                    1,
                ),
            ),
        ),
        (
            vec!["GW2325"],
            empty().policy(
                1,
                Record::dword(r"SYSTEM\CurrentControlSet\Services\Sense", "Start", 4),
            ),
        ),
        (
            vec!["GW2330"],
            with_preference(
                "Services",
                r#"<NTServices><NTService name="x"><Properties startupType="DISABLED" serviceName="Sense"/><Filters><FilterComputer bool="AND" not="0" type="NETBIOS" name="KIOSK01"/></Filters></NTService></NTServices>"#,
            ),
        ),
        (vec!["GW2319"], query("SELECT FROM Win32_OperatingSystem")),
        (
            vec!["GW2319"],
            query("SELECT * FROM Win32_OperatingSystem WHERE ProductType = \u{201C}3\u{201D}"),
        ),
        (vec!["GW2320"], query("SELECT * FROM Win32_Product WHERE Name LIKE 'x%'")),
    ]
}
