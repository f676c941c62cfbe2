//! What makes an installed sensor onboarded: all there is to do where Windows brings it along.

use crate::facts::{Facts, StartType};
use crate::manifest::{Manifest, Role, Vdi};
use crate::plan::{Stop, steps};
use crate::reason::Reason;
use crate::step::{Change, Step, VDI_TAG};

pub(super) fn in_box(
    manifest: &Manifest,
    facts: &Facts,
    mode: Vec<Step>,
) -> Result<Vec<Step>, Stop> {
    if facts.sensor.service.is_absent() {
        return Err(Stop::new(
            Reason::SensorDisabled,
            "service `Sense`, part of this Windows, does not exist",
        ));
    }
    let mut list = mode;
    list.extend(sensor_steps(manifest, facts)?);
    Ok(list)
}

pub(super) fn vdi_tag_missing(manifest: &Manifest, facts: &Facts) -> bool {
    manifest.settings.vdi != Vdi::None
        && facts
            .sensor
            .vdi_tag
            .value()
            .is_none_or(|tag| tag != VDI_TAG)
}

/// Tag, then whatever makes an installed sensor onboarded.
pub(super) fn sensor_steps(manifest: &Manifest, facts: &Facts) -> Result<Vec<Step>, Stop> {
    let mut list = Vec::new();
    if vdi_tag_missing(manifest, facts) {
        list.push(steps::write_vdi_tag(
            "the bundle is for non-persistent desktops".to_owned(),
        ));
    }
    let goal = steps::onboarded(manifest);
    if goal.holds(facts) {
        return Ok(list);
    }
    let mut with_running = facts.clone();
    Change::SensorRuns.apply(&mut with_running);
    let stopped_only = facts
        .sensor
        .service
        .value()
        .is_some_and(|service| service.start == StartType::Automatic);
    if stopped_only && goal.holds(&with_running) {
        list.push(steps::start_sensor(
            "onboarded, but `Sense` does not run".to_owned(),
            vec![goal],
        ));
    } else {
        let payload = steps::staged(manifest, Role::OnboardingScript)?;
        let why = match facts.sensor.onboarding_state.value() {
            Some(1) => "onboarded with another start type or class of service URLs",
            _ => "not onboarded",
        };
        list.push(steps::run_onboarding_script(
            manifest,
            payload,
            why.to_owned(),
        ));
    }
    Ok(list)
}
