//! What config and options ask of signatures is asked of packages by `attest` and `verify` too, and what nobody judged,
//! signed or made is told.

use std::fs;

use gangway_fixtures::Lab;
use gangway_fixtures::authenticode::{MsiSigned, Signature, sign_msi, sign_pe};
use serde_json::Value;

use super::attest::{attest, attestable, verify};
use super::desk::{Desk, NOW, Session};
use super::documents;
use super::remade::with_command;
use super::vouched::{PACKAGES, package};

/// The config asks for time stamps, and nobody gave one.
fn ask_for_stamps(desk: &Desk) {
    desk.change_config("[signing]", "[signing]\ntime_stamp = true");
}

/// A bundle with signed packages that nobody stamped.
fn signed_packages(more: &[&str]) -> Desk {
    let desk = attestable();
    with_command(&desk);
    package(&desk, &[&["--sign"], more].concat());
    desk
}

fn with_config<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&PACKAGES[..], &["-c", "gangway.toml"], more].concat()
}

fn rewrite_list(desk: &Desk, change: impl Fn(&mut Value)) {
    let path = desk.path("out-packages/packages.json");
    let mut list: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut list);
    fs::write(path, super::vouched::in_form(&list)).unwrap();
}

#[test]
fn a_stamp_that_the_config_asks_for_is_asked_of_packages() {
    let desk = signed_packages(&[]);
    attest(&desk, &PACKAGES).succeeds();
    ask_for_stamps(&desk);
    let verified = |more: &[&str]| verify(&desk, &with_config(more));
    attest(&desk, &PACKAGES).fails_with(4, &["GW5211", ".cab", "gangway package --sign"]);
    verified(&[]).fails_with(4, &["GW5211", ".cab", "--allow-unstamped"]);
    verified(&["--allow-unstamped"]).succeeds();
    // Without the config nobody asks.
    verify(&desk, &PACKAGES).succeeds();
    attest(&desk, &with_config(&["--allow-unstamped"])[..2]).fails_with(4, &["GW5211"]);
    attest(&desk, &[&PACKAGES[..], &["--allow-unstamped"]].concat()).succeeds();
}

#[test]
fn a_stamp_that_the_config_asks_for_is_asked_of_the_bootstrap() {
    let desk = attestable();
    ask_for_stamps(&desk);
    attest(&desk, &[]).succeeds();
    let unsigned = fs::read(desk.path("unsigned.exe")).unwrap();
    let cut = sign_pe(&unsigned, &Signature::default().unstamped());
    fs::write(desk.exe(), cut).unwrap();
    attest(&desk, &[]).fails_with(4, &["GW5211", ".exe", "gangway sign"]);
    let told = desk.verify();
    told.succeeds();
    assert!(told.err.contains("GW3032"), "{}", told.err);
    let signed = ["--signed", "--config", "gangway.toml"];
    desk.verify_with(&signed)
        .fails_with(4, &["--signed", "no time stamp", "--allow-unstamped"]);
    desk.verify_with(&[&signed[..], &["--allow-unstamped"]].concat())
        .succeeds();
    attest(&desk, &["--allow-unstamped"]).succeeds();
}

/// `package`, `attest` and `verify` with roots on the command line, none of them in the config.
#[test]
fn roots_that_are_named_count_for_packages() {
    let desk = attestable();
    with_command(&desk);
    desk.change_config("\nroots = [\"root.pem\"]", "\nroots = []");
    desk.put("other.pem", Lab::UnrelatedRoot.certificate_pem().as_bytes());
    let root = ["--root", "root.pem"];
    let other = ["--root", "other.pem"];
    let list = || fs::read_to_string(desk.path("out-packages/packages.json")).unwrap();
    let attested = |more: &[&str]| attest(&desk, &[&PACKAGES[..], more].concat());

    package(&desk, &["--sign"]);
    assert!(list().contains("root not judged"), "{}", list());
    let session = attested(&[]);
    session.succeeds();
    assert!(session.err.contains("GW5213"), "{}", session.err);
    let session = attested(&root);
    session.succeeds();
    assert!(!session.err.contains("GW5213"), "{}", session.err);
    verify(&desk, &[&PACKAGES[..], &root].concat()).succeeds();
    verify(&desk, &[&PACKAGES[..], &other].concat()).fails_with(4, &["--root"]);

    package(&desk, &["--sign", "--root", "root.pem"]);
    assert!(!list().contains("root not judged"), "{}", list());
    attested(&root).succeeds();
    attested(&[]).fails_with(4, &["GW5212", "which a root says", "--root"]);
    // The bootstrap is of the same root.
    attested(&other).fails_with(4, &["GW3005", "--root"]);
}

/// No root says which certificates belong to the signature of a package.
#[test]
fn what_no_root_judged_in_the_signature_of_a_package_is_told() {
    let alien = Signature {
        certificates: [Lab::Code.issuers(), vec![Lab::UnrelatedRoot]].concat(),
        ..Signature::default()
    };
    let desk = attestable();
    let command = "[signing]\ncommand = [\"/bin/cp\", \"signed.msi\", \"{out}\"]";
    desk.change_config("[signing]", command);
    desk.change_config("\nroots = [\"root.pem\"]", "\nroots = []");
    let alone = ["--format", "msi", "--embed"];
    package(&desk, &alone);
    let mut files = desk.tree("out-packages").into_iter();
    let (_, unsigned) = files.find(|(path, _)| path.ends_with(".msi")).unwrap();
    let signed = sign_msi(&unsigned, MsiSigned::ContentOnly, &alien);
    desk.put("signed.msi", &signed);
    package(&desk, &[&alone[..], &["--sign"]].concat());
    for session in [attest(&desk, &PACKAGES), verify(&desk, &PACKAGES)] {
        session.succeeds();
        for code in ["GW5018", "GW5213"] {
            assert!(session.err.contains(code), "{code}: {}", session.err);
        }
    }
}

