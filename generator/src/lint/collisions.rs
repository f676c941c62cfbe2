//! What GPOs do to each other when they lie side by side.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::collision_facts::{Domains, Facts};
use super::setting::Setting;
use crate::gpo::Guid;
use crate::gpo::codes;
use crate::gpo::found::{FoundGpo, Origin};
use crate::gpo::preferences::scheduled_tasks::TaskKind;
use crate::problem::{Code, Problem};

pub(super) fn check(gpos: &[FoundGpo], problems: &mut Vec<Problem>) {
    let domains = Domains::of(gpos);
    let facts: Vec<Facts<'_>> = gpos.iter().map(|gpo| Facts::of(gpo, &domains)).collect();
    let mut seen = Seen::default();
    for (index, later) in facts.iter().enumerate() {
        within(later, problems);
        for earlier in seen.same(&facts, later.gpo) {
            same_gpo(earlier, later, problems);
        }
        let tasks = later.tasks.iter().map(|task| (task, &task.1));
        for (earlier, name) in seen.tasks.earlier(&facts, later, tasks) {
            duplicate_task(earlier, later, name, problems);
        }
        let ids = later.run_once.iter().map(|id| (id, *id));
        for (earlier, id) in seen.run_once.earlier(&facts, later, ids) {
            shared_run_once(earlier, later, id, problems);
        }
        let settings = later.settings.iter();
        let settings = settings.map(|setting| (setting.place(), setting));
        for (earlier, setting) in seen.settings.earlier(&facts, later, settings) {
            two_writers(earlier, later, setting, problems);
        }
        on_and_off(&facts, &seen, later, problems);
        seen.add(index, &facts);
    }
}

/// The GPOs that were looked at, by what they can collide in: each later one asks for its own keys alone.
#[derive(Default)]
struct Seen<'a> {
    by_id: HashMap<Guid, Vec<usize>>,
    tasks: Owners<&'a (TaskKind, String)>,
    run_once: Owners<&'a Guid>,
    settings: Owners<(&'a str, &'a str)>,
    onboarding: Vec<usize>,
    offboarding: Vec<usize>,
}

impl<'a> Seen<'a> {
    fn same<'f>(
        &self,
        facts: &'f [Facts<'f>],
        gpo: &FoundGpo,
    ) -> impl Iterator<Item = &'f Facts<'f>> {
        let same = gpo.id().and_then(|id| self.by_id.get(&id));
        same.into_iter()
            .flatten()
            .filter_map(|index| facts.get(*index))
    }

    fn add(&mut self, index: usize, facts: &'a [Facts<'a>]) {
        let Some(own) = facts.get(index) else { return };
        if let Some(id) = own.gpo.id() {
            self.by_id.entry(id).or_default().push(index);
        }
        for task in &own.tasks {
            self.tasks.add(task, index, facts);
        }
        for id in &own.run_once {
            self.run_once.add(id, index, facts);
        }
        for setting in &own.settings {
            self.settings.add(setting.place(), index, facts);
        }
        if own.onboards {
            self.onboarding.push(index);
        }
        if own.offboards {
            self.offboarding.push(index);
        }
    }
}

/// Who has a key: for each domain the first GPO, and the first other one. Of all that a later GPO collides
/// with in a key, the first is among them.
struct Owners<K>(HashMap<K, Vec<usize>>);

impl<K> Default for Owners<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Copy + Eq + Hash> Owners<K> {
    /// For each key of the later GPO, each key once, the first earlier GPO that has it, too, with what the
    /// later one has there.
    fn earlier<'f, T>(
        &self,
        facts: &'f [Facts<'f>],
        later: &Facts<'_>,
        keys: impl Iterator<Item = (K, T)>,
    ) -> Vec<(&'f Facts<'f>, T)> {
        let mut asked = HashSet::new();
        let keys = keys.filter(|(key, _)| asked.insert(*key));
        let found = keys.filter_map(|(key, own)| {
            let mut owners = self.0.get(&key)?.iter();
            let first = owners.find_map(|owner| facts.get(*owner).filter(|own| own.meets(later)));
            Some((first?, own))
        });
        found.collect()
    }

    fn add(&mut self, key: K, index: usize, facts: &[Facts<'_>]) {
        let Some(own) = facts.get(index) else { return };
        let owners = self.0.entry(key).or_default();
        let of_domain = owners.iter().filter_map(|owner| facts.get(*owner));
        let of_domain: Vec<_> = of_domain
            .filter(|other| other.domain == own.domain)
            .collect();
        let is_kept = match of_domain.as_slice() {
            [] => true,
            [first] => !first.gpo.is_same_gpo(own.gpo) && owners.last() != Some(&index),
            _ => false,
        };
        if is_kept {
            owners.push(index);
        }
    }
}

fn within(facts: &Facts<'_>, problems: &mut Vec<Problem>) {
    let mut seen = HashSet::new();
    for task in &facts.tasks {
        if !seen.insert(task) {
            problems.push(
                Problem::new(
                    &codes::DUPLICATE_TASK,
                    &facts.gpo.place,
                    "two items register a task of the same name",
                    "rename or remove one",
                )
                .with_evidence(format!("task `{}`", task.1)),
            );
        }
    }
}

