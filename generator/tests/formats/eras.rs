//! Files as they were signed in other years: retired roots, SHA-1 with a legacy stamp of its time
//! outside and SHA-256 inside.

use std::io::Cursor;

use gangway::formats::authenticode::{DigestAlgorithm, Place, TrustAnchors, Verdict, verify};
use gangway::formats::x509::{Anchor, AnchorName, Certificate};
use gangway_fixtures::Lab;
use gangway_fixtures::authenticode::{
    SIGNED_IN_2010, SIGNED_IN_2015, Signature, sign_cab_as_link, sign_pe,
};

use crate::common::{NOW, unsigned_cabinet, unsigned_program, warnings, word};

/// Roots of the lab, each with the moment from which it is retired.
fn anchors(roots: &[(Lab, Option<i64>)]) -> TrustAnchors {
    roots
        .iter()
        .fold(TrustAnchors::none(), |anchors, &(root, retired_from)| {
            let certificate = Certificate::parse(&root.certificate_der()).expect("a certificate");
            let name = root.name().to_owned();
            anchors.with_anchor(Anchor {
                certificate,
                name: AnchorName::Microsoft { name },
                retired_from,
            })
        })
}

/// 2021-08-01 and 2018-01-31, as the roots that these stand for.
const RETIRED_2001: (Lab, Option<i64>) = (Lab::Root2001, Some(1_627_776_000));
const RETIRED_1997: (Lab, Option<i64>) = (Lab::Root1997, Some(1_517_356_800));
const NOT_RETIRED: (Lab, Option<i64>) = (Lab::Root2010, None);

fn judge(bytes: &[u8], roots: &[(Lab, Option<i64>)]) -> Verdict {
    verify(&mut Cursor::new(bytes), None, &anchors(roots), NOW)
}

/// SHA-1 under the root of 2001 and nothing inside.
fn alone() -> Signature {
    Signature {
        nested: Vec::new(),
        ..Signature::of_2015()
    }
}

fn update(signature: &Signature) -> Vec<u8> {
    sign_cab_as_link(&unsigned_cabinet(), signature)
}

#[test]
fn of_two_signatures_of_2015_both_hold_and_the_stronger_speaks() {
    for file in [
        update(&Signature::of_2015()),
        sign_pe(&unsigned_program(), &Signature::of_2015()),
    ] {
        let verdict = judge(&file, &[NOT_RETIRED, RETIRED_2001]);
        assert!(verdict.is_valid(), "{verdict}");
        let valid = verdict.valid().expect("a valid file");
        assert_eq!(valid.place, Place::Nested { entry: 0, index: 0 });
        assert_eq!(valid.signature.digest_algorithm, DigestAlgorithm::Sha256);
        let [first] = valid.others.as_slice() else {
            panic!("{:?}", valid.others);
        };
        assert_eq!(first.signature.digest_algorithm, DigestAlgorithm::Sha1);
        for signature in [&valid.signature, &first.signature] {
            let stamp = signature.signed_at.as_ref().expect("a stamp");
            assert_eq!(stamp.unix_seconds, SIGNED_IN_2015);
        }
        let told: Vec<String> = first.warnings.iter().map(ToString::to_string).collect();
        let told = told.join("; ");
        assert!(
            told.contains("was retired on 2021-08-01 00:00:00 UTC"),
            "{told}"
        );
        assert!(told.contains("the content digest is SHA-1"), "{told}");
    }
}

#[test]
fn sha1_under_a_retired_root_counts_by_its_stamp() {
    let unstamped = alone().unstamped();
    let old = Signature::of_2010();
    let root_2001 = |retired_from| vec![(Lab::Root2001, Some(retired_from))];
    let root_1997 = |retired_from| vec![(Lab::Root1997, Some(retired_from))];
    let table = [
        (
            "2015, as Windows has it",
            &alone(),
            vec![RETIRED_2001],
            "valid",
        ),
        ("2010, as Windows has it", &old, vec![RETIRED_1997], "valid"),
        (
            "retired a second later",
            &alone(),
            root_2001(SIGNED_IN_2015 + 1),
            "valid",
        ),
        (
            "retired in that second",
            &alone(),
            root_2001(SIGNED_IN_2015),
            "stamper_not_trusted/root_retired",
        ),
        (
            "retired in that second, oldest root",
            &old,
            root_1997(SIGNED_IN_2010),
            "stamper_not_trusted/root_retired",
        ),
        (
            "no stamp",
            &unstamped,
            vec![RETIRED_2001],
            "signer_not_trusted/not_valid_at",
        ),
        (
            "another root",
            &alone(),
            vec![NOT_RETIRED, RETIRED_1997],
            "signer_not_trusted/issuer_missing",
        ),
    ];
    for (name, signature, roots, expected) in table {
        let verdict = judge(&update(signature), &roots);
        assert_eq!(word(&verdict), expected, "{name}: {verdict}");
        if expected == "valid" {
            assert_eq!(
                warnings(&verdict),
                [
                    "ended_since",
                    "ended_since",
                    "ended_since",
                    "retired_root",
                    "sha1_digest"
                ],
                "{name}"
            );
        }
    }
}

#[test]
fn the_first_signature_must_be_trusted_whatever_is_inside() {
    let verdict = judge(&update(&Signature::of_2015()), &[NOT_RETIRED]);
    assert_eq!(word(&verdict), "signer_not_trusted/issuer_missing");
}

#[test]
fn a_changed_byte_of_the_content_breaks_an_update_wherever_it_stands() {
    let good = update(&Signature::of_2015());
    let roots = [NOT_RETIRED, RETIRED_2001];
    assert_eq!(word(&judge(&good, &roots)), "valid");
    let end = crate::common::u32_at(&good, 44);
    for at in 0..end {
        let mut changed = good.clone();
        changed[at] ^= 1;
        let verdict = judge(&changed, &roots);
        assert!(!verdict.is_valid(), "byte {at}: {verdict}");
    }
}
