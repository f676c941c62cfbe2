//! Takes away what builds left beside a bundle's place: file by file as listed, never a whole tree.

use std::fs;
use std::io;
use std::path::Path;

use super::contents::{self, Bundle, Contents, Found};
use super::error::{OutputError, io_error};
use super::{INTAKE_FOLDER, MARKER, MARKER_TEXT};
use crate::disk::{self, DiskError};
use crate::{bundle, plain_file};

/// Removes a bundle. Its document goes last, so that a removal that is killed can be ended.
pub(super) fn remove_bundle(folder: &Path, bundle: &Bundle) -> Result<(), OutputError> {
    remove(folder, &bundle.found, bundle::FILE_NAME)
}

/// Removes a folder that a killed build left: one with our mark in it, an empty one, or a bundle.
///
/// # Errors
/// It is none of them: then it stays as it is.
pub(super) fn sweep(folder: &Path) -> Result<(), OutputError> {
    let in_the_way = |why: String| {
        OutputError::Disk(DiskError::InTheWay {
            path: folder.to_owned(),
            why,
        })
    };
    if is_marked(folder) {
        let (found, foreign) = contents::unfinished(folder, &[MARKER, INTAKE_FOLDER])?;
        if !foreign.is_empty() {
            return Err(in_the_way(format!("it holds {foreign}")));
        }
        return remove(folder, &found, MARKER);
    }
    match contents::judge(folder, folder) {
        Ok(Contents::Absent) => Ok(()),
        Ok(Contents::Empty) => disk::remove_folder(folder).map_err(io_error("remove", folder)),
        Ok(Contents::Bundle(bundle)) => remove_bundle(folder, &bundle),
        Err(error @ OutputError::Disk(_)) => Err(error),
        Err(OutputError::Foreign { found, .. }) => Err(in_the_way(format!("it holds {found}"))),
        Err(OutputError::NotABundle { why, .. }) => Err(in_the_way(format!(
            "it has no `bundle.json` of ours: {why}"
        ))),
        Err(_) => Err(in_the_way("it is no folder".to_owned())),
    }
}

/// Removes the folder of the inspection, whose files are copies.
pub(super) fn remove_intake(staging: &Path) -> Result<(), OutputError> {
    let folder = staging.join(INTAKE_FOLDER);
    let (mut found, _) = contents::unfinished(staging, &[MARKER, INTAKE_FOLDER])?;
    found.files.retain(|path| path.starts_with(&folder));
    found
        .folders
        .retain(|path| path.starts_with(&folder) && *path != folder);
    if folder.is_dir() {
        remove(&folder, &found, "")?;
    }
    Ok(())
}

/// Is it a staging folder that was not ended? A build may have been killed before it had written
/// the whole mark.
fn is_marked(folder: &Path) -> bool {
    let plain = |path: &Path, is: fn(&fs::Metadata) -> bool| {
        fs::symlink_metadata(path).is_ok_and(|found| is(&found))
    };
    let marker = folder.join(MARKER);
    let limit = MARKER_TEXT.len() as u64;
    plain(folder, fs::Metadata::is_dir)
        && plain(&marker, fs::Metadata::is_file)
        && plain_file::read_whole(&marker, limit).is_ok_and(|text| MARKER_TEXT.starts_with(&text))
}

/// One file last, then the folder itself. What came into it meanwhile stays, and makes it fail.
fn remove(folder: &Path, found: &Found, last: &str) -> Result<(), OutputError> {
    let last = folder.join(last);
    let gone = |result: io::Result<()>, path: &Path| match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", path)(error))
        }
        _ => Ok(()),
    };
    for file in found.files.iter().filter(|file| **file != last) {
        gone(disk::remove_file(file), file)?;
    }
    for inner in found.folders.iter().rev() {
        gone(disk::remove_folder(inner), inner)?;
    }
    if last != folder {
        gone(disk::remove_file(&last), &last)?;
    }
    gone(disk::remove_folder(folder), folder)
}
