//! Signals, waiting, and the signing command: whatever ends a run, nothing lies about afterwards.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use gangway_fixtures::agent::AgentSpec;
use gangway_fixtures::authenticode::{Signature, sign_pe};
use serde_json::Value;

use super::desk::{Desk, NOW};

const BUILD: [&str; 7] = [
    "build", "--out", "out", "--stub", "stub.exe", "--as-of", NOW,
];

/// A bundle, a good signature for its exe (`signed.exe`), and this shell script as the command;
/// `$1` is the file to write.
fn signing(script: &str, more: &str) -> Desk {
    let desk = Desk::with_downloads();
    let command = format!(
        "[signing]\n{more}\ncommand = [\"/bin/sh\", \"-c\", '''{script}''', \"sh\", \"{{out}}\", \
         \"${{PIN}}\"]"
    );
    desk.change_config("[signing]", &command);
    desk.build().succeeds();
    let signed = sign_pe(&fs::read(desk.exe()).unwrap(), &Signature::default());
    desk.put("signed.exe", &signed);
    desk
}

/// The program as it hears signals. What started these tests in the background may have had some of them
/// ignored, as shells do, and the program keeps to that.
fn hearing(desk: &Desk, arguments: &[&str]) -> Command {
    let mut command = Command::new("/usr/bin/env");
    command
        .arg("--default-signal=INT,HUP,TERM")
        .arg(env!("CARGO_BIN_EXE_gangway"))
        .args(arguments)
        .current_dir(desk.path(""))
        .env_clear();
    command
}

fn sign(desk: &Desk) -> Command {
    let mut command = hearing(desk, &["sign", "out", "--as-of", NOW, "--json"]);
    command
        .env("PATH", "/usr/bin:/bin")
        .env("PIN", "secret-1234");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Exit code and document.
fn ends(command: &mut Command) -> (Option<i32>, Value) {
    let output = command.output().unwrap();
    let document = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), document)
}

