//! Why a file of ours does not come to its place.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::{FailureCode, Fault, hint_of};

/// Why a file of ours does not come to its place.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// A call of the operating system failed.
    #[error("cannot {action} `{}`", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A name that is needed is taken.
    #[error("`{}` is in the way, and it is not surely what a killed run left: {why}", path.display())]
    InTheWay {
        /// The file or folder.
        path: PathBuf,
        /// What is strange about it.
        why: String,
    },
    /// Another run writes the same.
    #[error("another run is writing `{}`", path.display())]
    Busy {
        /// The folder or file.
        path: PathBuf,
    },
}

impl DiskError {
    /// For `map_err`: what was tried, and on what.
    pub(crate) fn io<'a>(
        action: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + 'a {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }
}

/// How names of folders begin that private work goes on in, below the system's folder for temporary files.
pub(crate) const WORK_FOLDER: &str = "gangway-work-";

/// The variable that names the folder for temporary files.
const TEMPORARY: &str = if cfg!(windows) { "TMP" } else { "TMPDIR" };

/// What to do about temporary files that find no place: nobody named the folder of such a path.
fn hint_of_work(path: &Path, source: &io::Error) -> Option<Cow<'static, str>> {
    use io::ErrorKind;
    let is_of_work = |name: &OsStr| name.to_string_lossy().starts_with(WORK_FOLDER);
    let folder = path
        .ancestors()
        .find(|it| it.file_name().is_some_and(is_of_work))?;
    let system = folder.parent()?.display();
    Some(match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => room_for_work(&system).into(),
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotFound
        | ErrorKind::NotADirectory => format!(
            "temporary files go to `{system}`: name a folder that is there, and where this account may write, by the \
             variable `{TEMPORARY}`"
        )
        .into(),
        _ => return None,
    })
}

/// What to do when temporary files have no room left in this folder.
pub(crate) fn room_for_work(folder: impl std::fmt::Display) -> String {
    format!(
        "temporary files go to `{folder}`, which is full: make room there, or name another folder by the variable \
         `{TEMPORARY}`"
    )
}

impl Fault for DiskError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Io { .. } => FailureCode::Files,
            Self::InTheWay { .. } => FailureCode::Occupied,
            Self::Busy { .. } => FailureCode::Busy,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Io { path, source, .. } => hint_of_work(path, source).or_else(|| hint_of(source)),
            Self::InTheWay { .. } => Some("look what it is, and move it away".into()),
            Self::Busy { .. } => Some("wait until it ends".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_files_without_a_place_are_told_with_their_variable() {
        use io::ErrorKind::{IsADirectory, NotFound, PermissionDenied, StorageFull};
        let work = "/small/gangway-work-0011/1/signed/x.msi";
        for (path, kind, words) in [
            (work, StorageFull, "`/small`, which is full"),
            (work, PermissionDenied, "where this account may write"),
            ("/none/gangway-work-0011", NotFound, "that is there"),
            ("/small/x.msi", StorageFull, "make room there"),
            ("/none/x.msi", NotFound, "look at the path"),
        ] {
            let error = DiskError::io("write", Path::new(path))(kind.into());
            let hint = error.hint().unwrap();
            assert!(hint.contains(words), "{path}: {hint}");
            assert_eq!(
                hint.contains(TEMPORARY),
                path.contains(WORK_FOLDER),
                "{hint}"
            );
        }
        let error = DiskError::io("write", Path::new(work))(IsADirectory.into());
        assert_eq!(error.hint(), None);
    }
}
