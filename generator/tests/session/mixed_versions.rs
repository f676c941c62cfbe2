//! Reports of older, present and newer bootstraps in one folder, and a switch that a newer program wrote.

use std::fs;

use serde_json::{Value, json};

use super::desk::{Desk, NOW};
use super::report::{LATELY, ask, desk_with, report_of};

const EARLIER: &str = "2026-03-01T09:00:00Z";

/// The report as a bootstrap of this schema writes it.
fn of_schema(schema: u32, mut report: Value) -> Value {
    report["schema"] = schema.into();
    report
}

/// Two servers of before health was told, four of today, and eight whose bootstrap came later.
fn desk() -> Desk {
    let mut before = of_schema(1, report_of("one-onboarded", "onboarded", LATELY));
    before.as_object_mut().unwrap().remove("health");
    let mut before_failed = of_schema(1, report_of("one-failed", "failed", LATELY));
    before_failed.as_object_mut().unwrap().remove("health");
    let newer = |name: &str, state: &str| of_schema(3, report_of(name, state, LATELY));
    let mut grown = newer("three-onboarded", "onboarded");
    grown["new_field"] = json!({"of": ["a later", "version"]});
    grown["facts_after"]["os"] = json!({"product_type": {"value": "of-a-later-version"}});
    let mut other_state = newer("three-hibernated", "onboarded");
    other_state["state"] = "hibernated".into();
    other_state["reason"] = "sleeps-until-spring".into();
    let mut other_shape = newer("three-of-another-shape", "onboarded");
    other_shape["state"] = json!({"now": "onboarded"});
    other_shape["facts_after"] = json!([1, 2, 3]);
    // Nothing but its name, its time and its shape is as it was.
    let mut unreadable = newer("three-of-other-words", "onboarded");
    unreadable["state"] = json!({"now": "onboarded"});
    unreadable["reason"] = json!(["none"]);
    let mut changed = newer("two-then-three", "onboarded");
    changed["state"] = "hibernated".into();
    let mut nothing_left = newer("three-of-no-time", "onboarded");
    nothing_left["finished_at"] = LATELY.into();
    let desk = desk_with(&[
        before,
        before_failed,
        report_of("two-onboarded", "onboarded", LATELY),
        report_of("two-onboarded", "onboarded", EARLIER),
        report_of("two-failed", "failed", LATELY),
        report_of("two-then-three", "onboarded", EARLIER),
        changed,
        // Rolled back: what counts is the newest, whatever wrote the older one.
        of_schema(3, report_of("three-then-two", "onboarded", EARLIER)),
        report_of("three-then-two", "onboarded", LATELY),
        grown,
        newer("three-failed", "failed"),
        newer("three-not-targeted", "not_targeted"),
        other_state,
        other_shape,
        unreadable,
    ]);
    // Its name tells the time, and nothing in it does.
    nothing_left.as_object_mut().unwrap().remove("finished_at");
    desk.put(
        "reports/three-of-no-time.contoso.com.20260302T090000Z.000000ff.json",
        nothing_left.to_string().as_bytes(),
    );
    // A newer bootstrap's report is nobody else's either.
    let forged = of_schema(3, report_of("two-onboarded", "failed", LATELY));
    desk.put(
        "reports/two-failed.contoso.com.20260302T090000Z.000000fe.json",
        forged.to_string().as_bytes(),
    );
    desk
}

#[test]
fn reports_of_older_and_newer_bootstraps_count_as_far_as_they_can_be_read() {
    let desk = desk();
    let told = desk.run(&ask(&[]));
    insta::assert_snapshot!("mixed_text", format!("{}\n{}", told.out, told.err));
    let csv = desk.run(&ask(&["--csv"]));
    insta::assert_snapshot!("mixed_csv", csv.out);
    let answer = desk.run(&ask(&["--json"]));
    insta::assert_snapshot!("mixed_json", answer.out);
}

/// The history would say for ever what this program cannot know, and the report would be gone.
#[test]
fn reports_of_newer_bootstraps_are_not_pruned() {
    let desk = desk();
    let before = desk.tree("reports");
    let pruned = desk.run(&ask(&[
        "--prune",
        "--keep-newest",
        "1",
        "--keep-days",
        "0",
        "--history",
        "history.csv",
        "--apply",
    ]));
    pruned.succeeds();
    let gone: Vec<&String> = before
        .iter()
        .map(|(name, _)| name)
        .filter(|name| !desk.path(&format!("reports/{name}")).exists())
        .collect();
    let [gone] = gone.as_slice() else {
        panic!("{gone:?}\n{}", pruned.out);
    };
    assert!(
        gone.starts_with("two-onboarded.contoso.com.20260301"),
        "{gone}"
    );
}

/// Servers hold still, each says why, and whoever has the older program hears the same of the share.
#[test]
fn a_switch_of_a_newer_program_is_named_beside_reports_of_both() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    fs::create_dir(desk.path("share")).unwrap();
    let publish = [
        "publish",
        "share",
        "out",
        "--to",
        "share",
        "--allow-unsigned",
        "--apply",
        "--as-of",
        NOW,
    ];
    desk.run(&publish).succeeds();
    let newer =
        r#"{"schema":2,"paused":false,"min_sequence":0,"ring_percent":100,"hold_back":["a"]}"#;
    desk.put("share/control.json", newer.as_bytes());
    fs::create_dir(desk.path("reports")).unwrap();
    for (number, schema) in [(1, 1), (2, 2), (3, 3)] {
        let mut report = report_of(&format!("srv{number}"), "waiting", "2026-03-31T23:00:00Z");
        report["schema"] = schema.into();
        report["reason"] = "control-unreadable".into();
        report["exit_code"] = 51.into();
        report.as_object_mut().unwrap().remove("health");
        let file = format!("reports/srv{number}.contoso.com.20260331T230000Z.0000000{number}.json");
        desk.put(&file, report.to_string().as_bytes());
    }
    let shown = desk.run(&[
        "rollout",
        "share",
        "show",
        "--reports",
        "reports",
        "--as-of",
        NOW,
    ]);
    insta::assert_snapshot!("mixed_switch_text", format!("{}\n{}", shown.out, shown.err));
    assert_eq!(shown.code, 1);
    // Nothing of what it says is lost by a publication.
    let again = desk.run(&publish);
    assert_eq!(again.code, 1, "{}", again.err);
    assert_eq!(
        fs::read(desk.path("share/control.json")).unwrap(),
        newer.as_bytes()
    );
}
