//! Whose blobs are believed: eras of packages, roots, and certificates that must not pass.

use gangway_fixtures::blob::Era;

use super::*;

/// A stand-in for each root that a blob may rest on, and the certificates that lead to it.
const ROOTS: [(Lab, &[Lab]); 6] = [
    (
        Lab::BlobRoot2011,
        &[Lab::SecureServerCa2011, Lab::BlobRoot2011],
    ),
    (Lab::BlobRootRsa2017, &[Lab::SecureServerCaRsa2017]),
    (Lab::BlobRootEcc2017, &[Lab::SecureServerCaEcc2017]),
    (Lab::BlobRootPublic, &[Lab::SecureServerCaPublic]),
    (Lab::BlobRootG2, &[Lab::SecureServerCaG2]),
    // Crosswise: the blob brings the certificate that the public root made for the other one.
    (
        Lab::BlobRootPublic,
        &[Lab::SecureServerCaG2, Lab::BlobRootG2Cross],
    ),
];

fn added(roots: &[Lab]) -> BlobAnchors {
    roots.iter().fold(BlobAnchors::built_in(), |anchors, root| {
        anchors.with_added(&root.certificate_der()).unwrap()
    })
}

fn judged(spec: &BlobSpec, anchors: &BlobAnchors) -> BlobSignature {
    match Blob::read(&BlobText::new(spec.json()), anchors).unwrap() {
        Blob::Onboarding(blob) => blob.signature,
        Blob::Offboarding(blob) => blob.signature,
    }
}

/// `valid`, or the fault and, in a broken chain, what broke it.
fn word(signature: &BlobSignature) -> String {
    let json = serde_json::to_value(signature).unwrap();
    if json["result"] == "valid" {
        return "valid".to_owned();
    }
    let why = &json["why"];
    let kind = why["fault"]["kind"].as_str();
    let parts = [why["reason"].as_str(), kind];
    parts.into_iter().flatten().collect::<Vec<_>>().join("/")
}

/// The same certificates and signatures around an offboarding body.
fn offboarding(era: Era) -> BlobSpec {
    let mut spec = BlobSpec {
        expires: BlobSpec::offboarding(EXPIRES).expires,
        package_guid: None,
        ..BlobSpec::of(era)
    };
    // As in the one specimen, of January 2024.
    spec.signing.pss = true;
    spec
}

#[test]
fn packages_of_every_era_are_believed_under_every_root_and_no_other() {
    for era in Era::ALL {
        for spec in [BlobSpec::of(era), offboarding(era)] {
            for (root, chain) in ROOTS {
                let spec = spec.clone().with_chain(chain);
                let found = judged(&spec, &added(&[root]));
                let BlobSignature::Valid { anchor, .. } = &found else {
                    panic!("{era:?} {root:?}: {found:?}");
                };
                let sha256 = Certificate::parse(&root.certificate_der())
                    .unwrap()
                    .sha256();
                assert!(
                    matches!(anchor, AnchorName::Added { sha256: found, .. } if *found == sha256),
                    "{anchor:?}"
                );
                let others: Vec<Lab> = ROOTS
                    .iter()
                    .map(|(other, _)| *other)
                    .filter(|other| *other != root && *other != Lab::BlobRootG2)
                    .collect();
                let found = judged(&spec, &added(&others));
                assert!(
                    word(&found).starts_with("unknown_issuer/"),
                    "{era:?} {root:?}: {found:?}"
                );
            }
        }
    }
}

#[test]
fn the_lab_root_stands_for_all_of_them() {
    for signer in [
        Lab::Blob2020,
        Lab::Blob2023,
        Lab::Blob2025,
        Lab::BlobNewest,
        Lab::BlobOutlivesCa,
        // No SAN, and the issuing authority's organisation is the lab's.
        Lab::BlobNameOnly,
        // The service's host among others.
        Lab::BlobSeveralSan,
    ] {
        let found = signature(&signed_by(signer).json());
        assert_eq!(word(&found), "valid", "{signer:?}: {found:?}");
    }
}

