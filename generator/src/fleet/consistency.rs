//! What a report says of itself that cannot be so.
//!
//! Each rule has its source in the one place that writes reports: the bootstrap's `host_report`
//! and `precheck`, and the tables of `contract` that they take their words from. Words that only a
//! newer bootstrap knows speak against nothing.

use gangway_contract::health::{Content, Enrolment, Protection, Sensor};
use gangway_contract::manifest::Mode;
use gangway_contract::{ExitCode, Reason, State, UtcTime, report};

use super::host_report::{Answer, HealthAnswers, HostReport};
use crate::bundle::mode_name;

/// Seconds that a report may lie ahead: clocks of a domain may differ by five minutes (the
/// default of Kerberos, RFC 4120, 7.5.3), on either side of the one that counts.
const CLOCK_TOLERANCE_S: i64 = 600;

/// The oldest shape that tells of health.
const HEALTH_SINCE_SCHEMA: u32 = 2;

/// What speaks against a report in a file of this name, when something does.
pub(super) fn against(file: &str, report: &HostReport, now: UtcTime) -> Option<String> {
    let in_any_shape = against_newer(file, &report.fqdn, report.finished_at, now);
    let in_any_shape = in_any_shape.or_else(|| code(report));
    if report.is_newer() {
        return in_any_shape;
    }
    in_any_shape
        .or_else(|| state(report))
        .or_else(|| exit_code(report))
        .or_else(|| blockers(report))
        .or_else(|| health(report))
        .or_else(|| facts(report))
}

/// The same of a report of a newer shape, whose other words may mean something else.
pub(super) fn against_newer(
    file: &str,
    fqdn: &str,
    finished_at: UtcTime,
    now: UtcTime,
) -> Option<String> {
    name(file, fqdn, finished_at).or_else(|| future(finished_at, now))
}

fn name(file: &str, fqdn: &str, finished_at: UtcTime) -> Option<String> {
    let Some((host, time)) = report::parse_file_name(file) else {
        return Some("its name is not `HOST.TIME.RANDOM.json`, as a bootstrap gives it".to_owned());
    };
    if fqdn.is_empty() {
        return Some("it names no server".to_owned());
    }
    let inside = report::host_in_file_name(fqdn);
    if !host.eq_ignore_ascii_case(&inside) {
        return Some(format!("its name says `{host}`, its content `{inside}`"));
    }
    (!time.eq_ignore_ascii_case(&finished_at.compact()))
        .then(|| format!("its name says `{time}`, its content `{finished_at}`"))
}

/// Codes are lower-case words with hyphens; free text in their place would be read as one.
fn code(report: &HostReport) -> Option<String> {
    let is_code = |text: &str| {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        text.starts_with(|first: char| first.is_ascii_lowercase()) && text.bytes().all(is_part)
    };
    let blockers = report.blockers.kept.iter().map(|one| &*one.reason);
    let answers = report.health.iter().flat_map(HealthAnswers::answers);
    let answers = answers.map(|answer| answer.answer.as_str());
    core::iter::once(report.reason.as_str())
        .chain(blockers)
        .chain(answers)
        .find(|word| !is_code(word))
        .map(|word| format!("`{word}` is no code of a reason or of an answer"))
}

fn state(report: &HostReport) -> Option<String> {
    let fits_mode = match report.state {
        State::Onboarded | State::OnboardedPendingReboot | State::OnboardedUnhealthy => {
            report.mode == Mode::Onboard
        }
        State::Offboarded => report.mode == Mode::Offboard,
        _ => true,
    };
    if !fits_mode {
        let (mode, state) = (mode_name(report.mode), report.state);
        return Some(format!("no run of mode `{mode}` ends as `{state}`"));
    }
    // An assessment has the reason of the run that it stands for.
    let fits_reason = report.state == State::Assessed
        || Reason::from_code(&report.reason).is_none_or(|reason| reason.state() == report.state);
    (!fits_reason).then(|| {
        let (state, reason) = (report.state, &report.reason);
        format!("no run ends as `{state}` by reason of `{reason}`")
    })
}

fn exit_code(report: &HostReport) -> Option<String> {
    let code = match Reason::from_code(&report.reason) {
        Some(reason) => ExitCode::of(report.state, reason),
        // An assessment has the code of a reason that is not known here.
        None if report.state == State::Assessed => return None,
        None => ExitCode::from(report.state),
    };
    let code = code.number();
    (report.exit_code != code).then(|| {
        let (state, wrong) = (report.state, report.exit_code);
        format!("a run that ends as `{state}` has exit code {code}, and it says {wrong}")
    })
}

