//! What was there before a publication, in files beside the publisher.
//!
//! `<domain>.<campaign>.pending.json` from before the first change on, `….before.json` once the
//! publication is complete; one file for all GPOs, so that they become the state to go back to
//! together, and another for each share. Onboarding and offboarding have files of their own: neither
//! is the state that the other goes back to. What a pending state holds is never overwritten: what a
//! cut publication left is no state to go back to.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::shown;
use crate::disk::DiskError;
use crate::failure::Fault as _;
use crate::publication::plan::{Kept, MalformedSaved};
use crate::{interrupted, plain_file};

/// Largest saved state that is read, in bytes: it holds the policy files of a few GPOs.
const MAX_BYTES: u64 = 64 << 20;

/// Why the saved state cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It cannot be read, written or taken away.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Not a state of ours.
    #[error("`{path}` is no state of a publication")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong.
        source: MalformedSaved,
    },
    /// Nothing to go back to.
    #[error(
        "nothing is saved in `{path}`: nothing was published from here, or it was taken back already"
    )]
    Nothing {
        /// The file that would hold it.
        path: String,
    },
}

impl StateError {
    /// What to do next.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Disk(error) => error.hint(),
            Self::Nothing { .. } => Some(
                "a publication is taken back once; `--state` names the folder that it used".into(),
            ),
            Self::Malformed { .. } => None,
        }
    }
}

/// The saved state of one thing that is published to.
#[derive(Debug, Clone)]
pub(super) struct State<T> {
    pending: PathBuf,
    before: PathBuf,
    what: PhantomData<T>,
}

impl<T: Kept> State<T> {
    pub(super) fn of(folder: &Path, name: &str) -> Self {
        Self {
            pending: folder.join(format!("{name}.pending.json")),
            before: folder.join(format!("{name}.before.json")),
            what: PhantomData,
        }
    }

    /// What an unfinished publication has saved; none when there is none.
    pub(super) fn pending(&self) -> Result<Option<T>, StateError> {
        read(&self.pending)
    }

    /// Keeps what is there before the first change.
    pub(super) fn save(&self, saved: &T) -> Result<(), StateError> {
        let io = |action| DiskError::io(action, &self.pending);
        let folder = self.pending.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(io("make the folder of"))?;
        whole(folder, &self.pending, &saved.write()).map_err(io("write"))?;
        Ok(())
    }

    /// Keeps more about what is saved already, in its place.
    pub(super) fn save_again(&self, saved: &T) -> Result<(), StateError> {
        let path = match self.pending.exists() {
            true => &self.pending,
            false => &self.before,
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        whole(folder, path, &saved.write()).map_err(DiskError::io("write", path))?;
        Ok(())
    }

    /// The publication is complete. Where nothing was saved, nothing was changed.
    pub(super) fn finish(&self) -> Result<(), StateError> {
        if !self.pending.exists() {
            return Ok(());
        }
        match std::fs::rename(&self.pending, &self.before) {
            // Another publication from this folder has ended meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            renamed => Ok(renamed.map_err(DiskError::io("rename", &self.pending))?),
        }
    }

    /// What was there before the last publication, finished or not.
    pub(super) fn saved(&self) -> Result<T, StateError> {
        for path in [&self.pending, &self.before] {
            if let Some(saved) = read(path)? {
                return Ok(saved);
            }
        }
        let path = shown(&self.before);
        Err(StateError::Nothing { path })
    }

    /// It was taken back; there is nothing more to go back to.
    pub(super) fn forget(&self) -> Result<(), StateError> {
        for path in [&self.pending, &self.before] {
            match std::fs::remove_file(path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(DiskError::io("remove", path)(error).into()),
            }
        }
        Ok(())
    }
}

/// Writes a file whole or not at all: beside, then renamed. A signal waits for it.
fn whole(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    interrupted::undisturbed(|| {
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    })
}

fn read<T: Kept>(path: &Path) -> Result<Option<T>, StateError> {
    let bytes = match plain_file::read_whole(path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(DiskError::io("read", path)(error).into()),
    };
    let saved = T::read(&bytes).map_err(|source| StateError::Malformed {
        path: shown(path),
        source,
    })?;
    Ok(Some(saved))
}
