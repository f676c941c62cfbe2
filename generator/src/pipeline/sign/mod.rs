//! `gangway sign`: drives whatever signs code in this organisation, and believes none of it.
//!
//! The bundle has to be the one that was built: a key that signs whatever a folder names signs for
//! everybody. The command works on a copy, and a signature that was made elsewhere is attached to one.
//! Only when the copy is the built exe plus a signature does it take the exe's place.

mod error;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gangway_contract::Sha256;

pub use error::SignError;

use super::config::{self, Config};
use super::exchange;
use super::offboarding::is_about_end;
use super::output::{OutputError, io_error};
use super::private_folder::PrivateFolder;
use super::signing_command::{SigningCommand, wants_stamp};
use super::statements::outdated;
use super::verify::{
    Judged, Pinned, ProvenExe, Signature, VerifyError, VerifyRequest, judge, not_stamped, verify,
};
use super::{codes, leftover, output, trust};
use crate::bootstrap::{MAX_STUB_BYTES, with_signature, without_signature};
use crate::bundle::BundleDocument;
use crate::disk::{self, Claim};
use crate::formats::authenticode::{FileKind, data_to_sign};
use crate::formats::x509::TrustAnchors;
use crate::interrupted::Leftover;
use crate::plain_file;
use crate::problem::Problem;

/// Room for manifest and signature beside the stub.
const MAX_SIGNED_BYTES: u64 = 2 * MAX_STUB_BYTES as u64;

/// How long a signing command may take when the config says nothing, in seconds: time for a
/// service with a queue, and for a person with a token.
pub(super) const TIME_LIMIT_S: u64 = 600;

/// What to sign.
#[derive(Debug, Clone)]
pub struct SignRequest {
    /// The bundle's folder.
    pub bundle: PathBuf,
    /// The config with the signing command; the lock beside it tells which bundle was built.
    pub config: PathBuf,
    /// Digest of `bundle.json` as `build` printed it; goes before the lock's.
    pub expect: Option<Sha256>,
    /// Moment that the signature is judged at, in seconds since 1970 UTC.
    pub now: i64,
    /// Who signs.
    pub by: SignedBy,
    /// May the signature lack a time stamp, whatever the config says?
    pub allow_unstamped: bool,
}

/// Where a signature comes from.
#[derive(Debug, Clone)]
pub enum SignedBy {
    /// The config's command makes it.
    Command,
    /// It was made elsewhere and lies in this file, a PKCS #7 structure in DER or PEM.
    Signature(PathBuf),
}

/// An exe that was signed, or is to be.
#[derive(Debug)]
pub struct Signed {
    /// The bundle's document.
    pub document: BundleDocument,
    /// SHA-256 of the signed exe.
    pub exe_sha256: Sha256,
    /// Who signed, as `verify` would say.
    pub signature: Signature,
    /// Findings below error.
    pub problems: Vec<Problem>,
}

/// Signs the exe of the bundle that was built last, or that the caller's digest names: nothing
/// else ever reaches the organisation's key.
///
/// # Errors
/// The exe stays as it was.
pub fn sign(request: &SignRequest) -> Result<Signed, SignError> {
    output::mend(&request.bundle);
    let config = Config::load(&request.config)?;
    let anchors = trust::anchors_of(&trust::signing_roots(&config)?);
    let signing = config.signing;
    let wants_stamp = wants_stamp(&signing) && !request.allow_unstamped;
    let maker = Maker::of(request, signing)?;
    let bundle = resolved(&request.bundle)?;
    // Before anything is proven: nobody exchanges the bundle afterwards.
    let scratch = Scratch::of(&bundle)?;
    let Proven {
        document,
        exe,
        problems: found,
        ..
    } = proven(request)?;
    let exe_path = bundle.join(&document.exe.path);
    let bytes = maker.signed(&exe.unsigned, &scratch.folder.path)?;
    let judged = accepted(
        &document,
        &bytes,
        &exe.unsigned,
        anchors.as_ref(),
        request.now,
    )?;
    if wants_stamp && judged.lacks_stamp {
        let problem = not_stamped(&document.exe.path);
        return Err(SignError::Refused(Box::new(problem)));
    }
    // Written anew: the program's file may be a link, or still open.
    put_in_place(&scratch.accepted, &exe_path, &bytes)?;
    let exe_sha256 = Sha256::of(&bytes);
    let exe_name = document.exe.path.rsplit('/').next().unwrap_or_default();
    let mut problems = judged.problems;
    problems.extend(found);
    problems.extend(outdated(
        &request.bundle,
        &request.config,
        exe_name,
        exe_sha256,
    ));
    Ok(Signed {
        document,
        exe_sha256,
        signature: judged.signature,
        problems,
    })
}

