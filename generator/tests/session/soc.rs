//! `soc.json` is read back: it says what bundle, manifest and policies say, and goes on to be true when
//! somebody has signed the bundle.

use std::fs;
use std::io::Cursor;

use gangway::bundle::BundleDocument;
use gangway::formats::authenticode::{DigestAlgorithm, pe_digest};
use gangway_contract::Sha256;
use gangway_contract::connectivity::service_urls;
use gangway_contract::manifest::Manifest;
use gangway_fixtures::authenticode::{Signature, sign_pe};
use serde_json::{Value, json};

use super::desk::Desk;
use super::runbook::{EXPIRES, MORE, between, desk};

struct Told {
    soc: Value,
    bundle: BundleDocument,
    manifest: Manifest,
}

impl Told {
    fn by(desk: &Desk) -> Self {
        let read = |path: &str| fs::read(desk.path(path)).unwrap();
        Self {
            soc: serde_json::from_slice(&read("out/soc.json")).unwrap(),
            bundle: BundleDocument::parse(&read("out/bundle.json")).unwrap(),
            manifest: Manifest::parse(&read("out/manifest.json")).unwrap(),
        }
    }

    fn texts(&self, list: &str, field: &str) -> Vec<&str> {
        let rows = self.soc[list].as_array().unwrap().iter();
        rows.filter_map(|row| row[field].as_str()).collect()
    }
}

