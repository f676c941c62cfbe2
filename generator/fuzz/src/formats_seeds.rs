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

use super::Seeds;

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

fn signed_in_every_way(sign: fn(&[u8], &Signature) -> Vec<u8>, unsigned: &[u8]) -> Seeds {
    let each = signatures().into_iter();
    let mut seeds: Seeds = each
        .map(|(name, signature)| (name.to_owned(), sign(unsigned, &signature)))
        .collect();
    seeds.push(("unsigned".to_owned(), unsigned.to_vec()));
    seeds
}

/// Executables.
pub fn programs() -> Seeds {
    let program = pe::program(&Version::new("a.exe", "A", [1, 2, 3, 4]), 0);
    signed_in_every_way(sign_pe, &program)
}

/// Two stored files, signed in every way.
pub fn cabinets() -> Seeds {
    let files = cabinet::bytes(&[("a.txt", b"text"), ("b.txt", &[7; 600])], false);
    signed_in_every_way(sign_cab, &files)
}

/// Installer packages of both versions.
pub fn packages() -> Seeds {
    let mut seeds = Vec::new();
    for version in [cfb::Version::V3, cfb::Version::V4] {
        let unsigned = small_package(version);
        for how in [MsiSigned::ContentAndMetadata, MsiSigned::ContentOnly] {
            let signed = sign_msi(&unsigned, how, &Signature::default());
            seeds.push((format!("{version:?}-{how:?}"), signed));
        }
        seeds.push((format!("{version:?}-unsigned"), unsigned));
    }
    seeds
}

/// Scripts in every encoding.
pub fn scripts() -> Seeds {
    let umlauts = "Write-Host 'ü'\r\n";
    [
        ("ascii", SCRIPT, Encoding::Ansi),
        ("ansi", umlauts, Encoding::Ansi),
        ("utf8", umlauts, Encoding::Utf8),
        ("utf8-unmarked", umlauts, Encoding::Utf8WithoutMark),
        ("utf16", umlauts, Encoding::Utf16),
    ]
    .into_iter()
    .map(|(name, text, encoding)| {
        let signed = sign_script(text, encoding, &Signature::default());
        (name.to_owned(), signed)
    })
    .collect()
}

/// PKCS #7 structures, each over [`SCRIPT`].
pub fn structures() -> Seeds {
    signatures()
        .into_iter()
        .map(|(name, signature)| {
            let script = sign_script(SCRIPT, Encoding::Ansi, &signature);
            (name.to_owned(), structure_of(&script))
        })
        .collect()
}

/// DER of every identity of the lab.
pub fn certificates() -> Seeds {
    Lab::ALL
        .iter()
        .map(|identity| (identity.name().to_owned(), identity.certificate_der()))
        .collect()
}
