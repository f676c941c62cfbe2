//! What the statements that are replaced vouched for, and the new ones do not.

use std::collections::BTreeSet;
use std::path::Path;

use crate::plain_file;
use crate::problem::Problem;
use crate::provenance::{self, MAX_BYTES, Subject, VerifyingKey, codes};

/// The finding of kinds of packages that the key vouched for in the file that is replaced: in a folder of packages
/// nothing says that there were more.
pub(super) fn fewer(path: &Path, key: &VerifyingKey, subjects: &[Subject]) -> Option<Problem> {
    let bytes = plain_file::read(path, MAX_BYTES).ok().flatten()?;
    let envelopes = provenance::lines(&bytes).ok()?;
    let before = provenance::vouched_names(&envelopes, key);
    let now = folders(subjects.iter().map(|subject| subject.name.as_str()));
    let before = folders(before.iter().map(String::as_str));
    let gone: Vec<String> = before.difference(&now).cloned().collect();
    if gone.is_empty() {
        return None;
    }
    let problem = Problem::new(
        &codes::FEWER_PACKAGES,
        path.display().to_string(),
        "the statements that were there vouched for packages in these folders, and the new ones do not",
        "nothing, where those packages are not wanted any more; else make them again, and attest with `--packages`",
    );
    Some(problem.naming(gone.into_iter()))
}

/// Folders of packages among the names of files.
fn folders<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let folders = names.filter_map(|name| name.split_once('/'));
    folders.map(|(folder, _)| format!("{folder}/")).collect()
}
