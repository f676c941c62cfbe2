//! `gangway rollout` on a share that is reached as a folder. A share over SMB is the end-to-end suite
//! `samba`, servers that obey it are the suite `wine`.

use std::fs;

use gangway::gpo::Timestamp;
use gangway_contract::control::ring_position;
use gangway_contract::report::file_name;
use gangway_contract::{Control, Rollout, UtcTime};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::desk::{Desk, NOW, Session};

/// A bundle that begins with 10 % of the servers, on a share.
fn published() -> Desk {
    let desk = Desk::with_downloads();
    desk.change_config("[trust]", "[rollout]\nring_percent = 10\n\n[trust]");
    desk.build().succeeds();
    fs::create_dir(desk.path("share")).unwrap();
    publish(&desk).succeeds();
    desk
}

fn publish(desk: &Desk) -> Session {
    desk.run(&[
        "publish",
        "share",
        "out",
        "--to",
        "share",
        "--allow-unsigned",
        "--apply",
        "--as-of",
        NOW,
    ])
}

fn rollout(desk: &Desk, more: &[&str]) -> Session {
    desk.run(&[&["rollout", "share", "--as-of", NOW], more].concat())
}

fn answer(desk: &Desk, more: &[&str]) -> Value {
    let session = rollout(desk, &[more, &["--json"]].concat());
    let answer: Value = serde_json::from_str(&session.out).unwrap();
    assert_eq!(answer["exit_code"], session.code);
    answer
}

fn decided(desk: &Desk) -> Rollout {
    Rollout::parse(&fs::read(desk.path("share/rollout.json")).unwrap()).unwrap()
}

fn control(desk: &Desk) -> Control {
    Control::parse(&fs::read(desk.path("share/control.json")).unwrap()).unwrap()
}

#[test]
fn a_ring_is_printed_first_and_set_with_apply() {
    let desk = published();
    let before = desk.tree("share");
    let would = rollout(&desk, &["ring", "50"]);
    assert!(would.succeeds().contains("nothing was written"));
    assert_eq!(desk.tree("share"), before);
    let done = rollout(&desk, &["ring", "50", "--apply"]);
    let steps = |session: &Session| -> Vec<String> {
        let lines = session.succeeds().lines();
        let steps = lines.filter(|line| line.starts_with("write "));
        steps.map(str::to_owned).collect()
    };
    assert_eq!(steps(&would), steps(&done));
    assert_eq!(steps(&done).len(), 3, "{}", done.out);
    let ring = decided(&desk).ring.unwrap();
    assert_eq!((ring.percent, ring.up_to_sequence), (50, 1));
    assert_eq!(control(&desk).ring_percent, 50);
    let again = rollout(&desk, &["ring", "50", "--apply"]);
    assert!(
        again.succeeds().contains("that is so already"),
        "{}",
        again.out
    );
    let shown = answer(&desk, &["show"]);
    let result = &shown["result"];
    assert_eq!(result["before"]["ring"]["percent"], 50);
    assert_eq!(result["campaigns"][0]["sequence"], 1);
    assert_eq!(result["bundles"][0]["begins_with_percent"], 10);
    assert_eq!(result["bundles"][0]["before_percent"], 50);
    assert_eq!(result["history"][0]["asked"], "ring 50");
}

/// By the clock of who changes it: whoever is at work keeps his claim whatever moment another one judges at.
#[test]
fn a_moment_to_judge_at_is_neither_the_age_of_a_claim_nor_the_time_of_a_change() {
    let clock = || OffsetDateTime::now_utc().unix_timestamp();
    let folders = ["0123456789abcdef", "1123456789abcdef"].map(|number| {
        let folder = format!("share/rollout.claim-{number}");
        (folder, number)
    });
    for moment in [NOW, "2030-01-01"] {
        let desk = published();
        for ((folder, number), before) in folders.iter().zip([3600, 90_000]) {
            let since = Timestamp::from_unix(clock() - before).unwrap().changed();
            let owner = json!({"schema": 1, "number": number, "account": "olga", "host": "desk7", "since": since});
            fs::create_dir(desk.path(folder)).unwrap();
            desk.put(
                &format!("{folder}/owner.json"),
                owner.to_string().as_bytes(),
            );
        }
        let begun = clock();
        let change = [
            "rollout", "share", "ring", "20", "--apply", "--as-of", moment,
        ];
        let done = desk.run(&change);
        done.succeeds();
        let is_there = folders
            .each_ref()
            .map(|(folder, _)| desk.path(folder).exists());
        assert_eq!(is_there, [true, false], "{moment}: {}", done.out);
        let history = fs::read(desk.path("share/rollout-history.json")).unwrap();
        let history: Value = serde_json::from_slice(&history).unwrap();
        let at = history["changes"][0]["at"].as_str().unwrap();
        // Of one spelling, so that they compare as times do.
        let [first, last] = [begun, clock()].map(|unix| UtcTime(unix).to_string());
        assert!(*first <= *at && *at <= *last, "{moment}: {at}");
    }
}

