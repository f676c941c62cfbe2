//! Archives as carriers: every entry is judged as if it were a file, archives inside archives
//! too. Nothing is extracted to a path that comes from an archive.

use std::io::{self, Read as _};
use std::path::Path;

use super::budget::Budget;
use super::codes;
use super::content::{Content, full, not_copied};
use super::context::Context;
use super::recognise::{HEAD, form_of};
use crate::formats::zip::{
    self, Characters, Directory, DirectoryLimits, Entry, EntryFault, EntryName, NameFault, ZipError,
};
use crate::problem::{Code, Problem};

/// Evidence lines in one problem.
const MAX_EVIDENCE: usize = 20;

/// An archive whose entries may be read.
pub(super) struct Archive {
    /// In the order of the directory, those with odd names among them.
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
    context: &Context<'_>,
    subject: &str,
) -> Result<Archive, Vec<Problem>> {
    let limits = &context.settings.limits;
    let limits = DirectoryLimits {
        entries: limits.archive_entries,
        entry_bytes: limits.entry_bytes,
        total_bytes: limits.archive_bytes,
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
    let (odd, found): (Vec<_>, Vec<_>) = zip::entry_faults(&entries, &names)
        .into_iter()
        .partition(EntryFault::is_odd);
    let mut problems = fault_problems(&found, subject);
    faults.sort_by_key(gravity);
    let hostile = !problems.is_empty() || faults.first().is_some_and(is_hostile);
    problems.extend(
        faults
            .iter()
            .map(|fault| zip_problem(fault, hostile, subject)),
    );
    if problems.is_empty() {
        Ok(Archive {
            notes: [code_page_note(&names, subject), odd_names(&odd, subject)]
                .into_iter()
                .flatten()
                .collect(),
            entries: entries.into_iter().zip(names).collect(),
        })
    } else {
        Err(problems)
    }
}

/// What to do with an archive that nobody makes by accident.
const DO_NOT_USE: &str = "do not unpack it; download the archive again from its source, and if it \
                          stays so, do not use it";

/// The portal's archives hold none; one that a person packed again may.
const NO_LINKS: &str = "do not unpack it; take the archive as it came from its source, or have it packed \
                        again from plain files alone (`zip -r` without `-y`)";

/// Order of the faults, the worst first.
fn gravity(fault: &ZipError) -> u8 {
    match fault {
        ZipError::Ratio { .. } => 0,
        ZipError::Contradiction { .. } => 1,
        ZipError::TooMuch { .. } => 2,
        ZipError::Unsupported { .. } => 3,
        ZipError::Trailing { .. } => 4,
        ZipError::NoEnd => 5,
        ZipError::Io(_) => 6,
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
        ZipError::TooMuch {
            what: "entries", ..
        } => (
            &codes::ARCHIVE_TOO_LARGE,
            "the archive has more entries than are read",
            UNPACK,
        ),
        ZipError::TooMuch {
            what: "bytes of directory",
            ..
        } => (
            &codes::ARCHIVE_TOO_LARGE,
            "the archive's list of entries is larger than what is read",
            UNPACK,
        ),
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
        ZipError::Trailing { .. } => (
            &codes::ARCHIVE_DAMAGED,
            "something follows the archive in its file, and readers differ in what they make of it",
            "download it again; if it stays so and it is what you meant to give, unpack it and give the \
             folder",
        ),
        ZipError::NoEnd => (
            &codes::ARCHIVE_DAMAGED,
            "the archive is not whole",
            "download it again, and compare the size with the one that the browser shows; of an archive in \
             several volumes put the volumes together, unpack them and give the folder",
        ),
        ZipError::Contradiction { .. } => (
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
    let special = Problem {
        next_action: NO_LINKS.to_owned(),
        ..problem(
            &codes::SPECIAL_ENTRY,
            "the archive has entries that are neither files nor folders",
        )
    };
    let mut problems = [
        problem(
            &codes::UNSAFE_NAME,
            "the archive has entries with unsafe names",
        ),
        special,
        problem(
            &codes::NAME_COLLISION,
            "the archive has entries that are one file, or a file and a folder under one name",
        ),
    ];
    let [names, special, collisions] = &mut problems;
    for fault in faults {
        let (problem, line) = match fault {
            EntryFault::Name { name, faults } => (&mut *names, name_line(name, faults)),
            EntryFault::Collision { first, second } => {
                (&mut *collisions, format!("`{first}` and `{second}`"))
            }
            EntryFault::Special { name, what } => (&mut *special, format!("`{name}` is {what}")),
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

fn name_line(name: &str, faults: &[NameFault]) -> String {
    let reasons: Vec<&str> = faults.iter().map(|fault| fault.describe()).collect();
    format!("`{name}` {}", reasons.join(", "))
}

/// Entries that are left out because of what they are called.
fn odd_names(faults: &[EntryFault], subject: &str) -> Option<Problem> {
    let lines = faults.iter().filter_map(|fault| match fault {
        EntryFault::Name { name, faults } => Some(name_line(name, faults)),
        EntryFault::Collision { .. } | EntryFault::Special { .. } => None,
    });
    let evidence: Vec<String> = lines.take(MAX_EVIDENCE).collect();
    (!evidence.is_empty()).then(|| Problem {
        evidence,
        ..Problem::new(
            &codes::ODD_NAME,
            subject,
            "the archive has entries with names that Windows cannot hold; they are left out",
            "nothing, when they are not meant for the bundle; else unpack the archive on the \
             machine that made it, rename them, and give the folder",
        )
    })
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

/// The bytes of one entry; none when the budget does not reach for them. `unread` takes its name
/// then.
///
/// # Errors
/// The problem that says why it cannot be read.
pub(super) fn entry_content(
    content: &Content,
    (entry, name): &(Entry, EntryName),
    folder: Option<&Path>,
    budget: &mut Budget,
    unread: &mut Unread,
) -> io::Result<Option<Content>> {
    let mut reader = content.open_entry(entry)?;
    let mut head = Vec::new();
    reader.by_ref().take(HEAD).read_to_end(&mut head)?;
    let may_be_payload = form_of(&head).may_be_payload(entry.size);
    if budget.take(entry.size, may_be_payload) {
        return Content::spool(&mut head.chain(reader), folder).map(Some);
    }
    let list = if may_be_payload {
        &mut unread.payloads
    } else {
        &mut unread.others
    };
    if list.len() < MAX_EVIDENCE {
        list.push(format!("`{}`: {} bytes", name.shown, entry.size));
    }
    Ok(None)
}

/// The problem of an entry that cannot be read.
pub(super) fn entry_problem(error: &io::Error, subject: &str) -> Problem {
    let problem = if full(error) {
        not_copied(subject)
    } else {
        Problem::new(
            &codes::ENTRY_UNREADABLE,
            subject,
            "the archive entry cannot be read",
            "download the archive again; one that is encrypted or packed by another method \
             unpack yourself, and give the folder",
        )
    };
    problem.with_evidence(error.to_string())
}

/// Entries packed by methods that are not read, where the archive gives what is needed without them;
/// each a line of evidence.
pub(super) fn left_out(entries: &[(String, io::Error)], subject: &str) -> Problem {
    let problem = Problem::new(
        &codes::PACKED_OTHERWISE,
        subject,
        "the archive has entries that are packed in a way that is not read; they are left out",
        "nothing, when they are not meant for the bundle; else unpack the archive and give the folder",
    );
    problem.naming(
        entries
            .iter()
            .map(|(name, error)| format!("`{name}`: {error}")),
    )
}

/// Entries that were left unread, each a line of evidence.
#[derive(Debug, Default)]
pub(super) struct Unread {
    payloads: Vec<String>,
    others: Vec<String>,
}

impl Unread {
    /// What is to be said of them.
    pub(super) fn problems(self, subject: &str) -> Vec<Problem> {
        let problem = |code: &'static Code, message: &str, next: &str, evidence: Vec<String>| {
            (!evidence.is_empty()).then(|| Problem {
                evidence,
                ..Problem::new(code, subject, message, next)
            })
        };
        [
            problem(
                &codes::ARCHIVE_TOO_LARGE,
                "the archive inflates out of proportion; what may be a package in it is unread",
                DO_NOT_USE,
                self.payloads,
            ),
            problem(
                &codes::LEFT_UNREAD,
                "the archive holds large files that no package begins like; they are left unread",
                "nothing, when they are not meant for the bundle",
                self.others,
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
