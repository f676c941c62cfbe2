//! Scheduled tasks: accounts, triggers, actions.

use super::account::{self, Account};
use super::event_query;
use super::items::of_item;
use super::task_texts::{is_before, is_date_and_time, is_duration, task_name_fault};
use super::wmi;
use crate::gpo::codes;
use crate::gpo::found::{Found, FoundFile, FoundGpo};
use crate::gpo::preferences::Item;
use crate::gpo::preferences::filter::{Condition, Filter};
use crate::gpo::preferences::scheduled_tasks::{TaskKind, TaskProperties};
use crate::gpo::preferences::task::{Task, Trigger};
use crate::gpo::xml::Element;
use crate::problem::{Code, Problem};

pub(super) fn check(gpo: &FoundGpo, found: &Found, problems: &mut Vec<Problem>) {
    let domain_controllers = domain_controllers(gpo, found);
    for (_, side) in gpo.sides() {
        let Some(FoundFile { path, content }) = &side.tasks else {
            continue;
        };
        let contents = content.contents();
        let folders = contents.folders_where(stops);
        // What is switched off is said to be, and is not applied.
        for placed in contents.items.iter().filter(|placed| !placed.is_off) {
            let item = &placed.item;
            let folder = placed.folder.and_then(|folder| folders.get(folder));
            let mut rules = Rules {
                path,
                item,
                is_in_stopping_folder: folder == Some(&true),
                problems,
            };
            rules.name();
            // A task that is taken away needs neither account nor contents (MS-GPPREF 2.2.1.18.3).
            let is_removal = item.properties.action.as_deref() == Some("D");
            if is_removal && item.properties.kind == TaskKind::Scheduled {
                continue;
            }
            rules.properties();
            if let Some(task) = &item.properties.task {
                rules.principals(task);
                rules.triggers(task);
                rules.settings(task);
                rules.starts(task);
                rules.schedules(task);
                rules.doubts(task);
                rules.actions(task, domain_controllers);
            }
        }
    }
}

/// Are domain controllers in scope, as far as the GPO's WMI filter tells?
fn domain_controllers(gpo: &FoundGpo, found: &Found) -> Option<bool> {
    let reference = gpo.document()?.wmi_filter.as_deref()?;
    let filter = found.filters.iter().find(|filter| {
        let id = filter.id.map(|id| id.to_string());
        id.is_some_and(|id| reference.to_uppercase().contains(&id))
    })?;
    wmi::includes_domain_controllers(filter)
}

/// A task with the place that it is looked at in.
pub(super) struct Rules<'a> {
    path: &'a str,
    pub(super) item: &'a Item<TaskProperties>,
    /// Does a folder around it have a filter that becomes false once the task has done its work?
    is_in_stopping_folder: bool,
    problems: &'a mut Vec<Problem>,
}

