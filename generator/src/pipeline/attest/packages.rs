//! The files of a folder of packages, held against the folder's own document and against the bundle.

use std::collections::BTreeMap;
use std::io::{Seek as _, SeekFrom};
use std::path::Path;

use gangway_contract::Sha256;

use super::super::demands::Demands;
use super::super::layout::RELEASES;
use super::super::offboarding::end_at;
use super::super::output::{OutputError, io_error};
use super::super::package::{
    FILE_NAME, PackageFile, PackagesDocument, SignedPackage, document_of, judged, of_signatures,
    signed_kind,
};
use super::super::sums::SUMS_FILE_NAME;
use super::super::verify::{Found, Tree};
use crate::bundle::{self, BundleDocument};
use crate::packages::tools::{CONTENT, OFFBOARD};
use crate::plain_file;
use crate::problem::Problem;
use crate::provenance::{Identity, codes};

/// A file by its path in the folder, with `/`.
pub(super) type Digested = (String, Sha256);

/// What a folder of packages has to be made of.
pub(super) struct Made<'a> {
    pub(super) bundle: &'a BundleDocument,
    pub(super) identity: &'a Identity,
    /// Is the bootstrap signed?
    pub(super) is_signed: bool,
}

/// What is known of the folder from elsewhere.
pub(super) enum Known {
    /// The key has vouched for each of its files, or is refused: of signatures only what is asked for here is
    /// looked at.
    Vouched(Demands),
    /// Nothing yet: all that can be compared is.
    Nothing {
        /// The bundle that offboards, which verified.
        offboarding: Option<Box<(BundleDocument, Identity)>>,
    },
}

/// A folder of packages that is what its document says.
pub(super) struct Listed {
    pub(super) document: PackagesDocument,
    /// Every file that lies there.
    pub(super) files: Vec<Digested>,
    /// Findings below error.
    pub(super) problems: Vec<Problem>,
}

/// Every file of a folder of packages; a finding where something there is no plain file, which could be
/// compared with nothing and would be used all the same, or where the folder is not what its
/// `packages.json` says, made of this bundle, and nothing besides. No file is read before names and sizes
/// are those of the list.
///
/// # Errors
/// A file cannot be read.
pub(super) fn of(
    folder: &Path,
    made: &Made<'_>,
    known: &Known,
) -> Result<Result<Listed, Problem>, OutputError> {
    let tree = Tree::walk(folder)?;
    if let Some(found) = tree.problems.iter().find(|problem| problem.is_error()) {
        let next = "take it out of the folder of packages, or make them again into a new one by `gangway package BUNDLE --out DIR`";
        let (subject, why) = (found.subject.clone(), found.message.clone());
        return Ok(Err(Problem::new(&codes::NOT_VOUCHED, subject, why, next)));
    }
    let document = match document(folder, &tree, made, known) {
        Ok(document) => document,
        Err(fault) => return Ok(Err(refused(fault))),
    };
    let demands = match known {
        Known::Vouched(demands) => Some(demands),
        // They are judged in the packages that are made again.
        Known::Nothing { .. } => None,
    };
    let mut read = Read::default();
    for (name, found) in &tree.files {
        let listed = document.files.iter().find(|file| file.path == *name);
        read.file(name, found, listed, demands)?;
    }
    if let Some(fault) = other_bytes(&read.files, &document) {
        return Ok(Err(refused(fault)));
    }
    if let Some(problem) = read.refused {
        return Ok(Err(*problem));
    }
    let mut problems = Vec::new();
    if let Some(demands) = demands {
        problems.extend(of_signatures(&document, &read.signed, demands));
        let back = document.offboarding.as_ref();
        let subject = format!("{OFFBOARD}/");
        problems.extend(back.and_then(|it| end_at(it.expires_at, &subject, demands.now)));
    }
    let files = read.files;
    Ok(Ok(Listed {
        document,
        files,
        problems,
    }))
}

