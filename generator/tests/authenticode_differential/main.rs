//! Gangway's verdicts beside those of osslsigncode, over hundreds of changed files.
//!
//! The rule: Gangway never accepts what osslsigncode refuses, but for the cases that
//! `docs/authenticode-differences.md` explains; and wherever the two disagree, in either
//! direction, that page says so. Only files of our own making are given to osslsigncode, whose
//! versions before 2.12 are unsafe on others. Needs osslsigncode 2.9.

mod bases;
mod mutations;
mod osslsigncode;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use gangway::formats::authenticode::{TrustAnchors, Verdict, verify};
use gangway_fixtures::lab;
use rayon::prelude::*;

use bases::Base;
use mutations::Mutant;
use osslsigncode::Osslsigncode;

const DOCUMENT: &str = include_str!("../../../docs/authenticode-differences.md");

fn judge(base: &Base, bytes: &[u8]) -> Verdict {
    let anchors = TrustAnchors::none()
        .with_lab_root(lab::roots_pem().as_bytes())
        .expect("the lab's roots");
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    // osslsigncode judges by the clock; so must this test.
    let now = i64::try_from(now.as_secs()).expect("this era");
    verify(&mut Cursor::new(bytes), Some(base.kind), &anchors, now)
}

#[test]
fn both_accept_what_either_signs() {
    let tool = Osslsigncode::documented_version();
    let wrong: Vec<String> = bases::all(&tool)
        .par_iter()
        .flat_map(|base| {
            let theirs = tool.accepts(base.extension, &base.bytes);
            let ours = judge(base, &base.bytes);
            let agreed = theirs && ours.is_valid();
            (!agreed).then(|| format!("{}: {ours}; osslsigncode accepts: {theirs}", base.name))
        })
        .collect();
    assert_eq!(wrong, [""; 0]);
}

/// A row of the table: kind of file, change, who is stricter.
type Difference = (String, String, String);

#[test]
fn disagreements_are_the_documented_ones() {
    let tool = Osslsigncode::documented_version();
    let mutants: Vec<(Base, Mutant)> = bases::all(&tool)
        .into_iter()
        .flat_map(|base| {
            let mutants = mutations::of(&base);
            mutants
                .into_iter()
                .map(move |mutant| (base.clone(), mutant))
        })
        .collect();
    assert!(mutants.len() > 400, "{} changed files", mutants.len());
    let found: Vec<(Difference, String)> = mutants
        .par_iter()
        .filter_map(|(base, mutant)| {
            let ours = judge(base, &mutant.bytes);
            let theirs = tool.accepts(base.extension, &mutant.bytes);
            let stricter = match (ours.is_valid(), theirs) {
                (true, false) => "osslsigncode",
                (false, true) => "Gangway",
                _ => return None,
            };
            let kind = base.kind_name().to_owned();
            let row = (kind, mutant.change.clone(), stricter.to_owned());
            Some((row, format!("{}: {}: {ours}", base.name, mutant.detail)))
        })
        .collect();

    let documented: BTreeSet<Difference> = DOCUMENT
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            let row = (
                cells.next()?.to_owned(),
                cells.next()?.to_owned(),
                cells.next()?.to_owned(),
            );
            ["osslsigncode", "Gangway"]
                .contains(&row.2.as_str())
                .then_some(row)
        })
        .collect();
    let mut undocumented: BTreeMap<&Difference, Vec<&str>> = BTreeMap::new();
    for (row, example) in found.iter().filter(|(row, _)| !documented.contains(row)) {
        undocumented.entry(row).or_default().push(example);
    }
    let report: Vec<String> = undocumented
        .iter()
        .map(|((kind, change, stricter), examples)| {
            format!(
                "| {kind} | {change} | {stricter} | {} times, first {}",
                examples.len(),
                examples[0]
            )
        })
        .collect();
    assert!(
        report.is_empty(),
        "not in docs/authenticode-differences.md:\n{}",
        report.join("\n")
    );
    let seen: BTreeSet<Difference> = found.into_iter().map(|(row, _)| row).collect();
    let stale: Vec<_> = documented.difference(&seen).collect();
    assert!(stale.is_empty(), "documented, but not seen: {stale:#?}");
}
