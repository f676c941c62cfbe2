//! The folder of packages: whole or not there at all, and nothing of others is taken away for it.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;

use super::super::output::{Kept, check_apart};
use super::super::sums::SUMS_FILE_NAME;
use super::PackageError;
use super::document::{self, FILE_NAME, Format, PackagesDocument};
use crate::disk::{self, Claim, DiskError};
use crate::interrupted::{self, Leftover};
use crate::packages::codes;
use crate::plain_file;
use crate::printable::on_one_line;
use crate::problem::Problem;

/// Files that lie beside the document and are not listed in it.
const UNLISTED: [&str; 2] = [FILE_NAME, SUMS_FILE_NAME];

/// A folder that is being written.
#[derive(Debug)]
pub(super) struct Staging {
    target: PathBuf,
    folder: PathBuf,
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
            folder,
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

    /// Where a file lies until the folder is in its place.
    pub(super) fn path(&self, relative: &str) -> PathBuf {
        self.folder.join(relative)
    }

    /// A new file, open to be read and written.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn create(&self, relative: &str) -> Result<File, PackageError> {
        let path = self.path(relative);
        if let Some(folder) = path.parent()
            && !folder.is_dir()
        {
            disk::create_folder(folder).map_err(DiskError::io("create folder", folder))?;
        }
        let file = disk::create_file(&path).map_err(DiskError::io("create", &path))?;
        set_mode(&file).map_err(DiskError::io("set the mode of", &path))?;
        Ok(file)
    }

    /// A file without a name, for what is made on the way: it goes with the run, however that ends.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn scratch(&self) -> Result<File, PackageError> {
        let made = tempfile::tempfile_in(&self.folder);
        Ok(made.map_err(DiskError::io("make a file in", &self.folder))?)
    }

    /// A new file with all that is in it.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn write(&self, relative: &str, bytes: &[u8]) -> Result<(), PackageError> {
        let mut file = self.create(relative)?;
        let path = self.path(relative);
        disk::write(&mut file, bytes).map_err(DiskError::io("write", &path))?;
        Ok(())
    }

    /// A new file with all that can be read; gives its size and SHA-256.
    ///
    /// # Errors
    /// The source or the disk refuses.
    pub(super) fn copy(&self, source: File, relative: &str) -> Result<(u64, Sha256), PackageError> {
        let mut file = self.create(relative)?;
        let path = self.path(relative);
        let copied = plain_file::copy(source, &mut file);
        Ok(copied.map_err(DiskError::io("write", &path))?)
    }

    /// Puts the folder into its place and takes away what was there before; the finding of what could not
    /// be taken away.
    ///
    /// # Errors
    /// The disk refuses, or something else came to the place; what is there stays.
    pub(super) fn commit(mut self) -> Result<Option<Problem>, PackageError> {
        let (folder, target) = (&self.folder, &self.target);
        let failed = || DiskError::io("put into place", target);
        let found = is_ours(target, target)?;
        // From here on its name may be that of the old folder.
        self.leftover = None;
        let replaced = match found {
            Found::Nothing => {
                disk::rename(folder, target).map_err(failed())?;
                return Ok(None);
            }
            Found::Empty => {
                disk::remove_folder(target).map_err(failed())?;
                disk::rename(folder, target).map_err(failed())?;
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
        // The new ones are in their place, whatever becomes of these.
        Ok(sweep(replaced).err().map(|error| left(replaced, &error)))
    }
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
        let _ = sweep(&self.folder);
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
        Some((path, kind)) => Err(occupied(format!("it holds {}", kind.shown(path)))),
    }
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

    /// With what makes it foreign.
    fn shown(self, path: &str) -> String {
        let why = match self {
            Self::File => "which is no package",
            Self::Folder => "which no packages have",
            Self::Other => "which is a link or no plain file",
        };
        format!("{}, {why}", self.named(path))
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

/// Takes away what a run of ours left under a name of ours, file by file; anything else stays, and is
/// told.
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
    let is_known = |(path, kind): &Entry| match kind {
        Kind::File => has_a_place(path),
        Kind::Folder => is_of_a_format(path),
        Kind::Other => false,
    };
    if let Some((path, kind)) = listed.iter().find(|entry| !is_known(entry)) {
        return Err(in_the_way(format!("it holds {}", kind.shown(path))));
    }
    let (files, folders): (Vec<_>, Vec<_>) = listed
        .into_iter()
        .partition(|(_, kind)| *kind == Kind::File);
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

#[cfg(unix)]
fn set_mode(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix may fail")]
fn set_mode(_file: &File) -> io::Result<()> {
    // Windows folders hand their access list down.
    Ok(())
}
