//! How many servers a ring takes, by their SIDs.

use gangway_contract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Fleet, Server, Standing};

/// What two rings mean for the servers of a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct RingCount {
    /// Servers that the rollout is for: expected, or all that reported.
    pub servers: usize,
    /// Of them: those whose SID neither a report nor the list tells; only a ring of 100 % surely takes
    /// them.
    pub unknown: usize,
    /// Of them: those that are done.
    pub done: usize,
    /// Those that may begin or go on now.
    pub before: usize,
    /// Those that may with the change.
    pub after: usize,
    /// Those that may with the change, may not now, and are not done.
    pub begin: usize,
    /// Those that may now, may not with the change, and are not done.
    pub stop: usize,
}

/// Counts the servers that a ring of `before` percent takes, and one of `after`.
pub fn ring_count(fleet: &Fleet, before: u8, after: u8) -> RingCount {
    let mut count = RingCount::default();
    let not_targeted = Standing::State(State::NotTargeted);
    let counts = |server: &&Server| server.expected && server.standing != not_targeted;
    for server in fleet.servers.iter().filter(counts) {
        // As the bootstrap decides: who everybody is in, is asked of nobody.
        let is_in = |percent: u8| {
            percent >= 100
                || server
                    .ring_position
                    .is_some_and(|position| position < percent)
        };
        let is_done = server.standing.is_done(fleet.campaign.mode);
        let (was, will) = (is_in(before), is_in(after));
        count.servers += 1;
        count.unknown += usize::from(server.ring_position.is_none());
        count.done += usize::from(is_done);
        count.before += usize::from(was);
        count.after += usize::from(will);
        count.begin += usize::from(will && !was && !is_done);
        count.stop += usize::from(was && !will && !is_done);
    }
    count
}
