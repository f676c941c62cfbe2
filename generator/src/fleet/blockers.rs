//! What stands in the way of servers that were only looked at: a precheck calls each of them
//! assessed, whatever it found.

use std::collections::{BTreeMap, BTreeSet};

use gangway_contract::manifest::Mode;
use gangway_contract::{Reason, State};

use super::standing::is_of_last_campaign;
use super::{BlockerCount, Server, ServerBlocker, ServerReport, Standing};

/// What an expected server would meet if the precheck had been a rollout.
enum Outlook<'a> {
    Clear,
    /// Each reason once, with what its report says to do.
    InTheWay(BTreeMap<&'a str, &'a str>),
    NotTargeted,
}

/// None for a server that was not only looked at.
fn outlook(server: &Server) -> Option<Outlook<'_>> {
    let report = server.report.as_ref()?;
    let ended_before = matches!(
        server.standing,
        Standing::State(State::Blocked | State::Waiting | State::Failed | State::Refused)
    );
    let looked = server.standing == Standing::State(State::Assessed) || ended_before;
    if !server.expected || !looked || report.mode != Mode::Precheck {
        return None;
    }
    if is_of_last_campaign(report) {
        return None;
    }
    if Reason::from_code(&report.reason).map(Reason::state) == Some(State::NotTargeted) {
        return Some(Outlook::NotTargeted);
    }
    // A precheck of before 2026-12 names the first alone, as its reason.
    let first = (&*report.reason, &*report.next_action);
    let all = report.blockers.iter();
    let all = all.map(
        |ServerBlocker {
             reason,
             next_action,
             ..
         }| (&**reason, &**next_action),
    );
    // Whoever asked then or later may say that the service is not reached.
    let asked = server.connectivity.as_ref();
    let asked = asked.filter(|asked| asked.finished_at >= report.finished_at);
    let asked = asked.map(|asked| (&*asked.reason, "read its newest report"));
    let met: BTreeMap<&str, &str> = core::iter::once(first)
        .chain(all)
        .chain(asked)
        .filter(|(reason, _)| stands_in_the_way(reason))
        .collect();
    Some(if !met.is_empty() {
        Outlook::InTheWay(met)
    } else if is_clear(report) {
        Outlook::Clear
    } else {
        Outlook::InTheWay(BTreeMap::from([first]))
    })
}

/// Does the report prove that nothing stands in the way: ready, or onboarded and protected?
fn is_clear(report: &ServerReport) -> bool {
    match Reason::from_code(&report.reason) {
        Some(Reason::Ready) => true,
        Some(Reason::Converged | Reason::RestartAfterOnboarding) => report.protected == Some(true),
        _ => false,
    }
}

/// A reason that only a later bootstrap knows is none to call a server clear.
fn stands_in_the_way(reason: &str) -> bool {
    Reason::from_code(reason).is_none_or(Reason::stands_in_the_way)
}

/// Expected servers that were looked at, by what they would meet.
pub(super) struct Outlooks {
    /// Servers with nothing in their way.
    pub(super) clear: usize,
    /// Of the expected servers that the bundle is for, in whole percent rounded down.
    pub(super) clear_percent: usize,
    /// Servers with something in their way.
    pub(super) held: usize,
    /// What it is; a server counts once for each of its reasons. Most servers first.
    pub(super) blockers: Vec<BlockerCount>,
}

pub(super) fn count(servers: &[Server]) -> Outlooks {
    let (mut clear, mut held) = (0, 0);
    let mut counts: BTreeMap<&str, BlockerCount> = BTreeMap::new();
    for outlook in servers.iter().filter_map(outlook) {
        match outlook {
            Outlook::Clear => clear += 1,
            Outlook::NotTargeted => {}
            Outlook::InTheWay(met) => {
                held += 1;
                for (reason, said) in met {
                    let own = Reason::from_code(reason).map(Reason::next_action);
                    let count = counts.entry(reason).or_insert_with(|| BlockerCount {
                        reason: reason.to_owned(),
                        next_action: own.unwrap_or(said).to_owned(),
                        servers: 0,
                    });
                    count.servers += 1;
                }
            }
        }
    }
    let mut blockers: Vec<BlockerCount> = counts.into_values().collect();
    blockers.sort_by_key(|count| core::cmp::Reverse(count.servers));
    let expected = servers.iter().filter(|server| server.expected);
    let asked_for = expected.filter(|server| !is_no_target(server)).count();
    Outlooks {
        clear,
        clear_percent: (clear * 100).checked_div(asked_for).unwrap_or(0),
        held,
        blockers,
    }
}

/// Is the bundle not for it, by a run or by a look?
fn is_no_target(server: &Server) -> bool {
    let looked = || matches!(outlook(server), Some(Outlook::NotTargeted));
    server.standing == Standing::State(State::NotTargeted) || looked()
}

/// The reasons that stand in the way of a server beside that of its report.
pub(super) fn others(server: &Server) -> Vec<&str> {
    let Some(report) = &server.report else {
        return Vec::new();
    };
    let reasons = report.blockers.iter().map(|one| &*one.reason);
    let others: BTreeSet<&str> = reasons
        .filter(|&reason| reason != &*report.reason)
        .collect();
    others.into_iter().collect()
}

#[cfg(test)]
mod tests;
