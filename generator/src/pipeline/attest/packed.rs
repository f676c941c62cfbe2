//! The packages that are vouched for: those that are made of the bundle, and no others.

use std::path::Path;

use super::packages::{self, Digested, Known, Made};
use super::{AttestError, AttestRequest, proven};
use crate::pipeline::offboarding::is_about_end;
use crate::pipeline::package::{self, NotRemade, PackageError};
use crate::pipeline::verify::VerifyRequest;
use crate::problem::Problem;
use crate::provenance::codes;

/// What to do about packages that are others than this bundle's.
const MAKE_AGAIN: &str = "make the packages again by `gangway package`, with this config and this version, and \
                          attest right after it";

/// The files of a folder of packages, each held against what it was made of, and the finding of an offboarding bundle
/// that does nothing any more.
///
/// # Errors
/// One is not what is made of the bundle, or cannot be made again to be compared.
pub(super) fn packed(
    folder: &Path,
    request: &AttestRequest,
    made: &Made<'_>,
    scratch: &Path,
) -> Result<(Vec<Digested>, Option<Problem>), AttestError> {
    let back = match &request.offboard {
        Some(bundle) => {
            let verified = VerifyRequest {
                bundle: bundle.clone(),
                // That is the digest of the other one.
                expect: None,
                ..request.bundle.clone()
            };
            Some(proven(&verified, request.allow_unsigned)?)
        }
        None => None,
    };
    let mut about_end = None;
    if let Some((found, _)) = &back {
        let mut problems = found.problems.iter();
        about_end = problems.find(|one| is_about_end(one)).cloned();
    }
    let known = Known::Nothing {
        offboarding: back.map(|(found, identity)| Box::new((found.document, identity))),
        anchors: request.bundle.anchors()?,
        now: request.bundle.now,
    };
    let refused = |problem| AttestError::Refused(Box::new(problem));
    let listed = packages::of(folder, made, &known)?.map_err(refused)?;
    let there = package::Listed {
        folder,
        document: &listed.document,
    };
    let offboard = request.offboard.as_deref();
    match package::differences(there, &request.bundle, offboard, scratch) {
        Ok(differences) => match other(differences) {
            None => Ok((listed.files, about_end)),
            Some(problem) => Err(refused(problem)),
        },
        Err(NotRemade { path, error }) => Err(not_remade(&path, *error)),
    }
}

/// The finding of files that differ: the first one, and all others by their names.
fn other(differences: Vec<(String, String)>) -> Option<Problem> {
    let mut differences = differences.into_iter();
    let (path, why) = differences.next()?;
    let problem = Problem::new(&codes::NOT_MADE_OF_IT, path, why, MAKE_AGAIN);
    Some(problem.naming(differences.map(|(path, why)| format!("{path}: {why}"))))
}

/// What the bundle stands against is no fault of the machine.
fn not_remade(path: &str, error: PackageError) -> AttestError {
    let found = match error {
        PackageError::Refused(mut problems) if !problems.is_empty() => problems.remove(0),
        PackageError::NotProven(problem) => *problem,
        error => return error.into(),
    };
    let why = "it cannot be made again, so nobody vouches for it";
    let next = found.next_action.clone();
    let problem = Problem::new(&codes::NOT_REMADE, path, why, next);
    let evidence = format!("{} {}: {}", found.code.id, found.subject, found.message);
    AttestError::Refused(Box::new(problem.with_evidence(evidence)))
}
