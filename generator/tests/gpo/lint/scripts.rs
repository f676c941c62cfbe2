//! What is wrong with the scripts of a GPO.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use gangway::lint::lint;
use gangway::problem::NAMED;

use super::tree::{Tree, empty};

/// A GPO with this list for the computer, and one file for its start.
fn listed(list: &str) -> Tree {
    empty().sysvol(
        1,
        &[
            ("Machine/Scripts/scripts.ini", list.as_bytes()),
            ("Machine/Scripts/Startup/a.cmd", b"x"),
        ],
    )
}

/// As above, with one program.
fn started(section: &str, command: &str, parameters: &str) -> Tree {
    listed(&format!(
        "[{section}]\r\n0CmdLine={command}\r\n0Parameters={parameters}\r\n"
    ))
}

/// The codes that a broken input provokes, and the input: a good one with one change.
pub(super) fn cases() -> Vec<(Vec<&'static str>, Tree)> {
    let program = "0CmdLine=A.cmd\r\n0Parameters=\r\n";
    let users = |list: &str| empty().sysvol(1, &[("User/Scripts/scripts.ini", list.as_bytes())]);
    vec![
        (vec![], started("Startup", "A.cmd", "")),
        (vec![], started("Shutdown", "gpupdate.exe", r"/log:D:\logs")),
        (vec!["GW2239"], started("Logon", "a.exe", "")),
        (vec!["GW2239"], started("Startup", "b.cmd", "")),
        (vec!["GW2232"], started("Startup", r"Z:\a.cmd", "")),
        (
            vec!["GW2232"],
            started("Startup", "cmd.exe", r"/c h:\a.cmd"),
        ),
        (
            vec!["GW2210", "GW2225"],
            started("Startup", r"\\files\share\a.cmd", ""),
        ),
        (
            vec!["GW2225"],
            started("Startup", "cmd.exe", r"/c \\files.contoso.com\share\a.cmd"),
        ),
        (
            vec![],
            started("Startup", r"\\contoso.com\SYSVOL\contoso.com\a.cmd", ""),
        ),
        // A user has drives and shares of his own.
        (
            vec![],
            users("[Logon]\r\n0CmdLine=Z:\\a.cmd\r\n0Parameters=\\\\files.contoso.com\\a\\b\r\n"),
        ),
        (
            vec!["GW2240"],
            listed(&format!("\u{FEFF}[Startup]\r\n{program}")),
        ),
        (
            vec![],
            listed(&format!("\u{FEFF}\r\n[Startup]\r\n{program}")),
        ),
        // What stands behind the mark is looked into all the same.
        (
            vec!["GW2232", "GW2240"],
            listed("\u{FEFF}[Startup]\r\n0CmdLine=Z:\\a.cmd\r\n0Parameters=\r\n"),
        ),
        (vec!["GW2240"], listed(&format!("[StartUps]\r\n{program}"))),
        (
            vec!["GW2240"],
            listed(&format!("[Startup]\r\n{program}start b.cmd\r\n")),
        ),
        // What a carriage return alone may hide is looked into.
        (
            vec!["GW2232", "GW2240"],
            listed("[Startup]\r0CmdLine=Z:\\a.cmd\r0Parameters=\r"),
        ),
        // One cause, one finding: the second key of a name starts nothing, wherever its file is, and a
        // name in typographic quotes is no name of a file.
        (
            vec!["GW2240"],
            listed(&format!("[Startup]\r\n{program}0CmdLine=b.cmd\r\n")),
        ),
        (vec!["GW2240"], started("Startup", "b.cmd /q x.cmd", "")),
        (
            vec!["GW2240"],
            in_utf_16("[Startup]\r\n0CmdLine=“b.cmd”\r\n0Parameters=\r\n"),
        ),
        (
            vec!["GW2240"],
            in_utf_16("[Startup]\r\n0CmdLine=a.cmd\u{a0}\r\n0Parameters=\r\n"),
        ),
        (vec!["GW2239"], started("Startup", r"sub\a.cmd", "")),
        (vec!["GW2239"], started("Startup", r"sub/tool.exe", "")),
        (vec![], started("Startup", r".\A.cmd", "")),
        (vec![], started("Shutdown", r"..\Startup\a.cmd", "")),
        (vec![], started("Startup", r"..\..\..\a.cmd", "")),
        (vec![], started("Startup", r"%SystemRoot%\sub\a.cmd", "")),
        (vec!["GW2239"], started("Shutdown", "a.cmd", "")),
        (vec!["GW2239"], started("Startup", r"C:\Tools\a.ps1", "")),
        (vec![], powershell("a.ps1")),
        (vec!["GW2239"], powershell("a.cmd")),
    ]
}

