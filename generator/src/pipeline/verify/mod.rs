//! `gangway verify`: is this the bundle that was built, plus a signature at most?
//!
//! Three circles of proof, each named in the result. The bundle's own documents vouch for every
//! file and for each other, and the exe is made again from them. Roots that the caller names judge
//! the signature. One digest that was kept outside, that of `bundle.json`, proves the whole.

mod documents;
mod exe;
mod listing;
mod signature;
#[cfg(test)]
mod tests;
mod tree;

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use gangway_contract::manifest::Manifest;
use schemars::JsonSchema;
use serde::Serialize;

pub(super) use exe::digest as exe_digest;
pub(super) use signature::{Judged, judge, not_stamped};
pub(super) use tree::{Found, Tree, digest as file_digest};

use super::build_error::BuildError;
use super::codes;
use super::config::Config;
use super::demands::Demands;
use super::output::{OutputError, io_error};
use super::stub::Stub;
use super::{lock, offboarding, output};
use crate::bundle::{self, BundleDocument};
use crate::failure::{FailureCode, Fault};
use crate::goal::Goal;
use crate::intake::codes::LAB_ROOT;
use crate::plain_file;
use crate::problem::{Deny, Problem};

/// What to verify, and what from outside the bundle to hold it against.
#[derive(Debug, Clone)]
pub struct VerifyRequest {
    /// The bundle's folder.
    pub bundle: PathBuf,
    /// A config: its `signing.roots` judge the signature, and the lock beside it remembers the
    /// digest of the bundle that was built last in each mode.
    pub config: Option<PathBuf>,
    /// Further root certificates for the signature, PEM or DER.
    pub roots: Vec<PathBuf>,
    /// Digest of `bundle.json` as `build` printed it; goes before the lock's.
    pub expect: Option<Sha256>,
    /// The stub to make the exe again from, instead of the one beside this program.
    pub stub: Option<PathBuf>,
    /// May a signature lack the time stamp that the config asks for?
    pub allow_unstamped: bool,
    /// Moment that the signature is judged at, in seconds since 1970 UTC.
    pub now: i64,
}

impl VerifyRequest {
    /// A bundle held against nothing outside of it.
    pub fn of(bundle: &Path, now: i64) -> Self {
        Self {
            bundle: bundle.to_owned(),
            config: None,
            roots: Vec::new(),
            expect: None,
            stub: None,
            allow_unstamped: false,
            now,
        }
    }
}

/// What was found.
#[derive(Debug)]
pub struct Verification {
    /// The document, as it stands in the folder.
    pub document: BundleDocument,
    /// SHA-256 of `bundle.json`.
    pub bundle_json_sha256: Sha256,
    /// The bundle's mode, as `build --mode` is told.
    pub goal: Goal,
    /// Files whose bytes were compared.
    pub files: usize,
    /// What outside the bundle vouches for it.
    pub pinned: Pinned,
    /// The stub of the exe, and how far it is proven, in one line.
    pub stub: String,
    /// State of the exe's signature.
    pub signature: Signature,
    /// Does it lack the time stamp that the config asks for, and that nobody renounced?
    pub lacks_stamp: bool,
    /// The exe as it was read, when it is the one that was built, plus a signature at most.
    pub(super) exe: Option<ProvenExe>,
    /// Everything that is wrong, errors and warnings.
    pub problems: Vec<Problem>,
}

impl Verification {
    /// Nothing is wrong that stands against the bundle, and, where a signature is asked for, a
    /// named root vouches for it and it has what the config asks for.
    pub fn is_good(&self, signed: bool, deny: &Deny) -> bool {
        let is_vouched = self.signature.standing == Standing::Vouched;
        let withheld = signed && (!is_vouched || self.lacks_stamp);
        let counts = |problem: &Problem| problem.is_error() || deny.refuses(problem);
        !withheld && !self.problems.iter().any(counts)
    }
}

/// What outside a bundle vouches for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pinned {
    /// No digest from outside: the bundle vouches for itself.
    Nothing,
    /// The digest that the caller gave.
    Expected,
    /// The digest in the lock beside the config.
    Lock,
}

/// The exe's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// How far it is proven.
    pub standing: Standing,
    /// In one line.
    pub summary: String,
}