fn blockers(report: &HostReport) -> Option<String> {
    let kept = &report.blockers.kept;
    if report.mode != Mode::Precheck && !kept.is_empty() {
        return Some("only a precheck names what stands in the way".to_owned());
    }
    let known = |reason: &str| Reason::from_code(reason);
    let held = kept
        .iter()
        .find(|one| known(&one.reason).is_some_and(Reason::stands_in_the_way));
    let is_ready = known(&report.reason) == Some(Reason::Ready);
    held.filter(|_| is_ready)
        .map(|one| format!("it is `ready`, and names `{}` in its way", one.reason))
}

/// The facts that the state rests on first of all.
fn facts(report: &HostReport) -> Option<String> {
    let facts = &report.facts_after;
    if let Some(url) = report.refuted_reach() {
        return Some(format!(
            "it says `service-reachable`, and that `{url}` does not answer as it should"
        ));
    }
    let other = Enrolment::OtherTenant.as_str();
    let is_other = report
        .health
        .as_ref()
        .is_some_and(|health| health.onboarding.answer == other);
    let settled = matches!(
        Reason::from_code(&report.reason),
        Some(Reason::Ready | Reason::Converged)
    );
    if is_other && settled {
        let reason = &report.reason;
        return Some(format!("it is `{reason}`, and onboarded to another tenant"));
    }
    let name = facts.host.fqdn.as_deref();
    if let Some(name) = name.filter(|name| !name.eq_ignore_ascii_case(&report.fqdn)) {
        return Some(format!(
            "it is of `{}`, and its facts of `{name}`",
            report.fqdn
        ));
    }
    let onboarded = matches!(
        report.state,
        State::Onboarded | State::OnboardedPendingReboot
    );
    let found = facts.sensor.onboarding_state.filter(|state| *state != 1);
    found.filter(|_| onboarded).map(|found| {
        format!(
            "it says `{}`, and its fact `sensor.onboarding_state` {found}",
            report.state
        )
    })
}

fn health(report: &HostReport) -> Option<String> {
    let health = report.health.as_ref()?;
    if report.schema < HEALTH_SINCE_SCHEMA {
        let schema = report.schema;
        return Some(format!("reports of schema {schema} tell nothing of health"));
    }
    let HealthAnswers {
        onboarding,
        sensor,
        antivirus,
        content,
    } = health;
    let told = [
        (onboarding, good(onboarding, Enrolment::is_good)),
        (sensor, good(sensor, Sensor::is_good)),
        (antivirus, good(antivirus, Protection::is_good)),
        (content, good(content, Content::is_good)),
    ];
    let wrong = told
        .into_iter()
        .find(|(answer, known)| known.is_some_and(|known| known != answer.good));
    wrong.map(|(answer, _)| {
        let called = if answer.good { "good" } else { "not good" };
        format!("it calls the answer `{}` {called}", answer.answer)
    })
}

/// Whether a known answer is good; none for one that only a newer bootstrap knows.
fn good<T: core::str::FromStr>(answer: &Answer, is_good: fn(T) -> bool) -> Option<bool> {
    answer.answer.parse().ok().map(is_good)
}

