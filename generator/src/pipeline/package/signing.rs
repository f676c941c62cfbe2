//! Packages signed by the configured command: it gets a copy in a private folder, and what it gives
//! back takes the package's place only when it is that package plus a signature.

use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::config::Config;
use super::super::private_folder::PrivateFolder;
use super::super::signing_command::SigningCommand;
use super::super::{sign, trust};
use super::PackageError;
use super::place::Staging;
use crate::disk::DiskError;
use crate::formats::authenticode::{self, FileKind, InvalidReason, Verdict};
use crate::formats::x509::TrustAnchors;
use crate::packages::{codes, signed};
use crate::plain_file;
use crate::problem::Problem;

/// Signs packages.
pub(super) struct Signing {
    command: Vec<String>,
    limit: Duration,
    folder: PathBuf,
    anchors: Option<TrustAnchors>,
    now: i64,
    scratch: PrivateFolder,
}

impl Signing {
    /// By the command of this config.
    ///
    /// # Errors
    /// There is none, or a root of the config cannot be read.
    pub(super) fn of(config: &Path, out: &Path, now: i64) -> Result<Self, PackageError> {
        let found = Config::load(config)?;
        let command = found.signing.command.filter(|command| !command.is_empty());
        let command = command.ok_or(PackageError::NoCommand)?;
        let seconds = found.signing.time_limit_s.unwrap_or(sign::TIME_LIMIT_S);
        let out = std::path::absolute(out).map_err(DiskError::io("resolve", out))?;
        Ok(Self {
            command,
            limit: Duration::from_secs(seconds),
            folder: config.parent().unwrap_or(Path::new("")).to_owned(),
            anchors: trust::anchors_of(&trust::load_roots(&found.signing.roots)?),
            now,
            scratch: PrivateFolder::for_work_on(&out)
                .map_err(DiskError::io("make a private folder for the work on", &out))?,
        })
    }

    /// Signs a file of the folder that is being written; gives who signed it.
    ///
    /// # Errors
    /// The command fails, or changes more than it may; the file stays unsigned.
    pub(super) fn sign(
        &self,
        staging: &Staging,
        relative: &str,
        kind: FileKind,
    ) -> Result<String, PackageError> {
        let place = staging.path(relative);
        let name = place.file_name().unwrap_or_default();
        // A folder for each: what the command says is kept there, too.
        let number = fs::read_dir(&self.scratch.path).map_or(0, Iterator::count);
        let folder = self.scratch.path.join(number.to_string());
        fs::create_dir(&folder).map_err(DiskError::io("create folder", &folder))?;
        let (unsigned, result) = (folder.join(name), folder.join("signed").join(name));
        fs::create_dir(folder.join("signed")).map_err(DiskError::io("create folder", &folder))?;
        fs::copy(&place, &unsigned).map_err(DiskError::io("copy", &place))?;
        let command = SigningCommand {
            words: &self.command,
            limit: self.limit,
            folder: &self.folder,
        };
        command.run(&unsigned, &result, &folder)?;
        let result = if result.exists() { result } else { unsigned };
        let who =
            self.accepted(&place, &result, kind).map_err(|why| {
                PackageError::Refused(vec![Problem::new(
                &codes::PACKAGE_CHANGED,
                relative,
                "the signed file is not the package that was given and a signature that holds",
                "try the signing command by hand; it has to add one signature and nothing else",
            )
            .with_evidence(why)])
            })?;
        put_in_place(&result, &place).map_err(DiskError::io("write", &place))?;
        Ok(who)
    }

    /// Who signed the result, when it is the package and a signature that holds.
    fn accepted(&self, package: &Path, result: &Path, kind: FileKind) -> Result<String, String> {
        let open = |path: &Path| plain_file::open(path).map_err(|error| error.to_string());
        let (mut before, mut after) = (open(package)?, open(result)?);
        let same = match kind {
            FileKind::Cabinet => signed::same_cabinet(&mut before, &mut after),
            _ => signed::same_package(&mut before, &mut after),
        };
        same.map_err(|difference| difference.to_string())?;
        let none = TrustAnchors::none();
        let anchors = self.anchors.as_ref().unwrap_or(&none);
        match authenticode::verify(&mut after, Some(kind), anchors, self.now) {
            Verdict::Valid(valid) => {
                let who = &valid.signature.signer.subject;
                Ok(match valid.signature.signed_at {
                    Some(_) => format!("{who}, time-stamped"),
                    None => format!("{who}, without a time stamp"),
                })
            }
            Verdict::Invalid {
                reason: InvalidReason::SignerNotTrusted { .. },
                claimed: Some(claimed),
            } if self.anchors.is_none() => Ok(format!("{}, root not judged", claimed.subject)),
            other => Err(other.to_string()),
        }
    }
}

/// The bytes of the result in the file that is there, whatever the result's own name leads to.
fn put_in_place(result: &Path, place: &Path) -> io::Result<()> {
    let mut from = plain_file::open(result)?;
    let mut to = File::options().write(true).open(place)?;
    let size = io::copy(&mut from, &mut to)?;
    to.set_len(size)?;
    to.seek(SeekFrom::Start(0)).map(drop)
}
