//! `gangway publish share` into a folder.

use super::desk::{Desk, NOW};
use super::publish::built;

pub(super) fn share(desk: &Desk, more: &[&str]) -> crate::desk::Session {
    let usual = [
        "publish",
        "share",
        "out",
        "--allow-unsigned",
        "--to",
        "share",
    ];
    desk.run(&[&usual[..], &["--as-of", NOW], more].concat())
}

/// What servers read of the share: all but the documents of the campaigns.
fn payloads(desk: &Desk) -> Vec<(String, Vec<u8>)> {
    let mut tree = desk.tree("share");
    tree.retain(|(name, _)| !name.starts_with("campaigns/"));
    tree
}

#[test]
fn the_way_back_of_a_share_is_a_dry_run_first_and_takes_no_payload_away() {
    let desk = built();
    std::fs::create_dir(desk.path("share")).unwrap();
    let nothing = share(&desk, &["--rollback"]);
    nothing.fails_with(2, &["--allow-unsigned"]);
    let back = |more: &[&str]| {
        let usual = ["publish", "share", "out", "--to", "share", "--rollback"];
        desk.run(&[&usual[..], &["--as-of", NOW], more].concat())
    };
    back(&[]).fails_with(3, &["nothing is saved"]);
    share(&desk, &["--apply"]).succeeds();
    let published = desk.tree("share");
    let would = back(&[]);
    assert!(
        would.succeeds().contains("remove `control.json`"),
        "{}",
        would.out
    );
    assert_eq!(desk.tree("share"), published);
    assert!(back(&["--apply"]).succeeds().contains("taken back"));
    back(&["--apply"]).fails_with(3, &["was taken back already", "is taken back once"]);
    let mut expected = published;
    expected.retain(|(name, _)| name != "control.json");
    assert_eq!(desk.tree("share"), expected);
    back(&["--apply"]).fails_with(3, &["nothing is saved"]);
}

#[test]
fn fewer_releases_than_the_live_one_and_the_one_before_it_are_not_kept() {
    let desk = built();
    let arguments = [
        "publish",
        "out",
        "--user",
        "a@contoso.com",
        "--keep-releases",
        "1",
    ];
    desk.run(&arguments).fails_with(2, &["--keep-releases"]);
}

#[test]
fn payloads_come_to_a_folder_as_the_bundle_has_them_and_the_switch_of_others_stays() {
    let desk = built();
    std::fs::create_dir(desk.path("share")).unwrap();
    assert!(share(&desk, &[]).succeeds().contains("nothing was written"));
    assert_eq!(desk.tree("share"), []);
    share(&desk, &["--apply"]).succeeds();
    assert_eq!(payloads(&desk), desk.tree("out/share"));
    let again = share(&desk, &["--apply"]);
    assert!(again.succeeds().contains("everything is there"));
    // Of the next bundle; the older release stays, and so does the switch.
    let paused = br#"{"schema":1,"paused":true,"min_sequence":1,"ring_percent":100}"#;
    desk.put("share/control.json", paused);
    let before = payloads(&desk);
    std::fs::remove_file(desk.path("downloads/Install.ps1")).unwrap();
    desk.build_with(&["--update-lock"]).succeeds();
    let next = share(&desk, &["--apply"]);
    assert!(
        next.succeeds().contains("pauses every server"),
        "{}",
        next.out
    );
    let after = payloads(&desk);
    assert!(before.iter().all(|file| after.contains(file)));
    assert_eq!(after.len(), before.len() + desk.tree("out/share").len() - 1);
}

#[test]
fn payloads_of_a_bundle_that_was_changed_are_not_published() {
    let desk = built();
    std::fs::create_dir(desk.path("share")).unwrap();
    let tree = desk.tree("out");
    let (payload, _) = tree
        .iter()
        .find(|(name, _)| name.ends_with("md4ws.msi"))
        .unwrap();
    desk.put(&format!("out/{payload}"), b"another");
    share(&desk, &["--apply"]).fails_with(4, &["md4ws.msi"]);
    assert_eq!(desk.tree("share"), []);
}
