//! The lock and the sequences that it gives: through modes, configs, builders at once, and loss.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use gangway_contract::Sha256;
use gangway_fixtures::blob::BlobSpec;
use gangway_fixtures::portal;
use gangway_fixtures::script::ScriptSpec;
use serde_json::Value;

use super::desk::{Desk, NOW};

/// Sequence and SHA-256 of `bundle.json` of a bundle.
fn sequence(desk: &Desk, out: &str) -> u64 {
    let text = fs::read(desk.path(out).join("bundle.json")).unwrap();
    let document: Value = serde_json::from_slice(&text).unwrap();
    document["sequence"].as_u64().unwrap()
}

fn lock(desk: &Desk) -> String {
    fs::read_to_string(desk.path("gangway.lock")).unwrap()
}

/// Another config, and so another manifest.
fn change(desk: &Desk, percent: u64) {
    let text = fs::read_to_string(desk.path("gangway.toml")).unwrap();
    let (kept, _) = text.split_once("\n[rollout]").unwrap_or((&text, ""));
    let changed = format!("{kept}\n[rollout]\nring_percent = {percent}\n");
    desk.put("gangway.toml", changed.as_bytes());
}

const PRECHECK: [&str; 7] = [
    "build", "--mode", "precheck", "--out", "look", "--stub", "stub.exe",
];

fn precheck(desk: &Desk) {
    desk.run(&[&PRECHECK[..], &["--as-of", NOW]].concat())
        .succeeds();
}

#[test]
fn a_precheck_says_nothing_against_the_onboarding_bundle() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    precheck(&desk);
    assert_eq!((sequence(&desk, "out"), sequence(&desk, "look")), (1, 2));
    let before = (lock(&desk), desk.tree("out"));
    desk.build_with(&["--locked"]).succeeds();
    precheck(&desk);
    assert_eq!((lock(&desk), desk.tree("out")), before);
    assert_eq!(sequence(&desk, "look"), 2);
    change(&desk, 50);
    desk.build().succeeds();
    assert_eq!(sequence(&desk, "out"), 3);
}

#[test]
fn a_bundle_of_another_mode_is_not_replaced_in_silence() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let before = desk.tree("out");
    let other = ["--mode", "precheck"];
    desk.build_with(&[&other[..], &["--deny", "GW3030"]].concat())
        .fails_with(
            1,
            &[
                "GW3030",
                "of the mode `onboard` and the organisation `Contoso` stood there",
            ],
        );
    assert!(desk.tree("out") == before);
    let said = desk.build_with(&other);
    let _ = said.succeeds();
    assert!(said.err.contains("GW3030"), "{}", said.err);
}

#[test]
fn two_configs_beside_one_lock_are_named_both() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let text = fs::read(desk.path("gangway.toml")).unwrap();
    desk.put("other.toml", &text);
    let before = lock(&desk);
    for more in [
        ["--config", "other.toml"].as_slice(),
        &["--config", "other.toml", "--locked"],
    ] {
        desk.build_with(more).fails_with(
            2,
            &["`gangway.toml`", "`other.toml`", "a folder of its own"],
        );
    }
    assert_eq!(lock(&desk), before);
    // One that was renamed takes its lock along.
    fs::remove_file(desk.path("gangway.toml")).unwrap();
    desk.build_with(&["--config", "other.toml"]).succeeds();
    assert!(lock(&desk).contains("config = \"other.toml\""));
    assert_eq!(sequence(&desk, "out"), 1);
}

#[test]
fn builders_at_once_never_give_one_sequence_twice() {
    let desk = Desk::with_downloads();
    let mut seen = Vec::new();
    for round in 1..=3 {
        change(&desk, round);
        let modes = ["onboard", "precheck"];
        let builders: Vec<_> = modes
            .iter()
            .map(|mode| {
                let arguments = [
                    "build", "--mode", mode, "--out", mode, "--stub", "stub.exe", "--as-of", NOW,
                    "--wait", "60",
                ];
                desk.command(&arguments).spawn().unwrap()
            })
            .collect();
        for mut builder in builders {
            assert!(builder.wait().unwrap().success());
        }
        let mut given = modes.map(|mode| sequence(&desk, mode));
        given.sort_unstable();
        seen.extend(given);
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6]);
    assert_eq!(desk.leftovers(), [""; 0]);
}

