//! Exit codes: one meaning each, in every command. A row is a command and a cause.

use std::fs::OpenOptions;
use std::process::Stdio;

use gangway_fixtures::agent::AgentSpec;
use serde_json::Value;

use super::desk::{Desk, NOW};

/// Every command with what it needs to succeed; `root.pem` is no folder, `reports` is one.
const COMMANDS: &[&[&str]] = &[
    &["init", "new.toml"],
    &["inspect", "-c", "gangway.toml", "--as-of", NOW, "downloads"],
    &["build", "-o", "out", "--stub", "stub.exe", "--as-of", NOW],
    &["lock", "--from", "out", "--as-of", NOW],
    &["verify", "out", "--as-of", NOW],
    &["lint", "out"],
    &["diff", "out", "out"],
    &["report", "reports", "--as-of", NOW],
    &["explain"],
    &["completions", "bash"],
    &["schema"],
    &["schema", "build"],
];

/// No bundle has it.
const NO_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn desk() -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    desk.leave_report();
    desk.put("reports/odd.json", b"{}");
    desk
}

/// Runs with `--json`; gives the exit code and the code of the error.
#[track_caller]
fn ends(desk: &Desk, arguments: &[&str]) -> (i32, String) {
    let session = desk.run(&[arguments, &["--json"]].concat());
    let document: Value = serde_json::from_str(&session.out).unwrap();
    assert_eq!(document["exit_code"], session.code, "{arguments:?}");
    // For people it ends in the same way.
    assert_eq!(desk.run(arguments).code, session.code, "{arguments:?}");
    let code = document["error"]["code"].as_str().unwrap_or("none");
    (session.code, code.to_owned())
}

