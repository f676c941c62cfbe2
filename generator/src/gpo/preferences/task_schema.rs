//! What the Task Scheduler's schema allows inside a task, as far as clients are held to it: it
//! registers nothing for a task with an unknown element (0x80041316), a value out of range
//! (0x80041318) or a missing element (0x80041319).
//!
//! Source: MS-TSCH 2.5 and the Task Scheduler schema on Microsoft Learn, type by type. The order of
//! elements is not held against a task: the policy editor itself writes another than the schema's.

use std::collections::HashSet;

use super::super::guid::Guid;
use super::super::time::seconds_of_duration;
use super::super::xml::Element;
use super::Oddity;

/// Most actions of a task (`actionsType`).
const MAX_ACTIONS: usize = 32;
/// Most triggers of a task (`triggersType`; `ITriggerCollection` says the same).
const MAX_TRIGGERS: usize = 48;
/// Longest path of a program's folder, in characters (`pathType`).
const MAX_PATH: usize = 260;

/// What an element holds.
enum Kind {
    /// Anything: another rule looks into it, or none does.
    Any,
    /// `true`, `false`, `1` or `0`.
    Boolean,
    /// A whole number between these.
    Number(u32, u32),
    /// One of these words.
    Word(&'static [&'static str]),
    /// At least a minute and, where the flag says so, at most 31 days. Whether it is a duration at
    /// all is another rule's.
    Minutes { at_most_a_month: bool },
    /// `nonEmptyString`.
    Filled,
    /// `xs:duration`.
    Duration,
    /// `guidType`: a GUID in braces.
    Guid,
    /// `pathType`: at most [`MAX_PATH`] characters.
    Path,
    /// A day of a month: 1 to 31 or `Last`.
    DayOfMonth,
    /// Nothing but elements.
    Group(&'static Group),
}

/// Elements that belong together.
struct Group {
    attributes: &'static [&'static str],
    parts: &'static [Part],
    /// Exactly one of these has to be there, unless the list is empty.
    choice: &'static [&'static str],
}

struct Part {
    name: &'static str,
    kind: Kind,
    is_required: bool,
    may_repeat: bool,
}

const fn part(name: &'static str, kind: Kind) -> Part {
    Part {
        name,
        kind,
        is_required: false,
        may_repeat: false,
    }
}

const fn required(name: &'static str, kind: Kind) -> Part {
    Part {
        name,
        kind,
        is_required: true,
        may_repeat: false,
    }
}

const fn many(name: &'static str, kind: Kind) -> Part {
    Part {
        name,
        kind,
        is_required: false,
        may_repeat: true,
    }
}

const fn group(parts: &'static [Part]) -> Group {
    Group {
        attributes: &[],
        parts,
        choice: &[],
    }
}

const TASK: Group = Group {
    attributes: &["version"],
    parts: &[
        part("RegistrationInfo", Kind::Group(&REGISTRATION)),
        part("Triggers", Kind::Group(&TRIGGERS)),
        part("Settings", Kind::Group(&SETTINGS)),
        part("Data", Kind::Any),
        part("Principals", Kind::Group(&PRINCIPALS)),
        part("Actions", Kind::Group(&ACTIONS)),
    ],
    choice: &[],
};

const REGISTRATION: Group = group(&[
    part("URI", Kind::Any),
    part("SecurityDescriptor", Kind::Any),
    part("Source", Kind::Any),
    part("Date", Kind::Any),
    part("Author", Kind::Any),
    part("Version", Kind::Any),
    part("Description", Kind::Any),
    part("Documentation", Kind::Any),
]);

const PRINCIPALS: Group = group(&[many("Principal", Kind::Group(&PRINCIPAL))]);

const PRINCIPAL: Group = Group {
    attributes: &["id"],
    parts: &[
        part("UserId", Kind::Any),
        part(
            "LogonType",
            Kind::Word(&[
                "S4U",
                "Password",
                "InteractiveToken",
                "InteractiveTokenOrPassword",
            ]),
        ),
        part("GroupId", Kind::Any),
        part("DisplayName", Kind::Any),
        part(
            "RunLevel",
            Kind::Word(&["LeastPrivilege", "HighestAvailable"]),
        ),
        part("ProcessTokenSidType", Kind::Any),
        part("RequiredPrivileges", Kind::Any),
    ],
    choice: &[],
};

