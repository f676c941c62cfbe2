//! Every command in success and in failure: the sessions whose golden files show what machines read
//! (`answers.rs`) and what people read (`transcripts.rs`).

use std::fs;

use gangway_contract::UtcTime;
use gangway_contract::report::file_name;
use gangway_fixtures::authenticode::{Signature, sign_pe};
use serde_json::{Value, json};

use super::attest::attestable;
use super::desk::{Desk, NOW};
use super::differences::twice;

/// The downloads, and nothing built.
pub(crate) fn downloads() -> Desk {
    Desk::with_downloads()
}

pub(crate) fn built() -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    desk
}

/// A bundle, and a signing command that gives the signed exe.
pub(crate) fn signable() -> Desk {
    let desk = Desk::with_downloads();
    desk.change_config(
        "[signing]",
        "[signing]\ncommand = [\"/bin/cp\", \"signed.exe\", \"{out}\"]",
    );
    desk.build().succeeds();
    let signed = sign_pe(&fs::read(desk.exe()).unwrap(), &Signature::default());
    desk.put("signed.exe", &signed);
    desk
}

/// A bundle, and its exe signed.
fn signed() -> Desk {
    let desk = signable();
    desk.run(&["sign", "out", "--as-of", NOW]).succeeds();
    desk
}

/// Two bundles whose documents say the same: an exe that was signed since, a payload that was
/// replaced, a file that is gone, and one that is new.
fn tampered() -> Desk {
    let desk = twice();
    let signed = sign_pe(&fs::read(desk.exe()).unwrap(), &Signature::default());
    fs::write(desk.exe(), signed).unwrap();
    for (path, _) in desk.tree("out") {
        if path.ends_with("/md4ws.msi") {
            desk.put(&format!("out/{path}"), b"another");
        }
    }
    fs::remove_file(desk.path("out/runbook.html")).unwrap();
    desk.put("out/publish/more.ps1", b"x");
    desk
}

fn reports() -> Desk {
    let desk = Desk::empty();
    fs::create_dir(desk.path("reports")).unwrap();
    desk.put("reports/odd.json", b"{}");
    desk.put("expected.txt", b"srv1.contoso.com\n");
    desk
}

/// As above, with one report of a server.
fn one_report() -> Desk {
    let desk = reports();
    put_report(&desk, 1);
    desk
}

/// With five reports of it.
fn old_reports() -> Desk {
    let desk = reports();
    for hour in 1..=5 {
        put_report(&desk, hour);
    }
    desk
}

/// A bundle, and a share without a release.
fn with_share() -> Desk {
    let desk = built();
    fs::create_dir(desk.path("share")).unwrap();
    desk
}

/// A share with a release, and a report.
fn rolled_out() -> Desk {
    let desk = with_share();
    let publish = ["publish", "share", "out", "--to", "share", "--apply"];
    desk.run(&[&publish[..], &["--allow-unsigned", "--as-of", NOW]].concat())
        .succeeds();
    desk.leave_report();
    desk
}

fn put_report(desk: &Desk, hour: u32) {
    let time: UtcTime = format!("2026-01-01T0{hour}:00:00Z").parse().unwrap();
    let document = json!({
        "schema": 2, "bundle_id": "0".repeat(32), "sequence": 1, "fqdn": "srv1.contoso.com",
        "finished_at": time.to_string(), "state": "failed", "reason": "step-failed",
        "detail": "", "next_action": "", "exit_code": 53, "mode": "onboard",
        "facts_after": {"sensor": {"org_id": "absent"}},
    });
    let name = file_name("srv1.contoso.com", time, hour);
    desk.put(&format!("reports/{name}"), document.to_string().as_bytes());
}

/// 2026-02-04, the day after the bootstrap's golden reports.
const DAY_AFTER: &str = "1770163200";

/// Two reports as the bootstrap writes them: its own golden files.
fn servers() -> Desk {
    const WRITTEN: [&str; 2] = [
        include_str!(
            "../../../runner/tests/whole_runs/snapshots/whole_runs__reports__report-done.snap"
        ),
        include_str!(
            "../../../runner/tests/whole_runs/snapshots/whole_runs__reports__report-failed.snap"
        ),
    ];
    let desk = Desk::empty();
    fs::create_dir(desk.path("reports")).unwrap();
    for (number, golden) in (0..).zip(WRITTEN) {
        let (_, document) = golden.split_once("\n---\n").unwrap();
        let report: Value = serde_json::from_str(document).unwrap();
        let fqdn = report["fqdn"].as_str().unwrap();
        let time: UtcTime = report["finished_at"].as_str().unwrap().parse().unwrap();
        let name = file_name(fqdn, time, number);
        desk.put(&format!("reports/{name}"), document.as_bytes());
    }
    desk
}

