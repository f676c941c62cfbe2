//! `gangway diff`: what differs between two bundles, or two sets of policies, in words that a
//! reviewer of a change request reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gangway_contract::manifest::{self, Manifest};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::bundle;
use crate::gpo::{diff as policies, found};
use crate::plain_file;

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Difference {
    /// `payload`, `manifest`, or the name of a GPO.
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
    /// A bundle's manifest.
    #[error(
        "read manifest of `{}`: {why}\nhint: `gangway verify` tells what else is wrong with the \
         bundle",
        path.display()
    )]
    Manifest {
        /// The bundle.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Policies.
    #[error(transparent)]
    Policies(#[from] found::LoadError),
}

/// Compares two bundles, GPO backups or SYSVOL trees.
///
/// # Errors
/// One of them cannot be read.
pub fn diff(old: &Path, new: &Path) -> Result<Vec<Difference>, DiffError> {
    let (before, after) = (manifest_of(old)?, manifest_of(new)?);
    let mut differences = Vec::new();
    if let (Some(before), Some(after)) = (&before, &after) {
        differences.extend(compare("payload", &payloads(before), &payloads(after)));
        differences.extend(compare("manifest", &fields(before), &fields(after)));
    }
    let changes = policies::diff(&load(old)?, &load(new)?);
    differences.extend(changes.into_iter().map(|change| Difference {
        part: change.gpo,
        place: change.setting,
        old: change.old,
        new: change.new,
    }));
    Ok(differences)
}

/// Where the policies of a path lie: a bundle keeps its backups below `gpo`.
pub fn policies_folder(path: &Path) -> PathBuf {
    if path.join(bundle::FILE_NAME).is_file() {
        path.join("gpo")
    } else {
        path.to_owned()
    }
}

fn load(path: &Path) -> Result<found::Found, DiffError> {
    Ok(found::load(&policies_folder(path))?)
}

fn manifest_of(path: &Path) -> Result<Option<Manifest>, DiffError> {
    if !path.join(bundle::FILE_NAME).is_file() {
        return Ok(None);
    }
    let failed = |why: String| DiffError::Manifest {
        path: path.to_owned(),
        why,
    };
    let file = path.join("manifest.json");
    let bytes = plain_file::read(&file, manifest::MAX_BYTES as u64)
        .map_err(|error| failed(error.to_string()))?
        .ok_or_else(|| failed(format!("more than {} bytes", manifest::MAX_BYTES)))?;
    Manifest::parse(&bytes)
        .map(Some)
        .map_err(|error| failed(error.to_string()))
}

fn payloads(manifest: &Manifest) -> BTreeMap<String, String> {
    let describe = |payload: &manifest::Payload| {
        let version = payload.version.as_deref().unwrap_or("no version");
        format!(
            "{version}, {} bytes, SHA-256 {}",
            payload.size, payload.sha256
        )
    };
    manifest
        .payloads
        .iter()
        .map(|one| (one.name.clone(), describe(one)))
        .collect()
}

/// Every other field by its path; payloads and what follows from them are left out.
fn fields(manifest: &Manifest) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    // A manifest always serialises; its own form is hashed as stored, never this one.
    let value = serde_json::to_value(manifest).unwrap_or_default();
    flatten("", &value, &mut fields);
    fields.retain(|place, _| !place.starts_with("payloads") && place != "release_id");
    fields
}

fn flatten(place: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    let below = |name: &str| {
        if place.is_empty() {
            name.to_owned()
        } else {
            format!("{place}.{name}")
        }
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                flatten(&below(name), value, into);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                flatten(&below(&index.to_string()), value, into);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            into.insert(place.to_owned(), text.clone());
        }
        other => {
            into.insert(place.to_owned(), other.to_string());
        }
    }
}

fn compare(
    part: &str,
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> Vec<Difference> {
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
