//! Archives as carriers: every entry is judged as if it were a file, archives inside archives
//! too. Nothing is extracted to a path that comes from an archive.

use std::path::Path;

use super::codes;
use super::content::Content;
use super::context::Context;
use crate::formats::zip::{self, DirectoryLimits, Entry, EntryFault};
use crate::problem::Problem;

/// Evidence lines in one problem.
const MAX_EVIDENCE: usize = 20;

/// Opens the directory of an archive and judges it as a whole.
///
/// # Errors
/// Every problem that forbids to read the entries.
pub(super) fn open(
    content: &Content,
    budget: u64,
    context: &Context<'_>,
    subject: &str,
) -> Result<Vec<Entry>, Vec<Problem>> {
    let limits = &context.settings.limits;
    let limits = DirectoryLimits {
        entries: limits.archive_entries,
        entry_bytes: limits.entry_bytes.min(budget),
        total_bytes: budget,
    };
    let entries = content
        .open()
        .map_err(zip::ZipError::from)
        .and_then(|mut reader| zip::read(&mut reader, &limits))
        .map_err(|error| vec![zip_problem(&error, subject)])?;
    let problems = fault_problems(&zip::entry_faults(&entries), subject);
    if problems.is_empty() {
        Ok(entries)
    } else {
        Err(problems)
    }
}

fn zip_problem(error: &zip::ZipError, subject: &str) -> Problem {
    use zip::ZipError;
    let (code, message) = match error {
        ZipError::TooMuch { .. } | ZipError::Ratio { .. } => (
            &codes::ARCHIVE_TOO_LARGE,
            "the archive inflates beyond what is read",
        ),
        ZipError::Io(_) => (&codes::UNREADABLE, "the archive cannot be read"),
        ZipError::NoEnd | ZipError::Contradiction { .. } | ZipError::Unsupported { .. } => {
            (&codes::ARCHIVE_DAMAGED, "the archive is damaged")
        }
    };
    Problem::new(
        code,
        subject,
        message,
        "download it again; when it is what you meant to give, unpack it and give the folder",
    )
    .with_evidence(error.to_string())
}

/// One problem for each kind of fault.
fn fault_problems(faults: &[EntryFault], subject: &str) -> Vec<Problem> {
    const AGAIN: &str = "download the archive again from its source; if it stays so, do not use it";
    let mut problems = [
        Problem::new(
            &codes::UNSAFE_NAME,
            subject,
            "the archive has entries with unsafe names",
            AGAIN,
        ),
        Problem::new(
            &codes::NAME_COLLISION,
            subject,
            "the archive has two entries under one name",
            AGAIN,
        ),
        Problem::new(
            &codes::SPECIAL_ENTRY,
            subject,
            "the archive has links or devices among its entries",
            AGAIN,
        ),
    ];
    let [names, collisions, special] = &mut problems;
    for fault in faults {
        let (problem, line) = match fault {
            EntryFault::Name { name, faults } => {
                let reasons: Vec<&str> = faults.iter().map(|fault| fault.describe()).collect();
                (&mut *names, format!("`{name}` {}", reasons.join(", ")))
            }
            EntryFault::Collision { first, second } => {
                (&mut *collisions, format!("`{first}` and `{second}`"))
            }
            EntryFault::Special { name } => (&mut *special, format!("`{name}`")),
        };
        if problem.evidence.len() < MAX_EVIDENCE {
            problem.evidence.push(line);
        }
    }
    problems
        .into_iter()
        .filter(|problem| !problem.evidence.is_empty())
        .collect()
}

/// The bytes of one entry.
///
/// # Errors
/// The problem that says why it cannot be read.
pub(super) fn entry_content(
    content: &Content,
    entry: &Entry,
    folder: Option<&Path>,
    subject: &str,
) -> Result<Content, Problem> {
    content
        .open_entry(entry)
        .and_then(|mut reader| Content::spool(&mut reader, folder))
        .map_err(|error| {
            Problem::new(
                &codes::ENTRY_UNREADABLE,
                subject,
                "the archive entry cannot be read",
                "download the archive again; unpack an encrypted one yourself",
            )
            .with_evidence(error.to_string())
        })
}
