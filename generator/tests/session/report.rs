//! The fleet's report: what servers wrote, as an administrator sees it.

use serde_json::json;

use super::desk::Desk;

/// A report in whose texts a taken server hid `hidden`.
fn report(hidden: &str) -> Vec<u8> {
    let document = json!({
        "schema": 1,
        "bundle_id": "0".repeat(32),
        "sequence": 1,
        "fqdn": format!("srv1{hidden}.contoso.com"),
        "finished_at": "2026-03-02T09:00:00Z",
        "state": "failed",
        "reason": format!("step-failed{hidden}"),
        "detail": format!("detail{hidden}"),
        "next_action": format!("look{hidden}"),
        "exit_code": 1,
        "facts_after": {"sensor": {"org_id": "absent"}},
    });
    serde_json::to_vec(&document).unwrap()
}

#[test]
fn nothing_that_a_server_wrote_drives_the_terminal_or_passes_for_a_line_of_ours() {
    let desk = Desk::empty();
    std::fs::create_dir(desk.path("reports")).unwrap();
    for (hidden, written) in [
        ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
        ("\r\n100 % done", "\\u{d}\\u{a}100 % done"),
        ("\u{202e}", "\\u{202e}"),
        ("\u{9b}2J", "\\u{9b}2j"),
    ] {
        desk.put("reports/srv1.json", &report(hidden));
        let text = desk.run(&["report", "reports"]);
        let text = text.succeeds();
        assert!(!text.contains(hidden), "{text:?}");
        assert!(text.to_lowercase().contains(written), "{text:?}");
        let document = desk.run(&["report", "--json", "reports"]);
        let document = document.succeeds();
        assert!(!document.contains(hidden), "{document:?}");
        let value: serde_json::Value = serde_json::from_str(document).unwrap();
        assert_eq!(value["result"]["servers"].as_array().map(Vec::len), Some(1));
    }
}

#[test]
fn servers_that_nobody_expected_are_named_and_do_not_count() {
    let desk = Desk::empty();
    std::fs::create_dir(desk.path("reports")).unwrap();
    for (name, state) in [
        ("srv1", "failed"),
        ("srv2", "onboarded"),
        ("new", "onboarded"),
    ] {
        let mut document: serde_json::Value = serde_json::from_slice(&report("")).unwrap();
        document["fqdn"] = format!("{name}.contoso.com").into();
        document["state"] = state.into();
        desk.put(
            &format!("reports/{name}.json"),
            document.to_string().as_bytes(),
        );
    }
    desk.put("expected.txt", b"SRV1.contoso.com\nsrv2.contoso.com\n");
    let session = desk.run(&["report", "reports", "--expected", "expected.txt"]);
    assert!(
        session.succeeds().ends_with("50 % done\n"),
        "{}",
        session.out
    );
    for text in ["GW4002", "new.contoso.com"] {
        assert!(session.err.contains(text), "{}", session.err);
    }
    let reached = |percent: &str| {
        let list = ["report", "reports", "--expected", "expected.txt"];
        desk.run(&[&list[..], &["--threshold", percent]].concat())
            .code
    };
    assert_eq!((reached("50"), reached("51")), (0, 1));
}
