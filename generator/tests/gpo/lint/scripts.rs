//! What is wrong with the scripts of a GPO.

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
    ]
}
