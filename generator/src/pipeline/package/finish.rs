//! What becomes of a package once it is written: it is listed, signed and listed, or held against one that
//! is there.

use gangway_contract::Sha256;

use super::comparison::Comparison;
use super::document::{Format, PackageFile};
use super::signing::Signing;
use super::{PackageError, Work};
use crate::disk::DiskError;
use crate::formats::authenticode::FileKind;
use crate::plain_file;

/// What becomes of it.
pub(super) enum Finish<'a> {
    /// It stays as it is.
    Unsigned,
    /// `--sign` or a signer elsewhere.
    Signed(Signing),
    /// It goes again, for the one that is there counts.
    Compared(Comparison<'a>),
}

impl Finish<'_> {
    /// What has to be handed over at the end.
    pub(super) fn signing(self) -> Option<Signing> {
        match self {
            Self::Signed(signing) => Some(signing),
            Self::Unsigned | Self::Compared(_) => None,
        }
    }
}

impl Work<'_> {
    /// Finishes a package; `written` is its size and digest where they are known.
    pub(super) fn add(
        &mut self,
        relative: String,
        format: Format,
        kind: Option<FileKind>,
        written: Option<(u64, Sha256)>,
    ) -> Result<(), PackageError> {
        let signature = match (&mut self.finish, kind) {
            (Finish::Signed(signing), Some(kind)) => signing.sign(self.folder, &relative, kind)?,
            _ => None,
        };
        let (size, sha256) = match written.filter(|_| signature.is_none()) {
            Some(written) => written,
            None => {
                let path = self.folder.path(&relative);
                let digest = plain_file::digest(&path, u64::MAX - 1);
                digest.map_err(DiskError::io("read", &path))?
            }
        };
        let file = PackageFile {
            path: relative,
            format,
            size,
            sha256,
            signature,
        };
        match &mut self.finish {
            Finish::Compared(comparison) => comparison.compare(self.folder, &file, kind),
            Finish::Unsigned | Finish::Signed(_) => {
                self.files.push(file);
                Ok(())
            }
        }
    }
}