/// Writes what a signer elsewhere has to sign of the exe, for `osslsigncode sign` and its like. The
/// bundle is not touched.
///
/// # Errors
/// The bundle is not the one that was built, or the file cannot be written.
pub fn write_data_to_sign(request: &SignRequest, out: &Path) -> Result<Signed, SignError> {
    output::mend(&request.bundle);
    let place = disk::resolved(out).map_err(io_error("resolve", out))?;
    let named = Config::load(&request.config)?.named_paths();
    exchange::check_place(out, out, &resolved(&request.bundle)?, named)?;
    let Proven {
        document,
        exe,
        signature,
        problems,
    } = proven(request)?;
    // The exe that was proven has this digest, with and without a signature.
    let digest = document.exe.authenticode_sha256;
    let data = data_to_sign(FileKind::Pe, digest).unwrap_or_default();
    if let Some(prepared) = exchange::prepare(&place, &data)? {
        prepared.put()?;
    }
    Ok(Signed {
        exe_sha256: Sha256::of(&exe.bytes),
        signature,
        document,
        problems,
    })
}

fn resolved(bundle: &Path) -> Result<PathBuf, VerifyError> {
    fs::canonicalize(bundle).map_err(|_| VerifyError::Absent {
        path: bundle.to_owned(),
    })
}

/// What makes the signed exe from the unsigned one.
enum Maker {
    Command {
        words: Vec<String>,
        limit: Duration,
        folder: PathBuf,
    },
    Attached {
        signature: Vec<u8>,
    },
}

impl Maker {
    fn of(request: &SignRequest, signing: config::Signing) -> Result<Self, SignError> {
        match &request.by {
            SignedBy::Signature(path) => Ok(Self::Attached {
                signature: exchange::signature(path)?,
            }),
            SignedBy::Command => Ok(Self::Command {
                words: signing
                    .command
                    .filter(|command| !command.is_empty())
                    .ok_or_else(|| SignError::NoCommand {
                        path: request.config.clone(),
                    })?,
                limit: Duration::from_secs(signing.time_limit_s.unwrap_or(TIME_LIMIT_S)),
                folder: request.config.parent().unwrap_or(Path::new("")).to_owned(),
            }),
        }
    }

    /// What came out; it may be anything.
    fn signed(&self, exe: &[u8], scratch: &Path) -> Result<Vec<u8>, SignError> {
        let (words, limit, folder) = match self {
            Self::Attached { signature } => {
                return with_signature(exe, signature).map_err(|error| {
                    let error = io::Error::other(error.to_string());
                    io_error("sign", Path::new("the bootstrap"))(error).into()
                });
            }
            Self::Command {
                words,
                limit,
                folder,
            } => (words, *limit, folder),
        };
        let (unsigned, signed) = (scratch.join("unsigned.exe"), scratch.join("signed.exe"));
        // What was proven, not what lies in the folder by now.
        disk::write_new(&unsigned, exe).map_err(io_error("write", &unsigned))?;
        let command = SigningCommand {
            words,
            limit,
            folder,
        };
        command.run(&unsigned, &signed, scratch)?;
        let result = if signed.exists() { &signed } else { &unsigned };
        plain_file::read(result, MAX_SIGNED_BYTES)
            .and_then(|bytes| bytes.ok_or_else(|| io::Error::other("it is too large")))
            .map_err(|error| io_error("read", result)(error).into())
    }
}

/// Replaces the exe. Whoever may write beside the bundle may exchange the file before its rename, so
/// what lies in the bundle afterwards has to be the file that was written.
fn put_in_place(accepted: &Path, exe_path: &Path, bytes: &[u8]) -> Result<(), SignError> {
    let permissions = fs::metadata(exe_path)
        .map_err(io_error("read", exe_path))?
        .permissions();
    let mut file = disk::create_file(accepted).map_err(io_error("create", accepted))?;
    disk::write(&mut file, bytes).map_err(io_error("write", accepted))?;
    // Of the file that is open, whatever its name leads to by now.
    file.set_permissions(permissions)
        .map_err(io_error("set the mode of", accepted))?;
    let written = file.metadata().map_err(io_error("look at", accepted))?;
    let written = disk::identity(&written);
    let is_written =
        |path: &Path| fs::symlink_metadata(path).is_ok_and(|it| disk::identity(&it) == written);
    if !is_written(accepted) {
        return Err(OutputError::Exchanged {
            path: accepted.to_owned(),
        }
        .into());
    }
    disk::rename(accepted, exe_path).map_err(io_error("replace", exe_path))?;
    if !is_written(exe_path) {
        return Err(OutputError::Exchanged {
            path: exe_path.to_owned(),
        }
        .into());
    }
    Ok(())
}

