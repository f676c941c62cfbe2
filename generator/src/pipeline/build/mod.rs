//! `gangway build`: one folder, complete or not at all.
//!
//! Each stage makes one value of the one before: the desk, what was accepted of the downloads, what
//! servers are told, the files, the bundle in its place.

mod accepted;
mod composed;
mod desk;
mod written;

use std::error::Error as _;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use gangway_contract::control::{self, Control};
use gangway_contract::manifest::Mode;

use super::build_error::BuildError;
use super::codes;
use super::layout::CONTROL_PATH;
use super::lock::NewLock;
use super::output::{self, OutputError, Staging};
use super::progress::Progress;
use super::unchanged::{changed_files, is_the_same};
use crate::bundle::{BundleDocument, mode_name};
use crate::disk::DiskError;
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
    /// Is it the last campaign, whose bootstrap takes away what bootstraps left on servers? Goes with
    /// [`Mode::Precheck`].
    pub retire: bool,
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
    /// Are policies of another identity than the lock's wanted?
    pub new_identity: bool,
    /// Findings that shall stand against the build.
    pub deny: Deny,
}

/// A bundle that was written.
#[derive(Debug)]
pub struct Built {
    /// What `bundle.json` holds.
    pub document: BundleDocument,
    /// SHA-256 of `bundle.json`: the one line that proves the whole to who kept it.
    pub bundle_json_sha256: Sha256,
    /// Findings below error.
    pub problems: Vec<Problem>,
    /// What differs from the lock, and was accepted.
    pub changes: Vec<Change>,
    /// The place held this very bundle already: nothing in it was touched, a signature stays.
    pub unchanged: bool,
    /// The bootstrap is the very program that was there, and what signed it stays.
    pub signature_kept: bool,
    /// Files that differ from the bundle that was there, sorted; none when there was none.
    pub changed_files: Vec<String>,
    /// There was no lock: a new one begins with this bundle.
    pub lock_begins: bool,
}

/// Builds a bundle.
///
/// # Errors
/// Anything that stands against it; then the output folder is as it was, but where the lock could not be
/// written in the end.
pub fn build(request: &BuildRequest, progress: &dyn Progress) -> Result<Built, BuildError> {
    // Before anything can fail: what a killed build left is not for a later run to mend.
    output::mend(&request.out);
    let desk = Desk::of(request)?;
    let mut staging = Staging::begin(&request.out, &desk.kept())?;
    let inspection = desk.inspect(&mut staging, progress)?;
    let accepted = Accepted::of(&desk, &inspection)?;
    let composed = Composed::of(&desk, &accepted)?;
    let paused = composed.paused.clone();
    let denied = paused.iter().any(|problem| request.deny.refuses(problem));
    if denied {
        return Err(BuildError::Denied(paused.into_iter().collect()));
    }
    let written = Written::of(&desk, &accepted, composed, &mut staging, progress)?;
    let in_place = put_in_place(&desk, &written, staging)?;
    let mut problems = accepted.problems;
    problems.extend(paused.into_iter().chain(in_place.problems));
    Ok(Built {
        document: written.document,
        bundle_json_sha256: written.bundle_json_sha256,
        problems,
        changes: accepted.changes,
        unchanged: in_place.unchanged,
        signature_kept: written.signature_kept,
        changed_files: in_place.changed_files,
        lock_begins: desk.held.old.is_none() && request.lock != LockMode::Locked,
    })
}

/// What became of the bundle that was there.
struct InPlace {
    /// It is the very one.
    unchanged: bool,
    /// Files that differ from it.
    changed_files: Vec<String>,
    /// What somebody had changed in it, and what stays of it.
    problems: Vec<Problem>,
}

