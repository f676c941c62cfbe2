//! What stands in the place of policy files and is none: nothing behind it is read, and that is told.
#![cfg(unix)]

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use gangway::lint::lint;

const GPO: &str = "{00000001-1111-1111-1111-111111111111}";

/// Writes a GPO of SYSVOL and beside it what a link may lead to.
fn gpo(root: &Path) {
    let folder = root.join(GPO);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("GPT.INI"), "[General]\r\nVersion=0\r\n").unwrap();
    let machine = root.join("elsewhere/Machine");
    std::fs::create_dir_all(&machine).unwrap();
    std::fs::write(machine.join("notes.txt"), "x").unwrap();
}

/// Codes and subjects below the root, as far as they tell of links.
fn told(root: &Path) -> Vec<String> {
    let problems = lint(root).unwrap().problems;
    let links = problems
        .iter()
        .filter(|problem| problem.code.id == "GW2115");
    let below = |subject: &str| {
        let path = Path::new(subject).strip_prefix(root).unwrap();
        path.display().to_string()
    };
    links.map(|problem| below(&problem.subject)).collect()
}

#[test]
fn a_link_or_a_pipe_in_a_gpo_is_never_passed_over_in_silence() {
    for name in ["Machine", "registry.pol", "GptTmpl.inf", "notes.txt"] {
        let folder = tempfile::tempdir().unwrap();
        gpo(folder.path());
        let link = folder.path().join(GPO).join(name);
        symlink("../elsewhere/Machine", link).unwrap();
        assert_eq!(told(folder.path()), [format!("{GPO}/{name}")]);
    }
    let folder = tempfile::tempdir().unwrap();
    gpo(folder.path());
    let machine = folder.path().join(GPO).join("Machine");
    std::fs::create_dir(&machine).unwrap();
    let pipe = machine.join("registry.pol");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    assert_eq!(told(folder.path()), [format!("{GPO}/Machine/registry.pol")]);
}

#[test]
fn outside_of_gpos_a_link_counts_where_policy_may_lie_behind_it() {
    let folder = tempfile::tempdir().unwrap();
    gpo(folder.path());
    for (name, target) in [
        ("GptTmpl.inf", "elsewhere/gone"),
        ("policies", "elsewhere"),
        ("a.mof", "elsewhere/gone"),
        ("readme.md", "elsewhere/Machine/notes.txt"),
        ("gone.txt", "elsewhere/gone"),
    ] {
        symlink(target, folder.path().join(name)).unwrap();
    }
    let mut told = told(folder.path());
    told.sort();
    assert_eq!(told, ["GptTmpl.inf", "a.mof", "policies"]);
}

#[test]
fn a_folder_of_nothing_but_links_is_no_clean_folder() {
    let folder = tempfile::tempdir().unwrap();
    symlink("/nowhere", folder.path().join("registry.pol")).unwrap();
    assert_eq!(told(folder.path()), ["registry.pol"]);
}
