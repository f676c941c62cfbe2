//! `--sarif`: logs that uploaders take, held to the published schema of SARIF 2.1.0.

use std::path::PathBuf;
use std::process::Command;

use gangway_fixtures::blob::BlobSpec;
use gangway_fixtures::script::{ScriptSpec, escape_for_cmd};
use gangway_fixtures::{archive, portal};
use serde_json::Value;

use super::desk::{Desk, NOW};

/// The schema, as a package that is never built brings it.
fn schema() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|package| package["name"] == "serde-sarif")
        .unwrap();
    let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let text = std::fs::read(manifest.with_file_name("src").join("schema.json")).unwrap();
    let mut schema: Value = serde_json::from_slice(&text).unwrap();
    // Published with a bracket too many, which no engine for ECMA-262 takes.
    for object in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][object]["properties"]["language"];
        language.as_object_mut().unwrap().remove("pattern").unwrap();
    }
    schema
}

/// A bundle, and downloads with a script that has findings in its lines.
fn desk() -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let other = escape_for_cmd(&BlobSpec::other_tenant().json());
    let line = format!("rem {other}\r\n").into_bytes();
    let script = [ScriptSpec::default().bytes(), line].concat();
    let zip = archive::zip(&[(portal::ONBOARDING_SCRIPT.to_owned(), script)]);
    desk.put("downloads/edited script.zip", &zip);
    desk.leave_report();
    desk.put("reports/odd.json", b"{}");
    desk
}

#[test]
fn every_log_is_as_the_published_schema_says() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let desk = desk();
    let config = ["-c", "gangway.toml", "--as-of", NOW];
    for (name, arguments, code) in [
        (
            "inspect",
            [&["inspect", "downloads"][..], &config].concat(),
            1,
        ),
        (
            "build-failed",
            [&["build", "-o", "new", "--stub", "stub.exe"][..], &config].concat(),
            1,
        ),
        (
            "verify",
            vec!["verify", "out", "--signed", "--as-of", NOW],
            4,
        ),
        ("lint", vec!["lint", "out"], 0),
        ("report", vec!["report", "reports", "--as-of", NOW], 0),
        (
            "config-failed",
            vec!["inspect", "-c", "stub.exe", "downloads"],
            2,
        ),
        ("files-failed", vec!["lint", "absent"], 3),
        ("command-line-failed", vec!["lint"], 2),
    ] {
        let session = desk.run(&[&arguments[..], &["--sarif"]].concat());
        assert_eq!(session.code, code, "{name}: {}{}", session.out, session.err);
        assert_eq!(session.err, "", "{name}: nothing is told beside the log");
        let log: Value = serde_json::from_str(&session.out).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&log)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["exitCode"], code, "{name}");
        let told = invocation["toolConfigurationNotifications"].is_array();
        assert_eq!(told, code == 2, "{name}: {invocation}");
        // The schema is one that refuses.
        let mut damaged = log.clone();
        damaged["runs"][0]["results"] = serde_json::json!([{ "level": "odd" }]);
        assert!(!validator.is_valid(&damaged), "{name}");
        if name == "inspect" || name.ends_with("failed") && code == 2 {
            let mut log = log;
            let rules = &mut log["runs"][0]["tool"]["driver"]["rules"];
            for rule in rules.as_array_mut().unwrap() {
                // The page of `gangway explain`, which others change.
                rule["fullDescription"]["text"] = "(page)".into();
                rule["help"] = "(page)".into();
            }
            let text = serde_json::to_string_pretty(&log).unwrap();
            insta::assert_snapshot!(format!("sarif-{name}"), text);
        }
    }
}
