//! Exclusions from scanning: such as leave nothing to scan, and such as match nothing or more than is meant.
//!
//! What counts is Microsoft's documentation of Defender Antivirus: "Configure and validate exclusions based on
//! file extension and folder location" (of 2024-11-21), "Configure exclusions for files opened by processes" (of
//! 2025-04-07) and "Common mistakes to avoid when defining exclusions" (of 2023-07-18). None of them says what
//! becomes of an entry in another form, so nothing here is an error.

use gangway_contract::registry::ANTIVIRUS_POLICY;

use super::setting::Setting;
use crate::gpo::codes;
use crate::problem::{Code, Problem};

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

/// Something that is dangerous or of no use about an exclusion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// What kind of finding it is.
    pub(crate) code: &'static Code,
    /// What is wrong with it.
    pub(crate) message: String,
    /// What to write instead.
    pub(crate) next: String,
}

/// What there is to say of an exclusion as it is written; `list` is `paths`, `extensions` or `processes`.
pub(crate) fn doubts(list: &str, shown: &str) -> Vec<Doubt> {
    let name = shown.to_lowercase();
    let mut found = Vec::new();
    let mistyped = several(list, &name).or_else(|| mistyped(list, shown, &name));
    let mistyped = mistyped.filter(|_| !bare(&name).is_empty());
    if let Some((why, next)) = mistyped {
        found.push(Doubt {
            code: &codes::MISTYPED_EXCLUSION,
            message: format!("`{shown}` is excluded as it is written, and {why}"),
            next,
        });
    }
    if is_wide(list, &name) {
        found.push(Doubt {
            code: &codes::WIDE_EXCLUSION,
            message: format!("`{shown}` is excluded from scanning"),
            next: "exclude what the vendor names, no more".to_owned(),
        });
    }
    if found.is_empty() && list == "processes" && !name.contains(['\\', '%']) {
        found.push(Doubt {
            code: &codes::PROCESS_BY_NAME,
            message: format!(
                "`{shown}` is a name without a path: what any program of that name opens is not scanned, \
                 wherever the program lies"
            ),
            next: format!("write the whole path of the program, as `D:\\Program\\{shown}`"),
        });
    }
    found
}

