//! An inspection as text for people and as JSON for programs.

mod text;

use serde::Serialize;

use super::{Inspection, Item, Kind, Verdict};
use crate::problem::Problem;

pub use text::text;

/// Shape of the JSON document.
const SCHEMA: u32 = 1;

/// The whole inspection as indented JSON.
pub fn json(inspection: &Inspection) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
        schema: u32,
        items: Vec<Row<'a>>,
        problems: Vec<&'a Problem>,
    }
    #[derive(Serialize)]
    struct Row<'a> {
        path: &'a str,
        size: u64,
        sha256: String,
        #[serde(flatten)]
        kind: &'a Kind,
        signature: &'a Verdict,
        /// Would be staged and run: a payload without an error of its own.
        usable: bool,
    }
    fn row(item: &Item) -> Row<'_> {
        Row {
            path: &item.path,
            size: item.size,
            sha256: item.sha256.to_string(),
            kind: &item.kind,
            signature: &item.verdict,
            usable: item.is_usable(),
        }
    }
    let document = Document {
        schema: SCHEMA,
        items: inspection.items.iter().map(row).collect(),
        problems: inspection.all_problems().collect(),
    };
    // Strings, numbers and lists only, which always serialise.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
