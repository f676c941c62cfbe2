//! Damaged files of every kind: an answer after bounded work, never a panic.

use std::io::{Cursor, Read, Seek, SeekFrom};

use gangway::formats::authenticode::{FileKind, TrustAnchors, verify};
use gangway::formats::cabinet::list_files;
use gangway::formats::compound::CompoundFile;
use gangway::formats::msi::InstallerPackage;
use gangway::formats::pe::{Layout, VersionInfo};
use gangway_fixtures::authenticode::Signature;

use crate::common::{NOW, anchors, one_of_each, set_u32};

/// Numbers from a seed, the same on every machine (xorshift64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let limit = u64::try_from(limit).expect("fits");
        usize::try_from(self.0 % limit).expect("below a usize")
    }
}

/// Counts the bytes that are read.
struct Counting<'a> {
    inner: Cursor<&'a [u8]>,
    read: u64,
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read += u64::try_from(count).expect("fits");
        Ok(count)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

fn read_everything(bytes: &[u8], kind: FileKind, anchors: &TrustAnchors) -> u64 {
    let mut source = Counting {
        inner: Cursor::new(bytes),
        read: 0,
    };
    verify(&mut source, Some(kind), anchors, NOW);
    match kind {
        FileKind::Msi => {
            if let Ok(mut package) = InstallerPackage::open(&mut source) {
                drop(package.identity());
                drop(package.files());
            }
        }
        FileKind::Pe => {
            if let Ok(layout) = Layout::read(&mut source) {
                drop(VersionInfo::read(&mut source, &layout));
            }
        }
        FileKind::Cabinet => drop(list_files(&mut source)),
        FileKind::Script => {}
    }
    source.read
}

#[test]
fn damaged_files_are_answered_after_reading_them_a_few_times_at_most() {
    let anchors = anchors();
    for (kind, file) in one_of_each(&Signature::default()) {
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
        let size = u64::try_from(file.len()).expect("fits");
        for _ in 0..400 {
            let mut damaged = file.clone();
            for _ in 0..=numbers.below(4) {
                let at = numbers.below(damaged.len());
                match numbers.below(4) {
                    0 => damaged[at] ^= 1 << numbers.below(8),
                    1 => damaged[at] = u8::MAX,
                    2 => {
                        let end = (at + numbers.below(64)).min(damaged.len());
                        damaged.drain(at..end);
                    }
                    _ => {
                        let end = (at + 4).min(damaged.len());
                        damaged[at..end].fill(0xff);
                    }
                }
                if damaged.is_empty() {
                    break;
                }
            }
            let read = read_everything(&damaged, kind, &anchors);
            assert!(
                read < size * 8 + 65_536,
                "{kind}: {read} bytes read of {size}"
            );
        }
    }
}

#[test]
fn a_file_cut_anywhere_is_never_valid() {
    let anchors = anchors();
    for (kind, file) in one_of_each(&Signature::default()) {
        for step in 1..200 {
            let length = file.len() * step / 200;
            let verdict = verify(&mut Cursor::new(&file[..length]), Some(kind), &anchors, NOW);
            assert!(
                !verdict.is_valid(),
                "{kind} cut to {length} of {}",
                file.len()
            );
        }
    }
}

#[test]
fn one_thing_read_as_another_is_refused() {
    let anchors = anchors();
    let files = one_of_each(&Signature::default());
    for (kind, file) in &files {
        for (other, _) in &files {
            let verdict = verify(&mut Cursor::new(file), Some(*other), &anchors, NOW);
            assert_eq!(
                verdict.is_valid(),
                kind == other,
                "{kind} read as {other}: {verdict}"
            );
        }
    }
}

#[test]
fn many_streams_over_one_chain_are_found_at_once() {
    // 3000 entries that all claim the same 1 MiB: 3 GiB to hash, if it were believed.
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("in memory");
    let mut create = |name: String, bytes: &[u8]| {
        use std::io::Write;
        let mut stream = container.create_stream(name).expect("a stream");
        stream.write_all(bytes).expect("in memory");
    };
    create("large".to_owned(), &vec![1; 1 << 20]);
    for number in 0..3000 {
        create(format!("s{number}"), &[2; 4096]);
    }
    container.flush().expect("in memory");
    let mut bytes = container.into_inner().into_inner();
    let large: Vec<u8> = "large".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = crate::common::position(&bytes, &large);
    let start = crate::common::u32_at(&bytes, at + 116);
    let prefix = [b's', 0];
    for entry in (0..bytes.len() - 128).step_by(128) {
        if bytes[entry..].starts_with(&prefix) && bytes[entry + 66] == 2 {
            set_u32(&mut bytes, entry + 116, start);
            set_u32(&mut bytes, entry + 120, 1 << 20);
        }
    }
    let mut source = Counting {
        inner: Cursor::new(&bytes),
        read: 0,
    };
    assert!(CompoundFile::open(&mut source).is_err());
    assert!(
        source.read < 2 * u64::try_from(bytes.len()).expect("fits"),
        "{} bytes",
        source.read
    );
}
