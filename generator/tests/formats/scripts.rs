//! PowerShell scripts: encodings, line endings, and code in and around the signature block.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gangway::formats::authenticode::{
    FileKind, InvalidReason, Verdict, Warning, detect, unauthenticated_parts,
};
use gangway_fixtures::authenticode::{Encoding, Signature, sign_script};

use crate::common::{SCRIPT_TEXT, check_script, verdict_of_script, warnings, word};

const BEGIN: &str = "# SIG # Begin signature block\r\n";
const END: &str = "# SIG # End signature block\r\n";

fn signed() -> String {
    let bytes = sign_script(SCRIPT_TEXT, Encoding::Ansi, &Signature::default());
    String::from_utf8(bytes).expect("plain ASCII")
}

fn with_line_endings(text: &str, ending: &str) -> String {
    text.replace("\r\n", ending)
}

#[test]
fn every_encoding_is_read_as_windows_reads_it() {
    let ascii = SCRIPT_TEXT;
    let umlauts = "Write-Host 'Grüße'\r\n";
    let greek = "Write-Host 'γειά'\r\n";
    for (text, encoding, expected) in [
        (ascii, Encoding::Ansi, vec![]),
        (ascii, Encoding::Utf8, vec![]),
        (ascii, Encoding::Utf16, vec![]),
        (umlauts, Encoding::Utf8, vec![]),
        (umlauts, Encoding::Utf16, vec![]),
        (greek, Encoding::Utf8, vec![]),
        (greek, Encoding::Utf16, vec![]),
        (umlauts, Encoding::Ansi, vec!["windows-1252"]),
        (umlauts, Encoding::Utf8WithoutMark, vec!["utf-8"]),
    ] {
        let file = sign_script(text, encoding, &Signature::default());
        let verdict = verdict_of_script(&file);
        let valid = verdict
            .valid()
            .unwrap_or_else(|| panic!("{text} {encoding:?}: {verdict}"));
        let code_pages: Vec<&str> = valid
            .warnings
            .iter()
            .filter_map(|warning| match warning {
                Warning::LocaleDependent { code_page } => Some(*code_page),
                _ => None,
            })
            .collect();
        assert_eq!(code_pages, expected, "{text} {encoding:?}");
    }
}

#[test]
fn a_byte_order_mark_cannot_be_added_or_dropped() {
    let plain = sign_script(SCRIPT_TEXT, Encoding::Ansi, &Signature::default());
    check_script(
        &[b"\xef\xbb\xbf", plain.as_slice()].concat(),
        "digest_mismatch",
    );
    let marked = sign_script(SCRIPT_TEXT, Encoding::Utf8, &Signature::default());
    check_script(&marked[3..], "digest_mismatch");
    let utf16 = sign_script(SCRIPT_TEXT, Encoding::Utf16, &Signature::default());
    assert!(!verdict_of_script(&utf16[2..]).is_valid());
}

#[test]
fn text_that_its_mark_belies_is_refused() {
    let mut utf8 = sign_script(SCRIPT_TEXT, Encoding::Utf8, &Signature::default());
    utf8[5] = 0xff;
    check_script(&utf8, "script_encoding");
    let mut utf16 = sign_script(SCRIPT_TEXT, Encoding::Utf16, &Signature::default());
    utf16.push(0);
    check_script(&utf16, "script_encoding");
}

#[test]
fn text_before_the_block_is_covered() {
    check_script(
        signed().replace("'one'", "'0ne'").as_bytes(),
        "digest_mismatch",
    );
    let at_end = signed().replacen("\r\n# SIG # Begin", "x\r\n# SIG # Begin", 1);
    check_script(at_end.as_bytes(), "digest_mismatch");
    let one_more_line = signed().replacen("\r\n# SIG # Begin", "\r\n\r\n# SIG # Begin", 1);
    check_script(one_more_line.as_bytes(), "digest_mismatch");
}

#[test]
fn code_inside_the_block_is_refused() {
    let middle = |line: &str| {
        let text = signed();
        let at = text.find(BEGIN).expect("a block") + BEGIN.len() + 66 + 2;
        format!("{}{line}{}", &text[..at], &text[at..])
    };
    for line in [
        "Remove-Item C:\\\r\n",
        "# Remove-Item\r\n",
        "# \r\n",
        "\r\n",
        "#\r\n",
        "# AAAA AAAA\r\n",
        "# AAAA\rRemove-Item\r\n",
        " # AAAA\r\n",
        "<# AAAA #> Remove-Item\r\n",
    ] {
        check_script(middle(line).as_bytes(), "script_block_malformed");
    }
    let long_line = format!("# {}\r\n", "A".repeat(68));
    check_script(middle(&long_line).as_bytes(), "script_block_malformed");
}

#[test]
fn the_line_of_the_code_is_named() {
    let text = signed();
    let at = text.find(BEGIN).expect("a block") + BEGIN.len();
    let file = format!("{}Remove-Item C:\\\r\n{}", &text[..at], &text[at..]);
    let Verdict::Invalid { reason, .. } = verdict_of_script(file.as_bytes()) else {
        panic!("code in the block");
    };
    // Two lines of text, one empty, the marker.
    assert!(
        matches!(reason, InvalidReason::ScriptBlockMalformed { line: 5, .. }),
        "{reason}"
    );
}

#[test]
fn code_after_the_block_is_refused() {
    for after in [
        "Remove-Item C:\\",
        "Remove-Item C:\\\r\n",
        "\r\n\r\nRemove-Item",
        "# x\r\n",
        "\0",
    ] {
        check_script(
            format!("{}{after}", signed()).as_bytes(),
            "script_text_after_block",
        );
    }
    check_script(format!("{}\r\n  \t\r\n", signed()).as_bytes(), "valid");
}