#[test]
fn one_meaning_each() {
    let rows: &[(&[&str], i32, &str)] = &[
        // Not understood.
        (&["init", "--odd"], 2, "command_line"),
        (&["inspect"], 2, "command_line"),
        (&["build"], 2, "command_line"),
        (
            &["build", "-o", "out", "--deny", "GW9999"],
            2,
            "command_line",
        ),
        (
            &["build", "-o", "out", "--sequence-after", "x"],
            2,
            "command_line",
        ),
        (&["build", "-o", "out", "--wait", "x"], 2, "command_line"),
        (&["lock"], 2, "command_line"),
        (&["sign"], 2, "command_line"),
        (&["verify", "out", "--as-of", "today"], 2, "command_line"),
        (&["lint"], 2, "command_line"),
        (&["diff", "out"], 2, "command_line"),
        (
            &["report", "reports", "--threshold", "101"],
            2,
            "command_line",
        ),
        (
            &["report", "reports", "--expected", "stub.exe"],
            2,
            "command_line",
        ),
        (&["explain", "GW9999"], 2, "command_line"),
        (&["completions", "odd"], 2, "command_line"),
        (&["schema", "absent"], 2, "command_line"),
        (&["publish", "share", "out"], 4, "not_verified"),
        (&["publish", "share", "absent"], 3, "files"),
        (
            &["publish", "share", "out", "--allow-unsigned"],
            2,
            "command_line",
        ),
        (
            &["publish", "share", "out", "--allow-unsigned", "--to", "."],
            2,
            "command_line",
        ),
        (&["publish", "gpo", "out"], 2, "command_line"),
        (
            &["publish", "gpo", "out", "--offline", "--apply"],
            2,
            "command_line",
        ),
        (&["inspect", "-c", "stub.exe", "downloads"], 2, "config"),
        (&["build", "-o", "new", "-c", "stub.exe"], 2, "config"),
        (&["lock", "--from", "out", "-c", "stub.exe"], 2, "config"),
        (
            &["build", "-o", "new", "--stub", "stub.exe", "-c", "two.toml"],
            2,
            "lock",
        ),
        (&["lock", "--from", "out", "-c", "two.toml"], 2, "lock"),
        (&["sign", "out", "-c", "stub.exe"], 2, "config"),
        (&["sign", "out"], 2, "config"),
        (&["inspect", "--crl", "stub.exe", "downloads"], 2, "config"),
        // Not there.
        (&["init", "absent/new.toml"], 3, "files"),
        (&["init", "gangway.toml"], 3, "files"),
        (&["inspect", "absent"], 3, "none"),
        (&["inspect", "-c", "absent", "downloads"], 3, "files"),
        (&["inspect", "--crl", "absent", "downloads"], 3, "files"),
        (&["build", "-o", "new", "-c", "absent"], 3, "files"),
        (&["build", "-o", "new", "--stub", "absent"], 3, "files"),
        (
            &[
                "build", "-o", "new", "--stub", "stub.exe", "--share", "absent",
            ],
            3,
            "files",
        ),
        (&["lock", "--from", "absent"], 3, "files"),
        (&["lock", "--from", "out", "-c", "absent"], 3, "files"),
        (
            &["sign", "absent", "-c", "signing/gangway.toml"],
            3,
            "files",
        ),
        (&["sign", "out", "-c", "absent"], 3, "files"),
        (&["verify", "absent"], 3, "files"),
        (&["lint", "absent"], 3, "files"),
        (&["diff", "absent", "out"], 3, "files"),
        (&["diff", "out", "absent"], 3, "files"),
        (&["report", "absent"], 3, "files"),
        (&["report", "reports", "--expected", "absent"], 3, "files"),
        // Not to be replaced.
        (
            &["build", "-o", "reports", "--stub", "stub.exe"],
            3,
            "occupied",
        ),
        (
            &["build", "-o", "root.pem", "--stub", "stub.exe"],
            3,
            "occupied",
        ),
        // Found.
        (
            &["inspect", "downloads/Install.ps1", "--as-of", NOW],
            1,
            "none",
        ),
        (
            &["report", "reports", "--as-of", NOW, "--threshold", "1"],
            1,
            "none",
        ),
        // A report of long ago counts for nothing.
        (&["report", "reports", "--as-of", "2027-01-01"], 3, "files"),
        // No bundle, or none that holds.
        (&["lock", "--from", "downloads"], 4, "not_a_bundle"),
        (
            &["lock", "--from", "out", "--expect", NO_DIGEST],
            4,
            "not_verified",
        ),
        (
            &["sign", "downloads", "-c", "signing/gangway.toml"],
            4,
            "not_a_bundle",
        ),
        (&["sign", "out", "-c", "signing/gangway.toml"], 3, "program"),
        (&["verify", "out", "-c", "two.toml"], 2, "lock"),
        (&["verify", "downloads"], 4, "not_a_bundle"),
        (
            &["verify", "out", "--signed", "--as-of", NOW],
            4,
            "not_verified",
        ),
        (
            &["verify", "out", "--deny", "GW3006", "--as-of", NOW],
            4,
            "not_verified",
        ),
    ];
    let desk = desk();
    let config = std::fs::read_to_string(desk.path("gangway.toml")).unwrap();
    desk.put("two.toml", config.as_bytes());
    let command = "[signing]\ncommand = [\"/absent/program\", \"{file}\"]";
    let signing = config.replace("[signing]", command);
    // Beside a lock of its own.
    std::fs::create_dir(desk.path("signing")).unwrap();
    let signing = signing.replace("\"root.pem\"", "\"../root.pem\"");
    desk.put("signing/gangway.toml", signing.as_bytes());
    let lock = std::fs::read(desk.path("gangway.lock")).unwrap();
    desk.put("signing/gangway.lock", &lock);
    desk.put("reports/thesis.txt", b"years of work");
    for (arguments, code, cause) in rows {
        let found = ends(&desk, arguments);
        assert_eq!(found, (*code, (*cause).to_owned()), "{arguments:?}");
    }
}

