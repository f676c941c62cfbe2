//! Finds the results below a path: archives as the analyzer leaves them, and folders that somebody
//! unpacked.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use gangway_contract::UtcTime;

use super::analyzer::{AnalyzerResult, MAX_RESULT_BYTES};
use super::archive::{self, is_result};
use crate::fleet::codes;
use crate::fleet::fold::Named;
use crate::fleet::subject::RESULTS;
use crate::plain_file;
use crate::printable::on_one_line;
use crate::problem::{Code, Problem};

/// How archives of the analyzer begin; behind it stands nothing or a time.
const ARCHIVE: &str = "mdeclientanalyzerresult";
/// Folders one in another that are gone into.
const MAX_DEPTH: usize = 8;
/// Files and folders that are looked at: an unpacked result has some hundred.
const MAX_LOOKED_AT: usize = 1_000_000;

/// Why nothing was gathered.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The path cannot be read.
    #[error("results of the analyzer in `{}`: {why}", path.display())]
    Unreadable {
        /// As it was given.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// No result there.
    #[error("`{}` holds no result of the analyzer", path.display())]
    Empty {
        /// As it was given.
        path: PathBuf,
    },
    /// More than anybody collects.
    #[error("`{}` holds more than {MAX_LOOKED_AT} files", path.display())]
    TooMany {
        /// As it was given.
        path: PathBuf,
    },
}

/// What was found: memory follows the servers and not their results.
#[derive(Default)]
pub struct Gathered {
    /// The newest result of each device.
    pub(super) newest: BTreeMap<String, AnalyzerResult>,
    /// Results that were read.
    pub(super) read: usize,
    /// Those that a newer one of the same device stands before.
    pub(super) older: Named,
    /// Files that are no result, or one of a moment that has not come.
    unread: Named,
}

impl Gathered {
    fn take(&mut self, result: AnalyzerResult, now: UtcTime) {
        self.read += 1;
        let ahead = result.moment.map_or(0, |moment| moment.at.since(now));
        if ahead > MAX_AHEAD_S {
            let why = format!(
                "it is of {}, which lies in the future",
                result.evidence.when()
            );
            self.unread.take(&result.evidence.file, why);
            return;
        }
        let older = match self.newest.get(&result.device) {
            Some(kept) if kept.age() >= result.age() => Some(result),
            _ => self.newest.insert(result.device.clone(), result),
        };
        if let Some(older) = older {
            self.older.take(&older.evidence.file, older.shown());
        }
    }

    /// What could not be read.
    pub(super) fn problem(&self) -> Option<Problem> {
        let next = "look at the files; see `gangway explain GW4013`";
        told(
            &codes::UNREADABLE_RESULT,
            "results that do not count",
            next,
            &self.unread,
        )
    }
}

/// A problem that names the first of some files.
pub(super) fn told(code: &'static Code, what: &str, next: &str, named: &Named) -> Option<Problem> {
    let message = format!("{what}: {}", named.files);
    named.told(Problem::new(code, RESULTS, message, next))
}

/// Seconds that a result may lie ahead: where its half of the day stays open, or its clock is that
/// of another zone, a day is near enough.
const MAX_AHEAD_S: i64 = 86_400;

fn is_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with(ARCHIVE) && name.ends_with(".zip")
}

/// Reads every result below the paths. A path may be an archive or a result itself, whatever its
/// name is. `now` is the moment that the fleet is looked at.
///
/// # Errors
/// A path that cannot be read or holds no result; a result that cannot be read is a problem.
pub fn gather(paths: &[PathBuf], now: UtcTime) -> Result<Gathered, EvidenceError> {
    let mut gathered = Gathered::default();
    for path in paths {
        let found = files(path)?;
        if found.is_empty() {
            return Err(EvidenceError::Empty { path: path.clone() });
        }
        for file in found {
            match read_file(&file) {
                Ok(result) => gathered.take(result, now),
                Err(why) => gathered.unread.take(&shown(&file), why),
            }
        }
    }
    Ok(gathered)
}

fn shown(path: &Path) -> String {
    on_one_line(&path.display().to_string()).into_owned()
}

fn read_file(path: &Path) -> Result<AnalyzerResult, String> {
    let mut file = plain_file::open(path).map_err(|error| error.to_string())?;
    let mut head = Vec::new();
    let begin = (&mut file).take(4).read_to_end(&mut head);
    begin
        .and_then(|_| file.rewind())
        .map_err(|error| error.to_string())?;
    if head.starts_with(b"PK") {
        return AnalyzerResult::read_archive(file, &shown(path));
    }
    let bytes = plain_file::read_open(&mut file, MAX_RESULT_BYTES)
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("more than {MAX_RESULT_BYTES} bytes"))?;
    AnalyzerResult::read(&bytes, &shown(path), None).map_err(|error| error.to_string())
}

impl AnalyzerResult {
    /// Reads the result in an archive. `file` is where the archive lies.
    ///
    /// # Errors
    /// In words, what is wrong with the archive or the result.
    pub fn read_archive(archive: impl Read + Seek, file: &str) -> Result<Self, String> {
        let entry = archive::result_in(archive)?;
        let file = format!("{file}: {}", entry.name);
        Self::read(&entry.bytes, &file, entry.stored).map_err(|error| error.to_string())
    }

    /// Reads bytes as an archive or as a result, as they are.
    ///
    /// # Errors
    /// In words, what is wrong with them.
    pub fn read_bytes(bytes: &[u8]) -> Result<Self, String> {
        if bytes.starts_with(b"PK") {
            return Self::read_archive(Cursor::new(bytes), "archive");
        }
        Self::read(bytes, "result", None).map_err(|error| error.to_string())
    }
}

/// Archives and results below a path, by name; links to folders are not followed.
fn files(path: &Path) -> Result<Vec<PathBuf>, EvidenceError> {
    let unreadable = |error: std::io::Error| EvidenceError::Unreadable {
        path: path.to_owned(),
        why: error.to_string(),
    };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![(path.to_owned(), 0)];
    let mut looked_at = 0;
    while let Some((folder, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            looked_at += 1;
            if looked_at > MAX_LOOKED_AT {
                let path = path.to_owned();
                return Err(EvidenceError::TooMany { path });
            }
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() {
                if depth < MAX_DEPTH {
                    folders.push((entry.path(), depth + 1));
                }
            } else if is_result(&name) || is_archive(&name) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}
