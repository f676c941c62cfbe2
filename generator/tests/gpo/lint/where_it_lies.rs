//! The same folder, whichever way it is named, and names that Windows does not tell apart.

use gangway::gpo::extensions::{ExtensionList, PREFERENCES, REGISTRY_POLICY, SCHEDULED_TASKS};
use gangway::lint::lint;

use super::tree::{TASKS, Tree, empty};

fn written(tree: &Tree) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in &tree.0 {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

#[test]
fn a_backup_that_is_named_by_a_path_without_its_name_has_its_name() {
    let tree = Tree::deploy();
    let folder = written(&tree);
    let backup = tree.path("Backup.xml");
    let backup = folder.path().join(backup);
    let above = backup.parent().unwrap().join("DomainSysvol/..");
    let report = lint(&above).unwrap();
    assert_eq!(report.problems, []);
}

#[test]
fn the_folder_is_told_as_it_is_called() {
    let tree = Tree::deploy();
    let path = tree.path("Backup.xml");
    let id = path.rsplit('/').nth(1).unwrap();
    for (name, told) in [("myBackup", true), (id.to_lowercase().as_str(), false)] {
        let moved = tree.0.iter().map(|(path, bytes)| {
            let path = path.replace(id, name);
            (path, bytes.clone())
        });
        let problems = Tree(moved.collect()).lint().problems;
        let found = problems.iter().find(|problem| problem.code.id == "GW2109");
        assert_eq!(found.is_some(), told, "{name}: {problems:?}");
        if let Some(found) = found {
            assert!(found.evidence[0].contains("found `myBackup`"), "{found:?}");
        }
    }
}

#[test]
fn both_of_two_names_that_are_one_on_windows_are_told() {
    let tree = empty().sysvol(
        1,
        &[
            ("Machine/registry.pol", b"PReg\x01\0\0\0"),
            ("MACHINE/Registry.pol", b"PReg\x01\0\0\0"),
        ],
    );
    let problems = tree.lint().problems;
    let evidence = problems[0].evidence.concat();
    for name in ["Machine/registry.pol", "MACHINE/Registry.pol"] {
        assert!(evidence.contains(name), "{evidence}");
    }
}

#[test]
fn a_document_of_gpmc_is_cured_by_another_backup() {
    for name in ["Backup.xml", "bkupInfo.xml"] {
        let mut tree = Tree::deploy();
        tree.0.insert(tree.path(name), b"<".to_vec());
        let problems = tree.lint().problems;
        let found = problems.iter().find(|problem| problem.code.id == "GW2107");
        let found = found.unwrap();
        assert_eq!(found.next_action, "back the GPO up again", "{name}");
        assert!(!found.message.contains("clients"), "{found:?}");
    }
}

#[test]
fn every_kind_of_preferences_has_to_be_listed() {
    let list = ExtensionList::of(&[REGISTRY_POLICY, SCHEDULED_TASKS]).to_string();
    for (folder, extension) in PREFERENCES {
        if extension == SCHEDULED_TASKS {
            continue;
        }
        let tree = Tree::deploy();
        let tasks = tree.path(TASKS);
        let (machine, _) = tasks.split_once("Preferences/").unwrap();
        let file = format!("{machine}Preferences/{folder}/{folder}.xml");
        let root = match folder {
            "Registry" => "RegistrySettings",
            other => other,
        };
        let mut tree = tree;
        tree.0
            .insert(file, format!("<{root}><x/></{root}>").into_bytes());
        assert!(tree.codes().contains("GW2101"), "{folder}");
        let complete =
            ExtensionList::of(&[REGISTRY_POLICY, SCHEDULED_TASKS, extension]).to_string();
        let listed = tree.replace("Backup.xml", &list, &complete);
        assert!(!listed.codes().contains("GW2101"), "{folder}");
        assert!(!listed.codes().contains("GW2104"), "{folder}");
    }
}
