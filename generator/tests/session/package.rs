//! `gangway package`: what is made of a bundle, and what stops it.

use std::fs;
use std::io::{Cursor, Read as _};
use std::process::Command;

use gangway::formats::cabinet::list_files;
use gangway::formats::msi::InstallerPackage;
use gangway_contract::Sha256;
use gangway_fixtures::authenticode::{Signature, sign_pe};
use gangway_fixtures::blob::BlobSpec;
use gangway_fixtures::portal;
use gangway_fixtures::script::{ScriptSpec, Variant};
use serde_json::Value;

use super::desk::{Desk, NOW, Session};

fn signed() -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let exe = desk.exe();
    let signed = sign_pe(&fs::read(&exe).unwrap(), &Signature::default());
    fs::write(exe, signed).unwrap();
    desk
}

fn package(desk: &Desk, more: &[&str]) -> Session {
    let usual = ["package", "out", "-c", "gangway.toml", "--as-of", NOW];
    desk.run(&[&usual, more].concat())
}

/// The one file of a format's folder that ends so; payloads as they are do not count.
fn file(desk: &Desk, ending: &str) -> (String, Vec<u8>) {
    let mut files = desk.tree("out-packages");
    files.retain(|(path, _)| path.ends_with(ending) && !path.starts_with("content/"));
    assert_eq!(files.len(), 1, "{ending}");
    files.remove(0)
}

#[test]
fn every_package_holds_the_payloads_and_the_signed_exe() {
    let desk = signed();
    package(&desk, &[]).succeeds();
    let exe = fs::read(desk.exe()).unwrap();
    let exe_name = desk.exe().file_name().unwrap().to_str().unwrap().to_owned();

    let (_, msi) = file(&desk, ".msi");
    let mut source = Cursor::new(msi);
    let mut installer = InstallerPackage::open(&mut source).unwrap();
    let files = installer.files().unwrap();
    let listed: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
    let expected = [
        &*exe_name,
        "Install.ps1",
        "OnboardingInfo.json",
        "md4ws.msi",
    ];
    for name in expected {
        assert!(listed.contains(&name), "{listed:?}");
    }
    let of_exe = files.iter().find(|file| file.name == exe_name).unwrap();
    assert_eq!(of_exe.size_bytes as usize, exe.len());

    let (_, cabinet) = file(&desk, "payload.cab");
    let in_cabinet = list_files(&mut Cursor::new(&cabinet)).unwrap();
    assert_eq!(in_cabinet.len(), files.len() - 1);
    let (_, cabinet) = file(&desk, &exe_name.replace(".exe", ".cab"));
    let names: Vec<String> = list_files(&mut Cursor::new(&cabinet))
        .unwrap()
        .into_iter()
        .map(|file| file.name)
        .collect();
    for name in expected {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }

    let sums = Command::new("sha256sum")
        .args(["-c", "--quiet", "--strict", "SHA256SUMS"])
        .current_dir(desk.path("out-packages"))
        .status()
        .unwrap();
    assert!(sums.success());
}

#[test]
fn the_archive_is_the_bundle_and_verifies_where_it_is_unpacked() {
    let desk = signed();
    package(&desk, &["--format", "zip"]).succeeds();
    let (path, bytes) = file(&desk, ".zip");
    assert!(path.starts_with("zip/gangway-onboard-1-"), "{path}");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut top = String::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let place = desk.path("far").join(&name);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        fs::write(place, content).unwrap();
        name.split('/').next().unwrap().clone_into(&mut top);
    }
    let sums = Command::new("sha256sum")
        .args(["-c", "--quiet", "--strict", "SHA256SUMS"])
        .current_dir(desk.path("far").join(&top))
        .status()
        .unwrap();
    assert!(sums.success());
    let bundle = format!("far/{top}/bundle");
    assert_eq!(desk.tree(&bundle), desk.tree("out"));
    let usual = ["verify", "--signed", "--stub", "stub.exe", "--as-of", NOW];
    desk.run(&[&usual[..], &["-c", "gangway.toml", &bundle]].concat())
        .succeeds();
}