impl Rules<'_> {
    pub(super) fn report(&mut self, code: &'static Code, message: impl Into<String>, next: &str) {
        let problem = of_item(code, self.path, &self.item.attributes, message, next);
        self.problems.push(problem);
    }

    fn name(&mut self) {
        let properties = &self.item.properties;
        if properties.name != self.item.attributes.name {
            self.report(
                &codes::NAME_MISMATCH,
                format!("the task that is registered is `{}`", properties.name),
                "give both the same name",
            );
        }
        if let Some(fault) = task_name_fault(&properties.name) {
            self.report(
                &codes::TASK_NAME,
                format!("`{}` {fault}", properties.name),
                "give the task another name",
            );
        }
    }

    fn properties(&mut self) {
        let properties = &self.item.properties;
        if properties.task.is_none() {
            self.report(
                &codes::NO_TASK,
                "the item has no embedded `Task`: nothing is registered",
                "write the item again with the policy editor, at least for Windows 7",
            );
        }
        match properties.run_as.as_deref() {
            Some(account) => self.account(account, "runAs"),
            None => self.report(
                &codes::ACCOUNT_LEFT_OUT,
                "`runAs` is left out",
                r"write `NT AUTHORITY\System`",
            ),
        }
        let action = properties.action.as_deref();
        match properties.kind {
            TaskKind::Immediate => {
                if action != Some("C") {
                    self.report(
                        &codes::IMMEDIATE_ACTION,
                        format!("the action is `{}`", action.unwrap_or("absent")),
                        "use action `C`",
                    );
                }
                if !stops(&self.item.filters) && !self.is_in_stopping_folder {
                    self.report(
                        &codes::NO_STOP_CONDITION,
                        "the task runs again at every refresh",
                        "add a filter on what the task changes, or a run-once filter",
                    );
                }
            }
            TaskKind::Scheduled => {
                let removes = self.item.attributes.remove_policy == Some(true);
                if removes && action != Some("R") {
                    self.report(
                        &codes::REMOVE_ACTION,
                        "the task is to be removed with the GPO, which needs action `R`",
                        "use action `R`",
                    );
                }
            }
        }
    }

    fn account(&mut self, name: &str, place: &str) {
        match account::judge(name) {
            Account::Empty if place == "runAs" => self.report(
                &codes::NO_ACCOUNT,
                "`runAs` is empty: the client does nothing and logs success",
                r"write `NT AUTHORITY\System`",
            ),
            Account::Unmapped => self.report(
                &codes::UNMAPPED_ACCOUNT,
                format!("`{place}` is `{name}`, which maps to no SID (0x80070534)"),
                r"write `NT AUTHORITY\System`",
            ),
            Account::LocalisedService => self.report(
                &codes::LOCALISED_ACCOUNT,
                format!("`{place}` is `{name}`, which maps on one language of Windows only"),
                "write `S-1-5-18`",
            ),
            _ => {}
        }
    }

    fn principals(&mut self, task: &Task) {
        let properties = &self.item.properties;
        let run_as = properties.run_as.as_deref().unwrap_or_default();
        for principal in &task.principals {
            let user = principal.user_id.as_deref().unwrap_or_default();
            if !user.eq_ignore_ascii_case(run_as) {
                self.account(user, "UserId");
            }
            let service = account::judge(run_as) == Account::Service;
            if service && account::judge(user) != Account::Service {
                self.report(
                    &codes::PRINCIPAL_MISMATCH,
                    format!("the task runs as `{run_as}`, its principal is `{user}`"),
                    "repeat the account in the principal",
                );
            } else if let (Some(outer), Some(inner)) =
                (&properties.logon_type, &principal.logon_type)
                && outer != inner
            {
                self.report(
                    &codes::PRINCIPAL_MISMATCH,
                    format!("logon type `{outer}` outside and `{inner}` in the principal"),
                    "write the same logon type in both",
                );
            }
        }
    }

    fn triggers(&mut self, task: &Task) {
        for trigger in &task.triggers {
            for boundary in [&trigger.start_boundary, &trigger.end_boundary]
                .into_iter()
                .flatten()
            {
                if !is_date_and_time(boundary) {
                    self.report(
                        &codes::START_BOUNDARY,
                        format!("`{boundary}` is no date and time"),
                        "write a whole date and time such as `2026-01-31T09:00:00`",
                    );
                }
            }
            let timed = matches!(trigger.kind.as_str(), "TimeTrigger" | "CalendarTrigger");
            if timed && trigger.start_boundary.is_none() {
                self.report(
                    &codes::START_BOUNDARY,
                    format!("a `{}` has no `StartBoundary`", trigger.kind),
                    "write a whole date and time such as `2026-01-31T09:00:00`",
                );
            }
            self.durations(trigger);
            self.subscription(trigger);
            let Some(delay) = trigger.random_delay.as_deref() else {
                continue;
            };
            if self.item.properties.kind == TaskKind::Immediate || trigger.end_boundary.is_some() {
                self.report(
                    &codes::RANDOM_DELAY,
                    format!("the start is delayed by up to `{delay}`, behind the end boundary"),
                    "remove the delay; let the program wait instead",
                );
            }
        }
    }

    fn subscription(&mut self, trigger: &Trigger) {
        let mut parts = trigger.other.iter();
        let subscription = parts.find(|part| part.name == "Subscription");
        // An empty one is the schema's to refuse.
        let text = subscription.map(Element::text).unwrap_or_default();
        if let Some(fault) = event_query::fault(&text).filter(|_| !text.is_empty()) {
            self.report(
                &codes::NEVER_STARTS,
                format!("the subscription of an event trigger finds no event: {fault}"),
                "take the query from the XML page of a filter in the event viewer",
            );
        }
    }

    fn durations(&mut self, trigger: &Trigger) {
        let repetition = trigger.other.iter().filter(|one| one.name == "Repetition");
        let nested = repetition.flat_map(|one| {
            let parts = ["Interval", "Duration"].into_iter();
            parts.filter_map(|name| Some((name, one.text_of(name)?)))
        });
        let own = ["Delay", "ExecutionTimeLimit"]
            .into_iter()
            .filter_map(|name| {
                let found = trigger.other.iter().find(|one| one.name == name)?;
                Some((name, found.text()))
            });
        let random = trigger
            .random_delay
            .clone()
            .map(|text| ("RandomDelay", text));
        let all: Vec<_> = nested.chain(own).chain(random).collect();
        for (name, text) in all {
            self.duration(name, &text);
        }
    }

    fn duration(&mut self, name: &str, text: &str) {
        if !is_duration(text) {
            self.report(
                &codes::DURATION,
                format!("`{name}` is `{text}`, which is no duration"),
                "write it as `PT1H` or `P3D`",
            );
        }
    }

    /// What keeps a task from ever starting.
    fn starts(&mut self, task: &Task) {
        let settings = &task.settings;
        let mut never = |message: &str, next: &str| {
            self.report(&codes::NEVER_STARTS, message, next);
        };
        if settings.enabled == Some(false) {
            never(
                "the task is registered switched off",
                "set `Enabled` to true",
            );
        }
        let triggers = &task.triggers;
        if !triggers.is_empty() && triggers.iter().all(|one| one.enabled == Some(false)) {
            never(
                "every trigger of the task is switched off",
                "switch one on, or remove the task",
            );
        }
        if triggers.is_empty() && settings.allow_start_on_demand == Some(false) {
            never(
                "the task has no trigger and cannot be started by hand",
                "give it a trigger",
            );
        }
        for trigger in triggers {
            if let (Some(start), Some(end)) = (&trigger.start_boundary, &trigger.end_boundary)
                && is_before(end, start)
            {
                never(
                    "a trigger ends before it begins",
                    "put `EndBoundary` behind `StartBoundary`",
                );
            }
        }
        let at_once = self.item.properties.kind == TaskKind::Immediate;
        if at_once && settings.run_only_if_idle == Some(true) {
            self.report(
                &codes::NEVER_STARTS,
                "an immediate task waits for an idle server and expires at once",
                "set `RunOnlyIfIdle` to false",
            );
        }
    }

    fn settings(&mut self, task: &Task) {
        let settings = &task.settings;
        let expires = task
            .triggers
            .iter()
            .any(|trigger| trigger.end_boundary.is_some());
        if settings.delete_expired_task_after.is_some() && !expires {
            self.report(
                &codes::EXPIRY,
                "`DeleteExpiredTaskAfter` without a trigger that ends",
                "add an `EndBoundary`, or remove the setting",
            );
        }
        if settings.disallow_start_if_on_batteries != Some(false) {
            self.report(
                &codes::BATTERY,
                "the task does not start on battery power",
                "set `DisallowStartIfOnBatteries` and `StopIfGoingOnBatteries` to false",
            );
        }
        let mut durations = vec![
            ("ExecutionTimeLimit", &settings.execution_time_limit),
            (
                "DeleteExpiredTaskAfter",
                &settings.delete_expired_task_after,
            ),
        ];
        if let Some(idle) = &settings.idle {
            durations.push(("Duration", &idle.duration));
            durations.push(("WaitTimeout", &idle.wait_timeout));
        }
        for (name, text) in durations {
            if let Some(text) = text {
                self.duration(name, text);
            }
        }
        let restart = settings.other.iter();
        let mut restart = restart.filter(|one| one.name == "RestartOnFailure");
        if let Some(interval) = restart.find_map(|one| one.text_of("Interval")) {
            self.duration("Interval", &interval);
        }
    }
}

/// Does a filter become false once the task has done its work? Filters on what a computer is
/// (product, group, unit, name) never do.
fn stops(filters: &[Filter]) -> bool {
    filters.iter().any(|filter| match &filter.condition {
        Condition::RunOnce { .. } | Condition::RegistryKeyExists { .. } | Condition::Wmi { .. } => {
            true
        }
        Condition::Other(element) => matches!(
            element.name.as_str(),
            "FilterRegistry" | "FilterFile" | "FilterVariable" | "FilterMsi" | "FilterLdap"
        ),
        Condition::Collection { filters, .. } => stops(filters),
        Condition::Group { .. } | Condition::Os { .. } => false,
    })
}
