//! What somebody else put beside a bundle, into it, or into the lock: nothing of his is taken away,
//! signed or believed.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use gangway_fixtures::authenticode::{Signature, sign_pe};
use gangway_fixtures::blob::BlobSpec;
use gangway_fixtures::lab::Lab;
use gangway_fixtures::portal;
use gangway_fixtures::script::ScriptSpec;
use serde_json::Value;

use super::cases::signable;
use super::desk::{Desk, NOW};

fn sequence(desk: &Desk, out: &str) -> u64 {
    let text = fs::read(desk.path(out).join("bundle.json")).unwrap();
    let document: Value = serde_json::from_slice(&text).unwrap();
    document["sequence"].as_u64().unwrap()
}

const SIGN: [&str; 4] = ["sign", "out", "--as-of", NOW];

#[test]
fn signing_takes_nothing_of_others_away() {
    let desk = signable();
    fs::create_dir(desk.path(".out.gangway-sign")).unwrap();
    desk.put(".out.gangway-sign/thesis", b"mine");
    desk.run(&SIGN).succeeds();
    assert_eq!(
        fs::read(desk.path(".out.gangway-sign/thesis")).unwrap(),
        b"mine"
    );

    desk.put(".out.gangway-signed", b"notes");
    let before = fs::read(desk.exe()).unwrap();
    desk.run(&SIGN)
        .fails_with(3, &[".out.gangway-signed", "is in the way"]);
    assert_eq!(
        fs::read(desk.path(".out.gangway-signed")).unwrap(),
        b"notes"
    );
    assert!(fs::read(desk.exe()).unwrap() == before);
    desk.put(".out.gangway-signed", b"MZ my own program");
    desk.run(&SIGN).fails_with(3, &["is in the way"]);
    // What a killed signing leaves is the beginning of the bundle's exe.
    for left in [0, 2, 300] {
        let exe = fs::read(desk.path("signed.exe")).unwrap();
        desk.put(".out.gangway-signed", &exe[..left]);
        desk.run(&SIGN).succeeds();
        assert!(!desk.path(".out.gangway-signed").exists());
    }
}

#[test]
fn the_key_gets_a_file_that_nobody_else_can_exchange() {
    let desk = signable();
    // The program tells where its file lies, and who may look there.
    let script = "#!/bin/sh\nstat -c %a \"$(dirname \"$1\")\" > mode.txt\ndirname \"$1\" > where.txt\n\
                  cp signed.exe \"$2\"\n";
    desk.put("sign.sh", script.as_bytes());
    desk.change_config(
        "[\"/bin/cp\", \"signed.exe\", \"{out}\"]",
        "[\"/bin/sh\", \"sign.sh\", \"{in}\", \"{out}\"]",
    );
    let sign = |temporary: &str| {
        let mut command = desk.command(&SIGN);
        command
            .env("PATH", "/usr/bin:/bin")
            .env("TMPDIR", desk.path(temporary));
        command.output().unwrap()
    };
    fs::create_dir(desk.path("tmp")).unwrap();
    assert!(sign("tmp").status.success());
    let told = |name: &str| fs::read_to_string(desk.path(name)).unwrap();
    assert_eq!(told("mode.txt").trim(), "700");
    assert!(told("where.txt").starts_with(desk.path("tmp").to_str().unwrap()));
    assert_eq!(fs::read_dir(desk.path("tmp")).unwrap().count(), 0);

    // Of everybody, of a group, and below such a folder.
    fs::create_dir(desk.path("tmp/own")).unwrap();
    for (mode, temporary) in [(0o777, "tmp"), (0o770, "tmp"), (0o777, "tmp/own")] {
        fs::set_permissions(desk.path("tmp"), fs::Permissions::from_mode(mode)).unwrap();
        let refused = sign(temporary);
        assert_eq!(refused.status.code(), Some(3));
        let said = String::from_utf8(refused.stderr).unwrap();
        assert!(said.contains("TMPDIR"), "{said}");
    }
}

#[test]
fn a_file_of_others_under_the_name_of_the_next_lock_stays() {
    let desk = Desk::with_downloads();
    desk.put(".gangway.lock.gangway-new", b"notes");
    desk.build()
        .fails_with(3, &[".gangway.lock.gangway-new", "is in the way"]);
    assert_eq!(
        fs::read(desk.path(".gangway.lock.gangway-new")).unwrap(),
        b"notes"
    );
    assert!(!desk.path("out").exists() && !desk.path("gangway.lock").exists());
}

