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
    ] {
        assert!(!page.contains(untrue), "{untrue}");
    }
    assert!(read("last/soc.json").contains("\"retires\": true"));

    let back = desk.run(&["reconstruct", "last", "-o", "back", "--as-of", NOW]);
    let said = back.succeeds();
    assert!(said.contains("`--mode retire`"), "{said}");
}
