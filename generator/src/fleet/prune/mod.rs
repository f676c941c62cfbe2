//! Deletes old reports, so that a folder to which every server reports daily does not grow for
//! ever: the newest of each server and everything younger than a limit stay, and what goes stays
//! as daily counts.
//!
//! Only a file that counts as a report is deleted; whatever else lies there is left alone. The
//! history is on the disk, whole, before the first file goes: a run that is killed at any point
//! has lost nothing, and the next one goes on.

mod history;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use gangway_contract::report::parse_file_name;
use gangway_contract::{State, UtcTime};
use schemars::JsonSchema;
use serde::Serialize;

pub use history::History;

use super::error::FleetError;
use super::fold::{HostReport, Named, Outcome};
use super::{Question, codes, elsewhere, read};
use crate::failure::{FailureCode, Fault};
use crate::plain_file;
use crate::problem::Problem;

const DAY_S: i64 = 86_400;

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

/// What a prune found and did.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pruned {
    /// Was nothing changed?
    pub dry_run: bool,
    /// Newest reports of each server that stay.
    pub keep_newest: usize,
    /// Reports from this moment on stay, RFC 3339 UTC.
    pub keep_from: String,
    /// Reports that count.
    pub reports: usize,
    /// Servers that they are of.
    pub servers: usize,
    /// Reports that were deleted, or would be.
    pub deleted: usize,
    /// Their size in bytes.
    pub deleted_bytes: u64,
    /// Reports that could not be deleted.
    pub not_deleted: usize,
    /// Files with the ending of reports that do not count as any, and were left alone.
    pub left_alone: usize,
    /// The file with the daily counts.
    pub history: PathBuf,
    /// Days that were counted and added to it, or would be.
    pub days_added: usize,
    /// Were the owners of the reports compared with the accounts of a list? Otherwise a report
    /// that somebody else wrote may count as one of a server's newest.
    pub owners_compared: bool,
    /// Files that could not be deleted, and why; they stand beside the result in an answer.
    #[serde(skip)]
    pub problems: Vec<Problem>,
}

impl Pruned {
    /// What is told a person, without a final line feed.
    pub fn text(&self) -> String {
        let (would, will_be) = if self.dry_run {
            ("would go", "would be ")
        } else {
            ("deleted", "")
        };
        let mut lines = vec![
            format!(
                "{} reports of {} servers, {} other files left alone",
                self.reports, self.servers, self.left_alone
            ),
            format!(
                "kept     the {} newest of each server, and all from {} on",
                self.keep_newest, self.keep_from
            ),
            format!(
                "{would:<8} {} reports, {} bytes",
                self.deleted, self.deleted_bytes
            ),
            format!(
                "history  {} days {will_be}added to `{}`",
                self.days_added,
                self.history.display()
            ),
        ];
        if !self.owners_compared {
            lines.push("note     owners not checked: a forged report may stand among the newest; `--expected` names the accounts".to_owned());
        }
        if self.dry_run {
            lines.push("nothing was deleted; `--apply` does it".to_owned());
        }
        lines.join("\n")
    }
}