/// As `cp -R` and `robocopy` without the runbook's options do it.
#[test]
fn a_copy_of_a_bundle_and_the_next_publication_undo_nothing() {
    let desk = published();
    rollout(&desk, &["ring", "50", "--apply"]).succeeds();
    rollout(&desk, &["pause", "--apply"]).succeeds();
    let (whole, open) = (control(&desk), Control::OPEN.to_bytes());
    for (name, bytes) in desk.tree("out/share") {
        desk.put(&format!("share/{name}"), &bytes);
    }
    assert_eq!(fs::read(desk.path("share/control.json")).unwrap(), open);
    assert!(decided(&desk).paused);
    let shown = rollout(&desk, &["show"]);
    shown.fails_with(0, &["GW3116", "gangway rollout SHARE pause --apply"]);
    assert!(shown.out.contains("now      paused"), "{}", shown.out);

    // Of the next bundle, by a share that has lost its switch.
    fs::remove_file(desk.path("share/control.json")).unwrap();
    fs::remove_file(desk.path("downloads/Install.ps1")).unwrap();
    desk.build_with(&["--update-lock"]).succeeds();
    let next = publish(&desk);
    assert!(
        next.succeeds().contains("as `rollout.json` beside it says"),
        "{}",
        next.out
    );
    assert_eq!(control(&desk), whole);
    rollout(&desk, &["resume", "--apply"]).succeeds();
    let next = publish(&desk);
    assert!(next.succeeds().contains("begins with 10 %"), "{}", next.out);
    let shown = answer(&desk, &["show"]);
    let bundles = shown["result"]["bundles"].as_array().unwrap();
    assert_eq!(bundles.len(), 1, "{bundles:?}");
    assert_eq!(bundles[0]["sequence"], 2);
    assert_eq!(bundles[0]["before_percent"], 10);
    rollout(&desk, &["ring", "100", "--apply"]).succeeds();
    let shown = answer(&desk, &["show"]);
    assert_eq!(shown["result"]["bundles"][0]["before_percent"], 100);
}

#[test]
fn what_is_typed_wrong_or_leaves_nobody_is_refused() {
    let desk = published();
    let before = desk.tree("share");
    for (arguments, code, texts) in [
        (&["ring", "150"][..], 2, &["150 %", "0 (nobody)"][..]),
        (&["ring", "-1"], 2, &["-1"]),
        (&["ring"], 2, &["takes a number", "ring 50"]),
        (&["min-sequence"], 2, &["takes a number"]),
        (&["pause", "3"], 2, &["`3` has no effect"]),
        (&["show", "--apply"], 2, &["`--apply` has no effect"]),
        (
            &["pause", "--withhold-all"],
            2,
            &["belongs to `min-sequence`"],
        ),
        (
            &["show", "--user", "a@contoso.com"],
            2,
            &["`--user` has no effect"],
        ),
        (&["show", "--to", "share"], 2, &["`--to` has no effect"]),
        (&["show", "--expected", "absent"], 2, &["--reports"]),
        (&["show", "--reports", "absent"], 3, &["absent"]),
        (&["widen"], 2, &["min-sequence"]),
        (
            &["min-sequence", "2", "--apply"],
            1,
            &["has sequence 1", "--withhold-all"],
        ),
    ] {
        rollout(&desk, arguments).fails_with(code, texts);
    }
    assert_eq!(desk.tree("share"), before);
    desk.run(&["rollout", "downloads", "pause", "--apply"])
        .fails_with(3, &["neither releases nor a switch", "share.root"]);
    desk.run(&["rollout", "absent", "show"])
        .fails_with(3, &["neither releases nor a switch"]);
    let all = rollout(&desk, &["min-sequence", "2", "--withhold-all", "--apply"]);
    assert!(
        all.succeeds()
            .contains("bundle   1: 10 % of the servers may begin now, 0 % then")
    );
    assert_eq!(control(&desk).min_sequence, 2);
}

