//! Revocation lists: whose they must be, and what their dates mean.

use std::io::Cursor;

use gangway::formats::authenticode::{TrustAnchors, Verdict, verify};
use gangway_fixtures::Lab;
use gangway_fixtures::authenticode::{SIGNED_AT, Signature, Stamp};
use gangway_fixtures::revocation::RevocationSpec as List;

use crate::common::{NOW, anchors, program, warnings, word};

fn with(lists: &[List]) -> TrustAnchors {
    lists.iter().fold(anchors(), |anchors, list| {
        anchors.with_revocation_list(&list.bytes()).expect("a list")
    })
}

fn judge(signature: &Signature, lists: &[List]) -> Verdict {
    verify(
        &mut Cursor::new(program(signature)),
        None,
        &with(lists),
        NOW,
    )
}

fn says_not_checked(verdict: &Verdict) -> bool {
    let valid = verdict.valid().expect("a valid file");
    valid
        .warnings
        .contains(&gangway::formats::authenticode::Warning::RevocationNotChecked)
}

#[test]
fn with_a_list_of_every_issuer_revocation_is_checked() {
    let good = Signature::default();
    assert!(says_not_checked(&judge(&good, &[])));
    assert!(says_not_checked(&judge(&good, &[List::of(Lab::CodeCa)])));
    let both = [List::of(Lab::CodeCa), List::of(Lab::Root)];
    assert!(!says_not_checked(&judge(&good, &both)));
    assert!(says_not_checked(&judge(
        &good,
        &[List::of(Lab::UnrelatedRoot)]
    )));
}

#[test]
fn a_certificate_revoked_before_the_stamp_is_not_trusted() {
    for (case, list, expected) in [
        (
            "signer, before",
            List::of(Lab::CodeCa).revoking(Lab::Code, "260301000000Z"),
            "signer_not_trusted/revoked",
        ),
        (
            "signer, after",
            List::of(Lab::CodeCa).revoking(Lab::Code, "260401000000Z"),
            "valid",
        ),
        (
            "signer, after, but its key was known before",
            List {
                compromised_since: Some("20260101000000Z"),
                ..List::of(Lab::CodeCa).revoking(Lab::Code, "260401000000Z")
            },
            "signer_not_trusted/revoked",
        ),
        (
            "authority",
            List::of(Lab::Root).revoking(Lab::CodeCa, "260301000000Z"),
            "signer_not_trusted/revoked",
        ),
        (
            "time stamper",
            List::of(Lab::Root).revoking(Lab::TimeStamp, "260301000000Z"),
            "stamper_not_trusted/revoked",
        ),
        (
            "somebody else",
            List::of(Lab::CodeCa).revoking(Lab::OtherOrganization, "260301000000Z"),
            "valid",
        ),
        (
            "by a list that another key signed",
            List {
                signed_by: Lab::UnrelatedRoot,
                ..List::of(Lab::CodeCa).revoking(Lab::Code, "260301000000Z")
            },
            "valid",
        ),
        (
            "by a namesake of the issuer",
            List::of(Lab::NamesakeRoot).revoking(Lab::CodeCa, "260301000000Z"),
            "valid",
        ),
    ] {
        let verdict = judge(&Signature::default(), &[list]);
        assert_eq!(word(&verdict), expected, "{case}: {verdict}");
    }
}

#[test]
fn without_a_stamp_any_past_revocation_counts() {
    let later = List::of(Lab::CodeCa).revoking(Lab::Code, "261001000000Z");
    let verdict = judge(&Signature::default().unstamped(), &[later]);
    assert_eq!(word(&verdict), "signer_not_trusted/revoked");
}

#[test]
fn a_list_that_should_have_been_replaced_is_told() {
    let old = List {
        due: "260601000000Z",
        ..List::of(Lab::CodeCa)
    };
    let stamped = Signature::default().stamped(Stamp::at(SIGNED_AT));
    assert_eq!(
        warnings(&judge(&stamped, &[old])),
        ["revocation_list_outdated"]
    );
}

#[test]
fn lists_that_speak_for_a_part_only_are_refused() {
    let part = List {
        critical_extension: true,
        ..List::of(Lab::CodeCa)
    };
    assert!(anchors().with_revocation_list(&part.bytes()).is_err());
    assert!(anchors().with_revocation_list(b"hello").is_err());
    assert!(
        anchors()
            .with_revocation_list(&Lab::Code.certificate_der())
            .is_err()
    );
}
