//! Ten thousand edits of a portal script, drawn the same on every run: each is refused, or gives
//! the very manifest and payload that the untouched script gives.

use std::collections::BTreeMap;

use gangway_contract::Sha256;
use gangway_contract::manifest::{ApplyMethod, Manifest, Mode};
use gangway_fixtures::blob::ORG_ID;
use gangway_fixtures::script_edits::{ANOTHER_PACKAGE, KINDS, Outcome, Untouched};
use gangway_fixtures::{config, lab};
use rayon::prelude::*;

use super::build::compose_manifest;
use super::config::Config;
use super::inputs::target;
use super::payloads::{self, Choices};
use crate::intake::{self, IntakeSettings, TrustSettings};
use crate::problem::Problem;

/// Edits of each kind.
const EACH: u64 = 400;

/// What a build would give to servers; none when the script is refused.
fn manifest(script: &[u8], settings: &IntakeSettings) -> Option<(Manifest, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("script.cmd"), script).unwrap();
    let inspection = intake::inspect(&[folder.path().to_owned()], settings);
    let choices = Choices {
        mode: Mode::Onboard,
        apply: ApplyMethod::Native,
        accept_scripts: &[],
        monitoring_agent: false,
        deployment_tool: false,
    };
    let (selected, missing) = payloads::select(&inspection, &choices);
    let mut problems = inspection.all_problems().chain(&missing);
    if problems.any(Problem::is_error) {
        return None;
    }
    let config = Config::parse(config::SMALLEST, std::path::Path::new("gangway.toml")).unwrap();
    let target = target(&inspection, choices.mode, choices.apply)?;
    let roots = &settings.lab_roots;
    let stub = Sha256::of(b"stub");
    let manifest = compose_manifest(&config, choices.mode, target, &selected, None, roots, stub);
    let blob = selected.iter().find_map(|one| one.blob)?;
    Some((manifest, blob.expose().as_bytes().to_vec()))
}

fn settings() -> IntakeSettings {
    IntakeSettings {
        lab_roots: vec![lab::root_der()],
        org_id: Some(ORG_ID.parse().unwrap()),
        trust: TrustSettings {
            lab_root_counts_as_microsoft: true,
            ..TrustSettings::default()
        },
        ..IntakeSettings::at(1_795_305_600)
    }
}

#[test]
fn ten_thousand_edits_are_refused_or_change_nothing_that_a_server_gets() {
    let good = Untouched::default();
    let settings = settings();
    // A package of another tenant as a whole is refused by the pin; all else must be without it.
    let unpinned = IntakeSettings {
        org_id: None,
        ..settings.clone()
    };
    let untouched = manifest(&good.script, &settings).unwrap();
    let outcomes: Vec<(&str, Outcome)> = (0..KINDS as u64 * EACH)
        .into_par_iter()
        .map(|index| {
            let kind = usize::try_from(index / EACH).unwrap();
            let edited = good.edited(kind, index % EACH);
            let name = edited.kind;
            let by = if name == ANOTHER_PACKAGE {
                &settings
            } else {
                &unpinned
            };
            let outcome = match manifest(&edited.script, by) {
                None => Outcome::Refused,
                Some(found) if found == untouched => Outcome::Same,
                // Named by its number alone: a blob must not stand in a message.
                Some(_) => panic!("`{name}`, edit {index}: another manifest or payload"),
            };
            if let Some(only) = edited.only {
                assert_eq!(outcome, only, "`{name}`, edit {index}");
            }
            (name, outcome)
        })
        .collect();
    let mut counts: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    for (name, outcome) in &outcomes {
        counts.entry(name).or_default()[usize::from(*outcome == Outcome::Same)] += 1;
    }
    let table: Vec<String> = counts
        .iter()
        .map(|(name, [refused, same])| format!("{refused:4} refused  {same:4} same  {name}"))
        .collect();
    insta::assert_snapshot!(table.join("\n"));
    assert!(outcomes.len() >= 10_000);
}
