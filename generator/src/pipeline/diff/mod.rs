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
    /// What it does to servers that it is so no longer, in words; none where nothing is known of it.
    pub effect: Option<String>,
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
        effect: change.effect.map(str::to_owned),
        old: change.old,
        new: change.new,
    });
    let mut changes = match ids {
        Some((before, after)) => without_ids(changes, &before, &after),
        None => changes.collect(),
    };
    if compared == Compared::Bundles {
        changes.iter_mut().for_each(tell_policy_that_goes);
        differences.iter_mut().for_each(tell_antivirus_mode);
    }
    differences.extend(changes);
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
    type Values = (Option<String>, Option<String>, Option<String>);
    let mut found: BTreeMap<(String, String), Values> = BTreeMap::new();
    let mut apart = Vec::new();
    for change in changes {
        let id = if change.old.is_some() { before } else { after };
        let place = change.place.replace(id, BUNDLE_ID);
        let (old, new, effect) = found.entry((change.part.clone(), place)).or_default();
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
        *effect = effect.take().or(change.effect);
        if let Some(value) = change.old {
            *old = Some(value.replace(before, BUNDLE_ID));
        }
        if let Some(value) = change.new {
            *new = Some(value.replace(after, BUNDLE_ID));
        }
    }
    let differ = found.into_iter().filter(|(_, (old, new, _))| old != new);
    differ
        .map(|((part, place), (old, new, effect))| Difference {
            // What goes under one id and comes under another does not go.
            effect: effect.filter(|_| new.is_none() || !place.contains(BUNDLE_ID)),
            part,
            place,
            old,
            new,
        })
        .chain(apart)
        .collect()
}

/// A policy that the new bundle does not have goes from no domain by itself.
fn tell_policy_that_goes(change: &mut Difference) {
    if change.place == "name" && change.new.is_none() {
        let text =
            "the policy stays in the domain, and servers obey it, until `gangway publish --prune`";
        change.effect = Some(text.to_owned());
    }
}

/// Whether Defender Antivirus is active is a state of every server, not a setting among others.
fn tell_antivirus_mode(change: &mut Difference) {
    let is_it = (change.part.as_str(), change.place.as_str()) == ("manifest", ANTIVIRUS_MODE);
    let (true, Some(new)) = (is_it, &change.new) else {
        return;
    };
    let then = match new.as_str() {
        "always_passive" => {
            "Defender Antivirus becomes passive on every server, also where nothing else protects it"
        }
        "never_passive" => {
            "Defender Antivirus becomes active on every server, also beside another product"
        }
        "auto" => {
            "the bootstrap decides on each server: passive where it finds another antivirus, active \
             elsewhere"
        }
        _ => return,
    };
    let asks = match change.old.as_deref() {
        Some("always_passive") => "; publishing asks for `--end-passive-mode`",
        _ => "",
    };
    change.effect = Some(format!("{then}{asks}"));
}

/// The field of the manifest.
const ANTIVIRUS_MODE: &str = "settings.antivirus_mode";

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
            effect: None,
        })
        .collect()
}
