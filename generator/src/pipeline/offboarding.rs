//! The end of what takes servers out of the service: one rule for every command that meets such a bundle.

use gangway_contract::manifest::Manifest;

use super::codes::OFFBOARDING_ENDED;
use crate::intake::codes::{OFFBOARDING_EXPIRED, OFFBOARDING_EXPIRES_SOON};
use crate::intake::offboarding_end;
use crate::problem::Problem;

/// The finding of an offboarding bundle whose package has ended at `now`, in seconds since 1970 UTC, or soon does.
/// How long it was valid at all, whoever built it was told.
pub(super) fn end_of(manifest: &Manifest, subject: &str, now: i64) -> Option<Problem> {
    end_at(manifest.expires_at?, subject, now)
}

/// The same of what ends at that moment.
pub(super) fn end_at(expires_at: i64, subject: &str, now: i64) -> Option<Problem> {
    let mut problem = offboarding_end(expires_at, now, subject)?;
    if problem.code == &OFFBOARDING_EXPIRED {
        // The bundle is the one that was built; who brings it to servers refuses it.
        problem.code = &OFFBOARDING_ENDED;
        "download a new one (Settings > Endpoints > Offboarding), and build again"
            .clone_into(&mut problem.next_action);
        return Some(problem);
    }
    (problem.code == &OFFBOARDING_EXPIRES_SOON).then_some(problem)
}

/// Is this a finding of [`end_of`]?
pub(super) fn is_about_end(problem: &Problem) -> bool {
    [&OFFBOARDING_ENDED, &OFFBOARDING_EXPIRES_SOON].contains(&problem.code)
}

/// Has the package of this bundle ended? For those who bring it to servers.
pub(super) fn ended(problems: &[Problem]) -> Option<&Problem> {
    let mut problems = problems.iter();
    problems.find(|problem| problem.code == &OFFBOARDING_ENDED)
}
