//! From given paths to files.

use std::io;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use super::codes;
use super::content::{full, not_copied};
use crate::problem::Problem;

/// Every file below the paths, each once, in the order of their names. A link that was given
/// itself is followed; of links found below it only those to files are.
pub(super) fn list(paths: &[PathBuf], limit: usize) -> (Vec<PathBuf>, Vec<Problem>) {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for entry in paths.iter().flat_map(WalkDir::new) {
        match entry {
            Ok(entry) if is_folder_given(&entry) => {}
            Ok(entry) if is_link_to_folder(&entry) => problems.push(link_inside(entry.path())),
            Ok(entry) if files.len() < limit => files.push(entry.into_path()),
            Ok(entry) => {
                problems.push(too_many(limit, &entry.path().display().to_string()));
                break;
            }
            Err(error) => {
                let subject = error
                    .path()
                    .map_or_else(String::new, |path| path.display().to_string());
                // The walk's own words name the path once more.
                let error = error
                    .into_io_error()
                    .unwrap_or_else(|| io::Error::other("a loop of links"));
                problems.push(refused(&subject, &error));
            }
        }
    }
    files.sort();
    files.dedup();
    (files, problems)
}

/// A folder, or a link to one that stands on the command line: the walk goes into both.
fn is_folder_given(entry: &DirEntry) -> bool {
    entry.file_type().is_dir() || entry.depth() == 0 && entry.path().is_dir()
}

fn is_link_to_folder(entry: &DirEntry) -> bool {
    entry.path_is_symlink() && entry.path().is_dir()
}

fn link_inside(path: &Path) -> Problem {
    Problem::new(
        &codes::UNREADABLE,
        path.display().to_string(),
        "a link to a folder lies in a folder that was given, and is not followed",
        "give the folder that it leads to as well, or take the link away",
    )
}

/// A file of more than `limit` bytes: a sparse one takes no room on a disk and for ever to read.
/// What cannot be looked at is told of when it is opened.
pub(super) fn too_large(path: &Path, limit: u64) -> Option<Problem> {
    let size = std::fs::metadata(path).ok()?.len();
    (size > limit).then(|| {
        Problem::new(
            &codes::FILE_TOO_LARGE,
            path.display().to_string(),
            format!("it has {size} bytes; a download has at most {limit}"),
            "take it out of the folder",
        )
    })
}

/// More files and entries than `limit`.
pub(super) fn too_many(limit: usize, subject: &str) -> Problem {
    Problem::new(
        &codes::TOO_MANY_FILES,
        subject,
        format!("more than {limit} files and archive entries"),
        "give the folder with the downloads instead of one far above it",
    )
}

/// What the operating system refused: to read the path, or to write its copy.
pub(super) fn refused(subject: &str, error: &io::Error) -> Problem {
    // Shells of Windows leave patterns to the program that they start.
    let is_pattern = subject.contains(['*', '?']);
    let problem = if full(error) {
        not_copied(subject)
    } else if cfg!(windows) && is_pattern {
        Problem::new(
            &codes::UNREADABLE,
            subject,
            "no file has such a name",
            "name the folder, or each file: a pattern is taken as it stands",
        )
    } else {
        Problem::new(
            &codes::UNREADABLE,
            subject,
            "the path cannot be read",
            "check that it exists and that this account may read it",
        )
    };
    problem.with_evidence(error.to_string())
}