#[test]
fn a_signature_that_was_taken_away_is_told() {
    let desk = signed_packages(&[]);
    let session = attest(&desk, &PACKAGES);
    session.succeeds();
    assert!(!session.err.contains("GW5214"), "{}", session.err);
    package(&desk, &["--format", "dsc", "-o", "plain"]);
    let script = fs::read(desk.path("plain/dsc/Onboard.ps1")).unwrap();
    desk.put("out-packages/dsc/Onboard.ps1", &script);
    rewrite_list(&desk, |list| {
        let mut files = list["files"].as_array_mut().unwrap().iter_mut();
        let file = files.find(|file| file["path"] == "dsc/Onboard.ps1");
        file.unwrap()["signature"] = Value::Null;
    });
    super::vouched::relist(&desk, "out-packages", |_| None);
    for session in [attest(&desk, &PACKAGES), verify(&desk, &PACKAGES)] {
        session.succeeds();
        for text in ["GW5214", "dsc/Onboard.ps1"] {
            assert!(session.err.contains(text), "{text}: {}", session.err);
        }
    }
}

#[test]
fn kinds_of_packages_that_are_gone_are_told() {
    let desk = attestable();
    let told = |session: &Session, codes: [(&str, bool); 2]| {
        session.succeeds();
        for (code, is_told) in codes {
            assert_eq!(session.err.contains(code), is_told, "{}", session.err);
        }
    };
    let attest = |more: &[&str]| attest(&desk, &[more, &["-v"]].concat());
    package(&desk, &[]);
    told(&attest(&PACKAGES), [("GW5215", false), ("GW5216", false)]);
    package(&desk, &["--format", "msi"]);
    let session = attest(&PACKAGES);
    told(&session, [("GW5215", true), ("GW5216", true)]);
    assert!(session.err.contains("zip/"), "{}", session.err);
    told(&attest(&PACKAGES), [("GW5215", false), ("GW5216", true)]);
    told(&attest(&[]), [("GW5215", true), ("GW5216", false)]);
}

/// Whoever may write to the folder gives each reader the file that he likes.
#[test]
fn a_signature_is_judged_in_the_bytes_that_are_vouched_for() {
    let desk = signed_packages(&["--format", "dsc"]);
    let path = "out-packages/dsc/Onboard.ps1";
    let good = fs::read_to_string(desk.path(path)).unwrap();
    // A letter in the middle of its signature value, the last of its lines but one.
    let lines: Vec<&str> = good.lines().collect();
    let line = lines[lines.len() - 4];
    let letter = if line.ends_with('A') { "B" } else { "A" };
    let broken = format!("{}{letter}", &line[..line.len() - 1]);
    let evil = good.replace(line, &broken);
    assert!(evil != good && evil.len() == good.len());
    desk.put(path, evil.as_bytes());
    super::vouched::relist(&desk, "out-packages", |_| None);
    attest(&desk, &PACKAGES).fails_with(4, &["GW5212", "dsc/Onboard.ps1"]);
    let (place, aside) = (desk.path(path), desk.path("aside.ps1"));
    desk.put("good.ps1", good.as_bytes());
    desk.put("evil.ps1", evil.as_bytes());
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for from in ["good.ps1", "evil.ps1"] {
                    fs::copy(desk.path(from), &aside).unwrap();
                    fs::rename(&aside, &place).unwrap();
                }
            }
        });
        for _ in 0..40 {
            assert_ne!(attest(&desk, &PACKAGES).code, 0);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

#[test]
fn a_folder_for_temporary_files_that_cannot_be_used_is_named_with_its_variable() {
    let desk = signed_packages(&["--format", "dsc"]);
    let usual = ["out", "-c", "gangway.toml", "--as-of", NOW];
    for arguments in [
        &[&["attest"], &usual[..], &PACKAGES].concat(),
        &[&["package"], &usual[..], &["--sign"]].concat(),
        &[&["sign"], &usual[..]].concat(),
    ] {
        let mut command = desk.command(arguments);
        let output = command.env("TMPDIR", desk.path("none")).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{said}");
        for text in ["/none/gangway-work-", "`TMPDIR`"] {
            assert!(said.contains(text), "{text}: {said}");
        }
    }
}

#[test]
fn an_offboarding_bundle_that_nothing_needs_is_told() {
    let desk = attestable();
    super::package::build_way_back(&desk, super::package::END);
    package(&desk, &["--format", "dsc"]);
    let back = ["--allow-unsigned", "--offboard", "back"];
    let session = attest(&desk, &[&PACKAGES[..], &back].concat());
    session.succeeds();
    assert!(session.err.contains("GW5013"), "{}", session.err);
}

/// The key of a workspace lies where users may read in no installer package, and the others are made.
#[test]
fn a_bundle_with_a_secret_gives_all_packages_but_the_installer_package() {
    let desk = documents::built();
    let usual = ["package", "out", "--allow-unsigned", "--as-of", NOW, "-v"];
    let session = desk.run(&usual);
    session.succeeds();
    for text in ["GW5017", "the key of a workspace"] {
        assert!(session.err.contains(text), "{text}: {}", session.err);
    }
    let files = desk.tree("out-packages");
    for (folder, is_made) in [("msi/", false), ("cab/", true), ("dsc/", true)] {
        let found = files.iter().any(|(path, _)| path.starts_with(folder));
        assert_eq!(found, is_made, "{folder}");
    }
    let msi = [&usual[..], &["--format", "msi", "-o", "named"]].concat();
    desk.run(&msi).fails_with(1, &["GW5002"]);
}
