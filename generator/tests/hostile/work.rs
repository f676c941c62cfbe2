//! The work that a hostile file can ask for: bytes read, entries and sectors visited, bytes
//! inflated. Held to the size of the file or to a limit, never to what the file claims.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use gangway::formats::authenticode::{FileKind, TrustAnchors, verify};
use gangway::formats::cabinet::list_files;
use gangway::formats::msi::InstallerPackage;
use gangway::formats::pe::{Layout, VersionInfo};
use gangway::formats::zip::{self, EntryReader};
use gangway_fixtures::hostile::{self, Specimen};

use super::LIMITS;

/// 2026-11-22.
const NOW: i64 = 1_795_305_600;

/// A file that counts what is read from it.
struct Counted<'a> {
    file: Cursor<&'a [u8]>,
    bytes_read: u64,
    seeks: u64,
}

impl<'a> Counted<'a> {
    fn new(file: &'a [u8]) -> Self {
        Self {
            file: Cursor::new(file),
            bytes_read: 0,
            seeks: 0,
        }
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.bytes_read += read as u64;
        Ok(read)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.seeks += 1;
        self.file.seek(to)
    }
}

/// Runs `read` over each specimen and holds what it read to `times` the file plus `more`
/// bytes, in at most one seek for each `bytes_per_seek` of that.
#[track_caller]
fn bounded(specimens: &[Specimen], times: u64, more: u64, read: impl Fn(&mut Counted<'_>)) {
    let mut beyond = Vec::new();
    for specimen in specimens {
        let mut file = Counted::new(&specimen.bytes);
        read(&mut file);
        let limit = specimen.bytes.len() as u64 * times + more;
        // No structure that is sought out is shorter than 4 bytes.
        if file.bytes_read > limit || file.seeks > limit / 4 {
            beyond.push(format!(
                "{}: {} bytes in {} seeks, of a file of {}",
                specimen.name,
                file.bytes_read,
                file.seeks,
                specimen.bytes.len()
            ));
        }
    }
    assert!(beyond.is_empty(), "{beyond:#?}");
}

fn judge(file: &mut Counted<'_>, kind: FileKind) {
    let _ = verify(file, Some(kind), &TrustAnchors::microsoft(), NOW);
}

/// The end records are looked for in the last 64 KiB.
const END_BYTES: u64 = 66 << 10;

#[test]
fn a_directory_costs_no_more_than_the_archive_is_long() {
    let mut specimens = hostile::zips();
    specimens.push(Specimen {
        name: "a hundred thousand entries",
        bytes: hostile::many_entries(100_000),
        tolerable: false,
    });
    bounded(&specimens, 2, END_BYTES, |file| {
        if let Ok(entries) = zip::read(file, &LIMITS) {
            assert!(entries.len() as u64 <= LIMITS.entries);
        }
    });
}

#[test]
fn too_many_entries_are_refused_before_the_first_is_visited() {
    let bytes = hostile::many_entries(100_000);
    let mut file = Counted::new(&bytes);
    zip::read(&mut file, &LIMITS).unwrap_err();
    assert!(file.bytes_read <= END_BYTES, "{} bytes", file.bytes_read);
}

/// Bytes inflated out of an archive that was let through.
fn inflated(bytes: &[u8]) -> u64 {
    let Ok(entries) = zip::read(&mut Cursor::new(bytes), &LIMITS) else {
        return 0;
    };
    let mut sum = 0;
    for entry in &entries {
        if let Ok(mut reader) = EntryReader::new(Cursor::new(bytes), entry) {
            let mut given = 0;
            let mut buffer = [0; 1 << 16];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                given += read as u64;
            }
            assert!(given <= entry.size, "an entry gives more than it claims");
            sum += given;
        }
    }
    sum
}

#[test]
fn nothing_is_inflated_beyond_its_claim_and_nothing_out_of_proportion_at_all() {
    for specimen in hostile::zips() {
        let sum = inflated(&specimen.bytes);
        // Deflate itself ends at 1032 times; an entry that claims too much is not begun.
        let most = specimen.bytes.len() as u64 * 1032;
        assert!(sum <= most, "{}: {sum} bytes", specimen.name);
    }
    for (case, bomb) in [
        ("a thousandfold", hostile::ratio_bomb(256 << 20)),
        ("overlapping", hostile::overlapping_bomb(200)),
        ("a hundred thousand entries", hostile::many_entries(100_000)),
    ] {
        assert_eq!(inflated(&bomb), 0, "{case}");
    }
}

#[test]
fn a_package_costs_a_few_visits_of_each_sector() {
    // Opening walks the tables and the directory, and identity, file table and signature each
    // read the streams that they need.
    bounded(&hostile::packages(), 6, 4096, |file| {
        if let Ok(mut package) = InstallerPackage::open(file) {
            let _ = package.identity();
            let _ = package.files();
        }
    });
    bounded(&hostile::packages(), 4, 4096, |file| {
        judge(file, FileKind::Msi);
    });
}

#[test]
fn a_cabinet_costs_a_few_visits_of_each_byte() {
    bounded(&hostile::cabinets(), 3, 16 << 10, |file| {
        let _ = list_files(file);
    });
    bounded(&hostile::cabinets(), 3, 16 << 10, |file| {
        judge(file, FileKind::Cabinet);
    });
}

#[test]
fn a_program_costs_a_few_visits_of_each_byte() {
    bounded(&hostile::programs(), 4, 16 << 10, |file| {
        if let Ok(layout) = Layout::read(file) {
            let _ = VersionInfo::read(file, &layout);
        }
    });
    bounded(&hostile::programs(), 4, 16 << 10, |file| {
        judge(file, FileKind::Pe);
    });
}