#[test]
fn a_second_block_is_refused() {
    let text = signed();
    let block = &text[text.find(BEGIN).expect("a block")..];
    check_script(format!("{text}{block}").as_bytes(), "script_second_block");
    check_script(
        format!("{text}Remove-Item\r\n{block}").as_bytes(),
        "script_text_after_block",
    );
    let nested = text.replacen(BEGIN, &format!("{BEGIN}{BEGIN}"), 1);
    check_script(nested.as_bytes(), "script_second_block");
}

#[test]
fn markers_are_exact_and_in_order() {
    let text = signed();
    for changed in [
        text.replace("Begin signature", "begin signature"),
        text.replace("# SIG # Begin", " # SIG # Begin"),
        text.replace(BEGIN, "# SIG # Begin signature block \r\n"),
        text.replace(END, ""),
        text.replace(BEGIN, ""),
        text.replace(END, "# SIG # End signature block"),
        format!("{END}{text}"),
        text[text.find(BEGIN).expect("a block")..].to_owned(),
    ] {
        check_script(changed.as_bytes(), "script_block_malformed");
    }
    check_script(SCRIPT_TEXT.as_bytes(), "unsigned");
    check_script(b"", "unsigned");
}

#[test]
fn changed_line_endings_are_told_from_other_changes() {
    for encoding in [Encoding::Ansi, Encoding::Utf8, Encoding::Utf8WithoutMark] {
        let text = if matches!(encoding, Encoding::Ansi) {
            SCRIPT_TEXT
        } else {
            "Write-Host 'Grüße'\r\n"
        };
        let file = sign_script(text, encoding, &Signature::default());
        let file = String::from_utf8(file).expect("UTF-8");
        let unix = with_line_endings(&file, "\n");
        check_script(unix.as_bytes(), "script_line_endings_changed");
        let unix_and_changed = unix.replace("Write", "write");
        check_script(unix_and_changed.as_bytes(), "digest_mismatch");
        let old_mac = with_line_endings(&file, "\r");
        assert!(!verdict_of_script(old_mac.as_bytes()).is_valid());
    }
}

#[test]
fn line_endings_of_the_text_alone_count_too() {
    let text = signed();
    let at = text.find("\r\n# SIG").expect("a block");
    let mixed = format!("{}{}", with_line_endings(&text[..at], "\n"), &text[at..]);
    check_script(mixed.as_bytes(), "script_line_endings_changed");
}

#[test]
fn a_script_with_unix_lines_may_be_signed_so() {
    let file = sign_script(
        "Write-Host 1\nWrite-Host 2\n",
        Encoding::Ansi,
        &Signature::default(),
    );
    check_script(&file, "valid");
}

#[test]
fn the_block_itself_must_have_windows_lines() {
    let unix = sign_script(
        "Write-Host 1\nWrite-Host 2\n",
        Encoding::Ansi,
        &Signature::default(),
    );
    let text = String::from_utf8(unix).expect("ASCII");
    // Made all CR LF, the text is another one: the block's own endings are what is wrong.
    let all_unix = with_line_endings(&text, "\n");
    check_script(all_unix.as_bytes(), "script_block_malformed");
}

#[test]
fn base64_that_is_none_is_refused() {
    let text = signed();
    let at = text.find(BEGIN).expect("a block") + BEGIN.len() + 2;
    let changed = format!("{}={}", &text[..at], &text[at + 1..]);
    check_script(changed.as_bytes(), "script_block_malformed");
}

#[test]
fn a_script_of_any_size_is_not_read_into_memory() {
    let large = vec![b'#'; (4 << 20) + 1];
    check_script(&large, "script_too_large");
}

#[test]
fn a_signed_script_is_known_by_its_content() {
    for encoding in [Encoding::Ansi, Encoding::Utf8, Encoding::Utf16] {
        let file = sign_script(SCRIPT_TEXT, encoding, &Signature::default());
        let kind = detect(&mut Cursor::new(&file)).expect("readable");
        assert_eq!(kind, Some(FileKind::Script));
    }
    let kind = detect(&mut Cursor::new(SCRIPT_TEXT)).expect("readable");
    assert_eq!(kind, None);
}

#[test]
fn a_script_without_bytes_above_7f_depends_on_no_locale() {
    assert_eq!(warnings(&verdict_of_script(signed().as_bytes())), [""; 0]);
    assert_eq!(word(&verdict_of_script(signed().as_bytes())), "valid");
}

/// The block is text: bytes behind the signature inside it are covered by nothing.
#[test]
fn bytes_behind_the_signature_in_a_block_are_told() {
    let parts = |text: &str| {
        unauthenticated_parts(&mut Cursor::new(text.as_bytes()), FileKind::Script, None).unwrap()
    };
    let signed = signed();
    assert_eq!(parts(&signed), Vec::<String>::new());

    let (before, rest) = signed.split_once(BEGIN).unwrap();
    let (block, behind) = rest.split_once(END).unwrap();
    let base64: String = block
        .lines()
        .map(|line| line.trim_start_matches("# "))
        .collect();
    let mut der = STANDARD.decode(base64).unwrap();
    der.extend_from_slice(&[b'x'; 40]);
    let longer = STANDARD.encode(der);
    let longer: String = longer
        .as_bytes()
        .chunks(64)
        .map(|line| format!("# {}\r\n", String::from_utf8_lossy(line)))
        .collect();
    let hidden = format!("{before}{BEGIN}{longer}{END}{behind}");
    assert_eq!(parts(&hidden), ["40 bytes behind the signature"]);
}
