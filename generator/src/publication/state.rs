//! What was there before a publication, in files beside the publisher.
//!
//! `<domain>.<campaign>.pending.json` from before the first change on, `….before.json` once the
//! publication is complete; one file for all GPOs, so that they become the state to go back to
//! together, and another for each share. Those of the publications before that one are
//! `….before-2.json` and on, up to [`KEPT`] in all; a number may be missing, and the lowest is the newest. Onboarding and offboarding have files of their own: neither
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

/// How many publications can be taken back, one after the other.
pub(super) const KEPT: usize = 5;

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
                "a publication is taken back once, and the last five of them, one after the other; `--state` \
                 names the folder that they used"
                    .into(),
            ),
            Self::Malformed { .. } => None,
        }
    }
}

/// The saved state of one thing that is published to.
#[derive(Debug, Clone)]
pub(super) struct State<T> {
    pending: PathBuf,
    /// Newest first.
    before: [PathBuf; KEPT],
    what: PhantomData<T>,
}

impl<T: Kept> State<T> {
    pub(super) fn of(folder: &Path, name: &str) -> Self {
        Self {
            pending: folder.join(format!("{name}.pending.json")),
            before: std::array::from_fn(|at| match at {
                0 => folder.join(format!("{name}.before.json")),
                at => folder.join(format!("{name}.before-{}.json", at + 1)),
            }),
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
        let path = self.newest().next().unwrap_or(&self.pending);
        self.write_to(path, saved)
    }

    /// The same for the state of the publication before that one.
    pub(super) fn save_older(&self, saved: &T) -> Result<(), StateError> {
        match self.newest().nth(1) {
            Some(path) => self.write_to(path, saved),
            None => Ok(()),
        }
    }

    fn write_to(&self, path: &Path, saved: &T) -> Result<(), StateError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        whole(folder, path, &saved.write()).map_err(DiskError::io("write", path))?;
        Ok(())
    }

    /// The files that are there, newest first.
    fn newest(&self) -> impl Iterator<Item = &PathBuf> {
        let all = std::iter::once(&self.pending).chain(&self.before);
        all.filter(|path| path.exists())
    }

    /// The publication is complete. Where nothing was saved, nothing was changed.
    pub(super) fn finish(&self) -> Result<(), StateError> {
        if !self.pending.exists() {
            return Ok(());
        }
        // Older ones make room, the oldest first: where that is cut, the gap is what the next run fills.
        let gap = self.before.iter().position(|path| !path.exists());
        let room = gap.unwrap_or(KEPT - 1);
        let pairs: Vec<_> = self.before.iter().zip(self.before.iter().skip(1)).collect();
        for (from, to) in pairs.into_iter().take(room).rev() {
            renamed(from, to)?;
        }
        renamed(&self.pending, &self.before[0])
    }

    /// What was there before the last publication, finished or not.
    pub(super) fn saved(&self) -> Result<T, StateError> {
        let path = || shown(&self.before[0]);
        let newest = self.newest().next().map(|path| read(path)).transpose()?;
        newest
            .flatten()
            .ok_or_else(|| StateError::Nothing { path: path() })
    }

    /// What was there before the publication before that one; none where it was the first, or is too old.
    pub(super) fn older(&self) -> Result<Option<T>, StateError> {
        let older = self.newest().nth(1).map(|path| read(path)).transpose()?;
        Ok(older.flatten())
    }

    /// Every state that can be gone back to by one publication taken back after the other, newest first.
    pub(super) fn history(&self) -> Result<Vec<T>, StateError> {
        let read = self.newest().filter_map(|path| read(path).transpose());
        read.collect()
    }

    /// The last publication was taken back; the one before it can be.
    pub(super) fn forget(&self) -> Result<(), StateError> {
        match self.newest().next() {
            Some(path) => removed(path),
            None => Ok(()),
        }
    }

    /// There is nothing to go back to any more; the oldest goes first, so that none that is left is of
    /// another past.
    pub(super) fn forget_all(&self) -> Result<(), StateError> {
        self.before
            .iter()
            .rev()
            .try_for_each(|path| removed(path))?;
        removed(&self.pending)
    }
}

fn renamed(from: &Path, to: &Path) -> Result<(), StateError> {
    match std::fs::rename(from, to) {
        // Another publication from this folder has ended meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        renamed => Ok(renamed.map_err(DiskError::io("rename", from))?),
    }
}

fn removed(path: &Path) -> Result<(), StateError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => Ok(removed.map_err(DiskError::io("remove", path))?),
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
