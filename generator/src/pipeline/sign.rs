//! `gangway sign`: drives whatever signs code in this organisation, and believes none of it.
//!
//! The bundle has to be the one that was built: a key that signs whatever a folder names signs for
//! everybody. The command works on a copy. Only when the copy is the built exe plus a signature
//! does it take the exe's place.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gangway_contract::Sha256;

use super::build_error::BuildError;
use super::config::{Config, ConfigError};
use super::output::{OutputError, io_error};
use super::private_folder::PrivateFolder;
use super::signing_command::{CommandFault, SigningCommand};
use super::verify::{Judged, Pinned, Signature, VerifyError, VerifyRequest, judge, verify};
use super::{codes, leftover, output, trust};
use crate::bootstrap::{MAX_STUB_BYTES, without_signature};
use crate::bundle::BundleDocument;
use crate::disk::{self, Claim, DiskError};
use crate::failure::{FailureCode, Fault};
use crate::formats::x509::TrustAnchors;
use crate::interrupted::Leftover;
use crate::plain_file;
use crate::problem::Problem;

/// Room for manifest and signature beside the stub.
const MAX_SIGNED_BYTES: u64 = 2 * MAX_STUB_BYTES as u64;

/// How long a signing command may take when the config says nothing, in seconds: time for a
/// service with a queue, and for a person with a token.
pub(super) const TIME_LIMIT_S: u64 = 600;

/// Why the exe was not signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// `gangway.toml` cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The config has no signing command.
    #[error("config `{}` has no `signing.command`", path.display()
    )]
    NoCommand {
        /// Path of the config.
        path: PathBuf,
    },
    /// A root that the config names.
    #[error(transparent)]
    Root(#[from] BuildError),
    /// The bundle cannot be verified.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The bundle does not verify.
    #[error("the bundle does not verify, so nothing is signed: {} {}: {}",
        .0.code.id, .0.subject, .0.message
    )]
    NotProven(Box<Problem>),
    /// Nothing tells which bundle was built.
    #[error("the lock beside config `{}` has no digest of a bundle of this mode, so nothing tells \
         whether this is the one that was built", path.display()
    )]
    NotPinned {
        /// Path of the config.
        path: PathBuf,
    },
    /// The disk.
    #[error(transparent)]
    Io(#[from] OutputError),
    /// The signing program failed.
    #[error("`{program}` {why}")]
    Program {
        /// First word of the command.
        program: String,
        /// What happened, with its own words.
        why: String,
    },
    /// The result is not the built exe plus a signature.
    #[error("the signed file is refused: {}", .0.message)]
    Refused(Box<Problem>),
}

impl From<DiskError> for SignError {
    fn from(error: DiskError) -> Self {
        Self::Io(error.into())
    }
}

impl Fault for SignError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Config(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Io(error) => error.code(),
            Self::NoCommand { .. } => FailureCode::Config,
            Self::NotProven(_) | Self::NotPinned { .. } | Self::Refused(_) => {
                FailureCode::NotVerified
            }
            Self::Program { .. } => FailureCode::Program,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Root(error) => return error.hint(),
            Self::Config(error) => return error.hint(),
            Self::Verify(error) => return error.hint(),
            Self::Io(error) => return error.hint(),
            Self::NotProven(problem) | Self::Refused(problem) => {
                return Some(problem.next_action.clone().into());
            }
            Self::NoCommand { .. } => {
                "write the program and its arguments, with {in} for the unsigned exe and {out} for \
                 the signed one"
            }
            Self::NotPinned { .. } => {
                "sign where it was built, or give the digest that `build` printed by `--expect`"
            }
            Self::Program { .. } => {
                "try the command of `signing.command` by hand; it runs in the folder of the config"
            }
        };
        Some(hint.into())
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::NotProven(problem) | Self::Refused(problem) => vec![(**problem).clone()],
            Self::Root(error) => error.problems(),
            _ => Vec::new(),
        }
    }
}

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
}

/// An exe that was signed.
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
    let command = config
        .signing
        .command
        .filter(|command| !command.is_empty())
        .ok_or_else(|| SignError::NoCommand {
            path: request.config.clone(),
        })?;
    let anchors = trust::anchors_of(&trust::load_roots(&config.signing.roots)?);
    let bundle = fs::canonicalize(&request.bundle).map_err(|_| VerifyError::Absent {
        path: request.bundle.clone(),
    })?;
    // Before anything is proven: nobody exchanges the bundle afterwards.
    let scratch = Scratch::of(&bundle)?;
    let (document, exe) = proven(request)?;
    let exe_path = bundle.join(&document.exe.path);
    let unsigned = scratch.folder.path.join("unsigned.exe");
    let signed = scratch.folder.path.join("signed.exe");
    // What was proven, not what lies in the folder by now.
    disk::write_new(&unsigned, &exe).map_err(io_error("write", &unsigned))?;

    let limit = config.signing.time_limit_s.unwrap_or(TIME_LIMIT_S);
    let command = SigningCommand {
        words: &command,
        limit: Duration::from_secs(limit),
        folder: request.config.parent().unwrap_or(Path::new("")),
    };
    command.run(&unsigned, &signed, &scratch.folder.path)?;
    let result = if signed.exists() { &signed } else { &unsigned };
    let bytes = plain_file::read(result, MAX_SIGNED_BYTES)
        .and_then(|bytes| bytes.ok_or_else(|| io::Error::other("it is too large")))
        .map_err(io_error("read", result))?;
    let judged = accepted(&document, &bytes, &exe, anchors.as_ref(), request.now)?;
    // Written anew: the program's file may be a link, or still open.
    put_in_place(&scratch.accepted, &exe_path, &bytes)?;
    Ok(Signed {
        document,
        exe_sha256: Sha256::of(&bytes),
        signature: judged.signature,
        problems: judged.problems,
    })
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

/// Document and unsigned exe of the bundle, when it is the one that was built. A signature that is
/// there already, good or bad, is dropped and does not matter.
fn proven(request: &SignRequest) -> Result<(BundleDocument, Vec<u8>), SignError> {
    let verified = verify(&VerifyRequest {
        config: Some(request.config.clone()),
        expect: request.expect,
        ..VerifyRequest::of(&request.bundle, request.now)
    })?;
    let of_the_signature = [&codes::EXE_SIGNATURE, &codes::EXE_FOREIGN_PARTS];
    let fault = |problem: &Problem| problem.is_error() && !of_the_signature.contains(&problem.code);
    if let Some(problem) = verified.problems.into_iter().find(fault) {
        return Err(SignError::NotProven(Box::new(problem)));
    }
    match verified.exe {
        Some(exe) if verified.pinned != Pinned::Nothing => Ok((verified.document, exe.unsigned)),
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

impl From<CommandFault> for SignError {
    fn from(fault: CommandFault) -> Self {
        match fault {
            CommandFault::Disk(error) => Self::Io(error),
            CommandFault::Program { program, why } => Self::Program { program, why },
        }
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
        let folder = PrivateFolder::for_work_on(bundle)
            .map_err(io_error("make a private folder for the work on", bundle))?;
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
