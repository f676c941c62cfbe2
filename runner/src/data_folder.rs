//! The folder of journal, logs and reports, in a place where every user may make folders.
//!
//! Nothing in it is read before the folder was judged. One that somebody else made counts as
//! empty, is put aside by a run that may, and named in its report.

use crate::failure::Failure;
use crate::machine::{Machine, Standing};

/// What stands behind the name of a folder that was put aside.
const ASIDE: &str = ".foreign-";

/// How many of them a report names.
const NAMED: usize = 3;

/// Has this program a data folder of its own here? Only then what lies in it may be read.
///
/// # Errors
/// The folder cannot be judged.
pub fn is_own(machine: &mut dyn Machine) -> Result<bool, Failure> {
    let data = machine.folders().data();
    Ok(machine.judge_folder(&data)? == Standing::Own)
}

/// The journal; empty when there is none of our own.
///
/// # Errors
/// As the system says.
pub fn journal(machine: &mut dyn Machine) -> Result<Vec<u8>, Failure> {
    if is_own(machine)? {
        machine.read_journal()
    } else {
        Ok(Vec::new())
    }
}

/// Puts a foreign data folder aside, unread.
///
/// # Errors
/// As the system says.
pub fn put_aside(machine: &mut dyn Machine) -> Result<(), Failure> {
    let data = machine.folders().data();
    let aside = format!("{data}{ASIDE}{:08x}", machine.random() & 0xffff_ffff);
    machine.move_folder(&data, &aside)
}

/// Before a run reads anything: puts a foreign folder aside. Gives what a report has to name,
/// also of earlier runs, for as long as it is there.
pub(crate) fn settle(machine: &mut dyn Machine) -> Vec<String> {
    let mut notes = Vec::new();
    let data = machine.folders().data();
    match machine.judge_folder(&data) {
        Ok(Standing::Foreign(why)) => {
            notes.push(format!("{why}; nothing in it was read"));
            notes.extend(put_aside(machine).err().map(|failure| failure.to_string()));
        }
        Ok(Standing::Own | Standing::Missing) => {}
        Err(failure) => notes.push(failure.to_string()),
    }
    let all = machine.folders().program_data;
    // What cannot be listed was not put there by a run that could.
    let names = machine.list_folders(&all).unwrap_or_default();
    let prefix = data
        .rsplit('\\')
        .next()
        .map(|name| format!("{name}{ASIDE}"));
    let mut aside: Vec<String> = names
        .into_iter()
        .filter(|name| {
            prefix
                .as_ref()
                .is_some_and(|prefix| name.starts_with(prefix))
        })
        .collect();
    aside.sort();
    notes.extend(aside.iter().take(NAMED).map(|name| {
        format!(
            "`{all}\\{name}` is not of this program and was put aside unread: look who made it, \
             and delete it"
        )
    }));
    if let Some(more) = aside.len().checked_sub(NAMED + 1) {
        notes.push(format!("{} more of such folders", more + 1));
    }
    notes
}