/// The findings about the exclusions of a policy.
pub(super) fn look_at(setting: &Setting, problems: &mut Vec<Problem>) {
    let Some(list) = setting
        .key
        .strip_prefix(&format!(r"hklm\{ANTIVIRUS_POLICY}\exclusions\").to_lowercase())
    else {
        return;
    };
    let found = doubts(list, &setting.shown).into_iter().map(|doubt| {
        Problem::new(doubt.code, &setting.path, doubt.message, doubt.next)
            .with_evidence(setting.key.clone())
    });
    problems.extend(found);
}

/// What is left of an exclusion without wildcards at its end.
fn bare(name: &str) -> &str {
    name.trim_end_matches(['\\', '*', '?', '.'])
}

/// Does an exclusion, in small letters, leave nothing to scan?
fn is_wide(list: &str, name: &str) -> bool {
    let bare = bare(name);
    match list {
        "paths" => bare.is_empty() || bare.ends_with(':') || WIDE_PATHS.contains(&bare),
        "extensions" => bare.is_empty() || WIDE_EXTENSIONS.contains(&name.trim_start_matches('.')),
        "processes" => {
            let file = name.rsplit('\\').next().unwrap_or(name);
            bare.is_empty() || WIDE_PROCESSES.contains(&file)
        }
        _ => false,
    }
}

/// Variables that each user has of his own; the antivirus resolves those of the system's account alone
/// ("Using incorrect environment variables").
const VARIABLES_OF_USERS: [&str; 6] = [
    "%userprofile%",
    "%appdata%",
    "%localappdata%",
    "%homepath%",
    "%homedrive%",
    "%username%",
];

/// Most wildcards that an entry may have ("key limitations").
const MOST_WILDCARDS: usize = 6;

/// Why an exclusion is probably not what was meant, and what to do; `name` is `shown` in small letters.
fn mistyped(list: &str, shown: &str, name: &str) -> Option<(&'static str, String)> {
    match list {
        "extensions" => mistyped_extension(shown),
        "processes" if !name.contains(['\\', '/', '%']) => mistyped_image(shown),
        "paths" | "processes" => mistyped_path(name)
            .map(|why| (why, "write the whole path as Explorer shows it".to_owned())),
        _ => None,
    }
}

/// Folders, files or programs in one text: behind the drive, a path of Windows holds no `:` and no second
/// `\\\\` ("Naming Files, Paths, and Namespaces"), and a program's name ends with its extension.
fn several(list: &str, name: &str) -> Option<(&'static str, String)> {
    let is_variable = |part: &str| {
        let rest = part.strip_prefix('%').and_then(|rest| rest.split_once('%'));
        rest.is_some_and(|(name, behind)| {
            !name.is_empty() && (behind.is_empty() || behind.starts_with('\\'))
        })
    };
    let is_path = |part: &str| {
        let mut letters = part.chars();
        let is_drive =
            letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && letters.next() == Some(':');
        is_drive || part.starts_with(r"\\")
    };
    let is_program = |part: &str| list == "processes" && part.ends_with(".exe");
    let mut separators = name.match_indices([';', ',', ' ', '\n', '\t']);
    let is_several = separators.any(|(at, found)| {
        let (before, after) = name.split_at(at);
        let after = after
            .get(found.len()..)
            .unwrap_or_default()
            .trim_start_matches([' ', '"', '\'']);
        // A blank alone parts nothing but what begins as a path can only begin once.
        let is_list = matches!(found, ";" | ",");
        is_path(after)
            || is_list && (is_variable(after) || is_program(before.trim_end()) && is_program(after))
    });
    is_several.then(|| {
        let why = "it is several entries in one text";
        (why, "write each one as an entry of its own".to_owned())
    })
}

/// "Valid syntax: `.test` and `test`".
fn mistyped_extension(shown: &str) -> Option<(&'static str, String)> {
    if shown.contains(['\\', '/', ':']) {
        let next = "write it among the `paths`, and here the extension alone";
        return Some(("it is a path, where an extension belongs", next.to_owned()));
    }
    if shown.contains([';', ',']) {
        let why = "it is several extensions in one text";
        return Some((why, "write each one as an entry of its own".to_owned()));
    }
    let extension = shown
        .strip_prefix('*')
        .filter(|rest| rest.starts_with('.'))?;
    let why = "an extension stands without `*`";
    Some((why, format!("write `{extension}`")))
}

/// "When the process exclusion is defined as an image name only, wildcard usage isn't allowed"; the image name is
/// "the file name of the process".
fn mistyped_image(shown: &str) -> Option<(&'static str, String)> {
    if shown.contains(['*', '?']) {
        let why = "wildcards count only in the whole path of a program";
        return Some((
            why,
            "write the whole path, or the name without them".to_owned(),
        ));
    }
    let why = "a program is told by its file name, which has an extension";
    (!shown.contains('.')).then(|| {
        let next = format!("write the whole path of the program, as `D:\\Program\\{shown}.exe`");
        (why, next)
    })
}

/// Paths of files, folders and programs, in small letters.
fn mistyped_path(name: &str) -> Option<&'static str> {
    let below = name.strip_prefix(r"\\").unwrap_or(name);
    let drive = name.split_once(':').map(|(drive, _)| drive);
    let is_letter =
        |drive: &str| drive.len() == 1 && drive.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_whole = name.starts_with(['%', '\\']) || drive.is_some_and(is_letter);
    if below.contains(r"\\") {
        Some("its backslashes are doubled")
    } else if name.contains('/') {
        Some("it has slashes where Windows has backslashes")
    } else if VARIABLES_OF_USERS.iter().any(|one| name.contains(one)) {
        Some("the variable is a user's, and the antivirus has the system's")
    } else if drive.is_some_and(|drive| matches!(drive, "*" | "?")) {
        Some("no wildcard stands for the letter of a drive")
    } else if !is_whole {
        Some("it is no whole path, which begins with a drive, a share or a variable")
    } else if name.matches(['*', '?']).count() > MOST_WILDCARDS {
        Some("it has more than the six wildcards that count")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_probably_not_meant_is_told() {
        for (list, name, told) in [
            ("paths", r"D:\Data", ""),
            ("paths", r"D:\\Data", "doubled"),
            ("paths", r"\\files\share\data", ""),
            ("paths", r"\\files\\share", "doubled"),
            ("paths", "D:/Data", "slashes"),
            ("paths", r"%UserProfile%\x", "a user's"),
            ("paths", r"%ProgramData%\x", ""),
            ("paths", r"D:\SQL\*.mdf", ""),
            ("paths", "*.mdf", "no whole path"),
            ("paths", r"Data\x", "no whole path"),
            ("paths", "notes.txt", "no whole path"),
            ("paths", r"*:\Data", "letter of a drive"),
            ("paths", r"D:\?\?\?\?\?\?\x", ""),
            ("paths", r"D:\Data, E:\Logs", "several entries"),
            ("paths", r"D:\Data;E:\Logs", "several entries"),
            ("paths", r"D:\Data E:\Logs", "several entries"),
            ("paths", r"D:\Data;\\files\share", "several entries"),
            ("paths", r"D:\Data,%ProgramData%\x", "several entries"),
            ("paths", r"D:\Data, old; new", ""),
            ("paths", r"D:\Program Files\A B", ""),
            ("paths", r"D:\Umsatz 10 %\x", ""),
            ("paths", r"D:\Data %", ""),
            ("paths", r"D:\Kunden, % Anteil", ""),
            ("paths", r"D:\Backup %COMPUTERNAME%", ""),
            ("paths", r"%ProgramFiles%\Vendor %VER%\x", ""),
            ("processes", r"C:\Foo\a.exe b.exe", ""),
            ("processes", "a.exe, b.exe", "several entries"),
            ("processes", r"D:\a.exe;b.exe", "several entries"),
            ("processes", r"D:\Old Program\a, b.exe", ""),
            ("paths", r"D:\*\*\*\*\*\*\*\x", "six wildcards"),
            ("processes", r"D:\prog\\a.exe", "doubled"),
            ("processes", r"D:\prog\a.exe", ""),
            ("processes", r"D:\prog\*", ""),
            ("processes", r"%ProgramFiles%\a\b.exe", ""),
            ("processes", r"prog\a.exe", "no whole path"),
            ("processes", "D:/prog/a.exe", "slashes"),
            ("processes", "sqlservr", "which has an extension"),
            ("processes", "sql*.exe", "wildcards count only"),
            ("processes", "sqlservr.exe", "any program of that name"),
            ("extensions", "*.mdf", "without `*`"),
            ("extensions", ".mdf", ""),
            ("extensions", "mdf", ""),
            ("extensions", r"D:\SQL\*.mdf", "it is a path"),
            ("extensions", ".mdf;.ldf", "several extensions"),
        ] {
            let found = doubts(list, name);
            let said: Vec<&str> = found.iter().map(|doubt| doubt.message.as_str()).collect();
            assert_eq!(
                found.len(),
                usize::from(!told.is_empty()),
                "{list} {name}: {said:?}"
            );
            assert!(said.concat().contains(told), "{list} {name}: {said:?}");
            assert!(
                said.concat().is_empty() || said.concat().contains(name),
                "{said:?}"
            );
        }
    }

    #[test]
    fn the_cure_is_made_of_what_was_written() {
        for (list, name, cure) in [
            ("extensions", "*.MDF", "write `.MDF`"),
            ("processes", "sqlservr", r"`D:\Program\sqlservr.exe`"),
            ("processes", "SqlServr.exe", r"`D:\Program\SqlServr.exe`"),
        ] {
            let found = doubts(list, name);
            assert!(found[0].next.contains(cure), "{name}: {found:?}");
        }
    }

    #[test]
    fn a_program_that_runs_anything_is_told_as_that_alone() {
        let found = doubts("processes", "PowerShell.exe");
        let codes: Vec<&str> = found.iter().map(|doubt| doubt.code.id).collect();
        assert_eq!(codes, ["GW2312"]);
    }
}
