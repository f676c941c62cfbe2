//! The only code that writes a bundle: beside its place first, then exchanged with what is there.
//!
//! A folder is replaced only when it is a bundle and every file in it is one that a build writes,
//! and nothing that the build reads lies in it; what is taken away is taken away file by file. A
//! build that is killed leaves the old folder, or none, and beside it what the next run of the
//! same output puts back or removes. A lock file there keeps two builds apart.

mod contents;
mod error;
mod place;
mod removal;
mod replacement;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use sha2::Digest as _;

use super::package::document_of;
use crate::bundle::{BundleDocument, FileDigest};
use crate::disk::{self, Claim, Identity};
use crate::interrupted::{self, EmptyFolders, Leftover};

pub(super) use error::io_error;
pub use error::{Foreign, OutputError};

use contents::{Contents, changed_since_built, is_bundle, judge};
use place::Place;

/// Bytes moved at once: large enough for the disk, small enough for the cache.
const BLOCK_BYTES: usize = 1 << 20;

/// Where judged copies wait to be adopted.
const INTAKE_FOLDER: &str = ".intake";

/// A file that says of a folder: not ended, and ours to take away.
const MARKER: &str = ".gangway-unfinished";
const MARKER_TEXT: &[u8] = b"A build of gangway writes here; the next one takes this away.\n";

