//! That the time is over and not every domain controller has what was written.

use std::time::Duration;

use super::{Replica, Span, Standing};
use crate::problem::Problem;
use crate::publication::codes::{REPLICA_BEHIND, REPLICA_NOT_REACHED};

/// Domain controllers that do not have what was written, and how long they were waited for.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} of {all} other domain controllers did not have {what} after {}",
    open.len(),
    Span(*waited)
)]
pub struct Behind {
    /// What was waited for, in words.
    what: &'static str,
    /// Those that lag or could not be asked.
    open: Vec<Replica>,
    /// How many were looked at.
    all: usize,
    waited: Duration,
}

impl Behind {
    pub(super) fn new(what: &'static str, found: Vec<Replica>, waited: Duration) -> Self {
        let all = found.len();
        let open = found.into_iter();
        let open = open.filter(|one| one.standing != Standing::Seen).collect();
        Self {
            what,
            open,
            all,
            waited,
        }
    }

    /// One for each of them.
    pub(in crate::publication) fn problems(&self) -> Vec<Problem> {
        let problem = |one: &Replica| {
            let host = one.host.as_str();
            match &one.standing {
                Standing::Behind(lacks) => {
                    let mut lacks = lacks.iter();
                    let first = lacks.next().cloned().unwrap_or_default();
                    let next = format!(
                        "look at the replication to it: `repadmin /showrepl {host}` for the directory, its \
                         event log `DFS Replication` for SYSVOL (Samba does not replicate SYSVOL by \
                         itself: copy it); then publish again"
                    );
                    let problem = Problem::new(&REPLICA_BEHIND, host, first, next);
                    lacks.fold(problem, Problem::with_evidence)
                }
                Standing::NotReached(why) => Problem::new(
                    &REPLICA_NOT_REACHED,
                    host,
                    why,
                    "this machine must resolve its name and reach its ports 636 (389 with `--start-tls`) \
                     and 445; take one that is gone for good out of the directory; then publish again",
                ),
                Standing::NotAsked | Standing::Seen => Problem::new(
                    &REPLICA_NOT_REACHED,
                    host,
                    "it was not asked",
                    "publish again",
                ),
            }
        };
        self.open.iter().map(problem).collect()
    }
}
