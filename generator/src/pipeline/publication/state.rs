//! What was there before a publication, in files beside the publisher.
//!
//! `<domain>/<GUID>.pending.json` from the first change on, `<domain>/<GUID>.before.json` once
//! the publication is complete. A pending state is never overwritten: what a cut publication left
//! is no state to go back to.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::shown;
use crate::gpo::Guid;
use crate::gpo::publication::{DomainFacts, MalformedSaved, Present, Saved};

/// Why the saved state cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file system.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// Not a state of ours.
    #[error("`{path}`: {source}")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong.
        source: MalformedSaved,
    },
    /// Nothing to go back to.
    #[error(
        "nothing is saved in `{path}`\nhint: `--state` names the folder that the publication used"
    )]
    Nothing {
        /// The file that would hold it.
        path: String,
    },
}

/// The saved state of one GPO.
pub(super) struct State {
    pending: PathBuf,
    before: PathBuf,
}

impl State {
    pub(super) fn of(folder: &Path, domain: &DomainFacts, id: Guid) -> Self {
        let folder = folder.join(domain.name.as_str());
        Self {
            pending: folder.join(format!("{id}.pending.json")),
            before: folder.join(format!("{id}.before.json")),
        }
    }

    /// Saves what is there, unless an unfinished publication has saved what was there before it.
    pub(super) fn save(&self, present: &Present) -> Result<(), StateError> {
        if self.pending.exists() {
            return Ok(());
        }
        let io = |action| {
            let path = self.pending.clone();
            move |source| StateError::Io {
                action,
                path,
                source,
            }
        };
        let folder = self.pending.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(io("make the folder of"))?;
        // Whole or not at all: written beside, then renamed.
        let mut file = NamedTempFile::new_in(folder).map_err(io("write"))?;
        file.write_all(&Saved::of(present).write())
            .map_err(io("write"))?;
        file.as_file().sync_all().map_err(io("write"))?;
        let kept = file.persist(&self.pending);
        kept.map(|_| ()).map_err(|error| io("write")(error.error))
    }

    /// The publication is complete.
    pub(super) fn finish(&self) -> Result<(), StateError> {
        std::fs::rename(&self.pending, &self.before).map_err(|source| StateError::Io {
            action: "rename",
            path: self.pending.clone(),
            source,
        })
    }

    /// What was there before the last publication, finished or not.
    pub(super) fn saved(&self) -> Result<Saved, StateError> {
        for path in [&self.pending, &self.before] {
            let bytes = match std::fs::read(path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(source) => {
                    return Err(StateError::Io {
                        action: "read",
                        path: path.clone(),
                        source,
                    });
                }
            };
            return Saved::read(&bytes).map_err(|source| StateError::Malformed {
                path: shown(path),
                source,
            });
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
                Err(source) => {
                    return Err(StateError::Io {
                        action: "remove",
                        path: path.clone(),
                        source,
                    });
                }
            }
        }
        Ok(())
    }
}
