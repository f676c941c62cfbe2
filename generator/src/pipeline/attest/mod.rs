//! `gangway attest`: what a bundle was made of, signed by a key of the organisation; and what such
//! statements prove of a bundle.

mod before;
mod error;
mod files;
mod packages;
mod packed;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gangway_contract::Sha256;

use super::config::Config;
use super::kept::downloads;
use super::output::{Kept, OutputError, check_apart, io_error};
use super::private_folder::PrivateFolder;
use super::sign::TIME_LIMIT_S;
use super::signing_command::SigningCommand;
use super::statements::beside;
use super::verify::{Standing, Verification, VerifyError, VerifyRequest, verify};
use crate::bundle::{self, BundleDocument};
use crate::disk::{self, Claim};
use crate::goal::Goal;
use crate::plain_file;
use crate::problem::Problem;
pub use error::AttestError;
use files::Places;
use packages::{Known, Made};
use packed::packed;

use crate::provenance::{
    self, Attested, CYCLONEDX, Envelope, Identity, MAX_BYTES, PARTS_SUFFIX, SLSA, SUFFIX, Subject,
    VerifyingKey, codes,
};

/// Largest public key that is read, in bytes; one has 200.
const MAX_KEY_BYTES: u64 = 64 << 10;

/// Largest signature, in bytes: 72 for P-256, 64 for Ed25519.
const MAX_SIGNATURE_BYTES: u64 = 4 << 10;

/// What to attest.
#[derive(Debug, Clone)]
pub struct AttestRequest {
    /// The bundle, and what from outside of it vouches for it; its config has key and command.
    pub bundle: VerifyRequest,
    /// A folder of packages that were made of it.
    pub packages: Option<PathBuf>,
    /// The bundle that offboards, which the packages hold, too.
    pub offboard: Option<PathBuf>,
    /// The file of statements, else `BUNDLE.intoto.jsonl` beside the bundle's folder.
    pub out: Option<PathBuf>,
    /// May the bootstrap be unsigned?
    pub allow_unsigned: bool,
}

/// Statements that were written.
#[derive(Debug)]
pub struct AttestedBundle {
    /// The bundle's document.
    pub document: BundleDocument,
    /// The bundle's mode, as `build --mode` is told.
    pub goal: Goal,
    /// What the key vouches for now.
    pub attested: Attested,
    /// The file of statements.
    pub statements: PathBuf,
    /// The list of parts beside it.
    pub parts: PathBuf,
    /// Findings below error.
    pub problems: Vec<Problem>,
}

/// What to hold a bundle against.
#[derive(Debug, Clone)]
pub struct AttestationRequest {
    /// File of the public key.
    pub key: PathBuf,
    /// The file of statements, else `BUNDLE.intoto.jsonl` beside the bundle's folder.
    pub statements: Option<PathBuf>,
    /// A folder of packages that have to be named, too.
    pub packages: Option<PathBuf>,
}

/// Writes what the bundle was made of, signed by the configured command.
///
/// # Errors
/// See [`AttestError`].
pub fn attest(request: &AttestRequest) -> Result<AttestedBundle, AttestError> {
    let signer = Signer::of(request.bundle.config.as_deref())?;
    let folder = &request.bundle.bundle;
    let out = request.out.clone();
    let out = out.unwrap_or_else(|| beside(folder, SUFFIX));
    let parts_out = beside_statements(&out);
    for place in [&out, &parts_out] {
        check_apart(place, &signer.downloads)?;
    }
    // Two runs must not work on it at once: they would share the private folder.
    let _claim = Claim::take(disk::beside(&out, ".gangway-lock"), &out)?;
    let places = Places::of(&out, &parts_out)?;
    let (mut found, identity) = proven(&request.bundle, request.allow_unsigned)?;
    let scratch = PrivateFolder::for_work_on(&absolute(&out)?)?;
    let mut packages = Vec::new();
    if let Some(folder) = &request.packages {
        let (files, told) = packed(folder, request, &made(&found, &identity), &scratch.path)?;
        packages = files;
        found.problems.extend(told);
    }
    let mut subjects = vec![
        Subject::new(bundle::FILE_NAME, identity.bundle_json_sha256),
        Subject::new(&identity.exe_name, identity.exe_sha256),
    ];
    let named = packages.iter();
    subjects.extend(named.map(|(name, sha256)| Subject::new(name, *sha256)));
    subjects.sort();
    let fewer = before::fewer(&out, &signer.key, &subjects);
    found.problems.extend(fewer);
    let document = &found.document;
    let parts = provenance::parts(document, &subjects);
    let mut text = String::new();
    let mut envelopes = Vec::new();
    for (predicate_type, predicate) in [
        (SLSA, provenance::provenance(document)),
        (CYCLONEDX, parts.clone()),
    ] {
        let statement = provenance::about(subjects.clone(), predicate_type, predicate).to_bytes();
        let envelope = signer.envelope(&statement, &scratch.path)?;
        text.push_str(&envelope.to_line());
        text.push('\n');
        envelopes.push(envelope);
    }
    let written = Some(packages.as_slice());
    let attested = provenance::judge(&envelopes, &signer.key, document, &identity, written)
        .map_err(|problem| AttestError::Refused(Box::new(problem)))?;
    places.put(&text, &provenance::parts_file(&parts))?;
    Ok(AttestedBundle {
        goal: found.goal,
        document: found.document,
        attested,
        statements: out,
        parts: parts_out,
        problems: found.problems,
    })
}

