//! What a folder of items or a whole file says holds for each item inside.

use std::collections::BTreeSet;

use super::tree::{Tree, good_task, with_preference, with_task};

const OFF: &str = "disabled=\"1\"";
const ONCE: &str =
    r#"<FilterRunOnce hidden="1" not="0" bool="AND" id="{99999999-2222-3333-4444-555555555555}"/>"#;

/// A preference that switches the antivirus off, with attributes of its own.
fn antivirus_off(attributes: &str) -> String {
    format!(
        r#"<Registry clsid="{{9CD4B2F4-923D-47f5-A062-E897DD1DAD50}}" name="x" uid="{{11111111-2222-3333-4444-555555555555}}" {attributes}><Properties action="U" hive="HKEY_LOCAL_MACHINE" key="SOFTWARE\Policies\Microsoft\Windows Defender" name="DisableAntiSpyware" type="REG_DWORD" value="00000001"/></Registry>"#
    )
}

fn collection(attributes: &str, inner: &str) -> String {
    format!(
        r#"<Collection clsid="{{53B533F5-224C-47e3-B01B-CA3B3F3FF4BF}}" name="c" {attributes}>{inner}</Collection>"#
    )
}

fn registry(attributes: &str, inner: &str) -> Tree {
    let xml = format!(
        r#"<RegistrySettings clsid="{{A3CCFC41-DFDB-43a5-8D26-0FE8B954DA51}}" {attributes}>{inner}</RegistrySettings>"#
    );
    with_preference("Registry", &xml)
}

/// Codes with repetition, in order.
fn all_codes(tree: &Tree) -> Vec<&'static str> {
    let problems = tree.lint().problems;
    problems.iter().map(|problem| problem.code.id).collect()
}

#[test]
fn what_is_off_has_no_effect_wherever_the_switch_is() {
    let item = antivirus_off("");
    for (what, tree, wanted) in [
        ("on", registry("", &item), vec!["GW2308"]),
        (
            "on in a folder",
            registry("", &collection("", &item)),
            vec!["GW2308"],
        ),
        (
            "the item",
            registry("", &antivirus_off(OFF)),
            vec!["GW2230"],
        ),
        (
            "the folder",
            registry("", &collection(OFF, &item)),
            vec!["GW2230"],
        ),
        (
            "a folder around the folder",
            registry("", &collection(OFF, &collection("", &item))),
            vec!["GW2230"],
        ),
        ("the file", registry(OFF, &item), vec!["GW2230"]),
        (
            "a folder of the file",
            registry(OFF, &collection("", &item)),
            vec!["GW2230"],
        ),
    ] {
        assert_eq!(all_codes(&tree), wanted, "{what}");
    }
}

#[test]
fn a_password_is_told_whatever_is_off() {
    let properties = "<Properties cpassword=\"x\"";
    let item = antivirus_off("").replace("<Properties", properties);
    let codes = registry(OFF, &item).codes();
    assert!(codes.contains("GW2214"), "{codes:?}");
}

#[test]
fn filters_of_a_folder_are_read_and_told_once() {
    let unknown = r#"<Filters><FilterOS bool="AND" not="0" class="NT"/></Filters>"#;
    let item = antivirus_off("").replace("DisableAntiSpyware", "HideExclusionsFromLocalUsers");
    let second = item
        .replace("11111111", "22222222")
        .replace("HideExclusionsFromLocalUsers", "ProxyBypass");
    let tree = registry("", &collection("", &format!("{unknown}{item}{second}")));
    assert_eq!(all_codes(&tree), ["GW2215"]);
    let problems = tree.lint().problems;
    assert_eq!(problems[0].evidence, ["collection `c`"]);
}

/// An immediate task of this name inside folders.
fn immediate(name: &str, filters: &str) -> String {
    let task = good_task("S-1-5-18", "a.exe", "");
    let (_, rest) = task.split_once("<TaskV2").unwrap();
    let (item, _) = rest.split_once("</ScheduledTasks>").unwrap();
    let uid = format!("{:08}-2222", name.len());
    format!("<TaskV2{item}")
        .replace("TaskV2", "ImmediateTaskV2")
        .replace(
            "D8896631-B747-47a7-84A6-C155337F3BC8",
            "9756B581-76EC-4169-9AFC-0CA8D43ADB5F",
        )
        .replace("action=\"U\"", "action=\"C\"")
        .replace("name=\"a\"", &format!("name=\"{name}\""))
        .replace("11111111-2222", &uid)
        .replace(
            "</ImmediateTaskV2>",
            &format!("{filters}</ImmediateTaskV2>"),
        )
}

fn tasks(inner: &str) -> Tree {
    with_task(&format!(
        r#"<ScheduledTasks clsid="{{CC63F200-7309-4ba0-B154-A71CD118DBCC}}">{inner}</ScheduledTasks>"#
    ))
}

#[test]
fn a_run_once_filter_of_a_folder_stops_the_tasks_inside() {
    let once = format!("<Filters>{ONCE}</Filters>");
    let two = [immediate("a", ""), immediate("bb", "")].concat();
    for (what, tree, wanted) in [
        ("alone", tasks(&immediate("a", "")), vec!["GW2211"]),
        (
            "in a folder",
            tasks(&collection("", &immediate("a", ""))),
            vec!["GW2211"],
        ),
        (
            "in a folder that runs once",
            tasks(&collection("", &format!("{once}{two}"))),
            vec![],
        ),
        (
            "deeper in it",
            tasks(&collection("", &format!("{once}{}", collection("", &two)))),
            vec![],
        ),
        (
            "beside it",
            tasks(&format!("{}{}", collection("", &once), immediate("a", ""))),
            vec!["GW2211"],
        ),
    ] {
        assert_eq!(tree.codes(), BTreeSet::from_iter(wanted), "{what}");
    }
}

#[test]
fn an_id_of_a_folder_is_shared_with_others() {
    let once = format!("<Filters>{ONCE}</Filters>");
    let first = collection("", &format!("{once}{}", immediate("a", "")));
    let other = immediate("bb", &once);
    let both = tasks(&format!("{first}{other}"));
    assert_eq!(all_codes(&both), ["GW2203"]);
    let off = first.replace("name=\"c\"", &format!("name=\"c\" {OFF}"));
    assert_eq!(all_codes(&tasks(&format!("{off}{other}"))), ["GW2230"]);
}
