//! Seeds of the file formats, made by the fixtures: small, valid, of every kind of signature.

use std::io::{Cursor, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cfb::CompoundFile;
use gangway_fixtures::agent::AgentSpec;
use gangway_fixtures::authenticode::{
    Encoding, MsiSigned, SIGNED_AT, Signature, Stamp, sign_cab, sign_msi, sign_pe, sign_script,
};
use gangway_fixtures::pe::{self, Version};
use gangway_fixtures::rsa::Hash;
use gangway_fixtures::{Lab, cabinet};

/// The text of the scripts that carry a structure.
pub const SCRIPT: &str = "Write-Host 1\r\n";

const BEGIN: &str = "# SIG # Begin signature block\r\n";
const END: &str = "# SIG # End signature block\r\n";

/// A script with a structure in its signature block.
pub fn script_around(text: &str, structure: &[u8]) -> String {
    let lines: String = STANDARD
        .encode(structure)
        .as_bytes()
        .chunks(64)
        .map(|line| format!("# {}\r\n", String::from_utf8_lossy(line)))
        .collect();
    format!("{text}\r\n{BEGIN}{lines}{END}")
}

fn structure_of(script: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(script.to_vec()).expect("ASCII");
    let (_, block) = text.split_once(BEGIN).expect("a block");
    let (block, _) = block.split_once(END).expect("a block");
    let packed: String = block.lines().map(|line| &line[2..]).collect();
    STANDARD.decode(packed).expect("base64")
}

fn signatures() -> Vec<(&'static str, Signature)> {
    let good = Signature::default();
    vec![
        ("good", good.clone()),
        ("legacy", good.clone().stamped(Stamp::legacy_at(SIGNED_AT))),
        ("unstamped", good.clone().unstamped()),
        ("sha1", good.clone().with_hash(Hash::Sha1)),
        ("sha384", good.clone().with_hash(Hash::Sha384)),
        (
            "nested",
            good.clone().with_hash(Hash::Sha1).nesting(good.clone()),
        ),
        ("untrusted", Signature::by(Lab::UnrelatedCode)),
    ]
}

/// A package of a few kilobytes: the small streams of the agent, in either version.
fn small_package(version: cfb::Version) -> Vec<u8> {
    let agent = AgentSpec {
        signing: None,
        ..AgentSpec::default()
    }
    .bytes();
    let mut agent = CompoundFile::open(Cursor::new(agent)).expect("a package");
    let streams: Vec<_> = agent
        .read_root_storage()
        .filter(|entry| entry.is_stream() && entry.len() < 4096)
        .map(|entry| entry.path().to_owned())
        .collect();
    let file = Cursor::new(Vec::new());
    let mut small = CompoundFile::create_with_version(version, file).expect("in memory");
    for path in streams {
        let mut content = Vec::new();
        let mut from = agent.open_stream(&path).expect("a stream");
        from.read_to_end(&mut content).expect("in memory");
        let mut to = small.create_stream(&path).expect("a stream");
        to.write_all(&content).expect("in memory");
    }
    small.create_storage("nested").expect("a storage");
    let mut inner = small.create_stream("nested/inner").expect("a stream");
    inner.write_all(&[5; 5000]).expect("in memory");
    drop(inner);
    small.flush().expect("in memory");
    small.into_inner().into_inner()
}

/// The seeds of a target; none for a name that is no target of this file.
pub fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let program = pe::program(&Version::new("a.exe", "A", [1, 2, 3, 4]), 0);
    let files = cabinet::bytes(&[("a.txt", b"text"), ("b.txt", &[7; 600])], false);
    let named = |signed: fn(&Signature, &[u8]) -> Vec<u8>, unsigned: &[u8]| {
        let each = signatures().into_iter();
        let mut seeds: Vec<(String, Vec<u8>)> = each
            .map(|(name, signature)| (name.to_owned(), signed(&signature, unsigned)))
            .collect();
        seeds.push(("unsigned".to_owned(), unsigned.to_vec()));
        seeds
    };
    match target {
        "pe" => named(|signature, file| sign_pe(file, signature), &program),
        "cab" => named(|signature, file| sign_cab(file, signature), &files),
        "msi" => [cfb::Version::V3, cfb::Version::V4]
            .into_iter()
            .flat_map(|version| {
                let unsigned = small_package(version);
                let signed = [MsiSigned::ContentAndMetadata, MsiSigned::ContentOnly].map(|how| {
                    let file = sign_msi(&unsigned, how, &Signature::default());
                    (format!("{version:?}-{how:?}"), file)
                });
                signed
                    .into_iter()
                    .chain([(format!("{version:?}-unsigned"), unsigned)])
            })
            .collect(),
        "ps1" => {
            let umlauts = "Write-Host 'ü'\r\n";
            let good = Signature::default();
            [
                ("ascii", sign_script(SCRIPT, Encoding::Ansi, &good)),
                ("ansi", sign_script(umlauts, Encoding::Ansi, &good)),
                ("utf8", sign_script(umlauts, Encoding::Utf8, &good)),
                (
                    "utf8-unmarked",
                    sign_script(umlauts, Encoding::Utf8WithoutMark, &good),
                ),
                ("utf16", sign_script(umlauts, Encoding::Utf16, &good)),
            ]
            .into_iter()
            .map(|(name, file)| (name.to_owned(), file))
            .collect()
        }
        "cms" => signatures()
            .into_iter()
            .map(|(name, signature)| {
                let script = sign_script(SCRIPT, Encoding::Ansi, &signature);
                (name.to_owned(), structure_of(&script))
            })
            .collect(),
        "certificate" => Lab::ALL
            .iter()
            .map(|identity| (identity.name().to_owned(), identity.certificate_der()))
            .collect(),
        _ => Vec::new(),
    }
}