/// How far a signature is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// There is none.
    Unsigned,
    /// It is intact, and no root was named to judge it by.
    Intact,
    /// One of the named roots vouches for it.
    Vouched,
    /// It does not hold, or was not looked at.
    Refused,
}

/// An exe that was made again from the bundle's own documents.
#[derive(Debug)]
pub(super) struct ProvenExe {
    /// As it lies in the bundle.
    pub(super) bytes: Vec<u8>,
    /// Without a signature.
    pub(super) unsigned: Vec<u8>,
}

/// Why nothing could be said.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no such folder.
    #[error("`{}` is not there",
        path.display()
    )]
    Absent {
        /// The folder that was to be a bundle.
        path: PathBuf,
    },
    /// The folder is no bundle.
    #[error("`{}` is no bundle: {why}", path.display())]
    NotABundle {
        /// The folder.
        path: PathBuf,
        /// What is missing or malformed.
        why: String,
    },
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] OutputError),
    /// Config, lock, root or stub.
    #[error(transparent)]
    Outside(Box<BuildError>),
}

impl Fault for VerifyError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Absent { .. } => FailureCode::Files,
            Self::NotABundle { .. } => FailureCode::NotABundle,
            Self::Io(error) => error.code(),
            Self::Outside(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Absent { .. } | Self::NotABundle { .. } => {
                Some("name the folder that `gangway build` wrote".into())
            }
            Self::Io(error) => error.hint(),
            Self::Outside(error) => error.hint(),
        }
    }
}

impl From<BuildError> for VerifyError {
    fn from(error: BuildError) -> Self {
        Self::Outside(Box::new(error))
    }
}

/// What to do about a bundle that the lock does not remember.
const NOT_THE_LAST: &str = "copy the bundle again as a whole; of an earlier build, which the lock \
                            has forgotten, give the digest that `build` printed by `--expect`";

/// How often a bundle that is exchanged meanwhile is looked at.
const MAX_LOOKS: usize = 5;

/// The cure for anything that was changed after the build.
const BUILD_AGAIN: &str = "copy the bundle again as a whole, or build it again";

/// Verifies a bundle.
///
/// # Errors
/// The folder is no bundle or cannot be read, or what the request names cannot; everything else
/// is a problem.
pub fn verify(request: &VerifyRequest) -> Result<Verification, VerifyError> {
    verify_files(request, Payloads::Read)
}

/// Verifies a bundle for one who reads every payload next, and holds it against the manifest: of the
/// payloads only the sizes are looked at here.
///
/// # Errors
/// Those of [`verify`].
pub(super) fn verify_all_but_payloads(
    request: &VerifyRequest,
) -> Result<Verification, VerifyError> {
    verify_files(request, Payloads::LeftOut)
}

/// Is the content of the payloads compared?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Payloads {
    Read,
    LeftOut,
}

fn verify_files(request: &VerifyRequest, payloads: Payloads) -> Result<Verification, VerifyError> {
    let outside = Outside::load(request)?;
    for _ in 1..MAX_LOOKS {
        let (document, bytes) = load_document(&request.bundle)?;
        let verified = verify_once(request, &outside, document, &bytes, payloads);
        let is_good = |found: &Verification| found.problems.iter().all(|one| !one.is_error());
        let settled = verified.as_ref().is_ok_and(is_good)
            || load_document(&request.bundle).is_ok_and(|(_, again)| again == bytes);
        if settled {
            return verified;
        }
        // A build exchanged the folder meanwhile: what was seen is of two bundles.
    }
    let (document, bytes) = load_document(&request.bundle)?;
    verify_once(request, &outside, document, &bytes, payloads)
}

