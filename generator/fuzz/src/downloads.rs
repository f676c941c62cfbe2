//! The carriers of the intake: archives, portal scripts and the blobs in them.

use std::io::{Cursor, Read as _};

use gangway::formats::blob::{Blob, BlobText, canonical, locate};
use gangway::formats::onboarding_script;
use gangway::formats::zip::{DirectoryLimits, Entry, EntryReader, entry_faults, survey};

use super::Target;
use super::formats::BLOB_ANCHORS;

/// The targets of this file.
pub const TARGETS: &[Target] = &[
    ("blob", blob, super::downloads_seeds::blobs),
    ("script", script, super::downloads_seeds::scripts),
    ("zip", zip, super::downloads_seeds::archives),
];

/// Small, so that a run is short: what is inflated beyond them is work without news.
const LIMITS: DirectoryLimits = DirectoryLimits {
    entries: 100,
    entry_bytes: 64 << 10,
    total_bytes: 256 << 10,
};

/// An archive: directory, names, and every entry inflated.
///
/// # Panics
/// An entry gives more bytes than the directory claims.
pub fn zip(data: &[u8]) {
    let directory = survey(&mut Cursor::new(data), &LIMITS);
    let entries = directory.entries;
    let names: Vec<_> = entries.iter().map(Entry::name).collect();
    let _ = entry_faults(&entries, &names);
    if !directory.faults.is_empty() {
        return;
    }
    for entry in &entries {
        let Ok(mut reader) = EntryReader::new(Cursor::new(data), entry) else {
            continue;
        };
        let mut given = 0u64;
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = reader.read(&mut buffer) {
            given += read as u64;
        }
        assert!(given <= entry.size, "{given} bytes, {} claimed", entry.size);
    }
}

/// A text with blobs in it: where they stand, what they say, and the text around them.
pub fn script(data: &[u8]) {
    let located = locate(data);
    for one in &located {
        if let Ok(text) = &one.text {
            judge(text);
        }
    }
    let places: Vec<_> = located.into_iter().map(|one| one.range).collect();
    let _ = onboarding_script::read(data, &places, "6b2f6a51-0c53-4d0e-9e0b-c0570500ab1e");
}

/// A blob as its JSON document.
pub fn blob(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        judge(&BlobText::new(text.to_owned()));
    }
}

/// Reads a blob and writes it anew.
///
/// # Panics
/// What is written anew is not written the same again.
fn judge(text: &BlobText) {
    let _ = Blob::read(text, &BLOB_ANCHORS);
    if let Ok(written) = canonical(text, &BLOB_ANCHORS) {
        let again = canonical(&written, &BLOB_ANCHORS).expect("it was written by ourselves");
        assert_eq!(again.expose(), written.expose());
    }
}
