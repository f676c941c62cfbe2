//! Executables: what the digest covers, and every way to misplace the certificate table.

use gangway_fixtures::authenticode::Signature;
use gangway_fixtures::pe::{self, Version};

use gangway_fixtures::Lab;

use crate::common::{check, program, set_u32, u32_at, unsigned_program, verdict, warnings, word};
use gangway::formats::authenticode::Place;

/// Offset of the data directory's entry for the certificate table (PE32+).
fn entry(file: &[u8]) -> usize {
    u32_at(file, 0x3c) + 24 + 112 + 4 * 8
}

fn checksum(file: &[u8]) -> usize {
    u32_at(file, 0x3c) + 24 + 64
}

pub(crate) fn table_offset(file: &[u8]) -> usize {
    u32_at(file, entry(file))
}

pub(crate) fn set_table(file: &mut [u8], offset: usize, size: usize) {
    let at = entry(file);
    set_u32(file, at, offset);
    set_u32(file, at + 4, size);
}

/// Sets the length of the first entry of the certificate table.
fn set_length(file: &mut [u8], length: usize) {
    let at = table_offset(file);
    set_u32(file, at, length);
}

fn signed() -> Vec<u8> {
    program(&Signature::default())
}

fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut file = signed();
    change(&mut file);
    file
}

#[test]
fn an_executable_without_certificate_table_is_unsigned() {
    check(&unsigned_program(), "unsigned");
}

#[test]
fn the_checksum_is_covered_by_nothing() {
    let at = checksum(&signed());
    check(&changed(|file| file[at] ^= 1), "valid");
}

#[test]
fn headers_sections_and_overlay_are_covered() {
    let sections_end = table_offset(&signed());
    for (part, at) in [
        ("DOS stub", 0x10),
        ("COFF time", u32_at(&signed(), 0x3c) + 8),
        ("image version", u32_at(&signed(), 0x3c) + 24 + 44),
        ("section name", u32_at(&signed(), 0x3c) + 24 + 240),
        ("first section", 0x200),
        ("last byte before the table", sections_end - 1),
    ] {
        let verdict = verdict(&changed(|file| file[at] ^= 1));
        assert_eq!(word(&verdict), "digest_mismatch", "{part}: {verdict}");
    }
}

#[test]
fn data_between_sections_and_table_is_covered() {
    let mut unsigned = unsigned_program();
    unsigned.extend([0x55; 64]);
    let mut file = gangway_fixtures::authenticode::sign_pe(&unsigned, &Signature::default());
    check(&file, "valid");
    let last = table_offset(&file) - 1;
    file[last] ^= 1;
    check(&file, "digest_mismatch");
}

#[test]
fn the_certificate_table_must_end_the_file() {
    check(
        &changed(|file| file.extend([0; 8])),
        "certificate_table_not_at_end",
    );
    check(
        &changed(|file| file.truncate(file.len() - 8)),
        "certificate_table_not_at_end",
    );
    check(
        &changed(|file| {
            let (offset, size) = (table_offset(file), u32_at(file, entry(file) + 4));
            set_table(file, offset, size - 8);
        }),
        "certificate_table_not_at_end",
    );
}

#[test]
fn the_certificate_table_must_lie_behind_the_sections() {
    check(
        &changed(|file| {
            let end = file.len();
            set_table(file, 0x200, end - 0x200);
        }),
        "certificate_table_inside_image",
    );
    check(
        &changed(|file| {
            let end = file.len();
            set_table(file, 0, end);
        }),
        "certificate_table_inside_image",
    );
}

#[test]
fn a_table_without_size_is_no_signature() {
    check(&changed(|file| set_table(file, 0, 0)), "unsigned");
}

#[test]
fn entries_must_fit_the_table_and_be_signed_data() {
    for (case, change) in [
        (
            "too long",
            (|file| set_length(file, 0x10_0000)) as fn(&mut Vec<u8>),
        ),
        ("too short", |file| set_length(file, 7)),
        ("longest", |file| set_length(file, 0xffff_ffff)),
        ("revision 1", |file| {
            let at = table_offset(file) + 5;
            file[at] = 1;
        }),
        ("an X.509 certificate", |file| {
            let at = table_offset(file) + 6;
            file[at] = 1;
        }),
    ] {
        let verdict = verdict(&changed(change));
        assert_eq!(
            word(&verdict),
            "certificate_entry_damaged",
            "{case}: {verdict}"
        );
    }
}

