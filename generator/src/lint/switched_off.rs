//! Policies that keep Defender Antivirus, the sensor or the Task Scheduler from running.
//!
//! Sources: `CreateService` (what is disabled cannot be started), "Security guidelines for disabling system
//! services in Windows Server" (without the Task Scheduler no task runs), "Troubleshoot Microsoft Defender for
//! Endpoint onboarding issues" (another startup of the antivirus' services is not supported); MS-GPSB 2.2.8 and
//! MS-GPPREF 2.2.1.19 for the forms.

use super::setting::Setting;
use crate::gpo::codes;
use crate::gpo::found::{FoundFile, FoundGpo, FoundSide};
use crate::gpo::xml::Element;
use crate::problem::{Code, Problem};

const REAL_TIME: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender\Real-Time Protection";
const REAL_TIME_OFF: &str = "DisableRealtimeMonitoring";
const SERVICES: &str = r"system\currentcontrolset\services\";
/// `SERVICE_DISABLED` of `Start`, and the mode of a security template.
const DISABLED: &str = "4";
const SENSOR: &str = "Sense";
const SCHEDULER: &str = "Schedule";
/// Services and drivers of the antivirus, in the order of Microsoft's list.
const OF_ANTIVIRUS: [&str; 5] = ["WdBoot", "WdFilter", "WdNisDrv", "WdNisSvc", "WinDefend"];

pub(super) fn check(gpo: &FoundGpo, settings: &[Setting], problems: &mut Vec<Problem>) {
    for setting in settings {
        let found = real_time(setting).or_else(|| start(setting));
        problems.extend(found.map(|found| {
            let place = format!(r"{}\{}", setting.key, setting.shown);
            found.problem(&setting.path).with_evidence(place)
        }));
    }
    for (name, side) in gpo.sides() {
        of_template(side, problems);
        // Services are of the computer; there are none on the user's side.
        if name == "computer" {
            of_preferences(side, problems);
        }
    }
}

/// What is off, and what to do about it.
struct Off {
    code: &'static Code,
    message: String,
    next: &'static str,
}

impl Off {
    fn problem(self, path: &str) -> Problem {
        Problem::new(self.code, path, self.message, self.next)
    }
}

fn real_time(setting: &Setting) -> Option<Off> {
    let is_off = setting.number == Some(1) && setting.is(REAL_TIME, REAL_TIME_OFF);
    is_off.then(|| Off {
        code: &codes::ANTIVIRUS_SILENCED,
        message: format!("`{}` is 1: real-time protection is off", setting.shown),
        next: "remove the value; set passive mode if another antivirus runs",
    })
}

fn start(setting: &Setting) -> Option<Off> {
    let name = setting.below_machine().strip_prefix(SERVICES)?;
    let is_off = setting.name == "start" && setting.number == Some(4);
    is_off.then(|| service(name, "disabled")).flatten()
}

/// What it means that a service is `disabled` or `stopped`, if anything.
fn service(name: &str, how: &str) -> Option<Off> {
    let known = |known: &&str| known.eq_ignore_ascii_case(name);
    if known(&SENSOR) {
        return Some(Off {
            code: &codes::SERVICE_OFF,
            message: format!("the sensor's service `{SENSOR}` is {how}: no server stays onboarded"),
            next: "remove the setting; offboard servers that are not to be watched",
        });
    }
    if known(&SCHEDULER) {
        return Some(Off {
            code: &codes::SERVICE_OFF,
            message: format!(
                "the Task Scheduler `{SCHEDULER}` is {how}: no scheduled task ever starts"
            ),
            next: "remove the setting",
        });
    }
    let name = OF_ANTIVIRUS.iter().find(|one| known(one))?;
    Some(Off {
        code: &codes::ANTIVIRUS_SILENCED,
        message: format!("`{name}` of Defender Antivirus is {how}"),
        next: "remove the setting; set passive mode if another antivirus runs",
    })
}

/// `[Service General Setting]`: a line is `"Name",Mode,"Descriptor"`.
fn of_template(side: &FoundSide, problems: &mut Vec<Problem>) {
    let Some(FoundFile { path, content }) = &side.security_template else {
        return;
    };
    let mut is_in_section = false;
    for line in content.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix('[') {
            let name = heading.split(']').next().unwrap_or_default().trim();
            is_in_section = name.eq_ignore_ascii_case("Service General Setting");
            continue;
        }
        let mut fields = line.split(',').map(|field| field.trim().trim_matches('"'));
        let (name, mode) = (fields.next(), fields.next());
        if is_in_section
            && mode == Some(DISABLED)
            && let Some(found) = name.and_then(|name| service(name, "disabled"))
        {
            problems.push(found.problem(path).with_evidence(line.to_owned()));
        }
    }
}

/// `Services.xml`: what is switched off, by itself or by what is around it, is not applied.
fn of_preferences(side: &FoundSide, problems: &mut Vec<Problem>) {
    let files = side.other_preferences.iter();
    for FoundFile { path, content } in files.filter(|file| file.content.name == "NTServices") {
        let mut todo = vec![(content, false)];
        while let Some((element, is_filtered)) = todo.pop() {
            if element.get("disabled") == Some("1") {
                continue;
            }
            let filters = element.find("Filters");
            let is_filtered =
                is_filtered || filters.is_some_and(|filters| filters.elements().next().is_some());
            if element.name == "NTService" {
                problems.extend(of_item(path, element, is_filtered));
            } else {
                let inner: Vec<_> = element.elements().map(|one| (one, is_filtered)).collect();
                todo.extend(inner.into_iter().rev());
            }
        }
    }
}

fn of_item(path: &str, item: &Element, is_filtered: bool) -> Option<Problem> {
    let properties = item.find("Properties")?;
    let is = |name: &str, value: &str| properties.get(name) == Some(value);
    let how = if is("startupType", "DISABLED") {
        "disabled"
    } else if is("serviceAction", "STOP") {
        "stopped"
    } else {
        return None;
    };
    let mut found = service(properties.get("serviceName")?, how)?;
    if is_filtered && found.code == &codes::SERVICE_OFF {
        found.code = &codes::SERVICE_OFF_SOMEWHERE;
        found.message = format!("{}, where its filters hold", found.message);
    }
    let name = item.get("name").unwrap_or_default();
    Some(found.problem(path).with_evidence(format!("item `{name}`")))
}
