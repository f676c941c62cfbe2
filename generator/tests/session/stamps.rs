//! Time stamps that did not come: refused where one is asked for.

use std::fs;

use gangway_fixtures::Lab;
use gangway_fixtures::authenticode::{Signature, sign_pe};

use super::desk::{Desk, NOW};

/// A bundle, and a command that gives its exe with this signature and takes more words.
fn desk(signature: &Signature, section: &str, more: &str) -> Desk {
    let desk = Desk::with_downloads();
    let script = r#"["/bin/sh", "-c", "/bin/cp signed.exe \"$1\"", "sign", "{out}""#;
    let signing = format!("[signing]\n{section}\ncommand = {script}{more}]");
    desk.change_config("[signing]", &signing);
    desk.build().succeeds();
    let signed = sign_pe(&fs::read(desk.exe()).unwrap(), signature);
    desk.put("signed.exe", &signed);
    desk
}

#[test]
fn an_exe_without_the_stamp_that_is_asked_for_stays_unsigned_unless_told() {
    let service = r#", "-ts", "http://stamp.contoso.com""#;
    for (section, more, is_asked_for) in [
        ("time_stamp = true", "", true),
        ("", service, true),
        ("", "", false),
        ("time_stamp = false", service, false),
    ] {
        let desk = desk(&Signature::default().unstamped(), section, more);
        let before = desk.tree("out");
        let session = desk.run(&["sign", "out", "--as-of", NOW]);
        if is_asked_for {
            session.fails_with(4, &["GW3032", "--allow-unstamped"]);
            assert!(before == desk.tree("out"), "{section} {more}");
            let session = desk.run(&["sign", "out", "--as-of", NOW, "--allow-unstamped"]);
            assert!(session.succeeds().contains("without a time stamp"));
        } else {
            session.succeeds();
        }
        // Told, and no error: it is the bundle that was built.
        let verified = desk.verify_with(&["--config", "gangway.toml"]);
        verified.succeeds();
        assert_eq!(verified.err.contains("GW3032"), is_asked_for, "{section}");
        // Whoever wants it signed wants what the config asks for.
        let code = if is_asked_for { 4 } else { 0 };
        let verified = desk.verify_with(&["--signed", "--config", "gangway.toml"]);
        assert_eq!(verified.code, code, "{section}: {}", verified.err);
    }
}

#[test]
fn a_stamp_is_enough_and_without_roots_it_is_seen_too() {
    let desk_of = |signature| desk(&signature, "time_stamp = true", "");
    let sign = |desk: &Desk| desk.run(&["sign", "out", "--as-of", NOW]);
    let stamped = desk_of(Signature::default());
    assert!(sign(&stamped).succeeds().contains("time-stamped"));
    for (signature, code) in [
        (Signature::default(), 0),
        (Signature::default().unstamped(), 4),
    ] {
        let desk = desk_of(signature);
        desk.change_config("\nroots = [\"root.pem\"]", "\nroots = []");
        let session = sign(&desk);
        assert_eq!(session.code, code, "{}", session.err);
    }
}

/// osslsigncode as the command, with the lab's stamper or none.
fn packages(stamper: &str, section: &str) -> Desk {
    let desk = Desk::with_downloads();
    // Without a stamp nobody's signature stands on the stamper's certificate.
    let stamper_itself = (!stamper.is_empty()).then_some(Lab::TimeStamp);
    let chain: String = [Lab::Code, Lab::CodeCa, Lab::Root]
        .into_iter()
        .chain(stamper_itself)
        .map(Lab::certificate_pem)
        .collect();
    desk.put("chain.pem", chain.as_bytes());
    desk.put("code.key", Lab::Code.key_pem().as_bytes());
    desk.put("stamp.pem", Lab::TimeStamp.certificate_pem().as_bytes());
    desk.put("stamp.key", Lab::TimeStamp.key_pem().as_bytes());
    let command = format!(
        r#"["osslsigncode", "sign", "-certs", "chain.pem", "-key", "code.key", "-h", "sha256", {stamper}"-in", "{{in}}", "-out", "{{out}}"]"#
    );
    desk.change_config(
        "[signing]",
        &format!("[signing]\n{section}\ncommand = {command}"),
    );
    desk.build().succeeds();
    desk
}

