//! A folder that packages are written into, file by file.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;

use super::super::PackageError;
use crate::disk::{self, DiskError};
use crate::plain_file;

/// Names each file of a folder before it is made: whoever finds the folder after a kill knows by it which files are
/// ours.
pub(super) const JOURNAL: &str = ".gangway-files";

/// Most of a journal that is read, in bytes; one has some hundreds.
const MAX_JOURNAL_BYTES: u64 = 1 << 20;

/// The files that a folder's journal names; none where there is none.
pub(super) fn journal(folder: &Path) -> BTreeSet<String> {
    let bytes = plain_file::read_whole(&folder.join(JOURNAL), MAX_JOURNAL_BYTES);
    let bytes = bytes.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    text.lines().map(str::to_owned).collect()
}

/// A folder that is there.
#[derive(Debug)]
pub(in super::super) struct Folder {
    root: PathBuf,
    journal: Option<RefCell<File>>,
}

impl Folder {
    /// One that goes as a whole, whatever is in it.
    pub(in super::super) fn at(root: PathBuf) -> Self {
        Self {
            root,
            journal: None,
        }
    }

    /// One whose files go by their names.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn with_journal(root: PathBuf) -> Result<Self, PackageError> {
        let path = root.join(JOURNAL);
        let journal = disk::create_file(&path).map_err(DiskError::io("create", &path))?;
        Ok(Self {
            root,
            journal: Some(RefCell::new(journal)),
        })
    }

    /// Takes the journal away, once the document of the folder names all files.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn end_journal(&mut self) -> Result<(), PackageError> {
        match self.journal.take() {
            Some(_) => self.remove(JOURNAL),
            None => Ok(()),
        }
    }

    /// Windows removes no folder with an open file in it.
    pub(super) fn close_journal(&mut self) {
        self.journal = None;
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file of it lies.
    pub(in super::super) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A new file, open to be read and written.
    ///
    /// # Errors
    /// The disk refuses.
    pub(in super::super) fn create(&self, relative: &str) -> Result<File, PackageError> {
        let path = self.path(relative);
        if let Some(folder) = path.parent()
            && !folder.is_dir()
        {
            disk::create_folder(folder).map_err(DiskError::io("create folder", folder))?;
        }
        if let Some(journal) = &self.journal {
            let line = format!("{relative}\n");
            let noted = disk::write(&mut journal.borrow_mut(), line.as_bytes());
            noted.map_err(DiskError::io("write", &self.path(JOURNAL)))?;
        }
        let file = disk::create_file(&path).map_err(DiskError::io("create", &path))?;
        set_mode(&file).map_err(DiskError::io("set the mode of", &path))?;
        Ok(file)
    }

    /// A file without a name, for what is made on the way: it goes with the run, however that ends.
    ///
    /// # Errors
    /// The disk refuses.
    pub(in super::super) fn scratch(&self) -> Result<File, PackageError> {
        let made = tempfile::tempfile_in(&self.root);
        Ok(made.map_err(DiskError::io("make a file in", &self.root))?)
    }

    /// A new file with all that is in it.
    ///
    /// # Errors
    /// The disk refuses.
    pub(in super::super) fn write(&self, relative: &str, bytes: &[u8]) -> Result<(), PackageError> {
        let mut file = self.create(relative)?;
        let path = self.path(relative);
        disk::write(&mut file, bytes).map_err(DiskError::io("write", &path))?;
        Ok(())
    }

    /// A new file with all that can be read; gives its size and SHA-256.
    ///
    /// # Errors
    /// The source or the disk refuses.
    pub(in super::super) fn copy(
        &self,
        source: File,
        relative: &str,
    ) -> Result<(u64, Sha256), PackageError> {
        let mut file = self.create(relative)?;
        let path = self.path(relative);
        let copied = plain_file::copy(source, &mut file);
        Ok(copied.map_err(DiskError::io("write", &path))?)
    }

    /// Takes a file away again.
    ///
    /// # Errors
    /// The disk refuses.
    pub(in super::super) fn remove(&self, relative: &str) -> Result<(), PackageError> {
        let path = self.path(relative);
        Ok(disk::remove_file(&path).map_err(DiskError::io("remove", &path))?)
    }
}

#[cfg(unix)]
fn set_mode(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix may fail")]
fn set_mode(_file: &File) -> io::Result<()> {
    // Windows folders hand their access list down.
    Ok(())
}
