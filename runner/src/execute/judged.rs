//! How one step ended, and whether the run ends with it.

use gangway_contract::report::StepOutcome;
use gangway_contract::step::StepKind;

use crate::codes;
use crate::stop::Stop;

/// How one step ended, and whether the run ends with it.
pub(super) struct Judged {
    pub(super) result: StepOutcome,
    pub(super) code: Option<u32>,
    pub(super) detail: String,
    pub(super) stop: Option<Stop>,
}

impl Judged {
    pub(super) fn code(kind: StepKind, code: u32, result: StepOutcome) -> Self {
        Self {
            result,
            code: Some(code),
            detail: codes::describe(kind, code),
            stop: None,
        }
    }

    pub(super) fn text(detail: String, result: StepOutcome) -> Self {
        Self {
            result,
            code: None,
            detail,
            stop: None,
        }
    }

    pub(super) fn stopped(self, stop: Stop) -> Self {
        Self {
            stop: Some(stop),
            ..self
        }
    }
}
