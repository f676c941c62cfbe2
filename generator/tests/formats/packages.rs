//! Installer packages: the two signature streams, and what they cover.

use std::io::{Cursor, Read, Write};

use cfb::CompoundFile;
use gangway_fixtures::authenticode::{MsiSigned, Signature, sign_msi};

use crate::common::{check, package, set_u32, u32_at, verdict, warnings, word};

const SIGNATURE: &str = "\u{5}DigitalSignature";
const SIGNATURE_EX: &str = "\u{5}MsiDigitalSignatureEx";

fn signed(how: MsiSigned) -> Vec<u8> {
    package(how, &Signature::default())
}

/// A small compound file with a nested storage, of either version.
fn container(version: cfb::Version) -> Vec<u8> {
    let file = Cursor::new(Vec::new());
    let mut package = CompoundFile::create_with_version(version, file).expect("in memory");
    let mut add = |name: &str, size: usize| {
        let mut stream = package.create_stream(name).expect("a new stream");
        let bytes: Vec<u8> = (0..size)
            .map(|n| u8::try_from(n % 251).expect("small"))
            .collect();
        stream.write_all(&bytes).expect("in memory");
    };
    add("zebra", 10);
    add("Apple", 5000);
    add("apple2", 100_000);
    add("empty", 0);
    package.create_storage("Transform").expect("a new storage");
    let class = "000c1082-0000-0000-c000-000000000046"
        .parse()
        .expect("a GUID");
    package
        .set_storage_clsid("Transform", class)
        .expect("a storage");
    let mut inner = package
        .create_stream("Transform/inner")
        .expect("a new stream");
    inner.write_all(b"inner").expect("in memory");
    drop(inner);
    package.flush().expect("in memory");
    package.into_inner().into_inner()
}

fn edited(file: &[u8], edit: impl FnOnce(&mut CompoundFile<Cursor<Vec<u8>>>)) -> Vec<u8> {
    let mut package = CompoundFile::open(Cursor::new(file.to_vec())).expect("a package");
    edit(&mut package);
    package.flush().expect("in memory");
    package.into_inner().into_inner()
}

/// The directory entry with this name.
fn entry(file: &[u8], name: &str) -> usize {
    let raw: Vec<u8> = name
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .chain([0, 0])
        .collect();
    let found = (512..file.len())
        .step_by(128)
        .find(|&at| file[at..].starts_with(&raw) && usize::from(file[at + 64]) == raw.len());
    found.expect("an entry of the directory")
}

#[test]
fn both_ways_to_sign_hold_for_both_versions_of_the_container() {
    for version in [cfb::Version::V3, cfb::Version::V4] {
        let unsigned = container(version);
        check(&unsigned, "unsigned");
        for (how, expected) in [
            (MsiSigned::ContentAndMetadata, vec![]),
            (MsiSigned::ContentOnly, vec!["metadata_not_signed"]),
        ] {
            let verdict = verdict(&sign_msi(&unsigned, how, &Signature::default()));
            assert_eq!(word(&verdict), "valid", "{version:?} {how:?}: {verdict}");
            assert_eq!(warnings(&verdict), expected, "{version:?} {how:?}");
        }
    }
}

#[test]
fn chains_that_run_backwards_or_pass_sector_0_are_read() {
    // Freed sectors are used again from the last one on: a package built up by many calls.
    let unsigned = edited(&container(cfb::Version::V3), |package| {
        for name in ["apple2", "Apple", "zebra"] {
            package.remove_stream(name).expect("a stream");
        }
        for name in ["later", "latest"] {
            let mut stream = package.create_stream(name).expect("a new stream");
            stream.write_all(&[9; 30_000]).expect("in memory");
        }
    });
    let file = sign_msi(
        &unsigned,
        MsiSigned::ContentAndMetadata,
        &Signature::default(),
    );
    let start = u32_at(&file, entry(&file, "later") + 116);
    let table = (u32_at(&file, 76) + 1) * 512;
    let next = u32_at(&file, table + start * 4);
    assert_ne!(next, start + 1, "the chain is not in order");
    check(&file, "valid");
}

