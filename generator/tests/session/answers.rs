//! `--json`: one document from every command, in success and in failure, each held to the schema
//! that the program itself prints.

use std::fs;

use gangway_contract::UtcTime;
use gangway_contract::report::file_name;
use gangway_fixtures::authenticode::{Signature, sign_pe};
use serde_json::{Value, json};

use super::desk::{Desk, NOW};
use super::differences::twice;

/// The downloads, and nothing built.
fn downloads() -> Desk {
    Desk::with_downloads()
}

fn built() -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    desk
}

/// A bundle, and a signing command that gives the signed exe.
fn signable() -> Desk {
    let desk = Desk::with_downloads();
    desk.change_config(
        "[signing]",
        "[signing]\ncommand = [\"/bin/cp\", \"signed.exe\", \"{out}\"]",
    );
    desk.build().succeeds();
    let signed = sign_pe(&fs::read(desk.exe()).unwrap(), &Signature::default());
    desk.put("signed.exe", &signed);
    desk
}

/// Two bundles whose documents say the same: an exe that was signed since, a payload that was
/// replaced, a file that is gone, and one that is new.
fn tampered() -> Desk {
    let desk = twice();
    let signed = sign_pe(&fs::read(desk.exe()).unwrap(), &Signature::default());
    fs::write(desk.exe(), signed).unwrap();
    for (path, _) in desk.tree("out") {
        if path.ends_with("/md4ws.msi") {
            desk.put(&format!("out/{path}"), b"another");
        }
    }
    fs::remove_file(desk.path("out/runbook.html")).unwrap();
    desk.put("out/publish/more.ps1", b"x");
    desk
}

fn reports() -> Desk {
    let desk = Desk::empty();
    fs::create_dir(desk.path("reports")).unwrap();
    desk.put("reports/odd.json", b"{}");
    desk.put("expected.txt", b"srv1.contoso.com\n");
    desk
}

/// As above, with one report of a server.
fn one_report() -> Desk {
    let desk = reports();
    put_report(&desk, 1);
    desk
}

/// With five reports of it.
fn old_reports() -> Desk {
    let desk = reports();
    for hour in 1..=5 {
        put_report(&desk, hour);
    }
    desk
}

fn put_report(desk: &Desk, hour: u32) {
    let time: UtcTime = format!("2026-01-01T0{hour}:00:00Z").parse().unwrap();
    let document = json!({
        "schema": 2, "bundle_id": "0".repeat(32), "sequence": 1, "fqdn": "srv1.contoso.com",
        "finished_at": time.to_string(), "state": "failed", "reason": "step-failed",
        "detail": "", "next_action": "", "exit_code": 53, "mode": "onboard",
        "facts_after": {"sensor": {"org_id": "absent"}},
    });
    let name = file_name("srv1.contoso.com", time, hour);
    desk.put(&format!("reports/{name}"), document.to_string().as_bytes());
}

