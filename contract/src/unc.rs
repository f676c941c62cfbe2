//! UNC paths that servers are told: where payloads lie, where reports go.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::payload_name;

/// `\\server\share` or a folder below it, its server by full DNS name: short names fall back to NTLM,
/// and some policies forbid that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UncPath(String);

/// Longest name of a share (MS-FSCC 2.1.6).
const LONGEST_SHARE: usize = 80;
/// What no name of a share holds, besides what no name of a folder holds (MS-FSCC 2.1.6).
const NOT_IN_A_SHARE: &[char] = &['[', ']', '+', '=', ';', ','];
/// Longest name of a folder ("Naming Files, Paths, and Namespaces").
const LONGEST_FOLDER: usize = 255;

/// Why a text is no [`UncPath`]; each holds the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidUncPath {
    /// It does not begin with two backslashes.
    NoUncPath(String),
    /// A short name, an address, or what no server can be called.
    Server(String),
    /// No share, or a part that Windows would read as another one.
    Part(String),
    /// A name of a share, or of a folder, with more characters than Windows takes.
    Long(String),
    /// A sign in the name of a share that no such name has; the text and the sign.
    Sign(String, char),
    /// The name of a share that stands for something else on every server.
    Reserved(String),
    /// A share that only administrators of the file server reach.
    Administrative(String),
}

impl UncPath {
    /// The path as it was written, with backslashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// DNS name of the file server.
    pub fn server(&self) -> &str {
        self.parts().next().unwrap_or_default()
    }

    /// Name of the share, as [`server`](Self::server) knows it.
    pub fn share(&self) -> &str {
        self.parts().nth(1).unwrap_or_default()
    }

    /// The folders below the share, outermost first; none when the share itself is meant.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        self.parts().skip(2)
    }

    /// Whether one is the other or lies in it; Windows asks for no letter case.
    pub fn overlaps(&self, other: &Self) -> bool {
        let mut both = self.parts().zip(other.parts());
        both.all(|(one, other)| one.to_lowercase() == other.to_lowercase())
    }

    fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.trim_start_matches('\\').split('\\')
    }
}

impl FromStr for UncPath {
    type Err = InvalidUncPath;

