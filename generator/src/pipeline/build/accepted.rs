//! The downloads that a bundle is made of, once nothing stands against them.

use gangway_contract::manifest::{AgentRoute, Mode, RebootRule, Settings};

use super::desk::Desk;
use crate::intake::lock::{Change, Lock, LockedDownload, reconcile};
use crate::intake::{self, Inspection};
use crate::pipeline::build_error::BuildError;
use crate::pipeline::codes;
use crate::pipeline::config::MonitoringAgentSection;
use crate::pipeline::inputs::{Target, target};
use crate::pipeline::payloads::{self, Selected};
use crate::pipeline::workspace_key::{self, WorkspaceKey};
use crate::problem::Problem;

/// What is used of the downloads, and what is known against it.
pub(super) struct Accepted<'a> {
    pub(super) inspection: &'a Inspection,
    pub(super) selected: Vec<Selected<'a>>,
    pub(super) key: Option<WorkspaceKey>,
    pub(super) target: Target,
    /// Findings below error.
    pub(super) problems: Vec<Problem>,
    /// What differs from the lock.
    pub(super) changes: Vec<Change>,
    /// The lock with these downloads.
    pub(super) lock: Lock,
}

impl<'a> Accepted<'a> {
    /// # Errors
    /// All findings, when one of them stands against a bundle.
    pub(super) fn of(desk: &Desk<'_>, inspection: &'a Inspection) -> Result<Self, BuildError> {
        let (request, onboard) = (desk.request, &desk.config.onboard);
        let agent = onboard
            .monitoring_agent
            .as_ref()
            .filter(|_| desk.mode != Mode::Offboard);
        let read = |agent: &MonitoringAgentSection| {
            const KEY: &str = "onboard.monitoring_agent.key_file";
            let file = &agent.key_file;
            let refused = |why| desk.config.named_files.refused(KEY, 0, file, why);
            workspace_key::read(file).map_err(refused)
        };
        let key = agent.map(read).transpose()?;
        let choices = payloads::Choices {
            mode: desk.mode,
            apply: onboard.apply,
            accept_scripts: &onboard.accept_scripts,
            monitoring_agent: agent.is_some(),
            deployment_tool: onboard.agent_route == AgentRoute::DeploymentTool,
        };
        let (selected, missing) = payloads::select(inspection, &choices);
        let reconciled = reconcile(
            desk.held.old.as_ref(),
            inspection,
            LockedDownload::stub(&desk.stub.bytes, &desk.stub_identity.version, request.now),
            desk.mode,
            request.lock,
            request.now,
        );
        let mut problems = desk.problems_of(inspection);
        // Against downloads of which some could not be read, neither says anything.
        let refused = |problem: &Problem| intake::codes::ENVIRONMENT.contains(&problem.code);
        if !problems.iter().any(refused) {
            problems.extend(missing);
            problems.extend(reconciled.problems);
        }
        problems.extend(restarts(&desk.config.settings));
        let target = match target(inspection, desk.mode, onboard.apply) {
            Some(target) if !problems.iter().any(Problem::is_error) => target,
            _ => return Err(BuildError::Problems(problems)),
        };
        if problems.iter().any(|problem| request.deny.refuses(problem)) {
            return Err(BuildError::Denied(problems));
        }
        Ok(Self {
            inspection,
            selected,
            key,
            target,
            problems,
            changes: reconciled.changes,
            lock: reconciled.lock,
        })
    }

    /// All findings, with the one that ends the build.
    pub(super) fn refused(&self, problem: Problem) -> BuildError {
        let mut problems = self.problems.clone();
        problems.push(problem);
        BuildError::Problems(problems)
    }
}

/// A restart that no window holds back.
fn restarts(settings: &Settings) -> Option<Problem> {
    let is_free = settings.reboot == RebootRule::InWindow && settings.window.is_none();
    is_free.then(|| {
        Problem::new(
            &codes::RESTARTS_AT_ANY_HOUR,
            "rollout.reboot",
            "servers that wait for a restart are restarted at any hour: there is no `rollout.window`",
            "add `window = \"22:00-04:00\"` below `[rollout]`, or write `reboot = \"never\"`",
        )
    })
}
