//! What makes an installed sensor onboarded: all there is to do where Windows brings it along.

use crate::apply::{VDI_TAG, sensor_guid};
use crate::fact::Fact;
use crate::facts::{Facts, Service, StartType};
use crate::history::History;
use crate::manifest::{AgentRoute, ApplyMethod, Connectivity, Manifest, Role, Vdi};
use crate::plan::obstacles::{Obstacles, Stop};
use crate::plan::steps;
use crate::product::Route;
use crate::reason::Reason;
use crate::step::{Change, Step, StepKind};
use crate::version::Version;

use super::Way;

pub(super) fn in_box(way: &Way<'_>, mode: Vec<Step>, obstacles: &mut Obstacles) -> Vec<Step> {
    let added = in_the_box(way.manifest, way.facts, obstacles);
    let mut list = mode;
    list.extend(added);
    list.extend(sensor_steps(way, obstacles));
    list
}

/// Is the sensor of this Windows there, and new enough for the package? One that is missing is
/// added where the bundle may.
pub(super) fn in_the_box(
    manifest: &Manifest,
    facts: &Facts,
    obstacles: &mut Obstacles,
) -> Option<Step> {
    let missing = facts.sensor.service.is_absent();
    let added = missing.then(|| addition(manifest, facts)).transpose();
    let added = obstacles.met(added).flatten();
    obstacles.met(new_enough_for_streamlined(manifest, facts));
    added
}

/// First build on which the sensor was seen to be a feature on demand (Server 2025).
const BUILD_WITH_SENSOR_ON_DEMAND: u32 = 26_100;

/// The step that adds the sensor.
fn addition(manifest: &Manifest, facts: &Facts) -> Result<Step, Stop> {
    let build = facts
        .os
        .version
        .value()
        .map_or(0, |version| version.build());
    if build < BUILD_WITH_SENSOR_ON_DEMAND {
        return Err(Stop::new(
            Reason::SensorDisabled,
            "service `Sense`, part of this Windows, does not exist",
        ));
    }
    let Some(from) = manifest.settings.add_sensor_from.clone() else {
        return Err(Stop::new(
            Reason::SensorNotInstalled,
            "service `Sense` does not exist: on this Windows the sensor is a feature on demand, \
             capability `Microsoft.Windows.Sense.Client~~~~`",
        ));
    };
    let why = "service `Sense` does not exist, and the bundle may add it".to_owned();
    Ok(steps::add_sensor(manifest, from, why))
}

/// Lowest sensor that knows the streamlined addresses, of March 2022
/// (learn.microsoft.com, configure-device-connectivity).
const STREAMLINED_MINIMUM: Version = Version::new(10, 8040, 0, 0);

/// Updates that bring it, by build.
const STREAMLINED_UPDATES: [(u32, &str); 3] = [
    (17_763, "KB5011503"),
    (19_042, "KB5011487"),
    (20_348, "KB5011497"),
];

/// An older sensor would take the blob and reach nobody. A later cumulative update brings a
/// later sensor, so its version is what counts. One that tells none is left to try.
fn new_enough_for_streamlined(manifest: &Manifest, facts: &Facts) -> Result<(), Stop> {
    let streamlined = manifest.tenant.connectivity == Connectivity::Streamlined;
    let Some(found) = facts
        .sensor
        .version
        .value()
        .filter(|found| streamlined && **found < STREAMLINED_MINIMUM)
    else {
        return Ok(());
    };
    let build = facts
        .os
        .version
        .value()
        .map_or(0, |version| version.build());
    let update = STREAMLINED_UPDATES.iter().find(|(of, _)| *of == build);
    let update = update.map_or("the newest cumulative update", |(_, article)| article);
    Err(Stop::new(
        Reason::SensorTooOld,
        format!(
            "the sensor is {found}, streamlined packages need 10.8040: {update} or a later one"
        ),
    ))
}

pub(super) fn vdi_tag_missing(manifest: &Manifest, facts: &Facts) -> bool {
    manifest.settings.vdi != Vdi::None
        && facts
            .sensor
            .vdi_tag
            .value()
            .is_none_or(|tag| tag != VDI_TAG)
}

/// Gives a non-persistent desktop that shows as one entry the identity of its name. One that
/// the sensor has already is replaced only while it is stopped, as in the portal's own script,
/// which ends with 4 otherwise. The deployment tool does it itself.
pub(super) fn identity_step(
    manifest: &Manifest,
    facts: &Facts,
    route: Route,
) -> Result<Option<Step>, Stop> {
    let by_tool =
        route == Route::DownLevel || manifest.settings.agent_route == AgentRoute::DeploymentTool;
    if manifest.settings.vdi != Vdi::Single || by_tool {
        return Ok(None);
    }
    let Some(name) = facts.host.name.value() else {
        return Err(Stop::unreadable("host.name", &facts.host.name));
    };
    let guid = sensor_guid(&manifest.tenant.org_id, name);
    let due = Change::IdentityIs { guid: guid.clone() };
    if due.holds(facts) {
        return Ok(None);
    }
    let why = match &facts.sensor.identity {
        Fact::Absent => "the sensor has no identity yet".to_owned(),
        Fact::Value(found) if Change::SensorStopped.holds(facts) => {
            format!("the sensor has identity {found}")
        }
        Fact::Value(found) => {
            return Err(Stop::new(
                Reason::OtherIdentity,
                format!("`Sense` runs as {found}, the name of this desktop makes {guid}"),
            ));
        }
        unreadable @ Fact::Unreadable { .. } => {
            return Err(Stop::unreadable("sensor.identity", unreadable));
        }
    };
    Ok(Some(steps::write_identity(guid, why)))
}