/// A backup and a SYSVOL folder of one GPO must agree on its version.
fn same_gpo(a: &Facts<'_>, b: &Facts<'_>, problems: &mut Vec<Problem>) {
    let (document, sysvol, place) = match (&a.gpo.origin, &b.gpo.origin) {
        (Origin::Backup { document, .. }, Origin::Sysvol { version, .. }) => {
            (document, version, &b.gpo.place)
        }
        (Origin::Sysvol { version, .. }, Origin::Backup { document, .. }) => {
            (document, version, &a.gpo.place)
        }
        _ => return,
    };
    let (Some(document), Some(version)) = (document, sysvol) else {
        return;
    };
    // The low word of a backup's number is SYSVOL's count of that side.
    let pairs = [
        (
            "computer",
            document.machine_version & 0xFFFF,
            version.machine,
        ),
        ("user", document.user_version & 0xFFFF, version.user),
    ];
    for (side, backup, tree) in pairs {
        if backup != u32::from(tree) {
            problems.push(
                Problem::new(
                    &codes::VERSION_UNEQUAL,
                    place,
                    format!("the {side} side has another version than the backup of this GPO"),
                    "back the GPO up again, or write `GPT.INI` and `versionNumber` together",
                )
                .with_evidence(format!("backup {backup}, `GPT.INI` {tree}")),
            );
        }
    }
}

fn of_two(
    code: &'static Code,
    a: &Facts<'_>,
    b: &Facts<'_>,
    message: impl Into<String>,
    next: &str,
    key: String,
) -> Problem {
    Problem::new(code, &b.gpo.place, message, next)
        .with_evidence(key)
        .with_evidence(both(a, b))
}

fn both(a: &Facts<'_>, b: &Facts<'_>) -> String {
    format!("{} and {}", a.gpo.title(), b.gpo.title())
}

fn duplicate_task(a: &Facts<'_>, b: &Facts<'_>, name: &str, problems: &mut Vec<Problem>) {
    problems.push(of_two(
        &codes::DUPLICATE_TASK,
        a,
        b,
        "two GPOs register a task of the same name",
        "rename or remove one",
        format!("task `{name}`"),
    ));
}

fn shared_run_once(a: &Facts<'_>, b: &Facts<'_>, id: Guid, problems: &mut Vec<Problem>) {
    problems.push(of_two(
        &codes::SHARED_RUN_ONCE,
        a,
        b,
        "items of two GPOs share a run-once id: the second never runs",
        "give one of them a new id",
        format!("id {id}"),
    ));
}

fn two_writers(a: &Facts<'_>, b: &Facts<'_>, setting: &Setting, problems: &mut Vec<Problem>) {
    problems.push(of_two(
        &codes::TWO_WRITERS,
        a,
        b,
        format!("`{}` is set by two GPOs", setting.shown),
        "leave one writer",
        setting.key.clone(),
    ));
}

/// Onboarding beside offboarding: the first that is linked to the same servers, and the first that is linked
/// nobody knows where.
fn on_and_off(
    facts: &[Facts<'_>],
    seen: &Seen<'_>,
    later: &Facts<'_>,
    problems: &mut Vec<Problem>,
) {
    let opposed = [
        (later.onboards, &seen.offboarding),
        (later.offboards, &seen.onboarding),
    ];
    let opposed = opposed.into_iter().filter(|(is_so, _)| *is_so);
    let mut opposed: Vec<usize> = opposed.flat_map(|(_, list)| list).copied().collect();
    opposed.sort_unstable();
    opposed.dedup();
    let (mut linked, mut unlinked) = (None, None);
    let earlier = opposed.into_iter().filter_map(|index| facts.get(index));
    for earlier in earlier.filter(|earlier| earlier.meets(later)) {
        match (&earlier.gpo.links, &later.gpo.links) {
            (Some(first), Some(second)) if linked.is_none() => {
                let mut pairs = first
                    .iter()
                    .flat_map(|x| second.iter().map(move |y| (x, y)));
                linked = pairs
                    .find(|(x, y)| x.overlaps(y))
                    .map(|(x, y)| (earlier, x, y));
            }
            (Some(_), Some(_)) => {}
            _ => unlinked = unlinked.or(Some(earlier)),
        }
    }
    if let Some((earlier, x, y)) = linked {
        problems.push(
            Problem::new(
                &codes::ON_AND_OFF,
                &later.gpo.place,
                "onboarding and offboarding are linked to the same servers",
                "unlink one of them",
            )
            .with_evidence(both(earlier, later))
            .with_evidence(format!("`{}` and `{}`", x.scope, y.scope)),
        );
    }
    if let Some(earlier) = unlinked {
        problems.push(
            Problem::new(
                &codes::ON_AND_OFF_UNLINKED,
                &later.gpo.place,
                "one of these GPOs onboards and the other offboards",
                "never link both to the same servers",
            )
            .with_evidence(both(earlier, later)),
        );
    }
}
