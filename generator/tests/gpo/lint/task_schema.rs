//! Tasks that the Task Scheduler refuses, and ones that only look as if it did.

use std::collections::BTreeSet;

use super::tree::{Tree, good_task, with_task};

const SCHEDULE: &str = "<StartBoundary>2026-01-31T09:00:00</StartBoundary>";

const QUERY: &str = "&lt;QueryList&gt;&lt;Query Id='0'&gt;&lt;Select Path='System'&gt;*&lt;/Select&gt;&lt;/Query&gt;&lt;/QueryList&gt;";

/// A good task with one text of it changed.
fn changed(from: &str, to: &str) -> Tree {
    let good = good_task("S-1-5-18", "a.exe", "");
    assert!(good.contains(from), "{from}");
    with_task(&good.replacen(from, to, 1))
}

fn setting(setting: &str) -> Tree {
    changed("</Settings>", &format!("{setting}</Settings>"))
}

fn triggers(triggers: &str) -> Tree {
    changed("<Triggers/>", &format!("<Triggers>{triggers}</Triggers>"))
}

fn calendar(schedule: &str) -> Tree {
    triggers(&format!(
        "<CalendarTrigger>{SCHEDULE}{schedule}</CalendarTrigger>"
    ))
}

fn event(subscription: &str, more: &str) -> Tree {
    triggers(&format!(
        "<EventTrigger><Subscription>{subscription}</Subscription>{more}</EventTrigger>"
    ))
}

fn repetition(repetition: &str) -> Tree {
    triggers(&format!(
        "<TimeTrigger>{SCHEDULE}<Repetition>{repetition}</Repetition></TimeTrigger>"
    ))
}

fn restart(interval: &str, count: &str) -> Tree {
    setting(&format!(
        "<RestartOnFailure><Interval>{interval}</Interval><Count>{count}</Count></RestartOnFailure>"
    ))
}

/// The codes that a broken input provokes, and the input: a good one with one change.
pub(super) fn cases() -> Vec<(Vec<&'static str>, Tree)> {
    let level = "<RunLevel>HighestAvailable";
    let actions = "<Exec><Command>a.exe</Command></Exec>".repeat(33);
    let folder = format!("<WorkingDirectory>{}</WorkingDirectory>", "a".repeat(261));
    let refused = [
        changed(level, "<RunLevel>Highest"),
        changed(level, "<RunLevel>highestavailable"),
        changed("Context=\"Author\"", "Context=\"System\""),
        changed(
            "<RegistrationInfo/>",
            "<RegistrationInfo/><RegistrationInfo/>",
        ),
        changed("<Exec>", "<Execute/><Exec>"),
        changed("</Actions>", &format!("{actions}</Actions>")),
        changed("</Exec>", &format!("{folder}</Exec>")),
        triggers("<DailyTrigger/>"),
        triggers("<BootTrigger><EndBoundry>2026-01-31T09:00:00</EndBoundry></BootTrigger>"),
        calendar(""),
        calendar("<ScheduleByDay/><ScheduleByWeek/>"),
        calendar("<ScheduleByDay><DaysInterval>0</DaysInterval></ScheduleByDay>"),
        calendar("<ScheduleByDay><DaysInterval>366</DaysInterval></ScheduleByDay>"),
        calendar("<ScheduleByWeek><WeeksInterval>53</WeeksInterval></ScheduleByWeek>"),
        calendar("<ScheduleByWeek><DaysOfWeek><Thurday/></DaysOfWeek></ScheduleByWeek>"),
        calendar("<ScheduleByMonth><DaysOfMonth><Day>32</Day></DaysOfMonth></ScheduleByMonth>"),
        calendar("<ScheduleByMonth><DaysOfMonth><Day>last</Day></DaysOfMonth></ScheduleByMonth>"),
        calendar("<ScheduleByMonth><Months><Jan/></Months></ScheduleByMonth>"),
        calendar("<ScheduleByMonthDayOfWeek/>"),
        repetition("<Duration>PT1H</Duration>"),
        repetition("<Interval>PT30S</Interval>"),
        repetition("<Interval>P32D</Interval>"),
        repetition("<Interval>PT1H</Interval><Duration>PT30S</Duration>"),
        restart("PT10S", "3"),
        restart("PT1M", "0"),
        restart("PT1M", "256"),
        setting("<RestartOnFailure><Interval>PT1M</Interval></RestartOnFailure>"),
        setting("<Priority>11</Priority>"),
        setting("<Priority>high</Priority>"),
        setting("<MultipleInstancesPolicy>ignoreNew</MultipleInstancesPolicy>"),
        setting("<Hidden>True</Hidden>"),
        setting("<Hidden/>"),
        triggers("<EventTrigger><Enabled>true</Enabled></EventTrigger>"),
        event("", ""),
        event(QUERY, "<NumberOfOccurrences>0</NumberOfOccurrences>"),
        event(QUERY, "<NumberOfOccurrences>33</NumberOfOccurrences>"),
        event(QUERY, "<MatchingElement/>"),
        triggers("<SessionStateChangeTrigger/>"),
        triggers(
            "<SessionStateChangeTrigger><StateChange>Locked</StateChange></SessionStateChangeTrigger>",
        ),
        triggers("<LogonTrigger><UserId/></LogonTrigger>"),
        triggers("<BootTrigger id=\"a\"/><LogonTrigger id=\"a\"/>"),
        triggers("<BootTrigger id=\"Author\"/>"),
        triggers(&"<BootTrigger/>".repeat(49)),
        setting("<MaintenanceSettings><Period>x</Period></MaintenanceSettings>"),
        setting("<NetworkSettings><Id>x</Id></NetworkSettings>"),
        changed("<Exec>", "<ComHandler/><Exec>"),
        changed(
            "<Exec>",
            "<ComHandler><ClassId>x</ClassId></ComHandler><Exec>",
        ),
    ];
    let refused = refused.into_iter().map(|tree| (vec!["GW2236"], tree));
    let others = [
        (
            vec!["GW2217", "GW2236"],
            changed("<LogonType>S4U<", "<LogonType>ServiceAccount<"),
        ),
        (vec!["GW2231"], restart("10 minutes", "3")),
        (vec!["GW2234"], setting("<Enabled>0</Enabled>")),
        (vec!["GW2234"], event("hello", "")),
        (vec!["GW2234"], event("&lt;QueryList/&gt;", "")),
    ];
    let principal =
        "<Principal id=\"B\"><UserId>S-1-5-18</UserId><LogonType>S4U</LogonType></Principal>";
    let doubtful = [
        changed(
            "<Exec>",
            "<ShowMessage><Title>a</Title><Body>b</Body></ShowMessage><Exec>",
        ),
        changed(
            "<Exec>",
            "<SendEmail><Server>a</Server><To>b@c.d</To></SendEmail><Exec>",
        ),
        changed("</Principals>", &format!("{principal}</Principals>")),
        changed("<LogonType>", "<GroupId>S-1-5-32-545</GroupId><LogonType>"),
        changed("version=\"1.3\"", "version=\"2.9\""),
        repetition("<Interval>PT1H</Interval><Duration>PT10M</Duration>"),
    ];
    let never = [
        calendar("<ScheduleByWeek><DaysOfWeek/></ScheduleByWeek>"),
        calendar(
            "<ScheduleByMonth><DaysOfMonth><Day>31</Day></DaysOfMonth><Months><February/></Months></ScheduleByMonth>",
        ),
    ];
    let doubtful = doubtful.into_iter().map(|tree| (vec!["GW2328"], tree));
    let never = never.into_iter().map(|tree| (vec!["GW2234"], tree));
    let others = others.into_iter().chain(doubtful).chain(never);
    refused.chain(others).collect()
}

