//! Packages made again of their bundle, to see whether a folder holds those and no others.
//!
//! The same bundle gives the same bytes, so that whatever lies in a folder of packages is compared with what
//! this program makes. One package after the other is made in a private folder and goes as soon as it is
//! compared: a run needs room for the largest of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::document::{FILE_NAME, Format, PackageFile, PackagesDocument, Product};
use super::finish::Finish;
use super::place::Folder;
use super::signing::{attached, taken};
use super::source::Source;
use super::{Formats, PackageError, PackageRequest, PackageSigning, Work, make_each, tools};
use crate::disk::DiskError;
use crate::formats::authenticode::FileKind;
use crate::packages::msi::holds_payloads;
use crate::pipeline::config::Config;
use crate::pipeline::verify::VerifyRequest;
use crate::plain_file;

/// A file of the folder, and what is wrong with it.
type Fault = (String, String);

/// Why it cannot be said what a package should be.
#[derive(Debug)]
pub(in crate::pipeline) struct NotRemade {
    /// The first file that nothing is known of.
    pub(in crate::pipeline) path: String,
    /// Why it cannot be made again.
    pub(in crate::pipeline) error: Box<PackageError>,
}

/// The packages that a folder lists.
#[derive(Debug, Clone, Copy)]
pub(in crate::pipeline) struct Listed<'a> {
    /// Where they lie.
    pub(in crate::pipeline) folder: &'a Path,
    /// The folder's document, which lists what lies there, with these digests.
    pub(in crate::pipeline) document: &'a PackagesDocument,
}

/// Makes the packages of a folder again and compares each; gives what differs, is missing or too many. Files
/// that the document calls signed may carry a signature, which is for others to judge, and nothing else.
///
/// # Errors
/// One cannot be made.
pub(in crate::pipeline) fn differences(
    listed: Listed<'_>,
    bundle: &VerifyRequest,
    offboard: Option<&Path>,
    scratch: &Path,
) -> Result<Vec<Fault>, NotRemade> {
    let first = listed.document.files.first();
    let first = first.map_or(FILE_NAME, |file| file.path.as_str());
    let failed = |path: &str, error| NotRemade {
        path: path.to_owned(),
        error: Box::new(error),
    };
    let at_first = |error| failed(first, error);
    let request = request(listed, bundle, offboard).map_err(at_first)?;
    let source = Source::proven(bundle, true, true).map_err(at_first)?;
    // Whether it still works is asked where it is packed: a statement says what a package was made of.
    let removal = tools::removal(&request, &source, i64::MIN).map_err(at_first)?;
    let (formats, _) = request.formats.of(&source).map_err(at_first)?;
    let config = bundle.config.as_deref().map(Config::load).transpose();
    let config = config.map_err(|error| at_first(error.into()))?;
    let organization = config.as_ref().map(|config| &config.organization);
    let folder = Folder::at(scratch.to_owned());
    let mut work = Work {
        source: &source,
        latin_name: organization.and_then(|it| it.latin_name.as_deref()),
        folder: &folder,
        finish: Finish::Compared(Comparison {
            listed,
            scratch,
            made: BTreeSet::new(),
            faults: Vec::new(),
        }),
        files: Vec::new(),
        problems: Vec::new(),
    };
    let mut product = None;
    for format in &formats {
        let made = make_each(&mut work, &[*format], request.embed, removal.as_ref());
        let made = made.map_err(|error| {
            let mut files = listed.document.files.iter();
            let file = files.find(|file| file.format == *format);
            failed(file.map_or(FILE_NAME, |file| &file.path), error)
        })?;
        product = product.or(made);
    }
    let Finish::Compared(comparison) = work.finish else {
        return Ok(Vec::new());
    };
    Ok(comparison.ended(product.as_ref(), removal.as_ref()))
}

/// What was asked of `gangway package` when it made these.
fn request(
    listed: Listed<'_>,
    bundle: &VerifyRequest,
    offboard: Option<&Path>,
) -> Result<PackageRequest, PackageError> {
    let formats: BTreeSet<Format> = listed.document.files.iter().map(|it| it.format).collect();
    let has_way_back = listed.document.offboarding.is_some();
    Ok(PackageRequest {
        bundle: bundle.clone(),
        out: listed.folder.to_owned(),
        formats: Formats {
            all: false,
            named: formats.into_iter().collect(),
        },
        offboard: offboard.filter(|_| has_way_back).map(Path::to_owned),
        embed: embeds(listed)?,
        allow_unsigned: true,
        replace_signed: false,
        signing: PackageSigning::Nobody,
        allow_unstamped: true,
    })
}

