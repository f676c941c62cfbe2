//! What real archivers write is read: every archive of this folder, without a fault.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use std::io::{Cursor, Read as _};

use gangway::formats::zip::{self, DirectoryLimits, Entry, EntryName, EntryReader};

const LIMITS: DirectoryLimits = DirectoryLimits {
    entries: 100,
    entry_bytes: 1 << 20,
    total_bytes: 1 << 20,
};

const A: (&str, &str) = ("a.cmd", "a sample\r\n");
const B: (&str, &str) = ("Options/b.txt", "deep\r\n");
const STEPS: (&str, &str) = ("手順.txt", "x");

#[track_caller]
fn check(archive: &[u8], expected: &[(&str, &str)]) {
    let entries = zip::read(&mut Cursor::new(archive), &LIMITS).unwrap();
    let names: Vec<EntryName> = entries.iter().map(Entry::name).collect();
    assert_eq!(zip::entry_faults(&entries, &names), []);
    let mut files: Vec<(String, String)> = entries
        .iter()
        .zip(names)
        .filter(|(_, name)| !name.is_folder)
        .map(|(entry, name)| {
            let mut text = String::new();
            let mut content = EntryReader::new(Cursor::new(archive), entry).unwrap();
            content.read_to_string(&mut text).unwrap();
            (name.shown, text)
        })
        .collect();
    files.sort();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_str()))
        .collect();
    assert_eq!(files, expected);
}

#[test]
fn bsdtar() {
    check(include_bytes!("bsdtar.zip"), &[B, A, STEPS]);
    check(include_bytes!("bsdtar-zip64.zip"), &[A]);
}

#[test]
fn seven_zip() {
    check(include_bytes!("7-zip.zip"), &[B, A, STEPS]);
}

#[test]
fn info_zip() {
    check(include_bytes!("info-zip.zip"), &[B, A, STEPS]);
    check(include_bytes!("info-zip-stream.zip"), &[B, A, STEPS]);
    check(include_bytes!("info-zip-dot.zip"), &[B, A]);
    check(include_bytes!("info-zip-zip64.zip"), &[A]);
    check(include_bytes!("info-zip-pipe.zip"), &[("-", A.1)]);
}

#[test]
fn python() {
    check(include_bytes!("python.zip"), &[B, A, STEPS]);
    check(include_bytes!("python-zip64.zip"), &[A]);
}
