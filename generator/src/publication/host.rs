//! The name of a server, as it goes into an address and onto a command line.

use std::fmt;
use std::str::FromStr;

use gangway_contract::UncPath;

/// DNS name or IPv4 address of a server: nothing in it ends a part of a URL or of a UNC path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostName(String);

/// A text that names no server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no name of a server; take the full DNS name, such as `dc1.contoso.com`, which stands in \
     the server's certificate"
)]
pub struct InvalidHostName(String);

/// Longest DNS name in characters (RFC 1035 2.3.4).
const MAX_LENGTH: usize = 253;

impl HostName {
    /// The file server of a UNC path, whose name is a full DNS name.
    pub(super) fn of_share(path: &UncPath) -> Self {
        Self(path.server().to_owned())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = InvalidHostName;

    fn from_str(text: &str) -> Result<Self, InvalidHostName> {
        let is_label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && label
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        };
        if text.len() <= MAX_LENGTH && text.split('.').all(is_label) {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidHostName(text.escape_debug().to_string()))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_end_no_part_of_an_address_are_taken() {
        for text in ["dc1.contoso.com", "DC_1", "contoso", "192.0.2.1"] {
            assert_eq!(text.parse::<HostName>().unwrap().as_str(), text);
        }
        for text in [
            "",
            ".",
            "dc1.",
            "-x",
            "dc1/other",
            "dc1:389",
            "user@dc1",
            "dc1 -U x",
            r"dc1\sysvol",
            "dc1\n",
            "dç1",
        ] {
            assert!(text.parse::<HostName>().is_err(), "{text}");
        }
    }
}
