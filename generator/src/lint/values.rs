//! Registry values that go wrong, and what else decides about Defender.

use std::collections::HashMap;

use gangway_contract::manifest::AntivirusMode;
use gangway_contract::registry::{
    ANTIVIRUS_OFF, ANTIVIRUS_POLICY, ANTIVIRUS_PROXY, AUTH_PROXY, DATA_COLLECTION, DEVICE_TAG,
    DEVICE_TAGGING, PASSIVE_MODE, SENSOR_POLICY, SENSOR_PROXY,
};

use super::exclusions;
use super::setting::{Setting, settings};
use super::switched_off;
use crate::gpo::codes;
use crate::gpo::found::{FoundFile, FoundGpo, FoundSide};
use crate::gpo::registry_pol::kind;
use crate::problem::{Code, Problem};

const POWERSHELL: &str = r"SOFTWARE\Policies\Microsoft\Windows\PowerShell";
const PROCESSING: &str = r"hklm\software\policies\microsoft\windows\group policy\";

pub(super) fn check(
    gpo: &FoundGpo,
    antivirus_mode: Option<AntivirusMode>,
    problems: &mut Vec<Problem>,
) {
    let settings = settings(gpo);
    for setting in &settings {
        switches(setting, antivirus_mode, problems);
        form(setting, problems);
        exclusions::look_at(setting, problems);
    }
    switched_off::check(gpo, &settings, problems);
    within(gpo, &settings, problems);
    for (_, side) in gpo.sides() {
        service_logon(side, problems);
        let software = crate::gpo::extensions::SOFTWARE_INSTALLATION;
        if side.extensions.contains(&software) {
            problems.push(Problem::new(
                &codes::SOFTWARE_INSTALLATION,
                &gpo.place,
                "the GPO installs software, which is not looked into",
                "look at it in GPMC",
            ));
        }
    }
}

/// A code, what is wrong, and what to do next.
type Found = (&'static Code, String, &'static str);

/// Values that keep something from working.
fn switches(setting: &Setting, antivirus_mode: Option<AntivirusMode>, problems: &mut Vec<Problem>) {
    let found = [
        antivirus_off(setting),
        scripts_off(setting),
        execution_policy(setting),
        background_off(setting),
        passive_with_auto(setting, antivirus_mode),
        blob_for_everybody(setting),
    ];
    problems.extend(found.into_iter().flatten().map(|(code, message, next)| {
        let problem = Problem::new(code, &setting.path, message, next);
        problem.with_evidence(format!(r"{}\{}", setting.key, setting.shown))
    }));
}

fn is_on(setting: &Setting) -> bool {
    setting.number == Some(1)
}

fn antivirus_off(setting: &Setting) -> Option<Found> {
    let mut names = ANTIVIRUS_OFF.iter();
    let is_off = is_on(setting) && names.any(|name| setting.is(ANTIVIRUS_POLICY, name));
    is_off.then(|| {
        (
            &codes::ANTISPYWARE_OFF,
            format!("`{}` is 1", setting.shown),
            "remove the value; set passive mode if another antivirus runs",
        )
    })
}

fn scripts_off(setting: &Setting) -> Option<Found> {
    (setting.is(POWERSHELL, "EnableScripts") && setting.number == Some(0)).then(|| {
        (
            &codes::EXECUTION_POLICY,
            "PowerShell scripts are switched off by policy".to_owned(),
            "install the agent by msiexec (`agent_route = \"auto\"`)",
        )
    })
}

fn execution_policy(setting: &Setting) -> Option<Found> {
    let policy = setting.text.as_deref().unwrap_or_default();
    let refuses = ["allsigned", "restricted"].contains(&policy.to_lowercase().as_str());
    (refuses && setting.is(POWERSHELL, "ExecutionPolicy")).then(|| {
        (
            &codes::EXECUTION_POLICY,
            format!("the execution policy is `{policy}`"),
            "install the agent by msiexec, or trust Microsoft's publisher certificate",
        )
    })
}

/// Preferences that are not applied again while a server runs.
fn background_off(setting: &Setting) -> Option<Found> {
    let cse = setting.key.strip_prefix(PROCESSING)?;
    let names = ["nobackgroundpolicy", "nogpolistchanges"];
    if !is_on(setting) || !names.contains(&setting.name.as_str()) {
        return None;
    }
    let mut known = crate::gpo::extensions::KNOWN.iter();
    let extension = known.find(|extension| {
        extension.preference && extension.cse.to_string().eq_ignore_ascii_case(cse)
    })?;
    Some((
        &codes::BACKGROUND_OFF,
        format!("`{}` is 1 for {}", setting.shown, extension.name),
        "set it to 0 for servers in scope",
    ))
}

fn passive_with_auto(setting: &Setting, mode: Option<AntivirusMode>) -> Option<Found> {
    let is_passive = setting.is(SENSOR_POLICY, PASSIVE_MODE);
    (is_passive && mode == Some(AntivirusMode::Auto)).then(|| {
        (
            &codes::PASSIVE_WITH_AUTO,
            "the value is set by policy while the bootstrap decides it".to_owned(),
            "remove the value, or set `antivirus_mode` to `always_passive` or `never_passive`",
        )
    })
}

