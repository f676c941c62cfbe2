//! `gangway inspect` as a process of its own over hostile files: killed after a minute, and
//! without memory beyond 256 MiB.

use std::path::Path;
use std::time::Duration;

use gangway_fixtures::hostile::{self, Specimen};
use gangway_fixtures::mutate;
use serde_json::Value;

/// What the process may take: seconds of the clock and of a processor, bytes of data.
const SECONDS: u64 = 60;
const MEMORY_BYTES: u64 = 256 << 20;

/// Inspects a folder; gives the exit code and the document.
#[track_caller]
fn inspect(folder: &Path) -> (i32, Value) {
    let output = assert_cmd::Command::new("prlimit")
        .arg(format!("--data={MEMORY_BYTES}"))
        .arg(format!("--cpu={SECONDS}"))
        .args(["--core=0", "--", env!("CARGO_BIN_EXE_gangway"), "inspect"])
        .args(["--json", "--as-of", "1795305600"])
        .arg(folder)
        .timeout(Duration::from_secs(SECONDS))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
    // None when it was killed, 101 and 134 when it gave up by itself.
    let code = output.status.code();
    assert!(matches!(code, Some(0 | 1)), "{}: {said}", output.status);
    (
        code.unwrap(),
        serde_json::from_slice(&output.stdout).unwrap(),
    )
}

/// Codes of the errors about paths that hold `name`.
fn errors_about(document: &Value, name: &str) -> Vec<String> {
    codes_about(document, "error", name)
}

/// Codes of the findings of a severity about paths that hold `name`.
fn codes_about(document: &Value, severity: &str, name: &str) -> Vec<String> {
    let problems = document["problems"].as_array().unwrap();
    problems
        .iter()
        .filter(|problem| problem["severity"] == severity)
        .filter(|problem| problem["subject"].as_str().unwrap().contains(name))
        .map(|problem| problem["code"].as_str().unwrap().to_owned())
        .collect()
}

/// Archives whose one entry has a name that Windows cannot hold: the entry is left out and told, and
/// nothing of it is read.
const LEFT_OUT: &[&str] = &[
    "device",
    "device with extension",
    "device in a folder",
    "numbered device",
    "superscript device",
    "trailing dot",
    "trailing blank",
    "wildcard",
    "not UTF-8",
    "empty",
    "empty part",
    "304 characters",
    "very long",
];

/// Puts all specimens into one folder and wants an error about each that must be refused, and a warning
/// about each whose entry is left out.
#[track_caller]
fn each_is_refused(specimens: &[Specimen], left_out: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let name = |number: usize| format!("specimen-{number:03}.");
    for (number, specimen) in specimens.iter().enumerate() {
        let path = folder.path().join(name(number) + "zip");
        std::fs::write(path, &specimen.bytes).unwrap();
    }
    let (code, document) = inspect(folder.path());
    assert_eq!(code, 1);
    let taken: Vec<&str> = specimens
        .iter()
        .enumerate()
        .filter(|(_, specimen)| !specimen.tolerable)
        .filter(|(number, specimen)| {
            let codes = match left_out.contains(&specimen.name) {
                true => codes_about(&document, "warning", &name(*number)),
                false => errors_about(&document, &name(*number)),
            };
            codes.is_empty() || left_out.contains(&specimen.name) && codes != ["GW1109"]
        })
        .map(|(_, specimen)| specimen.name)
        .collect();
    assert!(taken.is_empty(), "no such finding about {taken:?}");
}

#[test]
fn archives() {
    each_is_refused(&hostile::zips(), LEFT_OUT);
}

#[test]
fn packages() {
    each_is_refused(&hostile::packages(), &[]);
}

#[test]
fn cabinets() {
    each_is_refused(&hostile::cabinets(), &[]);
}

#[test]
fn programs() {
    each_is_refused(&hostile::programs(), &[]);
}

#[test]
fn portal_scripts() {
    each_is_refused(&hostile::blob_scripts(), &[]);
}

#[test]
fn bombs() {
    let folder = tempfile::tempdir().unwrap();
    let bombs = [
        ("ratio", hostile::ratio_bomb(1 << 30)),
        ("entries", hostile::many_entries(100_000)),
        ("nested", hostile::nested_bomb(5, 16)),
        ("overlapping", hostile::overlapping_bomb(1_000)),
    ];
    for (name, bytes) in &bombs {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let (code, document) = inspect(folder.path());
    assert_eq!(code, 1);
    for (name, _) in bombs {
        let codes = errors_about(&document, &format!("/{name}"));
        let expected = if name == "overlapping" {
            "GW1105"
        } else {
            "GW1104"
        };
        assert!(
            codes.iter().any(|code| code == expected),
            "{name}: {codes:?}"
        );
    }
}

/// The limit is real: a process that wants more than 256 MiB does not get it.
#[test]
fn the_limit_on_memory_holds() {
    let script = format!(
        "head -c {} /dev/zero | prlimit --data={MEMORY_BYTES} -- tail -c {} > /dev/null",
        MEMORY_BYTES * 2,
        MEMORY_BYTES * 2
    );
    let status = std::process::Command::new("sh")
        .args(["-c", &script])
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(!status.success());
}

/// Good files with one byte changed, everywhere: whatever the byte was, nothing falls over.
#[test]
fn flipped_bytes() {
    use gangway_fixtures::agent::AgentSpec;
    let agent = AgentSpec {
        signing: None,
        ..AgentSpec::default()
    }
    .bytes();
    let folder = tempfile::tempdir().unwrap();
    for at in (0..agent.len().min(20_000)).step_by(97) {
        let path = folder.path().join(format!("{at:06}.msi"));
        std::fs::write(path, mutate::flip(&agent, at)).unwrap();
    }
    inspect(folder.path());
}