/// What was read of the files.
#[derive(Default)]
struct Read {
    files: Vec<Digested>,
    signed: Vec<SignedPackage>,
    /// The first signature that is not what is asked for.
    refused: Option<Box<Problem>>,
}

impl Read {
    /// Digests a file and, where `demands` are given and the list calls it signed, judges its signature: both of the
    /// file that is opened once.
    fn file(
        &mut self,
        name: &str,
        found: &Found,
        listed: Option<&PackageFile>,
        demands: Option<&Demands>,
    ) -> Result<(), OutputError> {
        let path = &found.path;
        let mut file = plain_file::open(path).map_err(io_error("open", path))?;
        let digest = plain_file::digest_of(&mut file, found.size);
        let (_, sha256) = digest.map_err(io_error("read", path))?;
        self.files.push((name.to_owned(), sha256));
        let is_signed = listed.is_some_and(|file| file.signature.is_some());
        let kind = signed_kind(name).filter(|_| is_signed);
        if let (Some(kind), Some(demands)) = (kind, demands) {
            let start = file.seek(SeekFrom::Start(0));
            start.map_err(io_error("read", path))?;
            match judged(name, None, &mut file, kind, demands) {
                Ok(who) => self.signed.push((name.to_owned(), who)),
                Err(problem) => self.refused = self.refused.take().or(Some(problem)),
            }
        }
        Ok(())
    }
}

/// The folder's document, when names, sizes and what it says of the bundles fit.
fn document(
    folder: &Path,
    tree: &Tree,
    made: &Made<'_>,
    known: &Known,
) -> Result<PackagesDocument, Fault> {
    let of_itself = |why: String| fault(FILE_NAME, why);
    let document = document_of(folder)
        .ok_or_else(|| of_itself("it is not there: this is no folder of packages".to_owned()))?
        .map_err(|why| of_itself(format!("it cannot be read: {why}")))?;
    let fault = of_another_bundle(&document, made)
        .or_else(|| clash(tree, made.identity))
        .or_else(|| misplaced(&document))
        .or_else(|| other_names_or_sizes(tree, &document))
        .or_else(|| too_large(&document, made.bundle))
        .or_else(|| differs_from_bundle(&document, made))
        .or_else(|| other_offboarding(&document, known));
    match fault {
        None => Ok(document),
        Some(fault) => Err(fault),
    }
}

fn refused(Fault { subject, why, next }: Fault) -> Problem {
    Problem::new(&codes::OTHER_PACKAGES, subject, why, next)
}

/// What is wrong, with which file, and what to do about it.
struct Fault {
    subject: String,
    why: String,
    next: &'static str,
}

fn fault(subject: &str, why: impl Into<String>) -> Fault {
    Fault {
        subject: subject.to_owned(),
        why: why.into(),
        next: "make the packages of this bundle again, into a new folder by `gangway package BUNDLE --out DIR`, or copy \
               their folder again as a whole",
    }
}

fn not_of(subject: &str, why: impl Into<String>) -> Option<Fault> {
    Some(fault(subject, why))
}

/// What the document says of the bundle that was packed.
fn of_another_bundle(document: &PackagesDocument, made: &Made<'_>) -> Option<Fault> {
    let Made {
        bundle, identity, ..
    } = made;
    let is_of_it = document.bundle_json_sha256 == identity.bundle_json_sha256
        && document.bundle_id == bundle.bundle_id
        && document.release_id == bundle.release_id
        && (document.mode, document.sequence) == (bundle.mode, bundle.sequence);
    if !is_of_it {
        return not_of(FILE_NAME, "the packages were made of another bundle");
    }
    if document.exe_is_signed && !made.is_signed {
        let why = "the bootstrap of the packages is signed, and that of the bundle is not: its signature was taken away";
        return Some(Fault {
            next: "copy the bundle again, or sign it by `gangway sign BUNDLE` and make its packages again",
            ..fault(FILE_NAME, why)
        });
    }
    if document.exe_sha256 != identity.exe_sha256 {
        let why = "the packages hold another bootstrap: it was signed since, or again";
        return not_of(FILE_NAME, why);
    }
    if document.exe_is_signed != made.is_signed {
        return not_of(FILE_NAME, "`exe_is_signed` is not what the bootstrap is");
    }
    None
}

