//! What counts as the name of a server.

/// Longest label of a DNS name, in octets (RFC 1035, section 2.3.4).
const LONGEST_LABEL: usize = 63;

/// Longest DNS name as text (RFC 1035, section 2.3.4: 255 octets with lengths and root).
const LONGEST_NAME: usize = 253;

/// A NetBIOS name, and with it `sAMAccountName` without its `$`, is cut at 15 characters.
pub(in crate::fleet) const NETBIOS_LENGTH: usize = 15;

/// The name of a server, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ServerName {
    /// A full DNS name.
    Full(String),
    /// One label: a NetBIOS name, a `sAMAccountName` without its `$`, or a host name alone.
    Short(String),
}

impl ServerName {
    /// Reads a name as lists write it: letter case, a final dot, the `$` of an account and
    /// blanks around it (of no width too) do not matter. None when it is no DNS name.
    pub(super) fn parse(written: &str) -> Option<Self> {
        let text = written.trim_matches(is_blank);
        let text = text.strip_suffix('.').unwrap_or(text);
        let account = text.strip_suffix('$');
        let name = account.unwrap_or(text).to_ascii_lowercase();
        // An account's name may have been cut behind a hyphen.
        let whole = match name.strip_suffix('-') {
            Some(rest) if name.len() == NETBIOS_LENGTH => rest,
            _ => &name,
        };
        let is_name = name.len() <= LONGEST_NAME && whole.split('.').all(is_label);
        if !is_name {
            return None;
        }
        // An address is no name: its last label would be a number (RFC 3696, section 2).
        let is_full = name.contains('.');
        let last = name.rsplit('.').next().unwrap_or_default();
        if is_full && (account.is_some() || last.bytes().all(|byte| byte.is_ascii_digit())) {
            return None;
        }
        Some(if is_full {
            Self::Full(name)
        } else {
            Self::Short(name)
        })
    }
}

/// Letters, digits and hyphens, none of these at an end; Active Directory allows `_` too.
fn is_label(label: &str) -> bool {
    (1..=LONGEST_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Blanks that office programs and web pages leave around a name, with and without width.
pub(super) fn is_blank(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_has_one_name_however_it_is_written() {
        for written in [
            "srv1.contoso.com",
            "SRV1.Contoso.COM",
            "srv1.contoso.com.",
            " \tsrv1.contoso.com\u{a0}",
            "srv1.contoso.com\u{200b}",
        ] {
            let full = ServerName::Full("srv1.contoso.com".to_owned());
            assert_eq!(ServerName::parse(written), Some(full), "{written:?}");
        }
        for written in ["SRV1", "srv1$", "SRV1$ "] {
            let short = ServerName::Short("srv1".to_owned());
            assert_eq!(ServerName::parse(written), Some(short), "{written:?}");
        }
    }

    #[test]
    fn what_is_no_dns_name_is_none() {
        for written in [
            "",
            ".",
            "-----------",
            "srv 1",
            "srv1..contoso.com",
            "-srv1.contoso.com",
            "srv1.contoso.com$",
            "10.20.30.40",
            "SRV1\u{0}CNF:0f",
            "srv?.contoso.com",
            "srv1-",
            "m\u{fc}nchen.contoso.com",
            "@{DNSHostName=srv1.contoso.com}",
            &format!("{}.contoso.com", "a".repeat(64)),
            &"a.".repeat(130),
        ] {
            assert_eq!(ServerName::parse(written), None, "{written:?}");
        }
    }
}