/// A bundle that is the one that was built.
struct Proven {
    document: BundleDocument,
    exe: ProvenExe,
    signature: Signature,
    /// Whoever releases it has to know: it does nothing any more, or soon.
    problems: Vec<Problem>,
}

/// Proves that the bundle is the one that was built. A signature that is there already, good or bad,
/// is dropped and does not matter.
fn proven(request: &SignRequest) -> Result<Proven, SignError> {
    let verified = verify(&VerifyRequest {
        config: Some(request.config.clone()),
        expect: request.expect,
        ..VerifyRequest::of(&request.bundle, request.now)
    })?;
    let of_the_signature = [&codes::EXE_SIGNATURE, &codes::EXE_FOREIGN_PARTS];
    let fault = |problem: &Problem| problem.is_error() && !of_the_signature.contains(&problem.code);
    if let Some(problem) = verified.problems.iter().find(|one| fault(one)) {
        return Err(SignError::NotProven(Box::new(problem.clone())));
    }
    let mut problems = verified.problems;
    problems.retain(is_about_end);
    match verified.exe {
        Some(exe) if verified.pinned != Pinned::Nothing => Ok(Proven {
            document: verified.document,
            exe,
            signature: verified.signature,
            problems,
        }),
        _ => Err(SignError::NotPinned {
            path: request.config.clone(),
        }),
    }
}

/// The result must be the exe that was given, and a signature that holds.
fn accepted(
    document: &BundleDocument,
    signed: &[u8],
    unsigned: &[u8],
    anchors: Option<&TrustAnchors>,
    now: i64,
) -> Result<Judged, SignError> {
    let subject = document.exe.path.as_str();
    let why = match without_signature(signed) {
        Ok(bytes) if bytes == unsigned => None,
        Ok(_) => Some("it differs from the exe that was given by more than a signature".to_owned()),
        Err(error) => Some(error.to_string()),
    };
    if let Some(why) = why {
        let next = "take a tool that only signs";
        let problem = Problem::new(&codes::EXE_CHANGED, subject, why, next);
        return Err(SignError::Refused(Box::new(problem)));
    }
    let mut judged = judge(subject, signed, anchors, now);
    let unacceptable =
        |problem: &Problem| problem.is_error() || problem.code == &codes::EXE_UNSIGNED;
    match judged.problems.iter().position(unacceptable) {
        Some(index) => {
            let mut problem = judged.problems.remove(index);
            if problem.code == &codes::EXE_UNSIGNED {
                "the command left the exe without a signature".clone_into(&mut problem.message);
                "let it write the signed file to the path that `{out}` stands for"
                    .clone_into(&mut problem.next_action);
            }
            Err(SignError::Refused(Box::new(problem)))
        }
        None => Ok(judged),
    }
}

/// What a signing has to itself: the bundle, and a folder for the copies. The signed exe gets a
/// place beside the bundle only when it is accepted, so that the last step is a rename.
struct Scratch {
    folder: PrivateFolder,
    /// Where the accepted exe waits for its rename, on the bundle's file system.
    accepted: PathBuf,
    _leftover: Leftover,
    /// The same as a build's: the bundle stays the one that was proven.
    _claim: Claim,
}

impl Scratch {
    fn of(bundle: &Path) -> Result<Self, SignError> {
        let name = bundle.file_name().unwrap_or_default().to_string_lossy();
        let parent = bundle.parent().unwrap_or(Path::new("/"));
        let beside = |suffix| parent.join(format!(".{name}{suffix}"));
        let claim = Claim::take(beside(".gangway-lock"), bundle)?;
        let accepted = beside(".gangway-signed");
        disk::remove_leftover(&accepted, leftover::begins_as_exe_of(bundle))?;
        let folder = PrivateFolder::for_work_on(bundle)?;
        Ok(Self {
            folder,
            _leftover: Leftover::at(&accepted),
            accepted,
            _claim: claim,
        })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Gone when the exe was put into place; what stays here is removed by the next run.
        let _ = disk::remove_file(&self.accepted);
    }
}
