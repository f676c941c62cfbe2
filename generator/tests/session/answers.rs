//! `--json`: one document from every command, in success and in failure, each held to the schema
//! that the program itself prints.

use serde_json::Value;

use super::cases::{CASES, downloads};
use super::desk::{Desk, NOW};
use super::normalise;

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
        normalise::document(&mut document);
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
        // What all answers have is shown once, in the schema of the command line itself.
        if !["gangway", "host-report", "soc"].contains(&name) {
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

/// What the bootstrap's own tests hold as its reports fits the schema that readers are given.
#[test]
fn reports_of_the_bootstrap_fit_the_schema_of_host_reports() {
    let validator = jsonschema::validator_for(&schema("host-report")).unwrap();
    let kept = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../runner/tests/whole_runs/snapshots");
    for name in ["report-done", "report-failed"] {
        let file = kept.join(format!("whole_runs__reports__{name}.snap"));
        let text = std::fs::read_to_string(file).unwrap();
        let json = &text[text.find('{').unwrap()..];
        let mut report: Value = serde_json::from_str(json).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&report)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:?}");
        report["facts_after"]["sensor"]["org_id"] = "absent-minded".into();
        assert!(!validator.is_valid(&report), "{name}");
    }
}
