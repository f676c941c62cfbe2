//! `gangway.lock` beside the config: which downloads were accepted, and the bundles that were
//! built. A build holds it from reading to replacing, so that no sequence is given twice.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use gangway_contract::manifest::Manifest;

use super::build_error::BuildError;
use super::codes;
use super::output::io_error;
use crate::disk::{self, Claim, Prepared};
use crate::goal::Goal;
use crate::intake::lock::{BuiltBundle, FILE_NAME, HEADER, Lock, LockMode, MAX_SEQUENCE};
use crate::plain_file;
use crate::problem::Problem;

/// Largest lock that is read, in bytes: it has about 300 for each download.
const MAX_BYTES: u64 = 16 << 20;

/// Where the lock of a config lies: beside the file itself. A config that is also reached by links
/// has one lock, or the same sequence would be given by each name.
pub(super) fn path_beside(config: &Path) -> PathBuf {
    itself(config).with_file_name(FILE_NAME)
}

/// The config behind any link; as it was named where it is none.
fn itself(config: &Path) -> PathBuf {
    match fs::read_link(config) {
        Ok(_) => disk::behind_links(config).unwrap_or_else(|_| config.to_owned()),
        Err(_) => config.to_owned(),
    }
}

/// The lock that lies beside a link to the config and is the config's by its name: from when each
/// name had its own. One that cannot be read may be.
fn beside_link(config: &Path, lock: &Path) -> Option<PathBuf> {
    let is = |path: &Path| fs::canonicalize(path).ok();
    let links = disk::links_to(config).ok()?;
    links.iter().find_map(|link| {
        let other = link.with_file_name(FILE_NAME);
        let found = is(&other)?;
        if Some(found) == is(lock) {
            return None;
        }
        let of = load(&other).ok().flatten().and_then(|other| other.config);
        let name = link.file_name().unwrap_or_default().to_string_lossy();
        of.is_none_or(|of| of == name).then_some(other)
    })
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

/// Reads the lock of a config, which is only asked; none when there is none.
///
/// # Errors
/// It is another config's, or cannot be read.
pub(super) fn read_of(config: &Path) -> Result<Option<Lock>, BuildError> {
    let path = the_one(config)?;
    load_of(&itself(config), &path)
}

/// The file of the one lock that a config has, behind any link.
fn the_one(config: &Path) -> Result<PathBuf, BuildError> {
    let beside = path_beside(config);
    if let Some(other) = beside_link(config, &beside) {
        return Err(BuildError::TwoLocks {
            path: beside,
            config: config.to_owned(),
            other,
        });
    }
    Ok(disk::behind_links(&beside)?)
}

/// Reads a lock that must be this config's.
fn load_of(config: &Path, path: &Path) -> Result<Option<Lock>, BuildError> {
    let lock = load(path)?;
    let name = config.file_name().unwrap_or_default().to_string_lossy();
    if let Some(other) = lock.as_ref().and_then(|lock| lock.config.as_deref())
        && other != name
    {
        let other = config.with_file_name(other);
        // One that was renamed takes its lock along.
        if other.exists() {
            return Err(BuildError::LockOfAnother {
                path: path.to_owned(),
                config: config.to_owned(),
                other,
            });
        }
    }
    Ok(lock)
}

/// The lock of a config, nobody else's until this is dropped.
#[derive(Debug)]
pub(super) struct HeldLock {
    /// The file itself, behind any link.
    path: PathBuf,
    /// File name of the config.
    config: String,
    /// None for a run that writes no lock.
    claim: Option<Claim>,
    /// What it says; none when there is none yet.
    pub(super) old: Option<Lock>,
}

impl HeldLock {
    /// Takes and reads the lock. With `--locked` it is only read.
    ///
    /// # Errors
    /// Another run holds it, it is another config's, or it cannot be read.
    pub(super) fn of(config: &Path, mode: LockMode) -> Result<Self, BuildError> {
        let path = the_one(config)?;
        let config = &itself(config);
        let claim = match mode {
            LockMode::Locked => None,
            _ => Some(Claim::take(disk::beside(&path, ".gangway-lock"), &path)?),
        };
        let old = load_of(config, &path)?;
        let name = config.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self {
            path,
            config: name.into_owned(),
            claim,
            old,
        })
    }

    /// Gives the sequence of a new lock's bundle before that comes to its place, so that no run gives
    /// it to another bundle whatever becomes of this one. A lock that cannot be replaced is seen
    /// here, while the old bundle stands.
    ///
    /// # Errors
    /// The disk refuses; the old lock stays.
    pub(super) fn begin(&self, new: &Lock) -> Result<Begun, BuildError> {
        let new = self.named(new);
        let beginning = match self.claim {
            Some(_) => self.old.clone().unwrap_or_default().beginning(&new),
            None => None,
        };
        let Some(beginning) = beginning else {
            return Ok(Begun(None));
        };
        let old = match plain_file::read_whole(&self.path, MAX_BYTES) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(BuildError::Output(io_error("read", &self.path)(error))),
        };
        Prepared::write(&self.path, HEADER, beginning.to_text().as_bytes())?.put()?;
        Ok(Begun(Some((self.path.clone(), old))))
    }

    /// Writes the new lock beside the old one; none when nothing changed. [`NewLock::put`]
    /// replaces the old one once the bundle is there.
    ///
    /// # Errors
    /// The disk refuses; the old lock stays.
    pub(super) fn prepare(&self, new: &Lock) -> Result<Option<NewLock>, BuildError> {
        let new = self.named(new);
        if self.claim.is_none() || self.old.as_ref() == Some(&new) {
            return Ok(None);
        }
        let prepared = Prepared::write(&self.path, HEADER, new.to_text().as_bytes())?;
        Ok(Some(NewLock(prepared)))
    }

    /// A lock as it is written: it names the config that it belongs to.
    fn named(&self, new: &Lock) -> Lock {
        let mut named = new.clone();
        named.config = Some(self.config.clone());
        named
    }
}

