//! `gangway package --format intunewin`: openssl reads what was written, with the keys that lie beside it.

use std::fs;
use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gangway_contract::Sha256;

use super::desk::{Desk, NOW, Session};

const CONTENTS: &str = "IntuneWinPackage/Contents/IntunePackage.intunewin";
const DETECTION: &str = "IntuneWinPackage/Metadata/Detection.xml";

fn package(desk: &Desk, more: &[&str]) -> Session {
    let usual = ["package", "out", "-c", "gangway.toml", "--as-of", NOW];
    desk.run(&[&usual[..], &["--allow-unsigned"], more].concat())
}

fn one_file(desk: &Desk) -> Vec<u8> {
    let mut files = desk.tree("out-packages");
    files.retain(|(path, _)| path.ends_with(".intunewin"));
    assert_eq!(files.len(), 1);
    files.remove(0).1
}

/// Names and contents of a ZIP, in its order.
fn entries(zip: Vec<u8>) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut entry = archive.by_index(index).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (entry.name().unwrap().into_owned(), content)
        })
        .collect()
}

fn text<'a>(document: &'a str, element: &str) -> &'a str {
    let (_, rest) = document.split_once(&format!("<{element}>")).unwrap();
    rest.split_once(&format!("</{element}>")).unwrap().0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What openssl writes of a file.
fn openssl(arguments: &[&str], input: &Path) -> Vec<u8> {
    let output = Command::new("openssl")
        .args(arguments)
        .arg(input)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    output.stdout
}

#[test]
fn openssl_finds_the_bootstrap_and_its_payloads_in_it() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    package(&desk, &["--format", "intunewin"]).succeeds();
    let outer = entries(one_file(&desk));
    let names: Vec<&str> = outer.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [CONTENTS, DETECTION]);
    let document = String::from_utf8(outer[1].1.clone()).unwrap();
    assert!(document.starts_with("<ApplicationInfo "), "{document}");
    let key = |element: &str| STANDARD.decode(text(&document, element)).unwrap();

    // The code is of the vector and all that is encrypted.
    let (code, rest) = outer[0].1.split_at(32);
    let (vector, encrypted) = rest.split_at(16);
    assert_eq!(
        (code, vector),
        (&*key("Mac"), &*key("InitializationVector"))
    );
    desk.put("rest", rest);
    desk.put("encrypted", encrypted);
    let option = format!("hexkey:{}", hex(&key("MacKey")));
    let arguments = [
        "dgst", "-sha256", "-mac", "HMAC", "-macopt", &option, "-binary",
    ];
    assert_eq!(openssl(&arguments, &desk.path("rest")), code);

    let (aes, vector) = (hex(&key("EncryptionKey")), hex(vector));
    let arguments = [
        "enc",
        "-d",
        "-aes-256-cbc",
        "-K",
        &aes,
        "-iv",
        &vector,
        "-in",
    ];
    let inner = openssl(&arguments, &desk.path("encrypted"));
    assert_eq!(key("FileDigest"), Sha256::of(&inner).as_bytes());
    assert_eq!(
        text(&document, "UnencryptedContentSize"),
        inner.len().to_string()
    );

    let mut found = entries(inner);
    let exe = fs::read(desk.exe()).unwrap();
    let name = desk.exe().file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(text(&document, "SetupFile"), name);
    let payloads = desk.tree("out").into_iter().filter_map(|(path, bytes)| {
        let (_, path) = path.split_once("share/releases/")?;
        Some((path.split_once('/')?.1.to_owned(), bytes))
    });
    let mut wanted: Vec<_> = payloads.chain([(name, exe)]).collect();
    wanted.sort();
    found.sort();
    assert!(found == wanted, "bootstrap and payloads, and nothing else");
}

#[test]
fn it_is_made_when_asked_for_and_said_to_be_for_no_server() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    package(&desk, &[]).succeeds();
    let files = desk.tree("out-packages");
    assert!(files.iter().all(|(path, _)| !path.ends_with(".intunewin")));
    let session = package(&desk, &["--format", "intunewin"]);
    assert!(session.succeeds().contains(".intunewin, "));
    assert!(session.err.contains("GW5015"), "{}", session.err);
    let first = one_file(&desk);
    package(&desk, &["--format", "intunewin"]).succeeds();
    assert!(first == one_file(&desk), "the same bytes again");
    desk.build_with(&["--mode", "precheck"]).succeeds();
    package(&desk, &["--format", "intunewin"]).fails_with(1, &["GW5008"]);
}