#[test]
fn a_lock_that_another_run_holds_is_busy() {
    let desk = Desk::with_downloads();
    let held = File::create(desk.path(".gangway.lock.gangway-lock")).unwrap();
    held.lock().unwrap();
    desk.build()
        .fails_with(3, &["gangway.lock", "--wait SECONDS"]);
    assert!(!desk.path("out").exists() && !desk.path("gangway.lock").exists());
    drop(held);
    desk.build().succeeds();
}

/// Three bundles, and then no lock.
fn lost() -> Desk {
    let desk = Desk::with_downloads();
    for percent in [30, 20, 10] {
        change(&desk, percent);
        desk.build().succeeds();
    }
    precheck(&desk);
    assert_eq!((sequence(&desk, "out"), sequence(&desk, "look")), (3, 4));
    fs::remove_file(desk.path("gangway.lock")).unwrap();
    desk
}

#[test]
fn a_lost_lock_is_made_again_from_the_bundles() {
    let desk = lost();
    let before = desk.tree("out");
    desk.build()
        .fails_with(1, &["GW3024", "sequence 3", "gangway lock --from"]);
    assert!(desk.tree("out") == before && !desk.path("gangway.lock").exists());

    let said = desk.run(&["lock", "--from", "look", "--from", "out", "--as-of", NOW]);
    assert!(said.succeeds().contains("sequence 4"), "{}", said.out);
    // The very same bundle, for the manifest is the same.
    desk.build().succeeds();
    assert!(desk.tree("out") == before);
    desk.verify().succeeds();
    change(&desk, 5);
    desk.build().succeeds();
    assert_eq!(sequence(&desk, "out"), 5);
    assert_eq!(desk.leftovers(), [""; 0]);
}

#[test]
fn what_only_the_servers_know_is_given_by_hand() {
    let desk = lost();
    desk.build_with(&["--sequence-after", "40"]).succeeds();
    assert_eq!(sequence(&desk, "out"), 41);
    // Once is enough.
    change(&desk, 5);
    desk.build().succeeds();
    assert_eq!(sequence(&desk, "out"), 42);
    for refused in ["9007199254740991", "-1", "many"] {
        let argument = format!("--sequence-after={refused}");
        desk.build_with(&[&argument]).fails_with(2, &[]);
    }
}

#[test]
fn a_lock_is_made_of_good_bundles_of_this_organisation_only() {
    let desk = lost();
    let from = |more: &[&str]| desk.run(&[&["lock", "--as-of", NOW, "--from"], more].concat());
    from(&["absent"]).fails_with(3, &["absent"]);
    from(&["downloads"]).fails_with(4, &["downloads"]);
    from(&["out", "--expect", &"0".repeat(64)]).fails_with(4, &["GW3016"]);
    desk.change_config("id = 'Contoso'", "id = 'Fabrikam'");
    from(&["out"]).fails_with(4, &["Fabrikam"]);
    desk.change_config("id = 'Fabrikam'", "id = 'Contoso'");
    let runbook = desk.path("out/runbook.html");
    let text = fs::read(&runbook).unwrap();
    fs::write(&runbook, b"other").unwrap();
    from(&["out"]).fails_with(4, &["runbook.html"]);
    fs::write(&runbook, text).unwrap();
    assert!(!desk.path("gangway.lock").exists());
    from(&["out"]).succeeds();
    fs::rename(desk.path("out"), desk.path("third")).unwrap();
    change(&desk, 5);
    desk.build().succeeds();
    from(&["third"]).fails_with(1, &["sequence 3"]);
}

