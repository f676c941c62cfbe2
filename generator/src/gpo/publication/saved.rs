//! What was there before a publication, kept beside the publisher so that it can be taken back.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::super::guid::Guid;
use super::{Desired, GPT_INI, Present};

/// Version of the document's shape.
const SCHEMA: u32 = 1;

/// A GPO as it was, or that there was none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    schema: u32,
    /// The GPO; none when there was none.
    gpo: Option<SavedGpo>,
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

/// Why a saved state is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the saved state is malformed: {why}")]
pub struct MalformedSaved {
    /// What is wrong.
    pub why: String,
}

impl Saved {
    /// From what is there. A GPO without a visible version counts as none: it is what a cut
    /// first publication leaves.
    pub fn of(present: &Present) -> Self {
        let object = present.object.as_ref().filter(|object| object.version != 0);
        let gpo = object.map(|object| SavedGpo {
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
        Self {
            schema: SCHEMA,
            gpo,
        }
    }

    /// The document's bytes.
    pub fn write(&self) -> Vec<u8> {
        // Strings and numbers only, which always serialise.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    /// Reads a document.
    ///
    /// # Errors
    /// Another schema, or a malformed field.
    pub fn read(bytes: &[u8]) -> Result<Self, MalformedSaved> {
        let malformed = |why: String| MalformedSaved { why };
        let saved: Self =
            serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        if saved.schema != SCHEMA {
            let why = format!(
                "schema {}, this program reads schema {SCHEMA}",
                saved.schema
            );
            return Err(malformed(why));
        }
        for (name, content) in saved.gpo.iter().flat_map(|gpo| &gpo.files) {
            if STANDARD.decode(content).is_err() {
                return Err(malformed(format!("`{name}` is not base64")));
            }
        }
        Ok(saved)
    }

    /// The GPO as something to publish again; none when there was none.
    pub fn desired(&self, id: Guid) -> Option<Desired> {
        let gpo = self.gpo.as_ref()?;
        let files: BTreeMap<String, Vec<u8>> = gpo
            .files
            .iter()
            .filter_map(|(name, content)| Some((name.clone(), STANDARD.decode(content).ok()?)))
            .collect();
        Some(Desired {
            id,
            display_name: gpo.display_name.clone(),
            flags: gpo.flags,
            machine_extensions: gpo.machine_extensions.clone(),
            wql_filter: gpo.wql_filter.clone(),
            filter: None,
            files,
        })
    }
}