fn future(finished_at: UtcTime, now: UtcTime) -> Option<String> {
    (finished_at.since(now) > CLOCK_TOLERANCE_S)
        .then(|| format!("it is of {finished_at}, which lies in the future"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What a bootstrap writes of a server that is onboarded and protected.
    fn good_report() -> Value {
        json!({
            "schema": 2, "bundle_id": "0".repeat(32), "sequence": 1, "mode": "onboard",
            "fqdn": "srv1.contoso.com", "finished_at": "2026-01-02T03:04:05Z",
            "state": "onboarded", "reason": "converged", "detail": "", "next_action": "nothing",
            "exit_code": 0,
            "health": {
                "onboarding": {"answer": "onboarded", "good": true},
                "sensor": {"answer": "alive", "good": true},
                "antivirus": {"answer": "active", "good": true},
                "content": {"answer": "fresh", "good": true},
            },
            "facts_after": {"sensor": {"org_id": "absent"}},
        })
    }

    fn said_of(changed: &[(&str, Value)]) -> Option<String> {
        let mut report = good_report();
        for (pointer, value) in changed {
            match report.pointer_mut(pointer) {
                Some(place) => *place = value.clone(),
                None => {
                    let (above, name) = pointer.rsplit_once('/').unwrap();
                    report.pointer_mut(above).unwrap()[name] = value.clone();
                }
            }
        }
        let report: HostReport = serde_json::from_value(report).unwrap();
        let now = "2026-01-02T04:00:00Z".parse().unwrap();
        let host = report::host_in_file_name(&report.fqdn);
        let file = format!("{host}.20260102T030405Z.0000000a.json");
        against(&file, &report, now)
    }

    #[test]
    fn what_a_bootstrap_writes_stands() {
        let blocker = json!([{"reason": "other-tenant", "detail": "", "next_action": ""}]);
        for changed in [
            vec![],
            // Words of a newer bootstrap.
            vec![("/reason", json!("converged-twice"))],
            vec![("/health/sensor/answer", json!("alive-and-well"))],
            // A look, with the reason of the run that it stands for.
            vec![
                ("/mode", json!("precheck")),
                ("/state", json!("assessed")),
                ("/reason", json!("other-tenant")),
                ("/exit_code", json!(52)),
                ("/blockers", blocker),
            ],
            // An older bootstrap.
            vec![("/schema", json!(1)), ("/health", Value::Null)],
            // A newer one, in whose shape these words may mean something else.
            vec![
                ("/schema", json!(3)),
                ("/mode", json!("precheck")),
                ("/exit_code", json!(99)),
                ("/health/content/good", json!(false)),
            ],
        ] {
            assert_eq!(said_of(&changed), None, "{changed:?}");
        }
    }

    #[test]
    fn what_contradicts_itself_does_not_count() {
        let blocker = json!([{"reason": "other-tenant", "detail": "", "next_action": ""}]);
        for (changed, why) in [
            (vec![("/fqdn", json!(""))], "it names no server"),
            (
                vec![("/schema", json!(3)), ("/fqdn", json!(""))],
                "it names no server",
            ),
            (
                vec![("/schema", json!(3)), ("/reason", json!("All is well"))],
                "`All is well` is no code of a reason or of an answer",
            ),
            (
                vec![("/reason", json!("converged: all 12 servers"))],
                "`converged: all 12 servers` is no code of a reason or of an answer",
            ),
            (
                vec![("/health/content/answer", json!(""))],
                "`` is no code of a reason or of an answer",
            ),
            (
                vec![
                    ("/reason", json!("of-a-later-version")),
                    ("/exit_code", json!(10)),
                ],
                "a run that ends as `onboarded` has exit code 0, and it says 10",
            ),
            (
                vec![("/mode", json!("precheck"))],
                "no run of mode `precheck` ends as `onboarded`",
            ),
            (
                vec![("/reason", json!("other-tenant"))],
                "no run ends as `onboarded` by reason of `other-tenant`",
            ),
            (
                vec![("/exit_code", json!(53))],
                "a run that ends as `onboarded` has exit code 0, and it says 53",
            ),
            (
                vec![("/blockers", blocker)],
                "only a precheck names what stands in the way",
            ),
            (
                vec![("/schema", json!(1))],
                "reports of schema 1 tell nothing of health",
            ),
            (
                vec![("/health/antivirus/answer", json!("removed"))],
                "it calls the answer `removed` good",
            ),
            (
                vec![("/health/antivirus/good", json!(false))],
                "it calls the answer `active` not good",
            ),
            (
                vec![(
                    "/facts_after/host",
                    json!({"fqdn": {"value": "srv2.contoso.com"}}),
                )],
                "it is of `srv1.contoso.com`, and its facts of `srv2.contoso.com`",
            ),
            (
                vec![("/facts_after/sensor/onboarding_state", json!({"value": 0}))],
                "it says `onboarded`, and its fact `sensor.onboarding_state` 0",
            ),
            (
                vec![
                    ("/mode", json!("precheck")),
                    ("/state", json!("assessed")),
                    ("/reason", json!("ready")),
                    (
                        "/blockers",
                        json!([{"reason": "disk-full", "detail": "", "next_action": ""}]),
                    ),
                ],
                "it is `ready`, and names `disk-full` in its way",
            ),
        ] {
            assert_eq!(said_of(&changed).as_deref(), Some(why), "{changed:?}");
        }
    }
}