#[test]
fn contents_are_covered_either_way() {
    for how in [MsiSigned::ContentAndMetadata, MsiSigned::ContentOnly] {
        let file = sign_msi(&container(cfb::Version::V3), how, &Signature::default());
        for name in ["zebra", "Apple", "apple2", "Transform/inner"] {
            let changed = edited(&file, |package| {
                let mut bytes = Vec::new();
                let mut stream = package.open_stream(name).expect("a stream");
                stream.read_to_end(&mut bytes).expect("in memory");
                bytes[0] ^= 1;
                let mut stream = package.open_stream(name).expect("a stream");
                stream.write_all(&bytes).expect("in memory");
            });
            check(&changed, "digest_mismatch");
        }
        let class_changed = edited(&file, |package| {
            let class = "000c1086-0000-0000-c000-000000000046"
                .parse()
                .expect("a GUID");
            package
                .set_storage_clsid("Transform", class)
                .expect("a storage");
        });
        assert!(!verdict(&class_changed).is_valid(), "{how:?}");
    }
}

#[test]
fn names_are_covered_only_with_the_extended_signature() {
    // The new name keeps the place in the order, so that the contents' order stays.
    let renamed = |how| {
        let mut file = sign_msi(&container(cfb::Version::V3), how, &Signature::default());
        let at = entry(&file, "zebra");
        file[at + 8] = b'u';
        file
    };
    check(&renamed(MsiSigned::ContentAndMetadata), "metadata_mismatch");
    let verdict = verdict(&renamed(MsiSigned::ContentOnly));
    assert_eq!(warnings(&verdict), ["metadata_not_signed"]);
}

#[test]
fn times_and_state_bits_are_covered_only_with_the_extended_signature() {
    for (field, offset) in [("state bits", 96), ("created", 100), ("modified", 108)] {
        for name in ["zebra", "Transform"] {
            let changed = |how| {
                let mut file = sign_msi(&container(cfb::Version::V3), how, &Signature::default());
                let at = entry(&file, name) + offset;
                file[at] ^= 1;
                file
            };
            let verdict_with = verdict(&changed(MsiSigned::ContentAndMetadata));
            assert_eq!(
                word(&verdict_with),
                "metadata_mismatch",
                "{field} of {name}"
            );
            let verdict_without = verdict(&changed(MsiSigned::ContentOnly));
            assert_eq!(word(&verdict_without), "valid", "{field} of {name}");
        }
    }
}

#[test]
fn an_extended_signature_cannot_be_removed_changed_or_made_up() {
    let with = signed(MsiSigned::ContentAndMetadata);
    let removed = edited(&with, |package| {
        package.remove_stream(SIGNATURE_EX).expect("a stream");
    });
    check(&removed, "digest_mismatch");
    let changed = edited(&with, |package| {
        let mut stream = package.open_stream(SIGNATURE_EX).expect("a stream");
        stream.write_all(&[0]).expect("in memory");
    });
    check(&changed, "digest_mismatch");
    let made_up = edited(&signed(MsiSigned::ContentOnly), |package| {
        let mut stream = package.create_stream(SIGNATURE_EX).expect("a stream");
        stream.write_all(&[7; 32]).expect("in memory");
    });
    check(&made_up, "digest_mismatch");
    let too_long = edited(&with, |package| {
        let mut stream = package.open_stream(SIGNATURE_EX).expect("a stream");
        stream.write_all(&[7; 65]).expect("in memory");
    });
    check(&too_long, "msi_damaged");
}

#[test]
fn the_two_signature_streams_cannot_change_places() {
    let swapped = edited(&signed(MsiSigned::ContentAndMetadata), |package| {
        let mut contents = [Vec::new(), Vec::new()];
        for (content, name) in contents.iter_mut().zip([SIGNATURE, SIGNATURE_EX]) {
            let mut stream = package.open_stream(name).expect("a stream");
            stream.read_to_end(content).expect("in memory");
        }
        contents.reverse();
        for (content, name) in contents.iter().zip([SIGNATURE, SIGNATURE_EX]) {
            let mut stream = package.create_stream(name).expect("a stream");
            stream.write_all(content).expect("in memory");
        }
    });
    assert!(!verdict(&swapped).is_valid());
}

#[test]
fn a_package_without_its_signature_stream_is_unsigned() {
    let file = edited(&signed(MsiSigned::ContentOnly), |package| {
        package.remove_stream(SIGNATURE).expect("a stream");
    });
    check(&file, "unsigned");
}

#[test]
fn a_stream_cannot_be_added_or_removed() {
    for how in [MsiSigned::ContentAndMetadata, MsiSigned::ContentOnly] {
        let file = sign_msi(&container(cfb::Version::V3), how, &Signature::default());
        let added = edited(&file, |package| {
            let mut stream = package.create_stream("added").expect("a stream");
            stream.write_all(b"x").expect("in memory");
        });
        assert!(!verdict(&added).is_valid(), "{how:?}");
        let removed = edited(&file, |package| {
            package.remove_stream("zebra").expect("a stream");
        });
        assert!(!verdict(&removed).is_valid(), "{how:?}");
        let signature_below = edited(&file, |package| {
            let mut stream = package
                .create_stream(format!("Transform/{SIGNATURE}"))
                .expect("a stream");
            stream.write_all(b"x").expect("in memory");
        });
        assert!(
            !verdict(&signature_below).is_valid(),
            "{how:?}: left out in the root only"
        );
    }
}

