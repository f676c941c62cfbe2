//! What files say of themselves: packages, executables, cabinets. Judged by other readers.

use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use gangway::formats::cabinet::list_files;
use gangway::formats::msi::{InstallerPackage, MsiError};
use gangway::formats::pe::{Layout, VersionInfo};
use gangway_fixtures::agent::AgentSpec;

use crate::common::{unsigned_cabinet, unsigned_program};

fn tool(program: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(program)
        .args(&arguments[..1])
        .arg(file)
        .args(&arguments[1..])
        .output()
        .expect("these tests need `msiinfo` of the Debian package `msitools`");
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    String::from_utf8(output.stdout).expect("text")
}

/// Rows of `msiinfo export`, without the three lines of header.
fn exported(table: &str, file: &Path) -> Vec<Vec<String>> {
    let text = tool("msiinfo", &["export", table], file);
    text.lines()
        .skip(3)
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

#[test]
fn a_package_says_the_same_to_us_and_to_msitools() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("package.msi");
    AgentSpec::default().write(&path).expect("a package");
    let mut file = std::fs::File::open(&path).expect("just written");
    let mut package = InstallerPackage::open(&mut file).expect("a package");

    let properties: Vec<Vec<String>> = package
        .properties()
        .expect("a table")
        .into_iter()
        .map(|(name, value)| vec![name, value])
        .collect();
    let mut expected = exported("Property", &path);
    expected.sort();
    assert_eq!(properties, expected);

    let files = package.files().expect("a table");
    let expected = exported("File", &path);
    assert_eq!(files.len(), expected.len());
    for (file, row) in files.iter().zip(expected) {
        let long_name = row[2].rsplit('|').next().expect("a name").to_owned();
        assert_eq!(
            [
                file.key.clone(),
                file.name.clone(),
                file.size_bytes.to_string(),
                file.version.clone()
            ],
            [row[0].clone(), long_name, row[3].clone(), row[4].clone()]
        );
    }

    let summary = package.identity().expect("an identity").summary;
    let text = tool("msiinfo", &["suminfo"], &path);
    for line in [
        format!("Template: {};{}", summary.platform, summary.languages),
        format!("Revision number (UUID): {}", summary.package_code),
        format!("Title: {}", summary.title),
        format!("Author: {}", summary.author),
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "`{line}` in\n{text}"
        );
    }
}

#[test]
fn the_identity_of_the_agent_is_found() {
    let spec = AgentSpec::default();
    let bytes = spec.bytes();
    let mut source = Cursor::new(&bytes);
    let mut package = InstallerPackage::open(&mut source).expect("a package");
    let identity = package.identity().expect("an identity");
    assert_eq!(identity.name.as_deref(), Some(spec.product_name.as_str()));
    assert_eq!(identity.version, Some(spec.version_text()));
    assert_eq!(identity.product_code, Some(spec.product_code()));
    assert_eq!(identity.summary.platform, "x64");
    let version = package.file_version("mpclient.dll").expect("a table");
    assert_eq!(version, Some(spec.version_text()));
    assert_eq!(package.file_version("absent.dll").expect("a table"), None);
}

#[test]
fn a_string_pool_that_lies_is_refused_before_anything_is_allocated() {
    use std::io::Write;
    const POOL: &str = "\u{4840}\u{3f3f}\u{4577}\u{446c}\u{3e6a}\u{44b2}\u{482f}";
    let bytes = AgentSpec {
        signing: None,
        ..AgentSpec::default()
    }
    .bytes();
    for (case, pool) in [
        (
            "a string of 4 GiB",
            vec![0xe4, 4, 0, 0, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff],
        ),
        (
            "a length that is cut short",
            vec![0xe4, 4, 0, 0, 0, 0, 1, 0],
        ),
        (
            "many long strings",
            [vec![0xe4, 4, 0, 0], [0xff, 0xff, 1, 0].repeat(10_000)].concat(),
        ),
        ("nothing", vec![]),
    ] {
        let mut package = cfb::CompoundFile::open(Cursor::new(bytes.clone())).expect("a package");
        let mut stream = package.create_stream(POOL).expect("a stream");
        stream.write_all(&pool).expect("in memory");
        drop(stream);
        package.flush().expect("in memory");
        let changed = package.into_inner().into_inner();
        let mut source = Cursor::new(&changed);
        let error = InstallerPackage::open(&mut source).expect_err(case);
        assert!(
            matches!(error, MsiError::TableDamaged { .. }),
            "{case}: {error}"
        );
    }
}

#[test]
fn a_container_that_is_no_package_is_said_to_be_none() {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("in memory");
    file.create_stream("WordDocument").expect("a stream");
    file.flush().expect("in memory");
    let bytes = file.into_inner().into_inner();
    let mut source = Cursor::new(&bytes);
    let error = InstallerPackage::open(&mut source).expect_err("no tables");
    assert_eq!(error.to_string(), "table `_StringPool` is missing");
}

#[test]
fn the_version_resource_is_read() {
    let bytes = unsigned_program();
    let mut source = Cursor::new(&bytes);
    let layout = Layout::read(&mut source).expect("a program");
    let version = VersionInfo::read(&mut source, &layout)
        .expect("well-formed")
        .expect("a version resource");
    assert_eq!(version.file_version_text(), "1.2.3.4");
    assert_eq!(version.string("ProductName"), Some("Sample"));
    assert_eq!(version.string("InternalName"), Some("Sample.exe"));
    assert_eq!(version.string("FileVersion"), Some("1.2.3.4"));
    assert_eq!(layout.machine, 0x8664);
    assert!(layout.is_64_bit);
}

#[test]
fn the_files_of_a_cabinet_are_listed_in_order() {
    let bytes = unsigned_cabinet();
    let files = list_files(&mut Cursor::new(&bytes)).expect("a cabinet");
    let listed: Vec<(&str, u32)> = files
        .iter()
        .map(|f| (f.name.as_str(), f.size_bytes))
        .collect();
    assert_eq!(listed, [("first.txt", 40_000), ("second.txt", 6)]);
}

#[test]
fn a_cabinet_with_bad_offsets_is_refused() {
    let good = unsigned_cabinet();
    for (case, at, value) in [
        ("files behind the end", 16, 0x00ff_ffff_usize),
        ("size beyond the file", 8, 0x00ff_ffff),
        ("more files than there are", 28, 0xffff),
    ] {
        let mut bytes = good.clone();
        if at == 28 {
            bytes[28..30].copy_from_slice(&[0xff, 0xff]);
        } else {
            crate::common::set_u32(&mut bytes, at, value);
        }
        assert!(list_files(&mut Cursor::new(&bytes)).is_err(), "{case}");
    }
    for length in 0..good.len().min(120) {
        assert!(
            list_files(&mut Cursor::new(&good[..length])).is_err(),
            "cut to {length}"
        );
    }
}
