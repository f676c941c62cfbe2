//! Both policies as they are written, and what holds for whatever they are made of.

use std::collections::BTreeSet;

use gangway_contract::BundleId;
use gangway_fixtures::lab::Lab;

use super::*;
use crate::formats::digest::sha256_hex;
use crate::formats::x509::Certificate;

fn program(name: &str, publisher: Option<PublisherRule>) -> AllowedProgram {
    AllowedProgram {
        name: name.to_owned(),
        size: 912_384,
        sha1: vec![0x1a; 20],
        sha256: name.as_bytes().iter().copied().cycle().take(32).collect(),
        publisher,
    }
}

fn publisher() -> PublisherRule {
    PublisherRule {
        common_name: "Contoso & Söhne \"Code\"".to_owned(),
        authority_tbs: vec![0xab; 32],
        authority_name: "Contoso Code CA".to_owned(),
        app_locker_name: Some("O=CONTOSO & SÖHNE, L=BERLIN, C=DE".to_owned()),
    }
}

fn allowed(programs: Vec<AllowedProgram>) -> Allowed {
    Allowed {
        identity: "Contoso".to_owned(),
        bundle_id: BundleId::of_bytes(b"onboard"),
        sequence: 65_537,
        programs,
    }
}

fn texts(of: &Allowed) -> [String; 2] {
    allow_rules(of)
        .unwrap()
        .map(|file| String::from_utf8(file.bytes).unwrap())
}

#[test]
fn rules_of_bootstraps_that_are_signed() {
    let of = allowed(vec![
        program("MdeOnboard-1.exe", Some(publisher())),
        program("MdeOffboard-2.exe", Some(publisher())),
    ]);
    let [control, locker] = texts(&of);
    insta::assert_snapshot!("AppControl.xml", control);
    insta::assert_snapshot!("AppLocker.xml", locker);
    // Written as a reference it would be text where the schema has none.
    assert!(!control.contains("&#13;") && !locker.contains("&#13;"));
}

#[test]
fn rules_of_a_bootstrap_that_nobody_signed_are_digests() {
    let [control, locker] = texts(&allowed(vec![program("MdeOnboard-1.exe", None)]));
    insta::assert_snapshot!("AppControl.xml of digests", control);
    insta::assert_snapshot!("AppLocker.xml of digests", locker);
}

/// Every element of a tree.
fn elements(root: &Element) -> Vec<&Element> {
    let mut all = vec![root];
    let mut next = 0;
    while let Some(element) = all.get(next).copied() {
        all.extend(element.elements());
        next += 1;
    }
    all
}

/// The schema asks for these beginnings, a letter behind them, and for a rule behind each reference.
#[test]
fn every_reference_leads_to_a_rule_of_its_kind() {
    for publisher in [None, Some(publisher())] {
        let of = allowed(vec![program("a.exe", publisher)]);
        let [control, _] = allow_rules(&of).unwrap();
        let root = xml::read(&control.bytes).unwrap();
        let all = elements(&root);
        let given: BTreeSet<&str> = all.iter().filter_map(|one| one.get("ID")).collect();
        for element in &all {
            let beginning = match element.name.as_str() {
                "Allow" | "FileRuleRef" => "ID_ALLOW_G",
                "FileAttrib" | "FileAttribRef" => "ID_FILEATTRIB_G",
                "Signer" | "AllowedSigner" => "ID_SIGNER_G",
                "SigningScenario" => "ID_SIGNINGSCENARIO_G",
                _ => continue,
            };
            let names = ["ID", "RuleID", "SignerId"];
            let id = names.iter().find_map(|name| element.get(name)).unwrap();
            assert!(id.starts_with(beginning), "{id}");
            assert!(given.contains(id), "{id} leads nowhere");
        }
        let count = given.len();
        let ids = all.iter().filter(|one| one.get("ID").is_some()).count();
        assert_eq!(ids, count, "ids are there once");
    }
}

#[test]
fn a_later_bundle_has_the_higher_version_and_the_same_policy() {
    let value = |sequence: u64, name: &str| {
        let of = Allowed {
            sequence,
            ..allowed(vec![program("a.exe", None)])
        };
        let [control, _] = allow_rules(&of).unwrap();
        xml::read(&control.bytes).unwrap().text_of(name).unwrap()
    };
    for (sequence, version) in [
        (1, "0.0.0.1"),
        (65_536, "0.0.1.0"),
        (u64::MAX, "65535.65535.65535.65535"),
    ] {
        assert_eq!(value(sequence, "VersionEx"), version);
        assert_eq!(value(sequence, "PolicyID"), value(1, "PolicyID"));
    }
}

#[test]
fn a_publisher_is_named_by_what_was_signed_of_its_issuer() {
    let parse = |lab: Lab| Certificate::parse(&lab.certificate_der()).unwrap();
    let (leaf, authority) = (parse(Lab::Code), parse(Lab::CodeCa));
    let rule = PublisherRule::of(&Publisher {
        leaf: leaf.clone(),
        authority,
    })
    .unwrap();
    // RFC 5280, 4.1: the first of the three parts; both lengths have two bytes.
    let der = Lab::CodeCa.certificate_der();
    let signed = &der[4..];
    assert_eq!(
        (der[0], der[1], signed[0], signed[1]),
        (0x30, 0x82, 0x30, 0x82)
    );
    let length = usize::from(u16::from_be_bytes([signed[2], signed[3]])) + 4;
    assert_eq!(hex(&rule.authority_tbs), sha256_hex(&signed[..length]));
    assert_eq!(
        Some(rule.common_name.as_str()),
        leaf.subject().common_name()
    );
}