#[test]
fn nobody_begins_with_a_ring_of_nothing() {
    let desk = published();
    let nobody = rollout(&desk, &["ring", "0", "--apply"]);
    assert!(
        nobody.succeeds().contains("no server begins anything"),
        "{}",
        nobody.out
    );
    assert_eq!(control(&desk).ring_percent, 0);
    rollout(&desk, &["pause", "--apply"]).succeeds();
    let resumed = rollout(&desk, &["resume", "--apply"]);
    assert!(
        resumed.succeeds().contains("stays at 0 %"),
        "{}",
        resumed.out
    );
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_a_pause_mends_it() {
    for (name, torn) in [
        ("control.json", "\u{feff}{}"),
        ("control.json", "[1,false,0,100]"),
        ("rollout.json", "{\"schema\":2}"),
    ] {
        let desk = published();
        rollout(&desk, &["ring", "20", "--apply"]).succeeds();
        desk.put(&format!("share/{name}"), torn.as_bytes());
        rollout(&desk, &["show"]).fails_with(1, &["GW3115", name, "rollout SHARE pause"]);
        rollout(&desk, &["resume", "--apply"]).fails_with(1, &[name, "`pause` writes"]);
        publish(&desk).fails_with(1, &[name, "rollout SHARE pause"]);
        let paused = rollout(&desk, &["pause", "--apply"]);
        // What was an error is over, and stands among the notes.
        assert!(
            paused.succeeds().contains("before: GW3115"),
            "{}",
            paused.out
        );
        assert!(!paused.err.contains("error"), "{}", paused.err);
        assert!(decided(&desk).paused && control(&desk).paused);
        assert_eq!(decided(&desk).ring.unwrap().percent, 20);
        rollout(&desk, &["show"]).succeeds();
    }
}

/// What was decided counts for nobody then, and is not told as if it did.
#[test]
fn a_share_without_switch_begins_nothing_and_says_so_once() {
    let desk = published();
    fs::remove_file(desk.path("share/control.json")).unwrap();
    let shown = rollout(&desk, &["show"]);
    shown.fails_with(
        1,
        &["GW3115", "it is missing, so no server begins anything"],
    );
    let now = "now      no server begins anything, for there is no switch";
    assert!(shown.out.contains(now), "{}", shown.out);
    assert!(!shown.out.contains("going on"), "{}", shown.out);
    let answer = answer(&desk, &["show"]);
    assert_eq!(answer["result"]["has_switch"], false, "{answer:#}");
    publish(&desk).succeeds();
    let shown = rollout(&desk, &["show"]);
    assert!(
        shown.succeeds().contains("now      going on"),
        "{}",
        shown.out
    );
}

/// The name of a share is part of what is kept of it.
#[test]
fn a_history_of_another_share_is_pointed_to() {
    let desk = published();
    let history = |to: &[&str]| {
        let usual = ["publish", "share", "out", "--history", "--as-of", NOW];
        let said = desk.run(&[&usual[..], to].concat());
        said.succeeds().to_owned()
    };
    let own = history(&["--to", "share"]);
    assert!(own.starts_with("share, 1 back: no release"), "{own}");
    let other = history(&[]);
    assert!(other.contains("`--to` as it was given then"), "{other}");
}

/// An older program wrote no sequence into the campaign's document, and a copy by hand brings none.
#[test]
fn a_bundle_in_the_place_of_the_share_says_what_the_share_does_not() {
    let desk = published();
    fs::remove_dir_all(desk.path("share/campaigns")).unwrap();
    let alone = ["ring", "50", "--apply"];
    rollout(&desk, &alone).fails_with(1, &["which bundles it has", "--to"]);
    let usual = ["rollout", "out", "--to", "share", "--as-of", NOW];
    let named = |more: &[&str]| desk.run(&[&usual[..], more].concat());
    named(&alone).succeeds();
    assert_eq!(decided(&desk).ring.unwrap().up_to_sequence, 1);
    named(&["min-sequence", "2"]).fails_with(1, &["the bundle that was named"]);
    // From then on the share knows.
    rollout(&desk, &["ring", "60", "--apply"]).succeeds();
}

#[cfg(feature = "directory")]
#[cfg(not(windows))]
#[test]
fn a_share_on_a_server_asks_for_an_account() {
    let desk = published();
    for place in [&["out"][..], &[r"\\files.contoso.com\gangway$"]] {
        let session = desk.run(&[&["rollout"], place, &["show"]].concat());
        session.fails_with(2, &["no account was named", "--user"]);
    }
}

#[test]
fn a_build_hears_of_what_was_decided() {
    let desk = published();
    rollout(&desk, &["pause", "--apply"]).succeeds();
    desk.put("share/control.json", &Control::OPEN.to_bytes());
    let share = ["--share", "share"];
    desk.build_with(&share)
        .fails_with(0, &["GW3031", "rollout SHARE resume"]);
    rollout(&desk, &["min-sequence", "9", "--withhold-all", "--apply"]).succeeds();
    desk.put("share/control.json", &Control::OPEN.to_bytes());
    desk.build_with(&share).fails_with(1, &["GW3024", "9"]);
    desk.put("share/rollout.json", b"{}");
    desk.build_with(&share).fails_with(2, &["rollout.json"]);
}

/// A server with this SID, as its report tells it.
fn leave_report(desk: &Desk, name: &str, sid: &str, state: &str) {
    let time: UtcTime = "2026-03-31T23:00:00Z".parse().unwrap();
    let fqdn = format!("{name}.contoso.com");
    let host = json!({"fqdn": {"value": fqdn.as_str()}, "account_sid": {"value": sid}});
    let document = json!({
        "schema": 2, "bundle_id": "0".repeat(32), "sequence": 1, "fqdn": fqdn.as_str(),
        "finished_at": time.to_string(), "state": state, "reason": "ring-not-reached",
        "detail": "", "next_action": "", "exit_code": 0, "mode": "onboard",
        "facts_after": {"host": host, "sensor": {"org_id": "absent"}},
    });
    let file = file_name(&fqdn, time, 1);
    desk.put(&format!("reports/{file}"), document.to_string().as_bytes());
}

#[test]
fn servers_are_counted_by_the_sids_of_reports_and_of_the_list() {
    let desk = published();
    fs::create_dir(desk.path("reports")).unwrap();
    let sid = |number: usize| format!("S-1-5-21-1004336348-1177238915-682003330-{number}");
    let numbers = 1100..1140;
    let mut list = String::from("DNSHostName,SID\n");
    for number in numbers.clone() {
        let name = format!("srv{number}");
        list.push_str(&format!("{name}.contoso.com,{}\n", sid(number)));
        // Of half of them nobody has heard yet.
        if number % 2 == 0 {
            leave_report(&desk, &name, &sid(number), "waiting");
        }
    }
    list.push_str("unknown.contoso.com,\n");
    desk.put("expected.csv", list.as_bytes());
    let below = |percent: u8| {
        let positions = numbers.clone().map(|number| ring_position(&sid(number)));
        positions.filter(|position| *position < percent).count()
    };
    let told = ["--reports", "reports", "--expected", "expected.csv"];
    let answer = answer(&desk, &[&["ring", "60"], &told[..]].concat());
    let servers = &answer["result"]["bundles"][0]["servers"];
    assert_eq!(
        *servers,
        json!({
            "servers": numbers.len() + 1, "unknown": 1, "done": 0, "before": below(10),
            "after": below(60), "begin": below(60) - below(10), "stop": 0,
        })
    );
    let shown = rollout(&desk, &[&["pause"], &told[..]].concat());
    let line = format!("servers  {} of 41 may begin now, 0 then", below(10));
    assert!(shown.succeeds().contains(&line), "{}", shown.out);
    assert!(
        shown.out.contains("the SIDs of 1 are not known"),
        "{}",
        shown.out
    );
}
