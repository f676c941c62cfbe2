//! Names as archivers write them, and as attackers do.

use super::*;

fn faults(raw: &[u8], marked_utf8: bool) -> Vec<NameFault> {
    EntryName::read(raw, marked_utf8, None).faults
}

#[test]
fn names_of_real_packages_have_no_fault() {
    for name in [
        "WindowsDefenderATPOnboardingScript.cmd",
        "OptionalParamsPolicy/AtpConfiguration.admx",
        r"OptionalParamsPolicy\AtpConfiguration.adml",
        "mdefordownlevelserver-main/",
        "console.txt",
        "common/lpt10.txt",
        "Install (1).ps1",
    ] {
        assert_eq!(faults(name.as_bytes(), false), [], "{name}");
    }
}

#[test]
fn every_fault_has_a_name() {
    use NameFault::*;
    let table: [(&str, &[NameFault]); 27] = [
        ("", &[Empty]),
        ("a//b", &[Empty]),
        ("../a", &[Traversal]),
        ("./../a", &[Traversal]),
        (r"a\..\..\b", &[Traversal]),
        ("a/./b", &[Traversal]),
        ("a/... /b", &[Traversal]),
        (".//a", &[Traversal, Empty]),
        ("/abs.txt", &[Absolute]),
        (r"\abs.txt", &[Absolute]),
        (r"\\server\share\f", &[Unc]),
        ("//server/share/f", &[Unc]),
        (r"C:\x.txt", &[Drive]),
        ("c:x.txt", &[Drive]),
        ("x.txt:stream", &[Stream]),
        ("nul.txt", &[Device]),
        ("a/AUX", &[Device]),
        ("COM1 .ps1", &[Device]),
        ("lpt²", &[Device]),
        ("a.", &[TrailingDotOrBlank]),
        ("a /b", &[TrailingDotOrBlank]),
        ("a.cmd\0", &[EndsInZero]),
        ("a.cmd\0\0", &[EndsInZero]),
        ("a\0.cmd", &[ControlCharacter]),
        ("a?.txt", &[ForbiddenCharacter]),
        ("a\u{202e}txt.exe", &[ControlCharacter]),
        ("a\nb", &[ControlCharacter]),
    ];
    for (name, expected) in table {
        let found = faults(name.as_bytes(), false);
        for fault in expected {
            assert!(found.contains(fault), "{name:?}: {found:?}");
        }
        assert!(!found.is_empty(), "{name:?}");
    }
    assert_eq!(faults("lpt²".as_bytes(), true), [Device]);
    assert_eq!(faults(b"\xff", true), [Encoding]);
}

#[test]
fn names_are_as_long_as_windows_takes() {
    let parts = |count: usize| vec!["a".repeat(15); count].join("/");
    let table = [
        (parts(16) + "b", 256, false),
        (parts(16) + "bc", 257, true),
        ("a".repeat(255), 255, false),
        ("a".repeat(256), 256, true),
        // Characters count, not bytes; those beyond U+FFFF count twice.
        ("ä".repeat(255), 255, false),
        ("\u{1f5c4}".repeat(128), 256, true),
    ];
    for (name, length, refused) in table {
        assert_eq!(name.encode_utf16().count(), length);
        let expected: &[NameFault] = if refused { &[NameFault::TooLong] } else { &[] };
        assert_eq!(faults(name.as_bytes(), true), expected, "{name}");
    }
}

#[test]
fn a_shown_name_moves_no_cursor() {
    let name = EntryName::read(b"a\\b\x1b[2J", true, None);
    assert_eq!(name.shown, "a/b\u{fffd}[2J");
}

