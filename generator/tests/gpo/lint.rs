//! The linter: silent on what we write, and one code for each thing that goes wrong when one
//! thing is changed.

use std::collections::{BTreeMap, BTreeSet};

use gangway::gpo::extensions::{ExtensionList, REGISTRY_POLICY, SCHEDULED_TASKS};
use gangway::gpo::found::LoadError;
use gangway::gpo::lint::{LintReport, lint};
use gangway::gpo::registry_pol::{Record, RegistryPolicy};
use gangway::gpo::{DeployOptions, DeployTask, codes, deploy, settings};
use gangway_contract::manifest::AntivirusMode;

const TASKS: &str = "/DomainSysvol/GPO/Machine/Preferences/ScheduledTasks/ScheduledTasks.xml";
const DEPLOY: &str = "/deploy/";
const SENSOR: &str = r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";
const ANTIVIRUS: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender";
const POWERSHELL: &str = r"SOFTWARE\Policies\Microsoft\Windows\PowerShell";
const PROCESSING: &str = r"SOFTWARE\Policies\Microsoft\Windows\Group Policy";

/// Files of a folder before they are written.
#[derive(Clone)]
struct Tree(BTreeMap<String, Vec<u8>>);

impl Tree {
    /// The GPOs of a bundle as `build` writes them.
    fn bundle() -> Self {
        let mut options = super::settings::options();
        options.antivirus_mode = AntivirusMode::AlwaysPassive;
        options.device_tag = Some("servers".to_owned());
        options.exclusions.paths = vec![r"D:\Data".to_owned()];
        let with_heartbeat = DeployOptions {
            heartbeat: true,
            ..super::options()
        };
        let mut gpos = settings(&options).unwrap();
        gpos.push(deploy(&with_heartbeat).unwrap());
        let files = gpos.into_iter().flat_map(|gpo| gpo.files);
        Self(files.map(|file| (file.path, file.bytes)).collect())
    }

    /// Only the backup of the Deploy GPO.
    fn deploy() -> Self {
        let mut tree = Self::bundle();
        tree.0.retain(|path, _| path.contains(DEPLOY));
        tree
    }

    fn path(&self, part: &str) -> String {
        let mut found = self.0.keys().filter(|path| path.contains(part));
        let path = found
            .next()
            .unwrap_or_else(|| panic!("no file `{part}`"))
            .clone();
        assert_eq!(found.next(), None, "several files `{part}`");
        path
    }

    fn text(&self, part: &str) -> String {
        String::from_utf8(self.0[&self.path(part)].clone()).unwrap()
    }

    /// Changes a text in a file; it must be there.
    fn replace(mut self, part: &str, from: &str, to: &str) -> Self {
        let before = self.text(part);
        let after = before.replacen(from, to, 1);
        assert_ne!(before, after, "`{from}` is not in `{part}`");
        self.0.insert(self.path(part), after.into_bytes());
        self
    }

    fn remove(mut self, part: &str) -> Self {
        let path = self.path(part);
        self.0.remove(&path);
        self
    }

    /// Adds a file beside one that is there.
    fn beside(mut self, part: &str, relative: &str, bytes: &[u8]) -> Self {
        let path = self.path(part);
        let folder = path.rsplit_once('/').unwrap().0;
        self.0
            .insert(format!("{folder}/{relative}"), bytes.to_vec());
        self
    }

    /// Adds a GPO to SYSVOL with these files.
    fn sysvol(mut self, id: u8, files: &[(&str, &[u8])]) -> Self {
        let folder = format!("sysvol/{{{id:08}-1111-1111-1111-111111111111}}");
        self.0.insert(
            format!("{folder}/GPT.INI"),
            b"[General]\r\nVersion=65537\r\n".to_vec(),
        );
        for (path, bytes) in files {
            self.0.insert(format!("{folder}/{path}"), bytes.to_vec());
        }
        self
    }

    /// Adds a GPO to SYSVOL with this registry policy.
    fn policy(self, id: u8, record: Record) -> Self {
        let policy = RegistryPolicy {
            records: vec![record],
        };
        self.sysvol(id, &[("Machine/registry.pol", &policy.write().unwrap())])
    }

