//! `scripts.ini` and `psscripts.ini`: moments that the side does not have, and scripts that are not there.
//!
//! Source: MS-GPSCR 2.2.2: a section that is not of the side is ignored. A command without a folder is
//! looked for in the folder of its moment, where editors put it.

use crate::gpo::codes;
use crate::gpo::found::{FoundFile, FoundGpo, Origin};
use crate::gpo::ini::Ini;
use crate::problem::Problem;

const COMPUTER: [&str; 2] = ["Startup", "Shutdown"];
const USER: [&str; 2] = ["Logon", "Logoff"];

/// Endings of files that are scripts; a program without a folder may be one of Windows.
const SCRIPTS: [&str; 7] = [".cmd", ".bat", ".ps1", ".vbs", ".js", ".wsf", ".kix"];

pub(super) fn check(gpo: &FoundGpo, problems: &mut Vec<Problem>) {
    for (name, side) in gpo.sides() {
        let is_computer = name == "computer";
        let (own, foreign) = if is_computer {
            (COMPUTER, USER)
        } else {
            (USER, COMPUTER)
        };
        for FoundFile { path, content } in &side.scripts {
            let file = Ini::of_text(content);
            for section in foreign {
                if commands(&file, section).next().is_some() {
                    problems.push(Problem::new(
                        &codes::SCRIPT,
                        path,
                        format!("`[{section}]` on the {name} side is passed over by clients"),
                        format!("write the scripts below `[{}]` or `[{}]`", own[0], own[1]),
                    ));
                }
            }
            let folder = if is_computer { "machine" } else { "user" };
            for section in own {
                let missing = commands(&file, section)
                    .filter(|command| is_missing(gpo, folder, section, command));
                problems.extend(missing.map(|command| {
                    Problem::new(
                        &codes::SCRIPT,
                        path,
                        format!("`[{section}]` starts `{command}`, which is not in the GPO"),
                        format!(
                            "put it into `Scripts\\{section}` of the GPO, or write its whole path"
                        ),
                    )
                }));
            }
        }
    }
}

/// What a section starts.
fn commands<'a>(file: &'a Ini, section: &str) -> impl Iterator<Item = &'a str> {
    let entries: Vec<(&str, &str)> = file.entries(section).collect();
    entries.into_iter().filter_map(|(key, value)| {
        let number = key.strip_suffix("cmdline")?;
        let is_numbered = number.parse::<u32>().is_ok();
        (is_numbered && !value.is_empty()).then_some(value)
    })
}

/// Is it a script without a folder that does not lie where it is looked for?
fn is_missing(gpo: &FoundGpo, side: &str, section: &str, command: &str) -> bool {
    let name = command.trim_matches('"').to_lowercase();
    let is_bare = !name.contains(['\\', '/', ':', '%']);
    let is_script = SCRIPTS.iter().any(|ending| name.ends_with(ending));
    // Beside a file alone nothing was looked for.
    if !is_bare || !is_script || matches!(gpo.origin, Origin::File) {
        return false;
    }
    let place = format!("{side}/scripts/{}/{name}", section.to_lowercase());
    let mut files = gpo.files.iter().map(|file| file.to_lowercase());
    !files.any(|file| file == place || file.ends_with(&format!("/{place}")))
}
