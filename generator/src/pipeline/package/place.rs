//! The folder of packages: whole or not there at all, and nothing of others is taken away for it.

mod folder;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(super) use folder::Folder;

use super::super::output::{Kept, check_apart};
use super::super::sums::SUMS_FILE_NAME;
use super::PackageError;
use super::document::{self, FILE_NAME, Format, PackagesDocument};
use crate::disk::{self, Claim, DiskError};
use crate::interrupted::{self, Leftover};
use crate::packages::codes;
use crate::printable::on_one_line;
use crate::problem::Problem;

/// Files that lie beside the document and are not listed in it.
const UNLISTED: [&str; 2] = [FILE_NAME, SUMS_FILE_NAME];

/// A folder that is being written.
#[derive(Debug)]
pub(super) struct Staging {
    target: PathBuf,
    folder: Folder,
    previous: PathBuf,
    /// What lies in the place until the end.
    before: Option<PackagesDocument>,
    /// A signal takes the folder away, until it is in its place.
    leftover: Option<Leftover>,
    /// Let go last.
    _claim: Claim,
}

impl Staging {
    /// Starts a new folder for a place, after ending what a killed run left there.
    ///
    /// # Errors
    /// The place holds what is not replaced or lies where it must not, another run writes it, or the disk
    /// refuses.
    pub(super) fn begin(out: &Path, kept: &[Kept]) -> Result<Self, PackageError> {
        check_apart(out, kept)?;
        let target = disk::resolved(out).map_err(DiskError::io("resolve", out))?;
        let occupied = |why: &str| PackageError::Occupied {
            path: out.to_owned(),
            why: why.to_owned(),
        };
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(occupied("no other folder can take its place"));
        };
        disk::create_folders(parent).map_err(DiskError::io("create folder", parent))?;
        let beside = |suffix: &str| {
            let mut beside = OsString::from(".");
            beside.push(name);
            beside.push(suffix);
            parent.join(beside)
        };
        let (folder, previous) = (beside(".gangway-new"), beside(".gangway-old"));
        let claim = Claim::take(beside(".gangway-lock"), &target)?;
        end_killed(&target, &previous)?;
        let before = match is_ours(&target, out)? {
            Found::Packages(document) => Some(*document),
            Found::Nothing | Found::Empty => None,
        };
        sweep(&folder)?;
        let leftover = interrupted::undisturbed(|| {
            disk::create_folder(&folder).map(|()| Leftover::at(&folder))
        });
        let leftover = Some(leftover.map_err(DiskError::io("create folder", &folder))?);
        Ok(Self {
            target,
            folder: Folder::with_journal(folder)?,
            previous,
            before,
            leftover,
            _claim: claim,
        })
    }

    /// The document of the packages that are replaced.
    pub(super) fn before(&self) -> Option<&PackagesDocument> {
        self.before.as_ref()
    }

    /// Where files are written until it is in its place.
    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Puts the folder into its place and takes away what was there before; the finding of what could not
    /// be taken away.
    ///
    /// # Errors
    /// The disk refuses, or something else came to the place; what is there stays.
    pub(super) fn commit(mut self) -> Result<Option<Problem>, PackageError> {
        self.folder.end_journal()?;
        let (folder, target) = (self.folder.root(), &self.target);
        let failed = || DiskError::io("put into place", target);
        flush_all(folder)?;
        let found = is_ours(target, target)?;
        // From here on its name may be that of the old folder.
        self.leftover = None;
        let replaced = match found {
            Found::Nothing | Found::Empty => {
                if matches!(found, Found::Empty) {
                    disk::remove_folder(target).map_err(failed())?;
                }
                disk::rename(folder, target).map_err(failed())?;
                disk::flush_name(target).map_err(failed())?;
                return Ok(None);
            }
            Found::Packages(_) => {
                if disk::exchange(folder, target).map_err(failed())? {
                    folder
                } else {
                    disk::rename(target, &self.previous).map_err(failed())?;
                    if let Err(error) = disk::rename(folder, target) {
                        // What fails here too is mended by the next run.
                        let _ = disk::rename(&self.previous, target);
                        return Err(failed()(error).into());
                    }
                    &self.previous
                }
            }
        };
        disk::flush_name(target).map_err(failed())?;
        // The new ones are in their place, whatever becomes of these.
        Ok(sweep(replaced).err().map(|error| left(replaced, &error)))
    }
}

