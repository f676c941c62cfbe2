//! What the journal of earlier runs tells the decision. It says what was in flight and how
//! tries ended; it is never a program counter.

use serde::{Deserialize, Serialize};

use crate::step::StepKind;
use crate::time::UtcTime;

/// Earlier tries on this server.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct History {
    /// One entry per kind of step that was ever tried.
    pub tries: Vec<Tries>,
    /// A step whose end was never recorded and whose process is still there.
    pub in_flight: Option<InFlight>,
}

impl History {
    /// The tries of one kind of step.
    pub fn of(&self, step: StepKind) -> Option<&Tries> {
        self.tries.iter().find(|tries| tries.step == step)
    }

    /// The tries of one kind of step, added when there were none.
    pub fn of_mut(&mut self, step: StepKind) -> &mut Tries {
        let at = self
            .tries
            .iter()
            .position(|tries| tries.step == step)
            .unwrap_or_else(|| {
                self.tries.push(Tries::none(step));
                self.tries.len() - 1
            });
        &mut self.tries[at]
    }
}

/// How often one kind of step was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// Kind of step, in whichever bundle.
    pub step: StepKind,
    /// Ends without success since the last success.
    pub failed: u32,
    /// Ends with success.
    pub done: u32,
    /// Starts without a recorded end since the last success.
    pub interrupted: u32,
    /// Last recorded exit code.
    pub last_code: Option<u32>,
    /// Last recorded end.
    pub last_end: Option<UtcTime>,
    /// Last recorded start; none in journals of before 2026-11.
    #[serde(default)]
    pub last_start: Option<UtcTime>,
}

impl Tries {
    /// No try at all.
    pub fn none(step: StepKind) -> Self {
        Self {
            step,
            failed: 0,
            done: 0,
            interrupted: 0,
            last_code: None,
            last_end: None,
            last_start: None,
        }
    }
}

/// A step that still runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InFlight {
    /// Kind of step, in whichever bundle.
    pub step: StepKind,
    /// When it was started.
    pub started_at: UtcTime,
    /// Process id, for the message.
    pub process: u32,
}
