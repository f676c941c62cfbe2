//! The blob matrix: one sample, one change, one verdict.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gangway_fixtures::Lab;
use gangway_fixtures::blob::{BlobSigning, BlobSpec, ORG_ID, Service, filetime};
use gangway_fixtures::script::ScriptSpec;

use super::*;

mod signers;

/// 2026-12-01.
const EXPIRES: i64 = 1_796_083_200;

fn anchors() -> BlobAnchors {
    BlobAnchors::built_in()
        .with_lab_root(&gangway_fixtures::lab::root_der())
        .unwrap()
}

fn read(json: &str) -> Blob {
    Blob::read(&BlobText::new(json.to_owned()), &anchors()).unwrap()
}

fn signature(json: &str) -> BlobSignature {
    match read(json) {
        Blob::Onboarding(blob) => blob.signature,
        Blob::Offboarding(blob) => blob.signature,
    }
}

#[track_caller]
fn check_fault(json: &str, expected: &BlobFault) {
    assert_eq!(
        signature(json),
        BlobSignature::Invalid {
            why: expected.clone()
        }
    );
}

fn signed_by(signer: Lab) -> BlobSpec {
    BlobSpec {
        signing: BlobSigning::by(signer),
        ..BlobSpec::default()
    }
}

#[test]
fn a_good_blob_is_valid_up_to_the_root() {
    let Blob::Onboarding(blob) = read(&BlobSpec::default().json()) else {
        panic!("read as offboarding");
    };
    assert_eq!(blob.org_id.as_str(), ORG_ID);
    assert_eq!(blob.connectivity, Connectivity::Streamlined);
    assert_eq!(blob.version.as_deref(), Some("2.11"));
    let BlobSignature::Valid { chain, anchor } = blob.signature else {
        panic!("{:?}", blob.signature);
    };
    assert!(matches!(anchor, AnchorName::Lab { .. }));
    assert_eq!(chain.len(), 3, "{chain:?}");
    assert_eq!(chain[0], "CN=m365doop-Seville.Windows.com");
}

#[test]
fn every_signature_scheme_of_the_years_is_accepted() {
    for sha1_sig in [false, true] {
        for pss in [false, true] {
            let mut spec = BlobSpec::default();
            spec.signing.sha1_sig = sha1_sig;
            spec.signing.pss = pss;
            let found = signature(&spec.json());
            assert!(
                matches!(found, BlobSignature::Valid { .. }),
                "sha1 {sha1_sig}, pss {pss}: {found:?}"
            );
        }
    }
}

#[test]
fn a_leaf_and_an_authority_that_have_ended_are_reported_and_do_not_spoil_the_blob() {
    for signer in [Lab::Blob2020, Lab::BlobOutlivesCa] {
        let Blob::Onboarding(blob) = read(&signed_by(signer).json()) else {
            panic!("read as offboarding");
        };
        assert!(
            matches!(blob.signature, BlobSignature::Valid { .. }),
            "{:?}",
            blob.signature
        );
        // 2021-08-06 and 2027-04-01; the authority's end is 2026-10-18.
        let ends = [1_628_208_000, 1_806_537_600];
        assert!(ends.contains(&blob.leaf.unwrap().not_after));
    }
}

#[test]
fn a_changed_body_is_told_from_a_foreign_signature() {
    let spec = BlobSpec::default();
    let body = spec.body();
    let changed = body.replace(ORG_ID, gangway_fixtures::blob::OTHER_ORG_ID);
    let edited = spec
        .signing
        .document_with_foreign_signature(&changed, &body);
    check_fault(&edited, &BlobFault::BodyChanged);

    // The signature of another download, made by another leaf, under this one's certificate.
    let other: serde_json::Value = serde_json::from_str(&signed_by(Lab::Blob2023).json()).unwrap();
    let mut mixed: serde_json::Value = serde_json::from_str(&spec.json()).unwrap();
    mixed["sig"] = other["sig"].clone();
    mixed["sha256sig"] = other["sha256sig"].clone();
    check_fault(&mixed.to_string(), &BlobFault::ForeignSignature);
}

#[test]
fn one_exchanged_signature_is_named() {
    let spec = BlobSpec::default();
    let other = BlobSpec::other_tenant().json();
    let other: serde_json::Value = serde_json::from_str(&other).unwrap();
    let mut mixed: serde_json::Value = serde_json::from_str(&spec.json()).unwrap();
    mixed["sha256sig"] = other["sha256sig"].clone();
    check_fault(
        &mixed.to_string(),
        &BlobFault::SignaturesDisagree {
            good: "sig",
            bad: "sha256sig",
        },
    );
}

#[test]
fn a_sha1_signature_alone_is_not_enough() {
    let mut spec = BlobSpec::default();
    spec.signing.sha1_sig = true;
    let mut document: serde_json::Value = serde_json::from_str(&spec.json()).unwrap();
    document.as_object_mut().unwrap().remove("sha256sig");
    check_fault(&document.to_string(), &BlobFault::NoSignature);
}

