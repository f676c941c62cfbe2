//! Lines that the bootstrap writes to the Application log: what people look for, and what a SOC is told
//! of before.

use serde::{Deserialize, Serialize};

use crate::state::State;

/// Sources of the Application log, one key each, below `HKEY_LOCAL_MACHINE`.
pub const SOURCES: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application";

/// Source of the bootstrap's own lines.
pub const SOURCE: &str = "Gangway";

/// Weight of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Good or waiting.
    Information,
    /// Somebody has to act.
    Warning,
    /// Failed or refused.
    Error,
}

/// Id and weight of the line that tells of a state. The ids are stable, and a message file of Windows
/// takes 1 to 1000. The text begins with the state and a colon.
pub const fn of_state(state: State) -> (u32, Level) {
    match state {
        State::Onboarded => (100, Level::Information),
        State::OnboardedPendingReboot => (101, Level::Information),
        State::OnboardedUnhealthy => (301, Level::Warning),
        State::Offboarded => (102, Level::Information),
        State::Assessed => (103, Level::Information),
        State::NotTargeted => (104, Level::Information),
        State::Waiting => (200, Level::Information),
        State::Blocked => (300, Level::Warning),
        State::Failed => (400, Level::Error),
        State::Refused => (500, Level::Error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_an_id_of_its_own_that_message_files_take() {
        let mut ids: Vec<u32> = State::ALL.iter().map(|state| of_state(*state).0).collect();
        assert!(ids.iter().all(|id| (1..=1000).contains(id)), "{ids:?}");
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), State::ALL.len());
    }
}