/// A sequence that is given, and the lock before that: where it lies and its bytes, if there was
/// one.
#[must_use]
#[derive(Debug)]
pub(super) struct Begun(Option<(PathBuf, Option<Vec<u8>>)>);

impl Begun {
    /// Puts the old lock back, for the bundle did not come to its place. Where the disk refuses, a
    /// number is left out, which harms nobody.
    pub(super) fn take_back(self) {
        match self.0 {
            Some((path, Some(old))) => {
                let _ = Prepared::write(&path, HEADER, &old).and_then(Prepared::put);
            }
            Some((path, None)) => {
                let _ = disk::remove_file(&path);
            }
            None => {}
        }
    }
}

/// A new lock that waits for its bundle.
#[derive(Debug)]
pub(super) struct NewLock(Prepared);

impl NewLock {
    /// Replaces the lock as a whole.
    ///
    /// # Errors
    /// The disk refuses; the old lock stays.
    pub(super) fn put(self) -> Result<(), BuildError> {
        let put = self.0.put();
        put.map_err(|source| BuildError::LockNotWritten { source })
    }
}

/// Digest of a manifest with the sequence left out: what a sequence is given for.
pub(super) fn rest_of(manifest: &Manifest) -> Sha256 {
    let rest = Manifest {
        sequence: 0,
        ..manifest.clone()
    };
    Sha256::of(&rest.to_bytes())
}

/// Gives the manifest its sequence; with `--locked` a manifest that would need a new one is a
/// problem.
pub(super) fn assign_sequence(
    manifest: &mut Manifest,
    lock: &Lock,
    mode: LockMode,
) -> Option<Problem> {
    let rest = rest_of(manifest);
    manifest.sequence = lock.sequence_for(Goal::of(manifest), rest);
    if manifest.sequence > MAX_SEQUENCE {
        return Some(Problem::new(
            &codes::SEQUENCE_BEHIND,
            FILE_NAME,
            format!(
                "the lock remembers sequence {}, and no higher one can be told",
                lock.sequence
            ),
            "take the lock from version control as it was before it was raised so far (`--sequence-after`, a bundle or \
             a recipe that it was made from); where there is none, move it and the bundles of that sequence away, \
             and make it again from the newest one that is left: `gangway lock --from BUNDLE`",
        ));
    }
    let known = lock
        .built(Goal::of(manifest))
        .is_some_and(|last| last.manifest_sha256 == Some(rest));
    (mode == LockMode::Locked && !known).then(|| {
        Problem::new(
            &codes::MANIFEST_NOT_LOCKED,
            FILE_NAME,
            "the manifest is not the one that the lock remembers",
            "build once without `--locked`, look at the difference, and commit the lock",
        )
    })
}

/// Remembers the bundle of a mode in the lock; with `--locked` another one than the lock has is a
/// problem.
pub(super) fn remember_bundle(
    lock: &mut Lock,
    manifest: &Manifest,
    bundle_json_sha256: Sha256,
    locking: LockMode,
) -> Option<Problem> {
    let last = lock
        .built(Goal::of(manifest))
        .and_then(|built| built.bundle_json_sha256);
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
    lock.remember(BuiltBundle {
        mode: Goal::of(manifest),
        sequence: manifest.sequence,
        manifest_sha256: Some(rest_of(manifest)),
        bundle_json_sha256: Some(bundle_json_sha256),
    });
    None
}
