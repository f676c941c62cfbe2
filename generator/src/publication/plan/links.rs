//! `gPLink`: the GPOs that are linked to a domain, unit or site.
//!
//! `[LDAP://dn;N]…`, bit 0 of N the link is off, bit 1 it is enforced. The last entry has link
//! order 1 and wins. Source: MS-GPOL 2.2.2.

/// A list of links; entries of others are kept byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GpLink {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// Distinguished name as written.
    dn: String,
    options: u32,
    /// The entry as written, brackets included.
    text: String,
}

/// Why a value is no list of links.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`gPLink` is malformed: `{found}`")]
pub struct MalformedGpLink {
    /// What could not be read.
    pub found: String,
}

const DISABLED: u32 = 1;
const ENFORCED: u32 = 2;

impl GpLink {
    /// Reads a value; blanks mean no link at all.
    ///
    /// # Errors
    /// Anything but a list of links.
    pub fn parse(text: &str) -> Result<Self, MalformedGpLink> {
        let mut entries = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let malformed = || MalformedGpLink {
                found: rest.chars().take(200).collect(),
            };
            let (inside, after) = rest
                .strip_prefix('[')
                .and_then(|inside| inside.split_once(']'))
                .ok_or_else(malformed)?;
            let (path, options) = inside.rsplit_once(';').ok_or_else(malformed)?;
            let prefix = path.get(..7).ok_or_else(malformed)?;
            if !prefix.eq_ignore_ascii_case("LDAP://") {
                return Err(malformed());
            }
            entries.push(Entry {
                dn: path.get(7..).unwrap_or_default().to_owned(),
                options: options.parse().map_err(|_| malformed())?,
                text: format!("[{inside}]"),
            });
            rest = after;
        }
        Ok(Self { entries })
    }

    /// The value as stored.
    pub fn write(&self) -> String {
        self.entries
            .iter()
            .map(|entry| entry.text.as_str())
            .collect()
    }

    /// Is the link there and on?
    pub fn is_enabled(&self, dn: &str) -> Option<bool> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.dn.eq_ignore_ascii_case(dn))?;
        Some(entry.options & DISABLED == 0)
    }

    /// Does the link reach units that block inheritance, too?
    pub fn is_enforced(&self, dn: &str) -> bool {
        let mut entries = self.entries.iter();
        let entry = entries.find(|entry| entry.dn.eq_ignore_ascii_case(dn));
        entry.is_some_and(|entry| entry.options & ENFORCED != 0)
    }

    /// The list without links to this GPO.
    #[must_use]
    pub fn without(mut self, dn: &str) -> Self {
        self.entries
            .retain(|entry| !entry.dn.eq_ignore_ascii_case(dn));
        self
    }

    /// The list with a link to this GPO: a new one in front, with the lowest precedence; one
    /// that is there is only ever switched on, never off, for somebody wanted it so.
    #[must_use]
    pub fn with(mut self, dn: &str, enabled: bool) -> Self {
        let position = self
            .entries
            .iter()
            .position(|entry| entry.dn.eq_ignore_ascii_case(dn));
        let options = u32::from(!enabled);
        match position.and_then(|index| self.entries.get_mut(index)) {
            Some(entry) if enabled && entry.options & DISABLED != 0 => {
                entry.options &= !DISABLED;
                entry.text = format!("[LDAP://{};{}]", entry.dn, entry.options);
            }
            Some(_) => {}
            None => self.entries.insert(
                0,
                Entry {
                    dn: dn.to_owned(),
                    options,
                    text: format!("[LDAP://{dn};{options}]"),
                },
            ),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "CN={A},CN=Policies,CN=System,DC=contoso,DC=com";

    #[test]
    fn foreign_entries_stay_byte_for_byte() {
        let foreign = "[LDAP://cn={B},cn=policies,cn=system,DC=contoso,DC=com;2][ldap://CN={C};0]";
        let link = GpLink::parse(foreign).unwrap();
        assert_eq!(link.write(), foreign);
        let with = link.with(OURS, false);
        assert_eq!(with.write(), format!("[LDAP://{OURS};1]{foreign}"));
        assert_eq!(with.without(&OURS.to_lowercase()).write(), foreign);
    }

    #[test]
    fn a_link_is_made_once_and_only_ever_switched_on() {
        for (before, enabled, after) in [
            ("", false, 1),
            ("", true, 0),
            (" ", false, 1),
            ("1", false, 1),
            ("1", true, 0),
            ("0", false, 0),
            ("3", true, 2),
        ] {
            let before = match before.trim() {
                "" => before.to_owned(),
                options => format!("[LDAP://{};{options}]", OURS.to_lowercase()),
            };
            let link = GpLink::parse(&before).unwrap().with(OURS, enabled);
            assert_eq!(link.entries.len(), 1);
            assert_eq!(link.entries[0].options, after, "{before}");
            assert_eq!(link.is_enabled(OURS), Some(after & 1 == 0));
            assert_eq!(link.is_enforced(OURS), after & 2 != 0);
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "x",
            "[",
            "[]",
            "[LDAP://x]",
            "[LDAP://x;y]",
            "[http://x;0]",
            "[é;0]",
        ] {
            assert!(GpLink::parse(text).is_err(), "{text}");
        }
    }
}
