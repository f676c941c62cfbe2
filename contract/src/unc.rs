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

/// Why a text is no [`UncPath`]; each holds the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidUncPath {
    /// It does not begin with two backslashes.
    NoUncPath(String),
    /// A short name, an address, or what no server can be called.
    Server(String),
    /// No share, or a part that Windows would read as another one.
    Part(String),
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
        if below.split('\\').next().is_some_and(is_administrative) {
            return Err(InvalidUncPath::Administrative(text.to_owned()));
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
            (r"\\files.contoso.com\s\nul.txt", "empty or forbidden"),
            (r"\\files.contoso.com\c$", "only administrators"),
            (r"\\files.contoso.com\ADMIN$\x", "only administrators"),
            (r"\\files.contoso.com\IPC$", "only administrators"),
        ] {
            let said = text.parse::<UncPath>().unwrap_err().to_string();
            assert!(said.contains(fault), "{text}: {said}");
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
