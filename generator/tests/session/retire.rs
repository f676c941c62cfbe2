//! The last campaign is told as what it does wherever somebody approves it, watches it, or builds it again.

use std::fs;

use serde_json::{Value, json};

use super::desk::{Desk, NOW, Session};
use super::report::{LATELY, ask, desk_with, report_of};

fn build(desk: &Desk, out: &str, mode: &str) -> Session {
    desk.run(&[
        "build", "--out", out, "--stub", "stub.exe", "--as-of", NOW, "--mode", mode,
    ])
}

#[test]
fn the_last_campaign_is_told_by_what_it_takes_away() {
    let desk = Desk::with_downloads();
    let built = build(&desk, "last", "retire");
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
    let built = build(&desk, "last", "retire");
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

/// As a server reports after the last campaign, or after a look.
fn looked(name: &str, (state, reason): (&str, &str)) -> Value {
    let mut report = report_of(name, state, LATELY);
    report["mode"] = "precheck".into();
    report["reason"] = reason.into();
    report["exit_code"] = if state == "failed" { 53 } else { 0 }.into();
    if state == "failed" {
        report["detail"] = "`C:\\ProgramData\\Gangway` is in use".into();
    }
    report
}

/// Its reports are prechecks' by their mode; what it did is done all the same, and nothing was looked for.
#[test]
fn servers_of_the_last_campaign_are_done_when_they_say_so() {
    const RETIRED: (&str, &str) = ("assessed", "retired");
    const NOT: (&str, &str) = ("failed", "not-retired");
    const READY: (&str, &str) = ("assessed", "ready");
    /// How the servers ended, who of them is done in percent, and what is told.
    type Case = (
        &'static [(&'static str, &'static str)],
        usize,
        &'static [&'static str],
    );
    let table: [Case; 3] = [
        (
            &[RETIRED, RETIRED],
            100,
            &["done means: retired", "100 % done"],
        ),
        (&[RETIRED, NOT], 50, &["      1  retired", "50 % done"]),
        // A look that somebody took before is no end.
        (&[RETIRED, READY, READY], 33, &["33 % done"]),
    ];
    let built = Desk::with_downloads();
    build(&built, "last", "retire").succeeds();
    let manifest = fs::read(built.path("last/manifest.json")).unwrap();
    for (ended, percent, told) in table {
        let names = ["a", "b", "c"].iter().zip(ended);
        let reports: Vec<Value> = names.map(|(name, ended)| looked(name, *ended)).collect();
        let desk = desk_with(&reports);
        fs::create_dir(desk.path("last")).unwrap();
        desk.put("last/manifest.json", &manifest);
        for bundle in [&["--bundle", "last"][..], &[]] {
            let said = desk.run(&ask(bundle));
            for told in told {
                assert!(said.out.contains(told), "{told}: {}", said.out);
            }
            for untrue in ["precheck: ", "changes nothing", "something in their way"] {
                assert!(!said.out.contains(untrue), "{untrue}: {}", said.out);
            }
            let limit = [bundle, &["--threshold", "90"]].concat();
            assert_eq!(desk.run(&ask(&limit)).code, i32::from(percent < 90));
            let answer = desk.run(&ask(&[bundle, &["--json"]].concat())).out;
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer["result"]["campaign"]["mode"], "retire", "{answer:#}");
            assert_eq!(answer["result"]["done_percent"], json!(percent));
        }
    }
}

/// Beside servers that are onboarded still, each is what it says of itself.
#[test]
fn retired_servers_among_others_are_no_prechecks() {
    let desk = desk_with(&[
        looked("a", ("assessed", "retired")),
        report_of("b", "onboarded", LATELY),
    ]);
    let said = desk.run(&ask(&[]));
    for told in ["      1  retired", "      1  onboarded", "50 % done"] {
        assert!(said.out.contains(told), "{told}: {}", said.out);
    }
    assert!(!said.out.contains("prechecked"), "{}", said.out);
}

/// Both are prechecks to their bootstraps; to the lock each is the last one of its own.
#[test]
fn a_precheck_and_the_last_campaign_leave_the_lock_to_each_other() {
    let desk = Desk::with_downloads();
    let config = ["-c", "gangway.toml", "--as-of", NOW];
    for (out, mode) in [
        ("look", "precheck"),
        ("last", "retire"),
        ("again", "precheck"),
    ] {
        build(&desk, out, mode).succeeds();
    }
    // Nothing changed: it is the very bundle.
    assert_eq!(desk.tree("again"), desk.tree("look"));
    for out in ["look", "last"] {
        let verified = desk.run(&[&["verify", out], &config[..]].concat());
        verified.succeeds();
    }
    // Another bundle that says it is one of them is none.
    desk.change_config("name = \"Contoso\"", "name = \"Contoso, Ltd\"");
    build(&desk, "other", "retire").succeeds();
    let verified = desk.run(&[&["verify", "last"], &config[..]].concat());
    verified.fails_with(4, &["GW3016"]);
    fs::remove_file(desk.path("gangway.lock")).unwrap();
    let lock = desk.run(&["lock", "--from", "look", "--from", "other", "--as-of", NOW]);
    let told = lock.succeeds();
    for told_of in ["retire", "precheck"] {
        assert!(told.contains(told_of), "{told}");
    }
}
