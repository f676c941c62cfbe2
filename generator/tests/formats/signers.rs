//! Whose signatures hold: chains, purposes, hashes, nested signatures.

use std::io::Cursor;

use gangway::formats::authenticode::{AnchorName, Place, TrustAnchors, Verdict, verify};
use gangway_fixtures::Lab;
use gangway_fixtures::authenticode::{
    MsiSigned, SIGNED_AT, Signature, Stamp, WHILE_ENDED_WERE_VALID, sign_pe,
};
use gangway_fixtures::rsa::Hash;

use crate::common::{
    NOW, anchors, check, one_of_each, package, program, replaced, unsigned_program, verdict,
    warnings, word,
};

#[test]
fn a_valid_verdict_names_signer_chain_root_digest_and_time() {
    for (kind, file) in one_of_each(&Signature::default()) {
        let verdict = verify(&mut Cursor::new(&file), Some(kind), &anchors(), NOW);
        let Verdict::Valid(valid) = verdict else {
            panic!("{kind}: {verdict}");
        };
        let signature = &valid.signature;
        let subjects: Vec<&str> = signature.chain.iter().map(|c| c.subject.as_str()).collect();
        assert_eq!(subjects.len(), 3, "{kind}: {subjects:?}");
        assert_eq!(subjects[0], signature.signer.subject);
        let AnchorName::Lab { name, sha256 } = &signature.anchor else {
            panic!("{kind}: {:?}", signature.anchor);
        };
        assert_eq!(
            (subjects[2], signature.chain[2].sha256.as_str()),
            (name.as_str(), sha256.as_str())
        );
        assert!(signature.signer.organization.is_some());
        assert_eq!(signature.content_digest.len(), 64);
        let time = signature.signed_at.as_ref().expect("a time stamp");
        assert_eq!(time.unix_seconds, SIGNED_AT);
    }
}

#[test]
fn a_lab_root_is_said_loudly() {
    let text: Vec<String> = verdict(&program(&Signature::default()))
        .valid()
        .expect("a valid file")
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        text.iter()
            .any(|line| line.starts_with("trusted only because of the added root")),
        "{text:?}"
    );
}

#[test]
fn without_the_lab_root_nothing_of_the_lab_is_trusted() {
    for (kind, file) in one_of_each(&Signature::default()) {
        let verdict = verify(
            &mut Cursor::new(&file),
            Some(kind),
            &TrustAnchors::microsoft(),
            NOW,
        );
        assert_eq!(
            word(&verdict),
            "signer_not_trusted/untrusted_root",
            "{kind}"
        );
    }
}

#[test]
fn a_file_signed_for_one_kind_is_no_signature_of_another() {
    // The digest would be of no use either; the kind is looked at first.
    let of_cabinet = crate::common::signed_cabinet(&Signature::default());
    let start = u32::from_le_bytes(of_cabinet[44..48].try_into().expect("four bytes"));
    let mut blob = of_cabinet[usize::try_from(start).expect("fits")..].to_vec();
    let mut file = program(&Signature::default());
    let table = crate::executables::table_offset(&file);
    let mut entry = u32::try_from(8 + blob.len())
        .expect("small")
        .to_le_bytes()
        .to_vec();
    entry.extend([0, 2, 2, 0]);
    entry.append(&mut blob);
    file.truncate(table);
    file.extend(&entry);
    crate::executables::set_table(&mut file, table, entry.len());
    check(&file, "wrong_file_kind");
}