/// Name of the golden file, the desk, the command line without `--json`, and how it ends.
type Case = (&'static str, fn() -> Desk, &'static [&'static str], i32);

const CASES: &[Case] = &[
    ("init", Desk::empty, &["init", "new.toml"], 0),
    ("init-failed", Desk::empty, &["init", "root.pem"], 3),
    (
        "inspect",
        downloads,
        &[
            "inspect",
            "-c",
            "gangway.toml",
            "--as-of",
            NOW,
            "downloads/md4ws.msi",
        ],
        0,
    ),
    (
        "inspect-failed",
        downloads,
        &["inspect", "-c", "absent.toml", "downloads"],
        3,
    ),
    (
        "inspect-found",
        downloads,
        &["inspect", "--as-of", NOW, "downloads/Install.ps1"],
        1,
    ),
    (
        "build",
        downloads,
        &["build", "-o", "out", "--stub", "stub.exe", "--as-of", NOW],
        0,
    ),
    (
        "build-unchanged",
        built,
        &["build", "-o", "out", "--stub", "stub.exe", "--as-of", NOW],
        0,
    ),
    (
        "build-denied",
        downloads,
        &[
            "build", "-o", "out", "--stub", "stub.exe", "--as-of", NOW, "--deny", "GW1305",
        ],
        1,
    ),
    (
        "build-failed",
        Desk::empty,
        &["build", "-o", "out", "--stub", "absent.exe"],
        3,
    ),
    ("lock", built, &["lock", "--from", "out", "--as-of", NOW], 0),
    ("lock-failed", built, &["lock", "--from", "downloads"], 4),
    ("sign", signable, &["sign", "out", "--as-of", NOW], 0),
    ("sign-failed", built, &["sign", "out"], 2),
    (
        "verify",
        built,
        &["verify", "out", "-c", "gangway.toml", "--as-of", NOW],
        0,
    ),
    ("verify-failed", built, &["verify", "downloads"], 4),
    ("lint", built, &["lint", "out"], 0),
    ("lint-failed", Desk::empty, &["lint", "root.pem"], 3),
    ("diff", built, &["diff", "out", "out"], 0),
    ("diff-found", tampered, &["diff", "before", "out"], 1),
    ("diff-failed", built, &["diff", "absent", "out"], 3),
    #[cfg(feature = "directory")]
    (
        "publish-offline",
        built,
        &[
            "publish",
            "gpo",
            "out",
            "--offline",
            "--allow-unsigned",
            "--link",
            "OU=Servers,DC=contoso,DC=com",
            "--as-of",
            NOW,
        ],
        0,
    ),
    #[cfg(feature = "directory")]
    (
        "publish-failed",
        built,
        &["publish", "gpo", "out", "--offline", "--as-of", NOW],
        4,
    ),
    (
        "report",
        one_report,
        &[
            "report",
            "reports",
            "--expected",
            "expected.txt",
            "--as-of",
            "2026-01-02",
        ],
        0,
    ),
    (
        "report-uncounted",
        one_report,
        &[
            "report",
            "reports",
            "--expected",
            "expected.txt",
            "--as-of",
            NOW,
        ],
        3,
    ),
    (
        "report-prune",
        old_reports,
        &["report", "reports", "--prune", "--apply", "--as-of", NOW],
        0,
    ),
    (
        "report-prune-failed",
        old_reports,
        &["report", "reports", "--prune", "--history", "reports/a.csv"],
        3,
    ),
    ("report-failed", reports, &["report", "absent"], 3),
    ("explain", Desk::empty, &["explain", "gw1305"], 0),
    ("explain-failed", Desk::empty, &["explain", "GW9999"], 2),
    ("version", Desk::empty, &["--version"], 0),
    ("completions", Desk::empty, &["completions", "bash"], 0),
    ("schema", Desk::empty, &["schema"], 0),
    ("schema-failed", Desk::empty, &["schema", "absent"], 2),
    ("gangway-failed", Desk::empty, &["buidl"], 2),
];

/// What follows from code that others change stands by its kind: the golden files are about
/// keys and words.
fn normalise(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), &mut *value) {
                    ("size" | "unsigned_size", Value::Number(_)) => *value = 1.into(),
                    ("files", Value::Number(_)) => *value = 1.into(),
                    ("files", Value::Array(list)) => list.clear(),
                    // Told by whoever builds, and of what lies beside the program.
                    ("commit", _) | ("stub", Value::Object(_)) => *value = Value::Null,
                    ("der" | "script", Value::String(_)) => *value = "(long)".into(),
                    _ => normalise(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(normalise),
        Value::String(text) => *text = without_sizes(&without_digests(text)),
        _ => {}
    }
}

/// Runs of 32 and more hex digits as `#`, GUIDs in braces too.
fn without_digests(text: &str) -> String {
    let pieces = text.split_inclusive(['{', '}']).map(|piece| {
        if piece.len() == 37 && piece.ends_with('}') {
            "#}"
        } else {
            piece
        }
    });
    let text: String = pieces.collect();
    let mut out = String::new();
    let mut run = String::new();
    for character in text.chars().chain(['\0']) {
        if matches!(character, '0'..='9' | 'a'..='f') {
            run.push(character);
            continue;
        }
        out.push_str(if run.len() < 32 { &run } else { "#" });
        run.clear();
        out.push(character);
    }
    out.pop();
    out
}

/// The number before each ` bytes` as `#`.
fn without_sizes(text: &str) -> String {
    let mut pieces: Vec<&str> = text.split(" bytes").collect();
    let last = pieces.pop().unwrap_or_default();
    let mut out = String::new();
    for piece in pieces {
        out.push_str(piece.trim_end_matches(|c: char| c.is_ascii_digit()));
        out.push_str("# bytes");
    }
    out + last
}

fn schema(name: &str) -> Value {
    let session = Desk::empty().run(&["schema", name]);
    serde_json::from_str(session.succeeds()).unwrap()
}

#[test]
fn every_command_answers_with_one_document_that_its_schema_describes() {
    for (name, desk, arguments, code) in CASES {
        let session = desk().run(&[*arguments, &["--json"]].concat());
        assert_eq!(
            session.code, *code,
            "{name}: {}{}",
            session.out, session.err
        );
        assert_eq!(
            session.err, "",
            "{name}: nothing is told beside the document"
        );
        let mut document: Value = serde_json::from_str(&session.out).unwrap();
        let id = document["schema"].as_str().unwrap();
        let (schema_name, _) = id
            .strip_prefix("gangway.")
            .unwrap()
            .split_once('/')
            .unwrap();
        let validator = jsonschema::validator_for(&schema(schema_name)).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&document)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
        assert_eq!(document["exit_code"], *code, "{name}");
        assert_eq!(
            document["error"].is_null(),
            document["result"].is_object()
                && !name.ends_with("denied")
                && !name.ends_with("uncounted"),
            "{name}: an error, or a result"
        );
        // The schema is not one that takes everything.
        for key in [
            "schema",
            "command",
            "exit_code",
            "result",
            "problems",
            "error",
        ] {
            let mut damaged = document.clone();
            damaged[key] = serde_json::json!([[]]);
            assert!(!validator.is_valid(&damaged), "{name}: another {key}");
            damaged.as_object_mut().unwrap().remove(key);
            assert!(!validator.is_valid(&damaged), "{name}: no {key}");
        }
        normalise(&mut document);
        let text = serde_json::to_string_pretty(&document).unwrap();
        insta::assert_snapshot!(*name, text);
    }
}