/// Are the payloads inside the installer package?
fn embeds(listed: Listed<'_>) -> Result<bool, PackageError> {
    let mut files = listed.document.files.iter();
    let is_package = |file: &&PackageFile| file.format == Format::Msi && is_msi(&file.path);
    let Some(package) = files.find(is_package) else {
        return Ok(false);
    };
    let path = listed.folder.join(&package.path);
    let mut file = plain_file::open(&path).map_err(DiskError::io("open", &path))?;
    // One that cannot be read is none of ours, whatever should be in it.
    Ok(holds_payloads(&mut file).unwrap_or(false))
}

fn is_msi(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, it)| it == "msi")
}

/// Packages that are held against those of a folder.
pub(super) struct Comparison<'a> {
    listed: Listed<'a>,
    /// A private folder.
    scratch: &'a Path,
    made: BTreeSet<String>,
    faults: Vec<Fault>,
}

impl Comparison<'_> {
    /// Holds a package that was made against the one that is listed, and takes it away.
    ///
    /// # Errors
    /// The disk refuses.
    pub(super) fn compare(
        &mut self,
        folder: &Folder,
        made: &PackageFile,
        kind: Option<FileKind>,
    ) -> Result<(), PackageError> {
        let mut files = self.listed.document.files.iter();
        let why = match files.find(|file| file.path == made.path) {
            None => Some("it is not there, and is made together with the others".to_owned()),
            Some(file) if file.format != made.format => {
                Some("it belongs to another `format`".to_owned())
            }
            Some(file) => match (&file.signature, kind) {
                (None, _) => ((file.size, file.sha256) != (made.size, made.sha256))
                    .then(|| "it is not what is made of this bundle".to_owned()),
                (Some(_), None) => Some("files of its kind carry no signature".to_owned()),
                (Some(_), Some(kind)) => self.signed(&folder.path(&made.path), file, kind)?,
            },
        };
        self.faults.extend(why.map(|why| (made.path.clone(), why)));
        self.made.insert(made.path.clone());
        folder.remove(&made.path)
    }

    /// A signed package is the one that was made with the signature of the one that is there, put into it as
    /// `package` does it: every byte counts, those too that no signature covers.
    fn signed(
        &self,
        made: &Path,
        file: &PackageFile,
        kind: FileKind,
    ) -> Result<Option<String>, PackageError> {
        let there = self.listed.folder.join(&file.path);
        let signature = match taken(made, &there, kind) {
            Ok(signature) => signature,
            Err(why) => {
                let why =
                    format!("but for its signature it is not what is made of this bundle: {why}");
                return Ok(Some(why));
            }
        };
        let work = self.scratch.join("signed");
        fs::create_dir(&work).map_err(DiskError::io("create folder", &work))?;
        let result = attached(made, kind, &signature, &work);
        let result = result.map_err(DiskError::io("attach a signature to", made))?;
        let digest = plain_file::digest(&result, u64::MAX - 1);
        let digest = digest.map_err(DiskError::io("read", &result))?;
        fs::remove_dir_all(&work).map_err(DiskError::io("remove", &work))?;
        Ok((digest != (file.size, file.sha256))
            .then(|| "it holds more than is made of this bundle and a signature".to_owned()))
    }

    /// All faults, with those of what is listed and was not made.
    fn ended(self, product: Option<&Product>, removal: Option<&Source>) -> Vec<Fault> {
        let mut faults = self.faults;
        let document = self.listed.document;
        let more = document.files.iter().map(|file| &file.path);
        faults.extend(more.filter(|path| !self.made.contains(*path)).map(|path| {
            (
                path.clone(),
                "nothing of this bundle is made there".to_owned(),
            )
        }));
        let mut of_document = |why: &str| faults.push((FILE_NAME.to_owned(), why.to_owned()));
        if document.product.as_ref() != product {
            of_document("`product` is not that of this bundle's installer package");
        }
        if document.offboarding != removal.and_then(Source::as_offboarding) {
            of_document("`offboarding` is not what the offboarding bundle is");
        }
        faults
    }
}
