//! `gangway package`: a verified bundle in the forms that other tools bring to servers.
//!
//! The bundle is proven first, as `verify` does it but for the content of the payloads: that is held
//! against the manifest while it is packed, before anything is signed. The folder of packages takes its
//! place when all of them are whole.

mod allow;
mod before;
mod comparison;
mod document;
mod error;
mod finish;
mod formats;
mod installer;
mod intune;
mod place;
mod remade;
mod remarks;
mod signer;
mod signing;
mod source;
mod tools;
mod volumes;

use std::io::{self, Cursor};
use std::ops::Range;
use std::path::PathBuf;

use gangway_contract::Sha256;

pub(super) use comparison::Listed;
pub(super) use document::{FILE_NAME, of_folder as document_of};
pub use document::{Format, Offboarding, PackageFile, PackagesDocument, Product};
pub use error::PackageError;
pub use formats::Formats;
pub(super) use remade::{NotRemade, Remade, differences};
pub(super) use remarks::{SignedPackage, of_signatures};
pub(super) use signer::{judged, signed_kind};
pub use signing::PackageSigning;

use finish::Finish;
use place::{Folder, Staging};
use signing::Signing;
use source::{Source, changed};

use super::config::Config;
use super::kept;
use super::offboarding;
use super::output::Kept;
use super::sums::SUMS_FILE_NAME;
use super::verify::VerifyRequest;
use crate::bundle::{self, FileDigest};
use crate::disk::DiskError;
use crate::formats::authenticode::FileKind;
use crate::goal::Goal;
use crate::packages::archive::{self, Label};
use crate::packages::cabinet::{self, Member, Packing, Written};
use crate::packages::msi::Payloads;
use crate::packages::stored_zip::ArchiveError;
use crate::packages::tools::{CONTENT, OFFBOARD};
use crate::plain_file;
use crate::problem::Problem;

/// What to pack, and where.
#[derive(Debug, Clone)]
pub struct PackageRequest {
    /// The bundle, and what from outside of it vouches for it.
    pub bundle: VerifyRequest,
    /// Folder to write.
    pub out: PathBuf,
    /// Which packages.
    pub formats: Formats,
    /// The folder of a bundle that offboards, held against the same things from outside.
    pub offboard: Option<PathBuf>,
    /// Are the payloads inside the installer package?
    pub embed: bool,
    /// May the bootstrap be unsigned?
    pub allow_unsigned: bool,
    /// May signed packages in the folder go for unsigned ones, or for none?
    pub replace_signed: bool,
    /// Who signs installer package and cabinets.
    pub signing: PackageSigning,
    /// May a package's signature lack a time stamp, whatever the config says?
    pub allow_unstamped: bool,
}

/// What was made.
#[derive(Debug)]
pub struct Packaged {
    /// The folder's document.
    pub document: PackagesDocument,
    /// The bundle's mode, as `build --mode` is told.
    pub goal: Goal,
    /// Findings below error.
    pub problems: Vec<Problem>,
}

