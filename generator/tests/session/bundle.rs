//! A bundle from build to verify.

use std::fs;

use gangway::gpo::registry_pol::RegistryPolicy;
use gangway_contract::Manifest;
use gangway_contract::daily::APPLIES_KEY;
use gangway_fixtures::agent::AgentSpec;
use gangway_fixtures::authenticode::{Signature, sign_pe};
use gangway_fixtures::blob::BlobSpec;
use gangway_fixtures::updates::ProgramSpec;

use super::desk::Desk;

fn built() -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    desk
}

#[test]
fn a_fresh_bundle_verifies_and_says_that_it_is_not_signed() {
    let desk = built();
    let session = desk.verify();
    assert!(
        session
            .succeeds()
            .contains("verified: the bundle that was built")
    );
    assert!(session.err.contains("GW3006"));
    desk.verify_with(&["--signed"]).fails_with(4, &["GW3006"]);
}

/// Whoever mends the error would else learn only then that a signature is missing.
#[test]
fn a_missing_signature_is_told_beside_an_error() {
    let desk = built();
    desk.put("out/runbook.html", b"changed");
    let plain = desk.verify();
    plain.fails_with(4, &["runbook.html"]);
    assert!(!plain.err.contains("--signed"), "{}", plain.err);
    let session = desk.verify_with(&["--signed"]);
    session.fails_with(4, &["as built, not signed", "--root"]);
    let at = |text: &str| session.err.find(text).unwrap();
    assert!(at("error GW") < at("`--signed`"), "{}", session.err);
    desk.build().succeeds();
    let denied = desk.verify_with(&["--signed", "--deny", "GW3006"]);
    denied.fails_with(4, &["refused by `--deny`: GW3006", "as built, not signed"]);
}

#[test]
fn restarts_without_hours_are_told() {
    for (rollout, is_told) in [
        ("reboot = \"in_window\"", true),
        ("reboot = \"in_window\"\nwindow = \"22:00-04:00\"", false),
        ("reboot = \"never\"", false),
    ] {
        let desk = Desk::with_downloads();
        desk.change_config("[signing]", &format!("[rollout]\n{rollout}\n[signing]"));
        let session = desk.build();
        session.succeeds();
        assert_eq!(
            session.err.contains("GW3040"),
            is_told,
            "{rollout}: {}",
            session.err
        );
    }
}

#[test]
fn exclusions_that_are_probably_not_meant_are_told_at_their_line() {
    let desk = Desk::with_downloads();
    let role = "[[gpo.settings.role]]\nname = 'Databases'\npaths = ['D:/Data', '*.mdf', 'D:\\Good']\n\
                extensions = ['*.mdf', '.ldf']\nprocesses = ['sqlservr', 'sqlservr.exe']\n[signing]";
    desk.change_config("[signing]", role);
    let text = fs::read_to_string(desk.path("gangway.toml")).unwrap();
    let first = 1 + text
        .lines()
        .position(|line| line.starts_with("paths = ['D:/"))
        .unwrap();
    let session = desk.build();
    session.succeeds();
    for (code, after, list, entry) in [
        ("GW2322", 0, "paths", "D:/Data"),
        ("GW2322", 0, "paths", "*.mdf"),
        ("GW2322", 1, "extensions", "*.mdf"),
        ("GW2322", 2, "processes", "sqlservr"),
        ("GW2323", 2, "processes", "sqlservr.exe"),
    ] {
        let line = first + after;
        let place = format!("line {line}, `gpo.settings.role.{list}`: `{entry}` is");
        let mut said = session.err.lines().filter(|said| said.contains(&place));
        let said = said
            .next()
            .unwrap_or_else(|| panic!("{place}: {}", session.err));
        assert!(
            said.contains(code) && said.contains("gangway.toml"),
            "{said}"
        );
    }
    assert!(!session.err.contains("Good") && !session.err.contains(".ldf"));
    desk.build_with(&["--deny", "GW2323"])
        .fails_with(1, &["GW2323"]);
    // No policy with settings is made of these.
    let precheck = desk.build_with(&["--mode", "precheck"]);
    precheck.succeeds();
    assert!(!precheck.err.contains("GW232"), "{}", precheck.err);
}

