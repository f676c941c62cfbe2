//! `Registry.pol` between us and Samba's own reader and writer, both ways. No server is needed.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use gangway_e2e::{program, required};

use super::model::{bundle, files, gpos, recipe};

const SAMBA: &str = include_str!("registry_policy.py");
const SENSOR: &str = r"SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";
const ANTIVIRUS: &str = r"SOFTWARE\Policies\Microsoft\Windows Defender";
/// Registry types.
const SZ: u32 = 1;
const DWORD: u32 = 4;

type Record = (String, String, u32, String);

fn run(command: &mut Command) -> program::Output {
    let folder = tempfile::tempdir().unwrap();
    program::run(command, &folder.path().join("run"), Duration::from_secs(60)).unwrap()
}

/// What Samba reads in `policy`; it writes the same to `again`, and more to `more`.
fn read_and_written_by_samba(policy: &Path, again: &Path, more: &Path) -> Vec<Record> {
    let mut samba = Command::new("/usr/bin/python3");
    samba.args(["-c", SAMBA]).args([policy, again, more]);
    let output = run(&mut samba);
    assert!(output.status.success(), "{}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn samba_reads_what_we_write_and_writes_the_same_bytes() {
    let bundle = recipe()
        .with("onboard", "device_tag = 'R&D 配布'")
        .with("onboard", "antivirus_mode = 'always_passive'")
        .with("gpo.settings", "sample_collection = false")
        .with("gpo.settings.exclusions", "paths = ['D:\\Data']")
        .bundle()
        .unwrap();
    let folder = bundle.folder().join("gpo").join(gangway_e2e::samba::NAME);
    let settings = &gpos(&bundle)[0];
    let policy = folder
        .join("sysvol/Policies")
        .join(&settings.id)
        .join("Machine/registry.pol");
    let out = tempfile::tempdir().unwrap();
    let again = out.path().join("again");
    let mut records = read_and_written_by_samba(&policy, &again, &out.path().join("more"));
    assert!(fs::read(again).unwrap() == fs::read(policy).unwrap());
    let record = |key: &str, name: &str, kind, data: &str| -> Record {
        (key.to_owned(), name.to_owned(), kind, data.to_owned())
    };
    let mut wanted = vec![
        record(SENSOR, "ForceDefenderPassiveMode", DWORD, "1"),
        record(SENSOR, "AllowSampleCollection", DWORD, "0"),
        record(&format!(r"{SENSOR}\DeviceTagging"), "Group", SZ, "R&D 配布"),
        record(
            &format!(r"{ANTIVIRUS}\Exclusions"),
            "Exclusions_Paths",
            DWORD,
            "1",
        ),
        record(
            &format!(r"{ANTIVIRUS}\Exclusions\Paths"),
            r"D:\Data",
            SZ,
            "0",
        ),
    ];
    records.sort();
    wanted.sort();
    assert_eq!(records, wanted);
}

#[test]
fn what_samba_writes_is_read_by_ours() {
    let bundle = bundle();
    let settings = &gpos(&bundle)[0];
    let from = bundle.folder().join("gpo").join(gangway_e2e::samba::NAME);
    let from = from.join("sysvol/Policies").join(&settings.id);
    let out = tempfile::tempdir().unwrap();
    // Three copies of one SYSVOL tree.
    let place = |name: &str| {
        let folder = out.path().join(name).join("Policies").join(&settings.id);
        for (file, bytes) in files(&from) {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        folder.join("Machine/registry.pol")
    };
    let (ours, same, more) = (place("ours"), place("same"), place("more"));
    read_and_written_by_samba(&ours, &same, &more);
    let diff = |other: &str| {
        let mut diff = Command::new(required::path(required::GANGWAY).unwrap());
        diff.arg("diff")
            .args([out.path().join("ours"), out.path().join(other)]);
        run(&mut diff)
    };
    let output = diff("same");
    assert_eq!(output.status.code(), Some(0), "{}", output.stdout);
    let output = diff("more");
    assert_eq!(output.status.code(), Some(1), "{}", output.stderr);
    for (name, value) in [
        ("Text", r#"SZ "配布 & \"x\"""#),
        ("Expand", r#"EXPAND_SZ "%windir%""#),
        ("Number", "DWORD 7"),
        ("Big", "QWORD 1099511627776"),
        ("List", "type 7 61 00 00 00 62 00 00 00 00 00"),
        ("Bytes", "type 3 5b 3b 5d 00"),
    ] {
        let line = format!("computer policy Software\\Policies\\Lab\\{name}\n    + {value}\n");
        assert!(output.stdout.contains(&line), "{line}\n{}", output.stdout);
    }
}
