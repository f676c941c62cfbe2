//! Revocation lists: whose they must be, and what their dates mean.

use std::io::Cursor;

use gangway::formats::authenticode::{TrustAnchors, Verdict, verify};
use gangway_fixtures::Lab;
use gangway_fixtures::authenticode::{SIGNED_AT, Signature, Stamp};
use gangway_fixtures::rsa::Hash;

use crate::common::{NOW, anchors, program, warnings, word};

/// DER of a tag and its contents.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short @ 0..=127) => out.push(short),
        Ok(long) => out.extend([0x81, long]),
        Err(_) => {
            out.push(0x82);
            out.extend(u16::try_from(length).expect("a small list").to_be_bytes());
        }
    }
    out.extend(content);
    out
}

/// The fields of a certificate's body: 1 serial, 3 issuer, 5 subject.
fn field(of: Lab, number: usize) -> Vec<u8> {
    use gangway::formats::der::Reader;
    let certificate = of.certificate_der();
    let mut body = Reader::new(&certificate).sequence().expect("DER");
    let mut fields = body.sequence().expect("DER");
    let mut found = Vec::new();
    for _ in 0..=number {
        found = fields.read().expect("DER").raw.to_vec();
    }
    found
}

struct List {
    by: Lab,
    signed_by: Lab,
    revoked: Option<(Lab, &'static str)>,
    compromised_since: Option<&'static str>,
    due: &'static str,
    critical_extension: bool,
}

impl List {
    fn of(by: Lab) -> Self {
        Self {
            by,
            signed_by: by,
            revoked: None,
            compromised_since: None,
            due: "300101000000Z",
            critical_extension: false,
        }
    }

    fn revoking(mut self, whom: Lab, at: &'static str) -> Self {
        self.revoked = Some((whom, at));
        self
    }

    fn encode(&self) -> Vec<u8> {
        let algorithm = der(
            0x30,
            &[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0]],
        );
        let mut entries = Vec::new();
        if let Some((whom, at)) = self.revoked {
            let mut extensions = Vec::new();
            if let Some(since) = self.compromised_since {
                let reason = der(0x30, &[&[6, 3, 0x55, 0x1d, 21, 4, 3, 10, 1, 1]]);
                let date = der(4, &[&der(0x18, &[since.as_bytes()])]);
                let invalidity = der(0x30, &[&[6, 3, 0x55, 0x1d, 24], &date]);
                extensions = der(0x30, &[&reason, &invalidity]);
            }
            let date = der(0x17, &[at.as_bytes()]);
            let entry = der(0x30, &[&field(whom, 1), &date, &extensions]);
            entries = der(0x30, &[&entry]);
        }
        let mut extensions = Vec::new();
        if self.critical_extension {
            // issuingDistributionPoint, empty.
            let extension = der(0x30, &[&[6, 3, 0x55, 0x1d, 28, 1, 1, 0xff, 4, 2, 0x30, 0]]);
            extensions = der(0xa0, &[&der(0x30, &[&extension])]);
        }
        let body = der(
            0x30,
            &[
                &[2, 1, 1],
                &algorithm,
                &field(self.by, 5),
                &der(0x17, &[b"260101000000Z"]),
                &der(0x17, &[self.due.as_bytes()]),
                &entries,
                &extensions,
            ],
        );
        let signature = self.signed_by.key().sign(Hash::Sha256, &body);
        der(0x30, &[&body, &algorithm, &der(3, &[&[0], &signature])])
    }
}

fn with(lists: &[List]) -> TrustAnchors {
    lists.iter().fold(anchors(), |anchors, list| {
        anchors
            .with_revocation_list(&list.encode())
            .expect("a list")
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
    assert!(anchors().with_revocation_list(&part.encode()).is_err());
    assert!(anchors().with_revocation_list(b"hello").is_err());
    assert!(
        anchors()
            .with_revocation_list(&Lab::Code.certificate_der())
            .is_err()
    );
}
