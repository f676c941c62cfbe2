//! What a person should know beyond the reason: seen, reported, never acted on.

use crate::facts::{Facts, RunningMode, ServiceState};
use crate::health::{self, Protection};
use crate::manifest::{Manifest, Mode};
use crate::step::Change;
use crate::version::Version;

use super::network;

/// First build whose sensor does not need service `DiagTrack`.
const BUILD_WITHOUT_DIAGTRACK: u32 = 17763;

pub(super) fn list(manifest: &Manifest, facts: &Facts) -> Vec<String> {
    let mut findings = Vec::new();
    let mut find = |found: bool, text: String| {
        if found {
            findings.push(text);
        }
    };
    find(
        facts.restart.file_renames.holds(),
        "files wait to be renamed at the next restart (reported only)".to_owned(),
    );
    antivirus(manifest, facts, &mut find);
    surroundings(manifest, facts, &mut find);
    leftovers(manifest, facts, &mut find);
    findings
}

fn antivirus(manifest: &Manifest, facts: &Facts, find: &mut impl FnMut(bool, String)) {
    if let Some(others) = facts
        .antivirus
        .others
        .value()
        .filter(|list| !list.is_empty())
    {
        find(true, format!("other antivirus: {}", others.join(", ")));
    }
    let protection = health::judge(manifest, facts).antivirus;
    find(
        manifest.mode != Mode::Offboard
            && protection.answer == Protection::OtherAlone
            && facts.sensor.onboarding_state.is(&1),
        "Defender Antivirus is off; the other product alone protects, as far as its enabled \
         service tells: a server has no Security Center to ask"
            .to_owned(),
    );
    find(
        facts.antivirus.disabled_policy.is(&1),
        "policy `DisableAntiSpyware` turns Defender Antivirus off; it is not overridden".to_owned(),
    );
    if let (Some(policy), Some(mode)) = (
        facts.antivirus.passive_policy.value(),
        facts.antivirus.mode.value(),
    ) {
        find(
            (*policy == 1) != (*mode == RunningMode::Passive) && *mode != RunningMode::Off,
            format!(
                "antivirus mode is {mode} while `ForceDefenderPassiveMode` is {policy}: it follows at a restart"
            ),
        );
    }
}

/// What stands around the sensor: services, other managers, the network.
fn surroundings(manifest: &Manifest, facts: &Facts, find: &mut impl FnMut(bool, String)) {
    let build = facts.os.version.value().copied().map_or(0, Version::build);
    find(
        build < BUILD_WITHOUT_DIAGTRACK
            && facts
                .prerequisites
                .diagtrack
                .value()
                .is_some_and(|service| service.state != ServiceState::Running),
        "service `DiagTrack` does not run; the sensor needs it before build 17763".to_owned(),
    );
    find(
        facts.managers.configmgr_client.holds(),
        "the Configuration Manager client is here; make sure that it does not onboard too"
            .to_owned(),
    );
    find(
        facts.network.hardened_netlogon.is(&false),
        "UNC hardening does not cover NETLOGON (mutual authentication and integrity)".to_owned(),
    );
    find(
        facts
            .sensor
            .connectivity
            .value()
            .is_some_and(|found| *found != manifest.tenant.connectivity),
        "the sensor uses another class of service URLs than the bundle".to_owned(),
    );
    // Before the onboarding it is the reason to wait.
    if manifest.mode == Mode::Onboard
        && facts.sensor.onboarding_state.is(&1)
        && let Some(why) = network::other_machine_proxy(manifest, facts)
    {
        find(true, why);
    }
}

/// What offboarding leaves behind.
fn leftovers(manifest: &Manifest, facts: &Facts, find: &mut impl FnMut(bool, String)) {
    find(
        manifest.mode == Mode::Offboard
            && Change::Offboarded.holds(facts)
            && !Change::SensorStopped.holds(facts),
        "offboarded, but service `Sense` still runs; it ends with the next restart".to_owned(),
    );
    if let Some(found) = facts
        .legacy
        .workspaces
        .value()
        .filter(|list| !list.is_empty())
    {
        find(
            manifest.mode == Mode::Offboard,
            format!("the monitoring agent reports to {}", found.join(", ")),
        );
    }
}
