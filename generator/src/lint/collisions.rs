//! What GPOs do to each other when they lie side by side.

use std::collections::HashSet;

use super::items::run_once_ids;
use super::setting::{Setting, settings};
use crate::gpo::codes;
use crate::gpo::found::{FoundFile, FoundGpo, Origin};
use crate::gpo::preferences::scheduled_tasks::TaskKind;
use crate::gpo::preferences::task::Action;
use crate::problem::Problem;

pub(super) fn check(gpos: &[FoundGpo], problems: &mut Vec<Problem>) {
    let facts: Vec<Facts<'_>> = gpos.iter().map(|gpo| Facts::of(gpo, gpos)).collect();
    for (index, later) in facts.iter().enumerate() {
        within(later, problems);
        for earlier in facts.iter().take(index) {
            if earlier.gpo.is_same_gpo(later.gpo) {
                same_gpo(earlier, later, problems);
            } else if earlier.may_meet(later) {
                pair(earlier, later, problems);
            }
        }
    }
}

/// DNS name of a GPO's domain: a backup tells it, for a SYSVOL folder the backup of the same GPO.
fn domain_of(gpo: &FoundGpo, all: &[FoundGpo]) -> Option<String> {
    let told = |gpo: &FoundGpo| match &gpo.origin {
        Origin::Backup { document, .. } => Some(document.as_ref()?.domain.to_lowercase()),
        Origin::Sysvol { .. } | Origin::File => None,
    };
    let mut same = all.iter().filter(|other| other.is_same_gpo(gpo));
    told(gpo).or_else(|| same.find_map(told))
}

/// What of a GPO can collide.
struct Facts<'a> {
    gpo: &'a FoundGpo,
    domain: Option<String>,
    /// Kind and lower-case name of each task that is registered.
    tasks: Vec<(TaskKind, String)>,
    run_once: Vec<crate::gpo::Guid>,
    settings: Vec<Setting>,
    onboards: bool,
    offboards: bool,
}

impl<'a> Facts<'a> {
    fn of(gpo: &'a FoundGpo, all: &[FoundGpo]) -> Self {
        let settings = settings(gpo);
        let mut facts = Self {
            gpo,
            domain: domain_of(gpo, all),
            tasks: Vec::new(),
            run_once: Vec::new(),
            onboards: settings
                .iter()
                .any(|setting| setting.onboards() == Some(true)),
            offboards: settings
                .iter()
                .any(|setting| setting.onboards() == Some(false)),
            settings,
        };
        let mut texts = Vec::new();
        for (_, side) in gpo.sides() {
            if let Some(FoundFile { content, .. }) = &side.tasks {
                for item in content.all_items() {
                    facts.run_once.extend(run_once_ids(&item.filters));
                    let properties = &item.properties;
                    if properties.action.as_deref() == Some("D") {
                        continue;
                    }
                    facts
                        .tasks
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
            texts.extend(
                side.scripts
                    .iter()
                    .map(|file| file.content.text().to_owned()),
            );
        }
        for text in texts {
            match direction(&text) {
                Some(true) => facts.onboards = true,
                Some(false) => facts.offboards = true,
                None => {}
            }
        }
        facts
    }
}

impl Facts<'_> {
    /// Can both reach one server? GPOs of two domains do not, unless somebody links across.
    fn may_meet(&self, other: &Self) -> bool {
        match (&self.domain, &other.domain) {
            (Some(own), Some(other)) => own == other,
            _ => true,
        }
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

fn pair(a: &Facts<'_>, b: &Facts<'_>, problems: &mut Vec<Problem>) {
    let both = || format!("{} and {}", a.gpo.title(), b.gpo.title());
    let tasks: HashSet<_> = b.tasks.iter().collect();
    for task in a.tasks.iter().filter(|task| tasks.contains(task)) {
        problems.push(
            Problem::new(
                &codes::DUPLICATE_TASK,
                &b.gpo.place,
                "two GPOs register a task of the same name",
                "rename or remove one",
            )
            .with_evidence(format!("task `{}`", task.1))
            .with_evidence(both()),
        );
    }
    let ids: HashSet<_> = b.run_once.iter().collect();
    for id in a.run_once.iter().filter(|id| ids.contains(id)) {
        problems.push(
            Problem::new(
                &codes::SHARED_RUN_ONCE,
                &b.gpo.place,
                "items of two GPOs share a run-once id: the second never runs",
                "give one of them a new id",
            )
            .with_evidence(format!("id {id}"))
            .with_evidence(both()),
        );
    }
    let settings: HashSet<(&str, &str)> = b.settings.iter().map(Setting::place).collect();
    for setting in a.settings.iter().filter(|setting| setting.is_defender()) {
        // Exclusions of several GPOs add up; the switch that turns their list on is shared.
        let shared =
            setting.name.starts_with("exclusions_") || setting.key.contains(r"\exclusions");
        if !shared && settings.contains(&setting.place()) {
            problems.push(
                Problem::new(
                    &codes::TWO_WRITERS,
                    &b.gpo.place,
                    format!("`{}` is set by two GPOs", setting.shown),
                    "leave one writer",
                )
                .with_evidence(setting.key.clone())
                .with_evidence(both()),
            );
        }
    }
    if (a.onboards && b.offboards) || (a.offboards && b.onboards) {
        on_and_off(a, b, both(), problems);
    }
}

fn on_and_off(a: &Facts<'_>, b: &Facts<'_>, both: String, problems: &mut Vec<Problem>) {
    match (&a.gpo.links, &b.gpo.links) {
        (Some(first), Some(second)) => {
            let mut pairs = first
                .iter()
                .flat_map(|x| second.iter().map(move |y| (x, y)));
            if let Some((x, y)) = pairs.find(|(x, y)| x.overlaps(y)) {
                problems.push(
                    Problem::new(
                        &codes::ON_AND_OFF,
                        &b.gpo.place,
                        "onboarding and offboarding are linked to the same servers",
                        "unlink one of them",
                    )
                    .with_evidence(both)
                    .with_evidence(format!("`{}` and `{}`", x.scope, y.scope)),
                );
            }
        }
        _ => problems.push(
            Problem::new(
                &codes::ON_AND_OFF_UNLINKED,
                &b.gpo.place,
                "one of these GPOs onboards and the other offboards",
                "never link both to the same servers",
            )
            .with_evidence(both),
        ),
    }
}
