//! Why a run goes no further.

use gangway_contract::Reason;

use crate::failure::Failure;

/// A named end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The word for log and report.
    pub reason: Reason,
    /// What was found, for a person.
    pub detail: String,
}

impl Stop {
    /// A named end.
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            reason,
            detail: detail.into(),
        }
    }
}

/// A failure on this machine; those on the share are sorted by [`fetch`](crate::fetch).
impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::new(failure.kind.local_reason(), failure.to_string())
    }
}
