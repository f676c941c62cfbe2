//! A file under a name of ours that a killed run may have left.

use std::fs;
use std::io;
use std::path::Path;

use super::changes;
use super::error::DiskError;
use crate::plain_file;

/// Longest beginning that is looked at, in bytes.
pub(crate) const BEGINNING: u64 = 256;

/// Takes the file away when it is a plain one that begins as ours do; a run that was killed early
/// left less than a whole beginning.
///
/// # Errors
/// It is something else, which stays.
pub(crate) fn remove_leftover(
    path: &Path,
    begins_as_ours: impl Fn(&[u8]) -> bool,
) -> Result<(), DiskError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(DiskError::io("look at", path)(error)),
    };
    let ours = found.is_file()
        && plain_file::beginning(path, BEGINNING)
            .map_err(DiskError::io("read", path))
            .map(|bytes| begins_as_ours(&bytes))?;
    if !ours {
        return Err(DiskError::InTheWay {
            path: path.to_owned(),
            why: "it does not begin as a file of ours".to_owned(),
        });
    }
    changes::remove_file(path).map_err(DiskError::io("remove", path))
}