    fn from_str(text: &str) -> Result<Self, InvalidUncPath> {
        let Some(rest) = text.strip_prefix(r"\\") else {
            return Err(InvalidUncPath::NoUncPath(text.to_owned()));
        };
        let Some((server, below)) = rest.split_once('\\') else {
            return Err(if is_dns_name(rest) {
                InvalidUncPath::Part(text.to_owned())
            } else {
                InvalidUncPath::Server(text.to_owned())
            });
        };
        if !is_dns_name(server) {
            return Err(InvalidUncPath::Server(text.to_owned()));
        }
        if !below.split('\\').all(is_folder_name) {
            return Err(InvalidUncPath::Part(text.to_owned()));
        }
        let mut folders = below.split('\\');
        let share = folders.next().unwrap_or_default();
        if let Some(sign) = share.chars().find(|sign| NOT_IN_A_SHARE.contains(sign)) {
            return Err(InvalidUncPath::Sign(text.to_owned(), sign));
        }
        if is_administrative(share) {
            return Err(InvalidUncPath::Administrative(text.to_owned()));
        }
        if ["pipe", "mailslot"]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(share))
        {
            return Err(InvalidUncPath::Reserved(text.to_owned()));
        }
        let is_long = |name: &str, longest: usize| name.encode_utf16().count() > longest;
        if is_long(share, LONGEST_SHARE) || folders.any(|name| is_long(name, LONGEST_FOLDER)) {
            return Err(InvalidUncPath::Long(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for UncPath {
    type Error = InvalidUncPath;

    fn try_from(text: String) -> Result<Self, InvalidUncPath> {
        text.parse()
    }
}

impl From<UncPath> for String {
    fn from(path: UncPath) -> Self {
        path.0
    }
}

impl fmt::Display for UncPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidUncPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUncPath(text) => write!(f, "`{text}` is no UNC path"),
            Self::Server(text) => {
                write!(f, "`{text}` does not name its server by full DNS name")
            }
            Self::Part(text) => write!(
                f,
                "`{text}` has an empty or forbidden part, or one that ends with a dot or a blank"
            ),
            Self::Long(text) => write!(
                f,
                "`{text}` has a share with more than {LONGEST_SHARE} characters, or a folder with more \
                 than {LONGEST_FOLDER}"
            ),
            Self::Sign(text, sign) => write!(
                f,
                "`{text}` has `{sign}` in the name of its share, which no server takes there"
            ),
            Self::Reserved(text) => write!(
                f,
                "`{text}` names its share `pipe` or `mailslot`, which stand for something else on \
                 every server"
            ),
            Self::Administrative(text) => write!(
                f,
                "`{text}` is on a share that only administrators of the file server reach"
            ),
        }
    }
}

impl core::error::Error for InvalidUncPath {}

/// One part behind the server, as Windows keeps it: it drops dots and blanks at the end, so that
/// another folder would be meant than the one written.
fn is_folder_name(part: &str) -> bool {
    !part.is_empty()
        && !part.ends_with(['.', ' '])
        && !part.contains(['/', ':', '*', '?', '"', '<', '>', '|', '%'])
        && !part.chars().any(char::is_control)
        && !payload_name::is_device(part)
}

/// The shares that Windows makes by itself, of type `STYPE_SPECIAL`: `C$` and its like for each drive,
/// `ADMIN$`, `IPC$`, and `PRINT$`, which holds drivers.
fn is_administrative(share: &str) -> bool {
    let is_drive = matches!(share.as_bytes(), [letter, b'$'] if letter.is_ascii_alphabetic());
    let mut named = ["admin$", "ipc$", "print$"].iter();
    is_drive || named.any(|name| name.eq_ignore_ascii_case(share))
}

/// Two labels at least, letters, digits and inner hyphens (RFC 1123), and no address.
fn is_dns_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(is_plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    name.len() <= 253
        && name.contains('.')
        && name.split('.').all(is_label)
        && !name.split('.').all(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_share_and_folders_are_told_apart() {
        for (text, share, folders) in [
            (r"\\files.contoso.com\gangway$", "gangway$", &[][..]),
            (
                r"\\files.contoso.com\soft ware\mde\prod",
                "soft ware",
                &["mde", "prod"],
            ),
            (r"\\files.contoso.com\a&b\c;d", "a&b", &["c;d"]),
        ] {
            let path: UncPath = text.parse().unwrap();
            assert_eq!((path.as_str(), path.server()), (text, "files.contoso.com"));
            assert_eq!(path.share(), share);
            assert_eq!(path.folders().collect::<Vec<_>>(), folders);
        }
    }

    #[test]
    fn what_windows_would_read_otherwise_is_refused() {
        for (text, fault) in [
            (r"C:\x", "no UNC path"),
            ("//files.contoso.com/x", "no UNC path"),
            (r"\\files\x", "full DNS name"),
            (r"\\10.0.0.1\x", "full DNS name"),
            (r"\\fi;les.contoso.com\x", "full DNS name"),
            (r"\\\x", "full DNS name"),
            (r"\\files.contoso.com", "empty or forbidden"),
            (r"\\files.contoso.com\", "empty or forbidden"),
            (r"\\files.contoso.com\x\", "empty or forbidden"),
            (r"\\files.contoso.com\x\..\y", "empty or forbidden"),
            (r"\\files.contoso.com\x.", "ends with a dot"),
            (r"\\files.contoso.com\x/y", "empty or forbidden"),
            (r"\\files.contoso.com\%TEMP%", "empty or forbidden"),
            (r"\\files.contoso.com\con", "empty or forbidden"),
            (
                r"\\files.contoso.com\a;b",
                "has `;` in the name of its share",
            ),
            (r"\\files.contoso.com\a,b\c", "has `,` in"),
            (r"\\files.contoso.com\[a]", "has `[` in"),
            (r"\\files.contoso.com\s\nul.txt", "empty or forbidden"),
            (r"\\files.contoso.com\s\com¹", "empty or forbidden"),
            (r"\\files.contoso.com\s\LPT³.txt", "empty or forbidden"),
            (
                r"\\files.contoso.com\Pipe\x",
                "something else on every server",
            ),
            (
                r"\\files.contoso.com\mailslot",
                "something else on every server",
            ),
            (r"\\files.contoso.com\c$", "only administrators"),
            (r"\\files.contoso.com\ADMIN$\x", "only administrators"),
            (r"\\files.contoso.com\IPC$", "only administrators"),
        ] {
            let said = text.parse::<UncPath>().unwrap_err().to_string();
            assert!(said.contains(fault), "{text}: {said}");
        }
    }

    #[test]
    fn names_have_the_lengths_that_windows_takes() {
        for (share, folder, is_taken) in [(80, 255, true), (81, 1, false), (1, 256, false)] {
            // One that is longer in bytes than it is in characters.
            let (share, folder) = ("s".repeat(share), "ö".repeat(folder));
            let text = format!(r"\\files.contoso.com\{share}\{folder}");
            match text.parse::<UncPath>() {
                Ok(_) => assert!(is_taken, "{text}"),
                Err(why) => assert!(!is_taken && why.to_string().contains("more than"), "{why}"),
            }
        }
    }

    #[test]
    fn names_that_only_look_like_devices_are_taken() {
        for part in ["com", "com10", "com¹²", "com⁴", "lpt", "comic"] {
            let text = format!(r"\\files.contoso.com\s\{part}");
            assert!(text.parse::<UncPath>().is_ok(), "{text}");
        }
    }

    #[test]
    fn a_path_overlaps_what_it_lies_in_in_any_letter_case() {
        let path = |text: &str| text.parse::<UncPath>().unwrap();
        let root = path(r"\\files.contoso.com\gangway$\a");
        for (other, expected) in [
            (r"\\FILES.contoso.com\Gangway$", true),
            (r"\\files.contoso.com\gangway$\A\b", true),
            (r"\\files.contoso.com\gangway$\ab", false),
            (r"\\files.contoso.com\gangway", false),
        ] {
            assert_eq!(root.overlaps(&path(other)), expected, "{other}");
        }
    }
}
