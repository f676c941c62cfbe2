//! An inspection as text for people and as JSON for programs.

mod text;

use gangway_contract::Sha256;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Inspection, Item, Kind, Verdict};

pub use text::text;

/// An inspection for programs; its findings stand beside it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InspectionDocument<'a> {
    /// One for each file and each entry of an archive, sorted by path.
    pub items: Vec<ItemDocument<'a>>,
}

/// One file or entry.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ItemDocument<'a> {
    /// The path as the user knows it; entries of archives as `package.zip!folder/entry`.
    pub path: &'a str,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of all bytes.
    pub sha256: Sha256,
    /// What it is.
    #[serde(flatten)]
    pub kind: &'a Kind,
    /// Who made it, by signature.
    pub signature: &'a Verdict,
    /// Would be staged and run: a payload without an error of its own.
    pub usable: bool,
}

/// The whole inspection for programs.
pub fn document(inspection: &Inspection) -> InspectionDocument<'_> {
    InspectionDocument {
        items: inspection.items.iter().map(row).collect(),
    }
}

fn row(item: &Item) -> ItemDocument<'_> {
    ItemDocument {
        path: &item.path,
        size: item.size,
        sha256: item.sha256,
        kind: &item.kind,
        signature: &item.verdict,
        usable: item.is_usable(),
    }
}
