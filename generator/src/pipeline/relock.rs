//! `gangway lock`: a lost lock made again from the bundles that it remembered.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;

use super::build_error::BuildError;
use super::codes;
use super::config::{Config, ConfigError, Organization};
use super::identity;
use super::lock::{HeldLock, path_beside};
use super::sequence::bundle_at;
use super::sequence_bounds::{is_far, leaves_enough, too_few_left};
use super::trust;
use super::verify::{VerifyError, VerifyRequest, verify};
use crate::failure::{FailureCode, Fault};
use crate::intake::lock::{BuiltBundle, Lock, LockMode, MAX_SEQUENCE};
use crate::problem::Problem;

/// What to make a lock from.
#[derive(Debug, Clone)]
pub struct RelockRequest {
    /// The config whose lock it is.
    pub config: PathBuf,
    /// Bundles, one for each mode at most.
    pub bundles: Vec<PathBuf>,
    /// Digest of `bundle.json` as `build` printed it, for a single bundle.
    pub expect: Option<Sha256>,
    /// A sequence that servers have seen already.
    pub sequence_after: u64,
    /// Moment that signatures are judged at, in seconds since 1970 UTC.
    pub now: i64,
}

/// A lock that was made.
#[derive(Debug)]
pub struct Relocked {
    /// The file beside the config.
    pub path: PathBuf,
    /// What it says now.
    pub lock: Lock,
    /// Findings below error.
    pub problems: Vec<Problem>,
}

/// Why no lock was made.
#[derive(Debug, thiserror::Error)]
pub enum RelockError {
    /// `gangway.toml` cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The lock that is there, or the disk.
    #[error(transparent)]
    Lock(#[from] BuildError),
    /// A bundle cannot be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// A bundle does not verify.
    #[error("bundle `{}` does not verify, so no lock is made from it: {} {}: {}",
        path.display(), problem.code.id, problem.subject, problem.message
    )]
    NotProven {
        /// Folder of the bundle.
        path: PathBuf,
        /// The first thing that is wrong.
        problem: Box<Problem>,
    },
    /// A bundle of somebody else.
    #[error("bundle `{}` is not of `{organization}`, the organisation of the config", path.display()
    )]
    OfAnother {
        /// Folder of the bundle.
        path: PathBuf,
        /// The config's organisation, by its identity.
        organization: String,
    },
    /// A lock that counts on from it would soon give no sequence any more.
    #[error("bundle `{}` {}", path.display(), too_few_left(*found))]
    TooFar {
        /// Folder of the bundle.
        path: PathBuf,
        /// Its sequence.
        found: u64,
    },
    /// The lock knows a later one.
    #[error("bundle `{}` has sequence {found}, and the lock remembers another one with {locked} in \
         this mode",
        path.display()
    )]
    NotNewer {
        /// Folder of the bundle.
        path: PathBuf,
        /// Its sequence.
        found: u64,
        /// The highest one that the lock gave.
        locked: u64,
    },
}

impl Fault for RelockError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Config(error) => error.code(),
            Self::Lock(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::NotProven { .. } | Self::OfAnother { .. } => FailureCode::NotVerified,
            Self::NotNewer { .. } | Self::TooFar { .. } => FailureCode::Problems,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Config(error) => return error.hint(),
            Self::Lock(error) => return error.hint(),
            Self::Verify(error) => return error.hint(),
            Self::NotProven { problem, .. } => return Some(problem.next_action.clone().into()),
            Self::OfAnother { .. } => "name the config that it was built from by `--config`",
            Self::TooFar { .. } => {
                "a lock never goes back: name another bundle; where this one is yours, give the digest that \
                 `build` printed by `--expect`"
            }
            Self::NotNewer { .. } => {
                "the lock is not behind this bundle; name the newest bundle of the mode"
            }
        };
        Some(hint.into())
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::NotProven { problem, .. } => vec![(**problem).clone()],
            Self::Lock(error) => error.problems(),
            _ => Vec::new(),
        }
    }
}