/// Makes the packages.
///
/// # Errors
/// The bundle does not verify, something stands against a package, or the disk refuses; the place
/// stays as it was.
pub fn package(request: &PackageRequest) -> Result<Packaged, PackageError> {
    let packs = request.formats.read_payloads();
    let mut source = Source::proven(&request.bundle, request.allow_unsigned, packs)?;
    if let Some(problem) = offboarding::ended(&source.problems) {
        return Err(PackageError::Refused(vec![problem.clone()]));
    }
    let removal = tools::removal(request, &source, request.bundle.now)?;
    let (formats, left_out) = request.formats.of(&source)?;
    source.problems.extend(left_out);
    let (removal, unused) = tools::used(removal, &formats);
    source.problems.extend(unused);
    volumes::check(&source, &formats, request.embed)?;
    let config = request.bundle.config.as_deref().map(Config::load);
    let config = config.transpose()?;
    let kept = kept(request, config.as_ref());
    let staging = Staging::begin(&request.out, &kept)?;
    let before = staging.before().cloned();
    if let Some(before) = &before {
        before::check_signed(before, request, &formats)?;
    }
    let signing = Signing::of(request, config.as_ref(), &kept)?;
    let organization = config.as_ref().map(|config| &config.organization);
    let mut work = Work {
        source: &source,
        latin_name: organization.and_then(|it| it.latin_name.as_deref()),
        folder: staging.folder(),
        finish: signing.map_or(Finish::Unsigned, Finish::Signed),
        files: Vec::new(),
        problems: Vec::new(),
    };
    let product = make_each(&mut work, &formats, request.embed, removal.as_ref())?;
    let Work {
        mut files,
        finish,
        problems: of_packages,
        ..
    } = work;
    let signing = finish.signing();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let document = source.packed(files, product, removal.as_ref());
    let folder = staging.folder();
    folder.write(SUMS_FILE_NAME, document.sums().as_bytes())?;
    folder.write(FILE_NAME, &document.to_bytes())?;
    let left = staging.commit()?;
    let mut problems = source.problems;
    problems.extend(of_packages);
    problems.extend(left);
    if let Some(signing) = signing {
        problems.extend(signing.hand_over()?);
    }
    problems.extend(removal.into_iter().flat_map(|removal| removal.problems));
    problems.extend(before.and_then(|before| before::gone(&before, &document, &request.out)));
    Ok(Packaged {
        document,
        goal: Goal::of(&source.manifest),
        problems,
    })
}

/// What the run reads: none of it may go away with the folder that is replaced.
fn kept(request: &PackageRequest, config: Option<&Config>) -> Vec<Kept> {
    let mut own = vec![("the bundle", request.bundle.bundle.clone())];
    let back = request.offboard.iter().cloned();
    own.extend(back.map(|bundle| ("the offboarding bundle", bundle)));
    if let PackageSigning::Elsewhere(signatures) = &request.signing {
        own.push(("the folder of signatures", signatures.clone()));
    }
    kept::kept(request.bundle.config.as_deref().zip(config), own)
}

/// Makes every format that is asked for, and what offboards where that was given; tells the installer
/// package's identity.
fn make_each(
    work: &mut Work<'_>,
    formats: &[Format],
    embed: bool,
    removal: Option<&Source>,
) -> Result<Option<Product>, PackageError> {
    let source = work.source;
    let mut product = None;
    for format in formats {
        match format {
            Format::Msi => {
                let place = match embed {
                    true => Payloads::Embedded,
                    false => Payloads::Beside,
                };
                product = Some(installer::make(work, place)?);
            }
            Format::Cab => work.cabinet()?,
            Format::Zip => work.archive()?,
            Format::Content => work.content(source, CONTENT)?,
            Format::Allow => allow::make(work, removal)?,
            Format::Intunewin => intune::make(work)?,
            tool => tools::make(work, *tool, removal)?,
        }
    }
    if let Some(removal) = removal
        && formats.contains(&Format::Content)
    {
        work.content(removal, OFFBOARD)?;
    }
    Ok(product)
}

/// Packages in the making.
struct Work<'a> {
    source: &'a Source,
    /// The organisation's name for an installer package, when it is another one.
    latin_name: Option<&'a str>,
    folder: &'a Folder,
    finish: Finish<'a>,
    files: Vec<PackageFile>,
    /// Findings below error.
    problems: Vec<Problem>,
}