fn blob_for_everybody(setting: &Setting) -> Option<Found> {
    let has_text = setting.text.as_deref().is_some_and(|text| !text.is_empty());
    (has_text && setting.onboards().is_some()).then(|| {
        (
            &codes::BLOB_IN_POLICY,
            format!(
                "`{}` holds a blob that everybody in the domain can read",
                setting.shown
            ),
            "remove it and deploy the package from a share that only computers can read",
        )
    })
}

/// Types and forms that the sensor and the antivirus need.
fn form(setting: &Setting, problems: &mut Vec<Problem>) {
    let dwords = [
        (SENSOR_POLICY, PASSIVE_MODE),
        (SENSOR_POLICY, "AllowSampleCollection"),
        (SENSOR_POLICY, "PreferStaticProxyForHttpRequest"),
        (DATA_COLLECTION, AUTH_PROXY),
        (ANTIVIRUS_POLICY, ANTIVIRUS_OFF[0]),
        (ANTIVIRUS_POLICY, ANTIVIRUS_OFF[1]),
    ];
    let text = setting.text.as_deref();
    let why = if dwords.iter().any(|(key, name)| setting.is(key, name)) {
        match setting.number {
            Some(0 | 1) if setting.kind == Some(kind::DWORD) => return,
            _ => "it must be a DWORD of 0 or 1",
        }
    } else if setting.is(DATA_COLLECTION, SENSOR_PROXY) {
        match text {
            Some(text) if is_host_and_port(text) => return,
            _ => "it must be a text `host:port` without scheme and blanks",
        }
    } else if setting.is(ANTIVIRUS_POLICY, ANTIVIRUS_PROXY) {
        match text {
            Some(text) if has_web_scheme(text) => return,
            _ => "it must be a URL with its scheme",
        }
    } else if setting.is(DEVICE_TAGGING, DEVICE_TAG) {
        match text {
            Some(text) if text.encode_utf16().count() <= 200 => return,
            _ => "it must be a text of at most 200 characters",
        }
    } else {
        return;
    };
    problems.push(
        Problem::new(
            &codes::VALUE_FORM,
            &setting.path,
            format!("`{}` is ignored: {why}", setting.shown),
            "correct the value",
        )
        .with_evidence(format!(r"{}\{}", setting.key, setting.shown)),
    );
}

fn is_host_and_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        let is_port = port.parse::<u16>().is_ok_and(|port| port != 0);
        let is_host = !host.is_empty() && !host.contains(['/', ' ', ';']);
        is_port && is_host
    })
}

/// A scheme is written in capitals or small letters (RFC 3986, 3.1).
fn has_web_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        ["http", "https"]
            .iter()
            .any(|web| scheme.eq_ignore_ascii_case(web))
    })
}

/// Two writers and mixed purposes inside one GPO.
fn within(gpo: &FoundGpo, settings: &[Setting], problems: &mut Vec<Problem>) {
    // The file that set a value first; a policy holds as many as somebody likes.
    let mut first: HashMap<(&str, &str), &Setting> = HashMap::new();
    for setting in settings {
        let other = *first.entry(setting.place()).or_insert(setting);
        if other.path != setting.path {
            problems.push(
                Problem::new(
                    &codes::TWO_WRITERS,
                    &gpo.place,
                    format!("`{}` is set by policy and by preference", setting.shown),
                    "leave one of them",
                )
                .with_evidence(setting.key.clone())
                .with_evidence(format!("`{}` and `{}`", other.path, setting.path)),
            );
        }
    }
    let tasks = gpo
        .machine
        .tasks
        .as_ref()
        .is_some_and(|file| !file.content.applied_items().is_empty());
    if let Some(setting) = settings
        .iter()
        .find(|setting| setting.is_defender())
        .filter(|_| tasks)
    {
        problems.push(
            Problem::new(
                &codes::SETTINGS_WITH_TASK,
                &gpo.place,
                "the GPO holds a task and Defender's settings",
                "keep them in two GPOs",
            )
            .with_evidence(format!(r"{}\{}", setting.key, setting.shown)),
        );
    }
}

/// All services, as a right names them: by SID, or by name as MS-GPSB 2.2.6 allows.
const ALL_SERVICES: [&str; 2] = ["*S-1-5-80-0", r"NT SERVICE\ALL SERVICES"];

/// `SeServiceLogonRight` without `S-1-5-80-0`.
fn service_logon(side: &FoundSide, problems: &mut Vec<Problem>) {
    let Some(FoundFile { path, content }) = &side.security_template else {
        return;
    };
    let line = content.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        let wanted = name.trim().eq_ignore_ascii_case("SeServiceLogonRight");
        wanted.then(|| value.trim().to_owned())
    });
    if let Some(accounts) = line
        && !accounts.split(',').any(|account| {
            let account = account.trim().trim_matches('"');
            let mut names = ALL_SERVICES.iter();
            names.any(|name| name.eq_ignore_ascii_case(account))
        })
    {
        problems.push(
            Problem::new(
                &codes::SERVICE_LOGON,
                path,
                "`Log on as a service` leaves out all services",
                "add `*S-1-5-80-0`",
            )
            .with_evidence(format!("SeServiceLogonRight = {accounts}")),
        );
    }
}