/// Something that the build reads, in words and by path: it must not lie in what is replaced.
pub(super) type Kept = (&'static str, PathBuf);

/// What [`Kept`] calls a download: a file, or a folder that is read as a whole.
pub(in crate::pipeline) const DOWNLOAD: &str = "the download";

/// A folder that is being written and not yet in its place.
#[derive(Debug)]
pub(super) struct Staging {
    place: Place,
    folder: PathBuf,
    /// Of the folder, as it was made.
    identity: Identity,
    files: Vec<FileDigest>,
    /// A signal takes the folder away, until it is whole.
    leftover: Option<Leftover>,
    /// Let go after what was not committed is gone.
    _claim: Claim,
    /// Let go last.
    above: Above,
}

impl Staging {
    /// Starts a new output for a place, after ending what a killed build left there.
    ///
    /// # Errors
    /// The place holds what is not replaced, another build runs, or the disk refuses.
    pub(super) fn begin(out: &Path, kept: &[Kept]) -> Result<Self, OutputError> {
        let place = Place::find(out)?;
        check_replaceable(&place, kept)?;
        let above = Above::create(&place.parent)?;
        let claim = Claim::take(place.claim(), &place.shown)?;
        replacement::end_killed(&place, &claim)?;
        let folder = place.staging();
        // Both or neither: until then the name may be somebody else's.
        let leftover = interrupted::undisturbed(|| {
            disk::create_folder(&folder).map(|()| Leftover::at(&folder))
        });
        let leftover = Some(leftover.map_err(io_error("create folder", &folder))?);
        // From here on dropping it tidies up.
        let staging = Self {
            place,
            identity: identity(&folder).map_err(io_error("look at", &folder))?,
            folder,
            files: Vec::new(),
            leftover,
            _claim: claim,
            above,
        };
        let marker = staging.folder.join(MARKER);
        disk::create_file(&marker)
            .and_then(|mut file| disk::write(&mut file, MARKER_TEXT))
            .map_err(io_error("write", &marker))?;
        Ok(staging)
    }

    /// The document of the bundle that is in the place now.
    ///
    /// # Errors
    /// The disk refuses, or something else came there meanwhile.
    pub(super) fn standing(&self) -> Result<Option<BundleDocument>, OutputError> {
        Ok(match judge(&self.place.target, &self.place.shown)? {
            Contents::Bundle(bundle) => Some(bundle.document),
            Contents::Absent | Contents::Empty => None,
        })
    }

    /// Files of the bundle in the place that were changed since it was built, by path: somebody's
    /// work, which the new bundle throws away.
    ///
    /// # Errors
    /// The disk refuses, or something else came there meanwhile.
    pub(super) fn overwritten(&self) -> Result<Vec<String>, OutputError> {
        match judge(&self.place.target, &self.place.shown)? {
            Contents::Bundle(bundle) => changed_since_built(&self.place.target, &bundle),
            Contents::Absent | Contents::Empty => Ok(Vec::new()),
        }
    }

    /// Where the bundle will be, links followed.
    pub(super) fn target(&self) -> &Path {
        &self.place.target
    }

    /// A folder inside for copies that the inspection makes while it judges; what is not
    /// adopted from it goes away with [`Staging::commit`].
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn intake_folder(&self) -> Result<PathBuf, OutputError> {
        let folder = self.folder.join(INTAKE_FOLDER);
        disk::create_folder(&folder).map_err(io_error("create folder", &folder))?;
        Ok(folder)
    }

    /// Whoever may write beside the place may put another folder, or a link, under the name.
    fn check_identity(&self) -> Result<(), OutputError> {
        if identity(&self.folder).is_ok_and(|found| found == self.identity) {
            return Ok(());
        }
        Err(OutputError::Exchanged {
            path: self.folder.clone(),
        })
    }

    /// The folders above a file, below the staging folder: once a signal has taken that away, nothing
    /// makes it again.
    fn create_folders(&self, path: &str) -> io::Result<()> {
        let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
        for folder in folders.map(|path| self.folder.join(path)) {
            if !folder.is_dir() {
                disk::create_folder(&folder)?;
            }
        }
        Ok(())
    }

    /// Every file written so far, in the order of writing.
    pub(super) fn files(&self) -> &[FileDigest] {
        &self.files
    }

    /// Writes a whole file; `path` is relative, with `/`.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn write(&mut self, path: &str, bytes: &[u8]) -> Result<FileDigest, OutputError> {
        self.copy(path, bytes, |_| {})
    }

    /// Streams a file: read once, hashed and written in blocks. `progress` gets each block's
    /// length in bytes.
    ///
    /// # Errors
    /// The source or the disk refuses.
    pub(super) fn copy(
        &mut self,
        path: &str,
        mut source: impl Read,
        mut progress: impl FnMut(u64),
    ) -> Result<FileDigest, OutputError> {
        self.check_identity()?;
        let full = self.folder.join(path);
        self.create_folders(path)
            .map_err(io_error("create the folder of", &full))?;
        let mut file = disk::create_file(&full).map_err(io_error("create", &full))?;
        let mut hash = sha2::Sha256::new();
        let mut size = 0u64;
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            let read = match source.read(&mut block) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(io_error("read the source of", &full)(error)),
            };
            hash.update(&block[..read]);
            disk::write(&mut file, &block[..read]).map_err(io_error("write", &full))?;
            size += read as u64;
            progress(read as u64);
        }
        set_mode(&file, 0o644).map_err(io_error("set the mode of", &full))?;
        Ok(self.listed(path, size, Sha256::from_bytes(hash.finalize().into())))
    }

    /// Takes a file that already lies in the staging folder as written.
    ///
    /// # Errors
    /// The file cannot be moved to its place.
    pub(super) fn adopt(
        &mut self,
        path: &str,
        from: &Path,
        size: u64,
        sha256: Sha256,
    ) -> Result<FileDigest, OutputError> {
        self.check_identity()?;
        let full = self.folder.join(path);
        self.create_folders(path)
            .map_err(io_error("create the folder of", &full))?;
        disk::rename(from, &full).map_err(io_error("move a staged copy to", &full))?;
        let file = File::open(&full).map_err(io_error("open", &full))?;
        set_mode(&file, 0o644).map_err(io_error("set the mode of", &full))?;
        Ok(self.listed(path, size, sha256))
    }

    /// Remembers a file that is in its place.
    fn listed(&mut self, path: &str, size: u64, sha256: Sha256) -> FileDigest {
        let digest = FileDigest {
            path: path.to_owned(),
            size,
            sha256,
        };
        self.files.push(digest.clone());
        digest
    }

    /// Puts the folder into its place; the previous bundle lies beside it from then on.
    ///
    /// # Errors
    /// The disk refuses, or the place got other contents meanwhile; the previous bundle stays.
    pub(super) fn commit(mut self) -> Result<Committed, OutputError> {
        self.check_identity()?;
        removal::remove_intake(&self.folder)?;
        set_folder_modes(&self.folder)?;
        let before = judge(&self.place.target, &self.place.shown)?;
        let marker = self.folder.join(MARKER);
        // Whole now, so its document is the mark.
        disk::remove_file(&marker).map_err(io_error("remove", &marker))?;
        // From here on its name may be that of the old bundle.
        self.leftover = None;
        self.above.keep();
        let previous = replacement::put_into_place(&self.place, &before)?;
        Ok(Committed {
            previous,
            _staging: self,
        })
    }
}

/// A bundle in its place. The place is claimed until this is dropped.
#[derive(Debug)]
pub(super) struct Committed {
    /// Where the bundle that was there before lies now.
    previous: Option<PathBuf>,
    _staging: Staging,
}

impl Committed {
    /// Takes the previous bundle away.
    ///
    /// # Errors
    /// The disk refuses, or something came into it; what is left of it stays.
    pub(super) fn remove_previous(self) -> Result<(), OutputError> {
        self.previous
            .as_deref()
            .map_or(Ok(()), replacement::remove_moved)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After a commit nothing is there; otherwise nothing half-written stays. A failure here
        // is mended by the next build, which begins with this.
        if self.check_identity().is_ok() {
            let _ = removal::sweep(&self.folder);
        }
    }
}

