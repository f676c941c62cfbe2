//! Exclusions from scanning: such as leave nothing to scan, and such as match nothing.

use gangway_contract::registry::ANTIVIRUS_POLICY;

use super::setting::Setting;
use crate::gpo::codes;
use crate::problem::Problem;

/// Folders and endings that hold so much that excluding them protects nothing.
const WIDE_PATHS: [&str; 12] = [
    "%systemroot%",
    "%windir%",
    "%systemdrive%",
    "%programdata%",
    "%programfiles%",
    "%temp%",
    r"c:\windows",
    r"c:\windows\system32",
    r"c:\windows\temp",
    r"c:\program files",
    r"c:\programdata",
    r"c:\users",
];
const WIDE_EXTENSIONS: [&str; 10] = [
    "exe", "dll", "sys", "ps1", "cmd", "bat", "vbs", "js", "msi", "com",
];
const WIDE_PROCESSES: [&str; 7] = [
    "powershell.exe",
    "cmd.exe",
    "wscript.exe",
    "cscript.exe",
    "explorer.exe",
    "svchost.exe",
    "rundll32.exe",
];

/// What is dangerous or of no use about an exclusion.
pub(super) fn look_at(setting: &Setting, problems: &mut Vec<Problem>) {
    let Some(list) = setting
        .key
        .strip_prefix(&format!(r"hklm\{ANTIVIRUS_POLICY}\exclusions\").to_lowercase())
    else {
        return;
    };
    let name = setting.name.as_str();
    let bare = name.trim_end_matches(['\\', '*', '?', '.']);
    let wide = match list {
        "paths" => bare.is_empty() || bare.ends_with(':') || WIDE_PATHS.contains(&bare),
        "extensions" => bare.is_empty() || WIDE_EXTENSIONS.contains(&name.trim_start_matches('.')),
        "processes" => {
            let file = name.rsplit('\\').next().unwrap_or(name);
            bare.is_empty() || WIDE_PROCESSES.contains(&file)
        }
        _ => false,
    };
    if let Some(why) = mistyped(list, name) {
        problems.push(
            Problem::new(
                &codes::MISTYPED_EXCLUSION,
                &setting.path,
                format!(
                    "`{}` is excluded as it is written, and {why}",
                    setting.shown
                ),
                "write it as Explorer shows the path",
            )
            .with_evidence(setting.key.clone()),
        );
    }
    if wide {
        problems.push(
            Problem::new(
                &codes::WIDE_EXCLUSION,
                &setting.path,
                format!("`{}` is excluded from scanning", setting.shown),
                "exclude what the vendor names, no more",
            )
            .with_evidence(setting.key.clone()),
        );
    }
}

/// Variables that each user has of his own; the antivirus resolves those of the system alone (Microsoft's
/// page on custom exclusions, "system environment variables").
const VARIABLES_OF_USERS: [&str; 6] = [
    "%userprofile%",
    "%appdata%",
    "%localappdata%",
    "%homepath%",
    "%homedrive%",
    "%username%",
];

/// Why an exclusion is probably not what was meant; `name` is in small letters.
fn mistyped(list: &str, name: &str) -> Option<&'static str> {
    if list == "extensions" {
        return name
            .starts_with("*.")
            .then_some("an extension stands without `*`");
    }
    let below = name.strip_prefix(r"\\").unwrap_or(name);
    if below.contains(r"\\") {
        Some("its backslashes are doubled")
    } else if name.contains('/') {
        Some("it has slashes where Windows has backslashes")
    } else if VARIABLES_OF_USERS.iter().any(|one| name.contains(one)) {
        Some("the variable is a user's, and the antivirus has the system's")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_probably_not_meant_is_told() {
        for (list, name, is_told) in [
            ("paths", r"d:\data", false),
            ("paths", r"d:\\data", true),
            ("paths", r"\\files\share\data", false),
            ("paths", r"\\files\\share", true),
            ("paths", "d:/data", true),
            ("paths", r"%userprofile%\x", true),
            ("paths", r"%programdata%\x", false),
            ("paths", r"d:\sql\*.mdf", false),
            ("processes", r"d:\prog\\a.exe", true),
            ("processes", "sqlservr.exe", false),
            ("extensions", "*.mdf", true),
            ("extensions", ".mdf", false),
            ("extensions", "mdf", false),
        ] {
            assert_eq!(mistyped(list, name).is_some(), is_told, "{list} {name}");
        }
    }
}