#[test]
fn equal_bundles_give_equal_packages_wherever_they_lie() {
    let (one, other) = (signed(), signed());
    package(&one, &[]).succeeds();
    package(&other, &[]).succeeds();
    let first = one.tree("out-packages");
    assert!(first == other.tree("out-packages"));
    package(&one, &[]).succeeds();
    assert!(first == one.tree("out-packages"), "again, in their place");
    package(&one, &["--embed", "--format", "msi", "-o", "inside"]).succeeds();
    let inside = one.tree("inside");
    assert!(
        inside.iter().all(|(path, _)| !path.ends_with(".cab")),
        "one file, all in it"
    );
}

#[test]
fn an_exe_that_nobody_signed_is_packed_when_told_only() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    package(&desk, &[]).fails_with(4, &["not signed", "--allow-unsigned"]);
    assert!(!desk.path("out-packages").exists());
    package(&desk, &["--allow-unsigned", "--format", "msi"]).succeeds();
    let document = fs::read(desk.path("out-packages/packages.json")).unwrap();
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["exe_is_signed"], false);
}

#[test]
fn a_bundle_that_does_not_verify_is_not_packed_and_the_old_packages_stay() {
    let desk = signed();
    package(&desk, &[]).succeeds();
    let before = desk.tree("out-packages");
    let payload = desk
        .tree("out")
        .into_iter()
        .find(|(path, _)| path.ends_with("/md4ws.msi"));
    let (path, mut bytes) = payload.unwrap();
    let path = format!("out/{path}");
    let refused = |content: &[u8], format: &str| {
        desk.put(&path, content);
        package(&desk, &["--format", format]).fails_with(4, &["GW3001", "md4ws.msi"]);
        assert!(before == desk.tree("out-packages"), "{format}");
    };
    // Of another size, and of the same with one bit turned in the middle.
    refused(b"another", "msi");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    for format in ["msi", "cab", "zip"] {
        refused(&bytes, format);
    }
}

#[test]
fn a_folder_of_others_is_not_replaced() {
    let desk = signed();
    fs::create_dir(desk.path("mine")).unwrap();
    desk.put("mine/letter.txt", b"mine");
    let texts = [
        "`mine` is not replaced",
        "the file `letter.txt`",
        "no `packages.json`",
    ];
    package(&desk, &["-o", "mine"]).fails_with(3, &texts);
    assert_eq!(desk.tree("mine").len(), 1);
}

/// Nothing that the run reads, nor another folder of ours, is touched by what it writes.
#[test]
fn packages_never_lie_in_what_they_are_made_of_nor_take_its_place() {
    let desk = with_way_back(END);
    package(&desk, &["--allow-unsigned", "-o", "other"]).succeeds();
    let all = || ["out", "back", "downloads", "other"].map(|folder| desk.tree(folder));
    let before = all();
    for (place, why) in [
        ("out/packages", "lies in the bundle"),
        ("out", "the bundle"),
        ("back/packages", "lies in the bundle"),
        ("back/share/releases/x", "lies in the bundle"),
        ("back", "the offboarding bundle"),
        ("downloads/packages", "lies in the downloads"),
        ("downloads", "the download"),
        ("other/packages", "lies in the folder of packages"),
        ("other/msi", "lies in the folder of packages"),
        (".", "is not replaced"),
    ] {
        let more = ["--allow-unsigned", "--offboard", "back", "-o", place];
        package(&desk, &more).fails_with(3, &[why, "hint"]);
        assert!(before == all(), "{place}");
    }
    for place in ["back", "downloads", "other/away"] {
        let more = ["--allow-unsigned", "--digest-out", place];
        package(&desk, &more).fails_with(3, &["hint"]);
        assert!(before == all(), "{place}");
    }
    assert!(!desk.path("out-packages").exists());
}