const SETTINGS: Group = group(&[
    part("AllowStartOnDemand", Kind::Boolean),
    part("RestartOnFailure", Kind::Group(&RESTART)),
    part(
        "MultipleInstancesPolicy",
        Kind::Word(&["Parallel", "Queue", "IgnoreNew", "StopExisting"]),
    ),
    part("DisallowStartIfOnBatteries", Kind::Boolean),
    part("StopIfGoingOnBatteries", Kind::Boolean),
    part("AllowHardTerminate", Kind::Boolean),
    part("StartWhenAvailable", Kind::Boolean),
    part("NetworkProfileName", Kind::Any),
    part("RunOnlyIfNetworkAvailable", Kind::Boolean),
    part("WakeToRun", Kind::Boolean),
    part("Enabled", Kind::Boolean),
    part("Hidden", Kind::Boolean),
    part("DeleteExpiredTaskAfter", Kind::Any),
    part("IdleSettings", Kind::Group(&IDLE)),
    part("NetworkSettings", Kind::Group(&NETWORK)),
    part("ExecutionTimeLimit", Kind::Any),
    part("Priority", Kind::Number(0, 10)),
    part("RunOnlyIfIdle", Kind::Boolean),
    part("UseUnifiedSchedulingEngine", Kind::Boolean),
    part("DisallowStartOnRemoteAppSession", Kind::Boolean),
    part("MaintenanceSettings", Kind::Group(&MAINTENANCE)),
    part("Volatile", Kind::Boolean),
]);

const NETWORK: Group = group(&[part("Name", Kind::Any), part("Id", Kind::Guid)]);

/// Of Windows 8 and later (`maintenanceSettingsType`).
const MAINTENANCE: Group = group(&[
    part("Period", Kind::Duration),
    part("Deadline", Kind::Duration),
    part("Exclusive", Kind::Boolean),
]);

const RESTART: Group = group(&[
    required("Interval", A_MONTH),
    required("Count", Kind::Number(1, 255)),
]);

const A_MONTH: Kind = Kind::Minutes {
    at_most_a_month: true,
};

const IDLE: Group = group(&[
    part("Duration", Kind::Any),
    part("WaitTimeout", Kind::Any),
    part("StopOnIdleEnd", Kind::Boolean),
    part("RestartOnIdle", Kind::Boolean),
]);

const TRIGGERS: Group = group(&[
    many("BootTrigger", Kind::Group(&DELAYED)),
    many("RegistrationTrigger", Kind::Group(&DELAYED)),
    many("IdleTrigger", Kind::Group(&IDLE_TRIGGER)),
    many("TimeTrigger", Kind::Group(&TIME)),
    many("EventTrigger", Kind::Group(&EVENT)),
    many("LogonTrigger", Kind::Group(&LOGON)),
    many("SessionStateChangeTrigger", Kind::Group(&SESSION)),
    many("CalendarTrigger", Kind::Group(&CALENDAR)),
    // In no document, and registered by Windows itself.
    many("WnfStateChangeTrigger", Kind::Any),
]);

const REPETITION: Group = group(&[
    required("Interval", A_MONTH),
    part(
        "Duration",
        Kind::Minutes {
            at_most_a_month: false,
        },
    ),
    part("StopAtDurationEnd", Kind::Boolean),
]);

/// A trigger: what all of them hold (`triggerBaseType`), and its own parts.
macro_rules! trigger {
    ($name:ident [$($own:expr),* $(,)?] $choice:expr) => {
        const $name: Group = Group {
            attributes: &["id"],
            parts: &[
                part("Enabled", Kind::Boolean),
                part("StartBoundary", Kind::Any),
                part("EndBoundary", Kind::Any),
                part("Repetition", Kind::Group(&REPETITION)),
                part("ExecutionTimeLimit", Kind::Any),
                $($own),*
            ],
            choice: $choice,
        };
    };
}

