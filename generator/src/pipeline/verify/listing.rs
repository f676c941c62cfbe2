//! The files of a bundle against the lists that vouch for them.

use std::collections::BTreeSet;

use gangway_contract::Sha256;
use rayon::prelude::*;

use super::super::codes;
use super::super::layout::{RELEASES, has_a_place, path_fault, unlisted};
use super::super::output::OutputError;
use super::super::sums::{SUMS_FILE_NAME, sums};
use super::tree::{self, Tree};
use super::{BUILD_AGAIN, Payloads, missing, read_below, refused};
use crate::bundle::{self, BundleDocument, FileDigest};
use crate::problem::Problem;

/// `bundle.json` must be the text that a build writes for its content (no field twice, none
/// unknown, no other form), and list each file once, where the layout has one.
pub(super) fn check_document(document: &BundleDocument, bytes: &[u8]) -> Vec<Problem> {
    let mut faults = Vec::new();
    if document.to_bytes() != bytes {
        faults.push("it is not in the form that a build writes".to_owned());
    }
    let paths: Vec<&str> = document
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    let mut folded = BTreeSet::new();
    for (index, path) in paths.iter().enumerate() {
        if let Some(why) = path_fault(path) {
            faults.push(format!("it lists `{path}`: {why}"));
        } else if !has_a_place(path, document) {
            faults.push(format!("it lists `{path}`, where a bundle has no file"));
        }
        let falls = index
            .checked_sub(1)
            .is_some_and(|before| paths[before] >= *path);
        if falls || !folded.insert(path.to_ascii_lowercase()) {
            faults.push(format!("it lists `{path}` twice or out of order"));
        }
    }
    faults
        .into_iter()
        .map(|fault| Problem::new(&codes::DISAGREE, bundle::FILE_NAME, fault, BUILD_AGAIN))
        .collect()
}

/// Compares every file with the list; gives the number of files that were compared. A file of
/// another size is not read, nor a payload that the caller reads himself.
pub(super) fn compare(
    document: &BundleDocument,
    tree: &Tree,
    payloads: Payloads,
) -> Result<(usize, Vec<Problem>), OutputError> {
    let check = |expected: &FileDigest| -> Result<Option<Problem>, OutputError> {
        let Some(found) = tree.files.get(&expected.path) else {
            return Ok(Some(missing(&expected.path)));
        };
        if found.size != expected.size {
            let found = format!("{} bytes", found.size);
            return Ok(Some(changed(expected, &found)));
        }
        if payloads == Payloads::LeftOut && expected.path.starts_with(RELEASES) {
            return Ok(None);
        }
        let (size, sha256) = tree::digest(&found.path, expected.size)?;
        let same = (size, sha256) == (expected.size, expected.sha256);
        Ok((!same).then(|| changed(expected, &format!("{size} bytes, SHA-256 {sha256}"))))
    };
    let found: Vec<Option<Problem>> = document
        .files
        .par_iter()
        .map(check)
        .collect::<Result<_, _>>()?;
    let mut problems: Vec<Problem> = found.into_iter().flatten().collect();
    let own = unlisted(document);
    let own = own.each_ref().map(String::as_str);
    let listed: BTreeSet<&str> = document
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    for path in tree.files.keys() {
        if !listed.contains(path.as_str()) && !own.contains(&path.as_str()) {
            problems.push(Problem::new(
                &codes::FILE_ADDED,
                path,
                "the file is not part of what was built",
                "take it out of the bundle's folder",
            ));
        }
    }
    let compared = tree
        .files
        .keys()
        .filter(|path| listed.contains(path.as_str()) || own.contains(&path.as_str()));
    Ok((compared.count(), problems))
}

fn changed(expected: &FileDigest, found: &str) -> Problem {
    Problem::new(
        &codes::FILE_CHANGED,
        &expected.path,
        "the file was changed",
        BUILD_AGAIN,
    )
    .with_evidence(format!(
        "expected {} bytes, SHA-256 {}",
        expected.size, expected.sha256
    ))
    .with_evidence(format!("found    {found}"))
}

/// The checksum list vouches for `bundle.json`, and `bundle.json` for everything else; the
/// list itself must be exactly what its content says.
pub(super) fn check_sums(
    tree: &Tree,
    document: &BundleDocument,
    bundle_json_sha256: Sha256,
) -> Result<Vec<Problem>, OutputError> {
    let Some(found) = tree.files.get(SUMS_FILE_NAME) else {
        return Ok(vec![missing(SUMS_FILE_NAME)]);
    };
    let stored = match read_below(found, bundle::MAX_BYTES)? {
        Ok(stored) => stored,
        Err(why) => return Ok(vec![refused(SUMS_FILE_NAME, why)]),
    };
    let mut listed = document.files.clone();
    listed.push(FileDigest {
        path: bundle::FILE_NAME.to_owned(),
        size: 0,
        sha256: bundle_json_sha256,
    });
    let expected = sums(&listed, &document.exe.path);
    if stored == expected.as_bytes() {
        return Ok(Vec::new());
    }
    // Only the line of bundle.json decides which of the two documents was changed.
    let own_line = expected
        .lines()
        .find(|line| line.ends_with(bundle::FILE_NAME));
    let stored = String::from_utf8_lossy(&stored);
    let list_agrees = own_line.is_some_and(|line| stored.lines().any(|other| other == line));
    let subject = if list_agrees {
        SUMS_FILE_NAME
    } else {
        bundle::FILE_NAME
    };
    Ok(vec![Problem::new(
        &codes::FILE_CHANGED,
        subject,
        format!(
            "`{}` and `{SUMS_FILE_NAME}` do not agree",
            bundle::FILE_NAME
        ),
        BUILD_AGAIN,
    )])
}
