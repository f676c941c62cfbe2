//! No blob and no key leaves the server in anything that the bootstrap writes or prints.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "../../contract/tests/cases/mod.rs"]
mod cases;
mod fake;

use fake::faults::{Effect, Fault};
use fake::{Act, Fake};
use gangway_contract::Reason;
use gangway_contract::report::Report;
use gangway_runner::bundle::Places;
use gangway_runner::run;
use gangway_runner::{tell, upkeep};

/// What the fake machine puts into `workspace.key`, without the padding.
const KEY: &str = "c2VjcmV0LWtleS12YWx1ZQ";

/// A blob as the portal's script hands it to `reg add`, with a telling piece of each part.
fn blob() -> String {
    format!(
        r#"{{"body":"{{\"orgId\":\"{BODY}\"}}","sig":"{SIGNATURE}","sha256sig":"{SIGNATURE}"}}"#
    )
}

const BODY: &str = "telling-piece-of-the-body";
const SIGNATURE: &str =
    "dGVsbGluZyBwaWVjZSBvZiB0aGUgc2lnbmF0dXJlLCBsb25nIGVub3VnaCB0byBiZSBzZWVuIGFzIG9uZQ==";

fn machine() -> Fake {
    let case = cases::Case::parse(
        "host 2008-r2
manifest monitoring_agent aaaaaaaa-0000-0000-0000-000000000001
manifest with mma MMASetup-AMD64.exe
manifest with key workspace.key",
    )
    .unwrap_or_else(|error| panic!("{error}"));
    let mut manifest = case.manifest;
    manifest.settings.report_root =
        Some(r"\\files.contoso.com\reports$".parse().expect("a UNC path"));
    Fake::new(manifest, case.facts)
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Everything that the bootstrap itself wrote or printed, by name.
fn outputs(machine: &mut Fake, report: &Report) -> Vec<(String, String)> {
    let bundle = machine.bundle();
    let (facts, plan) = run::look(machine, &bundle);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut all = vec![
        ("console: run".to_owned(), tell::summary(report)),
        ("console: --facts".to_owned(), tell::facts(&facts)),
        ("console: --plan".to_owned(), tell::plan(&plan)),
        (
            "console: status".to_owned(),
            upkeep::status(machine).map_or_else(|failure| failure.to_string(), |said| said.0),
        ),
        ("journal".to_owned(), text(&machine.journal)),
        ("report".to_owned(), text(&report.to_bytes())),
    ];
    let dropped = machine.dropped.iter();
    all.extend(dropped.map(|(name, bytes)| (format!("dropped {name}"), text(bytes))));
    let events = machine.events.iter();
    all.extend(events.map(|event| (format!("event {}", event.id), event.text.clone())));
    all
}

#[test]
fn every_output_is_searched() {
    let mut machine = machine().with_acts("setup.exe", &[Act::code(1603, false)]);
    let bundle = machine.bundle();
    let places = Places::default();
    let start = run::begin(&mut machine, &bundle, &places);
    let report = run::finish(&mut machine, &bundle, &places, &start);
    machine.process_ended();
    assert_eq!(report.reason, Reason::StepFailed.as_str());
    let given = machine.commands.iter().any(|(_, line)| line.contains(KEY));
    assert!(given, "the key did reach the program that needs it");

    // What other programs write into the folders that are gathered.
    let property = format!("Property(C): OPINSIGHTS_WORKSPACE_KEY = \"{KEY}==\"");
    let command = format!("CommandLine: opinsights_workspace_key={KEY}== NOAPM=1");
    let script = format!("reg add x /v OnboardingInfo /d \"{}\"", blob());
    let plain = format!("before\r\n{property}\r\n{command}\r\n{script}\r\nafter");
    for (path, bytes) in [
        (r"C:\ProgramData\Gangway\logs\setup.log", utf16(&plain)),
        (
            r"C:\ProgramData\Gangway\logs\agent.log",
            plain.clone().into_bytes(),
        ),
        (
            r"C:\ProgramData\Microsoft\DefenderDeploymentTool\DefenderDeploymentTool-X.log",
            plain.clone().into_bytes(),
        ),
    ] {
        machine.files.borrow_mut().insert(path.to_owned(), bytes);
    }
    let folder = upkeep::collect(&mut machine, &bundle).unwrap_or_else(|error| panic!("{error}"));
    let mut all = outputs(&mut machine, &report);
    let mut gathered = 0;
    for (path, bytes) in machine.files.borrow().iter() {
        let kept = path.contains(r"\Gangway\reports\");
        if path.starts_with(&folder) {
            gathered += 1;
        } else if !kept {
            continue;
        }
        all.push((path.clone(), String::from_utf8_lossy(bytes).into_owned()));
    }
    assert!(gathered >= 6, "{gathered} files were gathered");
    assert!(all.len() > 12, "{}", all.len());
    for (name, text) in &all {
        for secret in [KEY, BODY, SIGNATURE] {
            assert!(
                !text.contains(secret),
                "`{secret}` stands in {name}:\n{text}"
            );
        }
    }
    let log = all.iter().find(|(name, _)| name.ends_with("log-agent.log"));
    let log = log.map(|(_, text)| text.as_str()).unwrap_or_default();
    assert!(log.contains("before") && log.contains("after"), "{log}");
    assert_eq!(
        Report::parse(&machine.dropped[0].1).map(|report| report.reason),
        Ok("step-failed".to_owned())
    );
}

/// A server whose bundle holds a blob with telling pieces.
fn with_blob(lines: &str, at: usize) -> Fake {
    let case = cases::Case::parse(lines).unwrap_or_else(|error| panic!("{error}"));
    let mut manifest = case.manifest;
    manifest.settings.report_root =
        Some(r"\\files.contoso.com\reports$".parse().expect("a UNC path"));
    let mut machine = Fake::new(manifest, case.facts);
    let blob = blob().into_bytes();
    let payload = &mut machine.manifest.payloads[at];
    payload.size = blob.len() as u64;
    payload.sha256 = gangway_contract::Sha256::of(&blob);
    let path = machine.remote(&machine.manifest.payloads[at].name.clone());
    machine.share.insert(path, blob);
    machine
}

#[test]
fn an_applied_blob_stands_in_the_registry_and_nowhere_else() {
    const ONBOARDING: &str = "host 2022";
    const OFFBOARDING: &str = "host 2022
manifest mode offboard
manifest with offboard OffboardingInfo.json
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service running automatic";
    let fault = |effect, after, code| Fault {
        effect,
        after,
        times: 1,
        code,
    };
    for (lines, at, faults) in [
        (ONBOARDING, 0, vec![]),
        (ONBOARDING, 0, vec![fault(Effect::WriteValue, 3, 5)]),
        (ONBOARDING, 0, vec![fault(Effect::StartService, 0, 577)]),
        (ONBOARDING, 0, vec![fault(Effect::ReadTail, 0, 32)]),
        (ONBOARDING, 0, vec![fault(Effect::ReadHeld, 0, 32)]),
        (OFFBOARDING, 2, vec![]),
        (OFFBOARDING, 2, vec![fault(Effect::WriteValue, 0, 5)]),
        (OFFBOARDING, 2, vec![fault(Effect::DeleteValue, 0, 5)]),
    ] {
        let mut machine = with_blob(lines, at);
        machine.faults.set(&faults);
        let bundle = machine.bundle();
        let places = Places::default();
        let start = run::begin(&mut machine, &bundle, &places);
        let report = run::finish(&mut machine, &bundle, &places, &start);
        machine.process_ended();
        machine.faults.set(&[]);
        assert_eq!(machine.violations, Vec::<String>::new());
        let folder = upkeep::collect(&mut machine, &bundle).unwrap_or_else(|e| panic!("{e}"));
        let mut all = outputs(&mut machine, &report);
        let commands = machine.commands.iter();
        all.extend(commands.map(|(program, line)| (program.clone(), line.clone())));
        for (path, bytes) in machine.files.borrow().iter() {
            if path.contains(r"\Gangway\reports\") || path.starts_with(&folder) {
                all.push((path.clone(), String::from_utf8_lossy(bytes).into_owned()));
            }
        }
        assert!(all.len() > 8, "{}", all.len());
        for (name, text) in &all {
            for secret in [BODY, SIGNATURE] {
                assert!(
                    !text.contains(secret),
                    "`{secret}` stands in {name}:\n{text}"
                );
            }
        }
    }
}

#[test]
fn a_log_that_cannot_be_read_is_named_and_the_rest_is_gathered() {
    let mut machine = machine();
    let bundle = machine.bundle();
    for name in ["a.log", "b.log"] {
        let path = format!(r"C:\ProgramData\Gangway\logs\{name}");
        machine.files.borrow_mut().insert(path, b"text".to_vec());
    }
    machine.faults.set(&[Fault {
        effect: Effect::ReadTail,
        after: 0,
        times: 1,
        code: 32,
    }]);
    let folder = upkeep::collect(&mut machine, &bundle).unwrap_or_else(|error| panic!("{error}"));
    let files = machine.files.borrow();
    let text = |name: &str| {
        let bytes = files.get(&format!(r"{folder}\{name}"));
        bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    assert_eq!(text("log-a.log"), None);
    assert_eq!(text("log-b.log").as_deref(), Some("text"));
    assert!(text("missing.txt").is_some_and(|text| text.contains("a.log")));
}

#[test]
fn a_payload_is_never_gathered() {
    let mut machine = machine();
    let bundle = machine.bundle();
    for name in ["workspace.key", "OnboardingInfo.json", "md4ws.msi"] {
        let path = machine.local(name);
        machine
            .files
            .borrow_mut()
            .insert(path, format!("{KEY} {}", blob()).into_bytes());
    }
    let folder = upkeep::collect(&mut machine, &bundle).unwrap_or_else(|error| panic!("{error}"));
    for (path, bytes) in machine.files.borrow().iter() {
        if path.starts_with(&folder) {
            let text = String::from_utf8_lossy(bytes);
            assert!(
                !text.contains(KEY) && !text.contains(BODY),
                "{path}: {text}"
            );
        }
    }
}
