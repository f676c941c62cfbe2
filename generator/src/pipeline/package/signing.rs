//! Packages signed by the configured command or by a signer elsewhere. Of what comes back only the signature
//! is taken; with it in a copy in a private folder the package is judged, and takes its place when it holds.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::codes::SCRIPT_NOT_SIGNED;
use super::super::config::{self, Config};
use super::super::demands::Demands;
use super::super::exchange;
use super::super::output::Kept;
use super::super::private_folder::PrivateFolder;
use super::super::sign;
use super::super::signing_command::SigningCommand;
use super::place::Folder;
use super::signer::{accepted, unrelated};
use super::{PackageError, PackageRequest};
use crate::disk::{self, DiskError, Prepared};
use crate::formats::authenticode::{
    Detached, FileKind, data_to_sign, digest_to_sign, take_signature,
};
use crate::packages::{attach, codes, signed};
use crate::plain_file;
use crate::problem::Problem;

/// File that a signer elsewhere gets for a package: the package's name and this.
const DATA_SUFFIX: &str = ".digest.p7";

/// File that comes back: the package's name and this.
const SIGNATURE_SUFFIX: &str = ".signature.p7";

/// Who signs installer package, cabinets and, by a command, scripts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageSigning {
    /// The packages stay unsigned.
    Nobody,
    /// The command of the bundle's config.
    Command,
    /// A signer elsewhere, later: what has to be signed is written into this folder, as
    /// `NAME.digest.p7` for each package.
    Later(PathBuf),
    /// A signer elsewhere did, and this folder has `NAME.signature.p7` for each package.
    Elsewhere(PathBuf),
}

/// Signs packages.
pub(super) struct Signing {
    maker: Maker,
    demands: Demands,
    scratch: PrivateFolder,
    /// Data for a signer elsewhere, until the packages are in their place.
    waiting: Vec<Prepared>,
    /// Scripts that the command does not sign, and certificates that no root was there to judge.
    problems: Vec<Problem>,
}

/// What gives signatures.
enum Maker {
    Command {
        words: Vec<String>,
        limit: Duration,
        folder: PathBuf,
    },
    Elsewhere(PathBuf),
    Later(PathBuf),
}

impl Signing {
    /// As it was asked for; none when nobody signs.
    ///
    /// # Errors
    /// There is no command, a root of the config cannot be read, or the folder for a signer elsewhere
    /// lies where it must not.
    pub(super) fn of(
        request: &PackageRequest,
        config: Option<&Config>,
        kept: &[Kept],
    ) -> Result<Option<Self>, PackageError> {
        let out = &request.out;
        let found = config.map_or_else(config::Signing::default, |it| it.signing.clone());
        let roots = &request.bundle.roots;
        let demands = Demands::of(roots, config, request.bundle.now)?;
        let maker = match &request.signing {
            PackageSigning::Nobody => return Ok(None),
            PackageSigning::Command => Maker::Command {
                words: found
                    .command
                    .filter(|command| !command.is_empty())
                    .ok_or(PackageError::NoCommand)?,
                limit: Duration::from_secs(found.time_limit_s.unwrap_or(sign::TIME_LIMIT_S)),
                folder: request
                    .bundle
                    .config
                    .as_deref()
                    .and_then(Path::parent)
                    .unwrap_or(Path::new(""))
                    .to_owned(),
            },
            PackageSigning::Elsewhere(folder) => Maker::Elsewhere(folder.clone()),
            PackageSigning::Later(folder) => {
                let file = folder.join(DATA_SUFFIX);
                exchange::check_place(folder, &file, out, kept.to_vec())?;
                disk::create_folders(folder).map_err(DiskError::io("create folder", folder))?;
                Maker::Later(folder.clone())
            }
        };
        let out = std::path::absolute(out).map_err(DiskError::io("resolve", out))?;
        Ok(Some(Self {
            maker,
            demands: Demands {
                wants_stamp: demands.wants_stamp && !request.allow_unstamped,
                ..demands
            },
            scratch: PrivateFolder::for_work_on(&out)?,
            waiting: Vec::new(),
            problems: Vec::new(),
        }))
    }

