//! The folder of packages: whole or not there at all, and nothing of others is taken away for it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::PackageError;
use super::document::{FILE_NAME, Format, MAX_BYTES, PackagesDocument};
use crate::disk::{self, Claim, DiskError};
use crate::interrupted::{self, Leftover};
use crate::plain_file;

/// The list of digests, for `sha256sum -c`.
pub(super) const SUMS: &str = "SHA256SUMS";

/// Files that lie beside the document and are not listed in it.
const UNLISTED: [&str; 2] = [FILE_NAME, SUMS];

/// A folder that is being written.
#[derive(Debug)]
pub(super) struct Staging {
    target: PathBuf,
    folder: PathBuf,
    previous: PathBuf,
    /// A signal takes the folder away, until it is in its place.
    leftover: Option<Leftover>,
    /// Let go last.
    _claim: Claim,
}

impl Staging {
    /// Starts a new folder for a place, after ending what a killed run left there.
    ///
    /// # Errors
    /// The place holds what is not replaced, another run writes it, or the disk refuses.
    pub(super) fn begin(out: &Path, bundle: &Path) -> Result<Self, PackageError> {
        let target = disk::resolved(out).map_err(DiskError::io("resolve", out))?;
        let occupied = |why: &str| PackageError::Occupied {
            path: out.to_owned(),
            why: why.to_owned(),
        };
        let (Some(parent), Some(name)) = (target.parent(), target.file_name()) else {
            return Err(occupied("no other folder can take its place"));
        };
        let bundle = disk::resolved(bundle).map_err(DiskError::io("resolve", bundle))?;
        if target.starts_with(&bundle) || bundle.starts_with(&target) {
            return Err(occupied("one of it and the bundle lies in the other"));
        }
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
        is_ours(&target, out)?;
        sweep(&folder)?;
        let leftover = interrupted::undisturbed(|| {
            disk::create_folder(&folder).map(|()| Leftover::at(&folder))
        });
        let leftover = Some(leftover.map_err(DiskError::io("create folder", &folder))?);
        Ok(Self {
            target,
            folder,
            previous,
            leftover,
            _claim: claim,
        })
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

    /// Puts the folder into its place and takes away what was there before.
    ///
    /// # Errors
    /// The disk refuses, or something else came to the place; what is there stays.
    pub(super) fn commit(mut self) -> Result<(), PackageError> {
        let (folder, target) = (&self.folder, &self.target);
        let failed = || DiskError::io("put into place", target);
        let found = is_ours(target, target)?;
        // From here on its name may be that of the old folder.
        self.leftover = None;
        match found {
            Found::Nothing => disk::rename(folder, target).map_err(failed())?,
            Found::Empty => {
                disk::remove_folder(target).map_err(failed())?;
                disk::rename(folder, target).map_err(failed())?;
            }
            Found::Packages => {
                if !disk::exchange(folder, target).map_err(failed())? {
                    disk::rename(target, &self.previous).map_err(failed())?;
                    if let Err(error) = disk::rename(folder, target) {
                        // What fails here too is mended by the next run.
                        let _ = disk::rename(&self.previous, target);
                        return Err(failed()(error).into());
                    }
                    sweep(&self.previous)?;
                }
                sweep(folder)?;
            }
        }
        Ok(())
    }
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
        disk::rename(previous, target).map_err(DiskError::io("put back", target))?;
        return Ok(());
    }
    sweep(previous)
}

/// What lies in a place that may be written.
enum Found {
    Nothing,
    Empty,
    Packages,
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
    let document = plain_file::read_whole(&folder.join(FILE_NAME), MAX_BYTES)
        .map_err(|error| error.to_string())
        .and_then(|bytes| PackagesDocument::parse(&bytes))
        .map_err(|why| occupied(format!("`{FILE_NAME}`: {why}")))?;
    let is_known = |(path, is_plain): &(String, bool)| match is_plain {
        true => {
            UNLISTED.contains(&path.as_str())
                || (has_a_place(path) && document.files.iter().any(|file| file.path == *path))
        }
        false => is_of_a_format(path) && folder.join(path).is_dir(),
    };
    match listed.iter().find(|entry| !is_known(entry)) {
        None => Ok(Found::Packages),
        Some((path, _)) => Err(occupied(format!("it holds `{path}`, which is no package"))),
    }
}

/// Is this where a package lies, or a document of the folder?
fn has_a_place(path: &str) -> bool {
    let below = path.split_once('/');
    let is_package = below.is_some_and(|(folder, name)| {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        Format::ALL.iter().any(|format| {
            let extensions = format.extensions();
            format.folders().contains(&folder)
                && (extensions.is_empty() || extension.is_some_and(|it| extensions.contains(&it)))
        })
    });
    is_package || UNLISTED.contains(&path)
}

/// Is this the folder of a format?
fn is_of_a_format(path: &str) -> bool {
    Format::ALL
        .iter()
        .any(|format| format.folders().contains(&path))
}

/// Entries of a folder and of its folders, by path, and whether each is a plain file; links are none.
fn list(folder: &Path) -> Result<Vec<(String, bool)>, PackageError> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder).min_depth(1).max_depth(2) {
        let entry = entry.map_err(|error| DiskError::io("walk", folder)(error.into()))?;
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        found.push((parts.join("/"), entry.file_type().is_file()));
    }
    Ok(found)
}

