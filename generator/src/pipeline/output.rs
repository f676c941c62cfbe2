//! The only code that writes a bundle: beside its place first, then renamed into it.
//!
//! A build that is killed leaves the old folder, or none, and a staging folder that the next
//! build of the same output removes. A lock file in that folder keeps two builds apart.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use sha2::Digest as _;

use crate::bundle::{self, FileDigest};
use crate::interrupted::Leftover;

/// Bytes moved at once: large enough for the disk, small enough for the cache.
const BLOCK_BYTES: usize = 1 << 20;

/// Where judged copies wait to be adopted.
const INTAKE_FOLDER: &str = ".intake";

/// Why an output folder could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// A call of the operating system failed.
    #[error("cannot {action} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The folder holds something else than a bundle.
    #[error(
        "`{}` exists and is no bundle (it has no `bundle.json`), so it is not replaced\n\
         hint: name a new folder, or empty this one yourself", path.display()
    )]
    NotABundle {
        /// The folder.
        path: PathBuf,
    },
    /// Something that is no folder lies in its place.
    #[error(
        "`{}` is no folder, so no bundle is written there\nhint: name a new folder",
        path.display()
    )]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// Another run writes the same output or lock.
    #[error(
        "another run is writing `{}`\nhint: wait until it ends, or let this one wait: `--wait SECONDS`",
        path.display()
    )]
    Busy {
        /// The folder or file.
        path: PathBuf,
    },
    /// A file is no longer what it was when it was judged.
    #[error(
        "`{name}` changed while it was read\n  expected SHA-256 {expected}\n  found    SHA-256 {found}\n\
         hint: build again once nothing writes to the downloads"
    )]
    Changed {
        /// The file as the user knows it.
        name: String,
        /// Digest at inspection.
        expected: Sha256,
        /// Digest while staging.
        found: Sha256,
    },
}

pub(super) fn io_error<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> OutputError + 'a {
    move |source| OutputError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

/// A folder that is being written and not yet in its place.
#[derive(Debug)]
pub(super) struct Staging {
    target: PathBuf,
    folder: PathBuf,
    /// Held for the exclusive lock; the file lies outside the tree that is renamed.
    _lock: File,
    lock_path: PathBuf,
    files: Vec<FileDigest>,
    /// A signal takes both away.
    _leftovers: [Leftover; 2],
}

impl Staging {
    /// Starts a new output beside `target`, removing what a killed build left there.
    ///
    /// # Errors
    /// `target` is something else than a bundle, another build runs, or the disk refuses.
    pub(super) fn begin(target: &Path) -> Result<Self, OutputError> {
        let target = std::path::absolute(target).map_err(io_error("resolve", target))?;
        check_replaceable(&target)?;
        let parent = target.parent().unwrap_or(Path::new("/")).to_owned();
        let name = target
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        fs::create_dir_all(&parent).map_err(io_error("create folder", &parent))?;
        let lock_path = parent.join(format!(".{name}.gangway-lock"));
        let lock = File::create(&lock_path).map_err(io_error("create", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(OutputError::Busy { path: target }),
            Err(fs::TryLockError::Error(error)) => return Err(io_error("lock", &lock_path)(error)),
        }
        let folder = parent.join(format!(".{name}.gangway-new"));
        let previous = parent.join(format!(".{name}.gangway-old"));
        for leftover in [&folder, &previous] {
            remove_tree(leftover)?;
        }
        let leftovers = [Leftover::at(&folder), Leftover::at(&lock_path)];
        fs::create_dir(&folder).map_err(io_error("create folder", &folder))?;
        Ok(Self {
            target,
            folder,
            _lock: lock,
            lock_path,
            files: Vec::new(),
            _leftovers: leftovers,
        })
    }

    /// A folder inside for copies that the inspection makes while it judges; what is not
    /// adopted from it goes away with [`Staging::commit`].
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn intake_folder(&self) -> Result<PathBuf, OutputError> {
        let folder = self.folder.join(INTAKE_FOLDER);
        fs::create_dir(&folder).map_err(io_error("create folder", &folder))?;
        Ok(folder)
    }

    /// The folders above a file, below the staging folder: once a signal has taken that away, nothing
    /// makes it again.
    fn create_folders(&self, path: &str) -> io::Result<()> {
        let mut folder = self.folder.clone();
        let folders = path.split('/').rev().skip(1).collect::<Vec<_>>();
        for name in folders.into_iter().rev() {
            folder.push(name);
            match fs::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
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
        let full = self.folder.join(path);
        self.create_folders(path)
            .map_err(io_error("create the folder of", &full))?;
        let mut file = File::create_new(&full).map_err(io_error("create", &full))?;
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
            file.write_all(&block[..read])
                .map_err(io_error("write", &full))?;
            size += read as u64;
            progress(read as u64);
        }
        set_mode(&file, 0o644).map_err(io_error("set the mode of", &full))?;
        let sha256 = Sha256::from_bytes(hash.finalize().into());
        let digest = FileDigest {
            path: path.to_owned(),
            size,
            sha256,
        };
        self.files.push(digest.clone());
        Ok(digest)
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
        let full = self.folder.join(path);
        self.create_folders(path)
            .map_err(io_error("create the folder of", &full))?;
        fs::rename(from, &full).map_err(io_error("move a staged copy to", &full))?;
        let file = File::open(&full).map_err(io_error("open", &full))?;
        set_mode(&file, 0o644).map_err(io_error("set the mode of", &full))?;
        let digest = FileDigest {
            path: path.to_owned(),
            size,
            sha256,
        };
        self.files.push(digest.clone());
        Ok(digest)
    }

    /// Puts the folder into its place; the previous bundle goes away.
    ///
    /// # Errors
    /// The disk refuses; the previous bundle is put back.
    pub(super) fn commit(self) -> Result<(), OutputError> {
        remove_tree(&self.folder.join(INTAKE_FOLDER))?;
        set_folder_modes(&self.folder)?;
        let previous = self.folder.with_extension("gangway-old");
        let replaced = self.target.exists();
        if replaced {
            fs::rename(&self.target, &previous).map_err(io_error("move aside", &self.target))?;
        }
        if let Err(error) = fs::rename(&self.folder, &self.target) {
            if replaced {
                // The rename back can only fail for the reason that is reported anyway.
                let _ = fs::rename(&previous, &self.target);
            }
            return Err(io_error("put into place", &self.target)(error));
        }
        remove_tree(&previous)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After a commit the folder is gone; otherwise nothing half-written stays. A failure
        // here is mended by the next build, which removes leftovers first.
        let _ = fs::remove_dir_all(&self.folder);
        let _ = fs::remove_file(&self.lock_path);
    }
}

fn check_replaceable(target: &Path) -> Result<(), OutputError> {
    match fs::read_dir(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(OutputError::NotAFolder {
                path: target.to_owned(),
            })
        }
        Err(error) => Err(io_error("read folder", target)(error)),
        Ok(mut entries) => {
            if target.join(bundle::FILE_NAME).is_file() || entries.next().is_none() {
                Ok(())
            } else {
                Err(OutputError::NotABundle {
                    path: target.to_owned(),
                })
            }
        }
    }
}

