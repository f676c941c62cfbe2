//! Signatures made elsewhere: what goes out, what comes back, and what is refused, with osslsigncode in
//! the place of the signer who has the key.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gangway_fixtures::Lab;
use gangway_fixtures::authenticode::{Signature, sign_data};
use serde_json::Value;

use super::desk::{Desk, NOW, Session};

/// 2026-04-01, the sessions' moment, as osslsigncode takes it.
const AT: [&str; 2] = ["-time", NOW];

fn osslsigncode(arguments: &[&str], paths: &[(&str, &Path)]) {
    let mut command = Command::new("osslsigncode");
    command.args(arguments);
    for (option, path) in paths {
        command.arg(option).arg(path);
    }
    let output = command
        .output()
        .expect("osslsigncode, which `cargo xtask setup` installs");
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// What osslsigncode wants to have signed of a file.
fn extracted(file: &Path) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    osslsigncode(
        &["extract-data", "-h", "sha256"],
        &[("-in", file), ("-out", &data)],
    );
    fs::read(data).unwrap()
}

/// The signer elsewhere.
fn signs(signer: Lab, data: &Path, signature: &Path) {
    let signed = sign_data(&fs::read(data).unwrap(), &Signature::by(signer).unstamped());
    fs::write(signature, signed).unwrap();
}

/// osslsigncode with the lab's key, at the sessions' moment.
fn osslsigncode_signs(file: &Path, signed: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let (key, chain) = (folder.path().join("key"), folder.path().join("chain"));
    let certificates = [Lab::Code].into_iter().chain(Lab::Code.issuers());
    let pem: String = certificates.map(Lab::certificate_pem).collect();
    fs::write(&key, Lab::Code.key_pem()).unwrap();
    fs::write(&chain, pem).unwrap();
    osslsigncode(
        &[&["sign", "-h", "sha256"], &AT[..]].concat(),
        &[
            ("-certs", &chain),
            ("-key", &key),
            ("-in", file),
            ("-out", signed),
        ],
    );
}

fn osslsigncode_verifies(file: &Path, desk: &Desk) {
    let root = desk.path("root.pem");
    osslsigncode(
        &[&["verify"], &AT[..]].concat(),
        &[("-CAfile", &root), ("-in", file)],
    );
}

fn built() -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    desk
}

fn sign(desk: &Desk, more: &[&str]) -> Session {
    desk.run(&[&["sign", "out", "--as-of", NOW], more].concat())
}

fn data_of_exe(desk: &Desk) -> PathBuf {
    sign(desk, &["--digest-out", "exe.p7"]).succeeds();
    desk.path("exe.p7")
}

#[test]
fn an_exe_is_signed_by_a_key_that_no_command_reaches() {
    let desk = built();
    let before = desk.tree("out");
    let data = data_of_exe(&desk);
    assert!(before == desk.tree("out"), "the bundle is not touched");
    let exe = desk.exe();
    assert_eq!(fs::read(&data).unwrap(), extracted(&exe));
    signs(Lab::Code, &data, &desk.path("exe.sig"));
    let by_the_other = desk.path("other.exe");
    osslsigncode(
        &[&["attach-signature"], &AT[..]].concat(),
        &[
            ("-CAfile", &desk.path("root.pem")),
            ("-sigin", &desk.path("exe.sig")),
            ("-in", &exe),
            ("-out", &by_the_other),
        ],
    );
    let session = sign(&desk, &["--signature-in", "exe.sig"]);
    assert!(
        session
            .succeeds()
            .contains("signed by `CN=Contoso Lab Code")
    );
    osslsigncode_verifies(&exe, &desk);
    desk.verify_with(&["--signed", "--config", "gangway.toml"])
        .succeeds();
    assert!(fs::read(&exe).unwrap() == fs::read(by_the_other).unwrap());
    // What has to be signed is the same with a signature.
    data_of_exe(&desk);
    let signature = STANDARD.encode(fs::read(desk.path("exe.sig")).unwrap());
    let pem = format!("-----BEGIN PKCS7-----\n{signature}\n-----END PKCS7-----\n");
    desk.put("exe.pem", pem.as_bytes());
    sign(&desk, &["--signature-in", "exe.pem"]).succeeds();
}

/// A signer that wants the file itself signs a copy.
#[test]
fn a_signature_of_a_copy_is_taken() {
    let desk = built();
    let (copy, signature) = (desk.path("copy.exe"), desk.path("exe.sig"));
    osslsigncode_signs(&desk.exe(), &copy);
    osslsigncode(
        &["extract-signature"],
        &[("-in", &copy), ("-out", &signature)],
    );
    sign(&desk, &["--signature-in", "exe.sig"]).succeeds();
    assert!(fs::read(desk.exe()).unwrap() == fs::read(copy).unwrap());
}

