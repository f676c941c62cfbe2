//! What a reader of one form gives: the rows, and what in the list may be meant otherwise.

use super::row::Row;

/// The rows of a list.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// The line that was taken for a header on no better ground than its looks.
    pub(super) assumed_header: Option<(u64, String)>,
    /// What may be meant otherwise, with its line.
    pub(super) doubts: Vec<String>,
}

impl From<Vec<Row>> for Rows {
    fn from(rows: Vec<Row>) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }
}
