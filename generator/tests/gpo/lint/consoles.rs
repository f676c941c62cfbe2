//! What GPMC and the policy editor leave behind, seen in public backups, is no finding.

use std::collections::BTreeSet;

use super::tree::{TASKS, Tree, empty, good_task, with_preference, with_task};

/// A template that says what it is and sets nothing.
const EMPTY_TEMPLATE: &str =
    "[Unicode]\r\nUnicode=yes\r\n[Version]\r\nsignature=\"$CHICAGO$\"\r\nRevision=1\r\n";

/// An object of `Backup.xml` below the user side.
fn object(kind: &str, path: &str) -> String {
    format!(
        r#"<{kind} bkp:Path="%GPO_USER_FSPATH%\{path}" bkp:Location="DomainSysvol\GPO\User\{path}""#
    )
}

/// The Deploy GPO, whose user side is empty and switched off, with files on that side.
fn with_user_files(files: &[(&str, &[u8])]) -> Tree {
    let mut tree = Tree::deploy();
    let tasks = tree.path(TASKS);
    let (root, _) = tasks.split_once("/Machine/").unwrap();
    let root = root.to_owned();
    let mut listed = String::new();
    for (path, bytes) in files {
        tree.0.insert(format!("{root}/User/{path}"), bytes.to_vec());
        let path = path.replace('/', "\\");
        listed.push_str(&format!("{}/>", object("FSObjectFile", &path)));
    }
    let end = "</GroupPolicyExtension></GroupPolicyObject>";
    tree.replace("Backup.xml", end, &format!("{listed}{end}"))
}

#[test]
fn files_without_a_setting_are_no_content() {
    for (path, bytes) in [
        ("registry.pol", b"PReg\x01\0\0\0".as_slice()),
        (
            "microsoft/windows nt/SecEdit/GptTmpl.inf",
            EMPTY_TEMPLATE.as_bytes(),
        ),
        ("Scripts/scripts.ini", b"\r\n[Logon]\r\n"),
        ("Scripts/Logon/left.cmd", b"rem"),
        (
            "Preferences/Registry/Registry.xml",
            br#"<RegistrySettings clsid="{A3CCFC41-DFDB-43a5-8D26-0FE8B954DA51}"/>"#,
        ),
        (
            "microsoft/windows nt/Audit/audit.csv",
            b"Machine Name,Policy Target\r\n",
        ),
    ] {
        let tree = with_user_files(&[(path, bytes)]);
        assert_eq!(tree.codes(), BTreeSet::new(), "{path}");
    }
}

#[test]
fn the_same_files_with_a_setting_are_content() {
    let off_and_not_listed = BTreeSet::from(["GW2101", "GW2110", "GW2114"]);
    for (path, bytes) in [
        (
            "microsoft/windows nt/SecEdit/GptTmpl.inf",
            format!("{EMPTY_TEMPLATE}[Registry Values]\r\na=4,1\r\n"),
        ),
        (
            "Scripts/scripts.ini",
            "\r\n[Logon]\r\n0CmdLine=%SystemRoot%\\a.cmd\r\n0Parameters=\r\n".to_owned(),
        ),
    ] {
        let tree = with_user_files(&[(path, bytes.as_bytes())]);
        assert_eq!(tree.codes(), off_and_not_listed, "{path}");
    }
}

#[test]
fn an_emptied_extension_list_is_one_blank() {
    let tree = Tree::deploy().replace(
        "Backup.xml",
        "<UserExtensionGuids/>",
        "<UserExtensionGuids><![CDATA[ ]]></UserExtensionGuids>",
    );
    assert_eq!(tree.codes(), BTreeSet::new());
}

#[test]
fn files_listed_inside_a_folder_are_listed() {
    let end = "</GroupPolicyExtension></GroupPolicyObject>";
    let nested = format!(
        "{}>{}/></FSObjectDir>{end}",
        object("FSObjectDir", r"Scripts\Logon"),
        object("FSObjectFile", r"Scripts\Logon\a.cmd"),
    );
    let with_file = Tree::deploy().replace("Backup.xml", end, &nested);
    let root = with_file.path(TASKS);
    let (root, _) = root.split_once("/Machine/").unwrap();
    let mut tree = with_file.clone();
    tree.0
        .insert(format!("{root}/User/Scripts/Logon/a.cmd"), b"rem".to_vec());
    assert_eq!(tree.codes(), BTreeSet::new());
    assert_eq!(with_file.codes(), BTreeSet::from(["GW2108"]));
}

#[test]
fn items_of_the_registry_wizard_have_no_uid() {
    let item = r#"<RegistrySettings clsid="{A3CCFC41-DFDB-43a5-8D26-0FE8B954DA51}"><Collection clsid="{53B533F5-224C-47e3-B01B-CA3B3F3FF4BF}" name="Registry Wizard Values"><Registry clsid="{9CD4B2F4-923D-47f5-A062-E897DD1DAD50}" name="x" descr="y"><Properties action="U" hive="HKEY_LOCAL_MACHINE" key="SOFTWARE\Example" name="x" type="REG_DWORD" value="00000001"/></Registry></Collection></RegistrySettings>"#;
    assert_eq!(with_preference("Registry", item).codes(), BTreeSet::new());
}

#[test]
fn a_task_may_have_every_part_that_the_scheduler_knows() {
    let good = good_task("S-1-5-18", "a.exe", "");
    let settings = "<RestartOnFailure><Interval>PT5M</Interval><Count>3</Count></RestartOnFailure>\
                    <UseUnifiedSchedulingEngine>true</UseUnifiedSchedulingEngine></Settings>";
    let info =
        "<RegistrationInfo><Date>2026-01-31T09:00:00</Date><URI>\\a</URI></RegistrationInfo>";
    let xml = good
        .replace("</Settings>", settings)
        .replace("<RegistrationInfo/>", info)
        .replace("</RunLevel>", "</RunLevel><DisplayName>x</DisplayName>");
    assert_eq!(with_task(&xml).codes(), BTreeSet::new());
}

#[test]
fn a_version_file_in_utf_16_is_read() {
    let text = "\u{FEFF}[General]\r\nVersion=65537\r\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut tree = empty().sysvol(1, &[("Machine/registry.pol", b"PReg\x01\0\0\0")]);
    let path = tree.path("GPT.INI");
    tree.0.insert(path, bytes);
    assert_eq!(tree.codes(), BTreeSet::new());
}
