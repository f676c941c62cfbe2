//! The DNS name of an Active Directory domain, and what follows from it.

use std::fmt;
use std::str::FromStr;

/// A fully qualified domain name in lower case, at least two labels.
///
/// Names of one label are refused: paths such as `\\CONTOSO\NETLOGON` are ambiguous with
/// NetBIOS names, and UNC hardening and Kerberos need the qualified form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

/// Why a text is no domain name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDomainName {
    /// A NetBIOS name, or a domain of one label.
    #[error("`{found}` has one label; the fully qualified DNS name is needed")]
    SingleLabel {
        /// The text.
        found: String,
    },
    /// Not a DNS host name.
    #[error("`{found}` is no DNS domain name: {why}")]
    Malformed {
        /// The text.
        found: String,
        /// Which rule it breaks.
        why: &'static str,
    },
}

impl DomainName {
    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Distinguished name of the domain's naming context: `DC=contoso,DC=com`.
    ///
    /// Active Directory builds it from the DNS name when the domain is made; a directory is
    /// still asked for it before anything is written there.
    pub fn distinguished_name(&self) -> String {
        let parts: Vec<String> = self.0.split('.').map(|part| format!("DC={part}")).collect();
        parts.join(",")
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for DomainName {
    type Err = InvalidDomainName;

    /// Letters, digits, hyphens and underscores; 63 bytes a label, 253 in all (RFC 1035;
    /// underscores occur in old domains).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = |why| {
            let found = text.to_owned();
            Err(InvalidDomainName::Malformed { found, why })
        };
        if text.is_empty() || text.len() > 253 {
            return malformed("1 to 253 characters are allowed");
        }
        for label in text.split('.') {
            let letters = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            if label.is_empty() {
                return malformed("a label is empty");
            }
            if label.len() > 63 {
                return malformed("a label is longer than 63 characters");
            }
            if !label.bytes().all(letters) {
                return malformed("only letters, digits, `-` and `_` are allowed");
            }
            if label.starts_with('-') || label.ends_with('-') {
                return malformed("a label begins or ends with `-`");
            }
        }
        if !text.contains('.') {
            return Err(InvalidDomainName::SingleLabel {
                found: text.to_owned(),
            });
        }
        let last = text.rsplit('.').next().unwrap_or_default();
        if last.bytes().all(|byte| byte.is_ascii_digit()) {
            return malformed("an address is no domain name");
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_without_case() {
        let name: DomainName = "Corp.CONTOSO.com".parse().unwrap();
        assert_eq!(name.as_str(), "corp.contoso.com");
        assert_eq!(name.distinguished_name(), "DC=corp,DC=contoso,DC=com");
    }

    #[test]
    fn names_that_cannot_stand_in_a_unc_path_are_refused() {
        for text in [
            "",
            "contoso",
            "contoso.",
            ".contoso.com",
            "con toso.com",
            "contoso.com\\x",
            "-a.com",
            "a-.com",
            "10.0.0.1",
            "müller.de",
            &"a.".repeat(130),
            &format!("{}.com", "a".repeat(64)),
        ] {
            assert!(text.parse::<DomainName>().is_err(), "{text}");
        }
    }
}
