//! The decision: from what a server looks like to what is done there.
//!
//! [`decide`] is pure and total: the same manifest, facts and history give the same plan on a
//! server and in a test. A plan leaves the execution no choice, and deciding again on the facts
//! after it ([`apply`]) gives no step.

mod findings;
mod gates;
mod network;
mod offboard;
mod onboard;
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
    /// What a person should know beyond the reason.
    pub findings: Vec<String>,
}

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    reason: Reason,
    detail: String,
}

impl Stop {
    fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }

    fn unreadable<T>(name: &str, fact: &Fact<T>) -> Self {
        let why = fact.unreadable().unwrap_or("not found");
        Self::new(Reason::FactsUnreadable, format!("`{name}`: {why}"))
    }
}

/// Decides what to do on one server.
pub fn decide(manifest: &Manifest, facts: &Facts, history: &History) -> Plan {
    let findings = findings::list(manifest, facts);
    let wanted = not_superseded(manifest, facts).and_then(|()| match manifest.mode {
        Mode::Precheck | Mode::Onboard => onboard::steps(manifest, facts, history),
        Mode::Offboard => offboard::steps(manifest, facts),
    });
    let mut plan = match wanted {
        Err(stop) => stopped(stop, Vec::new(), findings),
        Ok(steps) => match gates::pass(manifest, facts, history, &steps) {
            Ok(None) => Plan {
                state: State::Assessed,
                reason: Reason::Ready,
                detail: String::new(),
                steps,
                held: Vec::new(),
                findings,
            },
            Ok(Some(restart)) => Plan {
                steps: vec![restart],
                ..stopped(
                    Stop::new(Reason::RebootPending, "restarting as the manifest allows"),
                    steps,
                    findings,
                )
            },
            Err(stop) => stopped(stop, steps, findings),
        },
    };
    if manifest.mode == Mode::Precheck && plan.reason.state() != State::Refused {
        plan.state = State::Assessed;
        let planned = core::mem::take(&mut plan.steps);
        if plan.held.is_empty() {
            plan.held = planned;
        }
    }
    plan
}

/// A bundle that is older than one that worked here must not undo it.
fn not_superseded(manifest: &Manifest, facts: &Facts) -> Result<(), Stop> {
    match &facts.gangway.sequence {
        Fact::Value(seen) if *seen > manifest.sequence => Err(Stop::new(
            Reason::SequenceLower,
            format!(
                "sequence {seen} worked here, this bundle has {}",
                manifest.sequence
            ),
        )),
        Fact::Value(_) | Fact::Absent => Ok(()),
        unreadable @ Fact::Unreadable { .. } => {
            Err(Stop::unreadable("gangway.sequence", unreadable))
        }
    }
}

fn stopped(stop: Stop, held: Vec<Step>, findings: Vec<String>) -> Plan {
    Plan {
        state: stop.reason.state(),
        reason: stop.reason,
        detail: stop.detail,
        steps: Vec::new(),
        held,
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
