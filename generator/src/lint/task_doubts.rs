//! What in a task the Task Scheduler may refuse or leave out, and schedules that no day fits. None of it is
//! said to be refused in so many words, so it is warned of.

use super::tasks::Rules;
use crate::gpo::preferences::task::{Action, Principal, Task, Trigger};
use crate::gpo::xml::Element;
use crate::gpo::{codes, seconds_of_duration};

/// Actions that Microsoft's pages of the Task Scheduler call no longer supported
/// (`taskschd/showmessageaction`, `taskschd/emailaction`).
const RETIRED: [&str; 2] = ["ShowMessage", "SendEmail"];
/// Days that a month has at most, by its name in a schedule.
const MONTHS: [(&str, u32); 12] = [
    ("January", 31),
    ("February", 29),
    ("March", 31),
    ("April", 30),
    ("May", 31),
    ("June", 30),
    ("July", 31),
    ("August", 31),
    ("September", 30),
    ("October", 31),
    ("November", 30),
    ("December", 31),
];

impl Rules<'_> {
    /// Parts that Windows no longer supports, or that its documents do not allow.
    pub(super) fn doubts(&mut self, task: &Task) {
        let mut doubt =
            |message: String, next: &str| self.report(&codes::TASK_DOUBT, message, next);
        for action in &task.actions.list {
            if let Action::Other(element) = action
                && RETIRED.contains(&element.name.as_str())
            {
                doubt(
                    format!(
                        "an action is `{}`, which newer versions of Windows do not support",
                        element.name
                    ),
                    "start a program instead",
                );
            }
        }
        if task.principals.len() > 1 {
            doubt(
                format!("the task has {} principals", task.principals.len()),
                "keep the one that `Context` of the actions names",
            );
        }
        let is_given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        let both = |one: &Principal| is_given(&one.user_id) && is_given(&one.group_id);
        if task.principals.iter().any(both) {
            doubt(
                "a principal has `UserId` and `GroupId`".to_owned(),
                "keep one of them",
            );
        }
        if let Some(version) = task.version.as_deref().filter(|text| !is_version(text)) {
            doubt(
                format!("the task is of version `{version}`, which no Windows is known to take"),
                "write `1.2` or `1.3`",
            );
        }
        let repetition = task.triggers.iter().find_map(endless_interval);
        if let Some((interval, duration)) = repetition {
            doubt(
                format!("a trigger repeats every `{interval}` for `{duration}`, which is shorter"),
                "make `Duration` the longer one, or leave the repetition out",
            );
        }
    }

    /// Schedules that no day fits.
    pub(super) fn schedules(&mut self, task: &Task) {
        for schedule in task.triggers.iter().flat_map(|trigger| &trigger.other) {
            if let Some(why) = never_due(schedule) {
                self.report(
                    &codes::NEVER_STARTS,
                    format!("a trigger never comes due: {why}"),
                    "choose days that come",
                );
            }
        }
    }
}

/// Versions of the task format have been 1.0 to 1.6 so far (MS-TSCH 2.5, and Windows' own tasks).
fn is_version(text: &str) -> bool {
    let minor = text.strip_prefix("1.").and_then(|rest| rest.parse().ok());
    text.contains('%') || minor.is_some_and(|minor: u8| minor <= 6)
}

/// Interval and duration of a repetition that ends before it repeats.
fn endless_interval(trigger: &Trigger) -> Option<(String, String)> {
    let mut parts = trigger.other.iter();
    let repetition = parts.find(|part| part.name == "Repetition")?;
    let (interval, duration) = (
        repetition.text_of("Interval")?,
        repetition.text_of("Duration")?,
    );
    let lasts = seconds_of_duration(&duration)?;
    // Less than a minute is the schema's to refuse.
    let is_longer = lasts >= 60 && seconds_of_duration(&interval)? > lasts;
    is_longer.then_some((interval, duration))
}

fn never_due(schedule: &Element) -> Option<String> {
    let is_empty = |name: &str| {
        let part = schedule.find(name);
        part.is_some_and(|part| part.elements().next().is_none())
    };
    let needed: &[&str] = match schedule.name.as_str() {
        "ScheduleByWeek" => &["DaysOfWeek"],
        "ScheduleByMonth" => &["DaysOfMonth"],
        _ => return None,
    };
    if let Some(name) = needed.iter().find(|name| is_empty(name)) {
        return Some(format!("`{name}` names no day"));
    }
    // Without months it is every month.
    let months = schedule.find("Months")?;
    let months = months.elements().filter_map(|month| {
        let known = MONTHS.iter().find(|(name, _)| *name == month.name);
        known.map(|(_, days)| *days)
    });
    let longest = months.max()?;
    let days = schedule.find("DaysOfMonth")?;
    // `Last` is a day of each month, and so is what a variable may stand for.
    let first = days
        .elements()
        .map(|day| day.text().trim().parse().unwrap_or(1_u32))
        .min()?;
    (first > longest).then(|| format!("no month that is named has a day {first}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(name: &str, entries: &[Element]) -> Element {
        Element::new(name).extend(entries.iter().cloned())
    }

    #[test]
    fn a_schedule_without_a_day_never_comes_due() {
        let day = |text: &str| Element::with_text("Day", text);
        let month = |days: &[Element], months: &[&str]| {
            let months: Vec<Element> = months.iter().map(|name| Element::new(name)).collect();
            Element::new("ScheduleByMonth")
                .child(list("DaysOfMonth", days))
                .child(list("Months", &months))
        };
        let week =
            |days: &[Element]| Element::new("ScheduleByWeek").child(list("DaysOfWeek", days));
        for (schedule, never) in [
            (month(&[day("31")], &["February"]), true),
            (month(&[day("31")], &["February", "April"]), true),
            (month(&[day("31")], &["February", "March"]), false),
            (month(&[day("29")], &["February"]), false),
            (month(&[day("31"), day("1")], &["February"]), false),
            (month(&[day("Last")], &["February"]), false),
            (month(&[], &["February"]), true),
            (month(&[day("31")], &[]), false),
            (week(&[]), true),
            (week(&[Element::new("Monday")]), false),
            (Element::new("ScheduleByWeek"), false),
            (Element::new("ScheduleByDay"), false),
        ] {
            assert_eq!(never_due(&schedule).is_some(), never, "{schedule:?}");
        }
    }

    #[test]
    fn versions_are_those_that_windows_writes() {
        for (text, known) in [
            ("1.2", true),
            ("1.3", true),
            ("1.6", true),
            ("2.9", false),
            ("1.x", false),
            ("", false),
        ] {
            assert_eq!(is_version(text), known, "{text}");
        }
    }
}