/// The bundle, which verifies and is signed, unless that is not asked for.
fn proven(
    request: &VerifyRequest,
    allow_unsigned: bool,
) -> Result<(Verification, Identity), AttestError> {
    let found = verify(request)?;
    if let Some(problem) = found.problems.iter().find(|problem| problem.is_error()) {
        return Err(AttestError::NotProven(Box::new(problem.clone())));
    }
    let Some(identity) = identity(&found) else {
        return Err(AttestError::Verify(VerifyError::NotABundle {
            path: request.bundle.clone(),
            why: "its bootstrap is not proven".to_owned(),
        }));
    };
    if found.signature.standing == Standing::Unsigned && !allow_unsigned {
        return Err(AttestError::Unsigned);
    }
    if found.lacks_stamp {
        return Err(AttestError::Refused(Box::new(Problem::new(
            &codes::NOT_STAMPED,
            &found.document.exe.path,
            "its signature carries no time stamp, although the config asks for one",
            "look whether the time stamp service answered, and sign the bundle as it was built again by `gangway sign`; \
             `--allow-unstamped` takes it as it is",
        ))));
    }
    Ok((found, identity))
}

fn made<'a>(found: &'a Verification, identity: &'a Identity) -> Made<'a> {
    Made {
        bundle: &found.document,
        identity,
        is_signed: found.signature.standing != Standing::Unsigned,
    }
}

/// What the key vouches for of a bundle that verified as `bundle` asked, with findings below error; or what stands
/// against that.
///
/// # Errors
/// Key, config or packages cannot be read.
pub fn check_attestation(
    request: &AttestationRequest,
    bundle: &VerifyRequest,
    found: &Verification,
) -> Result<Result<(Attested, Vec<Problem>), Problem>, AttestError> {
    let key = read_key(&request.key).map_err(|why| AttestError::Key {
        path: request.key.clone(),
        why,
    })?;
    let Some(identity) = identity(found) else {
        let why = "the bootstrap is not proven, so no statement can be about it";
        let problem = Problem::new(&codes::OTHER_BUNDLE, "attestation", why, "build it again");
        return Ok(Err(problem));
    };
    let named = request.statements.clone();
    let path = named.unwrap_or_else(|| beside(&bundle.bundle, SUFFIX));
    let mut problems = Vec::new();
    let mut packages = None;
    if let Some(folder) = &request.packages {
        let known = Known::Vouched(bundle.demands()?);
        match packages::of(folder, &made(found, &identity), &known)? {
            Ok(listed) => {
                packages = Some(listed.files);
                problems = listed.problems;
            }
            Err(problem) => return Ok(Err(problem)),
        }
    }
    let missing = |why: String| {
        let next = "copy the statements together with the bundle, or make them by `gangway attest`";
        let subject = path.display().to_string();
        Problem::new(&codes::NO_STATEMENT, subject, why, next)
    };
    let bytes = match plain_file::read(&path, MAX_BYTES) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(Err(missing(format!("it has more than {MAX_BYTES} bytes")))),
        Err(error) => return Ok(Err(missing(error.to_string()))),
    };
    let envelopes = match provenance::lines(&bytes) {
        Ok(envelopes) => envelopes,
        Err(error) => return Ok(Err(missing(error.to_string()))),
    };
    let packages = packages.as_deref();
    let document = &found.document;
    let judged = provenance::judge(&envelopes, &key, document, &identity, packages);
    let list = beside_statements(&path);
    Ok(judged.and_then(
        |attested| match other_parts(&list, &envelopes, &key, &identity) {
            None => Ok((attested, problems)),
            Some(problem) => Err(problem),
        },
    ))
}

