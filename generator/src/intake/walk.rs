//! From paths to items: folders are walked, archives opened, every file judged on all cores.

use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::analyzer;
use super::archive::{self, Archive, Unread};
use super::budget::Budget;
use super::content::Content;
use super::context::Context;
use super::item::{Item, Verdict};
use super::listing::{list, refused, too_large, too_many};
use super::recognise::{Form, form, recognise, source_file};
use super::recognised::{Recognised, SignatureCheck};
use super::signature::{Authenticode, policy_problems, summarise};
use super::source::Source;
use super::{Inspection, IntakeSettings, across, codes, prerequisites};
use crate::formats::authenticode;
use crate::formats::zip::{Entry, EntryName};
use crate::problem::Problem;

/// What came of one file or archive.
#[derive(Default)]
struct Found {
    items: Vec<Item>,
    problems: Vec<Problem>,
}

/// See [`super::inspect`].
pub(super) fn inspect(paths: &[PathBuf], settings: &IntakeSettings) -> Inspection {
    let (context, mut problems) = Context::new(settings);
    let source = settings.deployment_source.as_deref();
    let given: Vec<PathBuf> = paths
        .iter()
        .cloned()
        .chain(source.map(Path::to_owned))
        .collect();
    let (files, unreadable) = list(&given, settings.limits.files);
    problems.extend(unreadable);
    if files.is_empty() && problems.is_empty() {
        problems.push(nothing(&given));
    }
    let found: Vec<Found> = files
        .par_iter()
        .map(|path| {
            let candidate = Candidate {
                shown: path.display().to_string(),
                content: Content::File(path.clone()),
                source: Source::File(path.clone()),
            };
            let mut found = Found::default();
            if let Some(problem) = too_large(path, settings.limits.file_bytes) {
                found.problems.push(problem);
                return found;
            }
            let in_source = source.and_then(|source| path.strip_prefix(source).ok());
            match in_source.filter(|relative| !holds_blob(relative)) {
                Some(relative) => judge_source_file(candidate, relative, &context, &mut found),
                None => judge_file_or_archive(candidate, &context, &mut found),
            }
            found
        })
        .collect();
    let mut items = Vec::new();
    for one in found {
        items.extend(one.items);
        problems.extend(one.problems);
    }
    items.sort_by(|a, b| a.path.cmp(&b.path));
    across::mark_non_persistent(&mut items);
    problems.extend(across::problems(&items));
    let mut inspection = Inspection { items, problems };
    let missing = prerequisites::problems(&inspection);
    inspection.problems.extend(missing);
    let problems = &mut inspection.problems;
    problems.sort_by(|a, b| (a.code.id, &a.subject).cmp(&(b.code.id, &b.subject)));
    problems.dedup();
    inspection
}

fn nothing(given: &[PathBuf]) -> Problem {
    let names = given.iter().map(|path| path.display().to_string());
    Problem::new(
        &codes::NOTHING,
        names.collect::<Vec<String>>().join(", "),
        "there is no file in it",
        "name the folder with the downloads",
    )
}

/// What the tool onboards with may lie beside what it staged, and is judged like every package.
fn holds_blob(relative: &Path) -> bool {
    let endings = ["onboarding", "offboarding"];
    let ending = relative.extension().unwrap_or_default();
    endings
        .into_iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
}

/// A file of the deployment tool's staged folder: a payload whatever it holds.
fn judge_source_file(
    candidate: Candidate,
    relative: &Path,
    context: &Context<'_>,
    found: &mut Found,
) {
    let shown = candidate.shown.clone();
    let result = form(&candidate.content)
        .map_err(|error| (shown.clone(), error))
        .and_then(|form| {
            let recognised = source_file(form, relative, &shown);
            finish(candidate, recognised, context, found)
        });
    if let Err((shown, error)) = result {
        found.problems.push(refused(&shown, &error));
    }
}

/// A file or an archive entry that is about to be judged.
struct Candidate {
    shown: String,
    content: Content,
    source: Source,
}

