//! What is wrong with preference items.

use gangway::policies::{DeployOptions, deploy};

use super::tree::{
    SYSTEM_NAME, TASKS, Tree, empty, file_item, filtered, good_task, task, with_preference,
    with_task,
};

/// Adds a GPO with a task that stops at the same run-once filter as any other of these.
fn with_once(tree: Tree, nth: u8) -> Tree {
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
}

/// Two items of one file that stop at the same run-once filter.
fn once_twice() -> String {
    let once = r#"<Filters><FilterRunOnce hidden="1" bool="AND" not="0" id="{99999999-2222-3333-4444-555555555555}"/></Filters></TaskV2>"#;
    let xml = good_task("S-1-5-18", "a.exe", "").replace("</TaskV2>", once);
    let (from, to) = (xml.find("<TaskV2").unwrap(), xml.rfind("</Sch").unwrap());
    let second = xml[from..to]
        .replace("name=\"a\"", "name=\"b\"")
        .replace("uid=\"{1", "uid=\"{2");
    format!("{}{second}{}", &xml[..to], &xml[to..])
}

/// A good task with one more setting.
fn with_setting(setting: &str) -> Tree {
    let good = good_task("S-1-5-18", "a.exe", "");
    with_task(&good.replace("</Settings>", &format!("{setting}</Settings>")))
}

/// A good task with these triggers.
fn with_triggers(triggers: &str) -> Tree {
    let good = good_task("S-1-5-18", "a.exe", "");
    with_task(&good.replace("<Triggers/>", &format!("<Triggers>{triggers}</Triggers>")))
}