#[test]
fn the_signature_of_another_package_does_not_fit() {
    let one = sign_msi(
        &container(cfb::Version::V3),
        MsiSigned::ContentOnly,
        &Signature::default(),
    );
    let mut blob = Vec::new();
    let mut package = CompoundFile::open(Cursor::new(one)).expect("a package");
    let mut stream = package.open_stream(SIGNATURE).expect("a stream");
    stream.read_to_end(&mut blob).expect("in memory");
    let other = edited(&signed(MsiSigned::ContentOnly), |package| {
        let mut stream = package.create_stream(SIGNATURE).expect("a stream");
        stream.write_all(&blob).expect("in memory");
    });
    check(&other, "digest_mismatch");
}

#[test]
fn bytes_that_nothing_reads_are_reported() {
    for version in [cfb::Version::V3, cfb::Version::V4] {
        let file = sign_msi(
            &container(version),
            MsiSigned::ContentAndMetadata,
            &Signature::default(),
        );
        let zeros = [file.as_slice(), &[0; 4096]].concat();
        assert_eq!(warnings(&verdict(&zeros)), [""; 0]);
        let hidden = [file.as_slice(), &[1; 4096]].concat();
        assert_eq!(warnings(&verdict(&hidden)), ["slack_data"]);
        let odd = [file.as_slice(), b"x"].concat();
        assert_eq!(warnings(&verdict(&odd)), ["slack_data"]);
    }
    let mut header = sign_msi(
        &container(cfb::Version::V4),
        MsiSigned::ContentAndMetadata,
        &Signature::default(),
    );
    header[600] = 1;
    assert_eq!(warnings(&verdict(&header)), ["slack_data"]);
}

#[test]
fn chains_that_loop_cross_or_leave_the_file_are_refused() {
    let file = sign_msi(
        &container(cfb::Version::V3),
        MsiSigned::ContentOnly,
        &Signature::default(),
    );
    // The first sector of the allocation table, and the first sector of the largest stream.
    let table = (u32_at(&file, 76) + 1) * 512;
    let largest = u32_at(&file, entry(&file, "apple2") + 116);
    let other = u32_at(&file, entry(&file, "Apple") + 116);
    let next = |sector: usize| table + sector * 4;
    for (case, at, value) in [
        ("a chain that loops", next(largest + 3), largest),
        ("a chain onto itself", next(largest), largest),
        ("two streams share sectors", next(largest), other),
        (
            "a chain into the allocation table",
            next(largest),
            u32_at(&file, 76),
        ),
        ("a chain that leaves the file", next(largest), 0x0100_0000),
        ("a chain that ends early", next(largest), 0xffff_fffe),
        ("a chain into a free sector", next(largest), 0xffff_ffff),
        (
            "a stream longer than its chain",
            entry(&file, "apple2") + 120,
            0x0200_0000,
        ),
        (
            "a stream that starts nowhere",
            entry(&file, "apple2") + 116,
            0x00ff_ffff,
        ),
        ("a directory that loops", 48, largest),
        ("an allocation table that is none", 76, 0x00ff_ffff),
        ("a DIFAT that leaves the file", 68, 0x00ff_ffff),
        (
            "an entry that is its own sibling",
            entry(&file, "zebra") + 68,
            1,
        ),
        (
            "an entry that does not exist",
            entry(&file, "zebra") + 72,
            9999,
        ),
    ] {
        let mut changed = file.clone();
        set_u32(&mut changed, at, value);
        let verdict = verdict(&changed);
        assert_eq!(word(&verdict), "msi_damaged", "{case}: {verdict}");
    }
}

#[test]
fn headers_of_no_known_version_are_refused() {
    let file = signed(MsiSigned::ContentOnly);
    for (case, at, value) in [
        ("version", 26, 9),
        ("sector size", 30, 10),
        ("byte order", 28, 0),
        ("cutoff", 57, 0x20),
    ] {
        let mut changed = file.clone();
        changed[at] = value;
        let verdict = verdict(&changed);
        assert_eq!(word(&verdict), "msi_damaged", "{case}");
    }
    for length in [8, 100, 511, 512, 600, 4096] {
        let verdict = verdict(&file[..length]);
        assert_eq!(word(&verdict), "msi_damaged", "cut to {length} bytes");
    }
}
