//! What stands in the way of servers that were only looked at: a precheck calls each of them
//! assessed, whatever it found.

use std::collections::BTreeMap;

use gangway_contract::{Reason, State};

use super::{BlockerCount, Server, Standing};

/// Where an assessed server would stand if the precheck had been a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outlook {
    Clear,
    InTheWay,
    NotTargeted,
}

/// None for a server that was not only looked at.
fn outlook(server: &Server) -> Option<(Outlook, &Server)> {
    if !server.expected || server.standing != Standing::State(State::Assessed) {
        return None;
    }
    let reason = Reason::from_code(&server.report.as_ref()?.reason);
    let outlook = match reason.map(Reason::state) {
        Some(
            State::Assessed | State::Onboarded | State::OnboardedPendingReboot | State::Offboarded,
        ) => Outlook::Clear,
        Some(State::NotTargeted) => Outlook::NotTargeted,
        // A reason that a later bootstrap knows is none to call a server clear.
        Some(_) | None => Outlook::InTheWay,
    };
    Some((outlook, server))
}

/// Expected servers that were looked at and have something in their way, by reason; most
/// servers first.
pub(super) fn count(servers: &[Server]) -> Vec<BlockerCount> {
    let mut counts: BTreeMap<&str, BlockerCount> = BTreeMap::new();
    for (outlook, server) in servers.iter().filter_map(outlook) {
        let (Outlook::InTheWay, Some(report)) = (outlook, &server.report) else {
            continue;
        };
        counts
            .entry(&report.reason)
            .or_insert_with(|| BlockerCount {
                reason: report.reason.clone(),
                next_action: report.next_action.clone(),
                servers: 0,
            })
            .servers += 1;
    }
    let mut counts: Vec<BlockerCount> = counts.into_values().collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.servers));
    counts
}

/// Expected servers that were looked at and have nothing in their way.
pub(super) fn clear(servers: &[Server]) -> usize {
    let outlooks = servers.iter().filter_map(outlook);
    outlooks
        .filter(|(outlook, _)| *outlook == Outlook::Clear)
        .count()
}
