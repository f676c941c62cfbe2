//! Conditions under which a server is left as it is.

use crate::fact::Fact;
use crate::facts::{Facts, Service, ServiceState, StartType};
use crate::manifest::{ApplyMethod, Manifest, Mode};
use crate::plan::{Stop, network};
use crate::reason::Reason;

/// Image state of an installation that is finished.
const IMAGE_COMPLETE: &str = "IMAGE_STATE_COMPLETE";

/// Conditions under which nothing is changed, whatever is due.
pub(super) fn ready_for_change(manifest: &Manifest, facts: &Facts) -> Result<(), Stop> {
    if facts.os.setup_running.holds() {
        return Err(Stop::new(Reason::ImageBuild, "Windows Setup is running"));
    }
    if facts.os.task_sequence.holds() {
        return Err(Stop::new(Reason::ImageBuild, "a task sequence is running"));
    }
    if let Some(state) = facts.os.image_state.value()
        && state != IMAGE_COMPLETE
    {
        return Err(Stop::new(
            Reason::ImageBuild,
            format!("image state {state}"),
        ));
    }
    if facts.managers.cloud_extension.holds() {
        return Err(Stop::new(
            Reason::ManagedElsewhere,
            "extension `MDE.Windows` of Defender for Cloud is installed",
        ));
    }
    if let Some(id) = facts.managers.azure_resource_id.value() {
        return Err(Stop::new(
            Reason::ManagedElsewhere,
            format!("`DeviceTagging\\AzureResourceId` is {id}"),
        ));
    }
    if facts.host.elevated.is(&false) {
        return Err(Stop::new(Reason::NotElevated, ""));
    }
    // The script tests for administrators with `net session`.
    if manifest.settings.apply == ApplyMethod::Script
        && facts
            .prerequisites
            .lanman_server
            .value()
            .is_some_and(|service| service.state == ServiceState::Stopped)
    {
        return Err(Stop::new(Reason::ServerServiceStopped, ""));
    }
    if facts.antivirus.elam_disabled.holds() {
        return Err(Stop::new(
            Reason::SensorDisabled,
            "early-launch driver `WdBoot` is disabled",
        ));
    }
    // What the policy of this bundle brings is not there before it: no obstacle of a precheck.
    if manifest.mode != Mode::Precheck
        && let Some(why) = network::other_machine_proxy(manifest, facts)
    {
        return Err(Stop::new(Reason::SettingsNotApplied, why));
    }
    match &facts.sensor.service {
        Fact::Value(Service {
            start: StartType::Disabled,
            ..
        }) => Err(Stop::new(
            Reason::SensorDisabled,
            "service `Sense` is disabled",
        )),
        Fact::Unreadable { .. } => Err(Stop::unreadable("sensor.service", &facts.sensor.service)),
        Fact::Value(_) | Fact::Absent => Ok(()),
    }
}