/// Content and names of all that was written, before anything leads to it.
fn flush_all(folder: &Path) -> Result<(), PackageError> {
    for (path, kind) in list(folder)? {
        let path = folder.join(path);
        let flushed = match kind {
            Kind::Folder => disk::flush_names(&path),
            _ => disk::flush(&path),
        };
        flushed.map_err(DiskError::io("flush", &path))?;
    }
    Ok(disk::flush_names(folder).map_err(DiskError::io("flush", folder))?)
}

fn left(folder: &Path, error: &PackageError) -> Problem {
    Problem::new(
        &codes::REPLACED_LEFT,
        folder.display().to_string(),
        "the packages that were replaced lie there still; the new ones are in their place",
        "take that folder away yourself",
    )
    .with_evidence(error.to_string())
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After a commit nothing is there; what cannot be removed now is by the next run.
        self.folder.close_journal();
        let _ = sweep(self.folder.root());
    }
}

/// Two renames follow each other where folders cannot be exchanged: a run that was killed between
/// them left an empty place.
fn end_killed(target: &Path, previous: &Path) -> Result<(), PackageError> {
    if fs::symlink_metadata(previous).is_err() {
        return Ok(());
    }
    if fs::symlink_metadata(target).is_err() {
        let in_the_way = |why: &str| DiskError::InTheWay {
            path: previous.to_owned(),
            why: why.to_owned(),
        };
        // Only what was taken out of the place goes back there.
        match is_ours(previous, previous) {
            Ok(Found::Packages(_)) => {}
            Ok(_) => return Err(in_the_way("it is no folder of packages").into()),
            Err(PackageError::Occupied { why, .. }) => return Err(in_the_way(&why).into()),
            Err(error) => return Err(error),
        }
        disk::rename(previous, target).map_err(DiskError::io("put back", target))?;
        return Ok(());
    }
    sweep(previous)
}

/// What lies in a place that may be written.
enum Found {
    Nothing,
    Empty,
    Packages(Box<PackagesDocument>),
}

/// May this be replaced? `shown` is its path in messages.
fn is_ours(folder: &Path, shown: &Path) -> Result<Found, PackageError> {
    let occupied = |why: String| PackageError::Occupied {
        path: shown.to_owned(),
        why,
    };
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(DiskError::io("look at", folder)(error).into()),
        Ok(found) if !found.is_dir() => return Err(occupied("it is no folder".to_owned())),
        Ok(_) => {}
    }
    let listed = list(folder)?;
    if listed.is_empty() {
        return Ok(Found::Empty);
    }
    let Some(document) = document::of_folder(folder) else {
        let first = listed.first().map(|(path, kind)| kind.named(path));
        let first = first.unwrap_or_default();
        let why = format!("it holds {first}, and no `{FILE_NAME}`: it is no folder of packages");
        return Err(occupied(why));
    };
    let document = document.map_err(|why| occupied(format!("`{FILE_NAME}`: {why}")))?;
    let is_known = |(path, kind): &Entry| match kind {
        Kind::File => {
            UNLISTED.contains(&path.as_str())
                || (has_a_place(path) && document.files.iter().any(|file| file.path == *path))
        }
        Kind::Folder => is_of_a_format(path),
        Kind::Other => false,
    };
    match listed.iter().find(|entry| !is_known(entry)) {
        None => Ok(Found::Packages(Box::new(document))),
        Some((path, kind)) => Err(occupied(format!(
            "it holds {}, {}",
            kind.named(path),
            kind.why()
        ))),
    }
}