/// Judges a given file.
fn judge_file_or_archive(candidate: Candidate, context: &Context<'_>, found: &mut Found) {
    if !context.count() {
        found.problems.push(too_many_altogether(context));
        return;
    }
    // A size that cannot be told is that of a file that cannot be read.
    let size = candidate.content.size().unwrap_or_default();
    let mut budget = Budget::of(size, &context.settings.limits);
    judge(candidate, 0, &mut budget, context, found);
}

fn too_many_altogether(context: &Context<'_>) -> Problem {
    too_many(context.settings.limits.files, "the given paths")
}

/// Judges one candidate. `budget` is what may still be read out of the given archive.
fn judge(
    candidate: Candidate,
    depth: usize,
    budget: &mut Budget,
    context: &Context<'_>,
    found: &mut Found,
) {
    let Candidate { shown, content, .. } = &candidate;
    let form = match form(content) {
        Ok(form) => form,
        Err(error) => {
            found.problems.push(refused(shown, &error));
            return;
        }
    };
    let result = match form {
        Form::Zip => judge_archive(candidate, depth, budget, context, found),
        form => judge_file(candidate, form, context, found),
    };
    if let Err((shown, error)) = result {
        found.problems.push(refused(&shown, &error));
    }
}

type Judged = Result<(), (String, io::Error)>;

fn judge_archive(
    candidate: Candidate,
    depth: usize,
    budget: &mut Budget,
    context: &Context<'_>,
    found: &mut Found,
) -> Judged {
    let Candidate { shown, content, .. } = &candidate;
    let unopened = |problems: Vec<Problem>| Recognised {
        problems,
        ..Recognised::unknown("a ZIP archive", shown)
    };
    if depth >= context.settings.limits.archive_depth {
        let problem = Problem::new(
            &codes::ARCHIVE_TOO_LARGE,
            shown,
            format!("archives inside archives are read {depth} deep, and this one lies deeper"),
            "unpack it and give the folder",
        );
        let recognised = unopened(vec![problem]);
        return finish(candidate, recognised, context, found);
    }
    let Archive { entries, notes } = match archive::open(content, context, shown) {
        Ok(archive) => archive,
        Err(problems) => {
            let recognised = unopened(problems);
            return finish(candidate, recognised, context, found);
        }
    };
    found.problems.extend(notes);
    if entries.iter().all(|(_, name)| name.is_folder) {
        let problem = Problem::new(
            &codes::EMPTY,
            shown,
            "the archive holds no file",
            "download it again, or take it out of the folder",
        );
        let recognised = unopened(vec![problem]);
        return finish(candidate, recognised, context, found);
    }
    if analyzer::is_analyzer(&entries) {
        let recognised = analyzer::recognise(&entries, content, budget, context, shown);
        return finish(candidate, recognised, context, found);
    }
    judge_entries(&candidate, &entries, depth, budget, context, found);
    Ok(())
}

/// Each file of an archive that counts as one.
fn judge_entries(
    candidate: &Candidate,
    entries: &[(Entry, EntryName)],
    depth: usize,
    budget: &mut Budget,
    context: &Context<'_>,
    found: &mut Found,
) {
    let mut unread = Unread::default();
    let folder = context.settings.staging.as_deref();
    let before = found.items.len();
    let mut packed_otherwise = Vec::new();
    for (position, entry) in entries.iter().enumerate() {
        // What is left of faults are odd names, and was told.
        if entry.1.is_folder || !entry.1.faults.is_empty() {
            continue;
        }
        if !context.count() {
            found.problems.push(too_many_altogether(context));
            break;
        }
        let shown = format!("{}!{}", candidate.shown, entry.1.shown);
        let content = &candidate.content;
        match archive::entry_content(content, entry, folder, budget, &mut unread) {
            Ok(Some(content)) => {
                let source = candidate.source.entry(position);
                let inner = Candidate {
                    shown,
                    content,
                    source,
                };
                judge(inner, depth + 1, budget, context, found);
            }
            Ok(None) => {}
            // Stored and deflated entries are read (APPNOTE 4.4.5).
            Err(error) if !entry.0.encrypted && !matches!(entry.0.method, 0 | 8) => {
                packed_otherwise.push((shown, error));
            }
            Err(error) => found.problems.push(archive::entry_problem(&error, &shown)),
        }
    }
    let mut items = found.items.iter().skip(before);
    if items.any(|item| item.kind.role().is_some()) {
        if !packed_otherwise.is_empty() {
            let problem = archive::left_out(&packed_otherwise, &candidate.shown);
            found.problems.push(problem);
        }
    } else {
        let alone = packed_otherwise.iter();
        let problems = alone.map(|(shown, error)| archive::entry_problem(error, shown));
        found.problems.extend(problems);
    }
    found.problems.extend(unread.problems(&candidate.shown));
}

