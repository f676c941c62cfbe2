//! Workspaces that the retired monitoring agent leaves.

use crate::fact::Fact;
use crate::facts::Facts;
use crate::identity::WorkspaceId;
use crate::manifest::Manifest;
use crate::step::Step;

use super::{Stop, steps};

/// The step that takes the agent out of those of the unwanted workspaces that it is in.
pub(super) fn leave<'a>(
    manifest: &Manifest,
    facts: &Facts,
    unwanted: impl Iterator<Item = &'a WorkspaceId>,
) -> Result<Option<Step>, Stop> {
    let unwanted: Vec<&WorkspaceId> = unwanted.collect();
    if unwanted.is_empty() {
        return Ok(None);
    }
    let found = match &facts.legacy.workspaces {
        Fact::Value(found) => found.as_slice(),
        Fact::Absent => &[],
        unreadable @ Fact::Unreadable { .. } => {
            return Err(Stop::unreadable("legacy.workspaces", unreadable));
        }
    };
    // As the agent spells them.
    let leaving: Vec<WorkspaceId> = found
        .iter()
        .filter_map(|id| id.parse().ok())
        .filter(|id| unwanted.contains(&id))
        .collect();
    if leaving.is_empty() {
        return Ok(None);
    }
    let names: Vec<&str> = leaving.iter().map(WorkspaceId::as_str).collect();
    let why = format!("the monitoring agent reports to {}", names.join(", "));
    Ok(Some(steps::remove_workspaces(manifest, leaving, why)))
}