/// Folders above a place that were made for it. Those that are empty go away with this, unless they
/// are kept.
#[derive(Debug)]
struct Above {
    /// The innermost first.
    folders: Vec<PathBuf>,
    _on_signals: EmptyFolders,
}

impl Above {
    fn create(parent: &Path) -> Result<Self, OutputError> {
        let missing = parent.ancestors().take_while(|folder| !folder.exists());
        let folders: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        let made = Self {
            _on_signals: EmptyFolders::at(&folders),
            folders,
        };
        disk::create_folders(parent).map_err(io_error("create folder", parent))?;
        Ok(made)
    }

    fn keep(&mut self) {
        self.folders.clear();
    }
}

impl Drop for Above {
    fn drop(&mut self) {
        for folder in &self.folders {
            // Not when it holds something by now.
            let _ = disk::remove_folder(folder);
        }
    }
}

/// Ends what a killed build of this place began, when there is any and nobody works there now.
/// For commands that may fail for another reason, or only read.
pub(super) fn mend(out: &Path) {
    let Ok(place) = Place::find(out) else {
        return;
    };
    let names = [
        place.staging(),
        place.previous(),
        place.signed(),
        place.claim(),
    ];
    if !names.iter().any(|name| fs::symlink_metadata(name).is_ok()) {
        return;
    }
    // What stands against it is told by the next build.
    if let Ok(claim) = Claim::take(place.claim(), &place.shown) {
        let _ = replacement::end_killed(&place, &claim);
    }
}

/// May the folder go away, with everything in it?
fn check_replaceable(place: &Place, kept: &[Kept]) -> Result<(), OutputError> {
    let target = &place.target;
    check_apart(&place.shown, kept)?;
    if matches!(judge(target, &place.shown)?, Contents::Absent) {
        return Ok(());
    }
    if place::is_mount_point(target).map_err(io_error("look at", target))? {
        return Err(OutputError::MountPoint {
            path: place.shown.clone(),
        });
    }
    Ok(())
}

/// Does a file or folder that is about to be written lie in nothing that it would change (the downloads, a
/// bundle, packages), and nothing that the run reads in it?
///
/// # Errors
/// It does.
pub(super) fn check_apart(shown: &Path, kept: &[Kept]) -> Result<(), OutputError> {
    let Place { target, parent, .. } = Place::find(shown)?;
    let path = || shown.to_owned();
    let around = |(what, path): &&Kept| *what == DOWNLOAD && place::is_below(&target, path);
    if let Some((_, downloads)) = kept.iter().find(around) {
        return Err(OutputError::AmongDownloads {
            path: path(),
            downloads: downloads.clone(),
        });
    }
    if let Some(bundle) = parent.ancestors().find(|folder| is_bundle(folder)) {
        return Err(OutputError::InsideABundle {
            path: path(),
            bundle: bundle.to_owned(),
        });
    }
    let are_packages = |folder: &&Path| matches!(document_of(folder), Some(Ok(_)));
    if let Some(packages) = parent.ancestors().find(are_packages) {
        return Err(OutputError::AmongPackages {
            path: path(),
            packages: packages.to_owned(),
        });
    }
    // Before what the folder is: nobody should be told to empty one with his own files. In a place
    // where nothing is yet may be the lock that comes there.
    let there = fs::symlink_metadata(&target).ok();
    let lies_there = |path: &Path| match &there {
        Some(found) => found.is_dir() && place::holds(&target, path),
        None => place::is_at(&target, path),
    };
    if let Some((what, inside)) = kept.iter().find(|(_, path)| lies_there(path)) {
        return Err(OutputError::HoldsInput {
            path: path(),
            what,
            inside: inside.clone(),
        });
    }
    Ok(())
}

/// Of what lies at the path itself, links not followed.
fn identity(folder: &Path) -> io::Result<Identity> {
    fs::symlink_metadata(folder).map(|found| disk::identity(&found))
}

/// A share is read by other accounts, so modes do not depend on the builder's umask.
#[cfg(unix)]
fn set_folder_modes(folder: &Path) -> Result<(), OutputError> {
    use std::os::unix::fs::PermissionsExt as _;
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.map_err(|error| io_error("walk", folder)(error.into()))?;
        if entry.file_type().is_dir() {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o755))
                .map_err(io_error("set the mode of", entry.path()))?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix may fail")]
fn set_folder_modes(_folder: &Path) -> Result<(), OutputError> {
    // Windows folders hand their access list down, and cannot be opened like files.
    Ok(())
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _mode: u32) -> io::Result<()> {
    // Windows folders hand their access list down.
    Ok(())
}
