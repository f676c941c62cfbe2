//! `organization.id`: what GUIDs come from, whatever becomes of the name.

use std::collections::BTreeSet;
use std::fs;

use super::desk::Desk;

const WITH_ID: &str = "name = \"Contoso\"\nid = 'Contoso'\n";
const WITHOUT_ID: &str = "name = \"Contoso\"\n";

/// Folders of policies and the files of the WMI filter: what the domain knows GPOs by.
fn guids(desk: &Desk, out: &str) -> BTreeSet<String> {
    let tree = desk.tree(&format!("{out}/gpo"));
    let policy = |path: &String| {
        let (_, below) = path.split_once("/sysvol/Policies/")?;
        Some(below.split('/').next()?.to_owned())
    };
    let filter = tree.iter().find(|(path, _)| path.ends_with(".ldif"));
    let filter = String::from_utf8(filter.unwrap().1.clone()).unwrap();
    let line = filter.lines().find(|line| line.starts_with("dn:"));
    tree.iter()
        .filter_map(|(path, _)| policy(path))
        .chain(line.map(str::to_owned))
        .collect()
}

fn lock(desk: &Desk) -> String {
    fs::read_to_string(desk.path("gangway.lock")).unwrap()
}

#[test]
fn an_id_that_is_the_name_changes_no_byte() {
    let desk = Desk::with_downloads();
    desk.change_config(WITH_ID, WITHOUT_ID);
    let first = desk.build_with(&["-v"]);
    first.succeeds();
    assert!(first.err.contains("note GW3034"), "{}", first.err);
    assert!(
        first
            .err
            .contains("write `id = \"Contoso\"` under `[organization]`"),
        "{}",
        first.err
    );
    let before = (desk.tree("out"), lock(&desk));
    desk.change_config(WITHOUT_ID, WITH_ID);
    let second = desk.build_with(&["-v"]);
    second.succeeds();
    assert!(!second.err.contains("GW3034"), "{}", second.err);
    assert!((desk.tree("out"), lock(&desk)) == before);
}

#[test]
fn a_name_may_change_once_there_is_an_id() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let before = guids(&desk, "out");
    desk.change_config("\"Contoso\"", "\"Fabrikam\"");
    let session = desk.build();
    session.succeeds();
    // The same campaign under another name: it takes the place of the old one without a word.
    assert!(!session.err.contains("GW3030"), "{}", session.err);
    assert_eq!(guids(&desk, "out"), before);
    desk.run(&["verify", "out"]).succeeds();
    let document = fs::read_to_string(desk.path("out/bundle.json")).unwrap();
    assert!(document.contains("\"organization_id\": \"Contoso\""));
    assert!(document.contains("\"sequence\": 2"), "{document}");
}

#[test]
fn other_guids_than_before_are_refused_with_the_line_that_keeps_them() {
    for (from, to, line) in [
        (WITH_ID, "name = \"Fabrikam\"\n", "id = \"Contoso\""),
        ("id = 'Contoso'", "id = 'contoso'", "id = \"Contoso\""),
    ] {
        let desk = Desk::with_downloads();
        desk.build().succeeds();
        let before = (desk.tree("out"), lock(&desk));
        desk.change_config(from, to);
        for more in [&[][..], &["--update-lock"], &["--locked"]] {
            desk.build_with(more)
                .fails_with(1, &["GW3035", line, "--new-identity"]);
        }
        desk.run(&["lock", "--from", "out"])
            .fails_with(1, &["GW3035"]);
        assert!((desk.tree("out"), lock(&desk)) == before);
        let session = desk.build_with(&["--new-identity"]);
        session.succeeds();
        assert!(session.err.contains("GW3036"), "{}", session.err);
        // It is the lock's now.
        let session = desk.build();
        session.succeeds();
        assert!(!session.err.contains("GW3036"), "{}", session.err);
    }
}

#[test]
fn a_lock_from_before_learns_the_identity_of_the_bundle_that_it_vouches_for() {
    let desk = Desk::with_downloads();
    desk.change_config(WITH_ID, WITHOUT_ID);
    desk.build().succeeds();
    let old = lock(&desk).replace("identity = \"Contoso\"\n", "");
    assert_ne!(old, lock(&desk));
    desk.put("gangway.lock", old.as_bytes());
    desk.change_config("\"Contoso\"", "\"Fabrikam\"");
    desk.build().fails_with(1, &["GW3035", "id = \"Contoso\""]);
    // A bundle that nobody vouches for says nothing about a lock.
    let document = fs::read_to_string(desk.path("out/bundle.json")).unwrap();
    desk.put("out/bundle.json", format!("{document} ").as_bytes());
    assert!(!desk.build().err.contains("GW3035"));
}

#[test]
fn inspect_says_which_line_keeps_the_guids_of_a_config_without_an_id() {
    let desk = Desk::with_downloads();
    let inspect = ["inspect", "downloads", "-c", "gangway.toml", "-v"];
    let with = desk.run(&inspect);
    assert!(!with.err.contains("GW3034"), "{}", with.err);
    desk.change_config(WITH_ID, WITHOUT_ID);
    let without = desk.run(&inspect);
    assert!(
        without.err.contains("`id = \"Contoso\"`"),
        "{}",
        without.err
    );
    assert_eq!(with.code, without.code);
}

#[test]
fn a_bundle_that_claims_another_identity_does_not_verify() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let document = fs::read_to_string(desk.path("out/bundle.json")).unwrap();
    let name = "  \"organization\": \"Contoso\",\n";
    assert!(document.contains(name));
    let forged = document.replace(name, &format!("{name}  \"organization_id\": \"x\",\n"));
    desk.put("out/bundle.json", forged.as_bytes());
    desk.run(&["verify", "out"])
        .fails_with(4, &["GW3009", "identity `x`"]);
}

#[test]
fn init_gives_each_config_an_id_of_its_own() {
    let desk = Desk::empty();
    let id = |file: &str| {
        let text = fs::read_to_string(desk.path(file)).unwrap();
        let line = text.lines().find(|line| line.starts_with("id = "));
        line.unwrap().to_owned()
    };
    desk.run(&["init", "a.toml"]).succeeds();
    desk.run(&["init", "b.toml"]).succeeds();
    assert_ne!(id("a.toml"), id("b.toml"));
    desk.run(&["init", "c.toml", "--id", "contoso"]).succeeds();
    assert_eq!(id("c.toml"), "id = \"contoso\"");
    for (given, said) in [
        ("", "1 to 64"),
        ("a\u{202e}b", "U+202E"),
        ("a\nb", "control"),
    ] {
        let refused = desk.run(&["init", "d.toml", "--id", given]);
        refused.fails_with(2, &["`--id`", said]);
        assert!(!refused.err.contains("d.toml"), "{}", refused.err);
        assert!(!desk.path("d.toml").exists());
    }
}
