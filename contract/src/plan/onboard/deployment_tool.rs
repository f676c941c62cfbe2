//! Microsoft's deployment tool: it brings what is missing (updates, feature, platform, agent), takes
//! System Center Endpoint Protection away, and onboards. Source: Microsoft's page
//! `defender-deployment-tool-windows`, which lists Server 2008 R2 SP1, 2012 R2, 2016 and later.

use crate::facts::Facts;
use crate::history::History;
use crate::manifest::{Manifest, Payload, Role};
use crate::plan::{Stop, steps, workspaces};
use crate::product::Route;
use crate::reason::Reason;
use crate::step::Step;

use super::sensor::{in_the_box, sensor_steps, vdi_tag_missing};
use super::server_2012_r2::role_exclusions;
use super::unified_agent::antivirus_policy;

/// Server 2008 R2 SP1, which has no other route.
pub(super) fn down_level(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
    mode: Vec<Step>,
    passive: bool,
) -> Result<Vec<Step>, Stop> {
    let Some(tool) = manifest.payload(Role::DeploymentTool) else {
        return Err(Stop::new(
            Reason::NoRoute,
            "Windows Server 2008 R2 SP1 is onboarded by the deployment tool, which is not staged",
        ));
    };
    by_tool(manifest, facts, history, tool, mode, passive)
}

/// Any other product, where the config asks for the tool. What it cannot bring stays an obstacle.
pub(super) fn any_product(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
    route: Route,
    mode: Vec<Step>,
    passive: bool,
) -> Result<Vec<Step>, Stop> {
    match route {
        Route::InBox => in_the_box(manifest, facts)?,
        Route::UnifiedAgent2012R2 => {
            role_exclusions(facts, passive)?;
            antivirus_policy(facts)?;
        }
        Route::UnifiedAgent2016 => antivirus_policy(facts)?,
        Route::DownLevel => {}
    }
    let tool = steps::staged(manifest, Role::DeploymentTool)?;
    let mut list = mode;
    let unwanted = manifest.settings.remove_workspaces.iter();
    list.extend(workspaces::leave(manifest, facts, unwanted)?);
    by_tool(manifest, facts, history, tool, list, passive)
}

fn by_tool(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
    tool: &Payload,
    before: Vec<Step>,
    passive: bool,
) -> Result<Vec<Step>, Stop> {
    let mut list = before;
    let sensor_is_there = !facts.sensor.service.is_absent();
    if sensor_is_there && facts.sensor.onboarding_state.is(&1) {
        list.extend(sensor_steps(manifest, facts, history)?);
        return Ok(list);
    }
    if vdi_tag_missing(manifest, facts) {
        list.push(steps::write_vdi_tag(
            "the bundle is for non-persistent desktops".to_owned(),
        ));
    }
    list.push(steps::run_deployment_tool(
        manifest,
        tool,
        passive,
        "not onboarded".to_owned(),
    ));
    Ok(list)
}
