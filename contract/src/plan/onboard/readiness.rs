//! Conditions under which a server is left as it is.

use crate::fact::Fact;
use crate::facts::{Facts, Service, ServiceState, StartType};
use crate::manifest::{ApplyMethod, Manifest, Mode};
use crate::plan::network;
use crate::plan::obstacles::{Obstacles, Stop};
use crate::reason::Reason;

/// Image state of an installation that is finished.
const IMAGE_COMPLETE: &str = "IMAGE_STATE_COMPLETE";

/// Conditions under which nothing is changed, whatever is due.
pub(super) fn ready_for_change(manifest: &Manifest, facts: &Facts, obstacles: &mut Obstacles) {
    image_finished(facts, obstacles);
    managed_here(facts, obstacles);
    may_act(manifest, facts, obstacles);
    if facts.antivirus.elam_disabled.holds() {
        let what = "early-launch driver `WdBoot` is disabled";
        obstacles.push(Stop::new(Reason::SensorDisabled, what));
    }
    // What the policy of this bundle brings is not there before it: no obstacle of a precheck.
    if manifest.mode != Mode::Precheck
        && let Some(why) = network::other_machine_proxy(manifest, facts)
    {
        obstacles.push(Stop::new(Reason::SettingsNotApplied, why));
    }
    match &facts.sensor.service {
        Fact::Value(Service {
            start: StartType::Disabled,
            ..
        }) => obstacles.push(Stop::new(
            Reason::SensorDisabled,
            "service `Sense` is disabled",
        )),
        Fact::Unreadable { .. } => {
            obstacles.push(Stop::unreadable("sensor.service", &facts.sensor.service));
        }
        Fact::Value(_) | Fact::Absent => {}
    }
}

fn image_finished(facts: &Facts, obstacles: &mut Obstacles) {
    let mut building = |what: String| obstacles.push(Stop::new(Reason::ImageBuild, what));
    if facts.os.setup_running.holds() {
        building("Windows Setup is running".to_owned());
    }
    if facts.os.task_sequence.holds() {
        building("a task sequence is running".to_owned());
    }
    if let Some(state) = facts.os.image_state.value()
        && state != IMAGE_COMPLETE
    {
        building(format!("image state {state}"));
    }
}

fn managed_here(facts: &Facts, obstacles: &mut Obstacles) {
    let mut elsewhere = |what: String| obstacles.push(Stop::new(Reason::ManagedElsewhere, what));
    if facts.managers.cloud_extension.holds() {
        elsewhere("extension `MDE.Windows` of Defender for Cloud is installed".to_owned());
    }
    if let Some(id) = facts.managers.azure_resource_id.value() {
        elsewhere(format!("`DeviceTagging\\AzureResourceId` is {id}"));
    }
}

fn may_act(manifest: &Manifest, facts: &Facts, obstacles: &mut Obstacles) {
    if facts.host.elevated.is(&false) {
        obstacles.push(Stop::new(Reason::NotElevated, ""));
    }
    // The script tests for administrators with `net session`.
    let server_service = facts.prerequisites.lanman_server.value();
    if manifest.settings.apply == ApplyMethod::Script
        && server_service.is_some_and(|service| service.state == ServiceState::Stopped)
    {
        obstacles.push(Stop::new(Reason::ServerServiceStopped, ""));
    }
}
