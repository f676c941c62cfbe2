//! A file under a name of ours that a killed run may have left.

use std::fs;
use std::io;
use std::path::Path;

use super::disk;
use super::output::{OutputError, io_error};
use crate::plain_file;

/// Longest beginning that is looked at, in bytes.
const BEGINNING: u64 = 256;

/// Takes the file away when it is a plain one that begins as ours do; a run that was killed early
/// left less than a whole beginning.
///
/// # Errors
/// It is something else, which stays.
pub(super) fn remove(
    path: &Path,
    begins_as_ours: impl Fn(&[u8]) -> bool,
) -> Result<(), OutputError> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(io_error("look at", path)(error)),
    };
    let ours = found.is_file()
        && plain_file::beginning(path, BEGINNING)
            .map_err(io_error("read", path))
            .map(|bytes| begins_as_ours(&bytes))?;
    if !ours {
        return Err(OutputError::InTheWay {
            path: path.to_owned(),
            why: "it does not begin as a file of ours".to_owned(),
        });
    }
    disk::remove_file(path).map_err(io_error("remove", path))
}

/// As the exe of a bundle begins.
pub(super) fn begins_as_exe(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MZ") || b"MZ".starts_with(bytes)
}
