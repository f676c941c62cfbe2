//! `gangway diff`: what differs between two bundles, or two sets of policies, in words that a
//! reviewer of a change request reads.
//!
//! Of two bundles every file is compared by its bytes, whatever their documents say of it; what a
//! document, a policy or the exe means is told besides.

mod bundle;
mod exe;
mod fields;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use super::output::OutputError;
use crate::bundle::FILE_NAME;
use crate::failure::{FailureCode, Fault};
use crate::gpo::{diff as policies, found};
use crate::plain_file;
use crate::problem::Problem;

/// What differs.
#[derive(Debug)]
pub struct Comparison {
    /// What was compared.
    pub compared: Compared,
    /// In the order of a review: exe, payloads, documents, policies, files.
    pub differences: Vec<Difference>,
}

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// Two bundles, every file of them.
    Bundles,
    /// Policies alone: at least one of the two is no bundle.
    Policies,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Difference {
    /// `bootstrap`, `payload`, `manifest`, `bundle`, `file`, or the name of a GPO.
    pub part: String,
    /// What in it.
    pub place: String,
    /// Before; none when it was absent.
    pub old: Option<String>,
    /// After; none when it is absent.
    pub new: Option<String>,
}

/// Why nothing could be compared.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// A document of a bundle.
    #[error("read `{}`: {why}",
        path.display()
    )]
    Document {
        /// The document.
        path: PathBuf,
        /// Position and fault, as its reader says.
        why: String,
    },
    /// What no build writes: links, pipes, names that are another file elsewhere.
    #[error("`{}` holds what no build writes",
        path.display()
    )]
    NotPlain {
        /// The bundle.
        path: PathBuf,
        /// Each of them.
        problems: Vec<Problem>,
    },
    /// The disk.
    #[error(transparent)]
    Io(#[from] OutputError),
    /// A GPO of one of the bundles cannot be read.
    #[error(transparent)]
    Policies(#[from] found::LoadError),
}

impl Fault for DiffError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Document { .. } | Self::NotPlain { .. } => FailureCode::NotVerified,
            Self::Io(error) => error.code(),
            Self::Policies(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Document { .. } | Self::NotPlain { .. } => {
                Some("`gangway verify` tells what else is wrong with the bundle".into())
            }
            Self::Io(error) => error.hint(),
            Self::Policies(error) => error.hint(),
        }
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::NotPlain { problems, .. } => problems.clone(),
            _ => Vec::new(),
        }
    }
}

/// How often two bundles are compared of which a build exchanges one meanwhile.
const MAX_LOOKS: usize = 5;

/// Compares two bundles, GPO backups or SYSVOL trees.
///
/// # Errors
/// One of them cannot be read, or is a bundle with more than plain files.
pub fn diff(old: &Path, new: &Path) -> Result<Comparison, DiffError> {
    let documents = || [old, new].map(document_of);
    for _ in 1..MAX_LOOKS {
        let before = documents();
        let compared = diff_once(old, new);
        if documents() == before {
            return compared;
        }
    }
    diff_once(old, new)
}

/// What tells a bundle from the one that a build puts in its place.
fn document_of(folder: &Path) -> Option<Vec<u8>> {
    plain_file::read_whole(&folder.join(FILE_NAME), crate::bundle::MAX_BYTES).ok()
}

fn diff_once(old: &Path, new: &Path) -> Result<Comparison, DiffError> {
    let compared = if is_bundle(old) && is_bundle(new) {
        Compared::Bundles
    } else {
        Compared::Policies
    };
    let mut differences = Vec::new();
    let mut files = Vec::new();
    let mut ids = None;
    if compared == Compared::Bundles {
        let mut before = bundle::Side::read(old)?;
        let mut after = bundle::Side::read(new)?;
        for facts in [
            bundle::Side::bootstrap,
            bundle::Side::payloads,
            bundle::Side::manifest,
            bundle::Side::document,
        ] {
            let (part, before) = facts(&mut before)?;
            let (_, after) = facts(&mut after)?;
            differences.extend(compare(part, &before, &after));
        }
        files = compare("file", &before.files(), &after.files());
        ids = Some((before.id().to_owned(), after.id().to_owned()));
    }
    let changes = policies::diff(&load(old)?, &load(new)?);
    let changes = changes.into_iter().map(|change| Difference {
        part: change.gpo,
        place: change.setting,
        old: change.old,
        new: change.new,
    });
    differences.extend(match ids {
        Some((before, after)) => without_ids(changes, &before, &after),
        None => changes.collect(),
    });
    differences.extend(files);
    Ok(Comparison {
        compared,
        differences,
    })
}

/// Differences of policies but for the bundle's id, which names the program and a task: as its own
/// difference it is told by the bootstrap's path, and everything below a name with it would look as
/// if it had gone and another had come.
fn without_ids(
    changes: impl Iterator<Item = Difference>,
    before: &str,
    after: &str,
) -> Vec<Difference> {
    let mut found: BTreeMap<(String, String), (Option<String>, Option<String>)> = BTreeMap::new();
    let mut apart = Vec::new();
    for change in changes {
        let id = if change.old.is_some() { before } else { after };
        let place = change.place.replace(id, BUNDLE_ID);
        let (old, new) = found.entry((change.part.clone(), place)).or_default();
        // Where two would become one, each is told as it is: no build writes such policies.
        let is_taken =
            change.old.is_some() && old.is_some() || change.new.is_some() && new.is_some();
        let texts = [
            Some(&change.place),
            change.old.as_ref(),
            change.new.as_ref(),
        ];
        if is_taken
            || texts
                .into_iter()
                .flatten()
                .any(|text| text.contains(BUNDLE_ID))
        {
            apart.push(change);
            continue;
        }
        if let Some(value) = change.old {
            *old = Some(value.replace(before, BUNDLE_ID));
        }
        if let Some(value) = change.new {
            *new = Some(value.replace(after, BUNDLE_ID));
        }
    }
    let differ = found.into_iter().filter(|(_, (old, new))| old != new);
    differ
        .map(|((part, place), (old, new))| Difference {
            part,
            place,
            old,
            new,
        })
        .chain(apart)
        .collect()
}

/// What stands in a policy's difference for the id of either bundle.
const BUNDLE_ID: &str = "{bundle id}";

/// Where the policies of a path lie: a bundle keeps its backups below `gpo`.
pub fn policies_folder(path: &Path) -> PathBuf {
    if is_bundle(path) {
        path.join("gpo")
    } else {
        path.to_owned()
    }
}

/// Whatever stands in the place of the document, the folder is meant to be a bundle.
fn is_bundle(path: &Path) -> bool {
    path.join(FILE_NAME).symlink_metadata().is_ok()
}

fn load(path: &Path) -> Result<found::Found, DiffError> {
    Ok(found::load(&policies_folder(path))?)
}

/// Facts by their place.
type Facts = BTreeMap<String, String>;

fn compare(part: &str, old: &Facts, new: &Facts) -> Vec<Difference> {
    let places: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    places
        .into_iter()
        .filter(|place| old.get(*place) != new.get(*place))
        .map(|place| Difference {
            part: part.to_owned(),
            place: place.clone(),
            old: old.get(place).cloned(),
            new: new.get(place).cloned(),
        })
        .collect()
}
