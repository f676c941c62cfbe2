//! Files that preferences copy: from where, to where, and how often.

use super::items::of_item;
use super::task_texts::drive_in;
use super::unc;
use crate::gpo::codes;
use crate::gpo::found::{FoundFile, FoundGpo};
use crate::gpo::preferences::files::FileProperties;
use crate::problem::{Code, Problem};

/// Endings of files that are run.
const PROGRAMS: [&str; 8] = [
    ".exe", ".cmd", ".bat", ".ps1", ".msi", ".dll", ".vbs", ".com",
];

fn is_program(path: &str) -> bool {
    let path = path.to_lowercase();
    PROGRAMS.iter().any(|end| path.ends_with(end))
}

/// What is wrong with a file, and what to do.
type Finding = (&'static Code, String, &'static str);

pub(super) fn check(gpo: &FoundGpo, problems: &mut Vec<Problem>) {
    for (name, side) in gpo.sides() {
        let Some(FoundFile { path, content }) = &side.files else {
            continue;
        };
        for item in content.applied_items() {
            // A user's files are copied by the user, unless told otherwise.
            let by_system = name == "computer" && item.attributes.user_context != Some(true);
            problems.extend(
                findings(&item.properties, by_system)
                    .into_iter()
                    .map(|(code, message, next)| {
                        of_item(code, path, &item.attributes, message, next)
                    }),
            );
        }
    }
}

fn findings(file: &FileProperties, by_system: bool) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    // Update is the default action.
    let action = file.action.as_deref().unwrap_or("U");
    let source = file.from_path.as_deref().unwrap_or_default();
    let target = file.target_path.as_str();
    let is_copied = action != "D";
    if is_copied && source.trim().is_empty() {
        let message = "the file has no `fromPath`, so nothing is copied".to_owned();
        found.push((&codes::NOT_UNDERSTOOD, message, "name the file to copy"));
    }
    if target.trim().is_empty() {
        let message = "the file has no `targetPath`, so nothing is written".to_owned();
        found.push((&codes::NOT_UNDERSTOOD, message, "name the file to write"));
    }
    if matches!(action, "U" | "R") && is_program(target) {
        found.push((
            &codes::FILE_REPLACED,
            format!("`{target}` is written at every refresh"),
            "use action Create with a versioned name",
        ));
    }
    let texts: &[&str] = if is_copied {
        &[source, target]
    } else {
        &[target]
    };
    for path in texts.iter().flat_map(|text| unc::find(text)) {
        if path.is_short() {
            found.push((
                &codes::SHORT_UNC,
                format!("`{path}` has no fully qualified server name"),
                r"write `\\server.contoso.com\share`",
            ));
        }
    }
    // What SYSTEM writes to is a disk of the server's own: other letters than these are common there.
    let drive = drive_in(source).filter(|_| by_system && is_copied);
    if let Some(path) = drive {
        found.push((
            &codes::DRIVE,
            format!("SYSTEM copies from `{path}`"),
            "name it by its UNC path or on a local disk",
        ));
    }
    let sources = unc::find(source).into_iter();
    let outside = sources.into_iter().find(|path| !path.is_domain_share());
    let is_run = is_program(source) || is_program(target);
    if let Some(path) = outside.filter(|_| by_system && is_copied && is_run) {
        found.push((
            &codes::OUTSIDE_NETLOGON,
            format!("SYSTEM copies a program from `{path}`"),
            "put the program into NETLOGON",
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_file_is_held_to_what_tasks_are_held_to() {
        let share = r"\\contoso.com\NETLOGON\a.exe";
        for (action, source, target, by_system, codes) in [
            ("C", share, r"C:\x\a.exe", true, &[][..]),
            ("U", share, r"C:\x\a.exe", true, &["GW2212"]),
            ("U", share, r"C:\x\a.txt", true, &[]),
            (
                "C",
                r"\\filesrv\s\a.exe",
                r"C:\x\a.exe",
                true,
                &["GW2210", "GW2225"],
            ),
            (
                "C",
                r"\\filesrv.contoso.com\s\a.txt",
                r"C:\x\a.txt",
                true,
                &[],
            ),
            (
                "C",
                r"\\filesrv.contoso.com\s\a.exe",
                r"C:\x\a.exe",
                false,
                &[],
            ),
            ("C", r"Z:\x\a.txt", r"C:\x\a.txt", true, &["GW2232"]),
            ("C", r"Z:\x\a.txt", r"C:\x\a.txt", false, &[]),
            ("C", share, r"G:\Data\a.exe", true, &[]),
            ("C", "", "", true, &["GW2216", "GW2216"]),
            ("D", "", r"C:\x\a.exe", true, &[]),
        ] {
            let file = FileProperties {
                action: Some(action.to_owned()),
                from_path: Some(source.to_owned()),
                target_path: target.to_owned(),
                ..FileProperties::default()
            };
            let found = findings(&file, by_system);
            let found: Vec<&str> = found.iter().map(|(code, ..)| code.id).collect();
            assert_eq!(found, codes, "{source} to {target}");
        }
    }
}