fn verify_once(
    request: &VerifyRequest,
    outside: &Outside,
    document: BundleDocument,
    bytes: &[u8],
    payloads: Payloads,
) -> Result<Verification, VerifyError> {
    let bundle_json_sha256 = Sha256::of(bytes);
    let tree = Tree::walk(&request.bundle)?;

    let (pinned, pin_problem) = outside.pin(request, &document, bundle_json_sha256);
    let mut problems: Vec<Problem> = pin_problem.into_iter().collect();
    problems.extend(tree.problems.iter().cloned());
    problems.extend(listing::check_document(&document, bytes));
    let (files, changes) = listing::compare(&document, &tree, payloads)?;
    problems.extend(changes);
    problems.extend(listing::check_sums(&tree, &document, bundle_json_sha256)?);
    let (manifest, faults) = documents::check(&tree, &document)?;
    problems.extend(faults);
    problems.extend(
        manifest
            .as_ref()
            .and_then(|stored| lab_roots(&stored.manifest)),
    );
    let ends = manifest
        .as_ref()
        .and_then(|stored| offboarding::end_of(&stored.manifest, documents::MANIFEST, request.now));
    problems.extend(ends);
    let judged = exe::judge(&tree, &document, manifest.as_ref(), outside)?;
    problems.extend(judged.problems);
    problems.sort_by(|left, right| left.subject.cmp(&right.subject));
    let is_unstamped = problems
        .iter()
        .any(|one| one.code == &codes::EXE_NOT_STAMPED);
    let stored = manifest.as_ref().map(|stored| &stored.manifest);
    let goal = stored.map_or_else(|| document.mode.into(), Goal::of);
    Ok(Verification {
        goal,
        document,
        bundle_json_sha256,
        files,
        pinned,
        stub: judged.stub,
        signature: judged.signature,
        lacks_stamp: is_unstamped && !request.allow_unstamped,
        exe: judged.proven,
        problems,
    })
}

/// Lab roots that the bundle was made with: whoever releases it is told as the one who built it was.
fn lab_roots(manifest: &Manifest) -> Option<Problem> {
    let problem = Problem::new(
        &LAB_ROOT,
        documents::MANIFEST,
        "the config that the bundle was built from trusts lab roots",
        "right for tests; for production take `lab_roots` out of `[trust]` and build again",
    );
    let roots = manifest.lab_roots.iter().map(ToString::to_string);
    (roots.len() > 0).then(|| problem.naming(roots))
}

/// Does a folder hold the files of this document, as they were built, and none besides? Of those
/// that it does not list only the names count.
pub(super) fn same_files(folder: &Path, document: &BundleDocument) -> Result<bool, OutputError> {
    let tree = Tree::walk(folder)?;
    Ok(tree.problems.is_empty()
        && listing::compare(document, &tree, Payloads::Read)?
            .1
            .is_empty())
}

/// What the caller has of his own.
struct Outside {
    /// Of the signature.
    demands: Demands,
    lock: Option<crate::intake::lock::Lock>,
    /// A stub, and whether the caller named it.
    stub: Option<(Vec<u8>, bool)>,
}

impl VerifyRequest {
    /// What signatures have to have, by the config and what is named beside it.
    ///
    /// # Errors
    /// The config or a root cannot be read.
    pub(super) fn demands(&self) -> Result<Demands, VerifyError> {
        let config = self.config.as_deref().map(Config::load).transpose();
        let config = config.map_err(BuildError::Config)?;
        let demands = Demands::of(&self.roots, config.as_ref(), self.now)?;
        Ok(Demands {
            wants_stamp: demands.wants_stamp && !self.allow_unstamped,
            ..demands
        })
    }
}

impl Outside {
    fn load(request: &VerifyRequest) -> Result<Self, VerifyError> {
        let config = request.config.as_deref().map(Config::load).transpose();
        let config = config.map_err(BuildError::Config)?;
        let lock = match &request.config {
            Some(path) => lock::read_of(path)?,
            None => None,
        };
        let demands = Demands::of(&request.roots, config.as_ref(), request.now)?;
        let configured = config.and_then(|config| config.bootstrap.stub);
        let named = request.stub.is_some();
        let stub = Stub::load_if_there(request.stub.as_deref(), configured.as_deref())?;
        Ok(Self {
            demands,
            lock,
            stub: stub.map(|stub| (stub.bytes.into_owned(), named)),
        })
    }

