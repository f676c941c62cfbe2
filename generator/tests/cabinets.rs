//! Cabinets that we write, unpacked by others: what each of them gets is what went in.
//!
//! cabextract is the strict one: it refuses blocks whose code of distances is incomplete, as the
//! Windows Installer does and 7-Zip does not (seen with blocks of `miniz_oxide`).

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use std::fs::{self, File};
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use gangway::packages::cabinet::{DosTime, Member, Packing, write};

/// Noise of a small generator, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// Runs of one byte, short periods, borders of blocks, noise, and nothing at all, each under a name
/// of its own.
fn contents() -> Vec<(String, Vec<u8>)> {
    const BLOCK: usize = 32_768;
    let mut all = vec![("empty-first".to_owned(), Vec::new())];
    for length in [1, 2, 257, 258, 259, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
        all.push((format!("zeros-{length}"), vec![0; length]));
        all.push((format!("noise-{length}"), noise(length)));
    }
    for period in (2..20).chain([258, 259, 4096, BLOCK - 1]) {
        let piece = noise(period);
        let content = piece.into_iter().cycle().take(3 * BLOCK + period);
        all.push((format!("period-{period}"), content.collect()));
    }
    // One pair of a length and a distance, and nothing else to copy.
    for gap in [1, 100, 5000, 30_000] {
        let piece = noise(64);
        let content = [&piece[..], &noise(gap), &piece[..]].concat();
        all.push((format!("one-copy-{gap}"), content));
    }
    all.push(("empty-last".to_owned(), Vec::new()));
    all
}

fn make(path: &Path, contents: &[(String, Vec<u8>)], packing: Packing) {
    let mut sources: Vec<_> = contents
        .iter()
        .map(|(_, bytes)| Cursor::new(bytes))
        .collect();
    let mut members: Vec<Member<'_>> = contents
        .iter()
        .zip(&mut sources)
        .map(|((name, bytes), source)| Member {
            name,
            size: bytes.len() as u64,
            source,
        })
        .collect();
    let mut file = File::create_new(path).unwrap();
    write(&mut file, &mut members, packing, DosTime::at(1_772_442_000)).unwrap();
}

/// A reader, by its command line for a cabinet and a folder to unpack into.
type Reader = (&'static str, fn(&Path, &Path) -> Command);

const READERS: &[Reader] = &[
    ("cabextract", |cabinet, into| {
        let mut command = Command::new("cabextract");
        command.arg("-q").arg("-d").arg(into).arg(cabinet);
        command
    }),
    ("gcab", |cabinet, into| {
        let mut command = Command::new("gcab");
        command.arg("-x").arg("-C").arg(into).arg(cabinet);
        command
    }),
    ("7z", |cabinet, into| {
        let mut command = Command::new("7z");
        command.arg("x").arg("-y").arg("-bd");
        command.arg(format!("-o{}", into.display())).arg(cabinet);
        command
    }),
];

fn succeeds(name: &str, command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!("start {name}: {error}; `cargo xtask setup --for suites` installs it")
    });
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{name}: {said}");
    said
}

#[test]
fn every_reader_gets_what_went_in() {
    let contents = contents();
    for packing in [Packing::Stored, Packing::Mszip, Packing::Smaller] {
        let folder = tempfile::tempdir().unwrap();
        let cabinet = folder.path().join("all.cab");
        make(&cabinet, &contents, packing);
        let mut test = Command::new("cabextract");
        let said = succeeds("cabextract", test.arg("-t").arg(&cabinet));
        assert!(said.contains("All done, no errors"), "{packing:?}: {said}");
        for (name, command) in READERS {
            let into = folder.path().join(name);
            fs::create_dir(&into).unwrap();
            succeeds(name, &mut command(&cabinet, &into));
            for (file, bytes) in &contents {
                let found = fs::read(into.join(file)).unwrap();
                assert!(found == *bytes, "{name} got another `{file}` ({packing:?})");
            }
        }
    }
}

#[test]
fn a_cabinet_of_nothing_but_empty_files_is_one_too() {
    let folder = tempfile::tempdir().unwrap();
    let cabinet = folder.path().join("empty.cab");
    let contents = ["a", "b"].map(|name| (name.to_owned(), Vec::new()));
    make(&cabinet, &contents, Packing::Smaller);
    for (name, command) in READERS {
        let into = folder.path().join(name);
        fs::create_dir(&into).unwrap();
        succeeds(name, &mut command(&cabinet, &into));
        assert_eq!(fs::read(into.join("b")).unwrap(), b"", "{name}");
    }
}
