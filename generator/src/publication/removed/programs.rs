//! Programs of earlier bundles, beside the one that the task starts.

use std::collections::BTreeSet;

use super::Removed;
use crate::publication::execute::Executor;
use crate::publication::live::{TASKS_FILE, programs, texts_in};
use crate::publication::plan::{DomainFacts, Saved};
use crate::publication::{Contents, Listed, PublishError};

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
        let family = family.to_ascii_lowercase();
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
            let lower = name.to_ascii_lowercase();
            let is_one = lower.starts_with(&family) && lower.ends_with(".exe");
            if !is_one || needed.contains(&lower) || !matches!(found, Listed::File(_)) {
                continue;
            }
            let path = format!("{folder}/{name}");
            if prune {
                let there = executor.sysvol().read_file(&path)?.unwrap_or_default();
                let of = texts_in(&there, ORGANIZATION);
                if of.is_empty() || of != organization {
                    executor.note(&format!(
                        "`{path}` is started by no policy, and stays: nothing in it says that it is of \
                         this organisation"
                    ));
                    continue;
                }
            }
            self.programs.push(path);
        }
        Ok(())
    }
}
