//! Hostile archives, built byte by byte: each is refused for its own reason and after work that
//! is counted.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use super::*;

const LIMITS: DirectoryLimits = DirectoryLimits {
    entries: 1000,
    entry_bytes: 1 << 30,
    total_bytes: 2 << 30,
};

/// One entry as it is written; the lies are in the fields.
struct Made {
    name: Vec<u8>,
    local_name: Option<Vec<u8>>,
    data: Vec<u8>,
    size: u32,
    crc: u32,
    method: u16,
    flags: u16,
    made_by: u16,
    attributes: u32,
    /// Shares the header of an earlier entry instead of writing its own.
    header_of: Option<usize>,
}

impl Made {
    fn stored(name: &str, data: &[u8]) -> Self {
        Self {
            name: name.as_bytes().to_vec(),
            local_name: None,
            data: data.to_vec(),
            size: u32::try_from(data.len()).unwrap(),
            crc: crc(data),
            method: 0,
            flags: 0,
            made_by: 0,
            attributes: 0,
            header_of: None,
        }
    }

    fn deflated(name: &str, data: &[u8]) -> Self {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(data).unwrap();
        Self {
            size: u32::try_from(data.len()).unwrap(),
            crc: crc(data),
            method: 8,
            ..Self::stored(name, &encoder.finish().unwrap())
        }
    }
}

fn crc(data: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    crc.sum()
}

fn archive(entries: &[Made]) -> Vec<u8> {
    archive_with_end(entries, |end| end)
}

/// Writes an archive; `change` may alter the 22 bytes of the end record.
fn archive_with_end(entries: &[Made], change: impl Fn([u8; 22]) -> [u8; 22]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut headers = Vec::new();
    for entry in entries {
        if let Some(earlier) = entry.header_of {
            headers.push(headers[earlier]);
            continue;
        }
        headers.push(u32::try_from(out.len()).unwrap());
        let name = entry.local_name.as_ref().unwrap_or(&entry.name);
        out.extend(b"PK\x03\x04\x14\x00");
        out.extend(entry.flags.to_le_bytes());
        out.extend(entry.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(entry.crc.to_le_bytes());
        out.extend(u32::try_from(entry.data.len()).unwrap().to_le_bytes());
        out.extend(entry.size.to_le_bytes());
        out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        out.extend([0; 2]);
        out.extend(name);
        out.extend(&entry.data);
    }
    let start = u32::try_from(out.len()).unwrap();
    for (entry, header) in entries.iter().zip(&headers) {
        out.extend(b"PK\x01\x02");
        out.extend(entry.made_by.to_le_bytes());
        out.extend([20, 0]);
        out.extend(entry.flags.to_le_bytes());
        out.extend(entry.method.to_le_bytes());
        out.extend([0; 4]);
        out.extend(entry.crc.to_le_bytes());
        out.extend(u32::try_from(entry.data.len()).unwrap().to_le_bytes());
        out.extend(entry.size.to_le_bytes());
        out.extend(u16::try_from(entry.name.len()).unwrap().to_le_bytes());
        out.extend([0; 8]);
        out.extend(entry.attributes.to_le_bytes());
        out.extend(header.to_le_bytes());
        out.extend(&entry.name);
    }
    let size = u32::try_from(out.len()).unwrap() - start;
    let count = u16::try_from(entries.len().min(0xFFFF)).unwrap();
    let mut end = [0; 22];
    end[..4].copy_from_slice(b"PK\x05\x06");
    end[8..10].copy_from_slice(&count.to_le_bytes());
    end[10..12].copy_from_slice(&count.to_le_bytes());
    end[12..16].copy_from_slice(&size.to_le_bytes());
    end[16..20].copy_from_slice(&start.to_le_bytes());
    out.extend(change(end));
    out
}

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

#[test]
fn an_honest_archive_reads_back() {
    let text = b"text ".repeat(100);
    let bytes = archive(&[Made::stored("a", b"one"), Made::deflated("b/c", &text)]);
    assert_eq!(inflate(&bytes, 0).unwrap(), b"one");
    assert_eq!(inflate(&bytes, 1).unwrap(), text);
    assert_eq!(entry_faults(&open(&bytes).0.unwrap()), []);
}

#[test]
fn archives_of_another_writer_read_back() {
    let made = gangway_fixtures::archive::zip(&[
        ("folder/".to_owned(), Vec::new()),
        ("folder/file".to_owned(), b"abc".repeat(50)),
    ]);
    assert_eq!(inflate(&made, 1).unwrap(), b"abc".repeat(50));
    let entries = open(&made).0.unwrap();
    assert!(entries[0].is_folder() && !entries[1].is_folder());
}

#[test]
fn duplicates_do_not_vanish() {
    let bytes = archive(&[Made::stored("a.txt", b"1"), Made::stored("a.txt", b"2")]);
    let entries = open(&bytes).0.unwrap();
    assert_eq!(
        entry_faults(&entries),
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
    let entries = open(&archive(&[link, plain])).0.unwrap();
    assert_eq!(
        entry_faults(&entries),
        [EntryFault::Special {
            name: "link".to_owned()
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

/// Puts ZIP64 records before the end record; `change` may alter the 56 bytes.
fn zip64(plain: &[u8], count: u64, change: impl Fn([u8; 56]) -> [u8; 56]) -> Vec<u8> {
    let (body, end) = plain.split_at(plain.len() - 22);
    let size = u32::from_le_bytes(end[12..16].try_into().unwrap());
    let offset = u32::from_le_bytes(end[16..20].try_into().unwrap());
    let mut record = [0; 56];
    record[..4].copy_from_slice(b"PK\x06\x06");
    record[4..12].copy_from_slice(&44u64.to_le_bytes());
    record[24..32].copy_from_slice(&count.to_le_bytes());
    record[32..40].copy_from_slice(&count.to_le_bytes());
    record[40..48].copy_from_slice(&u64::from(size).to_le_bytes());
    record[48..56].copy_from_slice(&u64::from(offset).to_le_bytes());
    let mut out = body.to_vec();
    let record_at = out.len() as u64;
    out.extend(change(record));
    out.extend(b"PK\x06\x07\0\0\0\0");
    out.extend(record_at.to_le_bytes());
    out.extend([1, 0, 0, 0]);
    out.extend(end);
    out
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