/// Takes away what a run of ours left under a name of ours, file by file; anything else stays, and is
/// told.
fn sweep(folder: &Path) -> Result<(), PackageError> {
    if fs::symlink_metadata(folder).is_err() {
        return Ok(());
    }
    let listed = list(folder)?;
    let is_known = |(path, is_plain): &(String, bool)| match is_plain {
        true => has_a_place(path),
        false => is_of_a_format(path),
    };
    if let Some((path, _)) = listed.iter().find(|entry| !is_known(entry)) {
        let why = format!("it holds `{path}`");
        let path = folder.to_owned();
        return Err(DiskError::InTheWay { path, why }.into());
    }
    let (files, folders): (Vec<_>, Vec<_>) = listed.into_iter().partition(|(_, plain)| *plain);
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

#[cfg(test)]
mod tests {
    use gangway_contract::manifest::Mode;
    use gangway_contract::{BundleId, ReleaseId, Sha256};

    use super::super::document::PackageFile;
    use super::*;
    use crate::disk::cuts;

    fn document(content: &[u8]) -> PackagesDocument {
        PackagesDocument {
            schema: PackagesDocument::schema(),
            bundle_id: BundleId::of_bytes(content),
            release_id: ReleaseId::of_bytes(content),
            bundle_json_sha256: Sha256::of(content),
            sequence: 1,
            mode: Mode::Onboard,
            exe_sha256: Sha256::of(content),
            exe_is_signed: true,
            product: None,
            offboarding: None,
            files: vec![PackageFile {
                path: "msi/x.msi".to_owned(),
                format: Format::Msi,
                size: content.len() as u64,
                sha256: Sha256::of(content),
                signature: None,
            }],
        }
    }

    fn write(out: &Path, bundle: &Path, content: &[u8]) -> Result<(), PackageError> {
        let staging = Staging::begin(out, bundle)?;
        staging.write("msi/x.msi", content)?;
        staging.write(FILE_NAME, &document(content).to_bytes())?;
        staging.commit()
    }

    fn held(out: &Path) -> Option<Vec<u8>> {
        let content = fs::read(out.join("msi/x.msi")).ok()?;
        let whole = fs::read(out.join(FILE_NAME)).ok()? == document(&content).to_bytes();
        assert!(whole, "the document is that of the file");
        Some(content)
    }

    #[test]
    fn a_run_that_is_cut_anywhere_leaves_old_or_new_and_the_next_one_is_whole() {
        for exchanges in [true, false] {
            for changes in 0.. {
                let folder = tempfile::tempdir().unwrap();
                let bundle = folder.path().join("bundle");
                fs::create_dir(&bundle).unwrap();
                let out = folder.path().join("packages");
                write(&out, &bundle, b"old").unwrap();
                let run = || cuts::after(changes, || write(&out, &bundle, b"new"));
                let (result, was_cut) = match exchanges {
                    true => run(),
                    false => cuts::without_exchange(run),
                };
                let is_between = !exchanges && !out.exists();
                if !is_between {
                    let content = held(&out).unwrap();
                    assert!(content == b"old" || content == b"new", "after {changes}");
                }
                write(&out, &bundle, b"next").unwrap();
                assert_eq!(held(&out).unwrap(), b"next", "after {changes}");
                let names = fs::read_dir(folder.path()).unwrap().count();
                assert_eq!(names, 2, "nothing is left beside, after {changes}");
                if !was_cut {
                    result.unwrap();
                    break;
                }
            }
        }
    }

    #[test]
    fn what_is_not_ours_is_neither_replaced_nor_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("bundle");
        fs::create_dir(&bundle).unwrap();
        let out = folder.path().join("packages");
        write(&out, &bundle, b"old").unwrap();
        for (name, is_folder) in [("mine.txt", false), ("msi/other.msi", false), ("git", true)] {
            let path = out.join(name);
            match is_folder {
                true => fs::create_dir(&path).unwrap(),
                false => fs::write(&path, b"mine").unwrap(),
            }
            let refused = write(&out, &bundle, b"new").unwrap_err().to_string();
            assert!(refused.contains(name), "{refused}");
            assert_eq!(held(&out).unwrap(), b"old");
            match is_folder {
                true => fs::remove_dir(&path).unwrap(),
                false => fs::remove_file(&path).unwrap(),
            }
        }
        let planted = folder.path().join(".packages.gangway-new");
        fs::create_dir(&planted).unwrap();
        fs::write(planted.join("mine.txt"), b"mine").unwrap();
        assert!(write(&out, &bundle, b"new").is_err());
        assert!(planted.join("mine.txt").exists());
    }

    #[test]
    fn packages_and_bundle_lie_apart() {
        let folder = tempfile::tempdir().unwrap();
        let bundle = folder.path().join("bundle");
        fs::create_dir(&bundle).unwrap();
        for out in [
            bundle.join("packages"),
            bundle.clone(),
            folder.path().to_owned(),
        ] {
            let refused = write(&out, &bundle, b"x").unwrap_err();
            assert!(
                matches!(refused, PackageError::Occupied { .. }),
                "{refused}"
            );
        }
    }
}