fn clash(tree: &Tree, identity: &Identity) -> Option<Fault> {
    let of_the_bundle = [bundle::FILE_NAME, &identity.exe_name];
    let mut names = tree.files.keys();
    let name = names.find(|name| of_the_bundle.contains(&name.as_str()))?;
    let why = "it has the name of a file of the bundle, and a statement could not tell them apart";
    not_of(name, why)
}

/// Each file lies where packages of its format do: what a file is taken for says its path.
fn misplaced(document: &PackagesDocument) -> Option<Fault> {
    let is_sorted = document
        .files
        .is_sorted_by(|one, other| one.path < other.path);
    if !is_sorted {
        return not_of(FILE_NAME, "it names a file twice or out of order");
    }
    let file = document
        .files
        .iter()
        .find(|file| !file.format.takes(&file.path))?;
    not_of(&file.path, "no package of its `format` lies there")
}

/// The folder holds what its document names, and nothing else.
fn other_names_or_sizes(tree: &Tree, document: &PackagesDocument) -> Option<Fault> {
    let sums = (SUMS_FILE_NAME.to_owned(), document.sums().len() as u64);
    let files = document.files.iter();
    let wanted = files.map(|file| (file.path.clone(), file.size));
    for (path, size) in wanted.chain([sums]) {
        match tree.files.get(&path) {
            None => return not_of(&path, "`packages.json` names it, and it is not there"),
            Some(found) if found.size != size => {
                let why = format!("it has {} bytes, and {size} by `packages.json`", found.size);
                return not_of(&path, why);
            }
            Some(_) => {}
        }
    }
    let is_listed = |name: &&String| {
        [FILE_NAME, SUMS_FILE_NAME].contains(&name.as_str())
            || document.files.iter().any(|file| file.path == **name)
    };
    let more = tree.files.keys().find(|name| !is_listed(name))?;
    Some(Fault {
        next: "find out where it comes from, and take it out of the folder",
        ..fault(more, "`packages.json` does not name it")
    })
}

/// Bytes of packages beside those of the bundle: headers, names, tables, signatures. Real ones need some 100 KiB.
const MOST_AROUND: u64 = 16 << 20;

/// The bundle says how much can be in packages of it: nothing larger is read.
fn too_large(document: &PackagesDocument, bundle: &BundleDocument) -> Option<Fault> {
    let sizes = bundle.files.iter().map(|file| file.size);
    let whole = sizes.fold(bundle.exe.unsigned_size, u64::saturating_add);
    // What does not shrink is stored, with a header for each block and a number for each sector.
    let most = whole.saturating_add(whole / 64).saturating_add(MOST_AROUND);
    let mut folders: BTreeMap<&str, u64> = BTreeMap::new();
    for file in &document.files {
        let folder = file.path.split_once('/').map_or("", |(folder, _)| folder);
        let sum = folders.entry(folder).or_default();
        *sum = sum.saturating_add(file.size);
        if *sum > most {
            let why = format!(
                "with it `{folder}/` has {sum} bytes, and what is made of this bundle has at most {most}"
            );
            return not_of(&file.path, why);
        }
    }
    None
}

