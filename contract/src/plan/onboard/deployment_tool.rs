//! Microsoft's deployment tool: it brings what is missing (updates, feature, platform, agent), takes
//! System Center Endpoint Protection away, and onboards. Source: Microsoft's page
//! `defender-deployment-tool-windows`, which lists Server 2008 R2 SP1, 2012 R2, 2016 and later.

use crate::manifest::Role;
use crate::plan::obstacles::{Obstacles, Stop};
use crate::plan::{steps, workspaces};
use crate::product::Route;
use crate::reason::Reason;
use crate::step::Step;

use super::Way;
use super::sensor::{in_the_box, sensor_steps, vdi_tag_missing};
use super::server_2012_r2::role_exclusions;
use super::unified_agent::antivirus_policy;

/// Server 2008 R2 SP1, which has no other route.
pub(super) fn down_level(way: &Way<'_>, mode: Vec<Step>, obstacles: &mut Obstacles) -> Vec<Step> {
    if way.manifest.payload(Role::DeploymentTool).is_none() {
        obstacles.push(Stop::new(
            Reason::NoRoute,
            "Windows Server 2008 R2 SP1 is onboarded by the deployment tool, which is not staged",
        ));
        return mode;
    }
    by_tool(way, mode, obstacles)
}

/// Any other product, where the config asks for the tool. What it cannot bring stays an obstacle.
pub(super) fn any_product(way: &Way<'_>, mode: Vec<Step>, obstacles: &mut Obstacles) -> Vec<Step> {
    let Way {
        manifest, facts, ..
    } = *way;
    let mut added = None;
    match way.route {
        Route::InBox => added = in_the_box(manifest, facts, obstacles),
        Route::UnifiedAgent2012R2 => {
            obstacles.met(role_exclusions(facts, way.passive));
            obstacles.met(antivirus_policy(facts));
        }
        Route::UnifiedAgent2016 => {
            obstacles.met(antivirus_policy(facts));
        }
        Route::DownLevel => {}
    }
    let mut list = mode;
    list.extend(added);
    let unwanted = manifest.settings.remove_workspaces.iter();
    let left = workspaces::leave(manifest, facts, unwanted);
    list.extend(obstacles.met(left).flatten());
    by_tool(way, list, obstacles)
}

fn by_tool(way: &Way<'_>, before: Vec<Step>, obstacles: &mut Obstacles) -> Vec<Step> {
    let Way {
        manifest, facts, ..
    } = *way;
    let tool = obstacles.met(steps::staged(manifest, Role::DeploymentTool));
    let mut list = before;
    let sensor_is_there = !facts.sensor.service.is_absent();
    if sensor_is_there && facts.sensor.onboarding_state.is(&1) {
        list.extend(sensor_steps(way, obstacles));
        return list;
    }
    if vdi_tag_missing(manifest, facts) {
        list.push(steps::write_vdi_tag(
            "the bundle is for non-persistent desktops".to_owned(),
        ));
    }
    if let Some(tool) = tool {
        let passive = way.passive == Some(true);
        let why = "not onboarded".to_owned();
        list.push(steps::run_deployment_tool(manifest, tool, passive, why));
    }
    list
}
