//! The linter: every known way in which a GPO fails without a word, looked for in GPMC backups,
//! SYSVOL trees, single policy files, or a folder of any of them, ours or anybody's.
//!
//! Reading the disk is one step ([`load`](crate::gpo::found::load)), judging is pure ([`check`]). A client logs success
//! for a file that it does not understand, so nothing but a check before publication will tell.

mod account;
mod backup;
mod collision_facts;
mod collisions;
mod event_query;
mod event_xpath;
mod exclusions;
mod file_items;
mod filter_values;
mod items;
mod policy_keys;
mod registry_items;
mod script_lists;
mod script_texts;
mod scripts;
mod security_template;
mod security_values;
mod setting;
mod switched_off;
mod task_actions;
mod task_doubts;
mod task_texts;
mod tasks;
mod unc;
mod values;
mod wmi;
mod wql;

use std::path::Path;

use crate::gpo::codes;
use crate::gpo::found::{Found, FoundGpo, LoadError, load};
use crate::problem::Problem;

pub(crate) use exclusions::doubts as doubts_about_exclusion;

/// What no linter can see in files; shown with every result.
pub const CANNOT_KNOW: &[&str] = &[
    "where a GPO is linked, and its security filtering, unless the backup carries a report",
    "whether SYSVOL has replicated and whether its permissions match the directory's",
    "whether accounts, groups, shares and programs that the policy names exist",
    "how a WMI filter evaluates on a server, beyond the form of its query",
    "whether another GPO that was not given overrides a value",
];

/// What the linter found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintReport {
    /// What was looked at: a line for each GPO and WMI filter.
    pub checked: Vec<String>,
    /// Findings in the order of what was looked at; collisions last.
    pub problems: Vec<Problem>,
}

/// Reads what lies at `path` and checks it.
///
/// # Errors
/// The path cannot be read, holds too much, or holds nothing of Group Policy.
pub fn lint(path: &Path) -> Result<LintReport, LoadError> {
    Ok(check(&load(path)?))
}

/// What becomes of a file that no reader takes depends on who reads it.
fn unreadable((path, why): &(String, String)) -> Problem {
    let lower = path.to_lowercase();
    let (message, next) = if ["backup.xml", "bkupinfo.xml"]
        .iter()
        .any(|name| lower.ends_with(name))
    {
        (
            "the file cannot be read, GPMC cannot import the backup",
            "back the GPO up again",
        )
    } else if lower.ends_with(".mof") {
        (
            "the file cannot be read, the WMI filter cannot be imported",
            "export the filter again, or build it again",
        )
    } else {
        (
            "the file cannot be read, clients skip it",
            "write the file again with the policy editor, or build it again",
        )
    };
    Problem::new(&codes::UNREADABLE_FILE, path, message, next).with_evidence(why)
}

fn same_names((first, second): &(String, String)) -> Problem {
    Problem::new(
        &codes::SAME_NAMES,
        second,
        "another file of the GPO has the same name but for capitals: on Windows one replaces the other",
        "keep the one that is meant",
    )
    .with_evidence(format!("`{first}` and `{second}`"))
}

/// Checks what was found.
pub fn check(found: &Found) -> LintReport {
    let mut problems: Vec<Problem> = found.unreadable.iter().map(unreadable).collect();
    problems.extend(found.same_names.iter().map(same_names));
    problems.extend(found.not_followed.iter().map(|(path, what)| {
        Problem::new(
            &codes::NOT_FOLLOWED,
            path,
            format!("it is {what}: what lies behind it was not looked into"),
            "put the file or folder itself there, or check the place that it leads to",
        )
    }));
    problems.extend(found.odd_encodings.iter().map(|(path, label)| {
        Problem::new(
            &codes::ENCODING,
            path,
            format!("its declaration names the encoding `{label}`"),
            "write `utf-8`, and save the file so",
        )
    }));
    for gpo in &found.gpos {
        backup::check(gpo, &mut problems);
        items::check(gpo, &mut problems);
        file_items::check(gpo, &mut problems);
        tasks::check(gpo, found, &mut problems);
        policy_keys::check(gpo, &mut problems);
        registry_items::check(gpo, &mut problems);
        scripts::check(gpo, &mut problems);
        values::check(gpo, found.antivirus_mode, &mut problems);
        if let Some(template) = &gpo.machine.security_template {
            security_template::check(template, &mut problems);
        }
    }
    for filter in &found.filters {
        wmi::check(filter, &mut problems);
    }
    collisions::check(&found.gpos, &mut problems);
    let mut checked: Vec<String> = found.gpos.iter().map(FoundGpo::title).collect();
    checked.extend(found.filters.iter().map(|filter| {
        let name = filter.name.as_deref().unwrap_or("without a name");
        format!("{}: WMI filter {name}", filter.place)
    }));
    LintReport { checked, problems }
}
