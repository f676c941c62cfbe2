//! The good files: every kind, signed by the fixtures and by osslsigncode.

use std::io::{Cursor, Read, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cfb::CompoundFile;
use gangway::formats::authenticode::FileKind;
use gangway_fixtures::agent::AgentSpec;
use gangway_fixtures::authenticode::{
    Encoding, MsiSigned, SIGNED_AT, Signature, Stamp, sign_cab, sign_cab_as_link, sign_pe,
    sign_script,
};
use gangway_fixtures::pe::Version;
use gangway_fixtures::rsa::Hash;
use gangway_fixtures::{cabinet, pe};

use crate::osslsigncode::Osslsigncode;

pub(crate) const SIGNATURE: &str = "\u{5}DigitalSignature";
pub(crate) const SIGNATURE_EX: &str = "\u{5}MsiDigitalSignatureEx";
pub(crate) const BEGIN: &str = "# SIG # Begin signature block\r\n";
pub(crate) const END: &str = "# SIG # End signature block\r\n";

/// A signed file.
#[derive(Clone)]
pub(crate) struct Base {
    pub(crate) name: &'static str,
    pub(crate) kind: FileKind,
    pub(crate) extension: &'static str,
    pub(crate) bytes: Vec<u8>,
}

impl Base {
    fn new(name: &'static str, kind: FileKind, bytes: Vec<u8>) -> Self {
        let extension = match kind {
            FileKind::Pe => "exe",
            FileKind::Msi => "msi",
            FileKind::Cabinet => "cab",
            FileKind::Script => "ps1",
        };
        Self {
            name,
            kind,
            extension,
            bytes,
        }
    }

    /// The name of the kind in the document.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self.kind {
            FileKind::Pe if self.name.starts_with("nested") => "PE, nested",
            FileKind::Pe => "PE",
            FileKind::Msi => "MSI",
            FileKind::Cabinet if self.name.starts_with("update") => "MSU",
            FileKind::Cabinet => "CAB",
            FileKind::Script => "PS1",
        }
    }

    /// The PKCS #7 structure, with its padding.
    pub(crate) fn blob(&self) -> Vec<u8> {
        match self.kind {
            FileKind::Pe => self.bytes[pe_table(&self.bytes).0 + 8..].to_vec(),
            FileKind::Cabinet => self.bytes[u32_at(&self.bytes, 44)..].to_vec(),
            FileKind::Msi => {
                let mut package = open(&self.bytes);
                stream(&mut package, SIGNATURE)
            }
            FileKind::Script => {
                let text = String::from_utf8(self.bytes.clone()).expect("UTF-8");
                let (_, block) = text.split_once(BEGIN).expect("a block");
                let (block, _) = block.split_once(END).expect("a block");
                let packed: String = block.lines().map(|line| &line[2..]).collect();
                STANDARD.decode(packed).expect("base64")
            }
        }
    }

    /// The file with another structure of the same length in place of its own.
    pub(crate) fn with_blob(&self, blob: &[u8]) -> Vec<u8> {
        match self.kind {
            FileKind::Pe | FileKind::Cabinet => {
                let mut bytes = self.bytes.clone();
                let start = bytes.len() - blob.len();
                bytes[start..].copy_from_slice(blob);
                bytes
            }
            FileKind::Msi => edited(&self.bytes, |package| {
                // In place: osslsigncode cannot read chains that pass sector 0, which a new
                // stream might get.
                let mut stream = package.open_stream(SIGNATURE).expect("a stream");
                stream.write_all(blob).expect("in memory");
            }),
            FileKind::Script => {
                let text = String::from_utf8(self.bytes.clone()).expect("UTF-8");
                let (before, _) = text.split_once(BEGIN).expect("a block");
                format!("{before}{}", script_block(blob)).into_bytes()
            }
        }
    }
}

