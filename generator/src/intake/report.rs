//! An inspection as text and as JSON.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Inspection, Item, Kind, Verdict};
use crate::problem::Problem;

/// One line for each item, with what is known of it; problems are printed by the caller.
pub fn text(inspection: &Inspection) -> String {
    let mut out = String::new();
    for item in &inspection.items {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}", item.path);
        let version = item.kind.version().map(|version| format!(" {version}"));
        let _ = writeln!(out, "  {}{}", item.kind.name(), version.unwrap_or_default());
        let _ = writeln!(out, "  {} bytes, SHA-256 {}", item.size, item.sha256);
        let _ = writeln!(out, "  {}", item.verdict);
    }
    out
}

/// The whole inspection as indented JSON.
pub fn json(inspection: &Inspection) -> String {
    #[derive(Serialize)]
    struct Document<'a> {
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
    }
    fn row(item: &Item) -> Row<'_> {
        Row {
            path: &item.path,
            size: item.size,
            sha256: item.sha256.to_string(),
            kind: &item.kind,
            signature: &item.verdict,
        }
    }
    let document = Document {
        items: inspection.items.iter().map(row).collect(),
        problems: inspection.all_problems().collect(),
    };
    // Strings, numbers and lists only, which always serialise.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}
