//! Packages made again of their bundle, to see whether a folder holds those and no others.
//!
//! The same bundle gives the same bytes, so that whatever lies in a folder of packages is compared with what
//! this program makes. One package after the other is made in a private folder and goes as soon as it is
//! compared: a run needs room for the largest of them.

use std::collections::BTreeSet;
use std::path::Path;

use super::comparison::{Compared, Comparison, Fault, Listed};
use super::document::{FILE_NAME, Format, PackageFile, PackagesDocument};
use super::finish::Finish;
use super::place::Folder;
use super::source::Source;
use super::{
    Formats, PackageError, PackageRequest, PackageSigning, Work, make_each, remarks, tools,
};
use crate::disk::DiskError;
use crate::packages::msi::holds_payloads;
use crate::pipeline::config::Config;
use crate::pipeline::demands::Demands;
use crate::pipeline::verify::VerifyRequest;
use crate::plain_file;
use crate::problem::Problem;

/// Why it cannot be said what a package should be.
#[derive(Debug)]
pub(in crate::pipeline) struct NotRemade {
    /// The first file that nothing is known of.
    pub(in crate::pipeline) path: String,
    /// Why it cannot be made again.
    pub(in crate::pipeline) error: Box<PackageError>,
}

/// What there is to say about the packages of a folder.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Remade {
    /// What differs, is missing or too many.
    pub(in crate::pipeline) faults: Vec<Fault>,
    /// Signatures that are not what is asked for.
    pub(in crate::pipeline) refused: Vec<Problem>,
    /// Findings below error.
    pub(in crate::pipeline) problems: Vec<Problem>,
}

/// Makes the packages of a folder again and compares each. Files that the document calls signed may carry a signature
/// that holds and is what `demands` say, and nothing else.
///
/// # Errors
/// One cannot be made.
pub(in crate::pipeline) fn differences(
    listed: Listed<'_>,
    bundle: &VerifyRequest,
    offboard: Option<&Path>,
    demands: &Demands,
    scratch: &Path,
) -> Result<Remade, NotRemade> {
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
    let (removal, _) = tools::used(removal, &formats);
    if let Some(why) = not_of(&source, listed.document) {
        return Ok(Remade {
            faults: vec![(FILE_NAME.to_owned(), why.to_owned())],
            ..Remade::default()
        });
    }
    let config = bundle.config.as_deref().map(Config::load).transpose();
    let config = config.map_err(|error| at_first(error.into()))?;
    let organization = config.as_ref().map(|config| &config.organization);
    let folder = Folder::at(scratch.to_owned());
    let mut work = Work {
        source: &source,
        latin_name: organization.and_then(|it| it.latin_name.as_deref()),
        folder: &folder,
        finish: Finish::Compared(Comparison::of(listed, demands, scratch)),
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
        return Ok(Remade::default());
    };
    let Compared {
        faults,
        refused,
        signed,
    } = comparison.ended(product.as_ref(), removal.as_ref());
    let mut problems = remarks::of_signatures(listed.document, &signed, demands);
    problems.extend(remarks::unused(offboard, listed.document));
    problems.extend(remarks::left_out(listed.document, &source));
    Ok(Remade {
        faults,
        refused,
        problems,
    })
}

/// Why the document's packages are not of this bundle, which was read again since.
fn not_of(source: &Source, document: &PackagesDocument) -> Option<&'static str> {
    let own = source.packed(Vec::new(), None, None);
    if document.files.is_empty() {
        return Some("it names no package");
    }
    let is_of_it = document.bundle_json_sha256 == own.bundle_json_sha256
        && document.exe_sha256 == own.exe_sha256;
    (!is_of_it).then_some("the bundle changed while its packages were compared")
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