/// The codes that a broken input provokes, and the input: a good one with one change.
pub(super) fn cases() -> Vec<(Vec<&'static str>, Tree)> {
    let uid = |tree: &Tree, nth: usize| {
        let text = tree.text(TASKS);
        let uid = text.split(" uid=\"").nth(nth).unwrap();
        uid.split('"').next().unwrap().to_owned()
    };
    let deploy_tree = Tree::deploy();
    let (first_uid, second_uid) = (uid(&deploy_tree, 1), uid(&deploy_tree, 2));
    let system = r#"runAs="NT AUTHORITY\System""#;
    vec![
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
        (vec!["GW2203"], with_task(&once_twice())),
        (
            vec!["GW2204"],
            deploy_tree.clone().replace(
                TASKS,
                "<StartBoundary>2000-01-01T12:00:00",
                "<StartBoundary>12:00",
            ),
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
            vec!["GW2237"],
            deploy_tree.clone().replace(TASKS, system, ""),
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
            with_task(&good_task(
                r"CONTOSO\deploy",
                r"\\files.contoso.com\x\a.exe",
                "",
            )),
        ),
        (
            vec!["GW2210"],
            with_task(&good_task("S-1-5-18", r"\\contoso\NETLOGON\a.exe", "")),
        ),
        (
            vec!["GW2210"],
            with_task(&good_task(
                "S-1-5-18",
                "a.exe",
                r"-File \\10.0.0.1\SYSVOL\x\a.ps1",
            )),
        ),
        (
            vec!["GW2211"],
            deploy_tree.clone().replace(
                TASKS,
                r#"<FilterRegistry bool="AND" not="1" type="KEYEXISTS" hive="HKEY_LOCAL_MACHINE""#,
                r#"<FilterComputer bool="AND" not="1" type="DNS" hive="HKEY_LOCAL_MACHINE""#,
            ),
        ),
        (
            vec!["GW2212"],
            with_preference("Files", &file_item("U", r"C:\a.exe")),
        ),
        (
            vec!["GW2212"],
            with_preference("Files", &file_item("R", r"C:\a.PS1")),
        ),
        (
            vec!["GW2232"],
            with_preference(
                "Files",
                &file_item("C", r"C:\a.txt").replace(r#"fromPath="x""#, r#"fromPath="Z:\a.txt""#),
            ),
        ),
        (
            vec!["GW2210", "GW2225"],
            with_preference(
                "Files",
                &file_item("C", r"C:\a.exe").replace("\"x\"", r#""\\files\share\a.exe""#),
            ),
        ),
        (
            vec!["GW2216"],
            with_preference("Files", &file_item("C", "")),
        ),
        (
            vec!["GW2213", "GW2216"],
            with_task(&task(
                r#"<Properties action="U" name="a" runAs="S-1-5-18" appName="a.exe" args=""/>"#,
                "",
            )),
        ),
        (
            vec!["GW2214"],
            with_task(
                &good_task("S-1-5-18", "a.exe", "")
                    .replace("logonType=\"S4U\"", "logonType=\"S4U\" cpassword=\"x\""),
            ),
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
            filtered(
                r#"<FilterOS bool="AND" not="0" class="NT" version="2K8R2" type="NE" edition="NE" sp="NE"/>"#,
            ),
        ),
        (
            vec!["GW2236"],
            deploy_tree
                .clone()
                .replace(TASKS, "<Hidden>false</Hidden>", "<Hidden>False</Hidden>"),
        ),
        (
            vec!["GW2216"],
            with_task(&good_task("S-1-5-18", "a.exe", "").replace("TaskV2", "taskV2")),
        ),
        (
            vec!["GW2216"],
            with_task(&good_task("S-1-5-18", "a.exe", "").replace(
                "</ScheduledTasks>",
                "<Collection><FooV2/></Collection></ScheduledTasks>",
            )),
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
            deploy_tree
                .clone()
                .replace(TASKS, "<LogonType>S4U", "<LogonType>InteractiveToken"),
        ),
        (
            vec!["GW2218"],
            deploy_tree
                .clone()
                .replace(TASKS, "action=\"C\"", "action=\"U\""),
        ),
        (
            vec!["GW2219"],
            deploy_tree.clone().replace(
                TASKS,
                r#"removePolicy="0"><Properties action="R""#,
                r#"removePolicy="1"><Properties action="U""#,
            ),
        ),
        (
            vec!["GW2220"],
            deploy_tree
                .clone()
                .replace(TASKS, "<EndBoundary>%LocalTimeXmlEx%</EndBoundary>", ""),
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
        (vec!["GW2224"], with_task(&good_task("S-1-5-18", "", ""))),
        (
            vec!["GW2224"],
            with_task(&good_task("S-1-5-18", &"a".repeat(261), "")),
        ),
        (
            vec!["GW2225"],
            with_task(&good_task(SYSTEM_NAME, r"\\files.contoso.com\x\a.exe", "")),
        ),
        (vec!["GW2226"], {
            let options = DeployOptions {
                exe_folder: Some(r"\\files.contoso.com\gangway".to_owned()),
                include_domain_controllers: true,
                ..crate::options()
            };
            let files = deploy(&options).unwrap().files.into_iter();
            let mut tree = Tree(files.map(|file| (file.path, file.bytes)).collect());
            // The SYSVOL tree alone does not say which WMI filter belongs to it.
            tree.0.retain(|path, _| !path.contains("/sysvol/"));
            tree
        }),
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
            filtered(
                r#"<FilterOs bool="AND" not="0" class="NT" version="WINTHRESHOLDSRV" type="NE" edition="NE" sp="NE"/>"#,
            ),
        ),
        (
            vec!["GW2230"],
            deploy_tree.clone().replace(
                TASKS,
                "userContext=\"0\"",
                "userContext=\"0\" disabled=\"1\"",
            ),
        ),
        (
            vec!["GW2230"],
            deploy_tree
                .clone()
                .replace(TASKS, "DBCC}\"", "DBCC}\" disabled=\"1\""),
        ),
        (vec!["GW2204"], {
            let day = "<StartBoundary>2000-02-30T12:00:00";
            deploy_tree
                .clone()
                .replace(TASKS, "<StartBoundary>2000-01-01T12:00:00", day)
        }),
        (
            vec!["GW2231"],
            with_setting("<ExecutionTimeLimit>12:00</ExecutionTimeLimit>"),
        ),
        (
            vec!["GW2231"],
            with_setting("<IdleSettings><Duration>10 minutes</Duration></IdleSettings>"),
        ),
        (
            vec!["GW2231"],
            with_triggers("<BootTrigger><Enabled>true</Enabled><Delay>5M</Delay></BootTrigger>"),
        ),
        (
            vec!["GW2231"],
            with_triggers(
                "<BootTrigger><Repetition><Interval>1:00</Interval></Repetition></BootTrigger>",
            ),
        ),
        (
            vec!["GW2232"],
            with_task(&good_task(SYSTEM_NAME, r"Z:\tools\x.exe", "")),
        ),
        (
            vec!["GW2233"],
            with_task(&good_task(SYSTEM_NAME, r"C:\tools\x.exe /quiet", "")),
        ),
        (vec!["GW2234"], with_setting("<Enabled>false</Enabled>")),
        (
            vec!["GW2234"],
            with_triggers("<BootTrigger><Enabled>false</Enabled></BootTrigger>"),
        ),
        (
            vec!["GW2234"],
            with_setting("<AllowStartOnDemand>false</AllowStartOnDemand>"),
        ),
        (
            vec!["GW2234"],
            with_triggers(
                "<TimeTrigger><StartBoundary>2026-02-01T00:00:00</StartBoundary><EndBoundary>2026-01-01T00:00:00</EndBoundary></TimeTrigger>",
            ),
        ),
        (vec!["GW2234"], {
            let waits = "<RunOnlyIfIdle>true</RunOnlyIfIdle></Settings>";
            deploy_tree.clone().replace(TASKS, "</Settings>", waits)
        }),
        (
            vec!["GW2235"],
            with_task(&good_task("S-1-5-18", "a.exe", "").replace("name=\"a\"", "name=\"a: b\"")),
        ),
    ]
}
