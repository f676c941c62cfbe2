//! Who protects the server from malware?
//!
//! A server has no Security Center that knows every product. "Another antivirus" is a product
//! of the list of known services, or one that the bundle's config names, whose service is
//! enabled; what a product left behind protects nobody.

use crate::fact::Fact;
use crate::facts::{Facts, ReportedMode, RunningMode, ServiceState, StartType};
use crate::manifest::{AntivirusMode, Manifest};
use crate::registry::ANTIVIRUS_OFF;

use super::{Judged, Protection};

pub(super) fn judge(manifest: &Manifest, facts: &Facts) -> Judged<Protection> {
    let antivirus = &facts.antivirus;
    let unknown =
        |name: &str, why: &str| Judged::new(Protection::Unknown, format!("`{name}`: {why}"));
    let others = match &antivirus.others {
        Fact::Value(others) => others.as_slice(),
        Fact::Absent => &[],
        Fact::Unreadable { why } => return unknown("antivirus.others", why),
    };
    if let Fact::Unreadable { why } = &antivirus.passive_policy {
        return unknown("antivirus.passive_policy", why);
    }
    let mode = match mode(facts) {
        Ok(mode) => mode,
        Err((name, why)) => return unknown(name, &why),
    };
    let answer = match mode {
        RunningMode::Off => off(manifest, facts, !others.is_empty()),
        RunningMode::Passive => passive(manifest, facts, !others.is_empty()),
        RunningMode::Active => active(manifest, facts, !others.is_empty()),
    };
    Judged::new(answer, evidence(facts, mode, others))
}

/// The mode it runs in: as the product itself says, where it was asked, else as the registry
/// says.
fn mode(facts: &Facts) -> Result<RunningMode, (&'static str, String)> {
    let antivirus = &facts.antivirus;
    match &antivirus.service {
        Fact::Value(service) if service.state == ServiceState::Running => {}
        Fact::Value(_) | Fact::Absent => return Ok(RunningMode::Off),
        Fact::Unreadable { why } => return Err(("antivirus.service", why.clone())),
    }
    let registry = match &antivirus.mode {
        Fact::Value(mode) => Ok(*mode),
        Fact::Absent => Err(("antivirus.mode", "not found".to_owned())),
        Fact::Unreadable { why } => Err(("antivirus.mode", why.clone())),
    };
    let mode = match antivirus.reported_mode.value() {
        Some(ReportedMode::Normal) => RunningMode::Active,
        Some(ReportedMode::Passive | ReportedMode::EdrBlock | ReportedMode::SideBySide) => {
            RunningMode::Passive
        }
        Some(ReportedMode::NotRunning) => RunningMode::Off,
        None => registry?,
    };
    let no_real_time = antivirus.real_time.is(&false) || real_time_policy(facts);
    if mode == RunningMode::Active && no_real_time {
        return Ok(RunningMode::Off);
    }
    Ok(mode)
}

/// Does a policy turn real-time protection off? Tamper protection passes over it.
fn real_time_policy(facts: &Facts) -> bool {
    let antivirus = &facts.antivirus;
    antivirus.real_time_policy.is(&1)
        && !antivirus.tamper_protection.holds()
        && !antivirus.real_time.is(&true)
}

fn off(manifest: &Manifest, facts: &Facts, beside: bool) -> Protection {
    let antivirus = &facts.antivirus;
    if beside && manifest.settings.antivirus_mode == AntivirusMode::Auto {
        return Protection::OtherAlone;
    }
    if policies(facts).next().is_some() {
        return Protection::OffByPolicy;
    }
    match antivirus.service.value() {
        None => Protection::Removed,
        Some(service) if service.start == StartType::Disabled => Protection::Disabled,
        Some(_) => Protection::Off,
    }
}

fn passive(manifest: &Manifest, facts: &Facts, beside: bool) -> Protection {
    let asked_for = facts.antivirus.passive_policy.is(&1);
    let never = manifest.settings.antivirus_mode == AntivirusMode::NeverPassive;
    match (beside, asked_for) {
        (true, _) if !never => Protection::PassiveBesideOther,
        (false, true) if !never => Protection::PassiveAlone,
        (true | false, true | false) => Protection::StuckPassive,
    }
}

fn active(manifest: &Manifest, facts: &Facts, beside: bool) -> Protection {
    let asked_for = facts.antivirus.passive_policy.is(&1);
    let never = manifest.settings.antivirus_mode == AntivirusMode::NeverPassive;
    match (beside, asked_for) {
        (true, true) if !never => Protection::ModeWaits,
        (true, _) => Protection::Two,
        // At the next restart nobody would be left.
        (false, true) if !never => Protection::PassiveAlone,
        (false, _) => Protection::Active,
    }
}

/// Policies that turn it off.
fn policies(facts: &Facts) -> impl Iterator<Item = &'static str> {
    let antivirus = &facts.antivirus;
    [
        (antivirus.disabled_policy.is(&1), ANTIVIRUS_OFF[0]),
        (antivirus.antivirus_policy.is(&1), ANTIVIRUS_OFF[1]),
        (real_time_policy(facts), "DisableRealtimeMonitoring"),
    ]
    .into_iter()
    .filter_map(|(set, name)| set.then_some(name))
}

fn evidence(facts: &Facts, mode: RunningMode, others: &[String]) -> String {
    let antivirus = &facts.antivirus;
    let mut parts = Vec::new();
    match antivirus.service.value() {
        None => parts.push("service `WinDefend` does not exist".to_owned()),
        Some(service) if service.state != ServiceState::Running => {
            parts.push(format!(
                "service `WinDefend` is {} ({})",
                service.state, service.start
            ));
        }
        Some(_) => {
            let source = if antivirus.reported_mode.value().is_some() {
                "says the product"
            } else {
                "says the registry"
            };
            parts.push(format!("Defender Antivirus is {mode}, {source}"));
        }
    }
    if antivirus.real_time.is(&false) {
        parts.push("real-time protection is off".to_owned());
    }
    parts.extend(policies(facts).map(|name| format!("policy `{name}` is 1")));
    if let Some(value) = antivirus.passive_policy.value() {
        parts.push(format!("`ForceDefenderPassiveMode` is {value}"));
    }
    if let Some(result) = antivirus.mode_event.value().filter(|result| **result != 0) {
        parts.push(format!(
            "the sensor could not set the mode (event 84, result {result:#x})"
        ));
    }
    parts.push(match others {
        [] => "no other product is known by its service".to_owned(),
        others => format!("{} has an enabled service", others.join(", ")),
    });
    parts.join(", ")
}
