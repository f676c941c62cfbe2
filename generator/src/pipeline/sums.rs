//! `SHA256SUMS`: the list that vouches for `bundle.json`, and with it for every other file.

pub(super) use crate::bundle::SUMS_FILE_NAME;
use crate::bundle::{FileDigest, sums_line};

/// The checksum list: every file but itself and the exe, which is signed later and vouched
/// for by its own digest in `bundle.json`.
pub(super) fn sums(files: &[FileDigest], exe_path: &str) -> String {
    let mut files: Vec<&FileDigest> = files
        .iter()
        .filter(|file| file.path != exe_path && file.path != SUMS_FILE_NAME)
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| sums_line(&file.sha256, &file.path))
        .collect()
}
