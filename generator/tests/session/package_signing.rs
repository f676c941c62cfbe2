//! What a signing command or a signer elsewhere gives back for a package: one signature is taken, and
//! nothing else gets into the package with it.

use std::fs;
use std::io::{Cursor, Write as _};

use gangway_fixtures::Lab;
use gangway_fixtures::authenticode::{MsiSigned, Signature, sign_data, sign_msi};

use super::desk::{Desk, NOW, Session};

const MARK: &[u8] = b"payload of somebody";

/// A bundle whose installer package is signed by a command that gives back the file `signed.msi`.
fn desk() -> Desk {
    let desk = Desk::with_downloads();
    let command = r#"command = ["/bin/cp", "signed.msi", "{out}"]"#;
    desk.change_config("[signing]", &format!("[signing]\n{command}"));
    desk.build().succeeds();
    desk
}

/// The installer package alone: its payloads are inside.
fn package(desk: &Desk, more: &[&str]) -> Session {
    let usual = ["package", "out", "-c", "gangway.toml", "--as-of", NOW];
    let one = ["--allow-unsigned", "--format", "msi", "--embed"];
    desk.run(&[&usual[..], &one, more].concat())
}

fn msi(desk: &Desk) -> Vec<u8> {
    let mut files = desk.tree("out-packages").into_iter();
    files.find(|(path, _)| path.ends_with(".msi")).unwrap().1
}

fn holds(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|window| window == mark)
}

/// The compound file with more at the end of a stream, which is made where it is not there.
pub(crate) fn with_stream(msi: &[u8], name: &str, more: &[u8]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::open(Cursor::new(msi.to_vec())).unwrap();
    let mut content = Vec::new();
    if let Ok(mut stream) = file.open_stream(name) {
        std::io::Read::read_to_end(&mut stream, &mut content).unwrap();
    }
    content.extend(more);
    let mut stream = file.create_stream(name).unwrap();
    stream.write_all(&content).unwrap();
    stream.flush().unwrap();
    drop(stream);
    file.into_inner().into_inner()
}

#[test]
fn a_command_gives_a_signature_and_nothing_of_what_lies_around_it() {
    let desk = desk();
    package(&desk, &[]).succeeds();
    let unsigned = msi(&desk);
    for signed in [MsiSigned::ContentOnly, MsiSigned::ContentAndMetadata] {
        let good = sign_msi(&unsigned, signed, &Signature::default());
        desk.put("signed.msi", &good);
        package(&desk, &["--sign"]).succeeds();
        let plain = msi(&desk);
        assert!(plain != unsigned);
        // Behind the last sector of the compound file: no digest covers it, and Windows ignores it.
        let behind = [&good[..], &MARK.repeat(1000)].concat();
        desk.put("signed.msi", &behind);
        package(&desk, &["--sign"]).succeeds();
        assert!(!holds(&msi(&desk), MARK) && msi(&desk) == plain);
    }
}

#[test]
fn signed_packages_go_for_unsigned_ones_only_when_told() {
    let desk = desk();
    package(&desk, &[]).succeeds();
    let unsigned = msi(&desk);
    let signature = Signature::default();
    let signed = sign_msi(&unsigned, MsiSigned::ContentOnly, &signature);
    desk.put("signed.msi", &signed);
    package(&desk, &["--sign"]).succeeds();
    let before = desk.tree("out-packages");
    for (more, why) in [
        (&[][..], "does not sign it"),
        (&["--digest-out", "away"], "does not sign it"),
    ] {
        package(&desk, more).fails_with(3, &["`msi/Mde", why, "hint", "--replace-signed"]);
        assert!(before == desk.tree("out-packages"), "{why}");
    }
    let usual = ["package", "out", "-c", "gangway.toml", "--as-of", NOW];
    let cab = ["--allow-unsigned", "--format", "cab"];
    desk.run(&[&usual[..], &cab].concat())
        .fails_with(3, &["`msi/Mde", "does not make it", "--replace-signed"]);
    assert!(!desk.path("away").exists());
    package(&desk, &["--sign"]).succeeds();
    assert!(before == desk.tree("out-packages"));
    package(&desk, &["--replace-signed"]).succeeds();
    assert!(msi(&desk) == unsigned);
}

