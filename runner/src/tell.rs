//! Words for people: the event-log line, and facts, plan and report as text.

use std::fmt::Write as _;

use gangway_contract::connectivity::Outcome;
use gangway_contract::plan::Plan;
use gangway_contract::report::{PlannedStep, Report, ReportedBlocker, SignatureCheck};
use gangway_contract::{Facts, Reason, events};

use crate::machine::Event;

/// Event of a report.
pub fn event(report: &Report) -> Event {
    let (id, level) = events::of_state(report.state);
    Event {
        source: events::SOURCE,
        level,
        id,
        text: format!("{}\nBundle {}", summary(report), report.bundle_id),
    }
}

/// State, reason, detail and next action in a few lines.
pub fn summary(report: &Report) -> String {
    let mut text = format!("{}: {}", report.state, report.reason);
    if !report.detail.is_empty() {
        let _ = write!(text, "\n  found: {}", report.detail);
    }
    for step in &report.steps {
        let _ = write!(text, "\n  step {}: {}", step.step, step.result);
        if !step.detail.is_empty() {
            let _ = write!(text, ", {}", step.detail);
        }
        for effect in step.effects.iter().filter(|effect| effect.code != 0) {
            let _ = write!(text, "\n    {}: {}", effect.effect, effect.detail);
        }
    }
    for check in &report.signatures {
        let _ = write!(text, "\n  {}", signature(check));
    }
    for blocker in other_blockers(report) {
        let _ = write!(text, "\n  {}", told(&blocker.reason, &blocker.detail));
    }
    for finding in &report.findings {
        let _ = write!(text, "\n  note: {finding}");
    }
    if report.next_action != "nothing" {
        let _ = write!(text, "\nnext: {}", report.next_action);
    }
    text
}

/// What stands in the way beside the reason.
fn other_blockers(report: &Report) -> impl Iterator<Item = &ReportedBlocker> {
    let is_reason =
        |one: &ReportedBlocker| (&one.reason, &one.detail) == (&report.reason, &report.detail);
    let others = report.blockers.iter();
    others.filter(move |one| !is_reason(one))
}

fn told(reason: &str, detail: &str) -> String {
    let mark = if detail.is_empty() { "" } else { ": " };
    format!("in the way too: {reason}{mark}{detail}")
}

/// What the server says of one signer.
pub fn signature(check: &SignatureCheck) -> String {
    let mut text = format!("signer of `{}`: {}", check.payload, check.verdict);
    for part in [&check.signer, &check.detail] {
        if !part.is_empty() {
            let _ = write!(text, ", {part}");
        }
    }
    text
}

/// The addresses of the service and what came of them; the chain only where it is what is
/// wrong.
pub fn checks(report: &Report) -> String {
    let mut text = String::new();
    let Some(checks) = &report.connectivity else {
        return text;
    };
    for check in &checks.checks {
        let _ = writeln!(text, "{:24} {}", check.outcome, check.url);
        let good = check.outcome == Outcome::Reachable.as_str();
        if !good {
            let _ = writeln!(text, "  {} {}: {}", check.need, check.service, check.detail);
        }
        if !good || check.attempts.len() > 1 {
            for attempt in &check.attempts {
                let _ = writeln!(text, "  by {}: {}", attempt.route, attempt.outcome);
            }
        } else if let Some(attempt) = check.attempts.first() {
            let _ = writeln!(text, "  by {}: {}", attempt.route, attempt.detail);
        }
        for certificate in check.chain.iter().filter(|_| !good) {
            let _ = writeln!(
                text,
                "  certificate {}\n    issued by {}, until {}\n    SHA-256 {}",
                certificate.subject, certificate.issuer, certificate.not_after, certificate.sha256
            );
        }
        if !good {
            let _ = writeln!(text, "  next: {}", check.next_action);
        }
    }
    for pattern in &checks.not_asked {
        let _ = writeln!(text, "{:24} {pattern}", "cannot be asked");
    }
    text
}

/// Facts, one a line.
pub fn facts(facts: &Facts) -> String {
    let mut text = String::new();
    for (name, value) in facts.lines() {
        let _ = writeln!(text, "{name:38} {value}");
    }
    text
}

/// Words for the person who asked `plan`.
pub fn plan(plan: &Plan) -> String {
    let mut text = format!("{}: {}\n", plan.state, plan.reason);
    if !plan.detail.is_empty() {
        let _ = writeln!(text, "  found: {}", plan.detail);
    }
    for step in PlannedStep::of_plan(plan) {
        let held = if step.held { " (held back)" } else { "" };
        let _ = writeln!(text, "  step {}{held}: {}", step.step, step.why);
        for payload in step.payloads {
            let _ = writeln!(text, "    with {payload}");
        }
    }
    for blocker in plan.blockers.iter().skip(1) {
        let _ = writeln!(text, "  {}", told(blocker.reason.as_str(), &blocker.detail));
    }
    for finding in &plan.findings {
        let _ = writeln!(text, "  note: {finding}");
    }
    let next = if plan.reason == Reason::Ready {
        "run without `--plan` to take these steps"
    } else {
        plan.reason.next_action()
    };
    if next != "nothing" {
        let _ = writeln!(text, "next: {next}");
    }
    text
}