    /// Signs a file of the folder that is being written; gives who signed it, none when that is done
    /// elsewhere and later.
    ///
    /// # Errors
    /// The command fails, or the signed file differs by more than a signature that holds; the file
    /// stays unsigned.
    pub(super) fn sign(
        &mut self,
        folder: &Folder,
        relative: &str,
        kind: FileKind,
    ) -> Result<Option<String>, PackageError> {
        // No tool takes a script apart into what is signed elsewhere.
        if kind == FileKind::Script && !matches!(self.maker, Maker::Command { .. }) {
            return Ok(None);
        }
        let place = folder.path(relative);
        // A folder for each: what the command says is kept there, too.
        let number = fs::read_dir(&self.scratch.path).map_or(0, Iterator::count);
        let private = self.scratch.path.join(number.to_string());
        fs::create_dir(&private).map_err(DiskError::io("create folder", &private))?;
        let Some(result) = self.made(relative, &place, kind, &private)? else {
            return Ok(None);
        };
        let mut signed = plain_file::open(&result).map_err(DiskError::io("open", &result))?;
        let who = accepted(&mut signed, kind, &self.demands);
        let who = who.map_err(|unfit| self.changed(relative, unfit.into_words()))?;
        if !who.foreign.is_empty() {
            let problem = Problem::new(
                &codes::PACKAGE_FOREIGN_PARTS,
                relative,
                "its signature carries more than one signature and its time stamp",
                "sign with a tool that adds one signature and nothing else",
            );
            let told = who.foreign.iter().fold(problem, Problem::with_evidence);
            return Err(PackageError::Signature(Box::new(told)));
        }
        if self.demands.wants_stamp && !who.is_stamped {
            return Err(PackageError::Signature(Box::new(Problem::new(
                &codes::PACKAGE_NOT_STAMPED,
                relative,
                "its signature carries no time stamp, although one is asked for",
                "look whether the time stamp service answered, and sign again; `--allow-unstamped` \
                 takes it as it is",
            ))));
        }
        self.problems.extend(unrelated(relative, &who.unrelated));
        put_in_place(&result, &place).map_err(DiskError::io("write", &place))?;
        Ok(Some(who.line()))
    }

    /// The file that carries a signature; none where that comes later or the command signs no scripts.
    fn made(
        &mut self,
        relative: &str,
        place: &Path,
        kind: FileKind,
        folder: &Path,
    ) -> Result<Option<PathBuf>, PackageError> {
        let name = place.file_name().unwrap_or_default();
        let signature = match &self.maker {
            Maker::Command {
                words,
                limit,
                folder: at,
            } => {
                let command = SigningCommand {
                    words,
                    limit: *limit,
                    folder: at,
                };
                let result = match by_command(&command, place, folder) {
                    Err(PackageError::Program { program, why }) if kind == FileKind::Script => {
                        let why = format!("`{program}` {why}");
                        self.problems.push(not_signed(relative, why));
                        return Ok(None);
                    }
                    result => result?,
                };
                let mut result = plain_file::open(&result)
                    .map_err(DiskError::io("open what was signed", &result))?;
                let taken = taken(place, &mut result, kind);
                taken.map_err(|why| self.changed(relative, why))?
            }
            Maker::Elsewhere(signatures) => Detached {
                pkcs7: exchange::signature(&beside(signatures, name, SIGNATURE_SUFFIX))?,
                metadata_digest: None,
            },
            Maker::Later(data) => {
                let path = beside(data, name, DATA_SUFFIX);
                let bytes = to_sign(place, kind, folder);
                let bytes = bytes.map_err(DiskError::io("write what is signed in", folder))?;
                self.waiting.extend(exchange::prepare(&path, &bytes)?);
                return Ok(None);
            }
        };
        let result = attached(place, kind, &signature, folder)
            .map_err(DiskError::io("put a signature into a copy in", folder))?;
        Ok(Some(result))
    }

    /// The finding of a file that came back as another one, or of a signature that does not hold.
    fn changed(&self, relative: &str, why: String) -> PackageError {
        let problem = Problem::new(
            &codes::PACKAGE_CHANGED,
            relative,
            "the signed file is not the package that was given and a signature that holds",
            self.next_action(),
        );
        PackageError::Signature(Box::new(problem.with_evidence(why)))
    }

