//! What was there before a publication, kept beside the publisher so that it can be taken back.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gangway_contract::document;
use serde::{Deserialize, Serialize};

use super::{Desired, GPT_INI, Present};
use crate::gpo::Guid;
use crate::gpo::security::Sid;

/// Version of the document's shape.
const SCHEMA: u32 = 1;

/// The GPOs of one publication as they were before it, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    schema: u32,
    gpos: Vec<SavedEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedEntry {
    id: String,
    /// Name that the publication brings.
    name: String,
    /// The GPO; none when there was none.
    before: Option<SavedGpo>,
    /// Versions in the directory that were found before, or that were about to be written from here. One
    /// that is not among them is of another publication.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    versions: Vec<u32>,
    /// `objectGUID` of the directory object, in hexadecimal, once it is known: one that is deleted and
    /// made again has another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    /// SID of a group that the publication keeps from applying the GPO, and that was not kept from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    denied: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedGpo {
    display_name: String,
    flags: u32,
    machine_extensions: Option<String>,
    wql_filter: Option<String>,
    /// Path and content in base64.
    files: Vec<(String, String)>,
}

/// What is kept of one thing that is published to.
pub trait Kept: Sized {
    /// The document's bytes.
    fn write(&self) -> Vec<u8>;

    /// Reads a document.
    ///
    /// # Errors
    /// Another schema, or a malformed field.
    fn read(bytes: &[u8]) -> Result<Self, MalformedSaved>;
}

/// Why a saved state is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the saved state is malformed: {why}")]
pub struct MalformedSaved {
    /// What is wrong.
    pub why: String,
}

impl Default for Saved {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            gpos: Vec::new(),
        }
    }
}

impl Saved {
    /// Adds what is there of a GPO, unless something is saved of it already: what a cut
    /// publication left is no state to go back to. A GPO without a visible version counts as
    /// none, for it is what a cut first publication leaves.
    pub fn add(&mut self, id: Guid, name: &str, present: &Present) {
        if self.gpos.iter().any(|entry| entry.id == id.to_string()) {
            return;
        }
        let object = present.object.as_ref().filter(|object| object.version != 0);
        let before = object.map(|object| SavedGpo {
            display_name: object.display_name.clone(),
            flags: object.flags,
            machine_extensions: object.machine_extensions.clone(),
            wql_filter: object.wql_filter.clone(),
            files: present
                .files
                .iter()
                .filter(|(name, _)| !name.eq_ignore_ascii_case(GPT_INI))
                .map(|(name, bytes)| (name.clone(), STANDARD.encode(bytes)))
                .collect(),
        });
        self.gpos.push(SavedEntry {
            id: id.to_string(),
            name: name.to_owned(),
            before,
            versions: present.object.iter().map(|object| object.version).collect(),
            object: None,
            denied: None,
        });
    }

    /// The GPO gets its next version from here.
    pub fn expects(&mut self, id: Guid, present: &Present) {
        let Some(entry) = self.entry(id) else {
            return;
        };
        let next = present.next_version().number();
        if !entry.versions.contains(&next) {
            entry.versions.push(next);
        }
        let found = present.object.as_ref();
        entry.object = entry
            .object
            .take()
            .or_else(|| found.and_then(|object| object.guid.clone()));
    }

    /// Is what is there as it was found before, or as it was left from here? Where nothing is there any
    /// more, nothing of others can be taken back; one without a visible version is of a cut publication.
    pub fn is_of(&self, id: Guid, present: &Present) -> bool {
        let mut entries = self.gpos.iter();
        let (Some(entry), Some(found)) = (
            entries.find(|entry| entry.id == id.to_string()),
            &present.object,
        ) else {
            return true;
        };
        // States of older programs know no versions.
        if found.version == 0 || entry.versions.is_empty() {
            return true;
        }
        // What was made from here was known before it had a version.
        let is_the_same = found.guid.is_none() || found.guid == entry.object;
        is_the_same && entry.versions.contains(&found.version)
    }

