//! `MDEClientAnalyzer.zip`: one tool of many files, staged as it is, for people. No server starts
//! any of it by itself, but an admin who finds it on the share will.

use super::archive::{self, Unread};
use super::budget::Budget;
use super::codes;
use super::content::Content;
use super::context::Context;
use super::item::{Kind, Verdict};
use super::recognised::{Recognised, SignatureCheck};
use super::signature::{Authenticode, RuleFor, policy_problems};
use crate::formats::authenticode::FileKind;
use crate::formats::zip::{Entry, EntryName};
use crate::problem::{Problem, Severity};

/// Files of these endings carry a signature of their own; the tool's `.cmd` cannot.
const SIGNED: [(&str, FileKind); 6] = [
    (".exe", FileKind::Pe),
    (".dll", FileKind::Pe),
    (".sys", FileKind::Pe),
    (".ps1", FileKind::Script),
    (".psm1", FileKind::Script),
    (".psd1", FileKind::Script),
];

/// Names of the tool's main file.
const MAIN: [&str; 2] = ["MDEClientAnalyzer.cmd", "MDEClientAnalyzer.ps1"];

/// More names than are told.
const NAMED: usize = 20;

/// Is this archive the analyzer?
pub(super) fn is_analyzer(entries: &[(Entry, EntryName)]) -> bool {
    entries.iter().any(|(_, name)| {
        let file = name.shown.rsplit('/').next().unwrap_or_default();
        MAIN.iter().any(|known| file.eq_ignore_ascii_case(known))
    })
}

/// The archive as one item: whose its programs and scripts are is told, because the archive has
/// no signature of its own.
pub(super) fn recognise(
    entries: &[(Entry, EntryName)],
    content: &Content,
    budget: &mut Budget,
    context: &Context<'_>,
    shown: &str,
) -> Recognised {
    let mut strangers = Vec::new();
    let mut judged = 0_usize;
    for entry in entries {
        let name = entry.1.shown.as_str();
        let lower = name.to_ascii_lowercase();
        let kind = SIGNED.iter().find(|(ending, _)| lower.ends_with(ending));
        let Some((_, file)) = kind.filter(|_| !entry.1.is_folder) else {
            continue;
        };
        judged += 1;
        let how = Authenticode {
            file: *file,
            rule: Some(RuleFor::Tools),
        };
        let mut unread = Unread::default();
        let why = match archive::entry_content(content, entry, None, budget, &mut unread) {
            Ok(Some(inner)) => not_microsofts(&inner, how, context),
            Ok(None) => Some("it is too large to be read".to_owned()),
            Err(error) => Some(error.to_string()),
        };
        strangers.extend(why.map(|why| format!("`{name}`: {why}")));
    }
    let mut problems = Vec::new();
    if !strangers.is_empty() || judged == 0 {
        let message = match judged {
            0 => "the analyzer holds no file that anybody could have signed".to_owned(),
            _ => format!(
                "{} of the analyzer's files are not Microsoft's",
                strangers.len()
            ),
        };
        let problem = Problem::new(
            &codes::ANALYZER_OF_STRANGERS,
            shown,
            message,
            "download it again from https://aka.ms/mdeanalyzer, or take it out of the downloads",
        );
        let more = strangers.len().saturating_sub(NAMED);
        let problem = strangers
            .into_iter()
            .take(NAMED)
            .fold(problem, Problem::with_evidence);
        problems.push(match more {
            0 => problem,
            more => problem.with_evidence(format!("and {more} more")),
        });
    }
    Recognised {
        kind: Kind::Analyzer {
            entries: entries.len(),
        },
        check: SignatureCheck::Done(Verdict::NotChecked {
            why: "an archive carries no signature of its own".to_owned(),
        }),
        problems,
    }
}

/// Why a file is not taken for Microsoft's; none when it is.
fn not_microsofts(content: &Content, how: Authenticode, context: &Context<'_>) -> Option<String> {
    let verdict = match how.verdict(content, context) {
        Ok(verdict) => verdict,
        Err(error) => return Some(error.to_string()),
    };
    let rule = how.rule?;
    let problems = policy_problems(&verdict, rule, &context.settings.trust, "");
    let first = problems
        .into_iter()
        .find(|problem| problem.code.severity == Severity::Error)?;
    Some(first.message)
}