#[test]
fn an_offboarding_blob_tells_its_end() {
    let Blob::Offboarding(blob) = read(&BlobSpec::offboarding(EXPIRES).json()) else {
        panic!("read as onboarding");
    };
    assert_eq!(blob.expires_at, EXPIRES);
    assert_eq!(blob.org_ids, core::slice::from_ref(&blob.org_id));
    assert!(matches!(blob.signature, BlobSignature::Valid { .. }));
    assert_eq!(filetime(EXPIRES) % 10_000_000, 0);
}

#[test]
fn a_script_carries_the_same_blob_as_the_file_alone() {
    for service in [
        Service::Streamlined,
        Service::Standard,
        Service::StreamlinedGovernment,
        Service::StandardGovernment,
    ] {
        let spec = BlobSpec::for_service(service);
        for bytes in [
            ScriptSpec::of(spec.clone()).bytes(),
            spec.json().into_bytes(),
        ] {
            let found = locate(&bytes);
            assert_eq!(found.len(), 1);
            let text = found[0].text.as_ref().unwrap();
            assert_eq!(canonical(text, &anchors()).unwrap().expose(), spec.json());
        }
    }
}

/// The good blob with its outer document as `edit` leaves it.
fn edited(edit: impl Fn(&mut serde_json::Map<String, serde_json::Value>)) -> BlobText {
    let mut outer = serde_json::from_str(&BlobSpec::default().json()).unwrap();
    edit(&mut outer);
    BlobText::new(serde_json::to_string(&outer).unwrap())
}

#[test]
fn whatever_nobody_signed_does_not_reach_the_text_of_a_blob() {
    let good = BlobSpec::default().json();
    let (_, fields) = good.split_once("{\"body\"").unwrap();
    for same in [
        good.replace("\",\"", "\" ,\r\n\t \""),
        good.replacen("\"sig\"", "\"s\\u0069g\"", 1),
        good.replace('/', "\\/"),
        // Sorted by name.
        edited(|_| ()).expose().to_owned(),
        format!("{{\"sha256sigPss\":null,\"body\"{fields}"),
    ] {
        let written = canonical(&BlobText::new(same), &anchors()).unwrap();
        assert_eq!(written.expose(), good);
    }
    let root = gangway_fixtures::lab::root_der();
    let root = serde_json::Value::from(STANDARD.encode(root));
    let irregular = [
        edited(|outer| drop(outer.insert("more".to_owned(), 1.into()))),
        edited(|outer| drop(outer.remove("sig"))),
        edited(|outer| drop(outer.remove("sha256sig"))),
        edited(|outer| drop(outer.remove("cert"))),
        edited(|outer| drop(outer.remove("chain"))),
        edited(|outer| drop(outer.insert("sig".to_owned(), "".into()))),
        edited(|outer| drop(outer.insert("chain".to_owned(), serde_json::json!([])))),
        BlobText::new(format!("{{\"body\":\"x\",\"body\"{fields}")),
        BlobText::new(format!("{good}{good}")),
    ];
    for text in irregular {
        assert_eq!(canonical(&text, &anchors()), Err(Irregular::Fields));
    }
    let position = |edit: &dyn Fn(&mut Vec<serde_json::Value>)| {
        let text = edited(|outer| edit(outer["chain"].as_array_mut().unwrap()));
        match canonical(&text, &anchors()) {
            Err(Irregular::Stranger { position }) => position,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(position(&|chain| chain.push(root.clone())), 3);
    assert_eq!(position(&|chain| chain.reverse()), 1);
    let unrelated = STANDARD.encode(Lab::UnrelatedRoot.certificate_der());
    assert_eq!(position(&|chain| chain[1] = unrelated.clone().into()), 2);
}

#[test]
fn every_changed_byte_of_a_blob_is_refused() {
    let anchors = anchors();
    let good = BlobSpec::default().json();
    // Every byte with every bit takes minutes; each run takes some of both, always the same.
    let changes = (0..good.len()).step_by(7).zip((0..8).cycle());
    for (at, bit) in changes {
        let mut bytes = good.clone().into_bytes();
        bytes[at] ^= 1 << bit;
        let Ok(text) = String::from_utf8(bytes).map(BlobText::new) else {
            continue;
        };
        let valid = match Blob::read(&text, &anchors) {
            Ok(Blob::Onboarding(OnboardingBlob { signature, .. })) => {
                matches!(signature, BlobSignature::Valid { .. })
            }
            _ => false,
        };
        let accepted = valid && canonical(&text, &anchors).is_ok();
        assert!(!accepted, "bit {bit} of byte {at}");
    }
}

#[test]
fn nothing_shown_holds_the_blob() {
    let spec = BlobSpec::default();
    let shown = format!(
        "{:?} {:?}",
        read(&spec.json()),
        locate(&ScriptSpec::default().bytes())
    );
    let document: serde_json::Value = serde_json::from_str(&spec.json()).unwrap();
    for field in ["body", "sig", "cert"] {
        let secret = document[field].as_str().unwrap();
        assert!(!shown.contains(&secret[..40]), "{field}");
    }
}
