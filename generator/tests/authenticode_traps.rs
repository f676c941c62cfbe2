//! Every signature trap of the fixtures, judged under the lab root. The same traps are shown
//! to osslsigncode in the fixtures' own tests; where it decides otherwise they say so.

use std::io::Cursor;

use gangway::formats::authenticode::{FileKind, TrustAnchors, Verdict, Warning, verify};
use gangway_fixtures::traps::{self, Expected, Trap};

/// 2026-11-18: after every stamp of the traps that is meant to be past.
const NOW: i64 = 1_795_000_000;

#[track_caller]
fn check(kind: FileKind, traps: &[Trap]) {
    let anchors = TrustAnchors::none()
        .with_lab_root(&gangway_fixtures::lab::root_der())
        .expect("the lab root is a certificate");
    let wrong: Vec<String> = traps
        .iter()
        .filter_map(|trap| {
            let verdict = verify(&mut Cursor::new(&trap.bytes), Some(kind), &anchors, NOW);
            (judged(&verdict) != Some(trap.expected)).then(|| {
                format!(
                    "{}: expected {:?}, found {verdict:?}",
                    trap.name, trap.expected
                )
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn judged(verdict: &Verdict) -> Option<Expected> {
    // True of every file here: a lab root, and nothing known of revocation.
    let of_the_lab = |warning: &Warning| {
        matches!(
            warning,
            Warning::LabRoot { .. } | Warning::RevocationNotChecked
        )
    };
    match verdict {
        Verdict::Valid(valid) if valid.warnings.iter().all(of_the_lab) => Some(Expected::Valid),
        Verdict::Valid(_) => Some(Expected::ValidWithWarning),
        Verdict::Invalid { .. } => Some(Expected::Invalid),
        Verdict::Unsigned => Some(Expected::Unsigned),
        Verdict::NotChecked { .. } => None,
    }
}

#[test]
fn scripts_are_judged_rightly() {
    check(FileKind::Script, &traps::scripts());
}

#[test]
fn signers_and_stamps_are_judged_rightly() {
    check(FileKind::Script, &traps::signers());
}

#[test]
fn programs_are_judged_rightly() {
    check(FileKind::Pe, &traps::programs());
}

#[test]
fn packages_are_judged_rightly() {
    check(FileKind::Msi, &traps::packages());
}

#[test]
fn cabinets_are_judged_rightly() {
    check(FileKind::Cabinet, &traps::cabinets());
}
