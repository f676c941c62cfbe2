//! Whole inspections over sample downloads: one sample, one change, one code.

mod archives;
mod blobs;
mod inspection;
mod packages;
mod trust;

use std::fs;
use std::path::Path;

use gangway_contract::Sha256;
use gangway_fixtures::agent::AgentSpec;
use gangway_fixtures::blob::{BlobSigning, BlobSpec, ORG_ID, OTHER_ORG_ID};
use gangway_fixtures::hostile::{RawEntry, RawZip};
use gangway_fixtures::script::{ScriptSpec, Variant, escape_for_cmd};
use gangway_fixtures::updates::{ProgramSpec, UpdateSpec};
use gangway_fixtures::{Lab, archive, archivers, bystanders, install_script, portal};

use super::*;

/// 2026-11-22.
const NOW: i64 = 1_795_305_600;
const DAY: i64 = 86_400;

/// Files of one test in a folder of their own.
struct Downloads(tempfile::TempDir);

impl Downloads {
    fn new(files: &[(&str, Vec<u8>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn inspect(&self) -> Inspection {
        self.inspect_with(&lab())
    }

    fn inspect_with(&self, settings: &IntakeSettings) -> Inspection {
        inspect(&[self.path().to_owned()], settings)
    }
}

/// Settings that let the lab stand for Microsoft.
fn lab() -> IntakeSettings {
    IntakeSettings {
        lab_roots: gangway_fixtures::lab::roots_der(),
        trust: TrustSettings {
            lab_root_counts_as_microsoft: true,
            signers: lab_signers(),
            ..TrustSettings::default()
        },
        ..IntakeSettings::at(NOW)
    }
}

/// The lab's code signer has its own organisation.
fn lab_signers() -> SignerPolicy {
    let rule = SignerRule {
        organizations: vec!["Contoso Lab".to_owned()],
        ..SignerRule::default()
    };
    SignerPolicy {
        agent: rule.clone(),
        scripts: rule.clone(),
        updates: rule.clone(),
        tools: rule,
    }
}

/// Codes of warnings and errors, without the lab's.
fn codes(inspection: &Inspection) -> Vec<&'static str> {
    let mut codes: Vec<&str> = inspection
        .all_problems()
        .filter(|problem| problem.code.severity != crate::problem::Severity::Note)
        .map(|problem| problem.code.id)
        .filter(|&id| id != codes::LAB_ROOT.id)
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[track_caller]
fn check(files: &[(&str, Vec<u8>)], expected: &[&str]) -> Inspection {
    let inspection = Downloads::new(files).inspect();
    let found = codes(&inspection);
    assert_eq!(
        found,
        expected,
        "{:#?}",
        inspection.all_problems().collect::<Vec<_>>()
    );
    inspection
}

fn script(blob: BlobSpec) -> Vec<u8> {
    ScriptSpec::of(blob).bytes()
}

const CMD: &str = "WindowsDefenderATPOnboardingScript.cmd";