    fn lint(&self) -> LintReport {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in &self.0 {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        lint(folder.path()).unwrap()
    }

    /// Ids of the codes found, without repetition.
    fn codes(&self) -> BTreeSet<&'static str> {
        let problems = self.lint().problems;
        problems.iter().map(|problem| problem.code.id).collect()
    }
}

fn empty() -> Tree {
    Tree(BTreeMap::new())
}

/// One task item around properties, as a foreign SYSVOL folder.
fn task(properties: &str, filters: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<ScheduledTasks clsid="{{CC63F200-7309-4ba0-B154-A71CD118DBCC}}"><TaskV2 clsid="{{D8896631-B747-47a7-84A6-C155337F3BC8}}" name="a" uid="{{11111111-2222-3333-4444-555555555555}}">{properties}{filters}</TaskV2></ScheduledTasks>"#
    )
}

/// A task that is right in every way, running this command as this account.
fn good_task(account: &str, command: &str, arguments: &str) -> String {
    let properties = format!(
        r#"<Properties action="U" name="a" runAs="{account}" logonType="S4U"><Task version="1.3"><RegistrationInfo/><Principals><Principal id="Author"><UserId>{account}</UserId><LogonType>S4U</LogonType><RunLevel>HighestAvailable</RunLevel></Principal></Principals><Settings><DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries></Settings><Triggers/><Actions Context="Author"><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions></Task></Properties>"#
    );
    task(&properties, "")
}

fn with_task(xml: &str) -> Tree {
    empty().sysvol(
        1,
        &[(
            "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml",
            xml.as_bytes(),
        )],
    )
}

/// A GPO with one item of another preference file.
fn with_preference(kind: &str, xml: &str) -> Tree {
    let path = format!("Machine/Preferences/{kind}/{kind}.xml");
    empty().sysvol(1, &[(&path, xml.as_bytes())])
}

fn file_item(action: &str, target: &str) -> String {
    format!(
        r#"<Files clsid="{{215B2E53-57CE-475c-80FE-9EEC14635851}}"><File clsid="{{50BE44C8-567A-4ed1-B1D0-9234FE1F38AF}}" name="a" uid="{{11111111-2222-3333-4444-555555555555}}"><Properties action="{action}" fromPath="x" targetPath="{target}"/></File></Files>"#
    )
}

fn filtered(filter: &str) -> Tree {
    let good = good_task("S-1-5-18", "a.exe", "");
    let filters = format!("<Filters>{filter}</Filters></TaskV2>");
    with_task(&good.replace("</TaskV2>", &filters))
}

const SYSTEM_NAME: &str = r"NT AUTHORITY\System";

/// A SYSVOL folder with a report that links it.
fn linked(tree: Tree, id: u8, command: &str, scope: &str) -> Tree {
    let xml =
        good_task("S-1-5-18", command, "").replace("name=\"a\"", &format!("name=\"task {id}\""));
    let report =
        format!("<GPO><LinksTo><SOMPath>{scope}</SOMPath><Enabled>true</Enabled></LinksTo></GPO>");
    tree.sysvol(
        id,
        &[
            (
                "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml",
                xml.as_bytes(),
            ),
            ("gpreport.xml", report.as_bytes()),
        ],
    )
}

#[test]
fn our_own_output_is_clean() {
    let report = Tree::bundle().lint();
    assert_eq!(report.problems, []);
    // Two GPOs as backup and in SYSVOL, one WMI filter as MOF and LDIF.
    assert_eq!(report.checked.len(), 6, "{:#?}", report.checked);
}

#[test]
fn the_good_inputs_of_the_cases_are_clean() {
    assert_eq!(Tree::deploy().codes(), BTreeSet::new());
    assert_eq!(
        with_task(&good_task("S-1-5-18", "a.exe", "")).codes(),
        BTreeSet::new()
    );
    let policy = empty().policy(1, Record::dword(SENSOR, "ForceDefenderPassiveMode", 1));
    assert_eq!(policy.codes(), BTreeSet::new());
    assert_eq!(
        with_preference("Files", &file_item("C", r"C:\a.exe")).codes(),
        BTreeSet::new()
    );
    let filter = r#"<FilterGroup bool="AND" not="0" sid="S-1-5-21-1-2-3-4" userContext="0"/>"#;
    assert_eq!(filtered(filter).codes(), BTreeSet::new());
}