#[test]
fn a_signer_must_be_trusted_for_code_at_the_time_of_signing() {
    let good = Signature::default();
    let early = || Stamp::at(WHILE_ENDED_WERE_VALID);
    for (case, signature, expected) in [
        ("good", good.clone(), "valid"),
        (
            "other organisation, same root",
            Signature::by(Lab::OtherOrganization),
            "valid",
        ),
        (
            "ended, stamped before",
            Signature::by(Lab::Ended).stamped(early()),
            "valid",
        ),
        (
            "ended, stamped after",
            Signature::by(Lab::Ended),
            "signer_not_trusted/not_valid_at",
        ),
        (
            "ended, not stamped",
            Signature::by(Lab::Ended).unstamped(),
            "signer_not_trusted/not_valid_at",
        ),
        (
            "not yet valid",
            Signature::by(Lab::NotYet),
            "signer_not_trusted/not_valid_at",
        ),
        (
            "lifetime signing, ended",
            Signature::by(Lab::Lifetime).stamped(early()),
            "lifetime_signing_ended",
        ),
        (
            "a web server",
            Signature::by(Lab::WrongEku),
            "signer_not_trusted/purpose_missing",
        ),
        (
            "a time stamper",
            Signature::by(Lab::TimeStamp),
            "signer_not_trusted/purpose_missing",
        ),
        (
            "may not sign",
            Signature::by(Lab::WrongKeyUsage),
            "signer_not_trusted/key_usage_forbids_signing",
        ),
        (
            "issued by a leaf",
            Signature::by(Lab::LeafAsCa),
            "signer_not_trusted/not_an_authority",
        ),
        (
            "self-signed",
            Signature::by(Lab::SelfSigned),
            "signer_not_trusted/untrusted_root",
        ),
        (
            "another root",
            Signature::by(Lab::UnrelatedCode),
            "signer_not_trusted/untrusted_root",
        ),
        (
            "a namesake of the root",
            Signature::by(Lab::NamesakeCode),
            "signer_not_trusted/issuer_signature",
        ),
        (
            "intermediate left out",
            Signature {
                certificates: Vec::new(),
                ..good.clone()
            },
            "signer_not_trusted/issuer_missing",
        ),
        (
            "root left out",
            Signature {
                certificates: vec![Lab::CodeCa],
                ..good.clone()
            },
            "valid",
        ),
        (
            "many certificates that do not matter",
            Signature {
                // A signature may have 64.
                certificates: Lab::ALL.iter().copied().take(60).collect(),
                ..good
            },
            "valid",
        ),
    ] {
        let verdict = verdict(&program(&signature));
        assert_eq!(word(&verdict), expected, "{case}: {verdict}");
    }
}

#[test]
fn a_self_signed_certificate_that_is_itself_the_root_is_good() {
    let root = Lab::SelfSigned.certificate_der();
    let anchors = anchors().with_lab_root(&root).expect("a certificate");
    let file = program(&Signature::by(Lab::SelfSigned));
    let verdict = verify(&mut Cursor::new(&file), None, &anchors, NOW);
    assert_eq!(word(&verdict), "valid", "{verdict}");
}

#[test]
fn without_a_stamp_the_signature_dies_with_its_certificate() {
    let file = program(&Signature::default().unstamped());
    let verdict_now = verdict(&file);
    assert_eq!(warnings(&verdict_now), ["not_stamped"]);
    // 2050-06-01, after the lab's end.
    let later = verify(&mut Cursor::new(&file), None, &anchors(), 2_537_740_800);
    assert_eq!(word(&later), "signer_not_trusted/not_valid_at");
}

#[test]
fn a_certificate_that_ended_since_is_told() {
    let signature = Signature::by(Lab::Ended).stamped(Stamp::at(WHILE_ENDED_WERE_VALID));
    let verdict = verdict(&program(&signature));
    assert_eq!(warnings(&verdict), ["ended_since", "ended_since"]);
}

#[test]
fn sha1_needs_a_stamp_and_always_warns() {
    for (kind, file) in one_of_each(&Signature::default().with_hash(Hash::Sha1)) {
        let verdict = verify(&mut Cursor::new(&file), Some(kind), &anchors(), NOW);
        assert_eq!(warnings(&verdict), ["sha1_digest"], "{kind}");
    }
    let unstamped = Signature::default().with_hash(Hash::Sha1).unstamped();
    check(&program(&unstamped), "sha1_not_stamped");
}

#[test]
fn longer_hashes_are_good() {
    check(
        &program(&Signature::default().with_hash(Hash::Sha384)),
        "valid",
    );
}

#[test]
fn the_strongest_of_nested_signatures_speaks_for_the_file() {
    let both = Signature::default()
        .with_hash(Hash::Sha1)
        .nesting(Signature::default());
    let verdict = verdict(&program(&both));
    let valid = verdict.valid().expect("a valid file");
    assert_eq!(valid.place, Place::Nested { entry: 0, index: 0 });
    assert_eq!(valid.signature.content_digest.len(), 64);
    assert_eq!(valid.others.len(), 1);
    assert_eq!(valid.others[0].place, Place::FIRST);
    assert_eq!(valid.first(), &valid.others[0].signature);
    assert_eq!(warnings(&verdict), [""; 0]);
}

#[test]
fn a_package_may_have_nested_signatures_too() {
    let both = Signature::default()
        .with_hash(Hash::Sha1)
        .nesting(Signature::default());
    let verdict = verdict(&package(MsiSigned::ContentOnly, &both));
    let valid = verdict.valid().expect("a valid file");
    assert_eq!(valid.place, Place::Nested { entry: 0, index: 0 });
    assert_eq!(warnings(&verdict), ["metadata_not_signed"]);
}

