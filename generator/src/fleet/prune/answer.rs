//! What a prune says.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::super::codes;
use super::super::fold::Named;
use super::super::subject::REPORTS;
use crate::problem::Problem;

/// What a prune found and did.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pruned {
    /// Was nothing changed?
    pub dry_run: bool,
    /// Newest reports of each server that stay.
    pub keep_newest: usize,
    /// Reports from this moment on stay, RFC 3339 UTC.
    pub keep_from: String,
    /// Reports that count.
    pub reports: usize,
    /// Servers that they are of.
    pub servers: usize,
    /// Reports that were deleted, or would be.
    pub deleted: usize,
    /// Their size in bytes.
    pub deleted_bytes: u64,
    /// Reports that could not be deleted.
    pub not_deleted: usize,
    /// Files with the ending of reports that do not count as any, and were left alone.
    pub left_alone: usize,
    /// The file with the daily counts.
    pub history: PathBuf,
    /// Days that were counted and added to it, or would be.
    pub days_added: usize,
    /// Reports that would go and stay, because they came after their day was counted.
    pub came_late: usize,
    /// Does each report that counts belong to the account of its server? Otherwise a report that
    /// somebody else wrote may count as one of a server's newest.
    pub owners_compared: bool,
    /// Reports that were not tied to the account of their server.
    pub owners_not_compared: usize,
    /// Files that could not be deleted, and why; they stand beside the result in an answer.
    #[serde(skip)]
    pub problems: Vec<Problem>,
}

impl Pruned {
    /// What is told a person, without a final line feed.
    pub fn text(&self) -> String {
        let (would, will_be) = if self.dry_run {
            ("would go", "would be ")
        } else {
            ("deleted", "")
        };
        let mut lines = vec![
            format!(
                "{} reports of {} servers, {} other files left alone",
                self.reports, self.servers, self.left_alone
            ),
            format!(
                "kept     the {} newest of each server, and all from {} on",
                self.keep_newest, self.keep_from
            ),
            format!(
                "{would:<8} {} reports, {} bytes",
                self.deleted, self.deleted_bytes
            ),
            format!(
                "history  {} days {will_be}added to `{}`",
                self.days_added,
                self.history.display()
            ),
        ];
        if self.came_late > 0 {
            lines.push(format!(
                "stay     {} reports of days that were counted before they came",
                self.came_late
            ));
        }
        if self.owners_not_compared > 0 {
            lines.push(format!(
                "note     owners not checked for {} reports: forged ones may stand among the newest; \
                 `--owners`, with a list of `--expected` that has SIDs, tells whose they are",
                self.owners_not_compared
            ));
        }
        if self.dry_run {
            lines.push("nothing was deleted; `--apply` does it".to_owned());
        }
        lines.join("\n")
    }
}

/// Reports that the system does not let go.
pub(super) fn not_deleted(failed: &Named) -> Option<Problem> {
    let problem = Problem::new(
        &codes::NOT_DELETED,
        REPORTS,
        format!("reports that could not be deleted: {}", failed.files),
        "run it as an account that may delete files there",
    );
    failed.told(problem)
}

/// Reports that came after their day was counted.
pub(super) fn came_late(late: &Named) -> Option<Problem> {
    let problem = Problem::new(
        &codes::CAME_LATE,
        REPORTS,
        format!(
            "reports that stay, of days that the history had counted before they came: {}",
            late.files
        ),
        "give each folder a history of its own, and late reports one, too: `--history late.csv`",
    );
    late.told(problem)
}
