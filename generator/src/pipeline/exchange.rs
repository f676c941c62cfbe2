//! Files that go to a signer elsewhere and come back: for keys that no command of this machine
//! reaches.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use super::kept::downloads;
use super::output::{Kept, OutputError, check_apart};
use crate::disk::{self, DiskError, Prepared};
use crate::failure::{FailureCode, Fault, hint_of};
use crate::formats::authenticode::{NotAttachable, read_signature};
use crate::plain_file;

/// Longer than any real signature; the longest seen have some 20 KB.
const MAX_SIGNATURE_BYTES: u64 = 1 << 20;

/// Most bytes of what has to be signed: it has some 150.
const MAX_DATA_BYTES: u64 = 4 << 10;

/// How DER of a structure begins, which is all that a file of ours has in common.
const DATA_BEGINS: &str = "0";

/// Why nothing was exchanged.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// What lies in a bundle and is no part of it would be found as foreign, and packages are replaced.
    #[error("`{}` would lie in the bundle or among the packages", path.display())]
    Inside {
        /// The file that was to be written.
        path: PathBuf,
    },
    /// Something else lies there.
    #[error("`{}` is there already and holds something else, so it is not replaced", path.display())]
    Occupied {
        /// The file that was to be written.
        path: PathBuf,
    },
    /// The signature cannot be read.
    #[error("cannot read the signature `{}`", path.display())]
    Read {
        /// Its file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It is none.
    #[error("`{}` cannot be attached: {why}", path.display())]
    NoSignature {
        /// Its file.
        path: PathBuf,
        /// What it is instead.
        why: NotAttachable,
    },
    /// It lies where nothing may come.
    #[error(transparent)]
    Place(#[from] OutputError),
    /// Writing what has to be signed.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl Fault for ExchangeError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Inside { .. } | Self::Read { .. } => FailureCode::Files,
            Self::Occupied { .. } => FailureCode::Occupied,
            Self::NoSignature { .. } => FailureCode::NotVerified,
            Self::Place(error) => error.code(),
            Self::Disk(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Inside { .. } => "name a file outside of it",
            Self::Occupied { .. } => "name another file, or remove that one",
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "let the signer sign what `--digest-out` wrote, and put the signature there"
            }
            Self::Read { source, .. } => return hint_of(source),
            Self::NoSignature {
                why: NotAttachable::SignedAsCatalogue,
                ..
            } => {
                "let that osslsigncode sign a copy of the file itself, and take the signature from there by \
                 `osslsigncode extract-signature -in COPY -out SIGNATURE`; or sign with a later version"
            }
            Self::NoSignature {
                why: NotAttachable::Catalogue,
                ..
            } => {
                "have the signer sign what `--digest-out` wrote, and no catalogue that lists the file: the \
                 signature comes into the file itself"
            }
            Self::NoSignature { .. } => {
                "have the signer sign what `--digest-out` wrote, as in `osslsigncode sign … -in \
                 DIGEST -out SIGNATURE`"
            }
            Self::Place(error) => return error.hint(),
            Self::Disk(error) => return error.hint(),
        };
        Some(hint.into())
    }
}

/// May `file`, which people know as `shown`, go to a signer? It is no part of what is `signed`, lies in no
/// bundle and no packages, and nobody takes it for one of the downloads among `named`.
///
/// # Errors
/// It may not.
pub(super) fn check_place(
    shown: &Path,
    file: &Path,
    signed: &Path,
    named: Vec<Kept>,
) -> Result<(), ExchangeError> {
    let resolved = |path: &Path| disk::resolved(path).map_err(DiskError::io("resolve", path));
    if resolved(shown)?.starts_with(resolved(signed)?) {
        let path = shown.to_owned();
        return Err(ExchangeError::Inside { path });
    }
    // Files come into a folder of it: whatever else lies there stays.
    check_apart(file, &downloads(named))?;
    Ok(())
}

/// What has to be signed, written and waiting beside its place; none when it lies there already.
///
/// # Errors
/// Another file lies there, or the disk refuses.
pub(super) fn prepare(path: &Path, data: &[u8]) -> Result<Option<Prepared>, ExchangeError> {
    match plain_file::read(path, MAX_DATA_BYTES) {
        Ok(Some(there)) if there == data => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(Some(Prepared::write(path, DATA_BEGINS, data)?))
        }
        _ => Err(ExchangeError::Occupied {
            path: path.to_owned(),
        }),
    }
}

/// The signature in a file that came back.
///
/// # Errors
/// It cannot be read, or is none.
pub(super) fn signature(path: &Path) -> Result<Vec<u8>, ExchangeError> {
    let no_signature = |why: NotAttachable| ExchangeError::NoSignature {
        path: path.to_owned(),
        why,
    };
    let bytes = plain_file::read(path, MAX_SIGNATURE_BYTES)
        .map_err(|source| ExchangeError::Read {
            path: path.to_owned(),
            source,
        })?
        .ok_or_else(|| {
            let why = format!("it has more than {MAX_SIGNATURE_BYTES} bytes");
            no_signature(NotAttachable::Other(why))
        })?;
    read_signature(&bytes).map_err(no_signature)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_of_others_is_not_replaced_and_the_same_one_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("digest.p7");
        let put = |data: &[u8]| match prepare(&path, data) {
            Ok(Some(prepared)) => prepared.put().map(|()| true).map_err(Into::into),
            other => other.map(|_| false),
        };
        assert!(put(b"0 data").unwrap(), "written");
        assert!(!put(b"0 data").unwrap(), "there already");
        let refused = put(b"0 other").unwrap_err();
        assert!(matches!(refused, ExchangeError::Occupied { .. }));
        assert_eq!(fs::read(&path).unwrap(), b"0 data");
    }
}