/// The block of a script, from its first marker to its end.
pub(crate) fn script_block(blob: &[u8]) -> String {
    let packed = STANDARD.encode(blob);
    let lines: String = packed
        .as_bytes()
        .chunks(64)
        .map(|line| format!("# {}\r\n", String::from_utf8_lossy(line)))
        .collect();
    format!("{BEGIN}{lines}{END}")
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> usize {
    let four: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
    usize::try_from(u32::from_le_bytes(four)).expect("32 bits fit")
}

pub(crate) fn set_u32(bytes: &mut [u8], at: usize, value: usize) {
    let value = u32::try_from(value).expect("32 bits fit");
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

/// Offset of the optional header of a PE32+ file.
pub(crate) fn pe_optional(bytes: &[u8]) -> usize {
    u32_at(bytes, 0x3c) + 24
}

/// Offset and size of the certificate table of a PE32+ file.
pub(crate) fn pe_table(bytes: &[u8]) -> (usize, usize) {
    let entry = pe_optional(bytes) + 112 + 32;
    (u32_at(bytes, entry), u32_at(bytes, entry + 4))
}

pub(crate) type Package = CompoundFile<Cursor<Vec<u8>>>;

pub(crate) fn open(bytes: &[u8]) -> Package {
    CompoundFile::open(Cursor::new(bytes.to_vec())).expect("a package")
}

pub(crate) fn edited(bytes: &[u8], edit: impl FnOnce(&mut Package)) -> Vec<u8> {
    let mut package = open(bytes);
    edit(&mut package);
    package.flush().expect("in memory");
    package.into_inner().into_inner()
}

pub(crate) fn stream(package: &mut Package, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut stream = package.open_stream(name).expect("a stream");
    stream.read_to_end(&mut bytes).expect("in memory");
    bytes
}

pub(crate) fn set_stream(package: &mut Package, name: &str, bytes: &[u8]) {
    let mut stream = package.create_stream(name).expect("a stream");
    stream.write_all(bytes).expect("in memory");
}

const SCRIPT: &str = "Write-Host 'one'\r\nWrite-Host 'two'\r\n";
const UMLAUTS: &str = "Write-Host 'Grüße'\r\n";

/// All of them.
pub(crate) fn all(tool: &Osslsigncode) -> Vec<Base> {
    let program = pe::program(&Version::new("Sample.exe", "Sample", [1, 2, 3, 4]), 0);
    let other_program = pe::program(&Version::new("Other.exe", "Other", [5, 6, 7, 8]), 1);
    let files = cabinet::bytes(
        &[("first.txt", &[7; 40_000]), ("second.txt", b"second")],
        false,
    );
    let package = |signing| {
        AgentSpec {
            signing,
            ..AgentSpec::default()
        }
        .bytes()
    };
    let unsigned_package = package(None);
    let marked = [b"\xef\xbb\xbf", UMLAUTS.as_bytes()].concat();
    let good = Signature::default();
    let nested = Signature::default()
        .with_hash(Hash::Sha1)
        .nesting(good.clone());
    let legacy = Signature::default().stamped(Stamp::legacy_at(SIGNED_AT));
    let with_metadata = package(Some((MsiSigned::ContentAndMetadata, good.clone())));
    let content_only = package(Some((MsiSigned::ContentOnly, good.clone())));
    let by_tool =
        |extension, unsigned: &[u8], options: &[&str]| tool.sign(extension, unsigned, options);
    vec![
        Base::new("program", FileKind::Pe, sign_pe(&program, &good)),
        Base::new(
            "nested program",
            FileKind::Pe,
            sign_pe(&other_program, &nested),
        ),
        Base::new(
            "program, legacy stamp",
            FileKind::Pe,
            sign_pe(&program, &legacy),
        ),
        Base::new(
            "program with page hashes by osslsigncode",
            FileKind::Pe,
            by_tool("exe", &program, &["-h", "sha256", "-ph"]),
        ),
        Base::new(
            "program by osslsigncode, SHA-384",
            FileKind::Pe,
            by_tool("exe", &program, &["-h", "sha384"]),
        ),
        Base::new("package with metadata", FileKind::Msi, with_metadata),
        Base::new("package without metadata", FileKind::Msi, content_only),
        Base::new(
            "package by osslsigncode",
            FileKind::Msi,
            by_tool("msi", &unsigned_package, &["-h", "sha256", "-add-msi-dse"]),
        ),
        Base::new("cabinet", FileKind::Cabinet, sign_cab(&files, &good)),
        Base::new(
            "update of 2015",
            FileKind::Cabinet,
            sign_cab_as_link(&files, &Signature::of_2015()),
        ),
        Base::new(
            "cabinet by osslsigncode",
            FileKind::Cabinet,
            by_tool("cab", &files, &["-h", "sha256"]),
        ),
        Base::new(
            "script",
            FileKind::Script,
            sign_script(SCRIPT, Encoding::Ansi, &good),
        ),
        Base::new(
            "script with mark",
            FileKind::Script,
            sign_script(UMLAUTS, Encoding::Utf8, &good),
        ),
        Base::new(
            "script by osslsigncode",
            FileKind::Script,
            by_tool("ps1", SCRIPT.as_bytes(), &["-h", "sha256"]),
        ),
        Base::new(
            "marked script by osslsigncode",
            FileKind::Script,
            by_tool("ps1", &marked, &["-h", "sha256"]),
        ),
    ]
}