    /// Holds the digest of `bundle.json` against the one that was kept outside.
    fn pin(
        &self,
        request: &VerifyRequest,
        document: &BundleDocument,
        found: Sha256,
    ) -> (Pinned, Option<Problem>) {
        let locked = || {
            let lock = self.lock.as_ref()?;
            if lock.vouches_for(found) {
                return Some((Pinned::Lock, found));
            }
            // Of its goal the manifest tells, which is not proven yet: whichever it may be of, it is none of them.
            let of_mode = lock
                .built
                .iter()
                .filter(|built| built.mode.mode() == document.mode);
            let built = of_mode.max_by_key(|built| built.sequence)?;
            Some((Pinned::Lock, built.bundle_json_sha256?))
        };
        let expected = request.expect.map(|digest| (Pinned::Expected, digest));
        match expected.or_else(locked) {
            None => (Pinned::Nothing, Some(self.not_pinned(request))),
            Some((pinned, digest)) if digest == found => (pinned, None),
            Some((pinned, digest)) => {
                let whose = match pinned {
                    Pinned::Lock => "that `gangway.lock` remembers",
                    _ => "that is expected",
                };
                let problem = Problem::new(
                    &codes::NOT_THE_BUILT_ONE,
                    bundle::FILE_NAME,
                    format!("the bundle is not the one {whose}"),
                    match pinned {
                        Pinned::Lock => NOT_THE_LAST,
                        _ => BUILD_AGAIN,
                    },
                )
                .with_evidence(format!("expected SHA-256 {digest}"))
                .with_evidence(format!("found    SHA-256 {found}"));
                (Pinned::Nothing, Some(problem))
            }
        }
    }

    fn not_pinned(&self, request: &VerifyRequest) -> Problem {
        let (why, next) = match (&request.config, &self.lock) {
            (None, _) => (
                "nothing outside the bundle vouches for it",
                "name the config that it was built from by `--config`, with its `gangway.lock` \
                 beside it, or give the digest that `build` printed by `--expect`",
            ),
            (Some(_), None) => (
                "nothing outside the bundle vouches for it: there is no `gangway.lock` beside the \
                 config",
                "take the lock from version control, or give the digest that `build` printed by \
                 `--expect`",
            ),
            (Some(_), Some(_)) => (
                "nothing outside the bundle vouches for it: the lock beside the config has no digest \
                 of a bundle of this mode",
                "give the digest that `build` printed by `--expect`; `gangway lock --from BUNDLE \
                 --expect DIGEST` keeps it in the lock",
            ),
        };
        Problem::new(&codes::NOT_PINNED, bundle::FILE_NAME, why, next)
    }
}

/// Reads `bundle.json` of a folder; its bytes too.
fn load_document(folder: &Path) -> Result<(BundleDocument, Vec<u8>), VerifyError> {
    let not_a_bundle = |why: String| VerifyError::NotABundle {
        path: folder.to_owned(),
        why: format!("`{}`: {why}", bundle::FILE_NAME),
    };
    if !folder.exists() {
        // Between the two renames of a build that was killed.
        output::mend(folder);
    }
    if !folder.exists() {
        let path = folder.to_owned();
        return Err(VerifyError::Absent { path });
    }
    let path = folder.join(bundle::FILE_NAME);
    let bytes = read_bounded(&path, bundle::MAX_BYTES).map_err(|error| match error.kind() {
        // What this account may not read may be a bundle.
        io::ErrorKind::PermissionDenied => VerifyError::Io(io_error("read", &path)(error)),
        _ => not_a_bundle(error.to_string()),
    })?;
    let document = BundleDocument::parse(&bytes).map_err(not_a_bundle)?;
    Ok((document, bytes))
}

fn missing(path: &str) -> Problem {
    Problem::new(
        &codes::FILE_MISSING,
        path,
        "the file is missing",
        BUILD_AGAIN,
    )
}

/// Reads a small file whole; a larger one is an error, not a surprise.
fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    plain_file::read(path, limit)?
        .ok_or_else(|| io::Error::other(format!("more than {limit} bytes")))
}

/// Reads a file of the bundle; one above the limit is the bundle's fault, not the system's.
fn read_below(found: &Found, limit: u64) -> Result<Result<Vec<u8>, String>, OutputError> {
    let read = plain_file::read(&found.path, limit).map_err(io_error("read", &found.path))?;
    Ok(read.ok_or_else(|| format!("it has more than {limit} bytes")))
}

fn refused(path: &str, why: impl Into<String>) -> Problem {
    Problem::new(&codes::FILE_CHANGED, path, why, BUILD_AGAIN)
}
