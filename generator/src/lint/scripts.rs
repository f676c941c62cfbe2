//! `scripts.ini` and `psscripts.ini`: moments that the side does not have, scripts that are not there
//! or in the wrong list, drives and shares that SYSTEM does not see or nobody protects.
//!
//! Source: MS-GPSCR 2.2.2: a section that is not of the side is ignored. A command without a whole path
//! is looked for in the folder of its moment, where editors put it. PowerShell scripts have a list of
//! their own (MS-GPSCR 2.2.3), whose files PowerShell takes as `-File`, by their ending; for everything
//! else Windows asks what the ending belongs to, and `.ps1` belongs to an editor unless somebody changed
//! it (guides of others say so, and no document of Microsoft that is known here: a warning).

use std::collections::{BTreeMap, HashSet};

use super::task_texts::drive_in;
use super::unc::{self, Unc};
use super::{script_lists, script_texts};
use crate::gpo::codes;
use crate::gpo::found::{FoundFile, FoundGpo, Origin};
use crate::gpo::scripts::{Program, ScriptList, programs};
use crate::problem::{Code, Problem};

const COMPUTER: [&str; 2] = ["Startup", "Shutdown"];
const USER: [&str; 2] = ["Logon", "Logoff"];

/// Endings of files that are scripts; a program without a folder may be one of Windows.
const SCRIPTS: [&str; 7] = [".cmd", ".bat", ".ps1", ".vbs", ".js", ".wsf", ".kix"];
/// Endings of programs, which are looked for beside the scripts when a folder is named.
const PROGRAMS: [&str; 3] = [".exe", ".com", ".msi"];

pub(super) fn check(gpo: &FoundGpo, problems: &mut Vec<Problem>) {
    for (name, side) in gpo.sides() {
        if side.scripts.is_empty() {
            continue;
        }
        let there = There::of(gpo, name);
        for list in &side.scripts {
            script_lists::check(list, problems);
            list_of(list, &there, problems);
        }
    }
}

/// What one list starts.
fn list_of(list: &FoundFile<ScriptList>, there: &There, problems: &mut Vec<Problem>) {
    let (own, foreign) = match there.is_computer {
        true => (COMPUTER, USER),
        false => (USER, COMPUTER),
    };
    let path = &list.path;
    let is_powershell = script_lists::is_powershell(path);
    let file = list.content.sections();
    for section in foreign {
        if !programs(&file, section).is_empty() {
            problems.push(Problem::new(
                &codes::SCRIPT,
                path,
                format!(
                    "`[{section}]` on the {} side is passed over by clients",
                    there.side
                ),
                format!("write the scripts below `[{}]` or `[{}]`", own[0], own[1]),
            ));
        }
    }
    for section in own {
        let mut told: BTreeMap<What, Vec<String>> = BTreeMap::new();
        for program in programs(&file, section) {
            // What is wrong with its form is told with the list.
            if script_texts::command_fault(program.command).is_none() {
                let what = there.fault(section, program.command, is_powershell);
                for what in what {
                    let name = program.command.to_owned();
                    told.entry(what).or_default().push(name);
                }
            }
            for (what, path) in paths(&program, there.is_computer) {
                told.entry(what).or_default().push(path);
            }
        }
        let told = told.into_iter();
        problems.extend(told.map(|(what, names)| what.problem(path, section, &names)));
    }
}

/// The files beside a list, as they are looked for.
struct There {
    side: &'static str,
    is_computer: bool,
    /// Below the side's folder, in lower case, with `/`; none where nothing was looked for.
    files: Option<HashSet<String>>,
}

impl There {
    fn of(gpo: &FoundGpo, side: &'static str) -> Self {
        let is_computer = side == "computer";
        let folder = if is_computer { "machine/" } else { "user/" };
        let above = match gpo.origin {
            Origin::Backup { .. } => "domainsysvol/gpo/",
            Origin::Sysvol { .. } | Origin::File => "",
        };
        let below = |name: &String| {
            let name = name.to_lowercase();
            let name = name.strip_prefix(above)?.strip_prefix(folder)?;
            Some(name.to_owned())
        };
        // Beside a file alone nothing was looked for.
        let is_file = matches!(gpo.origin, Origin::File);
        Self {
            side,
            is_computer,
            files: (!is_file).then(|| gpo.files.iter().filter_map(below).collect()),
        }
    }