#[test]
fn a_switch_that_is_in_use_is_not_written_over() {
    for switch in [
        r#"{"schema":1,"paused":true,"min_sequence":0,"ring_percent":100}"#,
        r#"{"schema":1,"paused":false,"min_sequence":1,"ring_percent":100}"#,
        // Not understood by the bootstrap, which then does no new work.
        r#"{"schema":1,"paused":true,"min_sequence":0,"ring_percent":100,"note":"x"}"#,
        "\u{feff}{}",
    ] {
        let desk = Desk::with_downloads();
        desk.build().succeeds();
        desk.put("out/share/control.json", switch.as_bytes());
        desk.build()
            .fails_with(1, &["GW3026", "share/control.json"]);
        let kept = fs::read(desk.path("out/share/control.json")).unwrap();
        assert_eq!(kept, switch.as_bytes());
    }
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    desk.build_with(&["--share", "out/share"])
        .fails_with(3, &["the share", "lies in it"]);
}

#[test]
fn what_was_changed_in_a_bundle_is_named_before_it_goes() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let mut runbook = fs::read(desk.path("out/runbook.html")).unwrap();
    runbook.extend(b"<!-- my notes -->");
    desk.put("out/runbook.html", &runbook);
    desk.build_with(&["--deny", "GW3025"])
        .fails_with(1, &["runbook.html"]);
    assert_eq!(fs::read(desk.path("out/runbook.html")).unwrap(), runbook);
    let session = desk.build();
    session.succeeds();
    assert!(session.err.contains("GW3025"), "{}", session.err);
    desk.verify().succeeds();
}

#[test]
fn no_bundle_is_built_inside_another() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    for inner in ["out/new", "out/share/releases/x"] {
        desk.run(&[
            "build", "--out", inner, "--stub", "stub.exe", "--as-of", NOW,
        ])
        .fails_with(3, &["lies in the bundle"]);
    }
    desk.verify().succeeds();
}

#[test]
fn a_lock_made_from_a_bundle_vouches_for_it_only_by_a_digest_from_outside() {
    let desk = signable();
    let expect = {
        let session = desk.build();
        let lines = session.succeeds().lines();
        let mut digests = lines.filter_map(|line| line.strip_prefix("expect   "));
        digests.next().unwrap().to_owned()
    };
    fs::remove_file(desk.path("gangway.lock")).unwrap();
    desk.run(&["lock", "--from", "out", "--as-of", NOW])
        .succeeds();
    desk.run(&SIGN).fails_with(4, &["--expect"]);
    let verified = desk.verify();
    assert!(
        verified.succeeds().contains("nothing outside says"),
        "{}",
        verified.out
    );
    // It counts on all the same.
    let other = [
        "build", "--mode", "precheck", "--out", "look", "--stub", "stub.exe",
    ];
    desk.run(&[&other[..], &["--as-of", NOW]].concat())
        .succeeds();
    assert_eq!(sequence(&desk, "look"), 2);

    desk.run(&["lock", "--from", "out", "--expect", &expect, "--as-of", NOW])
        .succeeds();
    desk.run(&SIGN).succeeds();
    desk.run(&[
        "lock", "--from", "out", "--from", "look", "--expect", &expect,
    ])
    .fails_with(2, &["one bundle"]);
}

#[test]
fn servers_that_saw_a_sequence_get_a_higher_one_even_for_the_same_bundle() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    desk.build_with(&["--sequence-after", "40"]).succeeds();
    assert_eq!(sequence(&desk, "out"), 41);
    desk.build().succeeds();
    assert_eq!(sequence(&desk, "out"), 41);
    desk.run(&[
        "lock",
        "--from",
        "out",
        "--sequence-after",
        "50",
        "--as-of",
        NOW,
    ])
    .succeeds();
    desk.build().succeeds();
    assert_eq!(sequence(&desk, "out"), 51);
}

#[test]
fn the_last_sequence_that_can_be_told_ends_no_lock() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    fs::rename(desk.path("out"), desk.path("older")).unwrap();
    let last = (1u64 << 53) - 2;
    desk.build_with(&["--sequence-after", &last.to_string()])
        .succeeds();
    assert_eq!(sequence(&desk, "out"), last + 1);
    desk.change_config("[signing]", "[onboard]\ndevice_tag = \"x\"\n[signing]");
    desk.build()
        .fails_with(1, &["GW3024", "no higher one", "move it and the bundles"]);
    desk.verify().succeeds();
    // What it says to do.
    for name in ["out", "gangway.lock"] {
        fs::rename(desk.path(name), desk.path(&format!("{name}.away"))).unwrap();
    }
    desk.run(&["lock", "--from", "older", "--as-of", NOW])
        .succeeds();
    desk.build().succeeds();
    assert_eq!(sequence(&desk, "out"), 2);
}

#[test]
fn a_signature_that_would_be_refused_is_not_kept_by_an_unchanged_build() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let foreign = Signature {
        signer: Lab::UnrelatedCode,
        ..Signature::default()
    };
    let signed = sign_pe(&fs::read(desk.exe()).unwrap(), &foreign);
    fs::write(desk.exe(), &signed).unwrap();
    desk.build().succeeds();
    assert!(fs::read(desk.exe()).unwrap() != signed);
    desk.verify().succeeds();
}

