//! What lies in a bundle's folder, link by link and name by name.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use walkdir::{DirEntry, WalkDir};

use super::super::codes;
use super::super::layout::name_fault;
use super::super::output::{OutputError, io_error};
use crate::plain_file;
use crate::problem::Problem;

/// Entries that are looked at. Real bundles have some dozens; the deployment tool's folder may
/// add hundreds.
const MAX_ENTRIES: usize = 20_000;

/// Folders within folders; the deepest of a real bundle are those of a GPO backup, seven down.
const MAX_DEPTH: usize = 16;

/// Files and folders that are named when their modes differ; the rest are counted.
const MAX_MODES_NAMED: usize = 10;

/// The plain files of a folder, and everything that is none.
#[derive(Debug)]
pub(in crate::pipeline) struct Tree {
    /// By path with `/`.
    pub(in crate::pipeline) files: BTreeMap<String, Found>,
    /// Links, names and folders that no build writes, and modes that it does not set.
    pub(in crate::pipeline) problems: Vec<Problem>,
}

/// A plain file.
#[derive(Debug)]
pub(in crate::pipeline) struct Found {
    /// Where it lies.
    pub(in crate::pipeline) path: PathBuf,
    /// Bytes.
    pub(in crate::pipeline) size: u64,
}

impl Tree {
    /// Lists a folder. Links are never followed, and no file is opened.
    pub(in crate::pipeline) fn walk(folder: &Path) -> Result<Self, OutputError> {
        let mut walk = Walk::default();
        let data = std::fs::metadata(folder).map_err(io_error("look at", folder))?;
        walk.modes
            .extend(unusual_mode(&data).map(|mode| (".".to_owned(), mode)));
        let entries = WalkDir::new(folder)
            .min_depth(1)
            .max_depth(MAX_DEPTH)
            .sort_by_file_name();
        for (index, entry) in entries.into_iter().enumerate() {
            if index >= MAX_ENTRIES {
                walk.refuse(".", format!("it holds more than {MAX_ENTRIES} entries"));
                break;
            }
            let entry = entry.map_err(|error| io_error("walk", folder)(error.into()))?;
            walk.take(folder, &entry)?;
        }
        Ok(walk.end())
    }
}

#[derive(Default)]
struct Walk {
    files: BTreeMap<String, Found>,
    folders: Vec<String>,
    /// First path seen by its lower-case form.
    folded: BTreeMap<String, String>,
    modes: Vec<(String, String)>,
    problems: Vec<Problem>,
}

impl Walk {
    fn refuse(&mut self, path: &str, what: impl Into<String>) {
        self.problems.push(Problem::new(
            &codes::NOT_PLAIN,
            path,
            what,
            "take it out of the bundle's folder, or copy the bundle again as a whole",
        ));
    }

    fn take(&mut self, folder: &Path, entry: &DirEntry) -> Result<(), OutputError> {
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let path = match path_with_slashes(relative) {
            Ok(path) => path,
            Err((shown, why)) => {
                self.refuse(
                    &shown,
                    format!("its name is none that a build writes: {why}"),
                );
                return Ok(());
            }
        };
        let folded = path.to_ascii_lowercase();
        if let Some(other) = self.folded.insert(folded, path.clone()) {
            self.refuse(&path, format!("on Windows it is the same as `{other}`"));
        }
        let kind = entry.file_type();
        if kind.is_symlink() {
            self.refuse(&path, "it is a link, not a file of the bundle");
            return Ok(());
        }
        if !kind.is_dir() && !kind.is_file() {
            self.refuse(&path, "it is a pipe, a socket or a device");
            return Ok(());
        }
        let data = entry
            .metadata()
            .map_err(|error| io_error("look at", entry.path())(error.into()))?;
        if let Some(mode) = unusual_mode(&data) {
            self.modes.push((path.clone(), mode));
        }
        if kind.is_dir() {
            if entry.depth() >= MAX_DEPTH {
                self.refuse(&path, format!("it lies more than {MAX_DEPTH} folders deep"));
            }
            self.folders.push(path);
            return Ok(());
        }
        if let Some(names) = further_names(&data) {
            self.problems.push(Problem::new(
                &codes::MODES,
                &path,
                format!("the file has {names} more names: whoever may write to one changes it"),
                "copy the bundle as a whole, so that its files are its own",
            ));
        }
        let found = Found {
            path: entry.path().to_owned(),
            size: data.len(),
        };
        self.files.insert(path, found);
        Ok(())
    }

    fn end(mut self) -> Tree {
        for folder in std::mem::take(&mut self.folders) {
            let below = format!("{folder}/");
            let needed = self
                .files
                .range(below.clone()..)
                .next()
                .is_some_and(|(path, _)| path.starts_with(&below));
            if !needed {
                self.refuse(&folder, "it is a folder without a file");
            }
        }
        if let Some((first, _)) = self.modes.first() {
            let problem = Problem::new(
                &codes::MODES,
                first,
                "its mode is not the one that `build` sets",
                "let nobody else write to the bundle's folder, or copy it again",
            );
            let named = self.modes.iter().take(MAX_MODES_NAMED);
            let mut problem = named.fold(problem, |problem, (path, mode)| {
                problem.with_evidence(format!("{path}: {mode}"))
            });
            let rest = self.modes.len().saturating_sub(MAX_MODES_NAMED);
            if rest > 0 {
                problem = problem.with_evidence(format!("and {rest} more"));
            }
            self.problems.push(problem);
        }
        Tree {
            files: self.files,
            problems: self.problems,
        }
    }
}

/// A path of names that every system takes for the same file, joined by `/`; else the path as it
/// can be shown, and why not. A name is never mended: a backslash in one is no separator.
fn path_with_slashes(relative: &Path) -> Result<String, (String, &'static str)> {
    let mut names = Vec::new();
    let mut fault = None;
    for part in relative {
        let name = part.to_string_lossy();
        let why = match part.to_str() {
            None => Some("it is not Unicode"),
            Some(text) => name_fault(text),
        };
        fault = fault.or(why);
        names.push(name);
    }
    let path = names.join("/");
    match fault {
        None => Ok(path),
        Some(why) => Err((path, why)),
    }
}

/// The mode of a file or folder, when it is not the one that `build` sets.
#[cfg(unix)]
fn unusual_mode(data: &Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;
    let expected = if data.is_dir() { 0o755 } else { 0o644 };
    let mode = data.mode() & 0o7777;
    (mode != expected).then(|| format!("mode {mode:04o} instead of {expected:04o}"))
}

#[cfg(not(unix))]
fn unusual_mode(_data: &Metadata) -> Option<String> {
    // Windows folders hand their access list down.
    None
}

/// Names of a file beyond the one that was found.
#[cfg(unix)]
fn further_names(data: &Metadata) -> Option<u64> {
    use std::os::unix::fs::MetadataExt as _;
    data.nlink().checked_sub(1).filter(|more| *more > 0)
}

#[cfg(not(unix))]
fn further_names(_data: &Metadata) -> Option<u64> {
    // Not told by the standard library.
    None
}

/// Size and digest of a file. Reading stops one byte behind `limit`: more is another file.
pub(in crate::pipeline) fn digest(path: &Path, limit: u64) -> Result<(u64, Sha256), OutputError> {
    plain_file::digest(path, limit).map_err(io_error("read", path))
}
