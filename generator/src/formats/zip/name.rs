//! Judges the names of archive entries as they are stored, before any library repairs them.
//!
//! Readers differ in what they make of `/a`, `C:\a`, `a/../b`, `nul.txt` or `a.`; an entry with
//! such a name has no business in a download, so it is refused instead of being repaired.

use std::collections::HashMap;

use serde::Serialize;

use crate::printable::deceives;

/// Longest name that is accepted, in bytes; Windows paths end at 260 characters.
const MAX_NAME: usize = 512;

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NameFault {
    /// No characters, or an empty part between two separators.
    Empty,
    /// Longer than any real one.
    TooLong,
    /// A part is `..` or `.`.
    Traversal,
    /// Starts with one separator.
    Absolute,
    /// Starts with two separators.
    Unc,
    /// A drive letter.
    Drive,
    /// A colon elsewhere: an alternate data stream.
    Stream,
    /// A part is a device of Windows, with or without an extension.
    Device,
    /// A part ends with a dot or a blank, which Windows drops.
    TrailingDotOrBlank,
    /// A character that Windows forbids in names.
    ForbiddenCharacter,
    /// A control character, or one that changes the writing direction and so hides the true
    /// extension.
    ControlCharacter,
    /// Not UTF-8 although it is marked so, or bytes above 7F without a mark, which each reader
    /// takes through another code page.
    Encoding,
    /// A second name in an extra field says something else.
    SecondName,
}

impl NameFault {
    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Empty => "has an empty part",
            Self::TooLong => "is longer than 512 bytes",
            Self::Traversal => "climbs out of its folder",
            Self::Absolute => "is absolute",
            Self::Unc => "names another computer",
            Self::Drive => "names a drive",
            Self::Stream => "names an alternate data stream",
            Self::Device => "names a Windows device",
            Self::TrailingDotOrBlank => "ends a part with a dot or a blank",
            Self::ForbiddenCharacter => "has a character that Windows forbids",
            Self::ControlCharacter => "has a control or direction character",
            Self::Encoding => "is in an encoding that readers disagree about",
            Self::SecondName => "has a second, different name in an extra field",
        }
    }
}

/// Device names, in lower case. The digits also exist as superscripts.
const DEVICES: [&str; 8] = [
    "con", "prn", "aux", "nul", "conin$", "conout$", "clock$", "config$",
];

/// A name as it may be shown, with `/` between its parts: nothing in it moves the cursor.
pub fn shown(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw)
        .chars()
        .map(|c| match c {
            '\\' => '/',
            c if deceives(c) => '\u{fffd}',
            c => c,
        })
        .take(MAX_NAME)
        .collect()
}

/// Every fault of a stored name. A final separator marks a folder and is no fault.
pub fn faults(raw: &[u8], marked_utf8: bool) -> Vec<NameFault> {
    let mut found = Vec::new();
    if raw.len() > MAX_NAME {
        found.push(NameFault::TooLong);
    }
    let Ok(name) = core::str::from_utf8(raw) else {
        found.push(NameFault::Encoding);
        return found;
    };
    if !marked_utf8 && !name.is_ascii() {
        found.push(NameFault::Encoding);
    }
    let is_separator = |c: char| c == '/' || c == '\\';
    let mut leading = name.chars();
    let mut start = name;
    if leading.next().is_some_and(is_separator) {
        found.push(if leading.next().is_some_and(is_separator) {
            NameFault::Unc
        } else {
            NameFault::Absolute
        });
        start = name.trim_start_matches(is_separator);
    }
    if name.chars().nth(1) == Some(':') && name.chars().next().is_some_and(char::is_alphabetic) {
        found.push(NameFault::Drive);
    } else if name.contains(':') {
        found.push(NameFault::Stream);
    }
    if name.chars().any(deceives) {
        found.push(NameFault::ControlCharacter);
    }
    if name.contains(['<', '>', '|', '?', '*', '"']) {
        found.push(NameFault::ForbiddenCharacter);
    }
    let path = start.strip_suffix(is_separator).unwrap_or(start);
    for part in path.split(is_separator) {
        part_faults(part, &mut found);
    }
    found.sort_by_key(|fault| *fault as u8);
    found.dedup();
    found
}

fn part_faults(part: &str, found: &mut Vec<NameFault>) {
    if part.is_empty() {
        found.push(NameFault::Empty);
    } else if part.trim_matches([' ', '.']).is_empty() && part.contains('.') {
        // `.`, `..`, `...` and `. .`: Windows reduces all of them.
        found.push(NameFault::Traversal);
    } else if part.ends_with(['.', ' ']) {
        found.push(NameFault::TrailingDotOrBlank);
    }
    let stem = part.split(['.', ':']).next().unwrap_or_default();
    let stem = stem.trim_end().to_lowercase();
    let numbered = ["com", "lpt"].iter().any(|device| {
        stem.strip_prefix(device).is_some_and(|digit| {
            let mut digits = digit.chars();
            let one = digits
                .next()
                .is_some_and(|c| c.is_ascii_digit() || "¹²³".contains(c));
            one && digits.next().is_none()
        })
    });
    if numbered || DEVICES.contains(&stem.as_str()) {
        found.push(NameFault::Device);
    }
}

/// Pairs of entries that are one file to some reader: equal names, or names that differ only in
/// letter case, in the kind of separator or in a final one.
pub fn collisions(names: &[&[u8]]) -> Vec<(usize, usize)> {
    let mut first: HashMap<String, usize> = HashMap::with_capacity(names.len());
    let mut found = Vec::new();
    for (index, raw) in names.iter().enumerate() {
        let folded = shown(raw).to_lowercase();
        let folded = folded.trim_end_matches('/').to_owned();
        match first.get(&folded) {
            Some(&earlier) => found.push((earlier, index)),
            None => {
                first.insert(folded, index);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let table: [(&str, &[NameFault]); 22] = [
            ("", &[Empty]),
            ("a//b", &[Empty]),
            ("../a", &[Traversal]),
            (r"a\..\..\b", &[Traversal]),
            ("a/./b", &[Traversal]),
            ("a/... /b", &[Traversal]),
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
            ("a?.txt", &[ForbiddenCharacter]),
            ("a\u{202e}txt.exe", &[ControlCharacter, Encoding]),
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
        assert_eq!(faults(&[b'a'; MAX_NAME + 1], true), [TooLong]);
    }

    #[test]
    fn a_shown_name_moves_no_cursor() {
        assert_eq!(shown(b"a\\b\x1b[2J"), "a/b\u{fffd}[2J");
    }

    #[test]
    fn names_that_are_one_file_on_windows_collide() {
        let names: [&[u8]; 5] = [b"a/B", b"A\\b", b"c", b"c", b"c/"];
        assert_eq!(collisions(&names), [(0, 1), (2, 3), (2, 4)]);
    }
}