/// The finding of a list of parts that is not the one in the statements. Where none lies there, they have it.
fn other_parts(
    path: &Path,
    envelopes: &[Envelope],
    key: &VerifyingKey,
    bundle: &Identity,
) -> Option<Problem> {
    let why = match plain_file::read(path, MAX_BYTES) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => error.to_string(),
        Ok(None) => format!("it has more than {MAX_BYTES} bytes"),
        Ok(Some(bytes)) => {
            let lists = provenance::vouched_parts(envelopes, key, bundle);
            let is_one = |list: &String| list.as_bytes() == bytes;
            if lists.iter().any(is_one) {
                return None;
            }
            "it is not the list that stands in the statements of the key".to_owned()
        }
    };
    let next = "copy it and the statements again from where they were made, or attest again";
    let subject = path.display().to_string();
    Some(Problem::new(&codes::OTHER_PARTS, subject, why, next))
}

/// Key and command of a config.
struct Signer {
    key: VerifyingKey,
    command: Vec<String>,
    limit: Duration,
    folder: PathBuf,
    /// No statement may lie among them.
    downloads: Vec<Kept>,
}

impl Signer {
    fn of(path: Option<&Path>) -> Result<Self, AttestError> {
        let path = path.ok_or(AttestError::NoConfig)?;
        let config = Config::load(path)?;
        let missing = |field| AttestError::NotConfigured { field };
        let downloads = downloads(config.named_paths());
        let key = config.provenance.key.ok_or_else(|| missing("key"))?;
        let unusable = |why| config.named_files.refused("provenance.key", 0, &key, why);
        let command = config.provenance.command.filter(|words| !words.is_empty());
        Ok(Self {
            key: read_key(&key).map_err(unusable)?,
            command: command.ok_or_else(|| missing("command"))?,
            limit: Duration::from_secs(config.signing.time_limit_s.unwrap_or(TIME_LIMIT_S)),
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            downloads,
        })
    }

    /// The statement with the command's signature, which has to fit the key.
    fn envelope(&self, statement: &[u8], scratch: &Path) -> Result<Envelope, AttestError> {
        // A folder for each: what the command says is kept there, too.
        let folder = scratch.join(Sha256::of(statement).to_string());
        fs::create_dir(&folder).map_err(io_error("create folder", &folder))?;
        let (message, signature) = (folder.join("message"), folder.join("signature"));
        let bytes = provenance::pre_authentication(provenance::PAYLOAD_TYPE, statement);
        disk::write_new(&message, &bytes).map_err(io_error("write", &message))?;
        let command = SigningCommand {
            words: &self.command,
            limit: self.limit,
            folder: &self.folder,
        };
        command.run(&message, &signature, &folder)?;
        let refused = |why: String| {
            let next = "try the command of `provenance.command` by hand, and see whether \
                        `provenance.key` is the public half of its key";
            let problem = Problem::new(&codes::BAD_SIGNATURE, "provenance.command", why, next);
            AttestError::Refused(Box::new(problem))
        };
        let made = plain_file::read(&signature, MAX_SIGNATURE_BYTES)
            .map_err(|error| refused(format!("it left no signature as {{out}}: {error}")))?
            .ok_or_else(|| {
                refused("what it left as {out} is larger than a signature".to_owned())
            })?;
        if !self.key.vouches_for(&bytes, &made) {
            let size = made.len();
            let why = format!("what it left as {{out}} ({size} bytes) is no signature of the key");
            return Err(refused(why));
        }
        Ok(Envelope::new(statement, &self.key, &made))
    }
}

/// The key of a file, or why it holds none.
fn read_key(path: &Path) -> Result<VerifyingKey, String> {
    let bytes = plain_file::read(path, MAX_KEY_BYTES)
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("it has more than {MAX_KEY_BYTES} bytes"))?;
    VerifyingKey::read(&bytes).map_err(|error| error.to_string())
}

/// What a bundle that verified is known by.
fn identity(found: &Verification) -> Option<Identity> {
    let exe = found.exe.as_ref()?;
    let path = &found.document.exe.path;
    Some(Identity {
        bundle_id: found.document.bundle_id.to_string(),
        bundle_json_sha256: found.bundle_json_sha256,
        exe_name: path.rsplit('/').next().unwrap_or(path).to_owned(),
        exe_sha256: Sha256::of(&exe.bytes),
    })
}

/// The list of parts, beside a file of statements.
fn beside_statements(statements: &Path) -> PathBuf {
    let name = statements.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(SUFFIX).unwrap_or(&name);
    statements.with_file_name(format!("{stem}{PARTS_SUFFIX}"))
}

fn absolute(path: &Path) -> Result<PathBuf, OutputError> {
    std::path::absolute(path).map_err(io_error("resolve", path))
}