/// The stop of a sensor that runs with another blob than the one that this bundle wrote. It
/// takes that one at its next start, and can only be started anew with Windows: the class of
/// service URLs changes with the restart alone (Microsoft's page
/// `configure-device-connectivity`). Which blob is in effect tells `OnboardedInfo`, by that class.
pub(super) fn blob_waits(manifest: &Manifest, facts: &Facts, history: &History) -> Option<Stop> {
    let sensor = &facts.sensor;
    let written = written_blob(manifest).is_some_and(|written| written.holds(facts));
    let other = sensor.connectivity.value();
    let other = other.is_some_and(|found| *found != manifest.tenant.connectivity);
    if !(written && other && runs_onboarded(facts)) {
        return None;
    }
    let (reason, detail) = if !started_since(facts, history) {
        (
            Reason::RestartAfterOnboarding,
            "the sensor runs with another blob, and takes the one in the policy key when it starts",
        )
    } else if has_just_started(facts) {
        (
            Reason::FirstContact,
            "Windows has just started, and the sensor has not taken the new blob yet",
        )
    } else {
        (
            Reason::NotVerified,
            "Windows has started since the blob was written, and the sensor runs with another",
        )
    };
    Some(Stop::new(reason, detail))
}

/// Was the blob that this bundle wrote taken away again? The sensor that runs does not notice;
/// the next time that it starts it does. Without a record that it was written nothing is known:
/// others may onboard without that value.
pub(super) fn blob_removed(manifest: &Manifest, facts: &Facts, history: &History) -> bool {
    let tries = history.of(StepKind::ApplyOnboarding);
    manifest.settings.apply == ApplyMethod::Native
        && tries.is_some_and(|tries| tries.done > 0)
        && facts.sensor.policy_blob.is_absent()
}

fn runs_onboarded(facts: &Facts) -> bool {
    facts.sensor.onboarding_state.is(&1) && facts.sensor.service.is(&Service::RUNNING)
}

/// Has Windows started since a blob was last applied?
fn started_since(facts: &Facts, history: &History) -> bool {
    let steps = [StepKind::ApplyOnboarding, StepKind::RunOnboardingScript];
    let ends = steps
        .into_iter()
        .filter_map(|step| history.of(step)?.last_end);
    let (boot, applied) = (facts.host.boot_time.value(), ends.max());
    boot.zip(applied)
        .is_some_and(|(boot, applied)| *boot > applied)
}

/// How long a sensor that starts with Windows may run with its old blob. A tolerance, not a
/// measured time: a state is no failure before the service had time to change it.
const TAKES_BLOB_S: i64 = 600;

fn has_just_started(facts: &Facts) -> bool {
    let (boot, now) = (facts.host.boot_time.value(), facts.host.now.value());
    boot.zip(now)
        .is_some_and(|(boot, now)| (0..TAKES_BLOB_S).contains(&now.since(*boot)))
}

/// The blob of this bundle in the policy key. What a script wrote is known by its class alone:
/// the manifest holds nothing of its text.
fn written_blob(manifest: &Manifest) -> Option<Change> {
    match manifest.settings.apply {
        ApplyMethod::Native => {
            let payload = manifest.payload(Role::OnboardingInfo)?;
            Some(Change::BlobWritten {
                sha256: payload.sha256,
            })
        }
        ApplyMethod::Script => Some(Change::BlobOfClass {
            connectivity: manifest.tenant.connectivity,
        }),
    }
}

/// Identity and tag, then whatever makes an installed sensor onboarded.
pub(super) fn sensor_steps(way: &Way<'_>, obstacles: &mut Obstacles) -> Vec<Step> {
    let Way {
        manifest,
        facts,
        history,
        route,
        ..
    } = *way;
    let identity = obstacles.met(identity_step(manifest, facts, route));
    let mut list: Vec<Step> = identity.flatten().into_iter().collect();
    if vdi_tag_missing(manifest, facts) {
        list.push(steps::write_vdi_tag(
            "the bundle is for non-persistent desktops".to_owned(),
        ));
    }
    let goal = steps::onboarded(manifest);
    let removed = blob_removed(manifest, facts, history);
    if !removed && (goal.holds(facts) || blob_waits(manifest, facts, history).is_some()) {
        return list;
    }
    let mut with_running = facts.clone();
    Change::SensorRuns.apply(&mut with_running);
    let stopped_only = facts
        .sensor
        .service
        .value()
        .is_some_and(|service| service.start == StartType::Automatic);
    if !removed && stopped_only && goal.holds(&with_running) {
        list.push(steps::start_sensor(
            "onboarded, but `Sense` does not run".to_owned(),
            vec![goal],
        ));
        return list;
    }
    let why = match facts.sensor.onboarding_state.value() {
        Some(1) if removed => "the blob was taken out of the policy key",
        Some(1) => "onboarded with another start type or class of service URLs",
        _ => "not onboarded",
    };
    list.extend(obstacles.met(onboarding_step(manifest, facts, why)));
    list
}

fn onboarding_step(manifest: &Manifest, facts: &Facts, why: &str) -> Result<Step, Stop> {
    match manifest.settings.apply {
        ApplyMethod::Script => {
            let payload = steps::staged(manifest, Role::OnboardingScript)?;
            Ok(steps::run_onboarding_script(
                manifest,
                payload,
                runs_onboarded(facts),
                why.to_owned(),
            ))
        }
        ApplyMethod::Native => {
            let payload = steps::staged(manifest, Role::OnboardingInfo)?;
            Ok(steps::apply_onboarding(
                manifest,
                payload,
                facts,
                // A sensor that runs with another blob shows this one after a restart only.
                runs_onboarded(facts),
                why.to_owned(),
            ))
        }
    }
}
