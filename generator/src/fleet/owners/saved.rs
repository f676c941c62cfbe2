//! A list of owners, saved where the report files lie.
//!
//! | Written by | A file | Its owner |
//! |---|---|---|
//! | `smbclient -c 'showacls; ls'` | `FILENAME:` | `Owner SID:` |
//! | `smbcacls --numeric`, a line `# file: NAME` before each | `# file:` | `OWNER:` |
//! | `getfattr -d -m - -e hex` (or `base64`) | `# file:` | `security.NTACL=`, `system.cifs_acl=` |
//! | `Get-Acl` through `Export-Csv` | column `Name` | column `Sddl` |

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use csv::ReaderBuilder;

use super::super::decode::{NoText, decode};
use super::super::hex::hex;
use super::ATTRIBUTES;
use crate::formats::security::{Sid, sddl_owner};

/// Why a list of owners cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnersError {
    /// No text in UTF-8 or UTF-16.
    #[error("it is {found}: save it as UTF-8")]
    Encoding {
        /// What it is instead.
        found: &'static str,
    },
    /// No owner in it.
    #[error("it names the owner of no file by SID or SDDL; account names are not looked up")]
    Empty,
}

/// Owners by the names of files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedOwners {
    /// In lower case; none where the list gives a file two owners.
    owners: BTreeMap<String, Option<Sid>>,
}

impl SavedOwners {
    /// Reads a list.
    ///
    /// # Errors
    /// See [`OwnersError`].
    pub fn read(bytes: &[u8]) -> Result<Self, OwnersError> {
        let decoded = decode(bytes).map_err(|NoText { found }| OwnersError::Encoding { found })?;
        let mut saved = Self::default();
        let table = b",;\t"
            .iter()
            .any(|&one| saved.take_table(&decoded.text, one));
        if !table {
            saved.take_lines(&decoded.text);
        }
        if saved.owners.is_empty() {
            return Err(OwnersError::Empty);
        }
        Ok(saved)
    }

    /// The owner of a file by its name.
    pub(super) fn of(&self, name: &str) -> Option<Sid> {
        let found = self.owners.get(&name.to_ascii_lowercase());
        found.copied().flatten()
    }

    fn take(&mut self, file: &str, owner: Sid) {
        let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
        let place = self.owners.entry(name.to_ascii_lowercase());
        let kept = place.or_insert(Some(owner));
        if *kept != Some(owner) {
            *kept = None;
        }
    }

    /// A table with the columns `Name` and `Sddl`; false for another text.
    fn take_table(&mut self, text: &str, separator: u8) -> bool {
        let mut rows = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .comment(Some(b'#'))
            .from_reader(text.as_bytes())
            .into_records()
            .filter_map(Result::ok);
        let header = rows.next().unwrap_or_default();
        let column = |names: &[&str]| {
            let mut cells = header.iter();
            cells.position(|cell| names.iter().any(|name| cell.eq_ignore_ascii_case(name)))
        };
        let (Some(name), Some(sddl)) = (
            column(&["Name", "PSChildName", "FullName", "Path"]),
            column(&["Sddl"]),
        ) else {
            return false;
        };
        for row in rows {
            if let (Some(name), Some(owner)) = (row.get(name), row.get(sddl).and_then(sddl_owner)) {
                self.take(name, owner);
            }
        }
        true
    }

    fn take_lines(&mut self, text: &str) {
        let mut file = None;
        for line in text.lines().map(str::trim) {
            let named = ["FILENAME:", "# file:"]
                .iter()
                .find_map(|head| line.strip_prefix(head));
            if let Some(name) = named {
                file = Some(name.trim());
            } else if let (Some(file), Some(owner)) = (file, line_owner(line)) {
                self.take(file, owner);
            }
        }
    }
}

