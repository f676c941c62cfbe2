//! The fleet's report: what servers wrote, as an administrator sees it.

use gangway_contract::report::file_name;
use gangway_contract::{ExitCode, Reason, State, UtcTime};
use serde_json::{Value, json};

use super::desk::Desk;

/// The moment that all reports here are read at, and an hour before it.
const NOW: &str = "1772445600";
pub(crate) const LATELY: &str = "2026-03-02T09:00:00Z";

/// A report in whose texts a taken server hid `hidden`.
fn report(hidden: &str) -> Vec<u8> {
    let document = json!({
        "schema": 2,
        "bundle_id": "0".repeat(32),
        "sequence": 1,
        "fqdn": format!("srv1{hidden}.contoso.com"),
        "finished_at": LATELY,
        "state": "failed",
        "reason": "step-failed",
        "detail": format!("detail{hidden}"),
        "next_action": format!("look{hidden}"),
        "exit_code": 53,
        "mode": "onboard",
        "health": healthy(),
        "facts_after": {"sensor": {"org_id": "absent"}},
    });
    serde_json::to_vec(&document).unwrap()
}

/// Four answers, all good.
fn healthy() -> Value {
    let answer = |answer: &str| json!({"answer": answer, "good": true, "evidence": "seen"});
    json!({
        "onboarding": answer("onboarded"),
        "sensor": answer("alive"),
        "antivirus": answer("active"),
        "content": answer("fresh"),
    })
}

/// A desk whose folder `reports` holds these reports under the names of a bootstrap.
pub(crate) fn desk_with(reports: &[Value]) -> Desk {
    let desk = Desk::empty();
    std::fs::create_dir(desk.path("reports")).unwrap();
    for (number, report) in (0..).zip(reports) {
        put(&desk, report, number);
    }
    desk
}

fn put(desk: &Desk, report: &Value, number: u32) {
    put_as(desk, "reports", report, number);
}

fn put_as(desk: &Desk, folder: &str, report: &Value, number: u32) {
    let time: UtcTime = serde_json::from_value(report["finished_at"].clone()).unwrap();
    let name = file_name(report["fqdn"].as_str().unwrap(), time, number);
    desk.put(&format!("{folder}/{name}"), report.to_string().as_bytes());
}

pub(crate) fn report_of(name: &str, state: &str, finished_at: &str) -> Value {
    let mut document: Value = serde_json::from_slice(&report("")).unwrap();
    document["fqdn"] = format!("{name}.contoso.com").into();
    document["finished_at"] = finished_at.into();
    let (mode, reason) = match state {
        "onboarded" => ("onboard", "converged"),
        "onboarded_pending_reboot" => ("onboard", "restart-after-onboarding"),
        "onboarded_unhealthy" => ("onboard", "no-antivirus"),
        "offboarded" => ("offboard", "offboarded"),
        "assessed" => ("precheck", "ready"),
        _ => ("onboard", "step-failed"),
    };
    document["mode"] = mode.into();
    document["state"] = state.into();
    because(document, reason)
}

/// The report with another reason, and the exit code of a run that ends so.
fn because(mut report: Value, reason: &str) -> Value {
    report["reason"] = reason.into();
    let state: State = serde_json::from_value(report["state"].clone()).unwrap();
    if let Some(known) = Reason::from_code(reason) {
        report["exit_code"] = ExitCode::of(state, known).number().into();
    }
    report
}

fn with_org(mut report: Value, org_id: &str) -> Value {
    report["facts_after"]["sensor"]["org_id"] = json!({"value": org_id});
    report
}

const OURS: &str = "01234567-89ab-cdef-0123-456789abcdef";
const OTHER: &str = "fedcba98-89ab-cdef-0123-456789abcdef";

pub(crate) fn ask<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["report", "reports", "--as-of", NOW], more].concat()
}

