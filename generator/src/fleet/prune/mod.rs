//! Deletes old reports, so that a folder to which every server reports daily does not grow for
//! ever: the newest of each server and everything younger than a limit stay, and what goes stays
//! as daily counts.
//!
//! Only a file that counts as a report is deleted, and a run's only when the history has counted it;
//! whatever else lies there is left alone. The history is on the disk, whole, before the first file
//! goes: a run that is killed at any point has lost nothing, and the next one goes on. A day is
//! counted once. A report that comes later, or lies in another folder, stays and is named.

mod answer;
mod counted;
mod history;
mod seen;

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::UtcTime;

pub use answer::Pruned;
pub use history::History;

use self::counted::Counted;
use self::history::DAY_S;
use self::seen::Seen;
use super::error::FleetError;
use super::fold::{Named, Outcome};
use super::{Question, elsewhere, read};
use crate::disk::{self, Claim, DiskError, Prepared};
use crate::failure::{FailureCode, Fault};
use crate::plain_file;

/// Largest list of counted files that is read, in bytes: one of a full folder has some 33 MB.
const MAX_COUNTED_BYTES: u64 = 128 << 20;

/// What stays.
#[derive(Debug, Clone, Copy)]
pub struct Keep {
    /// This many newest reports of each server and kind (runs, `connectivity`).
    pub newest: usize,
    /// Everything of the last so many days, by whole days UTC.
    pub days: u32,
}

impl Keep {
    /// Reports before this moment, a midnight UTC, may go.
    fn limit(self, now: UtcTime) -> UtcTime {
        let today = now.0.div_euclid(DAY_S).saturating_mul(DAY_S);
        UtcTime(today).plus(-i64::from(self.days).saturating_mul(DAY_S))
    }
}

/// Why nothing was deleted.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// The folder.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The history cannot be read, or may not lie where it does.
    #[error("history `{}`: {why}; nothing was deleted", path.display())]
    History {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The history cannot be written.
    #[error("{0}; nothing was deleted")]
    Disk(#[source] DiskError),
}

impl Fault for PruneError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Fleet(error) => error.code(),
            Self::History { .. } => FailureCode::Files,
            Self::Disk(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Fleet(error) => error.hint(),
            Self::History { .. } => Some(
                "`--history` takes the file that an earlier prune of this folder wrote, or a new one"
                    .into(),
            ),
            Self::Disk(error) => error.hint(),
        }
    }
}

impl From<DiskError> for PruneError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

/// Says what would go, and deletes it with `apply`.
///
/// # Errors
/// The folder or the history; nothing was deleted.
pub fn prune(
    folder: &Path,
    question: &Question<'_>,
    keep: Keep,
    history: &Path,
    apply: bool,
) -> Result<Pruned, PruneError> {
    let limit = keep.limit(question.now);
    let files = Files::of(folder, history)?;
    // Two runs at once would each write what the other one has not counted.
    let claim = apply.then(|| Claim::take(disk::beside(&files.history, ".gangway-claim"), history));
    let _claim = claim.transpose()?;
    let mut counts = files.read_history()?;
    let mut seen = Seen::new(keep.newest, limit, &counts, files.read_counted()?);
    read::each(
        folder,
        question,
        |_| true,
        |_, name, outcome| seen.take(name, &outcome),
    )?;
    if seen.reports == 0
        && let Some(elsewhere) = elsewhere::told(folder)
    {
        return Err(elsewhere.into());
    }
    let days_added = counts.add_days(seen.counts());
    if apply && days_added > 0 {
        files.write(&counts, &seen.counted)?;
    }
    let Gone {
        files: deleted,
        bytes: deleted_bytes,
        failed,
        late,
    } = delete(folder, question, &seen, apply)?;
    let problems = answer::not_deleted(&failed);
    Ok(Pruned {
        dry_run: !apply,
        keep_newest: keep.newest,
        keep_from: limit.to_string(),
        reports: seen.reports,
        servers: seen.hosts.len(),
        deleted,
        deleted_bytes,
        not_deleted: failed.files,
        left_alone: seen.left_alone,
        history: history.to_owned(),
        days_added,
        came_late: late.files,
        owners_compared: seen.reports > 0 && seen.owners_not_compared == 0,
        owners_not_compared: seen.owners_not_compared,
        problems: problems
            .into_iter()
            .chain(answer::came_late(&late))
            .collect(),
    })
}