fn in_utf_16(list: &str) -> Tree {
    let units = format!("\u{feff}{list}");
    let bytes: Vec<u8> = units.encode_utf16().flat_map(u16::to_le_bytes).collect();
    empty().sysvol(
        1,
        &[
            ("Machine/Scripts/scripts.ini", bytes.as_slice()),
            ("Machine/Scripts/Startup/a.cmd", b"x"),
        ],
    )
}

/// A GPO that starts this from the list of PowerShell scripts, and has two scripts.
fn powershell(command: &str) -> Tree {
    let list = format!("[Startup]\r\n0CmdLine={command}\r\n0Parameters=\r\n");
    empty().sysvol(
        1,
        &[
            ("Machine/Scripts/psscripts.ini", list.as_bytes()),
            ("Machine/Scripts/Startup/a.cmd", b"x"),
            ("Machine/Scripts/Startup/a.ps1", b"x"),
        ],
    )
}

/// Sixteen thousand took 44 seconds while each was held against all others.
#[test]
fn a_list_of_very_many_scripts_is_judged_at_once() {
    let mut list = "[Startup]\r\n".to_owned();
    for number in 0..30_000 {
        write!(
            list,
            "{number}CmdLine=\\\\files\\a\\{number}.cmd\r\n{number}Parameters=\r\n"
        )
        .unwrap();
    }
    let begun = std::time::Instant::now();
    let report = listed(&list).lint();
    let ids: BTreeSet<&str> = report.problems.iter().map(|it| it.code.id).collect();
    assert_eq!(ids, BTreeSet::from(["GW2210", "GW2225"]));
    assert_eq!(report.problems.len(), 2, "one finding for each cause");
    for problem in &report.problems {
        assert_eq!(problem.evidence.len(), NAMED + 1);
        assert_eq!(
            problem.evidence[NAMED],
            format!("and {} more", 30_000 - NAMED)
        );
    }
    // Names without an end, and sections without number.
    listed(&format!(
        "[Startup]\r\n{}",
        r"0CmdLine= \\a\b".repeat(30_000)
    ))
    .lint();
    let sections: String = (0..50_000)
        .map(|number| format!("[{number}]\r\n"))
        .collect();
    listed(&sections).lint();
    // Seconds in a build without optimisation; quadratic work is in the hundreds of them.
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
}

#[test]
fn a_list_alone_is_judged_on_the_side_that_it_is_for() {
    let pair = "0CmdLine=Z:\\a.cmd\r\n0Parameters=\r\n";
    for (place, list, wanted) in [
        (
            "scripts.ini",
            format!("[Startup]\r\n{pair}"),
            &["GW2232"][..],
        ),
        (
            "PSScripts.ini",
            format!("[Startup]\r\n{pair}"),
            &["GW2239", "GW2232"],
        ),
        // A user has drives of his own.
        ("scripts.ini", format!("[Logon]\r\n{pair}"), &[]),
        (
            "User/Scripts/scripts.ini",
            format!("[Startup]\r\n{pair}"),
            &["GW2239"],
        ),
        (
            "Machine/Scripts/scripts.ini",
            format!("[Logon]\r\n{pair}"),
            &["GW2239"],
        ),
        ("scripts.ini", format!("[StartUps]\r\n{pair}"), &["GW2240"]),
        // Beside a file alone nothing was looked for.
        (
            "scripts.ini",
            "[Startup]\r\n0CmdLine=a.cmd\r\n0Parameters=\r\n".to_owned(),
            &[],
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &list).unwrap();
        let report = lint(&path).unwrap();
        let ids: Vec<&str> = report.problems.iter().map(|it| it.code.id).collect();
        assert_eq!(ids, wanted, "{place}: {list}");
        assert_eq!(report.checked.len(), 1);
    }
}

#[test]
fn a_list_of_that_name_of_another_program_is_passed_over() {
    let mut tree = listed("");
    tree.0.insert(
        "chat/scripts.ini".to_owned(),
        b"[aliases]\nn0=/x\n".to_vec(),
    );
    assert_eq!(tree.codes(), BTreeSet::new());
    tree.0
        .insert("left/scripts.ini".to_owned(), b"[Startup]\nx\n".to_vec());
    assert_eq!(tree.codes(), BTreeSet::from(["GW2240"]));
}

#[test]
fn a_script_in_the_folder_of_another_moment_is_told_as_that() {
    let report = started("Shutdown", "a.cmd", "").lint();
    let [problem] = report.problems.as_slice() else {
        panic!("{:#?}", report.problems);
    };
    assert!(
        problem.message.contains("in the folder of `[Startup]`"),
        "{}",
        problem.message
    );
    assert!(
        problem.next_action.contains(r"`Scripts\Shutdown`"),
        "{}",
        problem.next_action
    );
}