/// What it signs of extracted data is said to be a catalogue.
#[test]
fn osslsigncode_of_2_9_signs_data_as_something_else_and_that_is_told() {
    let desk = built();
    let data = data_of_exe(&desk);
    osslsigncode_signs(&data, &desk.path("exe.sig"));
    let before = desk.tree("out");
    sign(&desk, &["--signature-in", "exe.sig"]).fails_with(
        4,
        &["as a catalogue", "hint", "osslsigncode extract-signature"],
    );
    assert!(before == desk.tree("out"));
}

#[test]
fn the_answer_names_digest_and_file() {
    let desk = built();
    let session = sign(&desk, &["--digest-out", "exe.p7", "--json"]);
    let answer: Value = serde_json::from_str(session.succeeds()).unwrap();
    let result = &answer["result"];
    assert_eq!(
        (&result["to_sign"], &result["standing"]),
        (&"exe.p7".into(), &"unsigned".into())
    );
    let document: Value =
        serde_json::from_slice(&fs::read(desk.path("out/bundle.json")).unwrap()).unwrap();
    assert_eq!(result["digest"], document["exe"]["authenticode_sha256"]);
}

#[test]
fn a_signature_that_does_not_fit_leaves_the_bundle_as_it_was() {
    let desk = built();
    let data = data_of_exe(&desk);
    let by = |signer: Lab| {
        signs(signer, &data, &desk.path(signer.name()));
        fs::read(desk.path(signer.name())).unwrap()
    };
    let another = {
        let other = built();
        other.change_config("[signing]", "# changed\n[signing]");
        other.build_with(&["--mode", "precheck"]).succeeds();
        let data = data_of_exe(&other);
        let signature = desk.path("another");
        signs(Lab::Code, &data, &signature);
        fs::read(signature).unwrap()
    };
    let good = by(Lab::Code);
    let cut = &good[..good.len() - 1];
    let longer = [&good[..], b"\0"].concat();
    let mut broken = good.clone();
    let last = broken.len() - 1;
    broken[last] ^= 1;
    let before = desk.tree("out");
    for (name, signature, texts) in [
        ("of another exe", another, &["GW3005", "digest"][..]),
        ("expired", by(Lab::Ended), &["GW3005", "valid from"]),
        (
            "not for code",
            by(Lab::WrongEku),
            &["GW3005", "code signing"],
        ),
        (
            "of another root",
            by(Lab::UnrelatedCode),
            &["GW3005", "no root"],
        ),
        ("broken", broken, &["GW3005"]),
        ("unsigned", fs::read(&data).unwrap(), &["nobody signed it"]),
        ("a letter", b"dear signer".to_vec(), &["neither", "DER"]),
        ("cut", cut.to_vec(), &["no signature"]),
        ("longer", longer, &["no signature"]),
        ("empty", Vec::new(), &["neither"]),
    ] {
        desk.put("exe.sig", &signature);
        let session = sign(&desk, &["--signature-in", "exe.sig"]);
        assert_eq!(session.code, 4, "{name}: {}", session.err);
        session.fails_with(4, texts);
        assert!(before == desk.tree("out"), "{name}");
    }
    sign(&desk, &["--signature-in", "absent"]).fails_with(3, &["absent", "--digest-out"]);
    assert_eq!(desk.leftovers(), [".out.gangway-lock"; 0]);
}

#[test]
fn nothing_of_a_bundle_that_is_not_the_built_one_goes_to_a_signer() {
    let desk = built();
    desk.put("out/runbook.html", b"edited");
    sign(&desk, &["--digest-out", "exe.p7"]).fails_with(4, &["GW3001", "runbook.html"]);
    assert!(!desk.path("exe.p7").exists());
}

#[test]
fn what_has_to_be_signed_replaces_no_file_and_lies_where_nobody_takes_it_for_something_else() {
    let desk = built();
    desk.put("letter", b"mine");
    sign(&desk, &["--digest-out", "letter"]).fails_with(3, &["letter", "something else"]);
    assert_eq!(fs::read(desk.path("letter")).unwrap(), b"mine");
    sign(&desk, &["--digest-out", "out/exe.p7"]).fails_with(3, &["in the bundle"]);
    package(&desk, &["--format", "allow"]).succeeds();
    for (place, why) in [
        ("downloads/exe.p7", "lies in the downloads"),
        ("out-packages/exe.p7", "lies in the folder of packages"),
    ] {
        sign(&desk, &["--digest-out", place]).fails_with(3, &[why, "hint"]);
        assert!(!desk.path(place).exists(), "{place}");
    }
    assert!(!desk.path("out/exe.p7").exists());
    desk.verify().succeeds();
}

