//! Workspaces that the retired monitoring agent leaves.

use crate::fact::Fact;
use crate::facts::Facts;
use crate::manifest::Manifest;
use crate::step::Step;

use super::{Stop, steps};

/// The step that takes the agent out of those of the unwanted workspaces that it is in.
pub(super) fn leave<'a>(
    manifest: &Manifest,
    facts: &Facts,
    unwanted: impl Iterator<Item = &'a String>,
) -> Result<Option<Step>, Stop> {
    let unwanted: Vec<&String> = unwanted.collect();
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
    let leaving: Vec<String> = found
        .iter()
        .filter(|id| unwanted.iter().any(|x| x.eq_ignore_ascii_case(id)))
        .cloned()
        .collect();
    if leaving.is_empty() {
        return Ok(None);
    }
    let why = format!("the monitoring agent reports to {}", leaving.join(", "));
    Ok(Some(steps::remove_workspaces(manifest, leaving, why)))
}