/// Made of the same bundle: what lies in one would be found as foreign in it.
#[test]
fn a_bundle_is_not_built_among_packages() {
    let desk = signed();
    package(&desk, &[]).succeeds();
    let before = desk.tree("out-packages");
    let build = ["build", "--stub", "stub.exe", "--as-of", NOW, "--out"];
    desk.run(&[&build[..], &["out-packages/new"]].concat())
        .fails_with(3, &["lies in the folder of packages"]);
    assert!(before == desk.tree("out-packages"));
}

#[test]
fn no_installer_package_offboards() {
    let desk = Desk::with_downloads();
    let offboarding = ScriptSpec {
        variant: Variant::Gpo,
        ..ScriptSpec::of(BlobSpec::offboarding(1_777_000_000))
    };
    let zip = portal::group_policy_zip(&offboarding);
    desk.put("downloads/WindowsDefenderATPOffboardingPackage.zip", &zip);
    desk.build_with(&["--mode", "offboard"]).succeeds();
    let msi = ["--allow-unsigned", "--format", "msi"];
    package(&desk, &msi).fails_with(1, &["GW5001"]);
    package(&desk, &[&msi[..], &["--format", "all"]].concat()).fails_with(1, &["GW5001"]);
    assert!(!desk.path("out-packages").exists());
    let session = package(&desk, &["--allow-unsigned", "-v"]);
    session.succeeds();
    assert!(session.err.contains("GW5017"), "{}", session.err);
    let files = desk.tree("out-packages");
    for (folder, is_made) in [
        ("msi/", false),
        ("cab/", true),
        ("zip/", true),
        ("content/", true),
        ("allow/", true),
        ("ansible/", false),
    ] {
        let found = files.iter().any(|(path, _)| path.starts_with(folder));
        assert_eq!(found, is_made, "{folder}");
    }
    let (path, _) = file(&desk, ".zip");
    assert!(path.starts_with("zip/gangway-offboard-1-"), "{path}");
}

#[test]
fn what_is_asked_for_beside_all_is_made_too() {
    let desk = signed();
    for formats in [["all", "intunewin"], ["intunewin", "all"]] {
        let more = ["--format", formats[0], "--format", formats[1], "-o"];
        package(&desk, &[&more[..], &[formats[0]]].concat()).succeeds();
        let files = desk.tree(formats[0]);
        for folder in ["msi/", "allow/", "intunewin/"] {
            let is_there = files.iter().any(|(path, _)| path.starts_with(folder));
            assert!(is_there, "{formats:?}: {folder}");
        }
    }
}

#[test]
fn a_name_that_no_installer_package_holds_has_a_latin_one() {
    let desk = Desk::with_downloads();
    desk.change_config("\"Contoso\"", "\"コントソ株式会社\"");
    desk.build().succeeds();
    let msi = ["--allow-unsigned", "--format", "msi"];
    package(&desk, &msi).fails_with(1, &["GW5011", "コントソ株式会社", "`latin_name`"]);
    package(&desk, &["--allow-unsigned", "--format", "cab"]).succeeds();
    // It is no part of the bundle.
    let before = desk.tree("out");
    desk.change_config("[downloads]", "latin_name = \"Contoso K.K.\"\n[downloads]");
    package(&desk, &msi).succeeds();
    assert!(before == desk.tree("out"));
    let (_, bytes) = file(&desk, ".msi");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("Contoso K.K."));
}

