//! Server 2008 R2 SP1 without the deployment tool: the retired monitoring agent.

use crate::facts::Facts;
use crate::manifest::{Manifest, MonitoringAgent, Role};
use crate::plan::obstacles::{Obstacles, Stop};
use crate::plan::steps;
use crate::reason::Reason;
use crate::step::{Change, CheckedFile, Step};
use crate::update;
use crate::version::Version;

use super::readiness::ready_for_change;

pub(super) fn with_monitoring_agent(
    manifest: &Manifest,
    agent: &MonitoringAgent,
    facts: &Facts,
    obstacles: &mut Obstacles,
) -> Vec<Step> {
    let goal = Change::WorkspaceAdded {
        id: agent.workspace.clone(),
    };
    if goal.holds(facts) {
        obstacles.push(Stop::new(
            Reason::RetiredAgent,
            "the monitoring agent, retired on 2024-08-31, reports to the workspace; nothing \
             tells whether its sensor lives, or who protects the server",
        ));
        return Vec::new();
    }
    if facts.legacy.workspaces.unreadable().is_some() {
        obstacles.push(Stop::unreadable(
            "legacy.workspaces",
            &facts.legacy.workspaces,
        ));
    }
    ready_for_change(manifest, facts, obstacles);
    let update = obstacles.met(update_of_monitoring_agent(manifest, facts));
    let mut list: Vec<Step> = update.flatten().into_iter().collect();
    let setup = obstacles.met(steps::staged(manifest, Role::MonitoringAgent));
    let key = obstacles.met(steps::staged(manifest, Role::WorkspaceKey));
    if let (Some(setup), Some(key)) = (setup, key) {
        list.push(steps::install_monitoring_agent(
            manifest,
            setup,
            key,
            &agent.workspace,
            "the monitoring agent does not report to the workspace".to_owned(),
        ));
    }
    list
}

/// Revisions from here on come from the branch of Windows 7 that took every fix (LDR).
const LDR_REVISIONS: u32 = 22_000;

/// The update before the retired agent. A file that tells no version tells nothing: the agent
/// itself says more.
fn update_of_monitoring_agent(manifest: &Manifest, facts: &Facts) -> Result<Option<Step>, Stop> {
    let file = CheckedFile::Tdh;
    let Some(found) = file.version(facts).value() else {
        return Ok(None);
    };
    let ldr = found.revision() >= LDR_REVISIONS;
    let version = Version::new(6, 1, 7601, if ldr { 23_142 } else { 18_939 });
    if *found >= version {
        return Ok(None);
    }
    let why = format!("`{file}` {found} is below {version}");
    let change = Change::FileAtLeast { file, version };
    steps::hotfix(manifest, update::TELEMETRY_2008_R2, why, change).map(Some)
}