/// Why nothing was deleted.
#[derive(Debug, thiserror::Error)]
pub enum PruneError {
    /// The folder.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The history cannot be read or written.
    #[error("history `{}`: {why}; nothing was deleted", path.display())]
    History {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl Fault for PruneError {
    fn code(&self) -> FailureCode {
        FailureCode::Files
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Fleet(error) => error.hint(),
            Self::History { .. } => {
                Some("`--history` takes the file that an earlier prune wrote, or a new one".into())
            }
        }
    }
}

/// What a prune changes, one function for each change, so that a test can cut a run before any.
trait Disk {
    fn write_new(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
    fn remove(&mut self, path: &Path) -> io::Result<()>;
}

struct Real;

impl Disk for Real {
    fn write_new(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)?;
        // The name too, before the first report goes. Windows opens no folder so, and needs not.
        #[cfg(unix)]
        File::open(parent(to))?.sync_all()?;
        Ok(())
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}

fn parent(path: &Path) -> &Path {
    let parent = path.parent().unwrap_or(Path::new("."));
    if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
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
    prune_on(&mut Real, folder, question, keep, history, apply)
}

fn prune_on(
    disk: &mut dyn Disk,
    folder: &Path,
    question: &Question<'_>,
    keep: Keep,
    path: &Path,
    apply: bool,
) -> Result<Pruned, PruneError> {
    let limit = keep.limit(question.now);
    let mut history = read_history(folder, path)?;
    let mut seen = Seen::new(keep.newest, limit);
    read::each(
        folder,
        question,
        |_| true,
        |_, name, outcome| {
            seen.take(name, &outcome);
        },
    )?;
    if seen.reports == 0
        && let Some(elsewhere) = elsewhere::told(folder)
    {
        return Err(elsewhere.into());
    }
    let mut pruned = Pruned {
        dry_run: !apply,
        keep_newest: keep.newest,
        keep_from: limit.to_string(),
        reports: seen.reports,
        servers: seen.hosts.len(),
        deleted: 0,
        deleted_bytes: 0,
        not_deleted: 0,
        left_alone: seen.left_alone,
        history: path.to_owned(),
        days_added: history.add_days(seen.counts()),
        owners_compared: question.expected.is_some(),
        problems: Vec::new(),
    };
    if apply && pruned.days_added > 0 {
        write_history(disk, path, &history)?;
    }
    let mut failed = Named::default();
    let may_go = |name: &str| seen.may_go(name);
    // Read again, and so judged again, right before each goes.
    read::each(folder, question, may_go, |path, name, outcome| {
        let Outcome::Counts(report, _) = outcome else {
            return;
        };
        if !seen.goes(&name, &report) {
            return;
        }
        let size = fs::symlink_metadata(path).map_or(0, |found| found.len());
        match apply.then(|| disk.remove(path)) {
            None | Some(Ok(())) => {
                pruned.deleted += 1;
                pruned.deleted_bytes += size;
            }
            Some(Err(error)) => failed.take(name, error.to_string()),
        }
    })?;
    pruned.not_deleted = failed.files;
    pruned.problems.extend(not_deleted(&failed));
    Ok(pruned)
}

fn not_deleted(failed: &Named) -> Option<Problem> {
    let problem = Problem::new(
        &codes::NOT_DELETED,
        "reports",
        format!("reports that could not be deleted: {}", failed.files),
        "run it as an account that may delete files there",
    );
    let lines = failed
        .first
        .iter()
        .map(|(file, why)| format!("{file}: {why}"));
    let problem = lines.fold(problem, Problem::with_evidence);
    (failed.files > 0).then(|| problem.and_more(failed.more()))
}

/// Every server may write to the folder of the reports: a history there could be anybody's.
fn read_history(folder: &Path, path: &Path) -> Result<History, PruneError> {
    let failed = |why: String| PruneError::History {
        path: path.to_owned(),
        why,
    };
    let same = |one: &Path, other: &Path| matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other);
    if same(folder, parent(path)) {
        return Err(failed(
            "it lies among the reports, where every server may write; name another place"
                .to_owned(),
        ));
    }
    match plain_file::read_whole(path, history::MAX_BYTES) {
        Ok(bytes) => History::read(&bytes).map_err(failed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(History::default()),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Replaces the history as a whole.
fn write_history(disk: &mut dyn Disk, path: &Path, history: &History) -> Result<(), PruneError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.gangway-new"));
    let mut write = || {
        match disk.remove(&temporary) {
            // What a killed run left.
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        disk.write_new(&temporary, history.to_text().as_bytes())?;
        disk.rename(&temporary, path)
    };
    write().map_err(|error| PruneError::History {
        path: path.to_owned(),
        why: error.to_string(),
    })
}

/// When a report was made and which one it is, as [`super::fold`] orders them.
type Age = (UtcTime, String);

/// The newest reports of one server, oldest first; never more than are kept.
#[derive(Default)]
struct Newest {
    runs: BTreeSet<Age>,
    asked: BTreeSet<Age>,
}

/// What the folder holds, as far as it decides what goes: memory follows the servers, and the
/// days that are counted.
struct Seen {
    newest: usize,
    limit: UtcTime,
    hosts: BTreeMap<String, Newest>,
    /// Last run of each server on each day before the limit.
    days: HashMap<(i64, String), (Age, State, String)>,
    reports: usize,
    left_alone: usize,
}

impl Seen {
    fn new(newest: usize, limit: UtcTime) -> Self {
        Self {
            newest: newest.max(1),
            limit,
            hosts: BTreeMap::new(),
            days: HashMap::new(),
            reports: 0,
            left_alone: 0,
        }
    }

    fn take(&mut self, name: String, outcome: &Outcome) {
        let Outcome::Counts(report, _) = outcome else {
            self.left_alone += 1;
            return;
        };
        self.reports += 1;
        let age = (report.finished_at, name);
        if report.is_run() && report.finished_at < self.limit {
            self.take_day(report, &age);
        }
        let newest = self.hosts.entry(report.server()).or_default();
        let ages = if report.is_run() {
            &mut newest.runs
        } else {
            &mut newest.asked
        };
        ages.insert(age);
        if ages.len() > self.newest {
            ages.pop_first();
        }
    }

    fn take_day(&mut self, report: &HostReport, age: &Age) {
        let key = (report.finished_at.0.div_euclid(DAY_S), report.server());
        let last = self.days.get(&key);
        if last.is_none_or(|(old, _, _)| old < age) {
            let said = (age.clone(), report.state, report.reason().to_owned());
            self.days.insert(key, said);
        }
    }

    /// The days before the limit, counted.
    fn counts(&mut self) -> History {
        let mut history = History::default();
        for ((day, _), (_, state, reason)) in self.days.drain() {
            let start = UtcTime(day.saturating_mul(DAY_S));
            history.count(&history::day(start), state, &reason);
        }
        history
    }

    /// Could a file go, by its name alone?
    fn may_go(&self, name: &str) -> bool {
        let time = parse_file_name(name).map(|(_, time)| time.to_ascii_uppercase());
        time.is_some_and(|time| time < self.limit.compact())
    }

    fn goes(&self, name: &str, report: &HostReport) -> bool {
        let Some(newest) = self.hosts.get(&report.server()) else {
            return false;
        };
        let ages = if report.is_run() {
            &newest.runs
        } else {
            &newest.asked
        };
        let age = (report.finished_at, name.to_owned());
        // Newer than all that were seen: it has come since.
        let is_older = ages.first().is_some_and(|oldest| age < *oldest);
        report.finished_at < self.limit && is_older && ages.len() >= self.newest
    }
}

#[cfg(test)]
mod tests;
