//! The packages that are vouched for: those that are made of the bundle, and no others.

use std::path::Path;

use super::packages::{self, Digested, Known, Made};
use super::{AttestError, AttestRequest, proven};
use crate::pipeline::demands::Demands;
use crate::pipeline::offboarding::is_about_end;
use crate::pipeline::package::{self, NotRemade, PackageError, Remade};
use crate::pipeline::verify::VerifyRequest;
use crate::problem::Problem;
use crate::provenance::codes;

/// What to do about packages that are others than this bundle's.
const MAKE_AGAIN: &str = "make the packages again, into a new folder by `gangway package BUNDLE --out DIR`, with this config, \
                          this version and the options that were given then, and attest them right after it";

/// The files of a folder of packages, each held against what it was made of, and findings below error.
///
/// # Errors
/// One is not what is made of the bundle, or cannot be made again to be compared.
pub(super) fn packed(
    folder: &Path,
    request: &AttestRequest,
    made: &Made<'_>,
    scratch: &Path,
) -> Result<(Vec<Digested>, Vec<Problem>), AttestError> {
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
    let mut problems = Vec::new();
    if let Some((found, _)) = &back {
        let of_back = found.problems.iter();
        problems.extend(of_back.filter(|one| is_about_end(one)).cloned());
    }
    let known = Known::Nothing {
        offboarding: back.map(|(found, identity)| Box::new((found.document, identity))),
    };
    let demands: Demands = request.bundle.demands()?;
    let refused = |problem| AttestError::Refused(Box::new(problem));
    let listed = packages::of(folder, made, &known)?.map_err(refused)?;
    let there = package::Listed {
        folder,
        document: &listed.document,
    };
    let offboard = request.offboard.as_deref();
    let remade = package::differences(there, &request.bundle, offboard, &demands, scratch);
    let Remade {
        faults,
        refused: signatures,
        problems: told,
    } = remade.map_err(|NotRemade { path, error }| not_remade(&path, *error))?;
    if let Some(problem) = other(faults).or_else(|| first(signatures)) {
        return Err(refused(problem));
    }
    problems.extend(listed.problems);
    problems.extend(told);
    Ok((listed.files, problems))
}

/// The finding of files that differ: the first one, and all others by their names.
fn other(differences: Vec<(String, String)>) -> Option<Problem> {
    let mut differences = differences.into_iter();
    let (path, why) = differences.next()?;
    let problem = Problem::new(&codes::NOT_MADE_OF_IT, path, why, MAKE_AGAIN);
    Some(problem.naming(differences.map(|(path, why)| format!("{path}: {why}"))))
}

/// The first of several signatures that are refused, with the names of the other files.
fn first(refused: Vec<Problem>) -> Option<Problem> {
    let mut refused = refused.into_iter();
    let problem = refused.next()?;
    Some(problem.naming(refused.map(|one| format!("{}: {}", one.subject, one.message))))
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