#[test]
fn what_the_schema_allows_is_left_alone() {
    for tree in [
        setting("<Enabled>1</Enabled><Hidden> false </Hidden><Priority>0</Priority>"),
        setting("<Priority>10</Priority><AllowHardTerminate>0</AllowHardTerminate>"),
        restart("PT1M", "255"),
        restart("P31D", "1"),
        repetition("<Interval>PT1M</Interval><StopAtDurationEnd>1</StopAtDurationEnd>"),
        calendar("<ScheduleByDay/>"),
        calendar("<ScheduleByDay><DaysInterval>365</DaysInterval></ScheduleByDay>"),
        calendar(
            "<ScheduleByWeek><WeeksInterval>52</WeeksInterval><DaysOfWeek><Thursday/></DaysOfWeek></ScheduleByWeek>",
        ),
        calendar(
            "<ScheduleByMonth><DaysOfMonth><Day>31</Day><Day>Last</Day></DaysOfMonth><Months><May/></Months></ScheduleByMonth>",
        ),
        calendar(
            "<ScheduleByMonthDayOfWeek><Weeks><Week>Last</Week></Weeks><DaysOfWeek><Monday/></DaysOfWeek></ScheduleByMonthDayOfWeek>",
        ),
        triggers("<BootTrigger id=\"a\"/><LogonTrigger><UserId>x</UserId></LogonTrigger>"),
        setting("<Hidden>%Quiet%</Hidden>"),
        setting(
            "<MaintenanceSettings><Period>P5D</Period><Deadline>P15D</Deadline></MaintenanceSettings>",
        ),
        setting(
            "<NetworkSettings><Name>a</Name><Id>{11111111-2222-3333-4444-555555555555}</Id></NetworkSettings>",
        ),
        changed(
            "<Exec>",
            "<ComHandler><ClassId>{11111111-2222-3333-4444-555555555555}</ClassId></ComHandler><Exec>",
        ),
        repetition("<Interval>PT10M</Interval><Duration>PT10M</Duration>"),
        event(
            QUERY,
            "<NumberOfOccurrences>32</NumberOfOccurrences><PeriodOfOccurrence>PT5M</PeriodOfOccurrence>",
        ),
        triggers(
            "<SessionStateChangeTrigger><StateChange>SessionLock</StateChange></SessionStateChangeTrigger>",
        ),
        triggers("<BootTrigger id=\"a\"/><LogonTrigger id=\"A\"/>"),
        triggers(&"<BootTrigger/>".repeat(48)),
    ] {
        assert_eq!(tree.codes(), BTreeSet::new());
    }
}

#[test]
fn a_task_that_is_only_deleted_is_not_held_to_the_schema() {
    let good = good_task("S-1-5-18", "a.exe", "").replace("action=\"U\"", "action=\"D\"");
    let tree = with_task(&good.replace("HighestAvailable", "Highest"));
    assert!(!tree.codes().contains("GW2236"));
}
