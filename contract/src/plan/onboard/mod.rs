//! Which steps bring a server to onboarded: first what holds for every route, then the route.

mod deployment_tool;
mod down_level;
mod passive_mode;
mod readiness;
mod sensor;
mod server_2012_r2;
mod server_2016;
mod unified_agent;

use crate::fact::Fact;
use crate::facts::Facts;
use crate::health;
use crate::history::History;
use crate::manifest::{AgentRoute, Manifest};
use crate::product::{Route, monitoring_route, route_of};
use crate::reason::Reason;
use crate::state::State;
use crate::step::{Step, StepKind};

use super::{Obstacles, Stop, steps};
use deployment_tool::{any_product, down_level};
use down_level::with_monitoring_agent;
use passive_mode::{mode_steps, wants_passive};
use readiness::ready_for_change;
use sensor::{blob_removed, blob_waits, identity_step, in_box, vdi_tag_missing};
use server_2012_r2::{role_exclusions, servicing_2012_r2};
use server_2016::servicing_2016;
use unified_agent::unified_agent;

/// The steps, as far as they can be planned; all of them, and at least one, when nothing stands
/// in the way.
pub(super) fn steps(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
    obstacles: &mut Obstacles,
) -> Vec<Step> {
    let route =
        route_of(&facts.os, &manifest.settings).map_err(|none| Stop::new(none.reason, none.detail));
    let Some(route) = obstacles.met(route) else {
        return Vec::new();
    };
    if let Some(agent) = monitoring_route(manifest, route) {
        return with_monitoring_agent(manifest, agent, facts, obstacles);
    }
    if facts.sensor.onboarding_state.unreadable().is_some() {
        obstacles.push(Stop::unreadable(
            "sensor.onboarding_state",
            &facts.sensor.onboarding_state,
        ));
    }
    let onboarded = facts.sensor.onboarding_state.is(&1);
    let passive = wants_passive(manifest, facts, history);
    let mode = mode_steps(manifest, facts, history, onboarded, passive.clone());
    let identity = identity_step(manifest, facts, route);
    if onboarded
        && obstacles.met(same_tenant(manifest, facts)).is_some()
        && let Some(done) = converged(manifest, facts, history, &mode, &identity)
    {
        obstacles.push(done);
        return Vec::new();
    }
    ready_for_change(manifest, facts, obstacles);
    obstacles.met(identity);
    let passive = obstacles.met(passive);
    let mode = obstacles.met(mode).unwrap_or_default();
    let way = Way {
        manifest,
        facts,
        history,
        route,
        passive,
    };
    if manifest.settings.agent_route == AgentRoute::DeploymentTool && route != Route::DownLevel {
        return any_product(&way, mode, obstacles);
    }
    match route {
        Route::InBox => in_box(&way, mode, obstacles),
        Route::UnifiedAgent2016 => {
            let first = servicing_2016(manifest, facts, obstacles);
            unified_agent(&way, first, mode, obstacles)
        }
        Route::UnifiedAgent2012R2 => {
            obstacles.met(role_exclusions(facts, passive));
            let first = servicing_2012_r2(manifest, facts, obstacles);
            unified_agent(&way, first, mode, obstacles)
        }
        Route::DownLevel => down_level(&way, mode, obstacles),
    }
}

/// What every route looks at.
struct Way<'a> {
    manifest: &'a Manifest,
    facts: &'a Facts,
    history: &'a History,
    route: Route,
    /// Should Defender Antivirus be passive? None when that cannot be told.
    passive: Option<bool>,
}

fn same_tenant(manifest: &Manifest, facts: &Facts) -> Result<(), Stop> {
    match &facts.sensor.org_id {
        Fact::Value(found) if *found == manifest.tenant.org_id => Ok(()),
        Fact::Value(found) => Err(Stop::new(
            Reason::OtherTenant,
            format!(
                "onboarded to organisation {found}, the bundle is for {}",
                manifest.tenant.org_id
            ),
        )),
        other => Err(Stop::unreadable("sensor.org_id", other)),
    }
}

/// The stop of a server that is as wanted.
fn converged(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
    mode: &Result<Vec<Step>, Stop>,
    identity: &Result<Option<Step>, Stop>,
) -> Option<Stop> {
    let waits = blob_waits(manifest, facts, history);
    let as_wanted = (waits.is_some() || steps::onboarded(manifest).holds(facts))
        && !blob_removed(manifest, facts, history)
        && !vdi_tag_missing(manifest, facts)
        && mode.as_ref().is_ok_and(Vec::is_empty)
        && identity.as_ref().is_ok_and(Option::is_none);
    if !as_wanted {
        return None;
    }
    let done = if let Some(waits) = waits {
        waits
    } else if facts.restart.own.holds() {
        Stop::new(Reason::RestartAfterOnboarding, "")
    } else {
        Stop::new(Reason::Converged, "")
    };
    // What has failed says more than what is not healthy.
    Some(match done.reason.state() {
        State::Failed => done,
        _ => unhealthy(manifest, facts, history, &done).unwrap_or(done),
    })
}

/// The sensor may take this long to reach its service after it was onboarded or Windows
/// started: Microsoft speaks of minutes to a day until a device shows in the portal.
const FIRST_CONTACT_S: i64 = 86_400;

/// The stop of a server that is onboarded and not protected or not watched.
fn unhealthy(manifest: &Manifest, facts: &Facts, history: &History, done: &Stop) -> Option<Stop> {
    let health = health::judge(manifest, facts);
    let reason = health.trouble()?;
    let mut evidence = health.evidence();
    if done.reason == Reason::RestartAfterOnboarding {
        evidence.push_str("; a restart is due");
    }
    let reason = if reason == Reason::SensorSilent && just_begun(facts, history) {
        Reason::FirstContact
    } else {
        reason
    };
    Some(Stop::new(reason, evidence))
}

/// Was the server onboarded or started of late, so that the sensor's silence means nothing yet?
fn just_begun(facts: &Facts, history: &History) -> bool {
    let onboarded = [
        StepKind::ApplyOnboarding,
        StepKind::RunOnboardingScript,
        StepKind::RunDeploymentTool,
    ]
    .into_iter()
    .filter_map(|step| history.of(step)?.last_end);
    let started = facts.host.boot_time.value().copied();
    let Some(now) = facts.host.now.value() else {
        return false;
    };
    onboarded
        .chain(started)
        .any(|begun| (0..FIRST_CONTACT_S).contains(&now.since(begun)))
}
