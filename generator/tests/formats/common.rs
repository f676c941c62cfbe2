//! Files to judge, and verdicts in one word.

use std::io::Cursor;

use gangway::formats::authenticode::{FileKind, TrustAnchors, Valid, Verdict, verify};
use gangway_fixtures::agent::AgentSpec;
use gangway_fixtures::authenticode::{
    Encoding, MsiSigned, Signature, sign_cab, sign_pe, sign_script,
};
use gangway_fixtures::pe::Version;
use gangway_fixtures::{cabinet, lab, pe};

/// The time of judgement: 2026-11-01 00:00:00 UTC, after every signature of the fixtures.
pub(crate) const NOW: i64 = 1_793_491_200;

/// Microsoft's roots and the lab's.
pub(crate) fn anchors() -> TrustAnchors {
    TrustAnchors::microsoft()
        .with_lab_root(&lab::root_der())
        .expect("the lab's root")
}

pub(crate) fn verdict(bytes: &[u8]) -> Verdict {
    verify(&mut Cursor::new(bytes), None, &anchors(), NOW)
}

pub(crate) fn verdict_of_script(bytes: &[u8]) -> Verdict {
    let kind = Some(FileKind::Script);
    verify(&mut Cursor::new(bytes), kind, &anchors(), NOW)
}

/// `valid`, `unsigned`, `not checked`, or the name of the reason, with the fault of the chain
/// or of the other signature behind it: `signer_not_trusted/not_valid_at`.
pub(crate) fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Valid(_) => "valid".to_owned(),
        Verdict::Unsigned => "unsigned".to_owned(),
        Verdict::NotChecked { .. } => "not checked".to_owned(),
        Verdict::Invalid { reason, .. } => {
            let reason = serde_json::to_value(reason).expect("plain data");
            let kind = |value: &serde_json::Value| value["kind"].as_str().map(str::to_owned);
            let inner = kind(&reason["fault"]).or_else(|| kind(&reason["reason"]));
            let outer = kind(&reason).expect("every reason has a name");
            inner.map_or(outer.clone(), |inner| format!("{outer}/{inner}"))
        }
    }
}

/// The names of the warnings, sorted, without the one that every file has.
pub(crate) fn warnings(verdict: &Verdict) -> Vec<String> {
    let valid: &Valid = verdict.valid().expect("a valid file");
    let mut names: Vec<String> = valid
        .warnings
        .iter()
        .map(|warning| {
            let value = serde_json::to_value(warning).expect("plain data");
            value["warning"].as_str().expect("a name").to_owned()
        })
        .filter(|name| name != "lab_root" && name != "revocation_not_checked")
        .collect();
    names.sort();
    names
}

#[track_caller]
pub(crate) fn check(bytes: &[u8], expected: &str) {
    let verdict = verdict(bytes);
    assert_eq!(word(&verdict), expected, "{verdict}");
}

#[track_caller]
pub(crate) fn check_script(bytes: &[u8], expected: &str) {
    let verdict = verdict_of_script(bytes);
    assert_eq!(word(&verdict), expected, "{verdict}");
}

/// An unsigned program of a few kilobytes.
pub(crate) fn unsigned_program() -> Vec<u8> {
    let version = Version::new("Sample.exe", "Sample", [1, 2, 3, 4]);
    pe::program(&version, 0)
}

pub(crate) fn program(signature: &Signature) -> Vec<u8> {
    sign_pe(&unsigned_program(), signature)
}

pub(crate) fn unsigned_cabinet() -> Vec<u8> {
    cabinet::bytes(
        &[("first.txt", &[7; 40_000]), ("second.txt", b"second")],
        false,
    )
}

pub(crate) fn signed_cabinet(signature: &Signature) -> Vec<u8> {
    sign_cab(&unsigned_cabinet(), signature)
}

pub(crate) fn package(signed: MsiSigned, signature: &Signature) -> Vec<u8> {
    let spec = AgentSpec {
        signing: Some((signed, signature.clone())),
        ..AgentSpec::default()
    };
    spec.bytes()
}

pub(crate) const SCRIPT_TEXT: &str = "Write-Host 'one'\r\nWrite-Host 'two'\r\n";

pub(crate) fn script(signature: &Signature) -> Vec<u8> {
    sign_script(SCRIPT_TEXT, Encoding::Ansi, signature)
}

/// One file of each kind, with the same signature.
pub(crate) fn one_of_each(signature: &Signature) -> [(FileKind, Vec<u8>); 4] {
    [
        (FileKind::Pe, program(signature)),
        (
            FileKind::Msi,
            package(MsiSigned::ContentAndMetadata, signature),
        ),
        (FileKind::Cabinet, signed_cabinet(signature)),
        (FileKind::Script, script(signature)),
    ]
}

/// Replaces the one place where `from` stands; both have the same length.
#[track_caller]
pub(crate) fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len(), "offsets must not move");
    let at = position(bytes, from);
    let mut changed = bytes.to_vec();
    changed[at..at + to.len()].copy_from_slice(to);
    changed
}

#[track_caller]
pub(crate) fn position(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
        .expect("the bytes stand somewhere")
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> usize {
    let four: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
    usize::try_from(u32::from_le_bytes(four)).expect("32 bits fit")
}

pub(crate) fn set_u32(bytes: &mut [u8], at: usize, value: usize) {
    let value = u32::try_from(value).expect("32 bits fit");
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}
