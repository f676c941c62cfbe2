//! What one row of a list says of one computer, whatever the list looks like.

use super::super::hex::hex;
use crate::formats::security::Sid;

/// Bit of `userAccountControl` of a disabled account (MS-ADTS 2.2.16).
const ACCOUNT_DISABLED: u64 = 0x2;

/// One computer as a list names it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Line that it starts on, counted from 1.
    pub(super) line: u64,
    /// Its full name, when the list has one.
    pub(super) full: String,
    /// Its account's or host's name, when the list has one.
    pub(super) short: String,
    /// The list says that the account is disabled.
    pub(super) disabled: bool,
    /// The list says that it is no computer.
    pub(super) no_computer: bool,
    /// SID of its account.
    pub(super) sid: Option<Sid>,
}

/// What a column or attribute of a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// `dNSHostName`, or a hand-made list's word for it.
    Full,
    /// `sAMAccountName`, `name`, `cn`: one label, or by hand a full name after all.
    Short,
    /// A distinguished name whose first part names the computer.
    DistinguishedName,
    /// `Enabled` of PowerShell's objects.
    Enabled,
    /// `userAccountControl`.
    AccountControl,
    /// `objectClass`, one value a time.
    Class,
    /// `objectSid`, or `SID` of PowerShell's objects.
    Sid,
}

impl Field {
    /// What a header or attribute name stands for; none for one that tells nothing needed.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let plain: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        Some(match plain.as_str() {
            "dnshostname" | "fqdn" | "dnsname" | "fullyqualifieddomainname" => Self::Full,
            "samaccountname" | "name" | "cn" | "computername" | "computer" | "hostname"
            | "host" | "machinename" | "machine" | "server" | "servername" | "pscomputername" => {
                Self::Short
            }
            "distinguishedname" | "dn" => Self::DistinguishedName,
            "enabled" => Self::Enabled,
            "useraccountcontrol" => Self::AccountControl,
            "objectclass" => Self::Class,
            "objectsid" | "sid" => Self::Sid,
            _ => return None,
        })
    }

    /// Does it name the computer?
    pub(super) fn names(self) -> bool {
        matches!(self, Self::Full | Self::Short | Self::DistinguishedName)
    }
}

impl Row {
    pub(super) fn at(line: u64) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    /// Takes a cell. What names the computer better is kept: an account's name before the
    /// first part of a distinguished name.
    pub(super) fn take(&mut self, field: Field, cell: &str) {
        let cell = cell.trim_matches(super::server_name::is_blank);
        if cell.is_empty() {
            return;
        }
        match field {
            Field::Full => cell.clone_into(&mut self.full),
            Field::Short => cell.clone_into(&mut self.short),
            Field::DistinguishedName if self.short.is_empty() => {
                self.short = common_name(cell).unwrap_or_default();
            }
            Field::DistinguishedName => {}
            Field::Enabled => self.disabled |= cell.eq_ignore_ascii_case("false"),
            Field::AccountControl => {
                let bits: Option<u64> = cell.parse().ok();
                self.disabled |= bits.is_some_and(|bits| bits & ACCOUNT_DISABLED != 0);
            }
            // The most derived class stands last; `csvde` joins all of them by `;`. A managed
            // service account is a computer, too, and something else at the end.
            Field::Class => {
                let last = cell.rsplit(';').next().unwrap_or(cell);
                self.no_computer = !last.eq_ignore_ascii_case("computer");
            }
            Field::Sid => self.sid = written_sid(cell),
        }
    }

    /// Takes a value that a list gives as bytes.
    pub(super) fn take_bytes(&mut self, field: Field, bytes: Vec<u8>) {
        if field == Field::Sid {
            self.sid = sid_of_bytes(&bytes);
        } else {
            // A value that is no text names no server.
            self.take(field, &String::from_utf8(bytes).unwrap_or_default());
        }
    }

    /// The name to take: the full one where there is one.
    pub(super) fn written(&self) -> &str {
        if self.full.is_empty() {
            &self.short
        } else {
            &self.full
        }
    }
}

/// A SID as `S-1-…` or, as `csvde` writes bytes, `X'0105…'`.
fn written_sid(cell: &str) -> Option<Sid> {
    let coded = cell
        .strip_prefix(['X', 'x'])
        .and_then(|rest| rest.strip_prefix('\'')?.strip_suffix('\''));
    match coded {
        Some(digits) => sid_of_bytes(&hex(digits)?),
        None => cell.parse().ok(),
    }
}

/// A SID and nothing behind it.
fn sid_of_bytes(bytes: &[u8]) -> Option<Sid> {
    let (sid, length) = Sid::from_bytes(bytes)?;
    (length == bytes.len()).then_some(sid)
}

/// The value of the first part of a distinguished name, when that is `CN` (RFC 4514); its
/// escapes are kept, because a name with one is no DNS name anyway.
pub(super) fn common_name(dn: &str) -> Option<String> {
    let dn = dn.trim_matches('"');
    let (kind, rest) = dn.split_once('=')?;
    let mut escaped = false;
    let end = rest.find(|c| {
        let ends = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    kind.trim()
        .eq_ignore_ascii_case("cn")
        .then(|| rest[..end.unwrap_or(rest.len())].trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distinguished_name_gives_the_computer() {
        let table = [
            ("CN=SRV1,OU=Servers,DC=contoso,DC=com", Some("SRV1")),
            ("\"cn=SRV1,DC=contoso,DC=com\"", Some("SRV1")),
            ("CN=a\\,b,DC=contoso,DC=com", Some("a\\,b")),
            ("OU=Servers,DC=contoso,DC=com", None),
            ("SRV1", None),
        ];
        for (dn, name) in table {
            assert_eq!(common_name(dn).as_deref(), name, "{dn}");
        }
    }

    #[test]
    fn disabled_is_what_either_writer_says() {
        for (field, cell, disabled) in [
            (Field::Enabled, "False", true),
            (Field::Enabled, "True", false),
            (Field::AccountControl, "4096", false),
            (Field::AccountControl, "4098", true),
            (Field::AccountControl, "532480", false),
            (Field::AccountControl, "?", false),
        ] {
            let mut row = Row::at(1);
            row.take(field, cell);
            assert_eq!(row.disabled, disabled, "{cell}");
        }
    }
}