#[test]
fn the_same_downloads_give_the_same_bytes_in_another_place() {
    let (one, other) = (built(), built());
    assert_eq!(one.tree("out"), other.tree("out"));
}

/// Two people with their own checkouts, and one who named the folders from the root, wherever they
/// sort: every byte of bundle and lock.
#[test]
fn where_downloads_lie_is_no_part_of_the_bundle() {
    let layouts = ["a", "z"].map(|first| [first.to_owned(), "m/deeper".to_owned()]);
    let mut built = Vec::new();
    for [packages, agents] in layouts {
        for absolute in [false, true] {
            let desk = Desk::with_downloads();
            for folder in [&packages, &agents] {
                fs::create_dir_all(desk.path(folder)).unwrap();
            }
            let zip = "WindowsDefenderATPOnboardingPackage.zip";
            for (name, folder) in [
                (zip, &packages),
                ("md4ws.msi", &agents),
                ("Install.ps1", &agents),
            ] {
                let from = desk.path("downloads").join(name);
                fs::rename(from, desk.path(folder).join(name)).unwrap();
            }
            // The same package twice: of which one the remarks are must not depend on the folders.
            let copy = desk.path(&agents).join("copy.zip");
            fs::copy(desk.path(&packages).join(zip), copy).unwrap();
            let named = [&packages, &agents].map(|folder| {
                let path = desk.path(folder);
                let path = if absolute {
                    &path
                } else {
                    std::path::Path::new(folder)
                };
                format!("'{}'", path.display())
            });
            desk.change_config("\"downloads\"", &named.join(", "));
            desk.build().succeeds();
            let lock = fs::read(desk.path("gangway.lock")).unwrap();
            built.push((desk.tree("out"), lock));
        }
    }
    for (tree, lock) in &built[1..] {
        for (one, other) in built[0].0.iter().zip(tree) {
            assert!(one == other, "{} differs", other.0);
        }
        assert_eq!(tree.len(), built[0].0.len());
        assert_eq!(lock, &built[0].1);
    }
}

/// A colleague's lock holds for a checkout elsewhere.
#[test]
fn a_locked_build_takes_downloads_from_another_place() {
    let desk = built();
    fs::rename(desk.path("downloads"), desk.path("elsewhere")).unwrap();
    let elsewhere = format!("'{}'", desk.path("elsewhere").display());
    desk.change_config("\"downloads\"", &elsewhere);
    desk.build_with(&["--locked"]).succeeds();
}

#[test]
fn a_precheck_brings_no_settings_to_the_servers() {
    let desk = Desk::with_downloads();
    let file = fs::read_to_string(desk.path("gangway.toml")).unwrap();
    let more = "\n[onboard]\ndevice_tag = \"servers\"\nantivirus_mode = \"always_passive\"\n";
    desk.put("gangway.toml", format!("{file}{more}").as_bytes());
    let settings = |desk: &Desk| {
        let files = desk.tree("out").into_iter();
        files
            .filter(|(name, _)| name.ends_with("registry.pol"))
            .filter(|(_, bytes)| {
                let policy = RegistryPolicy::read(bytes).unwrap();
                // The mark that the policy applies sets nothing.
                policy
                    .records
                    .iter()
                    .any(|record| record.key != APPLIES_KEY)
            })
            .count()
    };
    desk.build().succeeds();
    assert_eq!(settings(&desk), 2, "in a backup and in a SYSVOL tree");
    desk.build_with(&["--mode", "precheck"]).succeeds();
    assert_eq!(settings(&desk), 0);
    let runbook = fs::read_to_string(desk.path("out/runbook.html")).unwrap();
    assert!(
        !runbook.contains("-BackupGpoName 'Gangway Settings'"),
        "{runbook}"
    );
}

