//! Archives as carriers: every entry is judged as if it were a file, archives inside archives
//! too. Nothing is extracted to a path that comes from an archive.

use std::path::Path;

use super::codes;
use super::content::{Content, full, not_copied};
use super::context::Context;
use crate::formats::zip::{
    self, Characters, Directory, DirectoryLimits, Entry, EntryFault, EntryName, ZipError,
};
use crate::problem::{Code, Problem};

/// Evidence lines in one problem.
const MAX_EVIDENCE: usize = 20;

/// An archive whose entries may be read.
pub(super) struct Archive {
    /// In the order of the directory.
    pub(super) entries: Vec<(Entry, EntryName)>,
    /// What is worth knowing about it.
    pub(super) notes: Vec<Problem>,
}

/// Opens the directory of an archive and judges it as a whole.
///
/// # Errors
/// Every problem that forbids to read the entries, the worst first.
pub(super) fn open(
    content: &Content,
    budget: u64,
    context: &Context<'_>,
    subject: &str,
) -> Result<Archive, Vec<Problem>> {
    let limits = &context.settings.limits;
    let limits = DirectoryLimits {
        entries: limits.archive_entries,
        entry_bytes: limits.entry_bytes.min(budget),
        total_bytes: budget,
    };
    let Directory {
        entries,
        mut faults,
    } = match content.open() {
        Ok(mut reader) => zip::survey(&mut reader, &limits),
        Err(error) => Directory {
            faults: vec![error.into()],
            ..Directory::default()
        },
    };
    let names: Vec<EntryName> = entries.iter().map(Entry::name).collect();
    let mut problems = fault_problems(&zip::entry_faults(&entries, &names), subject);
    faults.sort_by_key(gravity);
    let hostile = !problems.is_empty() || faults.first().is_some_and(is_hostile);
    problems.extend(
        faults
            .iter()
            .map(|fault| zip_problem(fault, hostile, subject)),
    );
    if problems.is_empty() {
        Ok(Archive {
            notes: code_page_note(&names, subject).into_iter().collect(),
            entries: entries.into_iter().zip(names).collect(),
        })
    } else {
        Err(problems)
    }
}

/// What to do with an archive that nobody makes by accident.
const DO_NOT_USE: &str = "do not unpack it; download the archive again from its source, and if it \
                          stays so, do not use it";

/// Order of the faults, the worst first.
fn gravity(fault: &ZipError) -> u8 {
    match fault {
        ZipError::Ratio { .. } => 0,
        ZipError::Contradiction { .. } => 1,
        ZipError::TooMuch { .. } => 2,
        ZipError::Unsupported { .. } => 3,
        ZipError::NoEnd => 4,
        ZipError::Io(_) => 5,
    }
}

/// Is it made to harm, or so damaged that readers see different archives?
fn is_hostile(fault: &ZipError) -> bool {
    matches!(
        fault,
        ZipError::Ratio { .. } | ZipError::Contradiction { .. }
    )
}

fn zip_problem(fault: &ZipError, hostile: bool, subject: &str) -> Problem {
    const UNPACK: &str =
        "if it is what you meant to give, unpack it and give the folder; else take it away";
    let (code, message, next) = match fault {
        ZipError::TooMuch { .. } | ZipError::Ratio { .. } => (
            &codes::ARCHIVE_TOO_LARGE,
            "the archive inflates beyond what is read",
            UNPACK,
        ),
        ZipError::Unsupported { .. } => (
            &codes::ARCHIVE_DAMAGED,
            "the archive has a form that no download has",
            UNPACK,
        ),
        ZipError::NoEnd | ZipError::Contradiction { .. } => (
            &codes::ARCHIVE_DAMAGED,
            "the archive is damaged",
            "download it again, and compare the size with the one that the browser shows",
        ),
        ZipError::Io(_) => (
            &codes::UNREADABLE,
            "the archive cannot be read",
            "check that this account may read it, and download it again",
        ),
    };
    let next = if hostile { DO_NOT_USE } else { next };
    Problem::new(code, subject, message, next).with_evidence(fault.to_string())
}

/// One problem for each kind of fault, the worst first.
fn fault_problems(faults: &[EntryFault], subject: &str) -> Vec<Problem> {
    let problem =
        |code: &'static Code, message: &str| Problem::new(code, subject, message, DO_NOT_USE);
    let mut problems = [
        problem(
            &codes::UNSAFE_NAME,
            "the archive has entries with unsafe names",
        ),
        problem(
            &codes::SPECIAL_ENTRY,
            "the archive has links or devices among its entries",
        ),
        problem(
            &codes::NAME_COLLISION,
            "the archive has entries that are one file, or a file and a folder under one name",
        ),
    ];
    let [names, special, collisions] = &mut problems;
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

/// Names that nobody can read without knowing the machine that wrote them. The entries are
/// judged like all others: what they are is in their bytes.
fn code_page_note(names: &[EntryName], subject: &str) -> Option<Problem> {
    let lines: Vec<String> = names
        .iter()
        .filter(|name| name.characters == Characters::CodePage)
        .take(MAX_EVIDENCE)
        .map(|name| format!("`{}`", name.shown))
        .collect();
    (!lines.is_empty()).then(|| Problem {
        evidence: lines,
        ..Problem::new(
            &codes::CODE_PAGE_NAME,
            subject,
            "the archive has names in a code page that it does not tell; they are shown as bytes",
            "nothing; to see the true names unpack it on the machine that made it and give the \
             folder",
        )
    })
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
            let problem = if full(&error) {
                not_copied(subject)
            } else {
                Problem::new(
                    &codes::ENTRY_UNREADABLE,
                    subject,
                    "the archive entry cannot be read",
                    "download the archive again; one that is encrypted or packed by another \
                     method unpack yourself, and give the folder",
                )
            };
            problem.with_evidence(error.to_string())
        })
}
