//! The exe of a bundle, byte by byte.

use gangway_contract::manifest::Manifest;
use gangway_contract::{BundleId, Sha256};
use gangway_fixtures::authenticode::{Signature as Signing, sign_pe, sign_pe_with};
use gangway_fixtures::lab::{self, Lab};

use super::super::layout::exe_path;
use super::documents::Stored;
use super::signature::{Judged, judge};
use super::*;
use crate::bootstrap;
use crate::bootstrap::tests::{manifest, stub_exe};
use crate::bundle::{Exe, SCHEMA, Tool};
use crate::formats::x509::TrustAnchors;
use crate::problem::Severity;

/// 2026-04-01.
const NOW: i64 = 1_775_001_600;

fn stored() -> Stored {
    let manifest = manifest();
    let bytes = manifest.to_bytes();
    Stored { manifest, bytes }
}

fn exe() -> Vec<u8> {
    exe_of(&stored())
}

fn exe_of(stored: &Stored) -> Vec<u8> {
    bootstrap::specialise(&stub_exe(), &stored.manifest, &stored.bytes)
        .unwrap()
        .bytes
}

fn lab_roots() -> TrustAnchors {
    TrustAnchors::none()
        .with_lab_root(&lab::root_der())
        .unwrap()
}

fn errors(judged: &Judged) -> Vec<&str> {
    let errors = judged.problems.iter().filter(|one| one.is_error());
    errors.map(|problem| problem.code.id).collect()
}

#[test]
fn a_signature_under_a_named_root_is_good() {
    let judged = judge(
        "x.exe",
        &sign_pe(&exe(), &Signing::default()),
        Some(&lab_roots()),
        NOW,
    );
    assert!(judged.problems.is_empty(), "{:?}", judged.problems);
    assert_eq!(judged.signature.standing, Standing::Vouched);
    let summary = judged.signature.summary;
    assert!(summary.contains("time-stamped"), "{summary}");
}

#[test]
fn a_signature_under_an_unknown_root_is_refused() {
    let signed = sign_pe(&exe(), &Signing::by(Lab::NamesakeCode));
    let judged = judge("x.exe", &signed, Some(&lab_roots()), NOW);
    assert!(errors(&judged).contains(&"GW3005"));
    assert_eq!(judged.signature.standing, Standing::Refused);
}

#[test]
fn without_a_named_root_nobody_vouches_for_a_signature() {
    let judged = judge("x.exe", &sign_pe(&exe(), &Signing::default()), None, NOW);
    assert_eq!(judged.problems.len(), 1);
    assert_eq!(judged.problems[0].code.id, "GW3007");
    assert_eq!(judged.problems[0].code.severity, Severity::Warning);
    assert_eq!(judged.signature.standing, Standing::Intact);
}

#[test]
fn a_signature_stands_alone() {
    let good = Signing::default();
    let cases = [
        (
            "further signatures",
            sign_pe_with(&exe(), &[good.clone(), Signing::by(Lab::NamesakeCode)], b""),
        ),
        (
            "further signatures",
            sign_pe_with(&exe(), &[good.clone(), good.clone()], b""),
        ),
        (
            "inside the first",
            sign_pe(
                &exe(),
                &good.clone().nesting(Signing::by(Lab::NamesakeCode)),
            ),
        ),
        (
            "inside the first",
            sign_pe(&exe(), &good.clone().nesting(good.clone())),
        ),
        (
            "bytes behind the signature",
            sign_pe_with(&exe(), std::slice::from_ref(&good), b"hidden payload"),
        ),
        (
            "the certificate of",
            sign_pe(
                &exe(),
                &Signing {
                    certificates: [good.certificates.clone(), vec![Lab::NamesakeRoot]].concat(),
                    ..good.clone()
                },
            ),
        ),
    ];
    for anchors in [Some(lab_roots()), None] {
        for (part, signed) in &cases {
            if anchors.is_none() && *part == "the certificate of" {
                continue;
            }
            let judged = judge("x.exe", signed, anchors.as_ref(), NOW);
            assert_eq!(judged.signature.standing, Standing::Refused, "{part}");
            let said: Vec<&String> = judged
                .problems
                .iter()
                .flat_map(|one| &one.evidence)
                .collect();
            assert!(
                said.iter().any(|line| line.contains(part)),
                "{part}: {said:?}"
            );
        }
    }
}

fn document(stored: &Stored) -> BundleDocument {
    let exe = exe_of(stored);
    let Manifest {
        release_id,
        sequence,
        mode,
        organization,
        stub,
        ..
    } = stored.manifest.clone();
    let bundle_id = BundleId::of_bytes(&stored.bytes);
    BundleDocument {
        schema: SCHEMA,
        exe: Exe {
            path: exe_path(mode, &bundle_id),
            unsigned_size: exe.len() as u64,
            unsigned_sha256: Sha256::of(&exe),
            authenticode_sha256: exe_digest(&exe).unwrap(),
            stub_version: env!("CARGO_PKG_VERSION").to_owned(),
            stub_sha256: stub,
        },
        bundle_id,
        release_id,
        sequence,
        mode,
        organization,
        organization_id: None,
        exclude_group: None,
        output_time: 0,
        tool: Tool {
            name: "gangway".to_owned(),
            version: "0".to_owned(),
        },
        inputs: Vec::new(),
        remarks: Vec::new(),
        files: Vec::new(),
    }
}