#[test]
fn what_archivers_write_is_read() {
    use Characters::*;
    // `手順` in code page 932, with `\` and `|` as second bytes in the rows after it.
    let table: [(&[u8], &str, Characters, bool); 11] = [
        (b"./", "", Known, true),
        (b"./a.cmd", "a.cmd", Known, false),
        (b".\\a.cmd", "a.cmd", Known, false),
        (b"././a/", "a/", Known, true),
        ("日本/a.cmd".as_bytes(), "日本/a.cmd", Unmarked, false),
        (
            b"\x8e\xe8\x8f\x87.txt",
            "<8e><e8><8f><87>.txt",
            CodePage,
            false,
        ),
        (b"\x95\x5c", "<95><5c>", CodePage, false),
        (b"\x83\x5c/a.cmd", "<83><5c>/a.cmd", CodePage, false),
        (b"\x83\x7c\x8a/", "<83><7c><8a>/", CodePage, true),
        (b"./M\x81nchen/a.cmd", "M<81>nchen/a.cmd", CodePage, false),
        (b"Icon\r", "Icon\u{fffd}", Known, false),
    ];
    for (raw, shown, characters, is_folder) in table {
        let name = EntryName::read(raw, false, None);
        assert_eq!(name.faults, [], "{shown}");
        assert_eq!(
            (name.shown.as_str(), name.characters, name.is_folder),
            (shown, characters, is_folder)
        );
    }
}

#[test]
fn a_code_page_hides_no_attack() {
    use NameFault::*;
    let table: [(&[u8], NameFault); 6] = [
        (b"../\x93\xfa.cmd", Traversal),
        (b"\x93\xfa/..\\a", Traversal),
        (b"/\x93\xfa", Absolute),
        (b"C:\\\x93\xfa", Drive),
        (b"\x93\xfa/nul", Device),
        (b"\x93\xfa\x1b[2J", ControlCharacter),
    ];
    for (raw, fault) in table {
        let name = EntryName::read(raw, false, None);
        assert!(name.faults.contains(&fault), "{name:?}");
    }
}

#[test]
fn a_unicode_name_counts_when_it_says_the_same() {
    let unicode = "手順.txt";
    for raw in [b"\x8e\xe8\x8f\x87.txt".as_slice(), b"??.txt", b"__.txt"] {
        let name = EntryName::read(raw, false, Some(unicode.as_bytes()));
        assert_eq!((name.shown.as_str(), name.faults), (unicode, vec![]));
        assert_eq!(name.characters, Characters::Known);
    }
    use NameFault::*;
    let table: [(&[u8], &str, &[NameFault]); 5] = [
        (b"good.txt", "evil.cmd", &[SecondName]),
        (b"good.txt", "evil.cm\u{e4}", &[SecondName]),
        (b"a\xe4.txt", "../\u{e4}.txt", &[Traversal, SecondName]),
        (b"../\xe4.txt", "\u{e4}.txt", &[Traversal]),
        (b"a.txt", "a.txt", &[]),
    ];
    for (raw, unicode, expected) in table {
        let name = EntryName::read(raw, false, Some(unicode.as_bytes()));
        assert_eq!(name.faults, expected, "{unicode}");
    }
}

#[test]
fn entries_that_cannot_both_be_unpacked_collide() {
    let pairs = |raw: &[&[u8]]| {
        let names: Vec<EntryName> = raw
            .iter()
            .map(|raw| EntryName::read(raw, false, None))
            .collect();
        collisions(&names)
    };
    type Case<'a> = (&'a [&'a [u8]], &'a [(usize, usize)]);
    let table: [Case<'_>; 11] = [
        (
            &[b"a/B", b"A\\b", b"c", b"c", b"c/"],
            &[(0, 1), (2, 3), (2, 4)],
        ),
        (&[b"a", b"a/b"], &[(0, 1)]),
        (&[b"a/b/c.cmd", b"A"], &[(1, 0)]),
        (&[b"./a", b"a"], &[(0, 1)]),
        (&[b"a/", b"a/b", b"ab"], &[]),
        (&[b"./", b"./a"], &[]),
        (&[b"a/", b"A\\", b"a/b", b"./"], &[]),
        (&[b"a/", b"a/", b"a"], &[(0, 2)]),
        (&[b"a", b"a.", b"a\0", b"a "], &[(0, 1), (0, 2), (0, 3)]),
        (&[b"a/b", b"a. //b"], &[(0, 1)]),
        // Two characters of code page 932, not one in two cases.
        (&[b"\x83\x61", b"\x83\x41"], &[]),
    ];
    for (names, expected) in table {
        assert_eq!(pairs(names), expected, "{names:?}");
    }
}
