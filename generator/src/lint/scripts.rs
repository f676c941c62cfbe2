//! `scripts.ini` and `psscripts.ini`: moments that the side does not have, scripts that are not there,
//! drives and shares that SYSTEM does not see or nobody protects.
//!
//! Source: MS-GPSCR 2.2.2: a section that is not of the side is ignored. A command without a folder is
//! looked for in the folder of its moment, where editors put it.

use super::script_lists;
use super::task_texts::drive_in;
use super::unc::{self, Unc};
use crate::gpo::codes;
use crate::gpo::found::{FoundGpo, Origin};
use crate::gpo::scripts::{Program, programs};
use crate::problem::{Code, Problem};

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
        let folder = if is_computer { "machine" } else { "user" };
        for list in &side.scripts {
            script_lists::check(list, problems);
            let path = &list.path;
            let file = list.content.sections();
            for section in foreign {
                if !programs(&file, section).is_empty() {
                    problems.push(Problem::new(
                        &codes::SCRIPT,
                        path,
                        format!("`[{section}]` on the {name} side is passed over by clients"),
                        format!("write the scripts below `[{}]` or `[{}]`", own[0], own[1]),
                    ));
                }
            }
            for section in own {
                for program in programs(&file, section) {
                    let started = Started {
                        path,
                        section,
                        program,
                    };
                    if is_missing(gpo, folder, section, started.program.command) {
                        problems.push(started.missing());
                    }
                    started.check_paths(is_computer, problems);
                }
            }
        }
    }
}

/// A program with the place that starts it.
struct Started<'a> {
    path: &'a str,
    section: &'a str,
    program: Program<'a>,
}

impl Started<'_> {
    fn problem(&self, code: &'static Code, what: &str, next: &str) -> Problem {
        Problem::new(
            code,
            self.path,
            format!("`[{}]`: {what}", self.section),
            next,
        )
    }

    fn missing(&self) -> Problem {
        let section = self.section;
        Problem::new(
            &codes::SCRIPT,
            self.path,
            format!(
                "`[{section}]` starts `{}`, which is not in the GPO",
                self.program.command
            ),
            format!("put it into `Scripts\\{section}` of the GPO, or write its whole path"),
        )
    }

    /// Drives and shares, in the command and in what it is given. Scripts of a computer run as SYSTEM.
    fn check_paths(&self, is_system: bool, problems: &mut Vec<Problem>) {
        let texts = [self.program.command, self.program.parameters];
        let drive = texts.iter().find_map(|text| drive_in(text));
        if let Some(path) = drive.filter(|_| is_system) {
            problems.push(self.problem(
                &codes::DRIVE,
                &format!("SYSTEM starts or reads `{path}`"),
                "name it by its UNC path or on a local disk",
            ));
        }
        let shares: Vec<Unc> = texts.iter().flat_map(|text| unc::find(text)).collect();
        if let Some(short) = shares.iter().find(|share| share.is_short()) {
            problems.push(self.problem(
                &codes::SHORT_UNC,
                &format!("`{short}` has no fully qualified server name"),
                r"write `\\server.contoso.com\share`",
            ));
        }
        let mut outside = shares.iter().filter(|share| !share.is_domain_share());
        if let Some(share) = outside.next().filter(|_| is_system) {
            problems.push(self.problem(
                &codes::OUTSIDE_NETLOGON,
                &format!("SYSTEM starts or reads `{share}`"),
                "put the program into NETLOGON or into the GPO",
            ));
        }
    }
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
