//! A bundle that was just made, held against the one that is in its place.

use std::collections::BTreeMap;
use std::path::Path;

use super::layout::exe_path;
use super::sums::SUMS_FILE_NAME;
use super::verify::same_files;
use crate::bootstrap::{MAX_STUB_BYTES, without_signature};
use crate::bundle::{self, BundleDocument};
use crate::plain_file;

/// Is the bundle in this folder the very one, byte for byte, modes and names included? Only the
/// exe may have got a signature, one that `verify` would take.
pub(super) fn is_the_same(
    folder: &Path,
    document: &BundleDocument,
    sums: &str,
    exe: &[u8],
    signature_holds: impl Fn(&[u8]) -> bool,
) -> bool {
    let text = |path: &str, limit| plain_file::read(&folder.join(path), limit).ok().flatten();
    let unlisted = || -> Option<bool> {
        let stored = text(bundle::FILE_NAME, bundle::MAX_BYTES)?;
        let stored_sums = text(SUMS_FILE_NAME, bundle::MAX_BYTES)?;
        let path = exe_path(document.mode, &document.bundle_id);
        let stored_exe = text(&path, 2 * MAX_STUB_BYTES as u64)?;
        Some(
            stored == document.to_bytes()
                && stored_sums == sums.as_bytes()
                && without_signature(&stored_exe).ok()? == exe
                && (stored_exe == exe || signature_holds(&stored_exe)),
        )
    };
    // What cannot be read is not the same, and is replaced.
    unlisted() == Some(true) && same_files(folder, document).unwrap_or(false)
}

/// The program that stands in this folder, when it is this one with a signature that holds.
pub(super) fn signed_already(
    folder: &Path,
    exe_path: &str,
    exe: &[u8],
    signature_holds: impl Fn(&[u8]) -> bool,
) -> Option<Vec<u8>> {
    let stored = plain_file::read(&folder.join(exe_path), 2 * MAX_STUB_BYTES as u64);
    let stored = stored.ok().flatten()?;
    let is_it = stored != exe && without_signature(&stored).is_ok_and(|bare| bare == exe);
    (is_it && signature_holds(&stored)).then_some(stored)
}

/// Paths of files that came, went or have other bytes, sorted.
pub(super) fn changed_files(before: &BundleDocument, after: &BundleDocument) -> Vec<String> {
    let digests = |document: &BundleDocument| {
        let listed = document
            .files
            .iter()
            .map(|file| (file.path.clone(), file.sha256));
        let exe = (document.exe.path.clone(), document.exe.unsigned_sha256);
        listed.chain([exe]).collect::<BTreeMap<_, _>>()
    };
    let (old, new) = (digests(before), digests(after));
    let differs = |path: &&String| old.get(*path) != new.get(*path);
    let gone = old.keys().filter(|path| !new.contains_key(*path));
    let mut paths: Vec<String> = new.keys().chain(gone).filter(differs).cloned().collect();
    paths.sort();
    paths
}