#[test]
fn the_share_may_hold_back_what_the_lock_would_give() {
    let desk = Desk::with_downloads();
    fs::create_dir(desk.path("share")).unwrap();
    desk.build_with(&["--share", "share"])
        .fails_with(3, &["control.json"]);
    let control = br#"{"schema":1,"paused":false,"min_sequence":5,"ring_percent":100}"#;
    desk.put("share/control.json", control);
    desk.build_with(&["--share", "share"])
        .fails_with(1, &["GW3024", "--sequence-after 4"]);
    desk.build_with(&["--share", "share", "--sequence-after", "4"])
        .succeeds();
    assert_eq!(sequence(&desk, "out"), 5);
    desk.put("share/control.json", b"{}");
    desk.build_with(&["--share", "share"])
        .fails_with(2, &["control.json"]);
    let paused = br#"{"schema":1,"paused":true,"min_sequence":0,"ring_percent":100}"#;
    desk.put("share/control.json", paused);
    let said = desk.build_with(&["--share", "share"]);
    let _ = said.succeeds();
    assert!(said.err.contains("GW3031"), "{}", said.err);
    desk.build_with(&["--share", "share", "--deny", "GW3031"])
        .fails_with(1, &["GW3031", "`--deny` refuses"]);
}

#[test]
fn a_build_that_was_killed_before_its_lock_is_resumed() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let old = lock(&desk);
    change(&desk, 50);
    desk.build().succeeds();
    let (new, bundle) = (lock(&desk), desk.tree("out"));
    // The bundle is there, and the lock is as it was: the same build again ends the work.
    desk.put("gangway.lock", old.as_bytes());
    desk.build().succeeds();
    assert!(lock(&desk) == new && desk.tree("out") == bundle);
    // Another one goes on from it.
    desk.put("gangway.lock", old.as_bytes());
    change(&desk, 40);
    desk.build().succeeds();
    assert_eq!(sequence(&desk, "out"), 3);
    // An older lock than that is no kill.
    desk.put("gangway.lock", old.as_bytes());
    desk.build().fails_with(1, &["GW3024"]);
}

#[test]
fn a_link_is_followed_and_modes_stay() {
    let desk = Desk::with_downloads();
    fs::create_dir(desk.path("versioned")).unwrap();
    symlink("versioned/lock", desk.path("gangway.lock")).unwrap();
    desk.build().succeeds();
    let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
    let by_umask = mode("gangway.toml");
    assert_eq!(mode("versioned/lock"), by_umask);
    let private = fs::Permissions::from_mode(0o640);
    fs::set_permissions(desk.path("versioned/lock"), private).unwrap();
    change(&desk, 50);
    desk.build().succeeds();
    assert_eq!(mode("versioned/lock"), 0o640);
    let link = fs::symlink_metadata(desk.path("gangway.lock")).unwrap();
    assert!(link.is_symlink());
    let names: Vec<_> = fs::read_dir(desk.path("versioned")).unwrap().collect();
    assert_eq!(names.len(), 1);
    // A circle has no end.
    fs::remove_file(desk.path("gangway.lock")).unwrap();
    symlink("gangway.lock", desk.path("gangway.lock")).unwrap();
    desk.build().fails_with(3, &["links"]);
}

#[test]
fn a_lock_of_the_first_schema_is_read_and_rewritten() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let bundle = desk.tree("out");
    let now = lock(&desk);
    let value = |key: &str| {
        let line = now.lines().find(|line| line.starts_with(key)).unwrap();
        line.split_once(" = ").unwrap().1.to_owned()
    };
    let (_, downloads) = now.split_once("[[download]]").unwrap();
    let old = format!(
        "schema = 1\n\n[manifest]\nsequence = 1\nsha256 = {}\n\n[[built]]\nmode = \"onboard\"\n\
         bundle_json_sha256 = {}\n\n[[download]]{downloads}",
        value("manifest_sha256"),
        value("bundle_json_sha256"),
    );
    desk.put("gangway.lock", old.as_bytes());
    desk.build_with(&["--locked"]).succeeds();
    assert_eq!(lock(&desk), old);
    desk.build().succeeds();
    assert!(lock(&desk) == now && desk.tree("out") == bundle);
}