/// Name of the golden files, the desk, the command line without `--json`, and how it ends.
pub(crate) type Case = (&'static str, fn() -> Desk, &'static [&'static str], i32);

pub(crate) const CASES: &[Case] = &[
    ("init", Desk::empty, &["init", "new.toml"], 0),
    ("init-failed", Desk::empty, &["init", "root.pem"], 3),
    (
        "inspect",
        downloads,
        &[
            "inspect",
            "-c",
            "gangway.toml",
            "--as-of",
            NOW,
            "downloads/md4ws.msi",
        ],
        0,
    ),
    (
        "inspect-failed",
        downloads,
        &["inspect", "-c", "absent.toml", "downloads"],
        3,
    ),
    (
        "inspect-found",
        downloads,
        &["inspect", "--as-of", NOW, "downloads/Install.ps1"],
        1,
    ),
    (
        "build",
        downloads,
        &["build", "-o", "out", "--stub", "stub.exe", "--as-of", NOW],
        0,
    ),
    (
        "build-unchanged",
        built,
        &["build", "-o", "out", "--stub", "stub.exe", "--as-of", NOW],
        0,
    ),
    (
        "build-denied",
        downloads,
        &[
            "build", "-o", "out", "--stub", "stub.exe", "--as-of", NOW, "--deny", "GW1305",
        ],
        1,
    ),
    (
        "build-failed",
        Desk::empty,
        &["build", "-o", "out", "--stub", "absent.exe"],
        3,
    ),
    ("lock", built, &["lock", "--from", "out", "--as-of", NOW], 0),
    ("lock-failed", built, &["lock", "--from", "downloads"], 4),
    (
        "reconstruct",
        built,
        &["reconstruct", "out", "-o", "back", "--as-of", NOW],
        0,
    ),
    (
        "reconstruct-failed",
        built,
        &["reconstruct", "downloads", "-o", "back"],
        3,
    ),
    ("sign", signable, &["sign", "out", "--as-of", NOW], 0),
    ("sign-failed", built, &["sign", "out"], 2),
    (
        "package",
        signed,
        &["package", "out", "-c", "gangway.toml", "--as-of", NOW],
        0,
    ),
    (
        "package-failed",
        built,
        &["package", "out", "-c", "gangway.toml", "--as-of", NOW],
        4,
    ),
    (
        "attest",
        attestable,
        &["attest", "out", "-c", "gangway.toml", "--as-of", NOW],
        0,
    ),
    (
        "attest-failed",
        built,
        &["attest", "out", "-c", "gangway.toml", "--as-of", NOW],
        2,
    ),
    (
        "verify",
        built,
        &["verify", "out", "-c", "gangway.toml", "--as-of", NOW],
        0,
    ),
    ("verify-failed", built, &["verify", "downloads"], 4),
    ("lint", built, &["lint", "out"], 0),
    ("lint-failed", Desk::empty, &["lint", "root.pem"], 3),
    ("diff", built, &["diff", "out", "out"], 0),
    ("diff-found", tampered, &["diff", "before", "out"], 1),
    ("diff-failed", built, &["diff", "absent", "out"], 3),
    #[cfg(feature = "directory")]
    (
        "publish-share",
        with_share,
        &[
            "publish",
            "share",
            "out",
            "--to",
            "share",
            "--allow-unsigned",
            "--as-of",
            NOW,
        ],
        0,
    ),
    (
        "publish-share-offline",
        built,
        &[
            "publish",
            "share",
            "out",
            "--offline",
            "--allow-unsigned",
            "--as-of",
            NOW,
        ],
        0,
    ),
    (
        "publish-share-failed",
        with_share,
        &[
            "publish",
            "share",
            "out",
            "--to",
            "absent",
            "--apply",
            "--allow-unsigned",
            "--as-of",
            NOW,
        ],
        3,
    ),
    (
        "rollout",
        rolled_out,
        &[
            "rollout",
            "share",
            "show",
            "--reports",
            "reports",
            "--as-of",
            NOW,
        ],
        0,
    ),
    (
        "rollout-ring",
        rolled_out,
        &[
            "rollout",
            "share",
            "ring",
            "50",
            "--reports",
            "reports",
            "--as-of",
            NOW,
        ],
        0,
    ),
    (
        "rollout-failed",
        rolled_out,
        &["rollout", "share", "ring", "150"],
        2,
    ),
    (
        "publish-whole-offline",
        built,
        &[
            "publish",
            "out",
            "--offline",
            "--allow-unsigned",
            "--link",
            "OU=Servers,DC=contoso,DC=com",
            "--as-of",
            NOW,
        ],
        0,
    ),
    #[cfg(feature = "directory")]
    (
        "publish-offline",
        built,
        &[
            "publish",
            "gpo",
            "out",
            "--offline",
            "--allow-unsigned",
            "--link",
            "OU=Servers,DC=contoso,DC=com",
            "--as-of",
            NOW,
        ],
        0,
    ),
    #[cfg(feature = "directory")]
    (
        "publish-failed",
        built,
        &["publish", "gpo", "out", "--offline", "--as-of", NOW],
        4,
    ),
    (
        "report",
        one_report,
        &[
            "report",
            "reports",
            "--expected",
            "expected.txt",
            "--as-of",
            "2026-01-02",
        ],
        0,
    ),
    (
        "report-uncounted",
        one_report,
        &[
            "report",
            "reports",
            "--expected",
            "expected.txt",
            "--as-of",
            NOW,
        ],
        3,
    ),
    (
        "report-servers",
        servers,
        &["report", "reports", "--as-of", DAY_AFTER],
        0,
    ),
    (
        "report-prune",
        old_reports,
        &["report", "reports", "--prune", "--apply", "--as-of", NOW],
        0,
    ),
    (
        "report-prune-failed",
        old_reports,
        &["report", "reports", "--prune", "--history", "reports/a.csv"],
        3,
    ),
    ("report-failed", reports, &["report", "absent"], 3),
    ("explain", Desk::empty, &["explain", "gw1305"], 0),
    (
        "selftest-failed",
        built,
        &["selftest", "out", "--as-of", NOW],
        3,
    ),
    ("explain-failed", Desk::empty, &["explain", "GW9999"], 2),
    ("version", Desk::empty, &["--version"], 0),
    ("completions", Desk::empty, &["completions", "bash"], 0),
    ("schema", Desk::empty, &["schema"], 0),
    ("schema-failed", Desk::empty, &["schema", "absent"], 2),
    ("gangway-failed", Desk::empty, &["buidl"], 2),
];