/// The bytes are those that the document names, and the list of digests says the same.
fn other_bytes(files: &[Digested], document: &PackagesDocument) -> Option<Fault> {
    let listed = document
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.sha256));
    let sums = (SUMS_FILE_NAME, Sha256::of(document.sums().as_bytes()));
    // What was read is what is vouched for, in the one form that `package` writes.
    let own = (FILE_NAME, Sha256::of(&document.to_bytes()));
    let is_there = |(path, sha256): &(&str, Sha256)| {
        files
            .iter()
            .any(|(name, found)| name == path && found == sha256)
    };
    if !is_there(&own) {
        return not_of(
            FILE_NAME,
            "it is not in the form that `package` writes, or was exchanged meanwhile",
        );
    }
    let (path, _) = listed.chain([sums]).find(|file| !is_there(file))?;
    not_of(path, "its bytes are not those that `packages.json` names")
}

/// Files that lie there as they are have to be those of the bundle.
fn differs_from_bundle(document: &PackagesDocument, made: &Made<'_>) -> Option<Fault> {
    let (path, why) = other_content(document, CONTENT, made.bundle, made.identity)?;
    not_of(&path, why)
}

/// What takes servers out of the service has to be the bundle that the document names and that verified.
fn other_offboarding(document: &PackagesDocument, known: &Known) -> Option<Fault> {
    let prefix = format!("{OFFBOARD}/");
    let first = document
        .files
        .iter()
        .find(|file| file.path.starts_with(&prefix));
    let subject = first.map_or(FILE_NAME, |file| file.path.as_str());
    let (back, first) = match (&document.offboarding, first) {
        (None, None) => return None,
        (None, Some(_)) => return not_of(subject, "`packages.json` names no offboarding bundle"),
        (Some(back), first) => (back, first),
    };
    let Known::Nothing { offboarding, .. } = known else {
        return None;
    };
    let Some(verified) = offboarding else {
        let why = "the packages take servers out of the service by another bundle, which nobody has verified here";
        return Some(Fault {
            next: "attest again, and name the offboarding bundle that `gangway package` was given: \
                   `gangway attest BUNDLE --packages DIR --offboard BUNDLE`",
            ..fault(subject, why)
        });
    };
    let (bundle, identity) = verified.as_ref();
    let is_it = back.bundle_id == bundle.bundle_id
        && back.bundle_json_sha256 == identity.bundle_json_sha256
        && back.exe_sha256 == identity.exe_sha256;
    if !is_it {
        let id = &back.bundle_id;
        let why =
            format!("it goes with offboarding bundle {id}, and `--offboard` names another one");
        return Some(Fault {
            next: "name that bundle by `--offboard`, or make the packages again with this one: \
                   `gangway package BUNDLE --offboard BUNDLE`",
            ..fault(subject, why)
        });
    }
    first?;
    let (path, why) = other_content(document, OFFBOARD, bundle, identity)?;
    not_of(&path, why)
}

/// A file below a folder that is not the bundle's, or is missing there. A folder without files has none of it.
fn other_content(
    document: &PackagesDocument,
    folder: &str,
    bundle: &BundleDocument,
    identity: &Identity,
) -> Option<(String, &'static str)> {
    let release = format!("{RELEASES}{}/", bundle.release_id);
    let payloads = bundle
        .files
        .iter()
        .filter_map(|file| Some((file.path.strip_prefix(&release)?, file.sha256)));
    let wanted: Vec<(String, Sha256)> = payloads
        .chain([(identity.exe_name.as_str(), identity.exe_sha256)])
        .map(|(name, sha256)| (format!("{folder}/{name}"), sha256))
        .collect();
    let below = format!("{folder}/");
    let found: Vec<(String, Sha256)> = document
        .files
        .iter()
        .filter(|file| file.path.starts_with(&below))
        .map(|file| (file.path.clone(), file.sha256))
        .collect();
    if found.is_empty() {
        return None;
    }
    let stranger = found.iter().find(|file| !wanted.contains(file));
    let absent = wanted.iter().find(|file| !found.contains(file));
    let (path, _) = stranger.or(absent)?;
    Some((path.clone(), "it is not what the bundle has"))
}