fn package(desk: &Desk, more: &[&str]) -> Session {
    let usual = ["package", "out", "-c", "gangway.toml", "--as-of", NOW];
    desk.run(&[&usual[..], &["--allow-unsigned"], more].concat())
}

/// Every file of the packages that is signed, by its name.
fn signable(desk: &Desk) -> Vec<(String, PathBuf)> {
    let files = desk.tree("out-packages").into_iter();
    files
        .filter(|(path, _)| !path.starts_with("content/"))
        .filter(|(path, _)| path.ends_with(".msi") || path.ends_with(".cab"))
        .map(|(path, _)| {
            let name = path.rsplit('/').next().unwrap().to_owned();
            (name, desk.path("out-packages").join(path))
        })
        .collect()
}

/// The signer elsewhere signs all that lies in the folder.
fn signs_all(desk: &Desk, signer: Lab) {
    for (name, _) in desk.tree("away") {
        let Some(package) = name.strip_suffix(".digest.p7") else {
            continue;
        };
        let signature = desk.path("away").join(format!("{package}.signature.p7"));
        signs(signer, &desk.path("away").join(&name), &signature);
    }
}

#[test]
fn packages_are_signed_by_a_key_that_no_command_reaches() {
    for more in [&[][..], &["--embed", "--format", "msi"]] {
        let desk = built();
        package(&desk, &[more, &["--digest-out", "away"]].concat()).succeeds();
        let unsigned = desk.tree("out-packages");
        let files = signable(&desk);
        assert_eq!(files.len(), if more.is_empty() { 3 } else { 1 });
        for (name, path) in &files {
            let data = desk.path("away").join(format!("{name}.digest.p7"));
            // Behind the data of a cabinet with several folders version 2.9 writes the rest of it.
            let data = fs::read(data).unwrap();
            assert!(extracted(path).starts_with(&data), "{name}");
        }
        signs_all(&desk, Lab::Code);
        package(&desk, &[more, &["--signature-in", "away"]].concat()).succeeds();
        for (_, path) in signable(&desk) {
            osslsigncode_verifies(&path, &desk);
        }
        let listed = fs::read(desk.path("out-packages/packages.json")).unwrap();
        let listed: Value = serde_json::from_slice(&listed).unwrap();
        for file in listed["files"].as_array().unwrap() {
            let is_signed = file["format"] == "msi" || file["format"] == "cab";
            assert_eq!(file["signature"].is_null(), !is_signed, "{file}");
        }
        let signed = desk.tree("out-packages");
        package(&desk, &[more, &["--signature-in", "away"]].concat()).succeeds();
        assert!(signed == desk.tree("out-packages"), "again, the same bytes");
        assert!(signed != unsigned);
    }
}

#[test]
fn packages_stay_as_they_were_when_one_signature_does_not_fit() {
    let desk = built();
    package(&desk, &["--digest-out", "away"]).succeeds();
    let before = desk.tree("out-packages");
    let refused = |texts: &[&str], code| {
        package(&desk, &["--signature-in", "away"]).fails_with(code, texts);
        assert!(before == desk.tree("out-packages"), "{texts:?}");
    };
    refused(&["payload.cab.signature.p7", "--digest-out"], 3);
    signs_all(&desk, Lab::Ended);
    refused(&["GW5006", "valid from"], 4);
    signs_all(&desk, Lab::WrongEku);
    refused(&["GW5006", "code signing"], 4);
    signs_all(&desk, Lab::Code);
    let names: Vec<String> = signable(&desk).into_iter().map(|(name, _)| name).collect();
    let msi = names.iter().find(|name| name.ends_with(".msi")).unwrap();
    let signature = |name: &str| desk.path("away").join(format!("{name}.signature.p7"));
    let good = fs::read(signature(msi)).unwrap();
    fs::copy(signature("payload.cab"), signature(msi)).unwrap();
    refused(&["GW5006", ".msi"], 4);
    fs::write(signature(msi), b"x").unwrap();
    refused(&["neither"], 4);
    fs::write(signature(msi), good).unwrap();
    // Other packages than those that were signed.
    package(&desk, &["--signature-in", "away", "--embed"]).fails_with(4, &["GW5006", "digest"]);
    package(&desk, &["--signature-in", "away"]).succeeds();
}

#[test]
fn the_folder_of_exchange_lies_apart() {
    let desk = built();
    for place in ["out/away", "out-packages/away", "out-packages"] {
        package(&desk, &["--digest-out", place]).fails_with(3, &["in the bundle"]);
    }
    assert!(!desk.path("out-packages").exists());
    desk.verify().succeeds();
}
