//! `docs/first-windows-run.md`: what it says to copy is enough on the other machine, and its commands do what they
//! are there for. `selftest` itself asks Windows; it takes a bundle in as `verify` does.

use std::fs;
use std::path::Path;

use super::desk::{Desk, NOW, Session};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/first-windows-run.md");
    fs::read_to_string(path).unwrap()
}

/// A line to type of the page, without `gangway` and what stands behind a `#`.
fn typed(beginning: &str) -> Vec<String> {
    let page = page();
    let mut lines = page.lines().map(str::trim);
    let line = lines.find(|line| line.starts_with(beginning));
    assert!(line.is_some(), "`{beginning}` is not on the page");
    let line = line.unwrap();
    let line = line.split("  #").next().unwrap();
    line.split_whitespace().skip(1).map(str::to_owned).collect()
}

fn run(desk: &Desk, line: &[String], more: &[&str]) -> Session {
    let words: Vec<&str> = line.iter().map(String::as_str).collect();
    desk.run(&[&words[..], more, &["--as-of", NOW]].concat())
}

/// Everything of a folder under another name.
fn copied(desk: &Desk, from: &str, to: &str) {
    for (path, bytes) in desk.tree(from) {
        let place = desk.path(to).join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, bytes).unwrap();
    }
}

/// An unsigned bundle, packed as the page has it, in the folder `far` of the other machine.
fn carried() -> (Desk, String) {
    let desk = Desk::with_downloads();
    let built = run(
        &desk,
        &typed("gangway build"),
        &["--stub", "stub.exe", "--json"],
    );
    let answer: serde_json::Value = serde_json::from_str(built.succeeds()).unwrap();
    let digest = answer.pointer("/result/bundle_json_sha256").unwrap();
    let digest = digest.as_str().unwrap().to_owned();
    let pack = "gangway package bundle -c gangway.toml";
    run(&desk, &typed(pack), &[]).fails_with(4, &["--allow-unsigned"]);
    run(&desk, &typed(&format!("{pack} --allow-unsigned")), &[]).succeeds();
    copied(&desk, "bundle", "far/bundle");
    copied(&desk, "bundle-packages", "far/bundle-packages");
    (desk, digest)
}

fn is_vouched_for(desk: &Desk, more: &[&str]) -> bool {
    let usual = ["verify", "far/bundle", "--stub", "stub.exe", "--as-of", NOW];
    let session = desk.run(&[&usual, more].concat());
    session.succeeds();
    !session.err.contains("GW3017")
}

#[test]
fn what_the_page_has_copied_vouches_for_the_bundle() {
    let (desk, digest) = carried();
    let page = page();
    for named in [
        "`gangway.lock`",
        "`signing.roots`",
        "--root root.pem --expect DIGEST",
    ] {
        assert!(page.contains(named), "{named}");
    }
    assert!(!is_vouched_for(&desk, &[]), "nothing was copied");
    let far = |name: &str| fs::copy(desk.path(name), desk.path("far").join(name)).unwrap();
    far("gangway.toml");
    far("root.pem");
    let config = ["-c", "far/gangway.toml"];
    assert!(!is_vouched_for(&desk, &config), "no lock");
    far("gangway.lock");
    assert!(is_vouched_for(&desk, &config));
    let by_hand = ["--root", "far/root.pem", "--expect", &digest];
    assert!(is_vouched_for(&desk, &by_hand));
    fs::remove_file(desk.path("far/root.pem")).unwrap();
    let usual = ["verify", "far/bundle", "--stub", "stub.exe", "--as-of", NOW];
    desk.run(&[&usual[..], &config].concat())
        .fails_with(3, &["root.pem"]);
}