#[test]
fn a_signing_command_that_changes_more_leaves_nothing() {
    for (command, texts) in [
        (r#"["/bin/cp", "{in}", "{out}"]"#, &["GW5006"][..]),
        (r#"["/bin/cp", "root.pem", "{out}"]"#, &["GW5006"]),
        (r#"["/bin/false", "{file}"]"#, &["/bin/false"]),
    ] {
        let desk = signed();
        desk.change_config("[signing]", &format!("[signing]\ncommand = {command}"));
        let session = package(&desk, &["--sign"]);
        assert_ne!(session.code, 0);
        session.fails_with(session.code, texts);
        assert!(!desk.path("out-packages").exists());
    }
    let desk = signed();
    package(&desk, &["--sign"]).fails_with(2, &["signing.command"]);
}

/// An onboarding bundle, and one of mode offboard of the same tenant in the folder `back`.
fn with_way_back(expires_at: i64) -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    build_way_back(&desk, expires_at);
    desk
}

/// Builds a bundle of mode offboard into the folder `back`.
pub(crate) fn build_way_back(desk: &Desk, expires_at: i64) {
    let offboarding = ScriptSpec {
        variant: Variant::Gpo,
        ..ScriptSpec::of(BlobSpec::offboarding(expires_at))
    };
    let zip = portal::group_policy_zip(&offboarding);
    desk.put("downloads/WindowsDefenderATPOffboardingPackage.zip", &zip);
    let usual = [
        "build", "--out", "back", "--stub", "stub.exe", "--as-of", NOW,
    ];
    desk.run(&[&usual[..], &["--mode", "offboard"]].concat())
        .succeeds();
}

/// The end of an offboarding package, beyond the moment of the sessions.
pub(crate) const END: i64 = 1_777_000_000;

fn document(desk: &Desk) -> Value {
    let bytes = fs::read(desk.path("out-packages/packages.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn folders_of_tools_come_with_what_they_run_and_with_the_way_back() {
    let desk = with_way_back(END);
    for tool in ["configmgr", "ansible", "dsc"] {
        let more = ["--allow-unsigned", "--format", tool, "--offboard", "back"];
        package(&desk, &more).succeeds();
        let files = desk.tree("out-packages");
        let document = document(&desk);
        let listed: Vec<&str> = document["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["path"].as_str().unwrap())
            .collect();
        let on_disk = files.iter().map(|(path, _)| path.as_str());
        let others: Vec<&str> = on_disk.filter(|path| path.contains('/')).collect();
        assert_eq!(listed, others, "every file is listed");
        for (bundle, folder) in [("out", "content"), ("back", "offboard")] {
            let exe = desk.exe_of(bundle);
            let name = exe.file_name().unwrap().to_str().unwrap();
            let bytes = fs::read(&exe).unwrap();
            assert!(files.contains(&(format!("{folder}/{name}"), bytes.clone())));
            let digest = Sha256::of(&bytes).to_string();
            let names_it = |(path, content): &(String, Vec<u8>)| {
                path.starts_with(tool) && String::from_utf8_lossy(content).contains(&digest)
            };
            assert!(files.iter().any(names_it), "{tool} names {name}");
        }
        assert!(files.iter().any(|(path, _)| path == "content/md4ws.msi"));
        assert!(
            files
                .iter()
                .any(|(path, _)| path == "offboard/OffboardingInfo.json")
        );
        assert_eq!(document["offboarding"]["expires_at"], END);
    }
}

#[test]
fn a_way_back_that_nothing_names_is_left_out_and_told() {
    let desk = with_way_back(END);
    for (format, is_told) in [
        ("msi", true),
        ("zip", true),
        ("allow", false),
        ("content", false),
    ] {
        let more = ["--allow-unsigned", "--format", format, "--offboard", "back"];
        let session = package(&desk, &more);
        session.succeeds();
        assert_eq!(session.err.contains("GW5013"), is_told, "{}", session.err);
        assert_eq!(
            document(&desk)["offboarding"].is_null(),
            is_told,
            "{format}"
        );
        let files = desk.tree("out-packages");
        let has_back = files.iter().any(|(path, _)| path.starts_with("offboard/"));
        assert_eq!(has_back, format == "content", "{format}");
    }
}

#[test]
fn packages_that_are_not_made_again_are_told() {
    let desk = signed();
    package(&desk, &[]).succeeds();
    let again = ["--format", "msi", "--format", "allow"];
    let session = package(&desk, &again);
    session.succeeds();
    for text in ["GW5012", "cab/", "content/", "dsc/"] {
        assert!(session.err.contains(text), "{text}: {}", session.err);
    }
    assert!(!session.err.contains("msi/"), "{}", session.err);
    let session = package(&desk, &again);
    session.succeeds();
    assert!(!session.err.contains("GW5012"), "{}", session.err);
}

#[test]
fn what_does_not_take_servers_back_is_refused() {
    let desk = with_way_back(END);
    let tool = ["--allow-unsigned", "--format", "ansible", "--offboard"];
    let with = |bundle: &str, more: &[&str]| package(&desk, &[&tool[..], &[bundle], more].concat());
    with("out", &[]).fails_with(1, &["GW5009", "does not offboard"]);
    let late = (END + 1).to_string();
    let usual = ["package", "out", "-c", "gangway.toml", "--as-of", &late];
    desk.run(&[&usual[..], &tool, &["back"]].concat())
        .fails_with(1, &["GW5009", "past its end"]);
    with("absent", &[]).fails_with(3, &["absent"]);
    desk.put("back/manifest.json", b"{}");
    with("back", &[]).fails_with(4, &["GW3001", "manifest.json"]);
    assert!(!desk.path("out-packages").exists());

    let other = Desk::empty();
    let spec = BlobSpec {
        org_id: "11111111-2222-3333-4444-555555555555".to_owned(),
        ..BlobSpec::offboarding(END)
    };
    let zip = portal::group_policy_zip(&ScriptSpec {
        variant: Variant::Gpo,
        ..ScriptSpec::of(spec)
    });
    other.put("downloads/WindowsDefenderATPOffboardingPackage.zip", &zip);
    other.build_with(&["--mode", "offboard"]).succeeds();
    let desk = with_way_back(END);
    let path = other.path("out").display().to_string();
    let usual = ["package", "out", "--as-of", NOW];
    desk.run(&[&usual[..], &tool, &[&path]].concat())
        .fails_with(1, &["GW5009", "is of tenant"]);
}

/// Another bundle that offboards would mend nothing.
#[test]
fn a_bundle_that_does_not_onboard_is_packed_without_a_way_back() {
    let desk = with_way_back(END);
    desk.run(&[
        "build", "--mode", "precheck", "--out", "look", "--stub", "stub.exe", "--as-of", NOW,
    ])
    .succeeds();
    for bundle in ["back", "look"] {
        let usual = ["package", bundle, "--as-of", NOW, "--allow-unsigned"];
        let with_back = [&usual[..], &["--format", "content", "--offboard", "back"]].concat();
        let session = desk.run(&with_back);
        session.fails_with(1, &["GW5009", "does not onboard", "leave `--offboard` out"]);
        assert!(!session.err.contains("--mode offboard"), "{}", session.err);
        desk.run(&[&usual[..], &["--format", "content"]].concat())
            .succeeds();
    }
    let onboarding = ["package", "out", "--as-of", NOW, "--allow-unsigned"];
    desk.run(
        &[
            &onboarding[..],
            &["--format", "content", "--offboard", "out"],
        ]
        .concat(),
    )
    .fails_with(1, &["GW5009", "`gangway build --mode offboard`"]);
}

#[test]
fn tools_are_told_of_an_onboarding_bundle_only() {
    let desk = Desk::with_downloads();
    desk.build_with(&["--mode", "precheck"]).succeeds();
    package(&desk, &["--allow-unsigned", "--format", "dsc"]).fails_with(1, &["GW5008"]);
    package(&desk, &["--allow-unsigned"]).succeeds();
    let files = desk.tree("out-packages");
    let has = |folder: &str| files.iter().any(|(path, _)| path.starts_with(folder));
    assert!(has("msi/") && has("content/") && !has("ansible/") && !has("offboard/"));
}

#[test]
fn rules_name_what_the_bundle_and_its_signature_name() {
    let digest = |desk: &Desk| {
        let bytes = fs::read(desk.path("out/bundle.json")).unwrap();
        let bundle: Value = serde_json::from_slice(&bytes).unwrap();
        let digest = bundle["exe"]["authenticode_sha256"].as_str().unwrap();
        digest.to_uppercase()
    };
    let rules = |desk: &Desk| {
        let (_, control) = file(desk, "AppControl.xml");
        let (_, locker) = file(desk, "AppLocker.xml");
        [control, locker].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let desk = signed();
    let session = package(&desk, &["--format", "allow"]);
    session.succeeds();
    assert!(!session.err.contains("GW5014"), "{}", session.err);
    let [control, locker] = rules(&desk);
    let size = fs::metadata(desk.exe()).unwrap().len();
    assert!(
        control.contains(&format!("Hash=\"{}\"", digest(&desk))),
        "{control}"
    );
    assert!(
        control.contains("<CertPublisher Value=\"Contoso Lab Code Signing"),
        "{control}"
    );
    assert!(
        locker.contains(&format!("Data=\"0x{}\"", digest(&desk))),
        "{locker}"
    );
    assert!(
        locker.contains(&format!("SourceFileLength=\"{size}\"")),
        "{locker}"
    );
    assert!(locker.contains("PublisherName=\"O=CONTOSO LAB"), "{locker}");

    let desk = Desk::with_downloads();
    desk.build().succeeds();
    let session = package(&desk, &["--format", "allow", "--allow-unsigned"]);
    session.succeeds();
    let told = ["GW5014", "by its digest alone: nobody signed it"];
    assert!(
        told.iter().all(|text| session.err.contains(text)),
        "{}",
        session.err
    );
    let [control, locker] = rules(&desk);
    assert!(control.contains(&digest(&desk)) && !control.contains("CertPublisher"));
    assert!(locker.contains(&digest(&desk)) && !locker.contains("FilePublisherRule"));
}

/// One rule for every command: who looks at it is told, and nobody brings it to servers.
#[test]
fn an_offboarding_bundle_past_its_end_is_told_by_every_command() {
    let desk = with_way_back(END);
    let late = (END + 1).to_string();
    let at = |arguments: &[&str]| {
        let usual = ["-c", "gangway.toml", "--as-of", &late];
        desk.run(&[arguments, &usual].concat())
    };
    let session = at(&["verify", "back", "--stub", "stub.exe"]);
    session.succeeds();
    assert!(session.err.contains("GW3038"), "{}", session.err);
    let before = at(&["verify", "out", "--stub", "stub.exe"]);
    assert!(!before.err.contains("GW3038"), "{}", before.err);
    at(&["package", "back", "--allow-unsigned", "--format", "zip"])
        .fails_with(1, &["GW3038", "build again"]);
    assert!(!desk.path("back-packages").exists());
    at(&["package", "out", "--allow-unsigned", "--offboard", "back"])
        .fails_with(1, &["GW5009", "past its end"]);
    #[cfg(feature = "directory")]
    {
        fs::create_dir(desk.path("share")).unwrap();
        let to_share = [
            "publish",
            "share",
            "back",
            "--to",
            "share",
            "--allow-unsigned",
        ];
        at(&to_share).fails_with(1, &["nothing is published: GW3038"]);
        assert!(desk.tree("share").is_empty());
    }
    // Two days before it is told, and stands against nothing.
    let soon = (END - 2 * 86_400).to_string();
    let soon = desk.run(&["verify", "back", "--stub", "stub.exe", "--as-of", &soon]);
    soon.succeeds();
    assert!(soon.err.contains("GW1216"), "{}", soon.err);
}