#[test]
fn it_says_what_the_bundle_is_and_fits_its_schema() {
    for (mode, expires) in [
        ("onboard", Value::Null),
        ("precheck", Value::Null),
        ("offboard", json!(EXPIRES)),
    ] {
        let desk = desk("en", MORE);
        desk.build_with(&["--mode", mode]).succeeds();
        let told = Told::by(&desk);
        let Told {
            soc,
            bundle,
            manifest,
        } = &told;
        let exe = bundle.exe.path.strip_prefix("bootstrap/").unwrap();
        let settings = &manifest.settings;
        for (pointer, value) in [
            ("/bundle_id", json!(bundle.bundle_id)),
            ("/release_id", json!(bundle.release_id)),
            ("/sequence", json!(manifest.sequence)),
            ("/mode", json!(manifest.mode)),
            ("/organization", json!(manifest.organization)),
            ("/org_id", json!(manifest.tenant.org_id)),
            ("/bootstrap/name", json!(exe)),
            (
                "/bootstrap/authenticode_sha256",
                json!(bundle.exe.authenticode_sha256),
            ),
            (
                "/bootstrap/unsigned_sha256",
                json!(bundle.exe.unsigned_sha256),
            ),
            ("/bootstrap/account", json!("S-1-5-18")),
            ("/restarts", json!("in_hours")),
            ("/hours", json!({ "from": "22:00", "to": "04:00" })),
            (
                "/shares",
                json!([settings.release_root, settings.report_root]),
            ),
        ] {
            assert_eq!(soc.pointer(pointer), Some(&value), "{mode}: {pointer}");
        }
        assert_eq!(soc["expires_at"], expires);
        let listed = bundle.files.iter().find(|file| file.path == "soc.json");
        let bytes = fs::read(desk.path("out/soc.json")).unwrap();
        assert_eq!(listed.unwrap().sha256, Sha256::of(&bytes));
        payloads_are_the_manifests(&told);
        addresses_are_the_tenants(&told);
        let schema = desk.run(&["schema", "soc"]);
        let schema: Value = serde_json::from_str(schema.succeeds()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(soc)
            .map(|one| one.to_string())
            .collect();
        assert_eq!(faults, Vec::<String>::new(), "{mode}");
        let mut damaged = soc.clone();
        damaged.as_object_mut().unwrap().remove("tasks");
        assert!(!validator.is_valid(&damaged));
    }
}

fn payloads_are_the_manifests(told: &Told) {
    let payloads = told.manifest.payloads.iter();
    let expected: Vec<Value> = payloads
        .map(|payload| {
            let mut row = json!({
                "name": payload.name, "size": payload.size, "sha256": payload.sha256,
            });
            if let Some(version) = &payload.version {
                row["version"] = json!(version);
            }
            if let Some(signer) = &payload.signer {
                row["signer"] = json!(signer);
            }
            row
        })
        .collect();
    assert_eq!(told.soc["payloads"], Value::Array(expected));
}

fn addresses_are_the_tenants(told: &Told) {
    let rows = told.soc["addresses"].as_array().unwrap();
    for address in service_urls(&told.manifest.tenant) {
        let (_, rest) = address.url.split_once("://").unwrap();
        let host = rest.split('/').next().unwrap();
        let is_there = rows.iter().any(|row| {
            let hosts = row["hosts"].as_array().unwrap();
            row["service"] == address.service.as_str()
                && row["need"] == address.need.as_str()
                && hosts.iter().any(|one| {
                    let (name, _) = one.as_str().unwrap().rsplit_once(':').unwrap();
                    name == host.split(':').next().unwrap()
                })
        });
        assert!(is_there, "{host}: {rows:?}");
    }
}

/// Tasks are those of the policies' own files, domain by domain.
#[test]
fn it_names_the_tasks_that_the_policies_bring() {
    for mode in ["onboard", "precheck", "offboard"] {
        let desk = desk("en", MORE);
        desk.build_with(&["--mode", mode]).succeeds();
        let told = Told::by(&desk);
        let mut found: Vec<(String, String, String, Option<String>)> = Vec::new();
        for (path, bytes) in desk.tree("out/gpo") {
            // The backup and the SYSVOL tree hold the same file.
            if !path.ends_with("ScheduledTasks.xml") || !path.contains("DomainSysvol") {
                continue;
            }
            let domain = path.split('/').next().unwrap().to_owned();
            let text = String::from_utf8(bytes).unwrap();
            for task in between(&text, "<Properties ", "</Properties>") {
                let one = |begin, end| between(task, begin, end).first().map(|it| (*it).to_owned());
                found.push((
                    domain.clone(),
                    one("name=\"", "\"").unwrap(),
                    one("<Command>", "</Command>").unwrap(),
                    one("<Arguments>", "</Arguments>"),
                ));
            }
        }
        let tasks = told.soc["tasks"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mut said: Vec<_> = tasks
            .map(|task| {
                (
                    text(&task["domain"]).unwrap(),
                    text(&task["name"]).unwrap(),
                    text(&task["command"]).unwrap(),
                    text(&task["arguments"]),
                )
            })
            .collect();
        found.sort();
        said.sort();
        assert_eq!(said.len(), 4, "two domains, once and daily: {said:?}");
        assert_eq!(said, found, "{mode}");
        let places = &told.soc["bootstrap"]["started_from"];
        assert_eq!(places.as_array().unwrap().len(), 2, "{places}");
    }
}

#[test]
fn it_names_events_by_their_ids_and_what_the_mode_starts() {
    let own = [100, 101, 301, 102, 103, 200, 300, 400, 500, 104];
    for (mode, script, starts, not) in [
        (
            "onboard",
            "WDATPOnboarding",
            "install-agent",
            "apply-offboarding",
        ),
        ("precheck", "", "", "install-agent"),
        (
            "offboard",
            "WDATPOffboarding",
            "apply-offboarding",
            "install-agent",
        ),
    ] {
        let desk = desk("en", MORE);
        desk.build_with(&["--mode", mode]).succeeds();
        let told = Told::by(&desk);
        let events = told.soc["events"].as_array().unwrap();
        let ids = |source: &str| -> Vec<u64> {
            let rows = events.iter().filter(|row| row["source"] == source);
            rows.map(|row| row["id"].as_u64().unwrap()).collect()
        };
        assert_eq!(ids("Gangway"), own, "{mode}");
        if !script.is_empty() {
            assert_eq!(ids(script), [20, 5, 10, 15, 35, 40], "{mode}");
        }
        let steps = told.texts("starts", "step");
        assert_eq!(steps.contains(&starts), !starts.is_empty(), "{steps:?}");
        assert!(!steps.contains(&not), "{mode}: {steps:?}");
    }
}

#[test]
fn signing_makes_nothing_of_it_untrue() {
    let desk = desk("en", "");
    desk.build().succeeds();
    let before = fs::read(desk.path("out/soc.json")).unwrap();
    let signed = sign_pe(&fs::read(desk.exe()).unwrap(), &Signature::default());
    fs::write(desk.exe(), &signed).unwrap();
    desk.verify().succeeds();
    assert_eq!(fs::read(desk.path("out/soc.json")).unwrap(), before);
    let digest = pe_digest(&mut Cursor::new(&signed), DigestAlgorithm::Sha256).unwrap();
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let told = Told::by(&desk);
    assert_eq!(told.soc["bootstrap"]["authenticode_sha256"], *digest);
}
