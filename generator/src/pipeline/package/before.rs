//! What a folder of packages held before it is replaced: signed packages stay unless somebody says
//! otherwise, and what is not made again is told.

use std::collections::BTreeSet;
use std::path::Path;

use super::document::{Format, PackageFile, PackagesDocument};
use super::{PackageError, PackageRequest, PackageSigning};
use crate::packages::codes;
use crate::problem::Problem;

/// Signed packages go only for signed ones.
///
/// # Errors
/// One would go for an unsigned one, or for none.
pub(super) fn check_signed(
    before: &PackagesDocument,
    request: &PackageRequest,
    formats: &[Format],
) -> Result<(), PackageError> {
    let stays_signed =
        |file: &&PackageFile| formats.contains(&file.format) && request.signing.signs(&file.path);
    let mut signed = before.files.iter().filter(|file| file.signature.is_some());
    match signed.find(|file| !stays_signed(file)) {
        Some(file) if !request.replace_signed => Err(PackageError::SignedThere {
            path: request.out.clone(),
            file: file.path.clone(),
            is_made: formats.contains(&file.format),
        }),
        _ => Ok(()),
    }
}

impl PackageSigning {
    /// Does it sign packages of this name? No signer elsewhere gets scripts.
    fn signs(&self, path: &str) -> bool {
        match self {
            Self::Nobody | Self::Later(_) => false,
            Self::Command => true,
            Self::Elsewhere(_) => !path.ends_with(".ps1"),
        }
    }
}

/// The finding of folders that went with the one that was replaced.
pub(super) fn gone(
    before: &PackagesDocument,
    now: &PackagesDocument,
    out: &Path,
) -> Option<Problem> {
    let folders = |document: &PackagesDocument| -> BTreeSet<String> {
        let files = document.files.iter();
        let folders = files.filter_map(|file| file.path.split_once('/'));
        folders.map(|(folder, _)| format!("{folder}/")).collect()
    };
    let (before, now) = (folders(before), folders(now));
    let gone: Vec<String> = before.difference(&now).cloned().collect();
    if gone.is_empty() {
        return None;
    }
    let problem = Problem::new(
        &codes::PACKAGES_GONE,
        out.display().to_string(),
        "it held packages that this run does not make, and they went with the folder",
        "make all that you want to keep in one run, by `--format` for each, or name another folder by \
         `--out`",
    );
    Some(problem.naming(gone.into_iter()))
}
