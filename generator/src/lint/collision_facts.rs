//! What of a GPO can collide with others.

use std::collections::HashMap;

use super::items::run_once_ids;
use super::setting::{Setting, settings};
use crate::gpo::Guid;
use crate::gpo::found::{FoundFile, FoundGpo};
use crate::gpo::preferences::scheduled_tasks::TaskKind;
use crate::gpo::preferences::task::Action;

/// The domains of GPOs, numbered.
pub(super) struct Domains {
    numbers: HashMap<String, usize>,
    of_id: HashMap<Guid, usize>,
}

impl Domains {
    pub(super) fn of(gpos: &[FoundGpo]) -> Self {
        let mut domains = Self {
            numbers: HashMap::new(),
            of_id: HashMap::new(),
        };
        for gpo in gpos {
            let Some(document) = gpo.document() else {
                continue;
            };
            let next = domains.numbers.len();
            let name = document.domain.to_lowercase();
            let number = *domains.numbers.entry(name).or_insert(next);
            domains.of_id.entry(document.gpo_id).or_insert(number);
        }
        domains
    }

    /// A backup tells its domain; for a SYSVOL folder the backup of the same GPO does.
    fn number(&self, gpo: &FoundGpo) -> Option<usize> {
        let told = gpo.document();
        match told {
            Some(document) => self.numbers.get(&document.domain.to_lowercase()).copied(),
            None => self.of_id.get(&gpo.id()?).copied(),
        }
    }
}

/// What of a GPO can collide. What is switched off is not applied and collides with nothing.
pub(super) struct Facts<'a> {
    pub(super) gpo: &'a FoundGpo,
    pub(super) domain: Option<usize>,
    /// Kind and lower-case name of each task that is registered.
    pub(super) tasks: Vec<(TaskKind, String)>,
    /// Sorted, without repetition: ids that items and folders of this GPO store on a client.
    pub(super) run_once: Vec<Guid>,
    /// Those of Defender that two GPOs must not both set.
    pub(super) settings: Vec<Setting>,
    pub(super) onboards: bool,
    pub(super) offboards: bool,
}

impl<'a> Facts<'a> {
    pub(super) fn of(gpo: &'a FoundGpo, domains: &Domains) -> Self {
        let mut settings = settings(gpo);
        let onboards = |wanted| {
            let mut blobs = settings.iter().filter_map(Setting::onboards);
            blobs.any(|onboards| onboards == wanted)
        };
        let (is_on, is_off) = (onboards(true), onboards(false));
        // Exclusions of several GPOs add up; the switch that turns their list on is shared.
        settings.retain(|setting| {
            let is_shared =
                setting.name.starts_with("exclusions_") || setting.key.contains(r"\exclusions");
            setting.is_defender() && !is_shared
        });
        let mut facts = Self {
            gpo,
            domain: domains.number(gpo),
            tasks: Vec::new(),
            run_once: Vec::new(),
            settings,
            onboards: is_on,
            offboards: is_off,
        };
        for text in facts.add_tasks() {
            match direction(&text) {
                Some(true) => facts.onboards = true,
                Some(false) => facts.offboards = true,
                None => {}
            }
        }
        facts
    }

    /// Takes up the tasks; the command lines of tasks and scripts.
    fn add_tasks(&mut self) -> Vec<String> {
        let mut texts = Vec::new();
        for (_, side) in self.gpo.sides() {
            if let Some(FoundFile { content, .. }) = &side.tasks {
                let contents = content.contents();
                for folder in contents.folders.iter().filter(|folder| !folder.is_off) {
                    self.run_once.extend(run_once_ids(&folder.filters));
                }
                let applied = contents.items.iter().filter(|placed| !placed.is_off);
                for item in applied.map(|placed| &placed.item) {
                    self.run_once.extend(run_once_ids(&item.filters));
                    let properties = &item.properties;
                    if properties.action.as_deref() == Some("D") {
                        continue;
                    }
                    self.tasks
                        .push((properties.kind, properties.name.to_lowercase()));
                    let actions = properties.task.iter().flat_map(|task| &task.actions.list);
                    texts.extend(actions.filter_map(|action| match action {
                        Action::Exec {
                            command, arguments, ..
                        } => Some(format!("{command} {}", arguments.as_deref().unwrap_or(""))),
                        Action::Other(_) => None,
                    }));
                }
            }
            let scripts = side.scripts.iter();
            texts.extend(scripts.map(|file| file.content.text().to_owned()));
        }
        self.run_once.sort_unstable();
        self.run_once.dedup();
        texts
    }

    /// Are they two GPOs that can both reach one server? Those of two domains do not, unless somebody
    /// links across.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let may_meet = match (self.domain, other.domain) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        };
        may_meet && !self.gpo.is_same_gpo(other.gpo)
    }
}

/// Does a command onboard (true) or offboard (false)? Microsoft's scripts and ours say so in
/// their names.
fn direction(command: &str) -> Option<bool> {
    let lower = command.to_lowercase();
    if lower.contains("offboard") {
        Some(false)
    } else if lower.contains("onboardingscript")
        || lower.contains("mdeonboard")
        || lower.contains(".onboarding")
    {
        Some(true)
    } else {
        None
    }
}
