//! From paths to items: folders are walked, every file is read once.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use rayon::prelude::*;
use sha2::Digest;
use walkdir::WalkDir;

use super::{Inspection, IntakeSettings, Item, Kind, Source, Verdict, codes};
use crate::problem::Problem;

/// See [`super::inspect`].
pub(super) fn inspect(paths: &[PathBuf], _settings: &IntakeSettings) -> Inspection {
    let (files, mut problems) = list(paths);
    let (items, unreadable): (Vec<_>, Vec<_>) = files
        .into_par_iter()
        .map(|path| judge(&path))
        .partition_map(|result| match result {
            Ok(item) => rayon::iter::Either::Left(item),
            Err(problem) => rayon::iter::Either::Right(problem),
        });
    problems.extend(unreadable);
    let mut items: Vec<Item> = items;
    items.sort_by(|a, b| a.path.cmp(&b.path));
    problems.sort_by(|a, b| a.subject.cmp(&b.subject));
    Inspection { items, problems }
}

/// Every file below the paths, each once.
fn list(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Problem>) {
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for entry in paths.iter().flat_map(WalkDir::new) {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) => files.push(entry.into_path()),
            Err(error) => {
                let subject = error
                    .path()
                    .map_or_else(String::new, |path| path.display().to_string());
                problems.push(unreadable(subject, &error.to_string()));
            }
        }
    }
    files.sort();
    files.dedup();
    (files, problems)
}

fn unreadable(subject: String, why: &str) -> Problem {
    Problem::new(
        &codes::UNREADABLE,
        subject,
        "cannot be read",
        "check the path and its permissions",
    )
    .with_evidence(why)
}

/// Reads one file once: digest, size, kind.
fn judge(path: &Path) -> Result<Item, Problem> {
    let shown = path.display().to_string();
    let failed = |error: std::io::Error| unreadable(shown.clone(), &error.to_string());
    let mut file = File::open(path).map_err(failed)?;
    let mut hash = sha2::Sha256::new();
    let mut size = 0u64;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            break;
        }
        size += read as u64;
        hash.update(&buffer[..read]);
    }
    let mut problems = Vec::new();
    if size == 0 {
        problems.push(Problem::new(
            &codes::EMPTY,
            &shown,
            "the file is empty",
            "download it again, or take it out of the folder",
        ));
    } else {
        problems.push(Problem::new(
            &codes::UNKNOWN,
            &shown,
            "the file is not a known package",
            "nothing to do when it is not meant for the bundle",
        ));
    }
    Ok(Item {
        path: shown,
        sha256: Sha256::from_bytes(hash.finalize().into()),
        size,
        kind: Kind::Unknown {
            looks_like: "not looked at",
        },
        verdict: Verdict::NotChecked {
            why: "unknown kind".to_owned(),
        },
        problems,
        source: Source::File(path.to_owned()),
    })
}