trigger!(IDLE_TRIGGER [] &[]);
trigger!(DELAYED[part("Delay", Kind::Any)] & []);
trigger!(LOGON [part("Delay", Kind::Any), part("UserId", Kind::Filled)] &[]);
trigger!(TIME[part("RandomDelay", Kind::Any)] & []);
trigger!(EVENT [
    required("Subscription", Kind::Filled),
    part("Delay", Kind::Any),
    part("NumberOfOccurrences", Kind::Number(1, 32)),
    part("PeriodOfOccurrence", Kind::Duration),
    part("MatchingElement", Kind::Filled),
    part("ValueQueries", Kind::Any),
] &[]);
trigger!(SESSION [
    part("UserId", Kind::Filled),
    part("Delay", Kind::Any),
    required("StateChange", Kind::Word(&[
        "ConsoleConnect",
        "ConsoleDisconnect",
        "RemoteConnect",
        "RemoteDisconnect",
        "SessionLock",
        "SessionUnlock",
    ])),
] &[]);
trigger!(CALENDAR [
    part("RandomDelay", Kind::Any),
    part("ScheduleByDay", Kind::Group(&BY_DAY)),
    part("ScheduleByWeek", Kind::Group(&BY_WEEK)),
    part("ScheduleByMonth", Kind::Group(&BY_MONTH)),
    part("ScheduleByMonthDayOfWeek", Kind::Group(&BY_MONTH_AND_WEEK)),
] &["ScheduleByDay", "ScheduleByWeek", "ScheduleByMonth", "ScheduleByMonthDayOfWeek"]);

const BY_DAY: Group = group(&[part("DaysInterval", Kind::Number(1, 365))]);

const BY_WEEK: Group = group(&[
    part("WeeksInterval", Kind::Number(1, 52)),
    part("DaysOfWeek", Kind::Group(&WEEKDAYS)),
]);

const BY_MONTH: Group = group(&[
    part("DaysOfMonth", Kind::Group(&DAYS_OF_MONTH)),
    part("Months", Kind::Group(&MONTHS)),
]);

const BY_MONTH_AND_WEEK: Group = group(&[
    part("Weeks", Kind::Group(&WEEKS)),
    required("DaysOfWeek", Kind::Group(&WEEKDAYS)),
    part("Months", Kind::Group(&MONTHS)),
]);

const DAYS_OF_MONTH: Group = group(&[many("Day", Kind::DayOfMonth)]);
const WEEKS: Group = group(&[many("Week", Kind::Word(&["1", "2", "3", "4", "Last"]))]);

const WEEKDAYS: Group = group(&[
    part("Monday", Kind::Any),
    part("Tuesday", Kind::Any),
    part("Wednesday", Kind::Any),
    part("Thursday", Kind::Any),
    part("Friday", Kind::Any),
    part("Saturday", Kind::Any),
    part("Sunday", Kind::Any),
]);

const MONTHS: Group = group(&[
    part("January", Kind::Any),
    part("February", Kind::Any),
    part("March", Kind::Any),
    part("April", Kind::Any),
    part("May", Kind::Any),
    part("June", Kind::Any),
    part("July", Kind::Any),
    part("August", Kind::Any),
    part("September", Kind::Any),
    part("October", Kind::Any),
    part("November", Kind::Any),
    part("December", Kind::Any),
]);

const ACTIONS: Group = Group {
    attributes: &["Context"],
    parts: &[
        many("Exec", Kind::Group(&EXEC)),
        many("ComHandler", Kind::Group(&COM_HANDLER)),
        many("SendEmail", Kind::Any),
        many("ShowMessage", Kind::Any),
    ],
    choice: &[],
};

const COM_HANDLER: Group = Group {
    attributes: &["id"],
    parts: &[required("ClassId", Kind::Guid), part("Data", Kind::Any)],
    choice: &[],
};

const EXEC: Group = Group {
    attributes: &["id"],
    parts: &[
        part("Command", Kind::Any),
        part("Arguments", Kind::Any),
        part("WorkingDirectory", Kind::Path),
    ],
    choice: &[],
};

/// Holds a task that a client will register against the schema.
pub(super) fn check(task: &Element, oddities: &mut Vec<Oddity>) {
    check_group(task, &TASK, oddities);
    if let Some(triggers) = task.find("Triggers") {
        let count = triggers.elements().count();
        if count > MAX_TRIGGERS {
            let what = format!("{count} triggers where at most {MAX_TRIGGERS} belong");
            oddities.push(Oddity::refused(triggers, what));
        }
    }
    check_ids(task, oddities);
    let Some(actions) = task.find("Actions") else {
        return;
    };
    let count = actions.elements().count();
    if count > MAX_ACTIONS {
        let what = format!("{count} actions where at most {MAX_ACTIONS} belong");
        oddities.push(Oddity::refused(actions, what));
    }
    if let Some(context) = actions.get("Context") {
        let principals = task.find("Principals").into_iter();
        let mut ids = principals.flat_map(Element::elements);
        if !ids.any(|principal| principal.get("id") == Some(context)) {
            let what = format!("`Context` is `{context}`, and no principal has this id");
            oddities.push(Oddity::refused(actions, what));
        }
    }
}

