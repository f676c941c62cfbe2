//! The last campaign is told as what it does wherever somebody approves it, watches it, or builds it again.

use std::fs;

use super::desk::{Desk, NOW};

#[test]
fn the_last_campaign_is_told_by_what_it_takes_away() {
    let desk = Desk::with_downloads();
    let built = desk.run(&[
        "build", "--out", "last", "--stub", "stub.exe", "--as-of", NOW, "--mode", "retire",
    ]);
    let said = built.succeeds();
    assert!(said.contains("mode     retire"), "{said}");

    let read = |path: &str| fs::read_to_string(desk.path(path)).unwrap();
    let page = read("last/runbook.html");
    for told in [
        "Take Gangway away from",
        "takes away from the server what bootstraps",
    ] {
        assert!(page.contains(told), "{told}");
    }
    for untrue in [
        "It changes nothing",
        "Nothing else changes",
        "何も変更しません",
        // It asks no switch.
        "pause the share",
        "of the servers may begin",
        "一時停止します",
    ] {
        assert!(!page.contains(untrue), "{untrue}");
    }
    assert!(read("last/soc.json").contains("\"retires\": true"));

    let back = desk.run(&["reconstruct", "last", "-o", "back", "--as-of", NOW]);
    let said = back.succeeds();
    assert!(said.contains("`--mode retire`"), "{said}");
}

/// It asks no switch: nobody may be told that a pause holds it, and whoever approves it reads what it is.
#[test]
fn neither_a_pause_nor_a_package_of_it_is_promised() {
    let desk = Desk::with_downloads();
    let built = desk.run(&[
        "build", "--out", "last", "--stub", "stub.exe", "--as-of", NOW, "--mode", "retire",
    ]);
    built.succeeds();
    let verified = desk.run(&["verify", "last", "--as-of", NOW]);
    assert!(
        verified.out.contains("mode       retire, sequence 1"),
        "{}",
        verified.out
    );

    fs::create_dir(desk.path("share")).unwrap();
    let publish = [
        "publish",
        "share",
        "last",
        "--to",
        "share",
        "--allow-unsigned",
    ];
    let publish = [&publish[..], &["--apply", "--as-of", NOW]].concat();
    desk.run(&publish).succeeds();
    let paused = desk.run(&["rollout", "share", "pause", "--apply", "--as-of", NOW]);
    assert!(paused.err.contains("GW3129"), "{}", paused.err);
    let shown = desk.run(&["rollout", "share", "show", "--as-of", NOW]);
    assert!(shown.err.contains("GW3129"), "{}", shown.err);
    let again = desk.run(&publish);
    let said = again.succeeds();
    assert!(said.contains("asks no switch"), "{said}");
    assert!(!said.contains("pauses every server"), "{said}");
    let compared = desk.run(&["verify", "last", "--share", "share", "--as-of", NOW]);
    assert!(!compared.err.contains("GW3108"), "{}", compared.err);

    let package = ["package", "last", "--allow-unsigned", "--as-of", NOW];
    let made = desk.run(&[&package[..], &["--format", "all"]].concat());
    made.succeeds();
    let names: Vec<String> = desk
        .tree("last-packages")
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert!(
        names.iter().any(|name| name.contains("gangway-retire-1-")),
        "{names:?}"
    );
    assert!(
        !names.iter().any(|name| name.starts_with("msi/")),
        "{names:?}"
    );
    let named = desk.run(&[&package[..], &["--format", "msi", "--out", "other"]].concat());
    assert!(named.err.contains("GW5019"), "{}", named.err);
}
