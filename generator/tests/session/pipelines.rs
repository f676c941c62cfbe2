//! The sample pipelines: one script that runs, and three files that run the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use gangway_fixtures::Lab;

use super::desk::Desk;

fn sample(name: &str) -> PathBuf {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples");
    samples.join(name)
}

/// Lines that run the program, without what a platform writes before a command.
fn commands(name: &str) -> Vec<String> {
    let text = fs::read_to_string(sample("pipelines").join(name)).unwrap();
    let stripped = text.lines().map(|line| {
        let line = line.trim().trim_start_matches("- ");
        let line = line.strip_prefix("run: ").unwrap_or(line);
        line.strip_prefix("bash: ").unwrap_or(line)
    });
    stripped
        .filter(|line| line.starts_with("gangway "))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_platform_runs_the_commands_of_the_script() {
    let script = commands("release.sh");
    assert_eq!(script.len(), 8, "{script:?}");
    for name in ["github.yml", "azure-pipelines.yml", "gitlab-ci.yml"] {
        assert_eq!(commands(name), script, "{name}");
    }
}

/// A checkout of the worked example, with keys of the lab and one that was made for this run.
fn checkout() -> Desk {
    let desk = Desk::with_downloads();
    gangway_fixtures::samples::lab(&desk.path("lab")).unwrap();
    for (name, text) in [
        ("code.pem", Lab::Code.certificate_pem()),
        ("code-ca.pem", Lab::CodeCa.certificate_pem()),
        ("code.key", Lab::Code.key_pem()),
    ] {
        desk.put(&format!("lab/{name}"), text.as_bytes());
    }
    let config = fs::read_to_string(sample("contoso/gangway.toml")).unwrap();
    let more = "\n[bootstrap]\nstub = \"stub.exe\"\n\n[provenance]\nkey = \"provenance.pub.pem\"\ncommand = \
                [\"openssl\", \"dgst\", \"-sha256\", \"-sign\", \"provenance.pem\", \"-out\", \"{out}\", \"{in}\"]\n";
    desk.put("gangway.toml", format!("{config}{more}").as_bytes());
    for arguments in [
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out provenance.pem",
        "pkey -in provenance.pem -pubout -out provenance.pub.pem",
    ] {
        let mut openssl = Command::new("openssl");
        let arguments = arguments.split_whitespace();
        openssl.args(arguments).current_dir(desk.path("."));
        assert!(openssl.output().unwrap().status.success());
    }
    desk
}

#[test]
fn the_script_brings_the_worked_example_to_a_dry_run() {
    let desk = checkout();
    // Whoever changes config or downloads builds once and commits the lock.
    desk.run(&["build", "--out", "bundle"]).succeeds();
    fs::remove_dir_all(desk.path("bundle")).unwrap();
    fs::create_dir(desk.path("bin")).unwrap();
    let program = env!("CARGO_BIN_EXE_gangway");
    std::os::unix::fs::symlink(program, desk.path("bin/gangway")).unwrap();
    let run = || {
        let mut script = Command::new("/bin/sh");
        script
            .arg(sample("pipelines/release.sh"))
            .current_dir(desk.path("."))
            .env_clear()
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", desk.path("bin").display()),
            );
        let output = script.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let (code, out, err) = run();
    assert_eq!(code, Some(0), "{out}{err}");
    for words in ["NETLOGON", "verified: the bundle that was built"] {
        assert!(out.contains(words), "{words}: {out}");
    }
    for log in ["inspect.sarif", "lint.sarif"] {
        let log: serde_json::Value =
            serde_json::from_slice(&fs::read(desk.path(log)).unwrap()).unwrap();
        assert_eq!(log["version"], "2.1.0");
    }
    for file in ["bundle.intoto.jsonl", "bundle.cdx.json", "bundle-packages"] {
        assert!(desk.path(file).exists(), "{file}");
    }
    // A download that is not the locked one ends it before anything is signed.
    fs::remove_dir_all(desk.path("bundle")).unwrap();
    fs::remove_file(desk.path("downloads/Install.ps1")).unwrap();
    let (code, out, err) = run();
    assert_ne!(code, Some(0), "{out}{err}");
    assert!(!desk.path("bundle").exists());
}