/// What went away, or would.
#[derive(Default)]
struct Gone {
    files: usize,
    bytes: u64,
    failed: Named,
    /// Came after the counting, so that they stay.
    late: Named,
}

/// Deletes the reports that are old and counted. Each is read again, and so judged again, right before
/// it goes.
fn delete(
    folder: &Path,
    question: &Question<'_>,
    seen: &Seen,
    apply: bool,
) -> Result<Gone, PruneError> {
    let mut gone = Gone::default();
    read::each(
        folder,
        question,
        |name| seen.may_go(name),
        |path, name, outcome| {
            let Outcome::Counts(report, _) = outcome else {
                return;
            };
            if report.is_newer() || !seen.is_old(&name, &report) {
                return;
            }
            if !seen.is_counted(&name, &report) {
                let when = format!("of {}", report.finished_at);
                gone.late.take(&name, when);
                return;
            }
            let size = fs::symlink_metadata(path).map_or(0, |found| found.len());
            match apply.then(|| disk::remove_file(path)) {
                None | Some(Ok(())) => {
                    gone.files += 1;
                    gone.bytes += size;
                }
                Some(Err(error)) => gone.failed.take(&name, error.to_string()),
            }
        },
    )?;
    Ok(gone)
}

/// The history and what belongs to it, behind any link.
struct Files {
    /// As given, for people.
    shown: PathBuf,
    history: PathBuf,
    counted: PathBuf,
}

impl Files {
    /// Every server may write to the folder of the reports: a history there could be anybody's.
    fn of(folder: &Path, shown: &Path) -> Result<Self, PruneError> {
        let history = disk::behind_links(shown)?;
        let name = history.file_name().unwrap_or_default().to_string_lossy();
        let counted = history.with_file_name(format!("{name}.counted"));
        let files = Self {
            shown: shown.to_owned(),
            counted: disk::behind_links(&counted)?,
            history,
        };
        for file in [&files.history, &files.counted] {
            let around = file.parent().unwrap_or(Path::new("/"));
            let around = around
                .canonicalize()
                .map_err(|error| files.refused(format!("`{}`: {error}", around.display())))?;
            if folder
                .canonicalize()
                .is_ok_and(|folder| around.starts_with(folder))
            {
                let why =
                    "it lies among the reports, where every server may write; name another place";
                return Err(files.refused(why.to_owned()));
            }
        }
        Ok(files)
    }

    fn refused(&self, why: String) -> PruneError {
        PruneError::History {
            path: self.shown.clone(),
            why,
        }
    }

    fn read_history(&self) -> Result<History, PruneError> {
        let bytes = self.read(&self.history, history::MAX_BYTES)?;
        let read = bytes.map(|bytes| History::read(&bytes)).transpose();
        let read = read.map_err(|why| self.refused(why))?;
        Ok(read.unwrap_or_default())
    }

    fn read_counted(&self) -> Result<Counted, PruneError> {
        let bytes = self.read(&self.counted, MAX_COUNTED_BYTES)?;
        let read = bytes.map(|bytes| Counted::read(&bytes)).transpose();
        let read = read.map_err(|why| self.refused(format!("`{}`: {why}", self.counted.display())));
        Ok(read?.unwrap_or_default())
    }

    fn read(&self, path: &Path, most: u64) -> Result<Option<Vec<u8>>, PruneError> {
        match plain_file::read_whole(path, most) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.refused(format!("`{}`: {error}", path.display()))),
        }
    }

    /// The list goes first: of a day that is not in the history yet it says nothing.
    fn write(&self, history: &History, counted: &Counted) -> Result<(), PruneError> {
        Prepared::write(&self.counted, counted::HEADER, counted.to_text().as_bytes())?.put()?;
        Prepared::write(
            &self.history,
            history::HEADER_LINE,
            history.to_text().as_bytes(),
        )?
        .put()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
