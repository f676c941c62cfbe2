//! The small files of a share as they were before a publication, kept beside the publisher.

use serde::{Deserialize, Serialize};

use super::campaign::Needs;
use crate::publication::plan::{Kept, MalformedSaved};

/// Version of the document's shape.
const SCHEMA: u32 = 1;

/// What `--rollback` goes back to. Payloads are not part of it: they are never written over, and
/// servers that are still at it go on reading them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Before {
    schema: u32,
    /// Was there a switch?
    pub(super) had_control: bool,
    /// What the bundle's campaigns needed; one that is not here needed nothing.
    pub(super) needs: Vec<Needs>,
}

impl Before {
    pub(super) const fn new(had_control: bool, needs: Vec<Needs>) -> Self {
        Self {
            schema: SCHEMA,
            had_control,
            needs,
        }
    }
}

impl Kept for Before {
    fn write(&self) -> Vec<u8> {
        // Strings and numbers only, which always serialise.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    fn read(bytes: &[u8]) -> Result<Self, MalformedSaved> {
        let malformed = |why: String| MalformedSaved { why };
        let read: Self =
            serde_json::from_slice(bytes).map_err(|error| malformed(error.to_string()))?;
        if read.schema != SCHEMA {
            let why = format!("schema {}, this program reads schema {SCHEMA}", read.schema);
            return Err(malformed(why));
        }
        Ok(read)
    }
}