#[test]
fn a_config_of_two_names_has_one_lock() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    fs::create_dir(desk.path("other")).unwrap();
    symlink("../gangway.toml", desk.path("other/linked.toml")).unwrap();
    symlink("other/linked.toml", desk.path("second.toml")).unwrap();
    // Relative paths are those of the name that was given.
    for name in ["root.pem", "downloads"] {
        symlink(format!("../{name}"), desk.path("other").join(name)).unwrap();
    }
    let names = ["second.toml", "other/linked.toml", "gangway.toml"];
    for (percent, by) in (10..).zip(names) {
        change(&desk, percent);
        desk.build_with(&["--config", by]).succeeds();
        for also in names {
            desk.build_with(&["--locked", "--config", also]).succeeds();
            desk.verify_with(&["--config", also]).succeeds();
        }
    }
    assert_eq!(sequence(&desk, "out"), 4);
    assert!(!desk.path("other/gangway.lock").exists());

    // From when each name had its own.
    let old = lock(&desk).replace("\"gangway.toml\"", "\"linked.toml\"");
    desk.put("other/gangway.lock", old.as_bytes());
    let two = ["--config", "other/linked.toml"];
    desk.build_with(&two).fails_with(
        2,
        &["beside a link", "other/gangway.lock", "higher `sequence`"],
    );
    // Reached by more links, and one that cannot be read.
    desk.build_with(&["--config", "second.toml"])
        .fails_with(2, &["other/gangway.lock"]);
    desk.put("other/gangway.lock", b"[");
    desk.build_with(&two).fails_with(2, &["other/gangway.lock"]);
    // Of a config that lies there too.
    let theirs = old.replace("\"linked.toml\"", "\"theirs.toml\"");
    desk.put("other/gangway.lock", theirs.as_bytes());
    desk.build_with(&two).succeeds();
    assert!(lock(&desk).contains("config = \"gangway.toml\""));
}

#[test]
fn what_a_lock_says_of_the_bytes_that_are_there_has_to_be_so() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let good = lock(&desk);
    let size = good.lines().find(|line| line.starts_with("size")).unwrap();
    for (from, to) in [
        (size, "size = 1"),
        ("Contoso Lab", "Fabrikam Lab"),
        ("version = \"", "version = \"9"),
    ] {
        desk.put("gangway.lock", good.replacen(from, to, 1).as_bytes());
        desk.build_with(&["--locked"])
            .fails_with(1, &["GW1604", "the lock says"]);
        let said = desk.build();
        assert!(said.succeeds().contains("the lock says"), "{}", said.out);
        assert_eq!(lock(&desk), good);
    }
}

#[test]
fn without_a_lock_nothing_is_said_that_would_count_from_one_again() {
    let desk = lost();
    fs::rename(desk.path("out"), desk.path("last")).unwrap();
    let locked = desk.build_with(&["--locked"]);
    locked.fails_with(
        1,
        &["GW1604", "there is no lock file", "gangway lock --from"],
    );
    assert!(!locked.err.contains("--update-lock"), "{}", locked.err);
    let verify = ["verify", "last", "-c", "gangway.toml", "--as-of", NOW];
    let told = desk.run(&verify);
    assert_eq!(told.code, 0);
    assert!(
        told.err.contains("there is no `gangway.lock`"),
        "{}",
        told.err
    );
    desk.run(&["lock", "--from", "last", "--as-of", NOW])
        .succeeds();
    let told = desk.run(&verify);
    assert!(told.err.contains("has no digest"), "{}", told.err);
    assert!(told.err.contains("--expect DIGEST"), "{}", told.err);
}

#[test]
fn an_offboarding_package_that_comes_changes_or_goes_concerns_its_own_bundle_only() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let before = (lock(&desk), desk.tree("out"));
    let offboard = [
        "build", "--mode", "offboard", "--out", "off", "--stub", "stub.exe", "--as-of", NOW,
    ];
    let put = |day: i64| {
        let spec = ScriptSpec::of(BlobSpec::offboarding(1_776_000_000 + day * 86_400));
        let zip = portal::offboarding_zip(&spec, "2026-04-12");
        desk.put("downloads/offboarding.zip", &zip);
    };
    put(0);
    desk.build_with(&["--locked"]).succeeds();
    assert_eq!((lock(&desk), desk.tree("out")), before);
    desk.run(&offboard).succeeds();
    let both = lock(&desk);
    put(1);
    desk.run(&offboard).fails_with(1, &["GW1601"]);
    desk.build_with(&["--locked"]).succeeds();
    fs::remove_file(desk.path("downloads/offboarding.zip")).unwrap();
    for more in [&["--locked"][..], &[], &["--update-lock"]] {
        desk.build_with(more).succeeds();
        assert_eq!(
            (lock(&desk), desk.tree("out")),
            (both.clone(), before.1.clone())
        );
    }
}

