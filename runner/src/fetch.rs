//! Brings payloads from the share into the protected folder and vouches for their bytes.
//!
//! The hash in the manifest is the gate. It is computed over the bytes as they arrive, and
//! once more over the finished local file, read through a handle that keeps everybody else
//! from writing, renaming or deleting it. That handle lives as long as [`Held`], and [`Held`]
//! lives until the last step has ended: between the check and the run there is no moment in
//! which the bytes could change.

use std::io::Read;

use gangway_contract::manifest::{Manifest, Payload};
use gangway_contract::report::{SignatureCheck, SignerVerdict};
use gangway_contract::{Reason, Sha256, UtcTime};
use sha2::Digest as _;

use crate::failure::{Failure, FailureKind};
use crate::leftovers::PART;
use crate::machine::Machine;
use crate::stop::Stop;
use crate::verdict;

/// Bytes read at a time.
const CHUNK: usize = 256 * 1024;

/// Payloads whose bytes are those of the manifest and stay so.
#[derive(Default)]
pub struct Held {
    files: Vec<(String, Box<dyn Read>)>,
    /// What the system says of their signers.
    pub signatures: Vec<SignatureCheck>,
}

impl Held {
    /// Is this payload vouched for?
    pub fn has(&self, name: &str) -> bool {
        self.files.iter().any(|(held, _)| held == name)
    }

    /// Lets go of the files and keeps what was said of their signers.
    pub fn release(self) -> Vec<SignatureCheck> {
        self.signatures
    }
}

/// Where payloads come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Folder that holds the payloads.
    pub folder: String,
}

impl Source {
    /// The release's folder on the share that the manifest names.
    pub fn share(manifest: &Manifest) -> Self {
        Self {
            folder: format!(
                r"{}\releases\{}",
                manifest.settings.release_root, manifest.release_id
            ),
        }
    }
}

