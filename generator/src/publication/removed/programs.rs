//! Programs of earlier bundles, beside the one that the task starts.

use std::collections::BTreeSet;

use gangway_contract::program_name;

use super::Removed;
use crate::publication::execute::Executor;
use crate::publication::live::{TASKS_FILE, programs, texts_in};
use crate::publication::plan::{DomainFacts, Saved, Step, TEMPORARY};
use crate::publication::{Contents, Listed, PublishError, ShareFailure};

/// The key of the manifest that names whose a program is, as it stands in a program.
const ORGANIZATION: &[u8] = b"\"organization\"";

impl Removed {
    /// Looks which programs no policy starts any more, the bundle's own taken as published. What the
    /// states of before start stays, for `--rollback`. With `prune` each of them is read: only what the
    /// same organisation's manifest lies in is taken away.
    pub(in crate::publication) fn look_at_programs(
        &mut self,
        contents: &Contents,
        (saved, prune): (Vec<Saved>, bool),
        domain: &DomainFacts,
        executor: &mut Executor<'_>,
    ) -> Result<(), PublishError> {
        let folder = domain.program_folder();
        let Some(listed) = executor.sysvol().list(&folder)? else {
            return Ok(());
        };
        let (own, bytes) = &contents.bootstrap;
        let family = own.split_inclusive('-').next().unwrap_or(own);
        let mut needed = BTreeSet::from([own.to_ascii_lowercase()]);
        let task = contents.task().map(|gpo| gpo.id);
        let before = saved.iter().filter_map(|saved| saved.desired(task?));
        for gpo in before {
            let tasks = gpo.files.get(TASKS_FILE);
            needed.extend(tasks.map(|tasks| programs(tasks)).unwrap_or_default());
        }
        let task = task.map(|id| id.to_string());
        for live in executor.live_programs(domain, task.as_deref())? {
            needed.extend(live.programs);
        }
        let organization = texts_in(bytes, ORGANIZATION);
        for (name, found) in listed {
            let is_needed = needed.contains(&name.to_ascii_lowercase());
            if !is_program(&name, found, &[family]) || is_needed {
                continue;
            }
            let path = format!("{folder}/{name}");
            if !prune || is_of(&organization, &path, executor)? {
                self.programs.push(path);
            }
        }
        Ok(())
    }
}

/// What lies in the folder of the programs, when no policy is left that starts one of ours.
pub(in crate::publication) struct Programs {
    /// Those of the organisation that no other policy starts.
    pub(in crate::publication) ours: Vec<String>,
    /// Is nothing else there?
    pub(in crate::publication) is_all: bool,
}

/// The programs of the organisation, of all its campaigns: those that its policies start, which are `started`,
/// and those whose manifest names it. What policies start that stay is `needed`. A half of a cut run is read by
/// nobody, and says of no organisation: it goes with the whole one of its name.
pub(in crate::publication) fn of_the_organisation(
    contents: &Contents,
    (started, needed): (&BTreeSet<String>, &BTreeSet<String>),
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Option<Programs>, PublishError> {
    let folder = domain.program_folder();
    let Some(listed) = executor.sysvol().list(&folder)? else {
        return Ok(None);
    };
    let organization = texts_in(&contents.bootstrap.1, ORGANIZATION);
    let own = contents.bootstrap.0.to_ascii_lowercase();
    let many = listed.len();
    let mut ours = Vec::new();
    for (name, found) in listed {
        let path = format!("{folder}/{name}");
        let whole = name.strip_suffix(TEMPORARY);
        let lower = whole.unwrap_or(&name).to_ascii_lowercase();
        let is_known = lower == own || started.contains(&lower);
        if !is_program(&lower, found, &program_name::BEGINNINGS) {
            executor.note(&format!("`{path}` is no program of a bundle; it stays"));
        } else if needed.contains(&lower) {
            executor.note(&format!("`{path}` stays: a policy that stays starts it"));
        } else if is_known || (whole.is_none() && is_of(&organization, &path, executor)?) {
            ours.push(path);
        } else if whole.is_some() {
            executor.note(&format!(
                "`{path}` is half a program that somebody writes, or wrote when he was cut; it stays"
            ));
        }
    }
    let is_all = ours.len() == many;
    Ok(Some(Programs { ours, is_all }))
}

/// Is it a file that is called like a program of a bundle?
fn is_program(name: &str, found: Listed, beginnings: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    let begins = |one: &&str| name.starts_with(&one.to_ascii_lowercase());
    beginnings.iter().any(begins) && name.ends_with(".exe") && matches!(found, Listed::File(_))
}

/// Does the manifest in a program name this organisation? What it does not prove is told.
fn is_of(
    organization: &BTreeSet<String>,
    path: &str,
    executor: &mut Executor<'_>,
) -> Result<bool, PublishError> {
    let there = executor.sysvol().read_file(path)?.unwrap_or_default();
    let of = texts_in(&there, ORGANIZATION);
    let is_ours = !of.is_empty() && of == *organization;
    if !is_ours {
        executor.note(&format!(
            "`{path}` is started by no policy, and stays: nothing in it says that it is of this \
             organisation"
        ));
    }
    Ok(is_ours)
}

/// Takes a program away. `Ok(false)`: servers run it from there, Windows keeps what is open, and it stays for
/// the next time.
pub(in crate::publication) fn take_away(
    path: &str,
    executor: &mut Executor<'_>,
) -> Result<bool, PublishError> {
    let step = Step::RemoveFile {
        path: path.to_owned(),
    };
    match executor.run(&step, None) {
        Err(PublishError::Share(error)) if error.failure == ShareFailure::Other => {
            executor.done.unfinished = None;
            executor.note(&format!("a program stays for the next time: {error}"));
            Ok(false)
        }
        ended => ended.map(|()| true),
    }
}