/// Whoever reads these answers learns here that one of them changes.
#[test]
fn the_schemas_are_these() {
    let listed = Desk::empty().run(&["schema"]);
    for line in listed.succeeds().lines() {
        let (name, _) = line.split_once(' ').unwrap();
        let mut schema = schema(name);
        without_descriptions(&mut schema);
        // What all have is shown once, in the schema of the command line itself.
        if name != "gangway" {
            let definitions = schema["$defs"].as_object_mut().unwrap();
            for common in ["Change", "Failure", "FailureCode", "Problem", "Severity"] {
                definitions.remove(common).unwrap();
            }
        }
        let text = serde_json::to_string_pretty(&schema).unwrap();
        insta::assert_snapshot!(format!("schema-of-{name}"), text);
    }
}

fn without_descriptions(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // A property may be called so too.
            fields.retain(|key, value| key != "description" || !value.is_string());
            fields.values_mut().for_each(without_descriptions);
        }
        Value::Array(values) => values.iter_mut().for_each(without_descriptions),
        _ => {}
    }
}

#[test]
fn a_lab_root_that_was_trusted_is_never_silent() {
    for arguments in [
        ["inspect", "-c", "gangway.toml", "downloads"].as_slice(),
        &["build", "-o", "out", "--stub", "stub.exe"],
    ] {
        let arguments = [arguments, &["--as-of", NOW, "--json"]].concat();
        let session = downloads().run(&arguments);
        let document: Value = serde_json::from_str(session.succeeds()).unwrap();
        let problems = document["problems"].as_array().unwrap();
        assert!(
            problems.iter().any(|problem| problem["code"] == "GW1305"),
            "{arguments:?}: {document}"
        );
    }
}
