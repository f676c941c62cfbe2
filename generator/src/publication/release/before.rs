//! The small files of a share as they were before a publication, kept beside the publisher.

use gangway_contract::document;
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
    /// Number of the publication that it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    publication: Option<String>,
    /// Was there a switch?
    pub(super) had_control: bool,
    /// What the bundle's campaigns needed; one that is not here needed nothing.
    pub(super) needs: Vec<Needs>,
}

impl Before {
    pub(super) const fn new(publication: String, had_control: bool, needs: Vec<Needs>) -> Self {
        Self {
            schema: SCHEMA,
            publication: Some(publication),
            had_control,
            needs,
        }
    }

    /// Number of the publication, where it has one.
    pub(super) fn publication(&self) -> Option<&str> {
        self.publication.as_deref()
    }

    /// Is the campaign's document as this publication found it or left it? Another one that came since
    /// has left its own number.
    pub(super) fn is_of(&self, present: &Needs) -> bool {
        let mut before = self.needs.iter();
        let before = before.find(|needs| needs.file_name() == present.file_name());
        let before = before.and_then(Needs::publication);
        [before, self.publication()].contains(&present.publication())
    }
}

impl Kept for Before {
    fn write(&self) -> Vec<u8> {
        // Strings and numbers only, which always serialise.
        serde_json::to_vec_pretty(self).unwrap_or_default()
    }

    fn read(bytes: &[u8]) -> Result<Self, MalformedSaved> {
        let malformed = |why: String| MalformedSaved { why };
        let read: Self = document::read(bytes).map_err(|error| malformed(error.to_string()))?;
        if read.schema != SCHEMA {
            let why = format!("schema {}, this program reads schema {SCHEMA}", read.schema);
            return Err(malformed(why));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// serde takes the values of a struct in the order of its fields for one.
    #[test]
    fn a_list_is_no_state() {
        let whole = Before::new("1".to_owned(), true, Vec::new());
        assert_eq!(Before::read(&whole.write()), Ok(whole));
        for text in [r#"[1, "1", true, []]"#, r#"[{"schema": 1}]"#] {
            let error = Before::read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("no JSON object"), "{error}");
        }
    }
}
