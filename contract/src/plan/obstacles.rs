//! What stands in the way of a server: why nothing is done there, and all that a person would
//! meet one after the other.

use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::reason::Reason;

/// Why nothing is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(super) reason: Reason,
    pub(super) detail: String,
}

impl Stop {
    pub(super) fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }

    pub(super) fn unreadable<T>(name: &str, fact: &Fact<T>) -> Self {
        let why = fact.unreadable().unwrap_or("not found");
        Self::new(Reason::FactsUnreadable, format!("`{name}`: {why}"))
    }
}

/// One thing that stands in the way of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocker {
    /// Why; one for which [`Reason::stands_in_the_way`].
    pub reason: Reason,
    /// What was found, for a person; may be empty.
    pub detail: String,
}

/// The stops that a decision met, each once, in the order in which they were met: the first is
/// the reason of the plan.
#[derive(Debug, Default)]
pub(super) struct Obstacles(Vec<Stop>);

impl Obstacles {
    pub(super) fn push(&mut self, stop: Stop) {
        if !self.0.contains(&stop) {
            self.0.push(stop);
        }
    }

    /// What a check gives, when it met nothing.
    pub(super) fn met<T>(&mut self, checked: Result<T, Stop>) -> Option<T> {
        checked.map_err(|stop| self.push(stop)).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn blockers(&self) -> Vec<Blocker> {
        self.0
            .iter()
            .filter(|stop| stop.reason.stands_in_the_way())
            .map(|stop| Blocker {
                reason: stop.reason,
                detail: stop.detail.clone(),
            })
            .collect()
    }

    pub(super) fn into_first(self) -> Option<Stop> {
        self.0.into_iter().next()
    }
}
