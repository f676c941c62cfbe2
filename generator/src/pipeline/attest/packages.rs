//! The files of a folder of packages, held against the folder's own document and against the bundle.

use std::path::Path;

use gangway_contract::Sha256;

use super::super::layout::RELEASES;
use super::super::output::OutputError;
use super::super::package::{FILE_NAME, Format, PackagesDocument, document_of};
use super::super::sums::SUMS_FILE_NAME;
use super::super::verify::{Found, Tree, file_digest};
use crate::bundle::{self, BundleDocument};
use crate::packages::tools::{CONTENT, OFFBOARD};
use crate::problem::Problem;
use crate::provenance::{Identity, codes};

/// Largest package, in bytes; the Windows Installer takes less.
const MAX_PACKAGE_BYTES: u64 = 1 << 40;

/// A file by its path in the folder, with `/`.
type Digested = (String, Sha256);

/// Every file of a folder of packages; a finding where something there is no plain file, which could be
/// compared with nothing and would be used all the same, or where the folder is not what its
/// `packages.json` says, made of this bundle, and nothing besides.
///
/// # Errors
/// A file cannot be read.
pub(super) fn of(
    folder: &Path,
    bundle: &BundleDocument,
    identity: &Identity,
) -> Result<Result<Vec<Digested>, Problem>, OutputError> {
    let tree = Tree::walk(folder)?;
    if let Some(found) = tree.problems.iter().find(|problem| problem.is_error()) {
        let next = "take it out of the folder of packages, or make the packages again";
        let (subject, why) = (found.subject.clone(), found.message.clone());
        return Ok(Err(Problem::new(&codes::NOT_VOUCHED, subject, why, next)));
    }
    let digest = |(name, found): (&String, &Found)| {
        Ok((name.clone(), file_digest(&found.path, MAX_PACKAGE_BYTES)?.1))
    };
    let files: Vec<Digested> = tree
        .files
        .iter()
        .map(digest)
        .collect::<Result<_, OutputError>>()?;
    let fault = match document_of(folder) {
        None => not_of(FILE_NAME, "it is not there: this is no folder of packages"),
        Some(Err(why)) => not_of(FILE_NAME, &format!("it cannot be read: {why}")),
        Some(Ok(document)) => of_another_bundle(&document, bundle, identity)
            .or_else(|| clash(&files, identity))
            .or_else(|| differs_from_list(&files, &document))
            .or_else(|| differs_from_bundle(&document, bundle, identity)),
    };
    Ok(match fault {
        Some((subject, why)) => Err(Problem::new(
            &codes::OTHER_PACKAGES,
            subject,
            why,
            "make the packages of this bundle again by `gangway package`, or copy the folder as a whole",
        )),
        None => Ok(files),
    })
}

/// What is wrong, and with which file.
type Fault = Option<(String, String)>;

fn not_of(subject: &str, why: &str) -> Fault {
    Some((subject.to_owned(), why.to_owned()))
}

/// What the document says of the bundle that was packed.
fn of_another_bundle(
    document: &PackagesDocument,
    bundle: &BundleDocument,
    identity: &Identity,
) -> Fault {
    let is_of_it = document.bundle_json_sha256 == identity.bundle_json_sha256
        && document.bundle_id == bundle.bundle_id
        && document.release_id == bundle.release_id
        && (document.mode, document.sequence) == (bundle.mode, bundle.sequence);
    if !is_of_it {
        return not_of(FILE_NAME, "the packages were made of another bundle");
    }
    if document.exe_sha256 != identity.exe_sha256 {
        let why = "the packages hold another bootstrap: it was signed since, or again";
        return not_of(FILE_NAME, why);
    }
    None
}

fn clash(files: &[Digested], identity: &Identity) -> Fault {
    let of_the_bundle = [bundle::FILE_NAME, &identity.exe_name];
    let mut names = files.iter().map(|(name, _)| name);
    let name = names.find(|name| of_the_bundle.contains(&name.as_str()))?;
    let why = "it has the name of a file of the bundle, and a statement could not tell them apart";
    not_of(name, why)
}

/// The folder holds what its document names, and the list of digests says the same.
fn differs_from_list(files: &[Digested], document: &PackagesDocument) -> Fault {
    let is_sorted = document
        .files
        .is_sorted_by(|one, other| one.path < other.path);
    if !is_sorted {
        return not_of(FILE_NAME, "it names a file twice or out of order");
    }
    let wanted = document.files.iter().map(|file| (&file.path, file.sha256));
    let sums = (
        &SUMS_FILE_NAME.to_owned(),
        Sha256::of(document.sums().as_bytes()),
    );
    let missing = wanted.chain([sums]).find_map(|(path, sha256)| {
        let found = files.iter().find(|(name, _)| name == path);
        let why = match found {
            None => "`packages.json` names it, and it is not there",
            Some((_, found)) if *found != sha256 => {
                "its bytes are not those that `packages.json` names"
            }
            Some(_) => return None,
        };
        not_of(path, why)
    });
    let is_listed = |name: &str| {
        [FILE_NAME, SUMS_FILE_NAME].contains(&name)
            || document.files.iter().any(|file| file.path == name)
    };
    let more = files.iter().find(|(name, _)| !is_listed(name));
    missing.or_else(|| not_of(&more?.0, "`packages.json` does not name it"))
}

/// Files that lie there as they are have to be those of the bundle.
fn differs_from_bundle(
    document: &PackagesDocument,
    bundle: &BundleDocument,
    identity: &Identity,
) -> Fault {
    let release = format!("{RELEASES}{}/", bundle.release_id);
    let payloads = bundle
        .files
        .iter()
        .filter_map(|file| Some((file.path.strip_prefix(&release)?, file.sha256)));
    let mut wanted: Vec<(String, Sha256)> = payloads
        .chain([(identity.exe_name.as_str(), identity.exe_sha256)])
        .map(|(name, sha256)| (format!("{CONTENT}/{name}"), sha256))
        .collect();
    wanted.sort();
    let content = document
        .files
        .iter()
        .filter(|file| file.format == Format::Content);
    let (back, content): (Vec<_>, Vec<_>) =
        content.partition(|file| file.path.starts_with(&format!("{OFFBOARD}/")));
    let content: Vec<(String, Sha256)> = content
        .iter()
        .map(|file| (file.path.clone(), file.sha256))
        .collect();
    if !content.is_empty() && content != wanted {
        let stranger = content.iter().find(|file| !wanted.contains(file));
        let absent = wanted.iter().find(|file| !content.contains(file));
        let (path, _) = stranger.or(absent)?;
        return not_of(path, "it is not what the bundle has");
    }
    let exe = document.offboarding.as_ref().map(|back| back.exe_sha256);
    let has_exe = back.iter().any(|file| Some(file.sha256) == exe);
    match back.first() {
        Some(file) if !has_exe => not_of(
            &file.path,
            "it goes with another offboarding bundle than `packages.json` names",
        ),
        _ => None,
    }
}
