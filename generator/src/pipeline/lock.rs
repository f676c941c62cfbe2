//! `gangway.lock` beside the config: which downloads were accepted, and the last manifest.

use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use gangway_contract::manifest::{Manifest, Mode};

use super::build_error::BuildError;
use super::codes;
use super::output::io_error;
use crate::intake::lock::{FILE_NAME, Lock, LockMode};
use crate::plain_file;
use crate::problem::Problem;

/// Largest lock that is read, in bytes: it has about 300 for each download.
const MAX_BYTES: u64 = 16 << 20;

/// Where the lock of a config lies.
pub(super) fn path_beside(config: &Path) -> PathBuf {
    config.with_file_name(FILE_NAME)
}

/// Reads the lock; none when there is none yet.
pub(super) fn load(path: &Path) -> Result<Option<Lock>, BuildError> {
    let bytes = match plain_file::read_whole(path, MAX_BYTES) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(BuildError::Output(io_error("read", path)(error))),
    };
    let refused = |why: String| BuildError::Lock {
        path: path.to_owned(),
        why,
    };
    let text = String::from_utf8(bytes)
        .map_err(|error| refused(format!("it is no text in UTF-8: {}", error.utf8_error())))?;
    Lock::parse(&text)
        .map(Some)
        .map_err(|error| refused(error.to_string()))
}

/// Gives the manifest its sequence and remembers it in the lock; with `--locked` a manifest
/// that would need a new one is a problem.
pub(super) fn assign_sequence(
    manifest: &mut Manifest,
    lock: &mut Lock,
    mode: LockMode,
) -> Option<Problem> {
    manifest.sequence = 0;
    let rest = Sha256::of(&manifest.to_bytes());
    manifest.sequence = lock.sequence_for(rest);
    let known = lock
        .manifest
        .as_ref()
        .is_some_and(|last| last.sha256 == rest);
    if mode == LockMode::Locked && !known {
        return Some(Problem::new(
            &codes::MANIFEST_NOT_LOCKED,
            FILE_NAME,
            "the manifest is not the one that the lock remembers",
            "build once without `--locked`, look at the difference, and commit the lock",
        ));
    }
    lock.remember_manifest(manifest.sequence, rest);
    None
}

/// Remembers the bundle of a mode in the lock; with `--locked` another one than the lock has is a
/// problem.
pub(super) fn remember_bundle(
    lock: &mut Lock,
    mode: Mode,
    bundle_json_sha256: Sha256,
    locking: LockMode,
) -> Option<Problem> {
    let last = lock.built(mode).map(|built| built.bundle_json_sha256);
    if locking == LockMode::Locked && last != Some(bundle_json_sha256) {
        let last = last.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
        return Some(
            Problem::new(
                &codes::BUNDLE_NOT_LOCKED,
                FILE_NAME,
                "the bundle is not the one that the lock remembers",
                "build once without `--locked`, look at the difference, and commit the lock",
            )
            .with_evidence(format!("locked: SHA-256 of `bundle.json` {last}"))
            .with_evidence(format!(
                "built:  SHA-256 of `bundle.json` {bundle_json_sha256}"
            )),
        );
    }
    lock.remember_bundle(mode, bundle_json_sha256);
    None
}

/// Replaces the lock as a whole, when it changed.
pub(super) fn store(path: &Path, old: Option<&Lock>, new: &Lock) -> Result<(), BuildError> {
    if old == Some(new) {
        return Ok(());
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let write = || -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(".gangway-lock-")
            .tempfile_in(folder)?;
        io::Write::write_all(&mut file, new.to_text().as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| BuildError::Output(io_error("write", path)(error)))
}
