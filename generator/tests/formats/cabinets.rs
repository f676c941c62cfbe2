//! Cabinets: what the digest covers, and the reserve that names the signature.

use gangway_fixtures::authenticode::Signature;

use crate::common::{
    check, set_u32, signed_cabinet, u32_at, unsigned_cabinet, verdict, warnings, word,
};

fn signed() -> Vec<u8> {
    signed_cabinet(&Signature::default())
}

fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut file = signed();
    change(&mut file);
    file
}

#[test]
fn a_cabinet_without_the_reserve_is_unsigned() {
    check(&unsigned_cabinet(), "unsigned");
    check(&signed(), "valid");
}

#[test]
fn what_the_digest_covers_cannot_be_changed() {
    let end = u32_at(&signed(), 44);
    for (part, at) in [
        ("reserved2", 12),
        ("version", 24),
        ("set id", 32),
        ("folder: compression", 66),
        ("data", end - 100),
        ("last byte", end - 1),
    ] {
        let verdict = verdict(&changed(|file| file[at] ^= 1));
        assert_eq!(word(&verdict), "digest_mismatch", "{part}: {verdict}");
    }
}

#[test]
fn fields_that_the_digest_leaves_out_must_be_zero() {
    for at in [4, 7, 34, 35, 52, 55, 56, 59] {
        check(&changed(|file| file[at] = 1), "cabinet_reserved_not_zero");
    }
}

#[test]
fn only_a_cabinet_of_a_set_has_a_number_in_it() {
    // Names of the neighbour and its disk follow the reserve, and the digest covers them.
    let mut file = signed();
    file[34] = 1;
    check(&file, "cabinet_reserved_not_zero");
    file[30] |= 1;
    file.splice(60..60, *b"a.cab\0disk 1\0");
    for at in [8, 16, 44] {
        let grown = u32_at(&file, at) + 13;
        set_u32(&mut file, at, grown);
    }
    let folder = u32_at(&file, 73) + 13;
    set_u32(&mut file, 73, folder);
    check(&file, "digest_mismatch");
}

#[test]
fn a_reserve_of_another_shape_is_no_signature() {
    for (field, at, value) in [("header reserve", 36, 24), ("mark", 42, 0), ("size", 50, 1)] {
        let verdict = verdict(&changed(|file| file[at] = value));
        assert!(!verdict.is_valid(), "{field}: {verdict}");
    }
}

#[test]
fn the_signature_must_follow_the_cabinet_and_end_the_file() {
    check(
        &changed(|file| file.push(0)),
        "cabinet_signature_not_at_end",
    );
    check(
        &changed(|file| file.truncate(file.len() - 1)),
        "cabinet_signature_not_at_end",
    );
    check(
        &changed(|file| {
            let size = u32_at(file, 48);
            set_u32(file, 48, size - 1);
        }),
        "cabinet_signature_not_at_end",
    );
    check(
        &changed(|file| {
            let offset = u32_at(file, 44);
            let size = u32_at(file, 48);
            set_u32(file, 44, offset - 8);
            set_u32(file, 48, size + 8);
        }),
        "cabinet_damaged",
    );
    check(
        &changed(|file| {
            let offset = u32_at(file, 44);
            set_u32(file, 8, offset + 8);
            set_u32(file, 44, offset + 8);
            let size = u32_at(file, 48);
            set_u32(file, 48, size - 8);
        }),
        "signature_malformed",
    );
}

#[test]
fn data_that_reaches_into_the_signature_is_refused() {
    // The folder's place: 36 bytes of header, 4 of sizes, 20 of reserve.
    check(
        &changed(|file| {
            let end = file.len();
            set_u32(file, 60, end - 8);
        }),
        "cabinet_damaged",
    );
}

#[test]
fn bytes_hidden_behind_the_signature_are_reported() {
    let file = changed(|file| {
        file.extend([1; 16]);
        let size = u32_at(file, 48);
        set_u32(file, 48, size + 16);
    });
    assert_eq!(warnings(&verdict(&file)), ["certificate_padding"]);
}
