//! Server 2012 R2 and 2016: the agent that brings the sensor, and what has to leave before.

use crate::facts::Facts;
use crate::manifest::{AgentRoute, Manifest, Role};
use crate::plan::obstacles::{Obstacles, Stop};
use crate::plan::{steps, workspaces};
use crate::product::Route;
use crate::reason::Reason;
use crate::step::{Change, Step};

use super::Way;
use super::sensor::sensor_steps;

pub(super) fn antivirus_policy(facts: &Facts) -> Result<(), Stop> {
    if facts.antivirus.disabled_policy.is(&1) {
        return Err(Stop::new(
            Reason::AntivirusDisabledByPolicy,
            "policy `DisableAntiSpyware` is 1",
        ));
    }
    Ok(())
}

/// What follows the servicing steps on Server 2012 R2 and 2016.
pub(super) fn unified_agent(
    way: &Way<'_>,
    servicing: Vec<Step>,
    mode: Vec<Step>,
    obstacles: &mut Obstacles,
) -> Vec<Step> {
    let Way {
        manifest, facts, ..
    } = *way;
    let mut list = servicing;
    list.extend(mode);
    let unwanted = manifest.settings.remove_workspaces.iter();
    let left = workspaces::leave(manifest, facts, unwanted);
    list.extend(obstacles.met(left).flatten());
    let installing = facts.sensor.service.is_absent();
    if installing {
        // On Server 2016 it only manages Windows' own antivirus; Microsoft's installer, too,
        // removes it on 2012 R2 alone.
        if way.route == Route::UnifiedAgent2012R2 && facts.legacy.scep.holds() {
            list.push(steps::remove_scep(
                manifest,
                "System Center Endpoint Protection is installed".to_owned(),
            ));
        }
        let agent = agent_step(manifest, facts, way.passive == Some(true), obstacles);
        list.extend(agent);
    }
    if let Some(update) = manifest.payload(Role::SensorUpdate) {
        let due = match steps::version_of(update) {
            Some(target) => !(Change::SensorAtLeast { version: target }).holds(facts),
            None => installing,
        };
        if due {
            list.push(steps::update_sensor(
                manifest,
                update,
                "the sensor is older than the staged update".to_owned(),
            ));
        }
    }
    list.extend(sensor_steps(way, obstacles));
    list
}

fn agent_step(
    manifest: &Manifest,
    facts: &Facts,
    passive: bool,
    obstacles: &mut Obstacles,
) -> Option<Step> {
    let agent = obstacles.met(steps::staged(manifest, Role::Agent));
    let why = "service `Sense` does not exist".to_owned();
    match manifest.settings.agent_route {
        // The tool has a route of its own.
        AgentRoute::Auto | AgentRoute::DeploymentTool => {
            Some(steps::install_agent(manifest, agent?, passive, why))
        }
        AgentRoute::InstallScript => {
            let script = obstacles.met(steps::staged(manifest, Role::InstallScript));
            let runs = &facts.prerequisites.signed_scripts_run;
            if !runs.holds() {
                let detail = runs
                    .unreadable()
                    .unwrap_or("the effective policy refuses it");
                obstacles.push(Stop::new(Reason::ScriptPolicy, detail));
            }
            let (script, agent) = script.zip(agent)?;
            Some(steps::run_install_script(
                manifest, script, agent, passive, why,
            ))
        }
    }
}