#[test]
fn each_cloud_has_a_signer_of_its_own() {
    use Lab::{BlobGovernmentHigh, BlobGovernmentModerate, BlobNewest};
    use Service::{Standard, StandardGovernment, Streamlined, StreamlinedGovernment};
    let signers = [BlobNewest, BlobGovernmentHigh, BlobGovernmentModerate];
    for (service, own) in [
        (Standard, BlobNewest),
        (Streamlined, BlobNewest),
        (StreamlinedGovernment, BlobGovernmentHigh),
        (StandardGovernment, BlobGovernmentModerate),
    ] {
        for signer in signers {
            let spec = BlobSpec {
                service,
                ..signed_by(signer)
            };
            let expected = if signer == own { "valid" } else { "leaf_name" };
            let found = signature(&spec.json());
            assert_eq!(word(&found), expected, "{service:?} {signer:?}");
        }
    }
    // An order to leave does not say which cloud it is for.
    for signer in signers {
        let spec = BlobSpec {
            signing: BlobSigning::by(signer),
            ..BlobSpec::offboarding(EXPIRES)
        };
        assert_eq!(word(&signature(&spec.json())), "valid", "{signer:?}");
    }
}

#[test]
fn a_root_that_was_added_speaks_only_where_no_other_does() {
    let root = gangway_fixtures::lab::root_der();
    // What the lab's root vouches for is not put down to its authority, which was added.
    let authority = Lab::SecureServerCa.certificate_der();
    let lab_first = BlobAnchors::none().with_lab_root(&root).unwrap();
    let anchors = lab_first.with_added(&authority).unwrap();
    let found = judged(&BlobSpec::default(), &anchors);
    let BlobSignature::Valid { anchor, .. } = &found else {
        panic!("{found:?}");
    };
    assert!(matches!(anchor, AnchorName::Lab { .. }), "{anchor:?}");
}

#[test]
fn an_issuing_authority_may_be_named_instead_of_its_root() {
    let spec = signed_by(Lab::UnanchoredBlob);
    assert_eq!(word(&judged(&spec, &added(&[Lab::UnanchoredCa]))), "valid");
    let without_chain = spec.with_chain(&[]);
    let found = judged(&without_chain, &added(&[Lab::UnanchoredCa]));
    assert_eq!(word(&found), "valid", "{found:?}");
    // The leaf itself was issued by somebody: by whom has to be known.
    let found = judged(&without_chain, &added(&[Lab::UnanchoredBlob]));
    assert_eq!(word(&found), "not_microsoft", "{found:?}");
}

#[test]
fn who_is_not_the_service_is_refused_each_for_its_reason() {
    let by = signed_by;
    let under_public = |signer: Lab, issuer: Lab| by(signer).with_chain(&[issuer]);
    let table: [(&str, BlobSpec, &str); 22] = [
        ("another name, no SAN", by(Lab::BlobWrongName), "leaf_name"),
        (
            "the right common name, another SAN",
            by(Lab::BlobWrongSan),
            "leaf_name",
        ),
        ("a wildcard", by(Lab::BlobWildcardSan), "leaf_name"),
        ("a SAN without hosts", by(Lab::BlobMailSan), "leaf_name"),
        ("a code signer", by(Lab::Code), "leaf_name"),
        (
            "for clients only",
            by(Lab::BlobClientOnly),
            "broken_chain/purpose_missing",
        ),
        ("a short key", by(Lab::BlobWeakKey), "broken_chain/too_weak"),
        ("SHA-1", by(Lab::BlobWeakHash), "broken_chain/too_weak"),
        (
            "a public authority's customer, own name",
            by(Lab::PublicOtherName),
            "leaf_name",
        ),
        (
            "a public authority's customer, the service's name",
            by(Lab::PublicSeville),
            "not_microsoft",
        ),
        (
            "issued by a web server of Microsoft's",
            by(Lab::BlobByNoCa),
            "broken_chain/not_an_authority",
        ),
        (
            "authority for other names",
            by(Lab::ConstrainedBlob),
            "broken_chain/name_forbidden",
        ),
        (
            "authority for this name too",
            under_public(Lab::ConstrainedBlob, Lab::ConstrainedCaWindows),
            "valid",
        ),
        (
            "an authority below one that allows none",
            by(Lab::BlobSub).with_chain(&[Lab::BlobSubCa, Lab::SecureServerCaPublic]),
            "broken_chain/path_too_long_for",
        ),
        (
            "self-made authority of the right name",
            by(Lab::SelfMadeBlob),
            "unknown_issuer/untrusted_root",
        ),
        (
            "self-made, beside the real authority",
            by(Lab::SelfMadeBlob).with_chain(&[Lab::SecureServerCaPublic]),
            "broken_chain/issuer_signature",
        ),
        (
            "everything right but the root",
            by(Lab::UnanchoredBlob),
            "unknown_issuer/untrusted_root",
        ),
        (
            "that root left out",
            by(Lab::UnanchoredBlob).with_chain(&[Lab::UnanchoredCa]),
            "unknown_issuer/issuer_missing",
        ),
        (
            "no chain at all",
            by(Lab::BlobNewest).with_chain(&[]),
            "unknown_issuer/issuer_missing",
        ),
        (
            "a chain that does not fit",
            by(Lab::BlobNewest).with_chain(&[Lab::UnrelatedRoot]),
            "broken_chain/issuer_missing",
        ),
        (
            "another organisation under another root",
            by(Lab::UnrelatedBlob),
            "not_microsoft",
        ),
        (
            "self-signed",
            by(Lab::SelfMadeBlob).with_chain(&[Lab::SelfMadeBlob]),
            "broken_chain/issuer_missing",
        ),
    ];
    let anchors = added(&[Lab::BlobRootPublic])
        .with_lab_root(&gangway_fixtures::lab::root_der())
        .unwrap();
    for (case, spec, expected) in table {
        let found = judged(&spec, &anchors);
        assert_eq!(word(&found), expected, "{case}: {found:?}");
    }
}