/// Provides the named payloads, fetching those that are not here already.
///
/// # Errors
/// A payload is not what the manifest says, or cannot be brought here.
pub fn provide(
    machine: &mut dyn Machine,
    manifest: &Manifest,
    source: &Source,
    names: &[&str],
    held: &mut Held,
) -> Result<(), Stop> {
    let missing: Vec<&Payload> = manifest
        .payloads
        .iter()
        .filter(|payload| names.contains(&payload.name.as_str()) && !held.has(&payload.name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let folders = machine.folders();
    let folder = folders.release(manifest.release_id.as_str());
    for path in [folders.programs(), folder.clone()] {
        machine.protect_folder(&path).map_err(Stop::from)?;
    }
    let mut delayed = false;
    for payload in missing {
        let path = format!(r"{folder}\{}", payload.name);
        if let Some(file) = verified(machine, &path, payload)? {
            hold(machine, held, &path, payload, file)?;
            continue;
        }
        // Delay before the first fetch only: the share is what many servers meet at.
        if !core::mem::replace(&mut delayed, true) {
            let jitter = u64::from(manifest.settings.jitter_s);
            let seconds = machine.random() % (jitter + 1);
            machine.sleep(u32::try_from(seconds).unwrap_or(0));
        }
        fetch_with_retries(machine, manifest, source, payload, &path)?;
        match verified(machine, &path, payload)? {
            Some(file) => hold(machine, held, &path, payload, file)?,
            None => {
                return Err(Stop::new(
                    Reason::PayloadMismatch,
                    format!("`{path}` changed after it was written"),
                ));
            }
        }
    }
    Ok(())
}

fn hold(
    machine: &mut dyn Machine,
    held: &mut Held,
    path: &str,
    payload: &Payload,
    file: Box<dyn Read>,
) -> Result<(), Stop> {
    let expected = payload.signer.as_ref();
    let signed_at = expected.and_then(|signer| signer.signed_at).map(UtcTime);
    let seen = machine.signature(path, signed_at);
    let check = verdict::check(&payload.name, &seen, expected);
    let bad = check.verdict == SignerVerdict::Bad.as_str();
    let detail = format!("`{}`: {}", payload.name, check.detail);
    held.signatures.push(check);
    if bad {
        return Err(Stop::new(Reason::SignerDistrusted, detail));
    }
    held.files.push((payload.name.clone(), file));
    Ok(())
}

/// The held local copy, when its bytes are the manifest's. Another one is deleted: it may be
/// the rest of a fetch that was cut off.
fn verified(
    machine: &mut dyn Machine,
    path: &str,
    payload: &Payload,
) -> Result<Option<Box<dyn Read>>, Stop> {
    let Some(mut file) = machine.hold_file(path).map_err(Stop::from)? else {
        return Ok(None);
    };
    let mut sink = |_: &[u8]| Ok(());
    match digest(&mut *file, payload.size, &mut sink)
        .map_err(|failure| Stop::from(failure.at(path)))?
    {
        Found::Exactly(found) if found == payload.sha256 => Ok(Some(file)),
        Found::Exactly(_) | Found::Shorter(_) | Found::Longer => {
            drop(file);
            machine.delete_file(path).map_err(Stop::from)?;
            Ok(None)
        }
    }
}

fn fetch_with_retries(
    machine: &mut dyn Machine,
    manifest: &Manifest,
    source: &Source,
    payload: &Payload,
    path: &str,
) -> Result<(), Stop> {
    let mut wait_s = manifest.settings.fetch_retry_wait_s;
    let mut retries = manifest.settings.fetch_retries;
    loop {
        match fetch(machine, source, payload, path) {
            Ok(()) => return Ok(()),
            Err(Trouble::Mismatch(detail)) => {
                return Err(Stop::new(Reason::PayloadMismatch, detail));
            }
            Err(Trouble::Local(failure)) => return Err(failure.into()),
            Err(Trouble::Share(failure)) => {
                if retries == 0 || !failure.kind.may_pass() {
                    return Err(Stop::new(failure.kind.share_reason(), failure.to_string()));
                }
                retries -= 1;
                // Up to half as long again, so that servers that failed together part.
                let spread = machine.random() % u64::from(wait_s / 2 + 1);
                machine.sleep(wait_s.saturating_add(u32::try_from(spread).unwrap_or(0)));
                wait_s = wait_s.saturating_mul(2);
            }
        }
    }
}

enum Trouble {
    Mismatch(String),
    Local(Failure),
    Share(Failure),
}

fn fetch(
    machine: &mut dyn Machine,
    source: &Source,
    payload: &Payload,
    path: &str,
) -> Result<(), Trouble> {
    let from = format!(r"{}\{}", source.folder, payload.name);
    let temporary = format!("{path}{PART}");
    let mut reader = machine.open_source(&from).map_err(Trouble::Share)?;
    machine.delete_file(&temporary).map_err(Trouble::Local)?;
    let mut writer = machine.create_file(&temporary).map_err(Trouble::Local)?;
    let mut failed = None;
    let mut sink = |bytes: &[u8]| {
        writer.write(bytes).map_err(|failure| {
            failed = Some(failure);
            Broken
        })
    };
    let read = digest(&mut *reader, payload.size, &mut sink);
    let result = match (read, failed) {
        (_, Some(failure)) => Err(Trouble::Local(failure)),
        (Err(failure), None) => Err(Trouble::Share(failure.at(&from))),
        (Ok(Found::Exactly(found)), None) if found == payload.sha256 => {
            writer.finish().map_err(Trouble::Local)
        }
        (Ok(other), None) => Err(Trouble::Mismatch(mismatch(&from, payload, &other))),
    };
    match result {
        Ok(()) => machine
            .rename_file(&temporary, path)
            .map_err(Trouble::Local),
        Err(trouble) => {
            // The part is of no use; when it cannot be deleted the next fetch says so.
            let _ = machine.delete_file(&temporary);
            Err(trouble)
        }
    }
}

fn mismatch(from: &str, payload: &Payload, found: &Found) -> String {
    match found {
        Found::Exactly(digest) => format!(
            "`{from}` has SHA-256 {digest}, the manifest says {}",
            payload.sha256
        ),
        Found::Shorter(size) => format!(
            "`{from}` has {size} bytes, the manifest says {}",
            payload.size
        ),
        Found::Longer => format!(
            "`{from}` has more than the {} bytes of the manifest",
            payload.size
        ),
    }
}

/// What was read of a file that should have a certain size.
enum Found {
    Exactly(Sha256),
    Shorter(u64),
    Longer,
}

/// The sink gave up; it keeps the cause itself.
struct Broken;

/// A read that failed.
enum ReadFailure {
    Io(std::io::Error),
    Sink,
}

impl ReadFailure {
    fn at(self, path: &str) -> Failure {
        let code = match self {
            Self::Io(error) => error
                .raw_os_error()
                .and_then(|code| u32::try_from(code).ok()),
            Self::Sink => None,
        };
        match code {
            Some(code) => Failure::new(format!("read `{path}`"), code),
            None => Failure::own(format!("read `{path}`"), FailureKind::Other),
        }
    }
}

/// Reads at most one byte more than `size`: an endless file costs no more than a right one.
fn digest(
    file: &mut dyn Read,
    size: u64,
    sink: &mut dyn FnMut(&[u8]) -> Result<(), Broken>,
) -> Result<Found, ReadFailure> {
    let mut digest = sha2::Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut done = 0_u64;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(ReadFailure::Io(error)),
        };
        done = done.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        if done > size {
            return Ok(Found::Longer);
        }
        let bytes = buffer.get(..read).unwrap_or_default();
        digest.update(bytes);
        sink(bytes).map_err(|Broken| ReadFailure::Sink)?;
    }
    if done < size {
        return Ok(Found::Shorter(done));
    }
    Ok(Found::Exactly(Sha256::from_bytes(digest.finalize().into())))
}
