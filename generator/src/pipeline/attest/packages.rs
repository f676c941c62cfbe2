//! The files of a folder of packages, held against the folder's own document.

use std::path::Path;

use gangway_contract::Sha256;

use super::super::output::OutputError;
use super::super::package::{PackagesDocument, document_of};
use super::super::verify::{Found, Tree, file_digest};
use crate::bundle;
use crate::problem::Problem;
use crate::provenance::{Identity, codes};

/// Largest package, in bytes; the Windows Installer takes less.
const MAX_PACKAGE_BYTES: u64 = 1 << 40;

/// Every file of a folder of packages, by its path with `/`; a finding where something there is no
/// plain file, which could be compared with nothing and would be used all the same, or where the
/// folder is not what its `packages.json` says. A folder without that document is anybody's.
///
/// # Errors
/// A file cannot be read.
pub(super) fn of(
    folder: Option<&Path>,
    identity: &Identity,
) -> Result<Result<Vec<(String, Sha256)>, Problem>, OutputError> {
    let Some(folder) = folder else {
        return Ok(Ok(Vec::new()));
    };
    let tree = Tree::walk(folder)?;
    if let Some(found) = tree.problems.iter().find(|problem| problem.is_error()) {
        let next = "take it out of the folder of packages, or make the packages again";
        let (subject, why) = (found.subject.clone(), found.message.clone());
        return Ok(Err(Problem::new(&codes::NOT_VOUCHED, subject, why, next)));
    }
    let digest = |(name, found): (&String, &Found)| {
        Ok((name.clone(), file_digest(&found.path, MAX_PACKAGE_BYTES)?.1))
    };
    let files: Vec<(String, Sha256)> = tree
        .files
        .iter()
        .map(digest)
        .collect::<Result<_, OutputError>>()?;
    let document = document_of(folder);
    Ok(match fault(&files, document, identity) {
        Some((subject, why)) => Err(Problem::new(
            &codes::OTHER_PACKAGES,
            subject,
            why,
            "make the packages of this bundle again by `gangway package`, or copy the folder as a whole",
        )),
        None => Ok(files),
    })
}

/// What is wrong with the files, and with which.
fn fault(
    files: &[(String, Sha256)],
    document: Option<Result<PackagesDocument, String>>,
    identity: &Identity,
) -> Option<(String, String)> {
    let of_the_bundle = [bundle::FILE_NAME, &identity.exe_name];
    if let Some((name, _)) = files
        .iter()
        .find(|(name, _)| of_the_bundle.contains(&name.as_str()))
    {
        let why =
            "it has the name of a file of the bundle, and a statement could not tell them apart";
        return Some((name.clone(), why.to_owned()));
    }
    let document = match document? {
        Ok(document) => document,
        Err(why) => {
            return Some((
                "packages.json".to_owned(),
                format!("it cannot be read: {why}"),
            ));
        }
    };
    if document.bundle_json_sha256 != identity.bundle_json_sha256 {
        let why = "the packages were made of another bundle".to_owned();
        return Some(("packages.json".to_owned(), why));
    }
    if document.exe_sha256 != identity.exe_sha256 {
        let why = "the packages hold another bootstrap: it was signed since, or again".to_owned();
        return Some(("packages.json".to_owned(), why));
    }
    document.files.iter().find_map(|listed| {
        let found = files.iter().find(|(name, _)| *name == listed.path);
        let why = match found {
            None => "`packages.json` names it, and it is not there",
            Some((_, sha256)) if *sha256 != listed.sha256 => {
                "its bytes are not those that `packages.json` names"
            }
            Some(_) => return None,
        };
        Some((listed.path.clone(), why.to_owned()))
    })
}