/// Recognises a file and, when it is to be staged, copies it first.
///
/// The user's file is read once as a whole, by the copy, which the kernel makes. SHA-256 and
/// content digest then read the copy at the same time, out of the page cache: an installer
/// package's content digest takes the streams in another order than they lie in, so one pass
/// cannot feed both, and a second thread costs no memory worth the name.
fn judge_file(
    mut candidate: Candidate,
    form: Form,
    context: &Context<'_>,
    found: &mut Found,
) -> Judged {
    let failed = |shown: &str| {
        let shown = shown.to_owned();
        move |error: io::Error| (shown, error)
    };
    let mut recognised = recognise(&candidate.content, form, context, &candidate.shown)
        .map_err(failed(&candidate.shown))?;
    if let Some(folder) = &context.settings.staging
        && recognised.kind.role().is_some()
    {
        candidate.content = candidate
            .content
            .copy_into(folder)
            .map_err(failed(&candidate.shown))?;
        // The copy is what will be staged, so the copy is what has to be judged.
        recognised = recognise(&candidate.content, form, context, &candidate.shown)
            .map_err(failed(&candidate.shown))?;
    }
    finish(candidate, recognised, context, found)
}

/// Digest and signature, both over the same bytes and at the same time.
fn finish(
    candidate: Candidate,
    recognised: Recognised,
    context: &Context<'_>,
    found: &mut Found,
) -> Judged {
    let Candidate {
        shown,
        content,
        source,
    } = candidate;
    let Recognised {
        kind,
        check,
        mut problems,
    } = recognised;
    let (digest, verdict) = rayon::join(
        || content.digest(),
        || match check {
            SignatureCheck::Done(verdict) => (verdict, Vec::new()),
            SignatureCheck::Authenticode(how) => check_signature(&content, how, context, &shown),
        },
    );
    let (sha256, size) = digest.map_err(|error| (shown.clone(), error))?;
    let (verdict, signature_problems) = verdict;
    problems.extend(signature_problems);
    let source = if context.settings.staging.is_some() && kind.role().is_some() {
        staged(content, sha256, context).map_err(|error| (shown.clone(), error))?
    } else {
        source
    };
    found.items.push(Item {
        path: shown,
        sha256,
        size,
        kind,
        verdict,
        problems,
        source,
    });
    Ok(())
}

fn staged(
    content: Content,
    sha256: gangway_contract::Sha256,
    context: &Context<'_>,
) -> io::Result<Source> {
    let folder: &Path = context
        .settings
        .staging
        .as_deref()
        .unwrap_or(Path::new("."));
    let copy = content.copy_into(folder)?;
    drop(content);
    copy.keep(sha256)?
        .map(Source::Staged)
        .ok_or_else(|| io::Error::other("the staged copy is still in use"))
}

fn check_signature(
    content: &Content,
    how: Authenticode,
    context: &Context<'_>,
    subject: &str,
) -> (Verdict, Vec<Problem>) {
    let verdict =
        how.verdict(content, context)
            .unwrap_or_else(|error| authenticode::Verdict::NotChecked {
                why: error.to_string(),
            });
    let problems = how.rule.map_or_else(Vec::new, |rule| {
        policy_problems(&verdict, rule, &context.settings.trust, subject)
    });
    (summarise(&verdict), problems)
}