/// Bundle and lock as one.
fn put_in_place(
    desk: &Desk<'_>,
    written: &Written,
    staging: Staging,
) -> Result<InPlace, BuildError> {
    let document = &written.document;
    let before = staging.standing()?;
    let signature_holds = |exe: &[u8]| desk.signature_holds(&document.exe.path, exe);
    let unchanged = before.as_ref() == Some(document)
        && is_the_same(
            staging.target(),
            document,
            &written.sums,
            &written.exe,
            signature_holds,
        );
    let lost = match &before {
        Some(before) if !unchanged => overwritten(desk, &staging, before)?,
        _ => Vec::new(),
    };
    let kept = interrupted::undisturbed(|| commit(desk, written, staging, unchanged))?;
    let changed_files = before.map(|before| changed_files(&before, document));
    Ok(InPlace {
        unchanged,
        changed_files: changed_files.unwrap_or_default(),
        problems: lost.into_iter().chain(kept).collect(),
    })
}

/// The sequence is given first, the bundle comes to its place, and then the lock speaks of it. A build
/// that is killed between them is resumed by the next one (`sequence::resumed`). What cannot be
/// removed of the old bundle is told once all is done.
fn commit(
    desk: &Desk<'_>,
    written: &Written,
    staging: Staging,
    unchanged: bool,
) -> Result<Option<Problem>, BuildError> {
    if unchanged {
        desk.held
            .prepare(&written.lock)?
            .map_or(Ok(()), NewLock::put)?;
        return Ok(None);
    }
    let begun = desk.held.begin(&written.lock)?;
    let prepared = desk.held.prepare(&written.lock);
    let committed = prepared.and_then(|new_lock| Ok((new_lock, staging.commit()?)));
    let (new_lock, committed) = match committed {
        Ok(committed) => committed,
        Err(error) => {
            begun.take_back();
            return Err(error);
        }
    };
    let remembered = new_lock.map_or(Ok(()), NewLock::put);
    let removed = committed.remove_previous();
    remembered?;
    Ok(removed.err().as_ref().map(previous_stays))
}

/// The old bundle, or a part of it, lies beside the new one.
fn previous_stays(error: &OutputError) -> Problem {
    let path = match error {
        OutputError::Disk(DiskError::Io { path, .. } | DiskError::InTheWay { path, .. }) => {
            path.display().to_string()
        }
        _ => String::new(),
    };
    let problem = Problem::new(
        &codes::PREVIOUS_STAYS,
        path,
        "the bundle is in its place, and the one before it could not be removed",
        "remove it yourself before the next build in this place",
    );
    let problem = problem.with_evidence(error.to_string());
    match error.source() {
        Some(cause) => problem.with_evidence(cause.to_string()),
        None => problem,
    }
}

/// What of the old bundle somebody changed: told, and refused where it is the switch of a share.
fn overwritten(
    desk: &Desk<'_>,
    staging: &Staging,
    before: &BundleDocument,
) -> Result<Vec<Problem>, BuildError> {
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
    let other_mode = replaces_another_campaign(desk, before);
    let problems: Vec<Problem> = paths.iter().map(problem).chain(other_mode).collect();
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

/// A bundle of one mode or organisation in the place of one of another: two campaigns that share a
/// folder.
fn replaces_another_campaign(desk: &Desk<'_>, before: &BundleDocument) -> Option<Problem> {
    let of = |mode: Mode, name: &str, identity: &str| {
        let mode = mode_name(mode);
        match name == identity {
            true => format!("of the mode `{mode}` and the organisation `{name}`"),
            false => format!("of the mode `{mode}` and the organisation `{name}` (`{identity}`)"),
        }
    };
    let organization = &desk.config.organization;
    let is_another = before.mode != desk.mode || before.identity() != organization.identity();
    is_another.then(|| {
        let stood = of(before.mode, &before.organization, before.identity());
        let comes = of(desk.mode, &organization.name, organization.identity());
        Problem::new(
            &codes::ANOTHER_CAMPAIGN,
            desk.request.out.display().to_string(),
            format!(
                "a bundle {stood} stood there, with sequence {}; one {comes} takes its place",
                before.sequence
            ),
            "give each a folder of its own by `--out`; the one that stood there is built again from its \
             config and `--mode`, and signed anew",
        )
    })
}

/// Is this a switch that holds servers back? One that cannot be read does: the bootstrap takes it for
/// no new work.
fn withholds(path: &Path) -> bool {
    match plain_file::read_whole(path, control::MAX_BYTES as u64) {
        Ok(bytes) => Control::parse(&bytes).as_ref() != Ok(&Control::OPEN),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}