#[test]
fn without_the_lab_root_the_labs_packages_come_from_an_unknown_issuer() {
    let found = judged(&BlobSpec::default(), &BlobAnchors::built_in());
    let BlobSignature::Invalid {
        why: BlobFault::UnknownIssuer { certificates, .. },
    } = found
    else {
        panic!("{found:?}");
    };
    let subjects: Vec<&str> = certificates
        .iter()
        .map(|one| one.subject.as_str())
        .collect();
    assert_eq!(subjects.len(), 3);
    assert_eq!(subjects[0], "CN=m365doop-Seville.Windows.com");
    assert!(subjects[1].contains("O=Microsoft Corporation"));
    // 2026-10-18 23:05:19 UTC.
    assert_eq!(certificates[1].not_after, 1_792_364_719);
}

#[test]
fn a_lab_roots_own_organisation_counts_under_that_root_only() {
    let spec = signed_by(Lab::BlobNameOnly);
    let root = gangway_fixtures::lab::root_der();
    let as_lab = BlobAnchors::none().with_lab_root(&root).unwrap();
    let as_added = BlobAnchors::none().with_added(&root).unwrap();
    assert_eq!(word(&judged(&spec, &as_lab)), "valid");
    assert_eq!(word(&judged(&spec, &as_added)), "not_microsoft");
}

#[test]
fn one_changed_bit_anywhere_in_a_certificate_is_refused() {
    let spec = BlobSpec::default();
    let document: serde_json::Value = serde_json::from_str(&spec.json()).unwrap();
    let anchors = BlobAnchors::none()
        .with_lab_root(&gangway_fixtures::lab::root_der())
        .unwrap();
    let mut refused = 0;
    for (path, identity) in [
        ("/cert", Lab::BlobNewest),
        ("/chain/0", Lab::SecureServerCa),
    ] {
        let der = identity.certificate_der();
        for at in 0..der.len() {
            let mut changed = der.clone();
            changed[at] ^= 1 << (at % 8);
            let mut document = document.clone();
            *document.pointer_mut(path).unwrap() = base64(&changed).into();
            let text = BlobText::new(document.to_string());
            let Ok(Blob::Onboarding(blob)) = Blob::read(&text, &anchors) else {
                panic!("the document is the same");
            };
            assert!(
                matches!(blob.signature, BlobSignature::Invalid { .. }),
                "{path}: byte {at}"
            );
            refused += 1;
        }
    }
    assert!(refused > 1500, "{refused}");
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}
