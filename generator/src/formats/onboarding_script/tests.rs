//! The samples, and what becomes of them under an editor.

use gangway_fixtures::blob::ORG_ID;
use gangway_fixtures::corpus;
use gangway_fixtures::script::ScriptSpec;

use super::*;
use crate::formats::blob::locate;

fn look(text: &[u8]) -> ScriptText {
    let blobs: Vec<_> = locate(text).into_iter().map(|one| one.range).collect();
    read(text, &blobs, ORG_ID)
}

fn edited(from: &str, to: &str) -> ScriptText {
    let text = String::from_utf8(ScriptSpec::default().bytes()).unwrap();
    assert!(text.contains(from), "{from}");
    look(text.replacen(from, to, 1).as_bytes())
}

#[test]
fn every_sample_is_known_whatever_its_blob_and_line_ends() {
    for (name, bytes) in corpus::known_scripts() {
        let text = look(&bytes);
        let expected = Shape::Known {
            name: text_name(&name),
        };
        assert_eq!(text.shape, expected, "{name}");
        let local = name.contains("local");
        assert_eq!(text.variant == Variant::Local, local, "{name}");
        assert_eq!((text.tail, text.has_exit), (Tail::None, true), "{name}");
        let unix = String::from_utf8(bytes).unwrap().replace("\r\n", "\n");
        assert_eq!(look(unix.as_bytes()).shape, expected, "{name}");
    }
}

/// The name as the table has it.
fn text_name(name: &str) -> &'static str {
    let table = include_str!("known_scripts.txt");
    let mut rows = table.lines().filter(|row| row.starts_with("script "));
    let row = rows.find(|row| row.ends_with(&format!(" {name}")));
    row.and_then(|row| row.splitn(3, ' ').nth(2)).unwrap()
}

#[test]
fn lines_of_no_known_script_are_told_with_their_numbers() {
    let text = edited(
        "@echo off\r\n",
        "@echo off\r\n  if errorlevel=0 cmd.exe /c mkdir C:\\x\r\n",
    );
    assert_eq!(
        text.shape,
        Shape::Unknown {
            lines: vec![UnknownLine {
                line: 2,
                text: "if errorlevel=0 cmd.exe /c mkdir C:\\x".to_owned()
            }],
            count: 1
        }
    );
}

#[test]
fn known_lines_in_another_number_are_no_known_script() {
    let nothing_new = Shape::Unknown {
        lines: Vec::new(),
        count: 0,
    };
    assert_eq!(edited("set errorCode=0\r\n", "").shape, nothing_new);
}

#[test]
fn a_line_is_told_without_what_could_be_a_piece_of_a_blob() {
    let piece = "QUJD".repeat(30);
    let text = edited(
        "@echo off\r\n",
        &format!("@echo off\r\nset a={piece} b\r\n"),
    );
    let Shape::Unknown { lines, .. } = text.shape else {
        panic!("{:?}", text.shape);
    };
    // The equals sign and the name before it are of the run.
    assert_eq!(lines[0].text, format!("set a={}… b", &piece[..MAX_RUN - 2]));
    let long = "word ".repeat(100);
    let text = edited("@echo off\r\n", &format!("@echo off\r\n{long}\r\n"));
    let Shape::Unknown { lines, .. } = text.shape else {
        panic!("{:?}", text.shape);
    };
    assert_eq!(lines[0].text.chars().count(), MAX_SHOWN + 1);
}

#[test]
fn a_script_without_its_end_is_named() {
    assert!(!edited("EXIT /B %errorCode%\r\n", "").has_exit);
}

#[test]
fn strange_ends_are_named_and_do_not_change_the_shape() {
    let good = ScriptSpec::default().bytes();
    for (tail, expected) in [
        (&b"\x1A"[..], Tail::EndOfFileMark),
        (&[0; 512], Tail::ZeroBytes),
    ] {
        let text = look(&[&good, tail].concat());
        assert_eq!(text.tail, expected);
        assert!(matches!(text.shape, Shape::Known { .. }));
    }
}

#[test]
fn a_text_of_another_kind_is_none_of_the_portals() {
    let text = look(br#"{"body": 1} beside something"#);
    assert_eq!(text.variant, Variant::Other);
}
