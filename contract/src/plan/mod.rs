//! The decision: from what a server looks like to what is done there.
//!
//! [`decide`] is pure and total: the same manifest, facts and history give the same plan on a
//! server and in a test. A plan leaves the execution no choice, and deciding again on the facts
//! after it ([`apply`]) gives no step.

mod findings;
mod gates;
mod network;
mod obstacles;
mod offboard;
mod onboard;
mod possible;
mod steps;
mod workspaces;

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::facts::Facts;
use crate::history::History;
use crate::manifest::{AgentRoute, Manifest, Mode};
use crate::product::{Route, route_of};
use crate::reason::Reason;
use crate::state::State;
use crate::step::Step;

pub use obstacles::Blocker;
use obstacles::{Obstacles, Stop};
pub use possible::possible;

/// What is done on one server, or why nothing is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The server's state if nothing is done now.
    pub state: State,
    /// Why it is in that state.
    pub reason: Reason,
    /// What was found, for a person; may be empty.
    pub detail: String,
    /// Steps to take now, in this order.
    pub steps: Vec<Step>,
    /// Steps to take once the reason has gone.
    pub held: Vec<Step>,
    /// All that stands in the way, the reason first, when the bundle only looks: who clears one
    /// thing after the other should know them before the first day. Otherwise none.
    #[serde(default)]
    pub blockers: Vec<Blocker>,
    /// What a person should know beyond the reason.
    pub findings: Vec<String>,
}

/// Decides what to do on one server.
pub fn decide(manifest: &Manifest, facts: &Facts, history: &History) -> Plan {
    let findings = findings::list(manifest, facts);
    let mut obstacles = Obstacles::default();
    obstacles.met(not_superseded(manifest, facts));
    let due = match manifest.mode {
        Mode::Precheck | Mode::Onboard => onboard::steps(manifest, facts, history, &mut obstacles),
        Mode::Offboard => {
            let steps = offboard::steps(manifest, facts);
            obstacles.met(steps).unwrap_or_default()
        }
    };
    let possible = obstacles.is_empty();
    let restart = if due.is_empty() {
        None
    } else {
        gates::pass(manifest, facts, history, &due, &mut obstacles)
    };
    let precheck = manifest.mode == Mode::Precheck;
    let blockers = if precheck {
        obstacles.blockers()
    } else {
        Vec::new()
    };
    let held = if possible { due } else { Vec::new() };
    let mut plan = match obstacles.into_first() {
        Some(stop) => Plan {
            steps: restart.into_iter().collect(),
            blockers,
            ..stopped(stop, held, findings)
        },
        None => Plan {
            state: State::Assessed,
            reason: Reason::Ready,
            detail: String::new(),
            steps: held,
            held: Vec::new(),
            blockers,
            findings,
        },
    };
    if precheck && plan.reason.state() != State::Refused {
        plan.state = State::Assessed;
        let planned = core::mem::take(&mut plan.steps);
        if plan.held.is_empty() {
            plan.held = planned;
        }
    }
    plan
}

/// A bundle that is older than one that worked here must not undo it. One lock counts for both
/// directions, so that the server is what was meant last, whichever policy still reaches it.
fn not_superseded(manifest: &Manifest, facts: &Facts) -> Result<(), Stop> {
    let other = match manifest.mode {
        Mode::Offboard => "onboarding of sequence",
        Mode::Precheck | Mode::Onboard => "offboarding of sequence",
    };
    let own = &facts.gangway;
    for (seen, name, what) in [
        (&own.sequence, "gangway.sequence", "sequence"),
        (&own.other_sequence, "gangway.other_sequence", other),
    ] {
        match seen {
            Fact::Value(seen) if *seen > manifest.sequence => {
                return Err(Stop::new(
                    Reason::SequenceLower,
                    format!(
                        "{what} {seen} worked here, this bundle has {}",
                        manifest.sequence
                    ),
                ));
            }
            Fact::Value(_) | Fact::Absent => {}
            unreadable @ Fact::Unreadable { .. } => return Err(Stop::unreadable(name, unreadable)),
        }
    }
    Ok(())
}

fn stopped(stop: Stop, held: Vec<Step>, findings: Vec<String>) -> Plan {
    Plan {
        state: stop.reason.state(),
        reason: stop.reason,
        detail: stop.detail,
        steps: Vec::new(),
        held,
        blockers: Vec::new(),
        findings,
    }
}

/// The facts after every step of a plan did what it is expected to.
#[must_use]
pub fn apply(plan: &Plan, facts: &Facts) -> Facts {
    let mut after = facts.clone();
    for step in &plan.steps {
        for change in &step.expects {
            change.apply(&mut after);
        }
    }
    after
}

/// Does the decision on these facts need the state of the Windows feature, which takes
/// seconds to ask for?
pub fn needs_feature_state(manifest: &Manifest, facts: &Facts) -> bool {
    manifest.mode != Mode::Offboard
        && manifest.settings.agent_route != AgentRoute::DeploymentTool
        && facts.sensor.service.is_absent()
        && facts.antivirus.service.is_absent()
        && route_of(&facts.os, &manifest.settings) == Ok(Route::UnifiedAgent2016)
}
