//! Publications to one share at the same time, by SMB and on the server's own disk.

use std::fs;
use std::path::Path;

use gangway_e2e::Bundle;
use gangway_e2e::samba::{ADMINISTRATOR, CONTROLLER, Cut, Domain};

use super::model::{gpos, task_only};
use super::payloads::{assert_read_only_for_computers, files};
use super::whole::{published, releases_in, sorted, three_releases};
use super::{ENVIRONMENT, text};

fn unc() -> String {
    format!(r"\\{CONTROLLER}\payloads")
}

/// Releases that the campaign's document names, sorted.
fn named(domain: &Domain, bundle: &Bundle) -> Vec<String> {
    let task = gpos(bundle).pop().unwrap();
    let path = format!("campaigns/{}.json", task.id);
    let bytes = fs::read(domain.payloads().join(path)).unwrap();
    let read: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let releases = read["releases"].as_array().unwrap().iter();
    let mut ids: Vec<String> = releases
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[test]
fn three_publications_of_one_campaign_at_once_are_all_there() {
    let domain = Domain::start().unwrap();
    let bundles = three_releases();
    let [first, second, third] = &bundles;
    let to = unc();
    std::thread::scope(|scope| {
        for bundle in [first, second] {
            let (domain, to) = (&domain, &to);
            scope.spawn(move || {
                let arguments = ["--apply", "--to", to];
                let output = domain.publish_share(bundle.folder(), ADMINISTRATOR, &arguments);
                let output = output.unwrap();
                assert!(output.status.success(), "{}", text(&output));
            });
        }
        let domain = &domain;
        scope.spawn(move || {
            let output = domain.publish_to_folder(third.folder(), &domain.payloads());
            let output = output.unwrap();
            assert!(output.status.success(), "{}", text(&output));
        });
    });
    let expected = sorted(&bundles.each_ref());
    assert_eq!(named(&domain, first), expected);
    assert_eq!(releases_in(&domain.payloads()), expected);
    for bundle in &bundles {
        assert_read_only_for_computers(&domain, bundle, "");
    }
    let left = files(&domain.payloads());
    let is_left = |name: &String| name.contains("claim") || name.ends_with("-part");
    assert!(!left.iter().any(is_left), "{left:?}");
}

/// Wherever it comes: half an upload, the claim being made or freed, a folder of SYSVOL.
#[test]
fn a_signal_leaves_neither_a_claim_nor_half_a_file() {
    let domain = Domain::start().unwrap();
    let bundle = task_only();
    let to = unc();
    let to = ["--to", to.as_str()];
    let is_left = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains("claim") || name.ends_with("-part")
    };
    for write in [1, 2, 3, 5, 6, 7, 8, 11, 16, 18, 19, 20, 21, 23] {
        let cut = Cut::Signal(write);
        let was_cut = domain.publish_whole_until(cut, bundle.folder(), &to);
        assert!(was_cut.unwrap(), "{write}");
        for root in [domain.payloads(), domain.sysvol()] {
            let entries = walkdir::WalkDir::new(root).into_iter();
            let mut paths = entries.map(|entry| entry.unwrap().into_path());
            let left = paths.find(|path| is_left(path));
            assert_eq!(left, None, "{write}");
        }
        // From nothing again, so that the same write is met.
        for entry in fs::read_dir(domain.payloads()).unwrap() {
            let path = entry.unwrap().path();
            let _ = fs::remove_dir_all(&path);
            let _ = fs::remove_file(&path);
        }
    }
    published(&domain, &bundle, &[&["--apply"][..], &to].concat());
    assert_read_only_for_computers(&domain, &bundle, "");
}

/// What a killed publication of others claimed is named with its owner, and nothing is written.
#[test]
fn a_share_that_others_have_claimed_is_left_as_it_is() {
    let domain = Domain::start().unwrap();
    let [first, ..] = three_releases();
    let claim = domain.payloads().join("campaigns.claim");
    fs::create_dir(&claim).unwrap();
    let owner = r#"{"schema":1,"number":"0","account":"olga","host":"desk7","since":"2026-11-29 15:00:00"}"#;
    fs::write(claim.join("owner.json"), owner).unwrap();
    let before = files(&domain.payloads());
    let to = unc();
    let arguments = ["--apply", "--to", &to];
    let output = domain.publish_share(first.folder(), ADMINISTRATOR, &arguments);
    let output = output.unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(ENVIRONMENT), "{said}");
    for told in ["`olga` on `desk7`", "campaigns.claim", "delete the folder"] {
        assert!(said.contains(told), "{said}");
    }
    assert_eq!(files(&domain.payloads()), before);
}