    /// Was nothing published between an older state and this one? Then what is found before this one is what
    /// the older publication left.
    pub fn follows(&self, older: &Self, id: Guid) -> bool {
        let of = |saved: &Self| {
            let mut entries = saved.gpos.iter();
            let entry = entries.find(|entry| entry.id == id.to_string())?;
            Some(entry.versions.clone())
        };
        let (Some(own), Some(older)) = (of(self), of(older)) else {
            return false;
        };
        own.first().is_some_and(|found| older.contains(found))
    }

    /// `objectGUID` of the directory object, where it is known.
    pub fn object(&self, id: Guid) -> Option<&str> {
        let mut entries = self.gpos.iter();
        let entry = entries.find(|entry| entry.id == id.to_string())?;
        entry.object.as_deref()
    }

    /// The directory object has this `objectGUID`.
    pub fn made(&mut self, id: Guid, guid: String) {
        if let Some(entry) = self.entry(id) {
            entry.object = Some(guid);
        }
    }

    /// From here on this group may not apply the GPO.
    pub fn denies(&mut self, id: Guid, sid: Sid) {
        if let Some(entry) = self.entry(id) {
            entry.denied = Some(sid.to_string());
        }
    }

    /// Who was kept from applying the GPO from here.
    pub fn denied(&self, id: Guid) -> Option<Sid> {
        let mut entries = self.gpos.iter();
        let entry = entries.find(|entry| entry.id == id.to_string())?;
        entry.denied.as_ref()?.parse().ok()
    }

    fn entry(&mut self, id: Guid) -> Option<&mut SavedEntry> {
        let mut entries = self.gpos.iter_mut();
        entries.find(|entry| entry.id == id.to_string())
    }

    /// The GPOs and their names, in the order of the publication.
    pub fn gpos(&self) -> impl DoubleEndedIterator<Item = (Guid, &str)> {
        let entries = self.gpos.iter();
        entries.filter_map(|entry| Some((entry.id.parse().ok()?, entry.name.as_str())))
    }

    /// A GPO as something to publish again; none when there was none.
    pub fn desired(&self, id: Guid) -> Option<Desired> {
        let mut entries = self.gpos.iter();
        let entry = entries.find(|entry| entry.id == id.to_string())?;
        let gpo = entry.before.as_ref()?;
        let files: BTreeMap<String, Vec<u8>> = gpo
            .files
            .iter()
            .filter_map(|(name, content)| Some((name.clone(), STANDARD.decode(content).ok()?)))
            .collect();
        Some(Desired {
            id,
            purpose: String::new(),
            display_name: gpo.display_name.clone(),
            flags: gpo.flags,
            machine_extensions: gpo.machine_extensions.clone(),
            wql_filter: gpo.wql_filter.clone(),
            filter: None,
            files,
        })
    }
}

impl Kept for Saved {
    /// The document's bytes.
    fn write(&self) -> Vec<u8> {
        // Strings and numbers only, which always serialise.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// Reads a document.
    ///
    /// # Errors
    /// Another schema, or a malformed field.
    fn read(bytes: &[u8]) -> Result<Self, MalformedSaved> {
        let malformed = |why: String| MalformedSaved { why };
        let saved: Self = document::read(bytes).map_err(|error| malformed(error.to_string()))?;
        if saved.schema != SCHEMA {
            let why = format!(
                "schema {}, this program reads schema {SCHEMA}",
                saved.schema
            );
            return Err(malformed(why));
        }
        for entry in &saved.gpos {
            if entry.id.parse::<Guid>().is_err() {
                return Err(malformed(format!("`{}` is no GUID", entry.id)));
            }
            for (name, content) in entry.before.iter().flat_map(|gpo| &gpo.files) {
                if STANDARD.decode(content).is_err() {
                    return Err(malformed(format!("`{name}` is not base64")));
                }
            }
        }
        Ok(saved)
    }
}