/// The owner that a line gives; none for every other line.
fn line_owner(line: &str) -> Option<Sid> {
    let sid = ["Owner SID:", "OWNER:"]
        .iter()
        .find_map(|head| line.strip_prefix(head));
    if let Some(sid) = sid {
        return sid.trim().parse().ok();
    }
    let (name, value) = line.split_once('=')?;
    let (_, read) = ATTRIBUTES.iter().find(|(known, _)| *known == name)?;
    let bytes = match value.split_at_checked(2)? {
        ("0s", coded) => STANDARD.decode(coded).ok()?,
        ("0x" | "0X", digits) => hex(digits)?,
        _ => return None,
    };
    read(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "S-1-5-21-1-2-3-1105";

    /// A descriptor of Samba 4.17.12, alone and in version 1 of its attribute.
    const DESCRIPTOR: &str = "010004801400000030000000000000004c00000001050000000000051500000001000000\
        0200000003000000510400000105000000000005150000000100000002000000030000000302000004001c0001\
        00000000001400ff011f00010100000000000512000000";
    const NTACL: &str = "0100010000000200010004801c0000003800000000000000540000000105000000000005\
        1500000001000000020000000300000051040000010500000000000515000000010000000200000003000000\
        0302000004001c000100000000001400ff011f00010100000000000512000000";

    #[test]
    fn every_tool_gives_the_same_owner() {
        let coded = STANDARD.encode(hex(NTACL).unwrap());
        for list in [
            // `smbclient`: header of each file, then its descriptor.
            "FILENAME:a.json\nMODE:A\nSIZE:9\nMTIME:Sat Nov 28 21:00:00 2026\nrevision: 1\n\
             type: 0x8004: SEC_DESC_DACL_PRESENT SEC_DESC_SELF_RELATIVE \nDACL\n\
             \tOwner SID:\tS-1-5-21-1-2-3-1105\n\tGroup SID:\tS-1-5-21-1-2-3-515\n\n"
                .to_owned(),
            // `smbcacls --numeric` behind a line of the loop.
            "# file: a.json\nREVISION:1\nCONTROL:0x8004\nOWNER:S-1-5-21-1-2-3-1105\n\
             GROUP:S-1-5-21-1-2-3-515\nACL:S-1-5-18:0/0x0/0x001f01ff\n"
                .to_owned(),
            // `getfattr`.
            format!("# file: srv/reports/a.json\nsecurity.NTACL=0x{NTACL}\n\n"),
            format!("# file: a.json\nsecurity.NTACL=0s{coded}\nuser.DOSATTRIB=0sAAA=\n"),
            format!("# file: a.json\nsystem.cifs_acl=0x{DESCRIPTOR}\n"),
            format!("# file: a.json\nsystem.cifs_ntsd=0x{DESCRIPTOR}\n"),
            // `Export-Csv` of 5.1.
            "#TYPE Selected.System.IO.FileInfo\r\n\"Name\",\"Sddl\"\r\n\
             \"A.json\",\"O:S-1-5-21-1-2-3-1105G:S-1-5-21-1-2-3-515D:AI(A;ID;FA;;;SY)\"\r\n"
                .to_owned(),
        ] {
            let saved = SavedOwners::read(list.as_bytes());
            let saved = saved.unwrap_or_else(|error| panic!("{error}: {list}"));
            let owner = saved.of("a.json").map(|sid| sid.to_string());
            assert_eq!(owner.as_deref(), Some(OWNER), "{list}");
            assert_eq!(saved.of("b.json"), None);
        }
    }

    #[test]
    fn a_name_instead_of_a_sid_and_two_owners_are_no_owner() {
        let list = "# file: a.json\nOWNER:CONTOSO\\SRV1$\n# file: b.json\nOWNER:S-1-5-18\n\
                    # file: b.json\nOWNER:S-1-5-32-544\n";
        let saved = SavedOwners::read(list.as_bytes()).unwrap();
        assert_eq!((saved.of("a.json"), saved.of("b.json")), (None, None));
    }

    #[test]
    fn a_list_without_an_owner_is_refused() {
        for list in [
            "",
            "a.json\n",
            "Name,Sddl\n",
            "OWNER:S-1-5-18\n",
            "# file: a\nsecurity.NTACL=0x0\n",
        ] {
            let found = SavedOwners::read(list.as_bytes());
            assert_eq!(found, Err(OwnersError::Empty), "{list}");
        }
    }
}
