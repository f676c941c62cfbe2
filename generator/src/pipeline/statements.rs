//! Where the statements about a bundle lie, and whether they are about the bootstrap as it is now.

use std::fs;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;

use super::codes;
use crate::plain_file;
use crate::problem::Problem;
use crate::provenance::{MAX_BYTES, SUFFIX, is_statements_file, names_file};

/// A file beside a folder, under its name and a suffix.
pub(super) fn beside(folder: &Path, suffix: &str) -> PathBuf {
    let whole = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let mut name = whole.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    match folder.file_name() {
        Some(_) => folder.with_file_name(name),
        // `.` and `..` have no name of their own.
        None => whole.with_file_name(name),
    }
}

/// The finding of statements beside a bundle that do not name its bootstrap as it is since it was signed.
pub(super) fn outdated(
    bundle: &Path,
    config: &Path,
    exe_name: &str,
    exe_sha256: Sha256,
) -> Option<Problem> {
    let path = beside(bundle, SUFFIX);
    // What cannot be read vouches for nothing that could be outdated.
    let bytes = plain_file::read(&path, MAX_BYTES).ok().flatten()?;
    if !is_statements_file(&bytes) || names_file(&bytes, exe_name, exe_sha256) {
        return None;
    }
    let (bundle, config) = (bundle.display(), config.display());
    Some(Problem::new(
        &codes::STATEMENTS_OUTDATED,
        path.display().to_string(),
        "it vouches for the bootstrap as it was before, and for none that is signed now",
        format!(
            "attest again: `gangway attest {bundle} -c {config}`; packages hold the bootstrap, too: make them anew by \
             `gangway package` and add `--packages`"
        ),
    ))
}