#[test]
fn a_package_of_another_direction_does_not_stand_against_a_bundle() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let before = desk.tree("out");
    let expired = ScriptSpec::of(BlobSpec::offboarding(1_700_000_000));
    desk.put(
        "downloads/offboarding.zip",
        &portal::offboarding_zip(&expired, "2023-11-14"),
    );
    desk.build().succeeds();
    assert!(
        desk.tree("out") == before,
        "its list of inputs is another one"
    );
    let offboard = [
        "build", "--mode", "offboard", "--out", "off", "--stub", "stub.exe",
    ];
    desk.run(&[&offboard[..], &["--as-of", NOW]].concat())
        .fails_with(1, &["GW1215"]);
}

#[test]
fn an_accepted_download_that_is_gone_is_told_until_it_is_left_out_on_purpose() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    fs::remove_file(desk.path("downloads/md4ws.msi")).unwrap();
    for _ in 0..2 {
        let session = desk.build();
        session.succeeds();
        assert!(session.err.contains("GW1606"), "{}", session.err);
    }
    desk.build_with(&["--update-lock"]).succeeds();
    let session = desk.build();
    session.succeeds();
    assert!(!session.err.contains("GW1606"), "{}", session.err);
}

#[test]
fn the_mode_of_the_bundles_own_folder_is_looked_at() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    fs::set_permissions(desk.path("out"), fs::Permissions::from_mode(0o777)).unwrap();
    let session = desk.verify();
    session.succeeds();
    assert!(session.err.contains("GW3018"), "{}", session.err);
}

/// A signing command that does this, and how the run of it ends.
fn signing(script: &str, limit_s: u32) -> (Desk, Option<i32>, String) {
    let desk = Desk::with_downloads();
    let command = format!(
        "[signing]\ntime_limit_s = {limit_s}\ncommand = [\"/bin/sh\", \"-c\", '''{script}''', \
         \"sh\", \"{{file}}\"]"
    );
    desk.change_config("[signing]", &command);
    desk.build().succeeds();
    let mut sign = desk.command(&SIGN);
    sign.env("PATH", "/usr/bin:/bin").stdout(Stdio::null());
    let output = sign.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (desk, output.status.code(), said)
}

#[test]
fn a_signing_command_that_talks_without_end_is_ended() {
    let begun = Instant::now();
    let (_desk, code, said) = signing("yes AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 300);
    assert_eq!(code, Some(3));
    assert!(said.contains("it said more than"), "{}", &said[..500]);
    assert!(begun.elapsed() < Duration::from_secs(120));
}

/// Command lines of processes that have this argument.
fn running(argument: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|it| fs::read(it.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.split(' ').any(|word| word == argument))
        .collect()
}

#[test]
fn what_leaves_the_group_of_a_failing_signing_command_ends_with_it() {
    for (script, limit_s) in [
        ("setsid sleep 61.5 & sleep 0.2; exit 1", 60),
        ("sleep 61.5 & exit 1", 60),
        ("setsid sleep 61.5 & sleep 30", 1),
    ] {
        let (_desk, code, said) = signing(script, limit_s);
        assert_eq!(code, Some(3), "{said}");
        let left = running("61.5");
        assert!(left.is_empty(), "{script}: {left:?}");
    }
}

#[test]
fn the_publishers_password_goes_to_no_signing_command() {
    let desk = Desk::with_downloads();
    desk.change_config(
        "[signing]",
        "[signing]\ncommand = [\"/bin/echo\", \"${GANGWAY_PASSWORD}\", \"{file}\"]",
    );
    desk.build().succeeds();
    let mut sign = desk.command(&SIGN);
    let output = sign
        .env("GANGWAY_PASSWORD", "s3cret-of-a-test")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("goes to no other program"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn a_package_that_was_refused_is_named_where_one_is_missing() {
    let desk = Desk::with_downloads();
    let offboard = [
        "build", "--mode", "offboard", "--out", "off", "--stub", "stub.exe", "--as-of", NOW,
    ];
    let missing = desk.run(&offboard);
    missing.fails_with(1, &["GW3012", "that may be used"]);
    assert!(!missing.err.contains("is refused"), "{}", missing.err);
    let expired = ScriptSpec::of(BlobSpec::offboarding(1_700_000_000));
    let zip = portal::offboarding_zip(&expired, "2023-11-14");
    desk.put("downloads/offboarding.zip", &zip);
    let told = "offboarding.zip!WindowsDefenderATPOffboardingScript_valid_until_2023-11-14.cmd` is refused: GW1215";
    desk.run(&offboard).fails_with(1, &["GW3012", told]);
}