#[test]
fn packages_without_the_stamp_that_is_asked_for_are_not_written_unless_told() {
    let own =
        format!(r#""-TSA-certs", "stamp.pem", "-TSA-key", "stamp.key", "-TSA-time", "{NOW}", "#);
    let usual = [
        "package",
        "out",
        "-c",
        "gangway.toml",
        "--as-of",
        NOW,
        "--allow-unsigned",
        "--sign",
    ];
    for format in ["msi", "cab"] {
        let arguments = [&usual[..], &["--format", format]].concat();
        let desk = packages("", "time_stamp = true");
        desk.run(&arguments)
            .fails_with(4, &["GW5007", "--allow-unstamped"]);
        assert!(!desk.path("out-packages").exists());
        let told = [&arguments[..], &["--allow-unstamped"]].concat();
        assert!(desk.run(&told).succeeds().contains("without a time stamp"));
        let desk = packages(&own, "");
        assert!(desk.run(&arguments).succeeds().contains("time-stamped"));
    }
}

/// The scripts for administrators by path.
fn scripts(desk: &Desk) -> Vec<(String, Vec<u8>)> {
    let mut files = desk.tree("out-packages");
    files.retain(|(path, _)| path.ends_with(".ps1") && !path.starts_with("content/"));
    files
}

const SCRIPTS: [&str; 10] = [
    "package",
    "out",
    "-c",
    "gangway.toml",
    "--as-of",
    NOW,
    "--allow-unsigned",
    "--format",
    "configmgr",
    "--format=dsc",
];

#[test]
fn scripts_are_signed_by_the_command_and_stay_the_same_text() {
    let own =
        format!(r#""-TSA-certs", "stamp.pem", "-TSA-key", "stamp.key", "-TSA-time", "{NOW}", "#);
    let desk = packages(&own, "");
    desk.run(&SCRIPTS).succeeds();
    let plain = scripts(&desk);
    let session = desk.run(&[&SCRIPTS[..], &["--sign"]].concat());
    assert!(!session.succeeds().contains("GW3033"), "{}", session.err);
    let signed = scripts(&desk);
    let names: Vec<&str> = signed.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        names,
        [
            "configmgr/Import-Application.ps1",
            "configmgr/Test-Onboarded.ps1",
            "dsc/Onboard.ps1"
        ]
    );
    let packages = fs::read(desk.path("out-packages/packages.json")).unwrap();
    let packages: serde_json::Value = serde_json::from_slice(&packages).unwrap();
    for ((path, before), (_, after)) in plain.iter().zip(&signed) {
        let block = after.strip_prefix(before.as_slice()).unwrap();
        assert!(
            block.starts_with(b"\r\n# SIG # Begin signature block\r\n"),
            "{path}"
        );
        let files = packages["files"].as_array().unwrap();
        let listed = files.iter().find(|file| file["path"] == **path).unwrap();
        let who = listed["signature"].as_str().unwrap();
        assert!(who.contains("time-stamped"), "{path}: {who}");
        let verified = std::process::Command::new("osslsigncode")
            .args([
                "verify",
                "-CAfile",
                "chain.pem",
                "-TSA-CAfile",
                "chain.pem",
                "-in",
            ])
            .arg(desk.path("out-packages").join(path))
            .current_dir(desk.path(""))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&verified.stdout);
        assert!(verified.status.success(), "{path}: {said}");
    }
}

#[test]
fn a_command_that_signs_no_scripts_leaves_them_and_one_that_changes_them_is_refused() {
    let desk_of = |command: &str| {
        let desk = Desk::with_downloads();
        desk.change_config("[signing]", &format!("[signing]\ncommand = {command}"));
        desk.build().succeeds();
        desk
    };
    let sign = [&SCRIPTS[..], &["--sign"]].concat();
    let refusing = desk_of(r#"["/bin/false", "{file}"]"#);
    let session = refusing.run(&sign);
    session.succeeds();
    assert!(session.err.contains("GW3033"), "{}", session.err);
    assert!(session.err.contains("dsc/Onboard.ps1"), "{}", session.err);
    let left = scripts(&refusing);
    refusing.run(&SCRIPTS).succeeds();
    assert!(left == scripts(&refusing));
    for command in [
        r#"["/bin/cp", "{in}", "{out}"]"#,
        r#"["/bin/sh", "-c", "echo exit >> \"$1\"", "sign", "{file}"]"#,
    ] {
        let changing = desk_of(command);
        changing.run(&sign).fails_with(4, &["GW5006", ".ps1"]);
        assert!(!changing.path("out-packages").exists());
    }
}