#[test]
fn a_nested_signature_that_is_not_trusted_is_a_warning() {
    let good_outside = Signature::default().nesting(Signature::by(Lab::UnrelatedCode));
    let verdict = verdict(&program(&good_outside));
    assert_eq!(word(&verdict), "valid", "{verdict}");
    assert_eq!(warnings(&verdict), ["other_not_trusted"]);
}

#[test]
fn a_nested_signature_does_not_speak_for_a_stranger_around_it() {
    let good_inside = Signature::by(Lab::UnrelatedCode)
        .with_hash(Hash::Sha1)
        .nesting(Signature::default());
    check(&program(&good_inside), "signer_not_trusted/untrusted_root");
}

#[test]
fn a_broken_nested_signature_breaks_the_file() {
    let both = Signature::default().nesting(Signature::default().with_hash(Hash::Sha384));
    let file = program(&both);
    // The nested signature's content digest is the only SHA-384 of the file's content.
    let digest = {
        let mut source = Cursor::new(&file);
        let algorithm = gangway::formats::authenticode::DigestAlgorithm::Sha384;
        gangway::formats::authenticode::pe_digest(&mut source, algorithm).expect("a program")
    };
    let mut other = digest.clone();
    other[0] ^= 1;
    check(
        &replaced(&file, &digest, &other),
        "other_broken/digest_mismatch",
    );
}

#[test]
fn a_nested_signature_inside_a_nested_one_is_refused() {
    let deep = Signature::default().nesting(Signature::default().nesting(Signature::default()));
    check(&program(&deep), "other_broken/too_many");
}

#[test]
fn more_nested_signatures_than_any_file_has_are_refused() {
    let mut many = Signature::default();
    for _ in 0..9 {
        many = many.nesting(Signature::default().unstamped());
    }
    check(&program(&many), "other_broken/too_many");
}

#[test]
fn signing_changes_no_digest() {
    let algorithm = gangway::formats::authenticode::DigestAlgorithm::Sha256;
    let digest = |file: &[u8]| {
        gangway::formats::authenticode::pe_digest(&mut Cursor::new(file), algorithm)
            .expect("a program")
    };
    let mut unsigned = unsigned_program();
    let signed = sign_pe(&unsigned, &Signature::default());
    assert_eq!(digest(&unsigned), digest(&signed));
    unsigned.extend(b"odd");
    let signed = sign_pe(&unsigned, &Signature::default());
    assert_eq!(
        digest(&unsigned),
        digest(&signed),
        "a length that is no multiple of 8"
    );
}

#[test]
fn every_part_of_a_signature_is_bound_to_the_others() {
    let signature = Signature::default();
    let file = program(&signature);
    let content_digest = gangway::formats::authenticode::pe_digest(
        &mut Cursor::new(&file),
        gangway::formats::authenticode::DigestAlgorithm::Sha256,
    )
    .expect("a program");
    let flipped = |wanted: &[u8], index: usize| {
        let mut other = wanted.to_vec();
        other[index] ^= 1;
        replaced(&file, wanted, &other)
    };
    // messageDigest: OID 1.2.840.113549.1.9.4, SET, OCTET STRING of 32 bytes.
    let message_digest = [
        0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04, 0x31, 0x22, 0x04, 0x20,
    ];
    let at = crate::common::position(&file, &message_digest) + message_digest.len();
    let mut other_message = file.clone();
    other_message[at] ^= 1;
    // The statement type among the signed attributes.
    let statement = [0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x15];
    for (case, changed, expected) in [
        (
            "content digest",
            flipped(&content_digest, 3),
            "digest_mismatch",
        ),
        ("message digest", other_message, "message_digest_mismatch"),
        (
            "signed attribute",
            flipped(&statement, 9),
            "signature_mismatch",
        ),
        (
            "serial number of the signer",
            {
                // Issuer and serial stand last in the SignerInfo, after the certificates.
                let serial = Lab::Code.certificate_der()[13..17].to_vec();
                let last = file
                    .windows(4)
                    .rposition(|w| w == serial)
                    .expect("the SignerInfo");
                let mut changed = file.clone();
                changed[last + 3] ^= 1;
                changed
            },
            "signer_certificate_missing",
        ),
    ] {
        let verdict = verdict(&changed);
        assert_eq!(word(&verdict), expected, "{case}: {verdict}");
    }
}
