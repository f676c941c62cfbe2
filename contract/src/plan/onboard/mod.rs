//! Which steps bring a server to onboarded: first what holds for every route, then the route.

mod down_level;
mod passive_mode;
mod readiness;
mod sensor;
mod server_2012_r2;
mod server_2016;
mod unified_agent;

use crate::fact::Fact;
use crate::facts::Facts;
use crate::history::History;
use crate::manifest::Manifest;
use crate::product::{Route, route_of};
use crate::reason::Reason;
use crate::step::Step;

use super::{Stop, steps};
use down_level::{down_level, monitoring_route, with_monitoring_agent};
use passive_mode::{mode_steps, wants_passive};
use readiness::ready_for_change;
use sensor::{blob_removed, blob_waits, identity_step, in_box, vdi_tag_missing};
use server_2012_r2::{role_exclusions, servicing_2012_r2};
use server_2016::servicing_2016;
use unified_agent::unified_agent;

/// The steps, at least one; or why there are none.
pub(super) fn steps(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
) -> Result<Vec<Step>, Stop> {
    let route = route_of(&facts.os, &manifest.settings)
        .map_err(|none| Stop::new(none.reason, none.detail))?;
    if let Some(agent) = monitoring_route(manifest, route) {
        return with_monitoring_agent(manifest, agent, facts);
    }
    if facts.sensor.onboarding_state.unreadable().is_some() {
        return Err(Stop::unreadable(
            "sensor.onboarding_state",
            &facts.sensor.onboarding_state,
        ));
    }
    let onboarded = facts.sensor.onboarding_state.is(&1);
    let passive = wants_passive(manifest, facts, history);
    let mode = mode_steps(manifest, facts, history, onboarded, passive.clone());
    let identity = identity_step(manifest, facts, route);
    if onboarded {
        same_tenant(manifest, facts)?;
        if let Some(done) = converged(manifest, facts, history, &mode, &identity) {
            return Err(done);
        }
    }
    ready_for_change(manifest, facts)?;
    identity?;
    let passive = passive?;
    let mode = mode?;
    match route {
        Route::InBox => in_box(manifest, facts, history, mode),
        Route::UnifiedAgent2016 => {
            let first = servicing_2016(manifest, facts)?;
            unified_agent(manifest, facts, history, first, mode, passive)
        }
        Route::UnifiedAgent2012R2 => {
            role_exclusions(facts, passive)?;
            let first = servicing_2012_r2(manifest, facts)?;
            unified_agent(manifest, facts, history, first, mode, passive)
        }
        Route::DownLevel => down_level(manifest, facts, history, mode, passive),
    }
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
    Some(if let Some(waits) = waits {
        waits
    } else if facts.restart.own.holds() {
        Stop::new(Reason::RestartAfterOnboarding, "")
    } else {
        Stop::new(Reason::Converged, "")
    })
}