    /// What to do about a signature that is refused.
    fn next_action(&self) -> &'static str {
        match self.maker {
            Maker::Command { .. } => {
                "try the signing command by hand; it has to add one signature and nothing else"
            }
            Maker::Elsewhere(_) | Maker::Later(_) => {
                "write by `--digest-out` what has to be signed now, with the same options, and have \
                 exactly that signed"
            }
        }
    }

    /// Puts what a signer elsewhere gets into its place; gives what was not signed.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn hand_over(self) -> Result<Vec<Problem>, PackageError> {
        for data in self.waiting {
            data.put()?;
        }
        Ok(self.problems)
    }
}

/// The finding of a script that stays as it is.
fn not_signed(relative: &str, why: String) -> Problem {
    Problem::new(
        &SCRIPT_NOT_SIGNED,
        relative,
        "the signing command does not sign it; it is there without a signature",
        "take a tool that signs PowerShell scripts, or sign it where it is used",
    )
    .with_evidence(why)
}

/// The command's result on a copy.
fn by_command(
    command: &SigningCommand<'_>,
    place: &Path,
    folder: &Path,
) -> Result<PathBuf, PackageError> {
    let name = place.file_name().unwrap_or_default();
    let (unsigned, result) = (folder.join(name), folder.join("signed").join(name));
    fs::create_dir(folder.join("signed")).map_err(DiskError::io("create folder", folder))?;
    fs::copy(place, &unsigned).map_err(DiskError::io("write the copy", &unsigned))?;
    command.run(&unsigned, &result, folder)?;
    Ok(if result.exists() { result } else { unsigned })
}

/// The signature in what the command gave back, which is the package but for it. Only the signature is
/// taken: what a tool leaves around it, behind the last stream, in the rest of a sector or behind the block of
/// a script, comes to nobody.
pub(super) fn taken(package: &Path, result: &mut File, kind: FileKind) -> Result<Detached, String> {
    let mut before = plain_file::open(package).map_err(|error| error.to_string())?;
    let same = match kind {
        FileKind::Cabinet => signed::same_cabinet(&mut before, result),
        FileKind::Script => signed::same_script(&mut before, result),
        _ => signed::same_package(&mut before, result),
    };
    same.map_err(|difference| difference.to_string())?;
    match kind {
        FileKind::Script => {
            let pkcs7 = signed::signature_of_script(result);
            Ok(Detached {
                pkcs7: pkcs7.map_err(|difference| difference.to_string())?,
                metadata_digest: None,
            })
        }
        _ => take_signature(result, kind),
    }
}

/// A copy with the signature in it.
pub(super) fn attached(
    place: &Path,
    kind: FileKind,
    signature: &Detached,
    folder: &Path,
) -> io::Result<PathBuf> {
    let result = folder.join("attached");
    let mut file = readable_and_writable(&result)?;
    let mut package = plain_file::open(place)?;
    match kind {
        FileKind::Cabinet => {
            attach::reserve(&mut package, &mut file)?;
            attach::to_cabinet(&mut file, &signature.pkcs7)?;
        }
        FileKind::Script => attach::to_script(&mut package, &mut file, &signature.pkcs7)?,
        _ => {
            io::copy(&mut package, &mut file)?;
            attach::to_package(&file, signature)?;
        }
    }
    Ok(result)
}

/// What a signer elsewhere has to sign of a package.
fn to_sign(place: &Path, kind: FileKind, folder: &Path) -> io::Result<Vec<u8>> {
    let mut file = plain_file::open(place)?;
    if kind == FileKind::Cabinet {
        let mut reserved = readable_and_writable(&folder.join("reserved"))?;
        attach::reserve(&mut file, &mut reserved)?;
        file = reserved;
    }
    let digest = digest_to_sign(&mut file, kind).map_err(io::Error::other)?;
    data_to_sign(kind, digest).ok_or_else(|| io::Error::other("nobody signs it elsewhere"))
}

fn readable_and_writable(path: &Path) -> io::Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
}

/// The file of a package in a folder of exchange.
fn beside(folder: &Path, name: &OsStr, suffix: &str) -> PathBuf {
    let mut name = name.to_owned();
    name.push(suffix);
    folder.join(name)
}

/// The bytes of the result in the file that is there, whatever the result's own name leads to.
fn put_in_place(result: &Path, place: &Path) -> io::Result<()> {
    let mut from = plain_file::open(result)?;
    let mut to = File::options().write(true).open(place)?;
    let size = io::copy(&mut from, &mut to)?;
    to.set_len(size)?;
    to.seek(SeekFrom::Start(0)).map(drop)
}