impl Work<'_> {
    /// Bootstrap and payloads under their own names, for those who unpack them with `expand`.
    fn cabinet(&mut self) -> Result<(), PackageError> {
        let source = self.source;
        let stem = source.exe_name.trim_end_matches(".exe");
        let volumes = volumes::of_cabinet(source)?;
        let mut exe = Cursor::new(&source.exe.bytes);
        let mut files = source.payloads()?;
        let mut members = vec![Member {
            name: &source.exe_name,
            size: source.exe.bytes.len() as u64,
            source: &mut exe,
        }];
        let payloads = source.manifest.payloads.iter().zip(&mut files);
        members.extend(payloads.map(|(payload, source)| Member {
            name: &payload.name,
            size: payload.size,
            source,
        }));
        let made = self.write_cabinets(&mut members, &volumes, |number| match number {
            0 => format!("cab/{stem}.cab"),
            number => format!("cab/{stem}-{}.cab", number + 1),
        })?;
        let digests = made.iter().flat_map(|(_, written)| &written.digests);
        let digests: Vec<Sha256> = digests.skip(1).copied().collect();
        source.compare_payloads(&digests)?;
        self.add_cabinets(made, Format::Cab)
    }

    /// Writes a cabinet for each of these parts of the files.
    fn write_cabinets(
        &self,
        members: &mut [Member<'_>],
        volumes: &[Range<usize>],
        path: impl Fn(usize) -> String,
    ) -> Result<Vec<(String, Written)>, PackageError> {
        let mut made = Vec::new();
        for (number, volume) in volumes.iter().enumerate() {
            let relative = path(number);
            let mut out = self.folder.create(&relative)?;
            let members = members.get_mut(volume.clone()).unwrap_or_default();
            let time = self.source.time();
            // A signature changes the bytes: they are hashed behind it.
            let write = match self.finish {
                Finish::Signed(_) => cabinet::write,
                Finish::Unsigned | Finish::Compared(_) => cabinet::write_hashed,
            };
            let written = write(&mut out, members, Packing::Smaller, time)?;
            made.push((relative, written));
        }
        Ok(made)
    }

    /// Signs and lists them; what is in them was compared.
    fn add_cabinets(
        &mut self,
        made: Vec<(String, Written)>,
        format: Format,
    ) -> Result<(), PackageError> {
        for (relative, written) in made {
            let known = written.sha256.map(|sha256| (written.size, sha256));
            self.add(relative, format, Some(FileKind::Cabinet), known)?;
        }
        Ok(())
    }

    /// Bootstrap and payloads of a bundle as they are.
    fn content(&mut self, of: &Source, folder: &str) -> Result<(), PackageError> {
        let exe = format!("{folder}/{}", of.exe_name);
        self.folder.write(&exe, &of.exe.bytes)?;
        let written = (of.exe.bytes.len() as u64, Sha256::of(&of.exe.bytes));
        self.add(exe, Format::Content, None, Some(written))?;
        let mut digests = Vec::new();
        for (payload, source) in of.manifest.payloads.iter().zip(of.payloads()?) {
            let relative = format!("{folder}/{}", payload.name);
            let written = self.folder.copy(source, &relative)?;
            digests.push(written.1);
            self.add(relative, Format::Content, None, Some(written))?;
        }
        of.compare_payloads(&digests)
    }

    /// The bundle as it lies there, the exe as it was proven.
    fn archive(&mut self) -> Result<(), PackageError> {
        let Source {
            folder,
            document,
            manifest,
            ..
        } = self.source;
        let label = Label {
            goal: Goal::of(manifest),
            sequence: document.sequence,
            bundle_id: &document.bundle_id,
        };
        let relative = format!("zip/{}.zip", label.name());
        let out = self.folder.create(&relative)?;
        let exe = &self.source.exe.bytes;
        let mut files = document.files.clone();
        files.push(FileDigest {
            path: document.exe.path.clone(),
            size: exe.len() as u64,
            sha256: Sha256::of(exe),
        });
        let sums = folder.join(SUMS_FILE_NAME);
        let (size, sha256) =
            plain_file::digest(&sums, bundle::MAX_BYTES).map_err(DiskError::io("read", &sums))?;
        files.push(FileDigest {
            path: SUMS_FILE_NAME.to_owned(),
            size,
            sha256,
        });
        let size = std::fs::metadata(folder.join(bundle::FILE_NAME)).map_or(0, |it| it.len());
        files.push(FileDigest {
            path: bundle::FILE_NAME.to_owned(),
            size,
            sha256: self.source.bundle_json_sha256,
        });
        archive::write(out, label, &files, document.output_time, |file| {
            let of_exe = file.path == document.exe.path;
            let source: Box<dyn io::Read> = match of_exe {
                true => Box::new(Cursor::new(exe)),
                false => Box::new(plain_file::open(&folder.join(&file.path))?),
            };
            Ok(source)
        })
        .map_err(|error| match error {
            ArchiveError::Changed { path } => changed(&path, "the file was changed"),
            error => error.into(),
        })?;
        self.add(relative, Format::Zip, None, None)
    }
}