/// Files of a folder under a name of ours that a run of ours wrote, by its own word: that of a run that was cut is in
/// the journal, that of one that was whole in the document.
fn own_files(folder: &Path) -> BTreeSet<String> {
    let mut own = folder::journal(folder);
    if let Some(Ok(document)) = document::of_folder(folder) {
        own.extend(document.files.into_iter().map(|file| file.path));
        own.extend(UNLISTED.map(str::to_owned));
    }
    own
}

/// Is this where a package lies, or a document of the folder?
fn has_a_place(path: &str) -> bool {
    Format::ALL.iter().any(|format| format.takes(path)) || UNLISTED.contains(&path)
}

/// Is this the folder of a format?
fn is_of_a_format(path: &str) -> bool {
    Format::ALL
        .iter()
        .any(|format| format.folders().contains(&path))
}

/// What lies under a name; links are not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    /// A link, a pipe or a device.
    Other,
}

impl Kind {
    fn named(self, path: &str) -> String {
        let path = on_one_line(path);
        match self {
            Self::File => format!("the file `{path}`"),
            Self::Folder => format!("the folder `{path}`"),
            Self::Other => format!("`{path}`"),
        }
    }

    /// What makes it foreign.
    fn why(self) -> &'static str {
        match self {
            Self::File => "which is no package",
            Self::Folder => "which no packages have",
            Self::Other => "which is a link or no plain file",
        }
    }
}

/// A path below a folder, with `/`.
type Entry = (String, Kind);

/// Entries of a folder and of its folders, by their names.
fn list(folder: &Path) -> Result<Vec<Entry>, PackageError> {
    let mut found = Vec::new();
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name();
    for entry in entries.min_depth(1).max_depth(2) {
        let entry = entry.map_err(|error| DiskError::io("walk", folder)(error.into()))?;
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        let kind = match entry.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Folder,
            _ => Kind::Other,
        };
        found.push((parts.join("/"), kind));
    }
    Ok(found)
}

/// Takes away what a run of ours left under a name of ours, file by file: those that its journal or its document
/// names. Anything else stays, and is told.
fn sweep(folder: &Path) -> Result<(), PackageError> {
    let in_the_way = |why: String| {
        let path = folder.to_owned();
        PackageError::from(DiskError::InTheWay { path, why })
    };
    match fs::symlink_metadata(folder) {
        Err(_) => return Ok(()),
        Ok(found) if !found.is_dir() => return Err(in_the_way("it is no folder".to_owned())),
        Ok(_) => {}
    }
    let listed = list(folder)?;
    let own = own_files(folder);
    let is_known = |(path, kind): &Entry| match kind {
        Kind::File => has_a_place(path) && own.contains(path) || path == folder::JOURNAL,
        Kind::Folder => is_of_a_format(path),
        Kind::Other => false,
    };
    if let Some((path, kind)) = listed.iter().find(|entry| !is_known(entry)) {
        let why = match kind {
            Kind::File => "which no run of this program says that it wrote",
            kind => kind.why(),
        };
        return Err(in_the_way(format!("it holds {}, {why}", kind.named(path))));
    }
    let (mut files, folders): (Vec<_>, Vec<_>) = listed
        .into_iter()
        .partition(|(_, kind)| *kind == Kind::File);
    // What says whose they are goes last.
    files.sort_by_key(|(path, _)| path == folder::JOURNAL || path == FILE_NAME);
    for (path, _) in files {
        let path = folder.join(path);
        disk::remove_file(&path).map_err(DiskError::io("remove", &path))?;
    }
    for (path, _) in folders {
        let path = folder.join(path);
        disk::remove_folder(&path).map_err(DiskError::io("remove", &path))?;
    }
    disk::remove_folder(folder).map_err(DiskError::io("remove", folder))?;
    Ok(())
}
