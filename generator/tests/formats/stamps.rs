//! Time stamps: both kinds, whose, and when.

use std::io::Cursor;

use gangway::formats::authenticode::{StampKind, verify};
use gangway_fixtures::Lab;
use gangway_fixtures::authenticode::{SIGNED_AT, Signature, Stamp, WHILE_ENDED_WERE_VALID};

use crate::common::{NOW, anchors, one_of_each, program, replaced, verdict, word};

const HOUR: i64 = 3600;

#[test]
fn both_kinds_of_stamp_prove_the_time() {
    for (stamp, kind) in [
        (Stamp::at(SIGNED_AT), StampKind::Rfc3161),
        (Stamp::legacy_at(SIGNED_AT), StampKind::Legacy),
    ] {
        for (file_kind, file) in one_of_each(&Signature::default().stamped(stamp)) {
            let verdict = verify(&mut Cursor::new(&file), Some(file_kind), &anchors(), NOW);
            let valid = verdict
                .valid()
                .unwrap_or_else(|| panic!("{file_kind}: {verdict}"));
            let time = valid.signature.signed_at.as_ref().expect("a stamp");
            assert_eq!((time.unix_seconds, time.kind), (SIGNED_AT, kind));
        }
    }
}

#[test]
fn a_stamp_that_does_not_hold_makes_the_signature_invalid() {
    let stamped = |stamp: Stamp| Signature::default().stamped(stamp);
    for (case, signature, expected) in [
        (
            "by a code signer",
            stamped(Stamp::at(SIGNED_AT).by(Lab::TimeStampWrongEku)),
            "stamper_not_trusted/purpose_missing",
        ),
        (
            "legacy, by a code signer",
            stamped(Stamp::legacy_at(SIGNED_AT).by(Lab::TimeStampWrongEku)),
            "stamper_not_trusted/purpose_missing",
        ),
        (
            "by a stranger",
            stamped(Stamp::at(SIGNED_AT).by(Lab::UnrelatedTimeStamp)),
            "stamper_not_trusted/issuer_missing",
        ),
        (
            "legacy, by a stranger",
            stamped(Stamp::legacy_at(SIGNED_AT).by(Lab::UnrelatedTimeStamp)),
            "stamper_not_trusted/issuer_missing",
        ),
        (
            "in the future",
            stamped(Stamp::at(NOW + HOUR)),
            "stamp_in_future",
        ),
        (
            "legacy, in the future",
            stamped(Stamp::legacy_at(NOW + HOUR)),
            "stamp_in_future",
        ),
        (
            "before the signer's certificate",
            stamped(Stamp::at(1_577_000_000)),
            "stamper_not_trusted/not_valid_at",
        ),
        (
            "before a certificate that is valid from 2045",
            Signature::by(Lab::NotYet).stamped(Stamp::at(SIGNED_AT)),
            "signer_not_trusted/not_valid_at",
        ),
        (
            "after the signer's certificate",
            Signature::by(Lab::Ended).stamped(Stamp::at(WHILE_ENDED_WERE_VALID + 365 * 24 * HOUR)),
            "signer_not_trusted/not_valid_at",
        ),
    ] {
        let verdict = verdict(&program(&signature));
        assert_eq!(word(&verdict), expected, "{case}: {verdict}");
    }
}

#[test]
fn clocks_may_differ_by_some_minutes() {
    let verdict = verdict(&program(
        &Signature::default().stamped(Stamp::at(NOW + 120)),
    ));
    assert_eq!(word(&verdict), "valid", "{verdict}");
}

#[test]
fn a_stamp_of_another_signature_is_refused() {
    // The imprint stands in the token as SEQUENCE { algorithm, OCTET STRING of 32 bytes }
    // after the lab's policy.
    let file = program(&Signature::default());
    let policy = [0x06, 0x04, 0x2a, 0x03, 0x04, 0x01];
    let at = crate::common::position(&file, &policy) + policy.len() + 40;
    let mut changed = file.clone();
    changed[at] ^= 1;
    assert_eq!(word(&verdict(&changed)), "stamp_mismatch");
}

#[test]
fn the_time_in_a_stamp_cannot_be_changed() {
    let file = program(&Signature::default());
    let earlier = replaced(&file, b"20260302090000Z", b"20260302080000Z");
    assert_eq!(word(&verdict(&earlier)), "stamp_mismatch");
    let legacy = program(&Signature::default().stamped(Stamp::legacy_at(SIGNED_AT)));
    let earlier = replaced(&legacy, b"260302090000Z", b"260302080000Z");
    assert_eq!(word(&verdict(&earlier)), "stamp_signature_mismatch");
}