#[test]
fn foreign_parts_of_a_packages_signature_are_refused() {
    let desk = desk();
    package(&desk, &[]).succeeds();
    let before = desk.tree("out-packages");
    let unsigned = msi(&desk);
    let good = Signature::default();
    let sign = |signature: &Signature| sign_msi(&unsigned, MsiSigned::ContentOnly, signature);
    let signature = "\u{5}DigitalSignature";
    let stranger = Signature::by(Lab::UnrelatedCode);
    for (what, file, texts) in [
        (
            "an unsigned attribute",
            sign(&good.clone().hiding(MARK)),
            &["GW5010", "unsigned attribute"][..],
        ),
        (
            "a second signature",
            sign(&good.clone().nesting(stranger)),
            &["GW5010", "second signature"],
        ),
        (
            "bytes behind the signature",
            with_stream(&sign(&good), signature, MARK),
            &["GW5006", "behind the signature"],
        ),
        (
            "a stream",
            with_stream(&sign(&good), "more", MARK),
            &["GW5006", "came along"],
        ),
        (
            "a digest of names that was not signed",
            with_stream(&sign(&good), "\u{5}MsiDigitalSignatureEx", &[7; 32]),
            &["GW5006"],
        ),
    ] {
        desk.put("signed.msi", &file);
        let session = package(&desk, &["--sign"]);
        assert_eq!(session.code, 4, "{what}: {}", session.err);
        session.fails_with(4, texts);
        assert!(before == desk.tree("out-packages"), "{what}");
    }
}

#[test]
fn foreign_parts_of_a_signature_made_elsewhere_are_refused() {
    let desk = desk();
    package(&desk, &["--digest-out", "away"]).succeeds();
    let before = desk.tree("out-packages");
    let (name, data) = desk.tree("away").remove(0);
    let name = name.replace(".digest.p7", ".signature.p7");
    let good = Signature::default().unstamped();
    let stranger = Signature::by(Lab::UnrelatedCode).unstamped();
    for (signature, texts) in [
        (good.clone().hiding(MARK), ["GW5010", "unsigned attribute"]),
        (
            good.clone().nesting(stranger),
            ["GW5010", "second signature"],
        ),
    ] {
        fs::write(desk.path("away").join(&name), sign_data(&data, &signature)).unwrap();
        package(&desk, &["--signature-in", "away"]).fails_with(4, &texts);
        assert!(before == desk.tree("out-packages"));
    }
    fs::write(desk.path("away").join(&name), sign_data(&data, &good)).unwrap();
    package(&desk, &["--signature-in", "away"]).succeeds();
}

/// No root says which certificates belong to the signature; those of nobody who signed are told.
#[test]
fn certificates_of_others_are_told_where_no_root_can_refuse_them() {
    let alien = Signature {
        certificates: [Lab::Code.issuers(), vec![Lab::UnrelatedRoot]].concat(),
        ..Signature::default()
    };
    for (roots, signature, code, told) in [
        ("[]", Signature::default(), 0, None),
        ("[]", alien.clone(), 0, Some("GW5018")),
        ("[\"root.pem\"]", alien, 4, Some("GW5010")),
    ] {
        let desk = desk();
        package(&desk, &[]).succeeds();
        desk.change_config("\nroots = [\"root.pem\"]", &format!("\nroots = {roots}"));
        let signed = sign_msi(&msi(&desk), MsiSigned::ContentOnly, &signature);
        desk.put("signed.msi", &signed);
        let session = package(&desk, &["--sign"]);
        assert_eq!(session.code, code, "{}", session.err);
        for number in ["GW5018", "GW5010"] {
            assert_eq!(
                session.err.contains(number),
                told == Some(number),
                "{}",
                session.err
            );
        }
        let names_it = session.err.contains("Fabrikam Lab Root");
        assert_eq!(names_it, told.is_some(), "{}", session.err);
    }
}
