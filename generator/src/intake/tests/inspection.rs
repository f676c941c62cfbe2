//! Whole inspections, and how they are told.

use super::*;

/// What programs get: items and findings.
fn as_json(inspection: &Inspection) -> String {
    let problems: Vec<_> = inspection.all_problems().collect();
    serde_json::to_string(&(report::document(inspection), problems)).unwrap()
}

#[test]
fn damaged_files_say_what_they_are() {
    let zip = portal::group_policy_zip(&ScriptSpec::default());
    check(&[("empty.zip", Vec::new())], &["GW1002"]);
    check(&[("cut.zip", zip[..zip.len() / 2].to_vec())], &["GW1105"]);
    let inspection = check(&[("notes.txt", b"hello".to_vec())], &[]);
    assert_eq!(inspection.items[0].kind.name(), "unknown");
    assert_eq!(inspection.items[0].sha256, Sha256::of(b"hello"));
}

#[test]
fn a_missing_path_is_a_problem_and_the_rest_is_judged() {
    let downloads = Downloads::new(&[(CMD, script(BlobSpec::default()))]);
    let missing = downloads.path().join("missing");
    let inspection = inspect(&[missing, downloads.path().to_owned()], &lab());
    assert_eq!(codes(&inspection), ["GW1001"]);
    assert_eq!(inspection.items.len(), 1);
}

#[test]
fn items_and_problems_have_one_order_on_every_run() {
    let files: Vec<(String, Vec<u8>)> = (0..40)
        .map(|number| (format!("{number}.txt"), vec![b'x'; number + 1]))
        .collect();
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
    let downloads = Downloads::new(&files);
    let first = as_json(&downloads.inspect());
    for _ in 0..5 {
        assert_eq!(as_json(&downloads.inspect()), first);
    }
}

#[test]
fn no_output_holds_the_blob() {
    let downloads = Downloads::new(&[
        (CMD, script(BlobSpec::default())),
        ("x.onboarding", BlobSpec::default().json().into_bytes()),
    ]);
    let inspection = downloads.inspect();
    let shown = format!(
        "{inspection:?}{}{}",
        as_json(&inspection),
        report::text(&inspection)
    );
    let document: serde_json::Value = serde_json::from_str(&BlobSpec::default().json()).unwrap();
    for field in ["sig", "cert", "body"] {
        let secret = document[field].as_str().unwrap();
        assert!(!shown.contains(&secret[..60]), "{field}");
    }
}

#[test]
fn the_text_view_answers_what_whose_until_when_and_whether() {
    let downloads = Downloads::new(&[
        ("a.cmd", script(BlobSpec::default())),
        ("b.cmd", script(BlobSpec::offboarding(NOW + 7 * DAY))),
        ("c.msi", AgentSpec::default().bytes()),
        ("d.txt", b"notes".to_vec()),
        ("e.cmd", script(BlobSpec::offboarding(NOW - DAY))),
    ]);
    let text = report::text(&downloads.inspect());
    for expected in [
        "is        onboarding script (Group Policy), version 2.11",
        &format!("tenant    {ORG_ID}"),
        "service   commercial cloud, streamlined connectivity",
        "until     2026-11-29 00:00:00 UTC",
        "platform  4.18.25020.1009",
        "made by   signed by CN=Contoso Lab Code Signing (worthless), O=Contoso Lab (lab root)",
        "usable    yes",
        "usable    no: GW1215",
        "usable    not a payload",
        "5 files; 2 errors",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}