fn remove_tree(path: &Path) -> Result<(), OutputError> {
    match fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(io_error("remove", path)(error)),
    }
}

/// A share is read by other accounts, so modes do not depend on the builder's umask.
fn set_folder_modes(folder: &Path) -> Result<(), OutputError> {
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.map_err(|error| io_error("walk", folder)(error.into()))?;
        if entry.file_type().is_dir() {
            let file = File::open(entry.path()).map_err(io_error("open", entry.path()))?;
            set_mode(&file, 0o755).map_err(io_error("set the mode of", entry.path()))?;
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_replaces_the_whole_previous_bundle() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("out");
        for content in ["first", "second"] {
            let mut staging = Staging::begin(&target).unwrap();
            staging
                .write(bundle::FILE_NAME, content.as_bytes())
                .unwrap();
            staging.write(&format!("only/{content}"), b"").unwrap();
            staging.commit().unwrap();
        }
        assert_eq!(
            fs::read_to_string(target.join(bundle::FILE_NAME)).unwrap(),
            "second"
        );
        assert!(!target.join("only/first").exists());
        let names: Vec<_> = fs::read_dir(root.path())
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(names, ["out"], "nothing else is left behind");
    }

    #[test]
    fn what_is_not_committed_leaves_no_trace_and_the_old_bundle_whole() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("out");
        let mut staging = Staging::begin(&target).unwrap();
        staging.write(bundle::FILE_NAME, b"old").unwrap();
        staging.commit().unwrap();
        let mut staging = Staging::begin(&target).unwrap();
        staging.write(bundle::FILE_NAME, b"new").unwrap();
        drop(staging);
        assert_eq!(fs::read(target.join(bundle::FILE_NAME)).unwrap(), b"old");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_of_a_killed_build_are_removed() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join(".out.gangway-new/deep")).unwrap();
        let staging = Staging::begin(&root.path().join("out")).unwrap();
        assert!(!staging.folder.join("deep").exists());
    }

    #[test]
    fn two_builds_of_one_output_do_not_meet() {
        let root = tempfile::tempdir().unwrap();
        let target = root.path().join("out");
        let _first = Staging::begin(&target).unwrap();
        assert!(matches!(
            Staging::begin(&target),
            Err(OutputError::Busy { .. })
        ));
    }

    #[test]
    fn a_folder_that_is_no_bundle_is_not_replaced() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("thesis.txt"), "years of work").unwrap();
        assert!(matches!(
            Staging::begin(root.path()),
            Err(OutputError::NotABundle { .. })
        ));
    }
}
