//! Hostile archives, built byte by byte: each is refused for its own reason and after work that
//! is counted.

mod archive;

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use super::*;
use archive::{Made, archive, archive_with_end, zip64};

const LIMITS: DirectoryLimits = DirectoryLimits {
    entries: 1000,
    entry_bytes: 1 << 30,
    total_bytes: 2 << 30,
};

/// Counts the bytes that a reader hands out.
struct Counting<R> {
    inner: R,
    bytes: u64,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

impl<R: Seek> Seek for Counting<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

fn open(bytes: &[u8]) -> (Result<Vec<Entry>, ZipError>, u64) {
    let mut reader = Counting {
        inner: Cursor::new(bytes),
        bytes: 0,
    };
    let result = read(&mut reader, &LIMITS);
    (result, reader.bytes)
}

#[track_caller]
fn check_refused(bytes: &[u8], message: &str) {
    let (result, _) = open(bytes);
    let error = result.unwrap_err().to_string();
    assert!(error.contains(message), "{error}");
}

fn inflate(bytes: &[u8], index: usize) -> io::Result<Vec<u8>> {
    let entries = open(bytes).0.unwrap();
    let mut out = Vec::new();
    EntryReader::new(Cursor::new(bytes), &entries[index])
        .unwrap()
        .read_to_end(&mut out)?;
    Ok(out)
}

fn faults(bytes: &[u8]) -> Vec<EntryFault> {
    let entries = open(bytes).0.unwrap();
    let names: Vec<EntryName> = entries.iter().map(Entry::name).collect();
    entry_faults(&entries, &names)
}

#[test]
fn an_honest_archive_reads_back() {
    let text = b"text ".repeat(100);
    let bytes = archive(&[Made::stored("a", b"one"), Made::deflated("b/c", &text)]);
    assert_eq!(inflate(&bytes, 0).unwrap(), b"one");
    assert_eq!(inflate(&bytes, 1).unwrap(), text);
    assert_eq!(faults(&bytes), []);
}

#[test]
fn archives_of_another_writer_read_back() {
    let made = gangway_fixtures::archive::zip(&[
        ("folder/".to_owned(), Vec::new()),
        ("folder/file".to_owned(), b"abc".repeat(50)),
    ]);
    assert_eq!(inflate(&made, 1).unwrap(), b"abc".repeat(50));
    let entries = open(&made).0.unwrap();
    assert!(entries[0].name().is_folder && !entries[1].name().is_folder);
}

#[test]
fn duplicates_do_not_vanish() {
    let bytes = archive(&[Made::stored("a.txt", b"1"), Made::stored("a.txt", b"2")]);
    assert_eq!(
        faults(&bytes),
        [EntryFault::Collision {
            first: "a.txt".to_owned(),
            second: "a.txt".to_owned()
        }]
    );
}

#[test]
fn links_are_told_by_the_unix_file_type() {
    let link = Made {
        made_by: 3 << 8,
        attributes: 0o120_777 << 16,
        ..Made::stored("link", b"/etc/passwd")
    };
    let plain = Made {
        made_by: 3 << 8,
        attributes: 0o100_644 << 16,
        ..Made::stored("plain", b"")
    };
    assert_eq!(
        faults(&archive(&[link, plain])),
        [EntryFault::Special {
            name: "link".to_owned(),
            what: "a link",
        }]
    );
}

#[test]
fn a_local_header_with_another_name_is_refused() {
    let entry = Made {
        local_name: Some(b"b".to_vec()),
        ..Made::stored("a", b"")
    };
    check_refused(&archive(&[entry]), "differ in the name");
}

#[test]
fn entries_over_the_same_bytes_are_refused() {
    let data = vec![0; 1000];
    let again = Made {
        header_of: Some(0),
        ..Made::deflated("a", &data)
    };
    let bytes = archive(&[Made::deflated("a", &data), again]);
    check_refused(&bytes, "overlaps");
}

#[test]
fn an_entry_that_inflates_a_thousand_times_is_refused_unread() {
    let bytes = archive(&[Made::deflated("bomb", &vec![0; 32 << 20])]);
    let (result, read) = open(&bytes);
    assert!(matches!(result, Err(ZipError::Ratio { index: 1, .. })));
    assert!(read < 40_000, "{read} bytes read");
}

#[test]
fn a_hundred_thousand_entries_are_refused_by_their_count() {
    let entries: Vec<Made> = (0..100_000)
        .map(|number| Made::stored(&format!("{number}"), b""))
        .collect();
    // More than 65 535 need the ZIP64 records: first without, then with them.
    check_refused(&archive(&entries), "ZIP64 records are missing");
    let bytes = zip64(&archive(&entries), 100_000, |record| record);
    let (result, read) = open(&bytes);
    assert!(matches!(
        result,
        Err(ZipError::TooMuch {
            what: "entries",
            found: 100_000,
            limit: 1000
        })
    ));
    assert!(read < 70_000, "{read} bytes read");
}

#[test]
fn zip64_records_that_lie_are_refused() {
    let plain = archive(&[Made::stored("a", b"1")]);
    assert!(open(&zip64(&plain, 1, |record| record)).0.is_ok());
    check_refused(&zip64(&plain, 2, |record| record), "differ");
    let saturated = archive_with_end(&[Made::stored("a", b"1")], |mut end| {
        end[8..12].fill(0xFF);
        end
    });
    check_refused(&saturated, "ZIP64 records are missing");
    let huge = zip64(&saturated, u64::MAX, |record| record);
    check_refused(&huge, "entries");
    let far = |at: usize| {
        move |mut record: [u8; 56]| {
            record[at..at + 8].fill(0xFF);
            record
        }
    };
    check_refused(&zip64(&plain, 1, far(40)), "differ");
    check_refused(&zip64(&plain, 1, far(48)), "differ");
}

#[test]
fn an_end_record_that_lies_is_refused() {
    let entries = || vec![Made::stored("a", b"1"), Made::stored("b", b"2")];
    let with = |at: usize, value: u8| {
        archive_with_end(&entries(), |mut end| {
            end[at] = value;
            end
        })
    };
    let mut fewer = with(10, 1);
    let count = fewer.len() - 22 + 8;
    fewer[count] = 1;
    check_refused(&fewer, "more than its entry count");
    check_refused(&with(10, 3), "counts differ");
    check_refused(&with(12, 1), "does not lie where");
    check_refused(&with(16, 1), "does not lie where");
    check_refused(&with(20, 1), "cut short");
}

#[test]
fn bytes_before_the_archive_and_a_second_end_record_are_refused() {
    let good = archive(&[Made::stored("a", b"1")]);
    let prefixed = [b"MZ".as_slice(), &good].concat();
    check_refused(&prefixed, "does not lie where");
    let mut inner = good[good.len() - 22..].to_vec();
    let comment = u16::try_from(inner.len()).unwrap();
    let mut doubled = good.clone();
    let at = doubled.len() - 2;
    doubled[at..].copy_from_slice(&comment.to_le_bytes());
    doubled.append(&mut inner);
    check_refused(&doubled, "two end records");
}

#[test]
fn a_truncated_archive_is_refused_at_every_length() {
    let good = archive(&[Made::deflated("a", &b"text".repeat(50))]);
    for length in 0..good.len() {
        assert!(open(&good[..length]).0.is_err(), "{length}");
    }
}

#[test]
fn inflating_stops_where_the_claim_ends() {
    let mut liar = Made::deflated("a", &vec![7; 100_000]);
    liar.size = 10;
    let bytes = archive(&[liar]);
    let entries = open(&bytes).0.unwrap();
    let mut reader = EntryReader::new(Cursor::new(&bytes), &entries[0]).unwrap();
    let mut buffer = [0; 64];
    let error = reader.read(&mut buffer).unwrap_err();
    assert!(error.to_string().contains("larger"), "{error}");
}

#[test]
fn wrong_sizes_sums_and_tails_are_damage() {
    let data = b"text".repeat(50);
    type Change = fn(&mut Made);
    let table: [(Change, &str); 3] = [
        (|made| made.size += 1, "smaller"),
        (|made| made.crc ^= 1, "CRC-32"),
        (|made| made.data.push(0), "follow"),
    ];
    for (change, message) in table {
        let mut entry = Made::deflated("a", &data);
        change(&mut entry);
        let error = inflate(&archive(&[entry]), 0).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn encrypted_and_foreign_methods_are_not_read() {
    let encrypted = Made {
        flags: 1,
        ..Made::stored("a", b"1")
    };
    let foreign = Made {
        method: 14,
        ..Made::stored("b", b"1")
    };
    let bytes = archive(&[encrypted, foreign]);
    let entries = open(&bytes).0.unwrap();
    assert!(matches!(
        EntryReader::new(Cursor::new(&bytes), &entries[0]),
        Err(EntryError::Encrypted)
    ));
    assert!(matches!(
        EntryReader::new(Cursor::new(&bytes), &entries[1]),
        Err(EntryError::Method { method: 14 })
    ));
}

#[test]
fn flipped_bytes_never_panic() {
    let good = archive(&[
        Made::stored("a", b"1"),
        Made::deflated("b", &b"text".repeat(20)),
    ]);
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            if let Ok(entries) = open(&bytes).0 {
                for entry in &entries {
                    if let Ok(mut reader) = EntryReader::new(Cursor::new(&bytes), entry) {
                        let _ = reader.read_to_end(&mut Vec::new());
                    }
                }
            }
        }
    }
}
