//! A file under a name of ours that a killed run may have left.

use std::fs;
use std::io;
use std::path::Path;

use super::disk;
use super::layout::exe_path;
use super::output::{OutputError, io_error};
use crate::bundle::{self, BundleDocument};
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

/// Does this begin as the exe of the bundle in this folder does, or is it the beginning of it? What
/// a signature changes, the checksum first, lies behind what is compared.
pub(super) fn begins_as_exe_of(bundle: &Path) -> impl Fn(&[u8]) -> bool {
    let head = exe_head(bundle);
    move |bytes| {
        let Some(head) = &head else {
            return bytes.is_empty();
        };
        bytes.starts_with(head) || head.starts_with(bytes)
    }
}

/// The exe up to its checksum (`IMAGE_OPTIONAL_HEADER.CheckSum`, 64 bytes into the optional header,
/// which is 24 bytes behind the place that the DOS header names).
fn exe_head(bundle: &Path) -> Option<Vec<u8>> {
    let document =
        plain_file::read_whole(&bundle.join(bundle::FILE_NAME), bundle::MAX_BYTES).ok()?;
    let document = BundleDocument::parse(&document).ok()?;
    let exe = exe_path(document.mode, &document.bundle_id);
    let mut head = plain_file::beginning(&bundle.join(exe), BEGINNING).ok()?;
    let place = head.get(0x3C..0x40)?.try_into().ok()?;
    let checksum = usize::try_from(u32::from_le_bytes(place))
        .ok()?
        .checked_add(88)?;
    head.truncate(checksum);
    head.starts_with(b"MZ").then_some(head)
}
