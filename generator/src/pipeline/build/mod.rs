//! `gangway build`: one folder, complete or not at all.
//!
//! Each stage makes one value of the one before: the desk, what was accepted of the downloads, what
//! servers are told, the files, the bundle in its place.

mod accepted;
mod composed;
mod desk;
mod written;

use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use gangway_contract::control::{self, Control};
use gangway_contract::manifest::Mode;

use super::build_error::BuildError;
use super::codes;
use super::layout::CONTROL_PATH;
use super::lock::NewLock;
use super::output::{self, Staging};
use super::progress::Progress;
use super::unchanged::{changed_files, is_the_same};
use super::verify::judge;
use crate::bundle::BundleDocument;
use crate::intake::lock::{Change, LockMode};
use crate::interrupted;
use crate::plain_file;
use crate::problem::{Deny, Problem};

use accepted::Accepted;
use composed::Composed;
#[cfg(test)]
pub(super) use composed::compose_manifest;
use desk::Desk;
use written::Written;

/// What to build.
#[derive(Debug, Clone)]
pub struct BuildRequest {
    /// `gangway.toml`.
    pub config: PathBuf,
    /// The folder to write.
    pub out: PathBuf,
    /// What the bootstrap will do, before config is asked. Offboarding is never a setting of a
    /// config: it is asked for by name, and gives a bundle of its own.
    pub mode: Option<Mode>,
    /// The stub, before config and neighbourhood are asked.
    pub stub: Option<PathBuf>,
    /// Moment that expiry is judged at, in seconds since 1970 UTC; never enters the bundle.
    pub now: i64,
    /// What may differ from `gangway.lock`.
    pub lock: LockMode,
    /// `SOURCE_DATE_EPOCH`, when set.
    pub source_date_epoch: Option<i64>,
    /// A sequence that servers have seen already; the bundle gets a higher one.
    pub sequence_after: u64,
    /// A folder that the share is reached by: its `control.json` must not hold the bundle back.
    pub share: Option<PathBuf>,
    /// Findings that shall stand against the build.
    pub deny: Deny,
}

/// A bundle that was written.
#[derive(Debug)]
pub struct Built {
    /// Its document.
    pub document: BundleDocument,
    /// SHA-256 of `bundle.json`: the one line that proves the whole to who kept it.
    pub bundle_json_sha256: Sha256,
    /// Findings below error.
    pub problems: Vec<Problem>,
    /// What differs from the lock, and was accepted.
    pub changes: Vec<Change>,
    /// The place held this very bundle already: nothing in it was touched, a signature stays.
    pub unchanged: bool,
    /// Files that differ from the bundle that was there, sorted; none when there was none.
    pub changed_files: Vec<String>,
}

/// Builds a bundle.
///
/// # Errors
/// Anything that stands against it; then the output folder is as it was.
pub fn build(request: &BuildRequest, progress: &dyn Progress) -> Result<Built, BuildError> {
    // Before anything can fail: what a killed build left is not for a later run to mend.
    output::mend(&request.out);
    let desk = Desk::of(request)?;
    let mut staging = Staging::begin(&request.out, &desk.kept())?;
    let inspection = desk.inspect(&mut staging, progress)?;
    let accepted = Accepted::of(&desk, &inspection)?;
    let composed = Composed::of(&desk, &accepted)?;
    let written = Written::of(&desk, &accepted, composed, &mut staging, progress)?;
    let in_place = put_in_place(&desk, &written, staging)?;
    let mut problems = accepted.problems;
    problems.extend(in_place.lost);
    Ok(Built {
        document: written.document,
        bundle_json_sha256: written.bundle_json_sha256,
        problems,
        changes: accepted.changes,
        unchanged: in_place.unchanged,
        changed_files: in_place.changed_files,
    })
}

/// What became of the bundle that was there.
struct InPlace {
    /// It is the very one.
    unchanged: bool,
    /// Files that differ from it.
    changed_files: Vec<String>,
    /// What somebody had changed in it.
    lost: Vec<Problem>,
}

/// Bundle and lock as one.
fn put_in_place(
    desk: &Desk<'_>,
    written: &Written,
    staging: Staging,
) -> Result<InPlace, BuildError> {
    let document = &written.document;
    let before = staging.standing()?;
    let signature_holds = |exe: &[u8]| {
        let judged = judge(
            &document.exe.path,
            exe,
            desk.anchors.as_ref(),
            desk.request.now,
        );
        !judged.problems.iter().any(Problem::is_error)
    };
    let unchanged = before.as_ref() == Some(document)
        && is_the_same(
            staging.target(),
            document,
            &written.sums,
            &written.exe,
            signature_holds,
        );
    let lost = if unchanged {
        Vec::new()
    } else {
        overwritten(desk, &staging)?
    };
    // The lock speaks of bundles that are there. A build that is killed between the two is
    // resumed by the next one (`sequence::resumed`).
    let new_lock = desk.held.prepare(&written.lock)?;
    interrupted::undisturbed(|| -> Result<(), BuildError> {
        if !unchanged {
            staging.commit()?;
        }
        new_lock.map_or(Ok(()), NewLock::put)
    })?;
    let changed_files = before.map(|before| changed_files(&before, document));
    Ok(InPlace {
        unchanged,
        changed_files: changed_files.unwrap_or_default(),
        lost,
    })
}

/// What of the old bundle somebody changed: told, and refused where it is the switch of a share.
fn overwritten(desk: &Desk<'_>, staging: &Staging) -> Result<Vec<Problem>, BuildError> {
    let paths = staging.overwritten()?;
    let problem = |path: &String| {
        let switch = staging.target().join(path);
        if path == CONTROL_PATH && withholds(&switch) {
            return Problem::new(
                &codes::SWITCH_IN_USE,
                path,
                "it holds servers back, and a new bundle would let them go",
                "keep it where the share is, and put the one of the bundle back before you build",
            );
        }
        Problem::new(
            &codes::OVERWRITTEN,
            path,
            "it was changed since it was built, and is written anew",
            "make changes outside of the bundle: each build writes it from the config",
        )
    };
    let problems: Vec<Problem> = paths.iter().map(problem).collect();
    if problems.iter().any(Problem::is_error) {
        return Err(BuildError::Problems(problems));
    }
    if problems
        .iter()
        .any(|problem| desk.request.deny.refuses(problem))
    {
        return Err(BuildError::Denied(problems));
    }
    Ok(problems)
}

/// Is this a switch that holds servers back? One that cannot be read does: the bootstrap takes it for
/// no new work.
fn withholds(path: &Path) -> bool {
    match plain_file::read_whole(path, control::MAX_BYTES as u64) {
        Ok(bytes) => Control::parse(&bytes).as_ref() != Ok(&Control::OPEN),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}