#[cfg(feature = "directory")]
#[test]
fn a_publication_ends_by_the_same_table() {
    let desk = desk();
    let account = ["--user", "admin@contoso.com", "--as-of", NOW];
    for (arguments, code, cause) in [
        (["absent"].as_slice(), 3, "files"),
        (&["downloads"], 4, "not_a_bundle"),
        (&["out"], 4, "not_verified"),
        (
            &["out", "--allow-unsigned", "--domain", "x.y"],
            2,
            "command_line",
        ),
        (&["out", "--allow-unsigned"], 2, "command_line"),
        (
            &["out", "--allow-unsigned", "--password-file", "absent"],
            3,
            "files",
        ),
        (
            &[
                "out",
                "--allow-unsigned",
                "--password-file",
                "root.pem",
                "--dc",
                "127.0.0.1",
            ],
            3,
            "server",
        ),
    ] {
        let all = [&["publish", "gpo"], arguments, &account].concat();
        assert_eq!(ends(&desk, &all), (code, cause.to_owned()), "{all:?}");
    }
}

/// Runs into this file as standard output; gives the exit code and standard error.
fn into(desk: &Desk, arguments: &[&str], output: Stdio) -> (i32, String) {
    let mut command = desk.command(arguments);
    let output = command.stdout(output).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), err)
}

#[test]
fn an_answer_that_standard_output_does_not_take_is_an_error() {
    let commands = COMMANDS.iter().copied();
    let more: [&[&str]; 3] = [&["--help"], &["--version"], &["buidl", "--json"]];
    let desk = desk();
    for arguments in commands.chain(more) {
        for flag in ["--json", "--color=never"] {
            let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
            let all = [arguments, &[flag]].concat();
            // For people it says nothing when nothing differs.
            if all.contains(&"diff") && flag != "--json" {
                continue;
            }
            let (code, err) = into(&desk, &all, full.into());
            assert_eq!(code, 3, "{all:?}: {err}");
            assert!(err.contains("write standard output"), "{all:?}: {err}");
            let _ = std::fs::remove_file(desk.path("new.toml"));
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_none() {
    let desk = desk();
    for arguments in COMMANDS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (code, err) = into(&desk, arguments, writer.into());
        assert_eq!(code, 0, "{arguments:?}: {err}");
    }
}

/// A limit on the size of files stands for a disk that is full: both refuse a write.
#[test]
fn a_full_disk_is_told_as_one_whatever_the_lock_says() {
    let desk = desk();
    let large = AgentSpec {
        padding: 3 << 20,
        ..AgentSpec::default()
    };
    desk.put("downloads/md4ws.msi", &large.bytes());
    desk.build_with(&["--update-lock"]).succeeds();
    let before = (
        desk.tree("out"),
        std::fs::read(desk.path("gangway.lock")).unwrap(),
    );
    for lock in [[].as_slice(), &["--locked"], &["--update-lock"]] {
        let program = env!("CARGO_BIN_EXE_gangway");
        let mut command = std::process::Command::new("sh");
        command
            .args([
                "-c",
                "trap '' XFSZ; ulimit -f 2048; exec \"$@\"",
                "sh",
                program,
            ])
            .args(["build", "-o", "out", "--stub", "stub.exe", "--as-of", NOW])
            .args(lock)
            .current_dir(desk.path(""));
        let output = command.output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{lock:?}: {err}");
        assert!(err.contains("GW1006"), "{lock:?}: {err}");
        assert!(!err.contains("--update-lock"), "{lock:?}: {err}");
        let after = (
            desk.tree("out"),
            std::fs::read(desk.path("gangway.lock")).unwrap(),
        );
        assert!(before == after, "{lock:?}");
    }
}

#[test]
fn warnings_are_errors_when_denied() {
    let desk = desk();
    let inspect = ["inspect", "-c", "gangway.toml", "--as-of", NOW, "downloads"];
    for (deny, code, cause) in [
        ([].as_slice(), 0, "none"),
        (&["--deny", "GW2206"], 0, "none"),
        (&["--deny", "GW1305"], 1, "denied"),
        (&["--deny", "warnings"], 1, "denied"),
    ] {
        let found = ends(&desk, &[&inspect, deny].concat());
        assert_eq!(found, (code, cause.to_owned()), "{deny:?}");
    }
    let session = desk.run(&[
        "build", "-o", "new", "--stub", "stub.exe", "--deny", "warnings",
    ]);
    session.fails_with(1, &["GW1305", "--deny"]);
    assert!(!desk.path("new").exists());
}