#[test]
fn bytes_hidden_behind_the_signature_are_reported() {
    let hidden = |bytes: &[u8]| {
        changed(|file| {
            let (offset, size) = (table_offset(file), u32_at(file, entry(file) + 4));
            file.extend(bytes);
            set_table(file, offset, size + bytes.len());
            set_u32(file, offset, size + bytes.len());
        })
    };
    assert_eq!(warnings(&verdict(&hidden(b""))), [""; 0]);
    assert_eq!(
        warnings(&verdict(&hidden(b"install "))),
        ["certificate_padding"]
    );
    assert_eq!(
        warnings(&verdict(&hidden(&[0; 8]))),
        ["certificate_padding"]
    );
    check(&hidden(&vec![1; 3 << 20]), "signature_too_large");
}

/// A file with a second entry in its certificate table.
fn with_second_entry(file: &[u8], other: &[u8]) -> Vec<u8> {
    let second = &other[table_offset(other)..];
    let mut both = file.to_vec();
    both.extend(second);
    let offset = table_offset(file);
    let size = both.len() - offset;
    set_table(&mut both, offset, size);
    both
}

#[test]
fn each_of_several_signatures_is_judged() {
    let first = signed();
    let second = program(&Signature::by(Lab::OtherOrganization));
    let verdict = verdict(&with_second_entry(&first, &second));
    let valid = verdict.valid().expect("a valid file");
    assert_eq!(valid.place, Place::Outer { entry: 0 });
    let others: Vec<Place> = valid.others.iter().map(|other| other.place).collect();
    assert_eq!(others, [Place::Outer { entry: 1 }]);
    assert_ne!(valid.others[0].signature.signer, valid.signature.signer);
}

#[test]
fn a_second_signature_of_another_file_breaks_the_file() {
    let version = Version::new("Other.exe", "Other", [9, 9, 9, 9]);
    let other =
        gangway_fixtures::authenticode::sign_pe(&pe::program(&version, 1), &Signature::default());
    check(
        &with_second_entry(&signed(), &other),
        "other_broken/digest_mismatch",
    );
}

#[test]
fn a_second_signature_that_is_not_trusted_is_a_warning() {
    let stranger = program(&Signature::by(Lab::UnrelatedCode));
    let verdict = verdict(&with_second_entry(&signed(), &stranger));
    assert_eq!(warnings(&verdict), ["other_not_trusted"]);
}

#[test]
fn a_first_signature_that_is_not_trusted_is_what_windows_judges() {
    let stranger = program(&Signature::by(Lab::UnrelatedCode));
    check(
        &with_second_entry(&stranger, &signed()),
        "signer_not_trusted/untrusted_root",
    );
}

#[test]
fn the_signature_of_another_file_does_not_fit() {
    let version = Version::new("Other.exe", "Other", [9, 9, 9, 9]);
    let other =
        gangway_fixtures::authenticode::sign_pe(&pe::program(&version, 1), &Signature::default());
    let mut file = signed();
    let offset = table_offset(&file);
    file.truncate(offset);
    file.extend(&other[table_offset(&other)..]);
    let size = file.len() - offset;
    set_table(&mut file, offset, size);
    check(&file, "digest_mismatch");
}

#[test]
fn headers_that_contradict_themselves_are_refused() {
    for (case, change) in [
        (
            "no PE signature",
            (|file| file[0x3c] = 0x10) as fn(&mut Vec<u8>),
        ),
        ("headers outside of the file", |file| {
            set_u32(file, 0x3c, 0xffff_fff0);
        }),
        ("too many sections", |file| {
            let at = u32_at(file, 0x3c) + 6;
            file[at..at + 2].copy_from_slice(&[0xff, 0xff]);
        }),
        ("short optional header", |file| {
            let at = u32_at(file, 0x3c) + 20;
            file[at..at + 2].copy_from_slice(&[0x10, 0]);
        }),
        ("unknown optional header", |file| {
            let at = u32_at(file, 0x3c) + 24;
            file[at] = 0xff;
        }),
        ("cut after the DOS header", |file| file.truncate(0x40)),
        ("cut in the section table", |file| file.truncate(0x180)),
    ] {
        let verdict = verdict(&changed(change));
        assert_eq!(word(&verdict), "pe_damaged", "{case}: {verdict}");
    }
}