/// Ids of principals, triggers and actions are unique among each other (`UniqueId` of the schema).
fn check_ids(task: &Element, oddities: &mut Vec<Oddity>) {
    let mut seen = HashSet::new();
    let groups = ["Principals", "Triggers", "Actions"];
    let groups = groups.iter().filter_map(|name| task.find(name));
    for element in groups.flat_map(Element::elements) {
        if let Some(id) = element.get("id").filter(|id| !id.contains('%'))
            && !seen.insert(id)
        {
            let what = format!("a second element with the id `{id}`");
            oddities.push(Oddity::refused(element, what));
        }
    }
}

/// Groups lie a few levels deep, so this ends.
fn check_group(element: &Element, group: &Group, oddities: &mut Vec<Oddity>) {
    for (name, _) in &element.attributes {
        if !group.attributes.contains(&name.as_str()) {
            oddities.push(Oddity::new(element, format!("unknown attribute `{name}`")));
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    for child in element.elements() {
        let Some(part) = group.parts.iter().find(|part| part.name == child.name) else {
            let what = format!("unknown element in `{}`", element.name);
            oddities.push(Oddity::refused(child, what));
            continue;
        };
        if seen.contains(&part.name) {
            if !part.may_repeat {
                let what = format!("a second `{}`", part.name);
                oddities.push(Oddity::refused(child, what));
            }
        } else {
            seen.push(part.name);
        }
        match part.kind {
            Kind::Group(inner) => check_group(child, inner, oddities),
            ref kind => check_value(child, kind, oddities),
        }
    }
    for part in group.parts {
        if part.is_required && !seen.contains(&part.name) {
            let what = format!("`{}` is missing", part.name);
            oddities.push(Oddity::refused(element, what));
        }
    }
    let chosen = group.choice.iter().filter(|name| seen.contains(name));
    if !group.choice.is_empty() && chosen.count() != 1 {
        let what = format!(
            "exactly one of `{}` belongs here",
            group.choice.join("`, `")
        );
        oddities.push(Oddity::refused(element, what));
    }
}

fn check_value(element: &Element, kind: &Kind, oddities: &mut Vec<Oddity>) {
    let text = element.text();
    // A preference variable: the client puts its value in before the task is registered.
    if text.contains('%') && !matches!(kind, Kind::Path) {
        return;
    }
    let is_filled = !text.is_empty();
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    let number = || text.parse::<u32>().ok();
    let expected = match kind {
        Kind::Boolean if !matches!(text, "true" | "false" | "1" | "0") => {
            "`true` or `false`".to_owned()
        }
        Kind::Number(from, to) if !number().is_some_and(|n| (*from..=*to).contains(&n)) => {
            format!("a number from {from} to {to}")
        }
        Kind::Word(words) if !words.contains(&text) => format!("one of `{}`", words.join("`, `")),
        Kind::DayOfMonth
            if text != "Last"
                && (text.starts_with(['0', '+'])
                    || !number().is_some_and(|n| (1..=31).contains(&n))) =>
        {
            "a day from 1 to 31 or `Last`".to_owned()
        }
        Kind::Minutes { at_most_a_month } => {
            const MINUTE: u64 = 60;
            const MONTH: u64 = 31 * 86_400;
            let Some(seconds) = seconds_of_duration(text) else {
                return;
            };
            if seconds >= MINUTE && !(*at_most_a_month && seconds > MONTH) {
                return;
            }
            if *at_most_a_month {
                "a duration from `PT1M` to `P31D`".to_owned()
            } else {
                "a duration of at least `PT1M`".to_owned()
            }
        }
        Kind::Filled if !is_filled => "a text".to_owned(),
        Kind::Duration if seconds_of_duration(text).is_none() => {
            "a duration such as `PT5M`".to_owned()
        }
        Kind::Guid if text.parse::<Guid>().is_err() => "a GUID in braces".to_owned(),
        Kind::Path if text.chars().count() > MAX_PATH => {
            format!("a path of at most {MAX_PATH} characters")
        }
        _ => return,
    };
    let what = format!("`{text}` where {expected} belongs");
    oddities.push(Oddity::refused(element, what));
}
