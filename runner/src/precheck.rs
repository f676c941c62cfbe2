//! What a precheck tells beyond the plan: whether the server would reach its service, asked as the
//! sensor asks and, from the deployment task, as the account that the sensor has.

use gangway_contract::report::ReportedBlocker;
use gangway_contract::{ExitCode, Reason, Report, State};

use crate::bundle::Bundle;
use crate::connectivity;
use crate::machine::Machine;

/// Asks the service's addresses and adds the answer to the report. What stands in the way of a
/// server that is otherwise ready is its reason; else it is one of several.
pub(crate) fn ask_too(machine: &mut dyn Machine, bundle: &Bundle, report: &mut Report) {
    // Whoever is refused or no target is asked nothing more.
    let reason = report.known_reason();
    let only_looked_at = report.state == State::Assessed;
    if !only_looked_at || reason.is_none_or(|reason| reason.state() == State::NotTargeted) {
        return;
    }
    let asked = connectivity::ask(machine, &bundle.manifest, &report.facts_after);
    let reached = asked.reason == Reason::ServiceReachable;
    if !reached {
        let blocker = ReportedBlocker::new(asked.reason, asked.checks.detail.clone());
        report.blockers.push(blocker);
    }
    if !reached && reason == Some(Reason::Ready) {
        report.reason = asked.reason.as_str().to_owned();
        report.detail = asked.checks.detail.clone();
        report.next_action = asked.reason.next_action().to_owned();
        report.exit_code = ExitCode::of(report.state, asked.reason).number();
    }
    report.findings.extend(asked.notes);
    report.connectivity = Some(asked.checks);
    report.finished_at = machine.now();
}