#[test]
fn a_rebuild_replaces_the_whole_bundle() {
    let desk = built();
    let before = desk.tree("out");
    desk.change_config("\"Contoso\"", "\"Fabrikam\"");
    desk.build().succeeds();
    let after = desk.tree("out");
    assert_ne!(before, after);
    desk.verify().succeeds();
    desk.exe();
}

#[test]
fn a_signed_exe_verifies_with_its_signer_named() {
    let desk = built();
    let exe = desk.exe();
    let signed = sign_pe(&fs::read(&exe).unwrap(), &Signature::default());
    fs::write(&exe, signed).unwrap();
    let session = desk.verify_with(&["--signed", "--root", "root.pem"]);
    assert!(session.succeeds().contains("signed by"), "{}", session.out);
    let session = desk.verify_with(&["--signed", "-c", "gangway.toml"]);
    assert!(session.succeeds().contains("signed by"), "{}", session.out);
    // A bundle names no root of its own.
    desk.verify_with(&["--signed"])
        .fails_with(4, &["GW3007", "--root"]);
    desk.verify_with(&[]).succeeds();
}

#[test]
fn every_changed_file_is_named() {
    let desk = built();
    for (name, bytes) in desk.tree("out") {
        for at in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[at] ^= 0x20;
            let path = desk.path("out").join(&name);
            fs::write(&path, &changed).unwrap();
            let session = desk.verify();
            assert_eq!(
                session.code, 4,
                "{name} at {at}: {}{}",
                session.out, session.err
            );
            assert!(
                session.err.contains(&name),
                "{name} is named: {}",
                session.err
            );
            fs::write(&path, &bytes).unwrap();
        }
    }
    desk.verify().succeeds();
}

#[test]
fn missing_and_added_files_are_named() {
    let desk = built();
    desk.put("out/share/extra.cmd", b"x");
    desk.verify().fails_with(4, &["share/extra.cmd", "GW3003"]);
    fs::remove_file(desk.path("out/share/extra.cmd")).unwrap();
    fs::remove_file(desk.path("out/share/control.json")).unwrap();
    desk.verify()
        .fails_with(4, &["share/control.json", "GW3002"]);
}

#[test]
fn the_lock_remembers_downloads_and_gives_each_new_manifest_the_next_sequence() {
    let desk = built();
    assert!(desk.path("gangway.lock").exists());
    assert!(desk.build().succeeds().contains("sequence 1"));
    desk.change_config("\"Contoso\"", "\"Fabrikam\"");
    desk.build_with(&["--locked"])
        .fails_with(1, &["GW3013", "gangway.lock"]);
    assert!(desk.build().succeeds().contains("sequence 2"));
    let lock = fs::read(desk.path("gangway.lock")).unwrap();
    desk.build_with(&["--locked"]).succeeds();
    assert_eq!(fs::read(desk.path("gangway.lock")).unwrap(), lock);
}

#[test]
fn a_changed_download_is_taken_only_when_asked() {
    let desk = built();
    let newer = AgentSpec {
        version: [4, 18, 25030, 1],
        ..AgentSpec::default()
    };
    desk.put("downloads/md4ws.msi", &newer.bytes());
    desk.build().fails_with(1, &["--update-lock"]);
    let session = desk.build_with(&["--update-lock"]);
    assert!(session.succeeds().contains("(up)"), "{}", session.out);
    desk.put("downloads/md4ws.msi", &AgentSpec::default().bytes());
    desk.build_with(&["--update-lock"])
        .fails_with(1, &["--allow-downgrade"]);
}

#[test]
fn diff_names_payloads_settings_and_policies() {
    let desk = built();
    fs::rename(desk.path("out"), desk.path("before")).unwrap();
    desk.run(&["diff", "before", "before"]).succeeds();
    desk.change_config(
        "[signing]",
        "[onboard]\ndevice_tag = \"pilot\"\n\n[signing]",
    );
    desk.build().succeeds();
    let session = desk.run(&["diff", "before", "out"]);
    assert_eq!(session.code, 1, "{}{}", session.out, session.err);
    for text in ["settings.device_tag", "+ pilot", "Gangway Settings"] {
        assert!(session.out.contains(text), "`{text}` in {}", session.out);
    }
}