    /// Why a command starts nothing: no such file, or none that its list is for.
    fn fault(&self, section: &str, command: &str, is_powershell: bool) -> Vec<What> {
        let lower = command.trim_matches('"').to_lowercase();
        let mut found = Vec::new();
        match (lower.ends_with(".ps1"), is_powershell) {
            (true, false) => found.push(What::PowerShell),
            (false, true) => found.push(What::NoPowerShell),
            _ => {}
        }
        let place = place_of(section, &lower);
        if let Some((place, files)) = place.zip(self.files.as_ref())
            && !files.contains(&place)
        {
            let moments = if self.is_computer { COMPUTER } else { USER };
            let elsewhere = moments.into_iter().find(|moment| {
                place_of(moment, &lower).is_some_and(|place| files.contains(&place))
            });
            found.push(elsewhere.map_or(What::Missing, What::OfAnotherMoment));
        }
        found
    }
}

/// Where a script or program lies that is looked for in the folder of a moment; none for a path that
/// leads elsewhere, and for a name that may be a program of Windows.
fn place_of(section: &str, lower: &str) -> Option<String> {
    let name = lower.replace('/', "\\");
    let is_whole = name.starts_with('\\') || name.contains([':', '%']);
    let is_script = SCRIPTS.iter().any(|ending| name.ends_with(ending));
    let is_program = name.contains('\\') && PROGRAMS.iter().any(|ending| name.ends_with(ending));
    if is_whole || !(is_script || is_program) {
        return None;
    }
    let section = section.to_lowercase();
    let mut parts = vec!["scripts", section.as_str()];
    for part in name.split('\\') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Drives and shares that a program reaches for. Scripts of a computer run as SYSTEM.
fn paths(program: &Program<'_>, is_system: bool) -> Vec<(What, String)> {
    let texts = [program.command, program.parameters];
    let mut found = Vec::new();
    let drive = texts.iter().find_map(|text| drive_in(text));
    found.extend(
        drive
            .filter(|_| is_system)
            .map(|path| (What::Drive, path.to_owned())),
    );
    let shares: Vec<Unc> = texts.iter().flat_map(|text| unc::find(text)).collect();
    let short = shares.iter().find(|share| share.is_short());
    found.extend(short.map(|share| (What::Short, share.to_string())));
    let mut outside = shares.iter().filter(|share| !share.is_domain_share());
    let outside = outside.next().filter(|_| is_system);
    found.extend(outside.map(|share| (What::Outside, share.to_string())));
    found
}

/// What is wrong with programs of a section, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Missing,
    OfAnotherMoment(&'static str),
    PowerShell,
    NoPowerShell,
    Drive,
    Short,
    Outside,
}

impl What {
    /// One finding for all programs or paths of a section that have it.
    fn problem(self, path: &str, section: &str, names: &[String]) -> Problem {
        let first = names.first().map_or("", String::as_str);
        let first = script_texts::shown(first);
        let message = format!("`[{section}]`{}", self.message(&first));
        let problem = Problem::new(self.code(), path, message, self.next(section));
        match names.len() {
            1 => problem,
            _ => {
                let names = names.iter();
                problem.naming(names.map(|name| format!("`{}`", script_texts::shown(name))))
            }
        }
    }

    fn code(self) -> &'static Code {
        match self {
            Self::Missing | Self::OfAnotherMoment(_) | Self::PowerShell | Self::NoPowerShell => {
                &codes::SCRIPT
            }
            Self::Drive => &codes::DRIVE,
            Self::Short => &codes::SHORT_UNC,
            Self::Outside => &codes::OUTSIDE_NETLOGON,
        }
    }

    fn message(self, name: &str) -> String {
        match self {
            Self::Missing => format!(" starts `{name}`, which is not in the GPO"),
            Self::OfAnotherMoment(moment) => {
                format!(" starts `{name}`, which lies in the folder of `[{moment}]`")
            }
            Self::PowerShell => format!(
                " starts `{name}` from `scripts.ini`: Windows opens it with what `.ps1` belongs to, which \
                 is an editor"
            ),
            Self::NoPowerShell => format!(
                " starts `{name}` from `psscripts.ini`, and PowerShell takes files that end with `.ps1`"
            ),
            Self::Drive | Self::Outside => format!(": SYSTEM starts or reads `{name}`"),
            Self::Short => format!(": `{name}` has no fully qualified server name"),
        }
    }

    fn next(self, section: &str) -> String {
        match self {
            Self::Missing => {
                format!("put it into `Scripts\\{section}` of the GPO, or write its whole path")
            }
            Self::OfAnotherMoment(_) => format!("move it to `Scripts\\{section}` of the GPO"),
            Self::PowerShell => {
                "set it on the page for PowerShell scripts of the policy editor, which writes \
                 `psscripts.ini`"
                    .to_owned()
            }
            Self::NoPowerShell => {
                "set it on the first page of the policy editor, which writes `scripts.ini`"
                    .to_owned()
            }
            Self::Drive => "name it by its UNC path or on a local disk".to_owned(),
            Self::Short => r"write `\\server.contoso.com\share`".to_owned(),
            Self::Outside => "put the program into NETLOGON or into the GPO".to_owned(),
        }
    }
}