/// Waits until the file or folder is there.
fn await_path(path: &Path) {
    let begun = Instant::now();
    while !path.exists() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{}",
            path.display()
        );
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill")
        .args(["-s", signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[test]
fn the_command_has_its_variables_and_signs_as_often_as_it_is_asked() {
    let desk = signing(r#"test "$2" = secret-1234 && cp signed.exe "$1""#, "");
    for _ in 0..2 {
        let (code, document) = ends(&mut sign(&desk));
        assert_eq!(code, Some(0), "{document}");
        assert_eq!(desk.leftovers(), [""; 0]);
    }
    desk.verify_with(&["--config", "gangway.toml", "--signed"])
        .succeeds();
    let (code, document) = ends(sign(&desk).env_remove("PIN"));
    assert_eq!(code, Some(3));
    let message = document["error"]["message"].as_str().unwrap();
    assert!(message.contains("`PIN`, which is not set"), "{message}");
}

#[test]
fn all_that_the_command_says_is_told_without_the_secret() {
    let script = r#"echo first line; echo "bad pin $2" >&2; echo last; exit 7"#;
    let desk = signing(script, "");
    let before = desk.tree("out");
    let (code, document) = ends(&mut sign(&desk));
    assert_eq!(
        (code, &document["error"]["code"]),
        (Some(3), &"program".into())
    );
    let message = document["error"]["message"].as_str().unwrap();
    let said = "exit status: 7; it said:\nfirst line\nbad pin ***\nlast";
    assert!(message.contains(said), "{message}");
    assert!(!document.to_string().contains("secret-1234"), "{document}");
    assert!(desk.tree("out") == before && desk.leftovers().is_empty());
}

#[test]
fn a_command_that_takes_too_long_is_ended() {
    let desk = signing(
        "echo waiting for the token; exec sleep 300",
        "time_limit_s = 1",
    );
    let begun = Instant::now();
    let (code, document) = ends(&mut sign(&desk));
    assert!(begun.elapsed() < Duration::from_secs(60));
    assert_eq!(
        (code, &document["error"]["code"]),
        (Some(3), &"program".into())
    );
    let message = document["error"]["message"].as_str().unwrap();
    for text in ["after 1 seconds", "waiting for the token"] {
        assert!(message.contains(text), "{message}");
    }
    assert_eq!(desk.leftovers(), [""; 0]);
}

/// Waits until no process of this id is there, or only one that nobody has waited for.
fn await_end(desk: &Desk, pid_file: &str) {
    let pid = fs::read_to_string(desk.path(pid_file)).unwrap();
    let status = Path::new("/proc").join(pid.trim()).join("status");
    let begun = Instant::now();
    while fs::read_to_string(&status).is_ok_and(|text| !text.contains("State:\tZ")) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{pid} goes on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_the_command_started_ends_with_it() {
    let script = "sleep 300 & echo $! > pid; echo begun > begun; wait";
    let desk = signing(script, "time_limit_s = 1");
    let (code, _) = ends(&mut sign(&desk));
    assert_eq!(code, Some(3));
    await_end(&desk, "pid");
    let desk = signing(script, "");
    let mut child = sign(&desk).spawn().unwrap();
    await_path(&desk.path("begun"));
    send("TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    await_end(&desk, "pid");
}

#[test]
fn a_signal_that_is_ignored_stays_so() {
    let desk = signing(
        r#"echo begun > begun; while test ! -e go; do sleep 0.05; done; cp signed.exe "$1""#,
        "",
    );
    let mut command = Command::new("/usr/bin/nohup");
    command
        .arg(env!("CARGO_BIN_EXE_gangway"))
        .args(["sign", "out", "--as-of", NOW])
        .current_dir(desk.path(""))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("PIN", "secret-1234")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    await_path(&desk.path("begun"));
    send("HUP", &child);
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "it goes on");
    desk.put("go", b"");
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_signal_ends_the_signing_command_and_leaves_nothing() {
    for signal in ["TERM", "INT", "HUP"] {
        let desk = signing("echo $$ > pid; echo begun > begun; exec sleep 300", "");
        let before = desk.tree("out");
        let mut child = sign(&desk).spawn().unwrap();
        await_path(&desk.path("begun"));
        send(signal, &child);
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(130), "{signal}");
        assert_eq!(desk.leftovers(), [""; 0], "{signal}");
        assert!(desk.tree("out") == before, "{signal}");
        await_end(&desk, "pid");
    }
}

#[test]
fn a_kill_leaves_a_bundle_that_verifies_and_the_next_run_signs() {
    let script = r#"cp signed.exe "$1"; if test ! -e begun; then echo > begun; exec sleep 5; fi"#;
    let desk = signing(script, "");
    let before = desk.tree("out");
    let mut child = sign(&desk).spawn().unwrap();
    await_path(&desk.path("begun"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(desk.tree("out") == before);
    desk.verify().succeeds();
    let (code, document) = ends(&mut sign(&desk));
    assert_eq!(code, Some(0), "{document}");
    assert_eq!(desk.leftovers(), [""; 0]);
}

#[test]
fn a_signal_in_the_middle_of_a_build_leaves_nothing() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let large = AgentSpec {
        padding: 96 << 20,
        ..AgentSpec::default()
    };
    desk.put("downloads/md4ws.msi", &large.bytes());
    let lock = fs::read(desk.path("gangway.lock")).unwrap();
    let before = desk.tree("out");
    for signal in ["TERM", "INT", "HUP"] {
        let elsewhere = ["--update-lock", "--out", "new/deeper/out"];
        for (more, staging) in [
            (&elsewhere[..1], ".out.gangway-new"),
            (&elsewhere[..], "new/deeper/.out.gangway-new"),
        ] {
            let given = match more {
                [_] => [&BUILD[..], more].concat(),
                _ => [&BUILD[..1], &BUILD[3..], more].concat(),
            };
            let mut child = hearing(&desk, &given).spawn().unwrap();
            await_path(&desk.path(staging));
            send(signal, &child);
            assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        }
        assert!(!desk.path("new").exists(), "{signal}");
        assert_eq!(desk.leftovers(), [""; 0], "{signal}");
        assert!(desk.tree("out") == before, "{signal}");
        assert_eq!(
            fs::read(desk.path("gangway.lock")).unwrap(),
            lock,
            "{signal}"
        );
    }
}

/// Of a share: neither the claim, which would stop every other publication, nor half a file.
#[test]
fn a_signal_in_the_middle_of_a_publication_leaves_no_claim_and_no_half_file() {
    let desk = Desk::with_downloads();
    let large = AgentSpec {
        padding: 96 << 20,
        ..AgentSpec::default()
    };
    desk.put("downloads/md4ws.msi", &large.bytes());
    desk.build().succeeds();
    let release = fs::read_dir(desk.path("out/share/releases")).unwrap();
    let release = release.map(|entry| entry.unwrap().file_name()).next();
    let release = release.unwrap().into_string().unwrap();
    let publish = [
        "publish",
        "share",
        "out",
        "--allow-unsigned",
        "--to",
        "share",
        "--apply",
        "--as-of",
        NOW,
    ];
    fs::create_dir(desk.path("share")).unwrap();
    for signal in ["TERM", "INT", "HUP"] {
        let mut child = hearing(&desk, &publish).spawn().unwrap();
        await_path(&desk.path(&format!("share/releases/{release}/md4ws.msi.gangway-part")));
        send(signal, &child);
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        assert_nothing_is_left(&desk, signal);
    }
    // While it waits for another one, which keeps what is his.
    fs::create_dir(desk.path("share/campaigns.claim")).unwrap();
    desk.put("share/campaigns.claim/owner.json", b"{}");
    let mut child = hearing(&desk, &publish).spawn().unwrap();
    let is_prepared = |desk: &Desk| {
        let mut names = fs::read_dir(desk.path("share")).unwrap();
        names.any(|entry| {
            let path = entry.unwrap().path();
            path.to_string_lossy().contains("campaigns.claim-") && path.join("owner.json").exists()
        })
    };
    let begun = Instant::now();
    while !is_prepared(&desk) {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    send("TERM", &child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(
        fs::read(desk.path("share/campaigns.claim/owner.json")).unwrap(),
        b"{}"
    );
    fs::remove_dir_all(desk.path("share/campaigns.claim")).unwrap();
    assert_nothing_is_left(&desk, "waiting");
    // Nobody is in the way of the next one.
    desk.run(&publish).succeeds();
    assert_nothing_is_left(&desk, "whole");
}

/// Neither on the share, nor beside the state but what was there before.
#[track_caller]
fn assert_nothing_is_left(desk: &Desk, when: &str) {
    let left = |folder: &str, ends: &[&str]| -> Vec<String> {
        let names = desk.tree(folder).into_iter().map(|(name, _)| name);
        names
            .filter(|name| ends.iter().any(|end| name.contains(end)))
            .collect()
    };
    assert_eq!(left("share", &["gangway-part", "claim"]), [""; 0], "{when}");
    assert!(!desk.path("share/campaigns.claim").exists(), "{when}");
    let beside = ["claim", "lock", ".tmp"];
    assert_eq!(left("gangway-published", &beside), [""; 0], "{when}");
}

#[test]
fn a_busy_output_is_waited_for_as_long_as_asked() {
    let desk = Desk::with_downloads();
    let held = File::create(desk.path(".out.gangway-lock")).unwrap();
    held.lock().unwrap();
    desk.build().fails_with(3, &["another", "--wait SECONDS"]);
    let begun = Instant::now();
    desk.build_with(&["--wait", "1"])
        .fails_with(3, &["another"]);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let mut child = hearing(&desk, &[&BUILD[..], &["--wait", "60"]].concat())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none(), "it waits");
    drop(held);
    assert!(child.wait().unwrap().success());
    assert!(desk.path("out/bundle.json").exists());
}