#[test]
fn our_own_bundle_lints_clean() {
    let desk = built();
    let session = desk.run(&["lint", "out"]);
    assert!(
        session.succeeds().contains("no finding"),
        "{}{}",
        session.out,
        session.err
    );
}

#[test]
fn the_proxy_of_the_machine_is_in_policy_and_manifest() {
    let desk = Desk::with_downloads();
    desk.change_config(
        "[trust]",
        "[gpo.settings.proxy]\nwinhttp = \"proxy.contoso.com:8080\"\n\
         winhttp_bypass = [\"<local>\", \"*.contoso.com\"]\n[trust]",
    );
    desk.build().succeeds();
    let bundle = desk.tree("out");
    let files = || {
        bundle
            .iter()
            .filter(|(path, _)| path.ends_with("Registry.xml"))
    };
    assert_eq!(files().count(), 2, "backup and SYSVOL tree");
    let manifest = Manifest::parse(&fs::read(desk.path("out/manifest.json")).unwrap()).unwrap();
    let proxy = manifest.settings.machine_proxy.unwrap();
    assert_eq!(proxy.bypass, "<local>;*.contoso.com");
    let hex: String = proxy
        .to_bytes()
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect();
    assert!(files().all(|(_, bytes)| String::from_utf8_lossy(bytes).contains(&hex)));
    desk.verify().succeeds();
    desk.run(&["lint", "out"]).succeeds();
}

#[test]
fn the_deployment_tool_goes_nowhere_without_its_package() {
    let desk = Desk::with_downloads();
    desk.change_config(
        "signers.updates",
        "signers.tools.organizations = [\"Contoso Lab\"]\nsigners.updates",
    );
    let tool = ProgramSpec::deployment_tool();
    desk.put("downloads/DefenderDT.exe", &tool.bytes());
    desk.build()
        .fails_with(1, &["GW3027", "WindowsDefenderATP.onboarding"]);
    assert!(!desk.path("out").exists());
    fs::remove_file(desk.path("downloads/DefenderDT.exe")).unwrap();
    desk.change_config(
        "[signing]",
        "[onboard]\nagent_route = \"deployment_tool\"\n[signing]",
    );
    desk.build().fails_with(1, &["GW3028", "DefenderDT.exe"]);

    // Beside the tool, or in the folder that it staged: in both places the blob is judged.
    let package = BlobSpec::default().json();
    for place in ["downloads", "source"] {
        let desk = Desk::with_downloads();
        desk.change_config(
            "signers.updates",
            "signers.tools.organizations = [\"Contoso Lab\"]\nsigners.updates",
        );
        desk.change_config("[share]", "deployment_source = \"source\"\n[share]");
        fs::create_dir(desk.path("source")).unwrap();
        desk.put("downloads/DefenderDT.exe", &tool.bytes());
        let file = format!("{place}/WindowsDefenderATP.onboarding");
        desk.put(&file, package.as_bytes());
        desk.build().succeeds();
        // The file has the very bytes of the blob, and is two payloads.
        desk.verify().succeeds();
        // Found twice it is one payload; another one of the name is refused.
        desk.put("source/copy.onboarding", package.as_bytes());
        desk.build().succeeds();
        desk.verify().succeeds();
        let other = BlobSpec {
            package_guid: None,
            ..BlobSpec::default()
        };
        desk.put("source/copy.onboarding", other.json().as_bytes());
        desk.build().fails_with(1, &["copy.onboarding"]);
        fs::remove_file(desk.path("source/copy.onboarding")).unwrap();
        desk.put(&file, b"{\"body\":\"edited\"}");
        desk.build()
            .fails_with(1, &["WindowsDefenderATP.onboarding"]);
    }
}
