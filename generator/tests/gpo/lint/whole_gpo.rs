//! What is wrong with a GPO as a whole: its extensions, versions and files.

use gangway::gpo::extensions::{ExtensionList, REGISTRY_POLICY, SCHEDULED_TASKS, SECURITY};

use super::tree::{TASKS, Tree, empty, good_task, with_task};

/// The codes that a broken input provokes, and the input: a good one with one change.
pub(super) fn cases() -> Vec<(Vec<&'static str>, Tree)> {
    let list = ExtensionList::of(&[REGISTRY_POLICY, SCHEDULED_TASKS]).to_string();
    let policy_group = ExtensionList::of(&[REGISTRY_POLICY]).to_string();
    // The mark of preferences, then a group for each extension in the order of their GUIDs.
    let (marker, groups) = list.split_at(78);
    let group = groups.strip_prefix(&policy_group).unwrap();
    let extra = ExtensionList::of(&[SECURITY]).to_string();
    let deploy_tree = Tree::deploy();
    vec![
        (
            vec!["GW2101"],
            deploy_tree.clone().replace("Backup.xml", group, ""),
        ),
        (
            vec!["GW2102"],
            deploy_tree
                .clone()
                .replace("Backup.xml", &list, &format!("{groups}{marker}")),
        ),
        (
            vec!["GW2103"],
            deploy_tree
                .clone()
                .replace("Backup.xml", &list, &format!("{list} ")),
        ),
        (
            vec!["GW2104"],
            deploy_tree.clone().replace(
                "Backup.xml",
                &list,
                &format!("{marker}{policy_group}{extra}{group}"),
            ),
        ),
        (
            vec!["GW2104"],
            deploy_tree.clone().replace("Backup.xml", marker, ""),
        ),
        (
            vec!["GW2114"],
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
            vec!["GW2114"],
            deploy_tree
                .clone()
                .replace("Backup.xml", "[65537]", "[65538]"),
        ),
        (vec!["GW2106"], {
            let mut tree = Tree::bundle();
            let mut versions = tree.0.iter_mut();
            let version = versions.find(|(path, _)| path.ends_with("GPT.INI"));
            *version.unwrap().1 = b"[General]\r\nVersion=7\r\n".to_vec();
            tree
        }),
        (
            vec!["GW2107"],
            deploy_tree.clone().replace(TASKS, "</Properties>", ""),
        ),
        (
            vec!["GW2107"],
            empty().sysvol(1, &[("Machine/registry.pol", b"PReg\x02\0\0\0")]),
        ),
        (
            vec!["GW2326"],
            empty().sysvol(
                1,
                &[
                    ("Machine/registry.pol", b"PReg\x01\0\0\0"),
                    ("MACHINE/Registry.pol", b"PReg\x01\0\0\0"),
                ],
            ),
        ),
        (vec!["GW2108"], deploy_tree.clone().remove("bkupInfo.xml")),
        (vec!["GW2108"], deploy_tree.clone().remove("Backup.xml")),
        // Without the file there is also an extension without content.
        (vec!["GW2104", "GW2108"], deploy_tree.clone().remove(TASKS)),
        (
            vec!["GW2113"],
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
            deploy_tree.clone().replace(
                "Backup.xml",
                "<Options><![CDATA[1]]>",
                "<Options><![CDATA[2]]>",
            ),
        ),
        (
            vec!["GW2111"],
            deploy_tree.clone().replace(
                "Backup.xml",
                "<SecurityDescriptor>01 00",
                "<SecurityDescriptor>02 00",
            ),
        ),
        (
            vec!["GW2107"],
            with_task(&format!("\n{}", good_task("S-1-5-18", "a.exe", ""))),
        ),
        (
            vec!["GW2107"],
            with_task(
                &good_task("S-1-5-18", "a.exe", "").replace("?>", "?><?xml version=\"1.0\"?>"),
            ),
        ),
        (
            vec!["GW2107"],
            with_task(&good_task("S-1-5-18", "a.exe", "").replace("utf-8", "utf-16")),
        ),
        (
            vec!["GW2116"],
            with_task(&good_task("S-1-5-18", "a.exe", "").replace("utf-8", "UTF8")),
        ),
        (
            vec!["GW2107", "GW2112"],
            with_task(&good_task("S-1-5-18", "a.exe", "")).replace(
                "GPT.INI",
                "[General]",
                "\u{FEFF}[General]",
            ),
        ),
        (
            vec!["GW2107", "GW2112"],
            with_task(&good_task("S-1-5-18", "a.exe", "")).replace("GPT.INI", "Version=65537", ""),
        ),
    ]
}
