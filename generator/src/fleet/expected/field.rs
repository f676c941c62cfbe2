//! What a column or attribute of a list holds, by its name.

use super::server_name::is_blank;

/// Words for a column of short names, in the order in which they are believed. `Get-VM` has the
/// host that it ran on as `ComputerName`, and what comes of a remote session the machine that was
/// asked as `PSComputerName`; by hand `Host` is as often the machine below a virtual one.
pub(super) const SHORT: [&str; 13] = [
    "sAMAccountName",
    "Name",
    "VMName",
    "CN",
    "ComputerName",
    "Computer",
    "ServerName",
    "Server",
    "HostName",
    "MachineName",
    "Machine",
    "PSComputerName",
    "Host",
];

/// What a column or attribute of a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// `dNSHostName`, or a hand-made list's word for it.
    Full,
    /// `sAMAccountName`, `name`, `cn`: one label, or by hand a full name after all. Holds the
    /// place of the word in [`SHORT`].
    Short(usize),
    /// A distinguished name whose first part names the computer.
    DistinguishedName,
    /// `Enabled` of PowerShell's objects.
    Enabled,
    /// `userAccountControl`.
    AccountControl,
    /// `objectClass`.
    Class,
    /// `objectSid`, or `SID` of PowerShell's objects.
    Sid,
}

impl Field {
    /// What a header or attribute name stands for; none for one that tells nothing needed, and
    /// for what is no word: `SERVER$` is an account.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let name = name.trim_matches(is_blank);
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-');
        if !name.chars().all(is_word) {
            return None;
        }
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let short = SHORT
            .iter()
            .position(|one| one.eq_ignore_ascii_case(&plain));
        Some(match plain.to_ascii_lowercase().as_str() {
            "dnshostname" | "fqdn" | "dnsname" | "fullyqualifieddomainname" => Self::Full,
            "distinguishedname" | "dn" => Self::DistinguishedName,
            "enabled" => Self::Enabled,
            "useraccountcontrol" => Self::AccountControl,
            "objectclass" => Self::Class,
            "objectsid" | "sid" => Self::Sid,
            _ => Self::Short(short?),
        })
    }

    /// Does it name the computer?
    pub(super) fn names(self) -> bool {
        matches!(self, Self::Full | Self::Short(_) | Self::DistinguishedName)
    }
}

/// Is it a word that people give a server as well as a column?
pub(super) fn is_also_a_server(header: &str) -> bool {
    ["host", "server", "computer", "machine", "cn", "dn"]
        .iter()
        .any(|word| header.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_a_word_and_no_account() {
        for (name, field) in [
            ("DNSHostName", Some(Field::Full)),
            (" dns_host-name ", Some(Field::Full)),
            ("Server Name", Some(Field::Short(6))),
            ("SERVER$", None),
            ("host.", None),
            ("name=", None),
            ("", None),
        ] {
            assert_eq!(Field::of_name(name), field, "{name}");
        }
    }
}