/// Makes the lock again, or brings one up to date that is behind. Accepted downloads are kept from
/// the lock that is there; of a bundle none are taken: the next build looks at them anew.
///
/// # Errors
/// The lock stays as it was.
pub fn relock(request: &RelockRequest) -> Result<Relocked, RelockError> {
    let config = Config::load(&request.config)?;
    trust::signing_roots(&config)?;
    let organization = &config.organization;
    let held = HeldLock::of(&request.config, LockMode::Check)?;
    let mut lock = held.old.clone().unwrap_or_default();
    if let Some(problem) = identity::changed(lock.identity.as_deref(), organization, false) {
        return Err(BuildError::Problems(vec![problem]).into());
    }
    lock.identity = Some(organization.identity().to_owned());
    let mut problems = Vec::new();
    for path in &request.bundles {
        let (built, found) = proven(path, request, organization, &config.signing.roots)?;
        problems.extend(found);
        let last = lock.built(built.mode);
        let is_vouched = built
            .bundle_json_sha256
            .is_some_and(|found| lock.vouches_for(found));
        let known = lock.sequence.max(request.sequence_after);
        let is_trusted = is_vouched || request.expect.is_some();
        problems.extend(far_ahead(path, built.sequence, known, is_trusted)?);
        // A lower one than the lock knows would be refused by the servers; an equal one is another
        // bundle where the lock vouches for its own.
        let is_behind = |last: &BuiltBundle| {
            let is_another = last.bundle_json_sha256.is_some() && !is_vouched;
            last.sequence > built.sequence || last.sequence == built.sequence && is_another
        };
        if let Some(last) = last.filter(|last| is_behind(last)) {
            return Err(RelockError::NotNewer {
                path: path.clone(),
                found: built.sequence,
                locked: last.sequence,
            });
        }
        // Of one that servers have seen a higher sequence than, which a former run was told.
        let is_outrun = last
            .is_some_and(|last| last.sequence == built.sequence && last.manifest_sha256.is_none());
        lock.remember(BuiltBundle {
            manifest_sha256: built.manifest_sha256.filter(|_| !is_outrun),
            // A bundle proves that it is whole, and never who made it: without a digest from
            // outside the lock learns to count on from it, and vouches for nothing.
            bundle_json_sha256: built
                .bundle_json_sha256
                .filter(|_| is_vouched || request.expect.is_some()),
            ..built
        });
    }
    if request.sequence_after > 0 {
        lock.go_on_after(request.sequence_after);
    }
    if let Some(prepared) = held.prepare(&lock)? {
        prepared.put()?;
    }
    Ok(Relocked {
        path: path_beside(&request.config),
        lock,
        problems,
    })
}

/// What there is to say of the sequence of a bundle, where nobody vouches for it: whoever could write to its
/// folder may have made it up, and a lock never comes back from one.
fn far_ahead(
    path: &Path,
    sequence: u64,
    known: u64,
    is_trusted: bool,
) -> Result<Option<Problem>, RelockError> {
    if sequence > MAX_SEQUENCE || !is_trusted && !leaves_enough(sequence) {
        return Err(RelockError::TooFar {
            path: path.to_owned(),
            found: sequence,
        });
    }
    let problem = || {
        let others = match known {
            0 => "nothing else is known".to_owned(),
            known => format!("the highest one that is known is {known}"),
        };
        Problem::new(
            &codes::SEQUENCE_FAR_AHEAD,
            path.display().to_string(),
            format!("it has sequence {sequence}, and {others}: the lock goes on from it"),
            "where it is a bundle of yours, nothing is to be done (`--expect` says so); else take the lock from \
             version control again, or delete it, and make it from another bundle",
        )
    };
    Ok((!is_trusted && is_far(sequence, known)).then(problem))
}

/// A bundle as a lock remembers it, when it verifies.
fn proven(
    path: &Path,
    request: &RelockRequest,
    organization: &Organization,
    roots: &[PathBuf],
) -> Result<(BuiltBundle, Vec<Problem>), RelockError> {
    let verified = verify(&VerifyRequest {
        expect: request.expect,
        roots: roots.to_vec(),
        ..VerifyRequest::of(path, request.now)
    })?;
    if let Some(problem) = verified.problems.iter().find(|problem| problem.is_error()) {
        return Err(RelockError::NotProven {
            path: path.to_owned(),
            problem: Box::new(problem.clone()),
        });
    }
    match bundle_at(path, organization.identity()) {
        Some(built) if built.bundle_json_sha256 == Some(verified.bundle_json_sha256) => {
            let mut problems = verified.problems;
            // The lock that would vouch is the one that is made here.
            problems.retain(|problem| problem.code != &codes::NOT_PINNED);
            Ok((built, problems))
        }
        _ => Err(RelockError::OfAnother {
            path: path.to_owned(),
            organization: organization.identity().to_owned(),
        }),
    }
}