/// Verdict about these bytes in the place of the exe.
fn judge_exe(folder: &Path, stored: &Stored, bytes: &[u8], outside: &Outside) -> exe::Judged {
    let document = document(stored);
    let path = folder.join(&document.exe.path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let tree = Tree::walk(folder).unwrap();
    exe::judge(&tree, &document, Some(stored), outside).unwrap()
}

fn outside() -> Outside {
    Outside {
        demands: Demands {
            anchors: Some(lab_roots()),
            wants_stamp: false,
            has_command: false,
            now: NOW,
        },
        lock: None,
        stub: None,
    }
}

/// The exe with one bit flipped; its checksum mended, as whoever does it on purpose would.
fn flipped(exe: &[u8], at: usize, mended: bool) -> Vec<u8> {
    const CHECKSUM: std::ops::Range<usize> = 0x98 + 64..0x98 + 68;
    let mut changed = exe.to_vec();
    changed[at] ^= 0x01;
    if mended {
        changed[CHECKSUM].fill(0);
        let sum = bootstrap::checksum(&changed);
        changed[CHECKSUM].copy_from_slice(&sum.to_le_bytes());
    }
    changed
}

#[test]
fn a_flipped_bit_anywhere_in_the_exe_is_found_signed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let stored = stored();
    let unsigned = exe_of(&stored);
    let signed = sign_pe(&unsigned, &Signing::default());
    // With the sum mended two things stay open: what a stamp leaves open itself, and a second
    // certificate of a root, which may be a cross-certificate.
    let bare = Signing {
        certificates: vec![Lab::CodeCa],
        ..Signing::default().unstamped()
    };
    let unstamped = sign_pe(&unsigned, &bare);
    for (whole, mended, step) in [
        (&signed, false, 17),
        (&unstamped, true, 19),
        (&unsigned, false, 29),
        (&unsigned, true, 31),
    ] {
        let good = judge_exe(folder.path(), &stored, whole, &outside());
        assert!(good.proven.is_some() && !good.problems.iter().any(Problem::is_error));
        let missed: Vec<usize> = (0..whole.len())
            .step_by(step)
            .filter(|&at| {
                let changed = flipped(whole, at, mended);
                let judged = judge_exe(folder.path(), &stored, &changed, &outside());
                changed != **whole && !judged.problems.iter().any(Problem::is_error)
            })
            .collect();
        assert!(missed.is_empty(), "of {} bytes: {missed:?}", whole.len());
    }
}

#[test]
fn an_exe_with_another_manifest_or_more_of_them_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let stored = stored();
    let mut other = manifest();
    other.sequence += 1;
    let other = Stored {
        bytes: other.to_bytes(),
        manifest: other,
    };
    let good = exe_of(&stored);
    let section = stub_exe().len();
    // Every count and offset of the resource tables: one more entry, another language, a name in
    // the place of a number, a leaf that leads elsewhere.
    let tables = section..section + 200;
    let tricks = tables.flat_map(|at| {
        [0x01, 0x80].map(|bit| {
            let mut changed = good.clone();
            changed[at] ^= bit;
            changed
        })
    });
    for bytes in std::iter::once(exe_of(&other)).chain(tricks) {
        let judged = judge_exe(folder.path(), &stored, &bytes, &outside());
        assert!(judged.proven.is_none());
        assert_eq!(judged.problems[0].code.id, "GW3004");
    }
    let judged = judge_exe(folder.path(), &stored, &exe_of(&other), &outside());
    let said = &judged.problems[0].message;
    assert!(said.contains("RCDATA 101"), "{said}");
    let overlaid = [sign_pe(&good, &Signing::default()), b"more".to_vec()].concat();
    let judged = judge_exe(folder.path(), &stored, &overlaid, &outside());
    assert!(judged.proven.is_none());
}

#[test]
fn the_stub_at_hand_is_compared_and_only_a_named_one_has_to_be_it() {
    let folder = tempfile::tempdir().unwrap();
    let stored = stored();
    let exe = exe_of(&stored);
    for (stub, code) in [
        (Some((stub_exe(), true)), None),
        (Some((stub_exe(), false)), None),
        (Some((b"another".to_vec(), true)), Some("GW3004")),
        (Some((b"another".to_vec(), false)), Some("GW3021")),
        (None, Some("GW3021")),
    ] {
        let outside = Outside { stub, ..outside() };
        let judged = judge_exe(folder.path(), &stored, &exe, &outside);
        let ids: Vec<&str> = judged.problems.iter().map(|one| one.code.id).collect();
        let expected: Vec<&str> = code.into_iter().chain(["GW3006"]).collect();
        assert_eq!(ids, expected);
    }
}