#[test]
fn nothing_that_a_server_wrote_drives_the_terminal_or_passes_for_a_line_of_ours() {
    for (hidden, written) in [
        ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
        ("\r\n100 % done", "\\u{d}\\u{a}100 % done"),
        ("\u{202e}", "\\u{202e}"),
        ("\u{9b}2J", "\\u{9b}2j"),
    ] {
        let mut odd: Value = serde_json::from_slice(&report(hidden)).unwrap();
        odd["fqdn"] = format!("srv1{hidden}.contoso.com").into();
        let desk = desk_with(&[odd]);
        let text = desk.run(&ask(&[]));
        let text = text.succeeds();
        assert!(!text.contains(hidden), "{text:?}");
        assert!(text.to_lowercase().contains(written), "{text:?}");
        let document = desk.run(&ask(&["--json"]));
        let document = document.succeeds();
        assert!(!document.contains(hidden), "{document:?}");
        let value: Value = serde_json::from_str(document).unwrap();
        assert_eq!(value["result"]["servers"].as_array().map(Vec::len), Some(1));
    }
}

/// Nobody is done whose report does not tell of protection, whatever state it names.
#[test]
fn onboarded_is_not_done_unless_the_report_tells_that_the_server_is_protected() {
    let mut older = report_of("older", "onboarded", LATELY);
    older["schema"] = 1.into();
    older.as_object_mut().unwrap().remove("health");
    let mut untold = report_of("untold", "onboarded", LATELY);
    untold.as_object_mut().unwrap().remove("health");
    let mut against = report_of("against", "onboarded_pending_reboot", LATELY);
    against["health"]["antivirus"] = json!({"answer": "off", "good": false});
    let unhealthy = report_of("unhealthy", "onboarded_unhealthy", LATELY);
    let desk = desk_with(&[older, untold, against, unhealthy]);
    let session = desk.run(&ask(&[]));
    let text = session.succeeds();
    assert!(text.ends_with("\n0 % done, owners not checked\n"), "{text}");
    for line in [
        "3  onboarded, protection not told",
        "1  onboarded, not protected as wanted",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let good = desk_with(&[report_of("good", "onboarded", LATELY)]);
    assert!(
        good.run(&ask(&[]))
            .succeeds()
            .ends_with("\n100 % done, owners not checked\n")
    );
}

#[test]
fn servers_that_nobody_expected_are_named_and_do_not_count() {
    let desk = desk_with(&[
        report_of("srv1", "failed", LATELY),
        report_of("srv2", "onboarded", LATELY),
        report_of("new", "onboarded", LATELY),
    ]);
    desk.put("expected.txt", b"SRV1.contoso.com\nsrv2.contoso.com\n");
    let session = desk.run(&ask(&["--expected", "expected.txt"]));
    assert!(
        session
            .succeeds()
            .ends_with("50 % done, owners not checked\n"),
        "{}",
        session.out
    );
    for text in ["GW4002", "new.contoso.com"] {
        assert!(session.err.contains(text), "{}", session.err);
    }
    let reached = |percent: &str| {
        desk.run(&ask(&[
            "--expected",
            "expected.txt",
            "--threshold",
            percent,
        ]))
        .code
    };
    assert_eq!((reached("50"), reached("51")), (0, 1));
}

/// What a second report says, what it must not change, and what the answer names.
#[test]
fn no_report_raises_the_number_that_should_not() {
    let failed = report_of("srv1", "failed", LATELY);
    let good = |name: &str, time: &str| with_org(report_of(name, "onboarded", time), OURS);
    let table: [(&str, &[Value], &[&str], &str); 3] = [
        (
            "from the future",
            &[failed.clone(), good("srv1", "2099-01-01T00:00:00Z")],
            &["--org-id", OURS],
            "lies in the future",
        ),
        (
            "offboarded, and the rollout onboards",
            &[with_org(report_of("srv1", "offboarded", LATELY), OURS)],
            &["--org-id", OURS],
            "offboarded",
        ),
        (
            "on no list",
            &[failed.clone(), good("srv2", LATELY)],
            &["--org-id", OURS, "--expected", "one.txt"],
            "GW4002",
        ),
    ];
    for (what, reports, arguments, named) in table {
        let desk = desk_with(reports);
        desk.put("one.txt", b"srv1.contoso.com\n");
        let session = desk.run(&ask(arguments));
        assert!(
            session.out.ends_with("\n0 % done, owners not checked\n"),
            "{what}: {}",
            session.out
        );
        let said = format!("{}{}", session.out, session.err);
        assert!(said.contains(named), "{what}: {said}");
        let threshold = desk.run(&ask(&[arguments, &["--threshold", "1"]].concat()));
        assert_eq!(threshold.code, 1, "{what}");
    }
}

/// What is odd about the reports, the reports, the arguments, and what is said.
type Uncounted<'a> = (&'a str, &'a [Value], &'a [&'a str], &'a [&'a str]);

/// Reports of which none says anything of a server that is asked for: no number is printed for
/// people, and machines get servers and error.
#[test]
fn reports_of_which_none_counts_are_an_error_that_counts_the_reasons() {
    let good = |name: &str, time: &str| with_org(report_of(name, "onboarded", time), OURS);
    let mut of_a_precheck = good("srv1", LATELY);
    of_a_precheck["mode"] = "precheck".into();
    let old = good("srv2", "2024-03-02T09:00:00Z");
    let elsewhere = with_org(report_of("srv3", "onboarded", LATELY), OTHER);
    let nameless = report_of("srv4", "onboarded", LATELY);
    let table: [Uncounted<'_>; 6] = [
        (
            "of a precheck, which onboards nothing",
            &[of_a_precheck.clone()],
            &[],
            &["reports left out: 1", "GW4006"],
        ),
        (
            "two years old",
            std::slice::from_ref(&old),
            &[],
            &["servers not heard from for 30 days: 1"],
        ),
        (
            "of another tenant, and of none",
            &[elsewhere.clone(), nameless],
            &["--org-id", OURS],
            &["servers of another tenant: 2"],
        ),
        (
            "of servers that are not on the list",
            &[good("srv1", LATELY)],
            &["--expected", "list.txt"],
            &["servers that are not on the list: 1", "export the list"],
        ),
        (
            "of a server on the list that is old, and of one that is not on it",
            &[good("srv1", LATELY), good("srv9", "2024-03-02T09:00:00Z")],
            &["--expected", "list.txt"],
            &["not heard from for 30 days: 1; servers that are not on the list: 1"],
        ),
        (
            "each for its own reason",
            &[of_a_precheck, old.clone(), elsewhere],
            &["--org-id", OURS],
            &[
                "reports left out: 1; servers not heard from for 30 days: 1; servers of another tenant: 1",
            ],
        ),
    ];
    for (what, reports, arguments, named) in table {
        let desk = desk_with(reports);
        desk.put("list.txt", b"srv9.contoso.com\n");
        let ask = |more: &[&str]| desk.run(&ask(&[arguments, more].concat()));
        let session = ask(&[]);
        session.fails_with(3, &[&["no report that counts", "hint:"], named].concat());
        assert_eq!(session.out, "", "{what}");
        assert_eq!(ask(&["--threshold", "0"]).code, 3, "{what}");
        let csv = ask(&["--csv"]);
        assert_eq!(csv.code, 3, "{what}");
        assert!(csv.out.starts_with("fqdn,"), "{what}: {}", csv.out);
        let document: Value = serde_json::from_str(&ask(&["--json"]).out).unwrap();
        assert_eq!(document["exit_code"], 3, "{what}");
        assert!(document["result"]["servers"].is_array(), "{what}");
        assert_eq!(document["error"]["code"], "files", "{what}");
    }
}

#[test]
fn a_folder_of_something_else_is_told_with_what_to_give() {
    let desk = Desk::with_downloads();
    desk.build_with(&["--mode", "precheck"]).succeeds();
    let manifest = std::fs::read_to_string(desk.path("out/manifest.json")).unwrap();
    std::fs::create_dir(desk.path("shared")).unwrap();
    desk.put("shared/bundle.json", b"{}");
    let share = manifest.replace(
        "\"report_root\": null",
        r#""report_root": "\\\\files.contoso.com\\reports$""#,
    );
    assert_ne!(share, manifest);
    desk.put("shared/manifest.json", share.as_bytes());
    for (folder, told) in [
        ("out", &["but a bundle", "names no `share.reports`"][..]),
        (
            "shared",
            &[
                "but a bundle",
                r"reports in `\\files.contoso.com\reports$`",
                "--bundle",
            ],
        ),
        (
            "out/share",
            &["the share with the payloads", "share.reports"],
        ),
        (
            "downloads",
            &["a folder with downloads (`", "gangway inspect"],
        ),
    ] {
        for more in [&[][..], &["--prune"]] {
            let session = desk.run(&[&["report", folder], more].concat());
            session.fails_with(3, &[&["is no folder of reports"], told].concat());
        }
    }
    // Once a single report lies there it is a folder of reports.
    put_as(&desk, "out", &report_of("srv1", "failed", LATELY), 1);
    desk.run(&["report", "out", "--as-of", NOW]).succeeds();
}

#[test]
fn a_report_that_speaks_for_another_server_does_not_count() {
    let desk = desk_with(&[report_of("dc1", "failed", LATELY)]);
    let forged = with_org(report_of("dc1", "onboarded", "2026-03-02T09:30:00Z"), OURS);
    let time: UtcTime = "2026-03-02T09:30:00Z".parse().unwrap();
    for name in [
        file_name("srv1.contoso.com", time, 1),
        file_name("dc1.contoso.com", time.plus(1), 2),
        "dc1.json".to_owned(),
        file_name("dc1.contoso.com", time, 3).replace(".json", " (1).json"),
    ] {
        desk.put(&format!("reports/{name}"), forged.to_string().as_bytes());
    }
    let session = desk.run(&ask(&["--org-id", OURS]));
    assert!(
        session.out.ends_with("\n0 % done, owners not checked\n"),
        "{}",
        session.out
    );
    assert!(
        session.out.contains("1 reports, 4 left out"),
        "{}",
        session.out
    );
    for text in ["GW4006", "its name says `srv1.contoso.com`"] {
        assert!(session.err.contains(text), "{}", session.err);
    }
}

#[test]
fn servers_of_several_tenants_need_a_name_for_the_one_that_is_meant() {
    let desk = desk_with(&[
        with_org(report_of("srv1", "onboarded", LATELY), OURS),
        with_org(report_of("srv2", "onboarded", LATELY), OTHER),
    ]);
    let session = desk.run(&ask(&[]));
    assert_eq!(session.code, 1, "{}", session.out);
    assert!(session.err.contains("GW4007"), "{}", session.err);
    let named = desk.run(&ask(&["--org-id", OURS]));
    assert!(
        named
            .succeeds()
            .ends_with("50 % done, owners not checked\n"),
        "{}",
        named.out
    );
}

#[test]
fn a_folder_without_a_report_is_an_error_and_no_number() {
    let desk = desk_with(&[]);
    let session = desk.run(&ask(&[]));
    session.fails_with(3, &["holds no report", "hint:"]);
    assert!(!session.out.contains('%'), "{}", session.out);
}

#[test]
fn silent_servers_are_named_in_every_form_that_a_machine_reads() {
    let quiet: String = (0..8).map(|n| format!("quiet{n}.contoso.com\n")).collect();
    let names = format!("srv1.contoso.com\n{quiet}");
    let desk = desk_with(&[report_of("srv1", "failed", LATELY)]);
    desk.put("list.txt", names.as_bytes());
    let of = |more: &[&str]| desk.run(&ask(&[&["--expected", "list.txt"], more].concat()));
    let few = of(&[]);
    assert!(few.out.contains("and 3 more; `--all`"), "{}", few.out);
    for form in ["--all", "--csv", "--json"] {
        let out = of(&[form]).out;
        let count = (0..8).filter(|n| out.contains(&format!("quiet{n}.contoso.com")));
        assert_eq!(count.count(), 8, "{form}: {out}");
    }
}

#[test]
fn what_done_means_is_what_the_bundle_says() {
    let desk = desk_with(&[with_org(report_of("srv1", "offboarded", LATELY), OURS)]);
    std::fs::create_dir(desk.path("out")).unwrap();
    desk.put("out/manifest.json", b"{}");
    desk.run(&ask(&["--bundle", "out"]))
        .fails_with(4, &["out/manifest.json", "hint:"]);
    desk.run(&ask(&["--org-id", "x"]))
        .fails_with(2, &["--org-id"]);
    let onboard = desk.run(&ask(&["--org-id", OURS]));
    assert!(
        onboard.out.contains("done means: onboarded"),
        "{}",
        onboard.out
    );
}

#[test]
fn two_thousand_long_reports_of_one_server_take_the_room_of_one() {
    let mut long = report_of("srv1", "failed", LATELY);
    long["detail"] = "x".repeat(900_000).into();
    let desk = desk_with(&[long.clone()]);
    for number in 1..40 {
        put(&desk, &long, number);
    }
    let out = desk.run(&ask(&["--json"])).out;
    assert!(out.len() < 10_000, "{}", out.len());
    assert_eq!(
        serde_json::from_str::<Value>(&out).unwrap()["result"]["coverage"]["reports"],
        40
    );
}

/// A precheck calls every server assessed; what stands in the way is told by reason, and nothing
/// in its answer reads as onboarded.
#[test]
fn servers_that_were_only_looked_at_are_told_by_what_stands_in_their_way() {
    let looked_at = |name: &str, reason: &str| because(report_of(name, "assessed", LATELY), reason);
    let desk = desk_with(&[
        looked_at("a", "ready"),
        looked_at("b", "converged"),
        looked_at("c", "other-tenant"),
        looked_at("d", "prerequisite-missing"),
        looked_at("e", "prerequisite-missing"),
        looked_at("f", "workstation"),
        looked_at("g", "of-a-later-version"),
    ]);
    let session = desk.run(&ask(&[]));
    let text = session.succeeds();
    let block = "\nprechecked: 2 have nothing in their way, 4 have\n      \
                 2  prerequisite-missing\n      1  of-a-later-version\n      1  other-tenant\n";
    assert!(text.contains(block), "{text}");
    // Nobody named a bundle, and all that was done is looking.
    let end = "\nprecheck: 2 clear of 7 servers that reported (33 %); 4 with something in their way, \
               1 neither: no report that counts, or not for them, owners not checked\n";
    assert!(text.ends_with(end), "{text}");
    let document = desk.run(&ask(&["--json"]));
    let value: Value = serde_json::from_str(document.succeeds()).unwrap();
    assert_eq!(value["result"]["clear"], 2);
    assert_eq!(value["result"]["blockers"][0]["servers"], 2);
}

/// Who has to clear two things stands below both of them, and counts as one server.
#[test]
fn a_server_with_several_blockers_counts_for_each_of_them() {
    let blocked = |name: &str, reasons: &[&str]| {
        let mut report = because(report_of(name, "assessed", LATELY), reasons[0]);
        let blockers = reasons
            .iter()
            .map(|reason| json!({"reason": reason, "detail": "seen", "next_action": "its words"}));
        report["blockers"] = blockers.collect();
        report
    };
    let done = because(blocked("d", &["service-unreachable"]), "converged");
    let desk = desk_with(&[
        blocked(
            "a",
            &["prerequisite-missing", "prerequisite-missing", "disk-full"],
        ),
        blocked("b", &["prerequisite-missing"]),
        blocked("c", &["workstation"]),
        // Onboarded, and its service does not answer any more.
        done,
        // Nobody puts a server in the way of itself.
        blocked("e", &["ready", "converged", "of-a-later-version"]),
        blocked("f", &["ready", "converged"]),
    ]);
    let session = desk.run(&ask(&[]));
    let text = session.succeeds();
    let block = "\nprechecked: 1 have nothing in their way, 4 have\n      \
                 2  prerequisite-missing\n      1  disk-full\n      1  of-a-later-version\n      \
                 1  service-unreachable\n";
    assert!(text.contains(block), "{text}");
    assert!(
        text.contains("  a.contoso.com: detail; also disk-full\n"),
        "{text}"
    );
    let document = desk.run(&ask(&["--json"]));
    let value: Value = serde_json::from_str(document.succeeds()).unwrap();
    assert_eq!(
        (&value["result"]["clear"], &value["result"]["held"]),
        (&1.into(), &4.into())
    );
    // What this program knows it says in its own words.
    let next_of = |at: usize| {
        value["result"]["blockers"][at]["next_action"]
            .as_str()
            .unwrap()
    };
    assert!(
        next_of(0).starts_with("install the update named"),
        "{}",
        next_of(0)
    );
    assert_eq!(next_of(2), "its words");
    let table = desk.run(&ask(&["--csv"]));
    let table = table.succeeds();
    assert!(
        table.contains(",prerequisite-missing disk-full,,,\n"),
        "{table}"
    );
}

/// Whoever asked and did not reach the service is not clear, whatever else the report says.
#[test]
fn a_server_that_does_not_reach_its_service_is_not_clear() {
    let mut report = report_of("a", "assessed", LATELY);
    report["connectivity"] = json!({"reason": "tls-intercepted", "detail": "", "checks": []});
    let mut refuted = report_of("b", "assessed", LATELY);
    refuted["connectivity"] = json!({"reason": "service-reachable", "detail": "", "checks": [
        {"url": "https://x/", "need": "required", "outcome": "port-closed"}]});
    let desk = desk_with(&[report, refuted]);
    let document = desk.run(&ask(&["--json"]));
    let value: Value = serde_json::from_str(document.succeeds()).unwrap();
    let result = &value["result"];
    assert_eq!((&result["clear"], &result["held"]), (&0.into(), &1.into()));
    assert_eq!(result["blockers"][0]["reason"], "tls-intercepted");
}

/// Only what is ready, or onboarded and protected, is clear; of another mode nothing is.
#[test]
fn no_other_word_makes_a_server_clear() {
    let mut unhealthy = because(report_of("a", "assessed", LATELY), "converged");
    unhealthy["health"]["sensor"] = json!({"answer": "stopped", "good": false});
    let mut untold = because(report_of("b", "assessed", LATELY), "converged");
    untold.as_object_mut().unwrap().remove("health");
    let gone = because(report_of("c", "assessed", LATELY), "offboarded");
    let mut planned = report_of("d", "assessed", LATELY);
    planned["mode"] = "onboard".into();
    let good = because(report_of("e", "assessed", LATELY), "converged");
    let desk = desk_with(&[unhealthy, untold, gone, planned, good]);
    let value: Value = serde_json::from_str(desk.run(&ask(&["--json"])).succeeds()).unwrap();
    let result = &value["result"];
    assert_eq!((&result["clear"], &result["held"]), (&1.into(), &3.into()));
}

/// A word that only a newer bootstrap knows proves no protection here.
#[test]
fn a_good_answer_by_an_unknown_word_leaves_protection_untold() {
    let mut newer = report_of("a", "onboarded", LATELY);
    newer["health"]["sensor"]["answer"] = "alive-and-well".into();
    let desk = desk_with(&[newer]);
    let text = desk.run(&ask(&[]));
    assert!(
        text.succeeds()
            .contains("1  onboarded, protection not told"),
        "{}",
        text.out
    );
}

/// A precheck's bundle over reports of a rollout looks at servers that were not looked at.
#[test]
fn reports_of_another_mode_are_told() {
    let desk = Desk::with_downloads();
    desk.build_with(&["--mode", "precheck"]).succeeds();
    std::fs::create_dir(desk.path("reports")).unwrap();
    put(&desk, &report_of("a", "failed", LATELY), 1);
    let session = desk.run(&ask(&["--bundle", "out"]));
    session.succeeds();
    for text in [
        "GW4018",
        "the campaign is `precheck`",
        "a.contoso.com: onboard",
    ] {
        assert!(session.err.contains(text), "{}", session.err);
    }
}

/// A look that ended before its end is no clear server and none that is lost.
#[test]
fn who_was_not_looked_at_to_the_end_is_held() {
    let ended = |name: &str, state: &str, reason: &str| {
        let mut report = report_of(name, state, LATELY);
        report["mode"] = "precheck".into();
        because(report, reason)
    };
    let desk = desk_with(&[
        report_of("a", "assessed", LATELY),
        ended("b", "waiting", "paused"),
        ended("c", "blocked", "other-tenant"),
        ended("d", "refused", "payload-refused"),
    ]);
    desk.put(
        "list.txt",
        b"a.contoso.com\nb.contoso.com\nc.contoso.com\nd.contoso.com\ne.contoso.com\n",
    );
    let of = |more: &[&str]| desk.run(&ask(&[&["--expected", "list.txt"], more].concat()));
    let text = of(&[]);
    let end = "\nprecheck: 1 clear of 5 expected servers (20 %); 3 with something in their way, \
               1 neither: no report that counts, or not for them, owners not checked\n";
    assert!(text.succeeds().ends_with(end), "{}", text.out);
    assert_eq!(
        (
            of(&["--threshold", "20"]).code,
            of(&["--threshold", "21"]).code
        ),
        (0, 1)
    );
}

/// A server whose file does not count is not one that never reported.
#[test]
fn a_server_whose_report_does_not_count_is_told_apart_from_a_silent_one() {
    let mut forged = report_of("srv2", "onboarded", LATELY);
    forged["exit_code"] = 53.into();
    let desk = desk_with(&[report_of("srv1", "failed", LATELY), forged]);
    desk.put("list.txt", b"srv1.contoso.com\nSRV2\nsrv3.contoso.com\n");
    let of = |form: &str| desk.run(&ask(&["--expected", "list.txt", form]));
    let text = of("--all");
    for line in [
        "1  report does not count",
        "1  no report\n",
        "has exit code 0, and it says 53",
    ] {
        assert!(text.succeeds().contains(line), "{}", text.out);
    }
    let table = of("--csv");
    assert!(
        table
            .succeeds()
            .contains("\nsrv2,true,report_left_out,false,,\"srv2.contoso.com."),
        "{}",
        table.out
    );
    let value: Value = serde_json::from_str(of("--json").succeeds()).unwrap();
    let servers = value["result"]["servers"].as_array().unwrap();
    let why = servers.iter().map(|one| one["left_out"].as_str());
    assert_eq!(why.flatten().count(), 1);
    assert_eq!(value["result"]["coverage"]["missing"], 2);
}

#[test]
fn a_hostile_precheck_is_kept_in_bounds() {
    let mut report = report_of("a", "assessed", LATELY);
    let long = "x".repeat(2_500);
    let blocker = json!({"reason": "of-a-later-version", "detail": long, "next_action": long});
    report["blockers"] = vec![blocker; 150].into();
    let desk = desk_with(&[report]);
    let document = desk.run(&ask(&["--json"]));
    let document = document.succeeds();
    assert!(document.len() < 50_000, "{}", document.len());
    // What is not kept is told.
    let value: Value = serde_json::from_str(document).unwrap();
    assert_eq!(
        value["result"]["servers"][0]["report"]["more_blockers"],
        118
    );
    let table = desk.run(&ask(&["--csv"]));
    let table = table.succeeds();
    assert!(
        table.contains(",of-a-later-version and 118 more,"),
        "{table}"
    );
}

#[test]
fn a_precheck_prints_no_share_of_servers_that_are_done() {
    let desk = Desk::with_downloads();
    desk.build_with(&["--mode", "precheck"]).succeeds();
    std::fs::create_dir(desk.path("reports")).unwrap();
    put(&desk, &report_of("a", "assessed", LATELY), 1);
    let session = desk.run(&ask(&["--bundle", "out"]));
    let text = session.succeeds();
    let end = "\nprecheck: 1 clear of 1 servers that reported (100 %); 0 with something in their way, \
               owners not checked\n";
    assert!(text.ends_with(end), "{text}");
    assert!(!text.contains("% done"), "{text}");
}

/// The report follows one campaign: a policy of the other direction that still reaches the server starts a
/// bundle that refuses to undo this one, and says nothing of what the server is.
#[test]
fn a_server_that_was_taken_off_stays_so_while_the_older_onboarding_still_reaches_it() {
    for (other, state) in [
        (json!({"value": 2}), "offboarded"),
        (json!("absent"), "refused"),
    ] {
        let desk = super::runbook::desk("en", "");
        desk.build_with(&["--mode", "offboard"]).succeeds();
        std::fs::create_dir(desk.path("reports")).unwrap();
        let off = report_of("a", "offboarded", "2026-03-02T08:00:00Z");
        let mut refused = report_of("a", "refused", LATELY);
        refused["facts_after"]["gangway"] = json!({"other_sequence": other});
        put(&desk, &off, 1);
        put(&desk, &because(refused, "sequence-lower"), 2);
        let told = desk.run(&ask(&["--bundle", "out", "--csv"]));
        let row = told.out.lines().find(|line| line.contains("a.contoso.com"));
        let row = row.unwrap_or_else(|| panic!("{}{}", told.out, told.err));
        assert!(row.contains(state), "{row}");
    }
}

/// Which file is meant, in text and for machines: nothing of a folder `reports` that was not named.
#[test]
fn findings_name_the_paths_that_were_typed() {
    let desk = Desk::empty();
    for folder in ["rep2", "many"] {
        std::fs::create_dir(desk.path(folder)).unwrap();
        put_as(&desk, folder, &report_of("srv1", "onboarded", LATELY), 0);
        desk.put(&format!("{folder}/x.json"), b"{}");
    }
    desk.put("many/y.json", b"{}");
    desk.put(
        "servers.csv",
        b"Name,DNSHostName\nSRV1,srv1.contoso.com\n,\n",
    );
    for (folder, subject) in [("rep2", "rep2/x.json"), ("many", "many")] {
        let asked = [
            "report",
            folder,
            "--expected",
            "servers.csv",
            "--as-of",
            NOW,
        ];
        let answer: Value =
            serde_json::from_str(&desk.run(&[&asked[..], &["--json"]].concat()).out).unwrap();
        let subjects: Vec<&str> = answer["problems"]
            .as_array()
            .unwrap()
            .iter()
            .map(|problem| problem["subject"].as_str().unwrap())
            .collect();
        assert!(subjects.contains(&subject), "{subjects:?}");
        assert!(subjects.contains(&"servers.csv"), "{subjects:?}");
        let log = desk.run(&[&asked[..], &["--sarif"]].concat()).out;
        let log: Value = serde_json::from_str(&log).unwrap();
        for result in log["runs"][0]["results"].as_array().unwrap() {
            let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            let file = desk.path(place.as_str().unwrap());
            assert!(file.exists(), "{result}");
        }
    }
}

#[test]
fn a_number_with_a_unit_is_told_how_to_write_it() {
    let desk = Desk::empty();
    for (option, given, told) in [
        ("--threshold", "95%", "write the number alone: `95`"),
        ("--threshold", "95,5", "write a whole number, as `95`"),
        ("--threshold", "all", "write a whole number, as `50`"),
        ("--threshold", "101", "101 is not in 0..=100"),
        ("--max-age", "30d", "write the number alone: `30`"),
        ("--max-age", "5000000000", "is not in 0..="),
    ] {
        desk.run(&["report", "reports", option, given])
            .fails_with(2, &[option, told]);
    }
}