#[test]
fn a_lock_is_never_made_older_by_a_bundle() {
    let desk = Desk::with_downloads();
    let from = |more: &[&str]| desk.run(&[&["lock", "--as-of", NOW], more].concat());
    for (percent, out) in [(30, "jan"), (20, "feb")] {
        change(&desk, percent);
        desk.build().succeeds();
        fs::rename(desk.path("out"), desk.path(out)).unwrap();
    }
    fs::remove_file(desk.path("gangway.lock")).unwrap();
    from(&["--from", "feb", "--from", "jan"]).fails_with(1, &["sequence 1"]);
    assert!(!desk.path("gangway.lock").exists());
    from(&["--from", "feb"]).succeeds();
    from(&["--from", "jan"]).fails_with(1, &["sequence 1"]);
    change(&desk, 30);
    desk.build().succeeds();
    assert_eq!(sequence(&desk, "out"), 3);

    // What only the servers knew is not forgotten by naming the bundle once more.
    fs::remove_file(desk.path("gangway.lock")).unwrap();
    from(&["--from", "out", "--sequence-after", "9"]).succeeds();
    from(&["--from", "out"]).succeeds();
    desk.build().succeeds();
    assert_eq!(sequence(&desk, "out"), 10);
}

/// Whoever may write to a bundle's folder may put any sequence into it, and a lock never comes back from one.
#[test]
fn a_bundle_with_a_sequence_far_away_is_told_and_ends_no_lock() {
    let highest = (1u64 << 53) - 1 - 1_000_000;
    for (sequence, told) in [
        (1_000_000, ""),
        (1_000_001, "GW3140"),
        (4_294_967_295, "GW3140"),
        (highest, "GW3140"),
        (highest + 1, "too few are left"),
    ] {
        let desk = Desk::with_downloads();
        desk.build_with(&["--sequence-after", &(sequence - 1).to_string()])
            .succeeds();
        assert_eq!(self::sequence(&desk, "out"), sequence);
        let again = ["lock", "--from", "out", "--as-of", NOW];
        // The lock that gave it vouches for it.
        let known = desk.run(&again);
        known.succeeds();
        assert!(!known.err.contains("GW3140"), "{}", known.err);
        fs::remove_file(desk.path("gangway.lock")).unwrap();
        let session = desk.run(&again);
        let code = i32::from(sequence > highest);
        session.fails_with(code, &[told]);
        let is_far = session.err.contains("GW3140");
        assert_eq!(is_far, told == "GW3140", "{sequence}: {}", session.err);
        assert_eq!(desk.path("gangway.lock").exists(), code == 0);
        // So does whoever kept its digest.
        let bytes = fs::read(desk.path("out/bundle.json")).unwrap();
        let digest = Sha256::of(&bytes).to_string();
        fs::remove_file(desk.path("gangway.lock")).unwrap_or_default();
        let vouched = desk.run(&[&again[..], &["--expect", &digest]].concat());
        vouched.succeeds();
        assert!(!vouched.err.contains("GW3140"), "{}", vouched.err);
        change(&desk, 5);
        desk.build().succeeds();
        assert_eq!(self::sequence(&desk, "out"), sequence + 1);
    }
}

/// What is known elsewhere brings it near.
#[test]
fn a_sequence_that_is_near_to_what_is_known_is_not_far() {
    let desk = Desk::with_downloads();
    desk.build_with(&["--sequence-after", "20261130"])
        .succeeds();
    fs::remove_file(desk.path("gangway.lock")).unwrap();
    let after = ["lock", "--from", "out", "--sequence-after", "20261100"];
    let session = desk.run(&[&after[..], &["--as-of", NOW]].concat());
    session.succeeds();
    assert!(!session.err.contains("GW3140"), "{}", session.err);
}