/// The codes that a broken input provokes, and the input: a good one with one change.
fn cases() -> Vec<(Vec<&'static str>, Tree)> {
    let list = ExtensionList::of(&[SCHEDULED_TASKS]).to_string();
    let (marker, group) = list.split_at(78);
    let policy_group = ExtensionList::of(&[REGISTRY_POLICY]).to_string();
    let uid = |tree: &Tree, nth: usize| {
        let text = tree.text(TASKS);
        let uid = text.split(" uid=\"").nth(nth).unwrap();
        uid.split('"').next().unwrap().to_owned()
    };
    let deploy_tree = Tree::deploy();
    let (first_uid, second_uid) = (uid(&deploy_tree, 1), uid(&deploy_tree, 2));
    let onboard = r"\\contoso.com\NETLOGON\WindowsDefenderATPOnboardingScript.cmd";
    let offboard = r"\\contoso.com\NETLOGON\WindowsDefenderATPOffboardingScript.cmd";
    let system = r#"runAs="NT AUTHORITY\System""#;
    let registry = |key: &str, name: &str, kind: &str, value: &str| {
        with_preference(
            "Registry",
            &format!(
                r#"<RegistrySettings clsid="{{A3CCFC41-DFDB-43a5-8D26-0FE8B954DA51}}"><Registry clsid="{{9CD4B2F4-923D-47f5-A062-E897DD1DAD50}}" name="x" uid="{{11111111-2222-3333-4444-555555555555}}"><Properties action="U" hive="HKEY_LOCAL_MACHINE" key="{key}" name="{name}" type="{kind}" value="{value}"/></Registry></RegistrySettings>"#
            ),
        )
    };
    let with_once = |tree: Tree, nth: u8| {
        let xml = good_task("S-1-5-18", "a.exe", "")
            .replace("name=\"a\"", &format!("name=\"task {nth}\""))
            .replace("</TaskV2>", r#"<Filters><FilterRunOnce hidden="1" bool="AND" not="0" id="{99999999-2222-3333-4444-555555555555}"/></Filters></TaskV2>"#);
        tree.sysvol(
            nth,
            &[(
                "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml",
                xml.as_bytes(),
            )],
        )
    };
    vec![
        // The GPO as a whole.
        (
            vec!["GW2101"],
            deploy_tree.clone().replace("Backup.xml", group, ""),
        ),
        (
            vec!["GW2102"],
            deploy_tree
                .clone()
                .replace("Backup.xml", &list, &format!("{group}{marker}")),
        ),
        (
            vec!["GW2103"],
            deploy_tree
                .clone()
                .replace("Backup.xml", &list, &format!("{list} ")),
        ),
        (
            vec!["GW2104"],
            deploy_tree
                .clone()
                .replace("Backup.xml", group, &format!("{policy_group}{group}")),
        ),
        (vec!["GW2104"], deploy_tree.clone().replace("Backup.xml", marker, "")),
        (
            vec!["GW2105"],
            deploy_tree.clone().replace("Backup.xml", "[65537]", "[0]"),
        ),
        (
            vec!["GW2105"],
            with_task(&good_task("S-1-5-18", "a.exe", "")).replace(
                "GPT.INI",
                "Version=65537",
                "Version=65536",
            ),
        ),
        (
            vec!["GW2106"],
            deploy_tree.clone().replace("Backup.xml", "[65537]", "[65538]"),
        ),
        (
            vec!["GW2107"],
            deploy_tree.clone().replace(TASKS, "</Properties>", ""),
        ),
        (
            vec!["GW2107"],
            empty().sysvol(1, &[("Machine/registry.pol", b"PReg\x02\0\0\0")]),
        ),
        (vec!["GW2108"], deploy_tree.clone().remove("bkupInfo.xml")),
        (vec!["GW2108"], deploy_tree.clone().remove("Backup.xml")),
        // Without the file there is also an extension without content.
        (vec!["GW2104", "GW2108"], deploy_tree.clone().remove(TASKS)),
        (
            vec!["GW2108"],
            deploy_tree.clone().beside(TASKS, "notes.txt", b"x"),
        ),
        (
            vec!["GW2109"],
            deploy_tree
                .clone()
                .replace("bkupInfo.xml", "[Gangway Deploy]", "[Other]"),
        ),
        (
            vec!["GW2110"],
            deploy_tree
                .clone()
                .replace("Backup.xml", "<Options><![CDATA[1]]>", "<Options><![CDATA[2]]>"),
        ),
        (
            vec!["GW2111"],
            deploy_tree
                .clone()
                .replace("Backup.xml", "<SecurityDescriptor>01 00", "<SecurityDescriptor>02 00"),
        ),
        (
            vec!["GW2107", "GW2112"],
            with_task(&good_task("S-1-5-18", "a.exe", "")).replace("GPT.INI", "Version=65537", ""),
        ),
        // Items.
        (
            vec!["GW2201"],
            deploy_tree.clone().replace(TASKS, &second_uid, &first_uid),
        ),
        (
            vec!["GW2202"],
            deploy_tree
                .clone()
                .replace(TASKS, &format!(" uid=\"{first_uid}\""), ""),
        ),
        (vec!["GW2203"], with_once(with_once(empty(), 1), 2)),
        (
            vec!["GW2203"],
            filtered(
                r#"<FilterRunOnce hidden="1" bool="AND" not="0" id="{99999999-2222-3333-4444-555555555555}"/><FilterRunOnce hidden="1" bool="AND" not="0" id="{99999999-2222-3333-4444-555555555555}"/>"#,
            ),
        ),
        (
            vec!["GW2204"],
            deploy_tree
                .clone()
                .replace(TASKS, "<StartBoundary>2000-01-01T12:00:00", "<StartBoundary>12:00"),
        ),
        (
            vec!["GW2204"],
            deploy_tree.clone().replace(
                TASKS,
                "<StartBoundary>2000-01-01T12:00:00</StartBoundary>",
                "",
            ),
        ),
        (
            vec!["GW2205"],
            deploy_tree.clone().replace(
                TASKS,
                "<Enabled>true</Enabled></TimeTrigger>",
                "<Enabled>true</Enabled><RandomDelay>PT10M</RandomDelay></TimeTrigger>",
            ),
        ),
        (
            vec!["GW2206"],
            deploy_tree.clone().replace(TASKS, system, "runAs=\"\""),
        ),
        (
            vec!["GW2207"],
            deploy_tree
                .clone()
                .replace(TASKS, system, r#"runAs="CONTOSO\System""#),
        ),
        (
            vec!["GW2207", "GW2217"],
            deploy_tree.clone().replace(
                TASKS,
                r"<UserId>NT AUTHORITY\System",
                r"<UserId>NT AUTHORITY\Well-Known-System-Account",
            ),
        ),
        (
            vec!["GW2208"],
            with_task(&good_task(r"NT-AUTORITÄT\SYSTEM", "a.exe", "")),
        ),
        (
            vec!["GW2209"],
            with_task(&good_task(r"CONTOSO\deploy", r"\\files.contoso.com\x\a.exe", "")),
        ),
        (
            vec!["GW2210"],
            with_task(&good_task("S-1-5-18", r"\\contoso\NETLOGON\a.exe", "")),
        ),
        (
            vec!["GW2210"],
            with_task(&good_task("S-1-5-18", "a.exe", r"-File \\10.0.0.1\SYSVOL\x\a.ps1")),
        ),
        (
            vec!["GW2211"],
            deploy_tree.clone().replace(
                TASKS,
                r#"<FilterRegistry bool="AND" not="1" type="KEYEXISTS" hive="HKEY_LOCAL_MACHINE""#,
                r#"<FilterComputer bool="AND" not="1" type="DNS" hive="HKEY_LOCAL_MACHINE""#,
            ),
        ),
        (vec!["GW2212"], with_preference("Files", &file_item("U", r"C:\a.exe"))),
        (vec!["GW2212"], with_preference("Files", &file_item("R", r"C:\a.PS1"))),
        (
            vec!["GW2213", "GW2216"],
            with_task(&task(
                r#"<Properties action="U" name="a" runAs="S-1-5-18" appName="a.exe" args=""/>"#,
                "",
            )),
        ),
        (
            vec!["GW2214"],
            with_task(&good_task("S-1-5-18", "a.exe", "").replace(
                "logonType=\"S4U\"",
                "logonType=\"S4U\" cpassword=\"x\"",
            )),
        ),
        (
            vec!["GW2214"],
            with_preference(
                "Groups",
                r#"<Groups><User name="admin"><Properties cpassword="x"/></User></Groups>"#,
            ),
        ),
        (
            vec!["GW2215"],
            filtered(r#"<FilterOS bool="AND" not="0" class="NT" version="2K8R2" type="NE" edition="NE" sp="NE"/>"#),
        ),
        (
            vec!["GW2216"],
            deploy_tree
                .clone()
                .replace(TASKS, "<Hidden>false</Hidden>", "<Hidden>False</Hidden>"),
        ),
        (
            vec!["GW2216"],
            deploy_tree
                .clone()
                .replace(TASKS, "clsid=\"{CC63", "clsid=\"{DD63"),
        ),
        (
            vec!["GW2217"],
            deploy_tree.clone().replace(
                TASKS,
                r"<UserId>NT AUTHORITY\System",
                r"<UserId>%LogonDomain%\%LogonUser%",
            ),
        ),
        (
            vec!["GW2217"],
            deploy_tree.clone().replace(
                TASKS,
                "<LogonType>S4U",
                "<LogonType>InteractiveToken",
            ),
        ),
        (
            vec!["GW2218"],
            deploy_tree.clone().replace(TASKS, "action=\"C\"", "action=\"U\""),
        ),
        (
            vec!["GW2219"],
            deploy_tree.clone().replace(TASKS, "action=\"R\"", "action=\"U\""),
        ),
        (
            vec!["GW2220"],
            deploy_tree.clone().replace(
                TASKS,
                "<EndBoundary>%LocalTimeXmlEx%</EndBoundary>",
                "",
            ),
        ),
        (
            vec!["GW2221"],
            deploy_tree.clone().replace(
                TASKS,
                "name=\"Gangway Onboard\" image",
                "name=\"Something else\" image",
            ),
        ),
        (
            vec!["GW2201", "GW2222"],
            with_task(&{
                let one = good_task("S-1-5-18", "a.exe", "");
                let item = one.split_once("<TaskV2").unwrap().1;
                let item = format!("<TaskV2{}", item.split_once("</ScheduledTasks>").unwrap().0);
                one.replace("</ScheduledTasks>", &format!("{item}</ScheduledTasks>"))
            }),
        ),
        (
            vec!["GW2223"],
            with_task(&good_task("S-1-5-18", "a.exe", "-Command $$PID")),
        ),
        (
            vec!["GW2224"],
            with_task(&good_task("S-1-5-18", "", "")),
        ),
        (
            vec!["GW2224"],
            with_task(&good_task("S-1-5-18", &"a".repeat(261), "")),
        ),
        (
            vec!["GW2225"],
            with_task(&good_task(SYSTEM_NAME, r"\\files.contoso.com\x\a.exe", "")),
        ),
        (
            vec!["GW2226"],
            {
                let options = DeployOptions {
                    exe_folder: Some(r"\\files.contoso.com\gangway".to_owned()),
                    include_domain_controllers: true,
                    ..super::options()
                };
                let files = deploy(&options).unwrap().files.into_iter();
                let mut tree = Tree(files.map(|file| (file.path, file.bytes)).collect());
                // The SYSVOL tree alone does not say which WMI filter belongs to it.
                tree.0.retain(|path, _| !path.contains("/sysvol/"));
                tree
            },
        ),
        (
            vec!["GW2227"],
            deploy_tree.clone().replace(
                TASKS,
                "<DisallowStartIfOnBatteries>false",
                "<DisallowStartIfOnBatteries>true",
            ),
        ),
        (
            vec!["GW2228"],
            filtered(r#"<FilterGroup bool="AND" not="0" sid="S-1-5-21-1-2-3-4"/>"#),
        ),
        (
            vec!["GW2228"],
            filtered(r#"<FilterOrgUnit bool="AND" not="0" name="OU=a"/>"#),
        ),
        (
            vec!["GW2229"],
            filtered(r#"<FilterOs bool="AND" not="0" class="NT" version="WINTHRESHOLDSRV" type="NE" edition="NE" sp="NE"/>"#),
        ),
        (
            vec!["GW2230"],
            deploy_tree.clone().replace(TASKS, "userContext=\"0\"", "userContext=\"0\" disabled=\"1\""),
        ),
        (
            vec!["GW2230"],
            deploy_tree.clone().replace(TASKS, "DBCC}\"", "DBCC}\" disabled=\"1\""),
        ),
        // Values, filters, collisions.
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
                    ..super::options()
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
                tree.0.insert("manifest.json".to_owned(), super::manifest_with_auto());
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
                    b"[Privilege Rights]\r\nSeServiceLogonRight = *S-1-5-20\r\n",
                )],
            ),
        ),
        (
            vec!["GW2315"],
            empty().sysvol(1, &[("Machine/Applications/x.aas", b"x")]),
        ),
    ]
}

#[test]
fn each_change_provokes_its_code_and_no_other() {
    for (wanted, tree) in cases() {
        let report = tree.lint();
        let found: BTreeSet<&str> = report.problems.iter().map(|p| p.code.id).collect();
        let wanted: BTreeSet<&str> = wanted.into_iter().collect();
        assert_eq!(found, wanted, "{:#?}", report.problems);
        for problem in report.problems {
            assert!(!problem.next_action.is_empty() && !problem.subject.is_empty());
        }
    }
}

#[test]
fn every_code_of_the_linter_has_a_case() {
    let provoked: BTreeSet<&str> = cases().into_iter().flat_map(|(codes, _)| codes).collect();
    let all = codes::ALL.iter().map(|code| code.id);
    let linter: BTreeSet<&str> = all.filter(|id| !id.starts_with("GW20")).collect();
    assert_eq!(provoked, linter);
}

#[test]
fn a_single_file_is_recognised_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ScheduledTasks.xml");
    std::fs::write(&path, good_task("", "a.exe", "")).unwrap();
    let report = lint(&path).unwrap();
    let ids: Vec<_> = report
        .problems
        .iter()
        .map(|problem| problem.code.id)
        .collect();
    assert_eq!(ids, ["GW2206"]);
}

#[test]
fn a_folder_without_policies_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), "x").unwrap();
    assert!(matches!(
        lint(folder.path()),
        Err(LoadError::Nothing { .. })
    ));
    let absent = folder.path().join("absent");
    assert!(matches!(lint(&absent), Err(LoadError::Io { .. })));
}

#[test]
fn exclusions_of_several_gpos_add_up_without_a_complaint() {
    let key = format!(r"{ANTIVIRUS}\Exclusions");
    let tree = empty()
        .policy(1, Record::dword(&key, "Exclusions_Paths", 1))
        .policy(2, Record::dword(&key, "Exclusions_Paths", 1));
    assert_eq!(tree.codes(), BTreeSet::new());
}

#[test]
fn onboarding_and_offboarding_of_different_servers_is_right() {
    let onboard = r"\\contoso.com\NETLOGON\MdeOnboard-x.exe";
    let offboard = r"\\contoso.com\NETLOGON\MdeOffboard-x.exe";
    let tree = linked(
        linked(empty(), 1, onboard, "contoso.com/A"),
        2,
        offboard,
        "contoso.com/B",
    );
    assert_eq!(tree.codes(), BTreeSet::new());
}
