//! What is wrong with a name.

use serde::Serialize;

use super::is_separator;
use crate::printable::deceives;

/// Longest name that is accepted, in UTF-16 units: a path of Windows has at most `MAX_PATH` (260)
/// with drive, colon, backslash and the ending zero (Microsoft, "Maximum Path Length
/// Limitation"), so nothing longer can be unpacked even at the root of a drive.
pub(super) const MAX_NAME: usize = 256;

/// Longest part of a name, in UTF-16 units (same page: the component length that
/// `GetVolumeInformation` gives, 255 for NTFS).
const MAX_PART: usize = 255;

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NameFault {
    /// No characters, or an empty part between two separators.
    Empty,
    /// Longer than Windows takes.
    TooLong,
    /// A part is `..`, or `.` behind another part.
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
    /// Ends in zero bytes, which some writers keep of a buffer of fixed length.
    EndsInZero,
    /// A character that Windows forbids in names.
    ForbiddenCharacter,
    /// A control character, or one that changes the writing direction and so hides the true
    /// extension.
    ControlCharacter,
    /// Not UTF-8 although it is marked so.
    Encoding,
    /// The Unicode name in the extra field differs where both are ASCII.
    SecondName,
}

impl NameFault {
    /// Is it only odd? Windows cannot hold such a name, or holds it as another one, but no reader is
    /// led out of its folder by it or shown what it is not: other systems write such names in good
    /// faith (`aux.c`, `12:30?.png`). The entry is left out, and the others of its archive count.
    pub fn is_odd(self) -> bool {
        match self {
            Self::Empty
            | Self::TooLong
            | Self::Device
            | Self::TrailingDotOrBlank
            | Self::EndsInZero
            | Self::ForbiddenCharacter
            | Self::Encoding => true,
            Self::Traversal
            | Self::Absolute
            | Self::Unc
            | Self::Drive
            | Self::Stream
            | Self::ControlCharacter
            | Self::SecondName => false,
        }
    }

    /// In words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Empty => "has an empty part",
            Self::TooLong => {
                "is longer than Windows takes: 256 characters behind the drive, 255 in one part"
            }
            Self::Traversal => "climbs out of its folder",
            Self::Absolute => "is absolute",
            Self::Unc => "names another computer",
            Self::Drive => "names a drive",
            Self::Stream => "names an alternate data stream",
            Self::Device => "names a Windows device",
            Self::TrailingDotOrBlank => "ends a part with a dot or a blank",
            Self::EndsInZero => "ends in a zero byte",
            Self::ForbiddenCharacter => "has a character that Windows forbids",
            Self::ControlCharacter => "has a control or direction character",
            Self::Encoding => "is marked as UTF-8 and is not",
            Self::SecondName => "has a second, different name in an extra field",
        }
    }
}

/// Device names, in lower case. The digits also exist as superscripts.
const DEVICES: [&str; 8] = [
    "con", "prn", "aux", "nul", "conin$", "conout$", "clock$", "config$",
];

/// Every fault of a name without its leading `./`. A final separator marks a folder and is no
/// fault.
pub fn of_text(stored: &str) -> Vec<NameFault> {
    let mut found = Vec::new();
    let name = stored.trim_end_matches('\0');
    if name.len() < stored.len() {
        found.push(NameFault::EndsInZero);
    }
    if name.encode_utf16().count() > MAX_NAME {
        found.push(NameFault::TooLong);
    }
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
    // Finder stores the picture of a folder as a file `Icon` and a carriage return.
    if name
        .split(is_separator)
        .any(|part| part != "Icon\r" && part.chars().any(deceives))
    {
        found.push(NameFault::ControlCharacter);
    }
    if name.contains(['<', '>', '|', '?', '*', '"']) {
        found.push(NameFault::ForbiddenCharacter);
    }
    let path = start.strip_suffix(is_separator).unwrap_or(start);
    for part in path.split(is_separator) {
        part_faults(part, &mut found);
    }
    sorted(found)
}

fn part_faults(part: &str, found: &mut Vec<NameFault>) {
    if part.encode_utf16().count() > MAX_PART {
        found.push(NameFault::TooLong);
    }
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

pub(super) fn sorted(mut faults: Vec<NameFault>) -> Vec<NameFault> {
    faults.sort_by_key(|fault| *fault as u8);
    faults.dedup();
    faults
}
