//! The list of parts against the schema of its format, as the foundation behind it publishes it.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use gangway::bundle::BundleDocument;
use gangway::provenance::{Subject, parts};
use gangway_real_files::Package;
use serde_json::{Value, json};

fn document() -> BundleDocument {
    let (id, digest) = ("0".repeat(32), "a".repeat(64));
    let document = json!({
        "schema": 1, "bundle_id": id, "release_id": id, "sequence": 7, "mode": "onboard",
        "organization": "Contoso", "output_time": 1_772_442_000,
        "tool": {"name": "gangway", "version": "0.1.0"},
        "exe": {
            "path": "bootstrap/MdeOnboard.exe", "unsigned_size": 1, "unsigned_sha256": digest,
            "authenticode_sha256": digest, "stub_version": "0.1.0", "stub_sha256": digest,
        },
        "inputs": [{
            "path": "package.zip!script.cmd", "size": 1, "sha256": digest, "kind": "script",
            "verdict": "not signed", "staged_as": null,
        }],
        "files": [],
    });
    serde_json::from_value(document).unwrap()
}

#[test]
fn the_list_of_parts_is_what_its_schema_asks_for() {
    let schema = |name: &str| -> Value {
        let path = format!("cyclonedx/schema/_res/{name}.SNAPSHOT.schema.json");
        serde_json::from_slice(&Package::CYCLONEDX.file(&path).unwrap()).unwrap()
    };
    let address = |name: &str| format!("http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json");
    let [licences, signatures] = ["spdx", "jsf-0.82"].map(schema);
    let registry = jsonschema::Registry::new()
        .add(address("spdx"), &licences)
        .and_then(|registry| registry.add(address("jsf-0.82"), &signatures))
        .and_then(jsonschema::RegistryBuilder::prepare)
        .unwrap();
    let options = jsonschema::options().with_registry(&registry);
    let validator = options.build(&schema("bom-1.6")).unwrap();
    let document = document();
    let files = [Subject::new("bundle.json", document.exe.stub_sha256)];
    let list = parts(&document, &files);
    let faults: Vec<String> = validator
        .iter_errors(&list)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:?}");
    // It is one that refuses.
    for edit in [json!({"alg": "SHA-256", "content": "short"}), json!("none")] {
        let mut damaged = list.clone();
        damaged["components"][0]["hashes"] = json!([edit]);
        assert!(!validator.is_valid(&damaged), "{edit}");
    }
    let mut damaged = list.clone();
    damaged["serialNumber"] = "7".into();
    assert!(!validator.is_valid(&damaged));
}
