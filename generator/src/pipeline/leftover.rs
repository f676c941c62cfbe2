//! How a signed exe begins that a killed run may have left.

use std::path::Path;

use super::layout::exe_path;
use crate::bundle::{self, BundleDocument};
use crate::disk::BEGINNING;
use crate::plain_file;

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
