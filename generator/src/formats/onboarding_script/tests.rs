//! Whole scripts: each variant as the portal makes it, and each with one change.

use gangway_fixtures::blob::BlobSpec;
use gangway_fixtures::script::{ScriptSpec, Tools, Variant as Made};

use super::*;
use crate::formats::blob::Direction;

/// 2026-12-01.
const EXPIRES: i64 = 1_796_083_200;

fn script(blob: BlobSpec, variant: Made, tools: Tools) -> String {
    let spec = ScriptSpec {
        variant,
        tools,
        ..ScriptSpec::of(blob)
    };
    String::from_utf8(spec.bytes()).unwrap()
}

fn group_policy() -> String {
    script(BlobSpec::default(), Made::Gpo, Tools::FullPath)
}

#[test]
fn every_variant_is_told_from_its_signs() {
    for tools in [Tools::FullPath, Tools::Bare] {
        for (blob, direction) in [
            (BlobSpec::default(), Direction::Onboarding),
            (BlobSpec::offboarding(EXPIRES), Direction::Offboarding),
        ] {
            for (made, variant) in [
                (Made::Gpo, Variant::Unattended),
                (Made::Local, Variant::Local),
            ] {
                let text = script(blob.clone(), made, tools);
                let read = read(text.as_bytes());
                let case = format!("{direction:?} {made:?} {tools:?}");
                assert!(is_portal_script(text.as_bytes()), "{case}");
                assert_eq!(read.decision.direction, Some(direction), "{case}");
                assert_eq!(
                    read.decision.variant, variant,
                    "{case}: {:?}",
                    read.decision
                );
                assert_eq!(read.findings, [], "{case}");
                assert!(read.blob.is_ok(), "{case}");
            }
        }
    }
}

#[test]
fn the_unattended_scripts_show_no_sign_of_the_local_one() {
    let read = read(group_policy().as_bytes());
    assert_eq!(read.decision.local_signs, []);
    assert_eq!(read.decision.contradictions, []);
    assert_eq!(read.endings.lf, 10);
}

#[test]
fn a_local_script_without_its_pause_is_still_local() {
    let text = script(BlobSpec::default(), Made::Local, Tools::FullPath);
    let edited = text.replace("\r\npause\r\n", "\r\n");
    assert_ne!(text, edited);
    let read = read(edited.as_bytes());
    assert_eq!(read.decision.variant, Variant::Local);
    let signs: Vec<Sign> = read.decision.local_signs.iter().map(|f| f.sign).collect();
    assert!(
        signs.contains(&Sign::ConsentLabel) && signs.contains(&Sign::Latency),
        "{signs:?}"
    );
}

#[test]
fn an_added_program_is_named_with_its_line() {
    let text = group_policy();
    for (added, program) in [
        ("curl -o x https://example.com/x\r\n", "curl"),
        (
            "net session & \\\\server\\share\\reg.exe add\r\n",
            r"\\server\share\reg.exe",
        ),
        ("if a==a (echo x) else msiexec /i x\r\n", "msiexec"),
    ] {
        let edited = text.replacen(":SUCCEEDED\r\n", &format!(":SUCCEEDED\r\n{added}"), 1);
        let line = edited[..edited.find(":SUCCEEDED").unwrap()]
            .matches('\n')
            .count()
            + 2;
        assert_eq!(
            read(edited.as_bytes()).findings,
            [Finding {
                line,
                what: FindingKind::Foreign {
                    program: Some(program.to_owned())
                }
            }]
        );
    }
}

#[test]
fn a_line_that_cannot_be_told_is_a_finding_of_its_own_kind() {
    let text = group_policy().replacen(":SUCCEEDED\r\n", ":SUCCEEDED\r\n%other% x\r\n", 1);
    let findings = read(text.as_bytes()).findings;
    assert!(
        matches!(
            findings.as_slice(),
            [Finding {
                what: FindingKind::Unclear { .. },
                ..
            }]
        ),
        "{findings:?}"
    );
}

#[test]
fn pieces_of_a_wrapped_blob_are_never_shown() {
    let text = group_policy();
    let at = text.find("sha256sig").unwrap() + 40;
    let wrapped = format!("{}\r\n{}", &text[..at], &text[at..]);
    let read = read(wrapped.as_bytes());
    assert!(matches!(read.blob, Err(ExtractError::Wrapped { .. })));
    for finding in &read.findings {
        if let FindingKind::Foreign { program } = &finding.what {
            assert_eq!(*program, None);
        }
    }
}

#[test]
fn a_byte_order_mark_is_noticed() {
    let read = read(format!("\u{feff}{}", group_policy()).as_bytes());
    assert!(read.byte_order_mark);
    assert!(read.blob.is_ok());
}

#[test]
fn hostile_text_is_read_in_bounded_work() {
    let endless = "(".repeat(MAX_BYTES);
    assert_eq!(read(endless.as_bytes()).findings, []);
    let lines = "x\n".repeat(MAX_LINES * 2);
    assert_eq!(read(lines.as_bytes()).findings.len(), MAX_FINDINGS);
    let quotes = "if \"".repeat(1000);
    read(quotes.as_bytes());
}
