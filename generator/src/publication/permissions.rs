//! Permissions of the two folders on a file server that servers use, and the documented commands that
//! set them. Windows and Samba are told the same masks: words such as `FA` mean less on Samba (0x1ff on
//! 4.17: without deleting, reading the list itself and waiting).

use std::fmt::Write as _;

use gangway_contract::UncPath;

use super::share::AccessEntry;

/// Every right there is (`FILE_ALL_ACCESS`).
const FULL: u32 = 0x1f_01ff;
/// Read and start (`FILE_GENERIC_READ | FILE_GENERIC_EXECUTE`).
const READ: u32 = 0x12_00a9;
/// Make a file in a folder and nothing else there: `SYNCHRONIZE`, `FILE_READ_ATTRIBUTES`,
/// `FILE_TRAVERSE`, `FILE_ADD_FILE`.
const CREATE: u32 = 0x10_00a2;
/// Everything but changing permissions and owner (`MODIFY`).
const MODIFY: u32 = 0x13_01bf;

/// Domain computers, domain controllers, read-only domain controllers (MS-DTYP 2.4.2.4).
const COMPUTERS: [u32; 3] = [515, 516, 521];

/// What servers do in a folder decides who may do what there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedFolder {
    /// Computers read, and change nothing.
    Payloads,
    /// Computers make files and keep their own; nobody reads those of others.
    Reports,
}

/// Who gets something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Administrators,
    System,
    /// A group of each domain, by the last part of its SID.
    Computers(u32),
    /// Whoever owns a file (`S-1-3-4`).
    Owner,
}

/// One entry of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    who: Who,
    /// How it is handed down, as SDDL writes it.
    inherited: &'static str,
    mask: u32,
}

impl SharedFolder {
    fn entries(self) -> Vec<Entry> {
        let entry = |who, inherited, mask| Entry {
            who,
            inherited,
            mask,
        };
        let mut entries = vec![
            entry(Who::Administrators, "OICI", FULL),
            entry(Who::System, "OICI", FULL),
        ];
        let (inherited, mask) = match self {
            Self::Payloads => ("OICI", READ),
            Self::Reports => ("", CREATE),
        };
        entries.extend(COMPUTERS.map(|rid| entry(Who::Computers(rid), inherited, mask)));
        if self == Self::Reports {
            // A file that a computer made is its own to write to the end, and no other's.
            entries.push(entry(Who::Owner, "OICIIO", MODIFY));
        }
        entries
    }

    /// The list as SDDL, for domains of these SIDs.
    pub fn sddl(self, domains: &[String]) -> String {
        let mut text = "O:BAG:BAD:P".to_owned();
        for entry in self.entries() {
            for who in entry.who.in_sddl(domains) {
                let (inherited, mask) = (entry.inherited, entry.mask);
                // Writing to a text cannot fail.
                let _ = write!(text, "(A;{inherited};{mask:#x};;;{who})");
            }
        }
        text
    }

    /// Arguments of `icacls` that set the same list.
    fn icacls(self, domains: &[String]) -> String {
        let grants = self.entries().into_iter().flat_map(|entry| {
            let inherited = match entry.inherited {
                "OICI" => "(OI)(CI)",
                "OICIIO" => "(OI)(CI)(IO)",
                _ => "",
            };
            let rights = match entry.mask {
                FULL => "F",
                READ => "RX",
                MODIFY => "M",
                _ => "(S,X,RA,WD)",
            };
            let who = entry.who.in_sids(domains);
            let grant = move |sid| format!("\"*{sid}:{inherited}{rights}\"");
            who.into_iter().map(grant).collect::<Vec<String>>()
        });
        grants.collect::<Vec<String>>().join(" ")
    }
}

/// What somebody may do beyond what is wanted, as a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Excess {
    /// Change something.
    Write(u32),
    /// Read, list or start something.
    Read(u32),
}

/// Rights by which something changes: writing and adding, attributes, deleting, permissions, owner, and
/// the generic rights that hold them (MS-DTYP 2.4.3).
const CHANGING: u32 = 0x0002
    | 0x0004
    | 0x0010
    | 0x0040
    | 0x0100
    | 0x0001_0000
    | 0x0004_0000
    | 0x0008_0000
    | 0x1000_0000
    | 0x4000_0000;
/// Whoever reads may do this as well, and it shows nothing: reading the list itself, waiting.
const HARMLESS: u32 = 0x0012_0000;
/// Flags of an entry that files or folders inherit.
const INHERITED: u8 = 0x03;
/// Flag of an entry that says nothing of the folder itself.
const INHERIT_ONLY: u8 = 0x08;

impl SharedFolder {
    /// What an entry lets its account do beyond what is wanted.
    pub(super) fn excess(self, entry: &AccessEntry) -> Option<Excess> {
        if entry.denies {
            return None;
        }
        let rid = entry.sid.strip_prefix("S-1-5-21-").and_then(|rest| {
            let (_, rid) = rest.rsplit_once('-')?;
            rid.parse::<u32>().ok()
        });
        let wanted = match (entry.sid.as_str(), rid) {
            // Domain Admins and Enterprise Admins are administrators of the server.
            ("S-1-5-32-544" | "S-1-5-18", _) | (_, Some(512 | 519)) => u32::MAX,
            ("S-1-3-4", _) if self == Self::Reports => MODIFY,
            // Only administrators make files among the payloads.
            ("S-1-3-0" | "S-1-3-4", _) if self == Self::Payloads => u32::MAX,
            (_, Some(rid)) if COMPUTERS.contains(&rid) => match self {
                Self::Payloads => READ,
                // What files inherit would let one computer at the reports of another.
                Self::Reports if entry.flags & INHERITED == 0 => CREATE,
                Self::Reports => 0,
            },
            _ => 0,
        };
        let excess = entry.mask & !wanted & !HARMLESS;
        match excess {
            0 => None,
            mask if mask & CHANGING != 0 => Some(Excess::Write(mask)),
            mask => Some(Excess::Read(mask)),
        }
    }

    /// May Domain Computers do what they need to?
    pub(super) fn lets_computers_in(self, entries: &[AccessEntry]) -> bool {
        let needed = match self {
            Self::Payloads => READ,
            Self::Reports => CREATE,
        };
        let is_for_them = |entry: &&AccessEntry| {
            let is_group = entry.sid.starts_with("S-1-5-21-") && entry.sid.ends_with("-515");
            let is_everybody = ["S-1-5-11", "S-1-1-0"].contains(&entry.sid.as_str());
            entry.flags & INHERIT_ONLY == 0 && (is_group || is_everybody)
        };
        let mut allowed = 0;
        let mut denied = 0;
        for entry in entries.iter().filter(is_for_them) {
            match entry.denies {
                true => denied |= entry.mask,
                false => allowed |= entry.mask,
            }
        }
        allowed & !denied & needed == needed
    }
}

impl Who {
    fn in_sddl(self, domains: &[String]) -> Vec<String> {
        match self {
            Self::Administrators => vec!["BA".to_owned()],
            Self::System => vec!["SY".to_owned()],
            Self::Owner => vec!["OW".to_owned()],
            Self::Computers(_) => self.in_sids(domains),
        }
    }

    fn in_sids(self, domains: &[String]) -> Vec<String> {
        match self {
            Self::Administrators => vec!["S-1-5-32-544".to_owned()],
            Self::System => vec!["S-1-5-18".to_owned()],
            Self::Owner => vec!["S-1-3-4".to_owned()],
            Self::Computers(rid) => domains.iter().map(|sid| format!("{sid}-{rid}")).collect(),
        }
    }
}

/// What to type on the file server, with `FOLDER` for the folder's path there and `SID-OF-<domain>`
/// for the SID of each domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareCommands {
    /// How each domain's SID is asked for on Windows.
    pub ask_windows: Vec<String>,
    /// How each domain's SID is asked for on a Samba server.
    pub ask_samba: Vec<String>,
    /// On a Windows file server, in an elevated PowerShell.
    pub windows: Vec<String>,
    /// On a Samba file server, as root.
    pub samba: String,
    /// What its `smb.conf` needs.
    pub smb_conf: String,
}

/// The commands for one folder, given by its UNC path, for the computers of these domains (DNS names).
pub fn share_commands(folder: SharedFolder, path: &UncPath, domains: &[&str]) -> ShareCommands {
    let placeholder = |domain: &&str| format!("SID-OF-{domain}");
    let sids: Vec<String> = domains.iter().map(placeholder).collect();
    let share = path.share();
    let is_share_itself = path.folders().next().is_none();
    // Names of groups are localised, and `New-SmbShare` takes no SIDs.
    let account = |sid: &str| {
        format!(
            "([Security.Principal.SecurityIdentifier]'{sid}').Translate([Security.Principal.NTAccount]).Value"
        )
    };
    // Authenticated users: the folder's list decides.
    let (administrators, everybody) = (account("S-1-5-32-544"), account("S-1-5-11"));
    let access = match folder {
        SharedFolder::Payloads => "-ReadAccess",
        SharedFolder::Reports => "-ChangeAccess",
    };
    let mut windows = vec![format!(
        "icacls.exe \"FOLDER\" /inheritance:r /grant:r {}",
        folder.icacls(&sids)
    )];
    if is_share_itself {
        windows.push(format!(
            "New-SmbShare -Name '{}' -Path 'FOLDER' -CachingMode None -FolderEnumerationMode \
             AccessBased -FullAccess {administrators} {access} {everybody}",
            share.replace('\'', "''")
        ));
    }
    let mut smb_conf = format!(
        "[{share}]\n    path = {}\n    read only = no\n    csc policy = disable\n    vfs objects = \
         acl_xattr\n",
        if is_share_itself {
            "FOLDER"
        } else {
            "(as it is)"
        }
    );
    if folder == SharedFolder::Reports {
        // Else the server looks for another spelling of a new name, which needs the right to list: no
        // report would arrive (seen on Samba 4.17).
        smb_conf.push_str("    case sensitive = yes\n");
    }
    ShareCommands {
        ask_windows: domains
            .iter()
            .map(|domain| format!("(Get-ADDomain -Identity '{domain}').DomainSID.Value"))
            .collect(),
        ask_samba: domains
            .iter()
            .map(|domain| format!("wbinfo -D '{domain}'"))
            .collect(),
        windows,
        samba: format!("samba-tool ntacl set '{}' 'FOLDER'", folder.sddl(&sids)),
        smb_conf,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOMAINS: [&str; 2] = ["contoso.com", "emea.contoso.com"];

    #[test]
    fn the_lists_say_masks_and_every_domains_groups() {
        let sid = ["S-1-5-21-1-2-3".to_owned()];
        assert_eq!(
            SharedFolder::Payloads.sddl(&sid),
            "O:BAG:BAD:P(A;OICI;0x1f01ff;;;BA)(A;OICI;0x1f01ff;;;SY)\
             (A;OICI;0x1200a9;;;S-1-5-21-1-2-3-515)(A;OICI;0x1200a9;;;S-1-5-21-1-2-3-516)\
             (A;OICI;0x1200a9;;;S-1-5-21-1-2-3-521)"
        );
        assert_eq!(
            SharedFolder::Reports.sddl(&sid),
            "O:BAG:BAD:P(A;OICI;0x1f01ff;;;BA)(A;OICI;0x1f01ff;;;SY)\
             (A;;0x1000a2;;;S-1-5-21-1-2-3-515)(A;;0x1000a2;;;S-1-5-21-1-2-3-516)\
             (A;;0x1000a2;;;S-1-5-21-1-2-3-521)(A;OICIIO;0x1301bf;;;OW)"
        );
    }

    #[test]
    fn what_goes_beyond_the_wanted_rights_is_told_apart_by_what_it_lets_do() {
        use Excess::{Read, Write};
        use SharedFolder::{Payloads, Reports};
        let computers = "S-1-5-21-1-2-3-515";
        for (folder, sid, flags, mask, expected) in [
            (Payloads, "S-1-5-32-544", 3, FULL, None),
            (Payloads, "S-1-5-21-1-2-3-512", 3, FULL, None),
            (Payloads, computers, 3, READ, None),
            (Payloads, computers, 3, MODIFY, Some(Write(0x0001_0116))),
            (Payloads, "S-1-1-0", 3, READ, Some(Read(0xa9))),
            (Payloads, "S-1-5-11", 3, FULL, Some(Write(0xd_01ff))),
            (Payloads, "S-1-5-21-1-2-3-1105", 0, 0x2, Some(Write(0x2))),
            (Reports, computers, 0, CREATE, None),
            (Reports, "S-1-3-4", 11, MODIFY, None),
            (Reports, "S-1-3-4", 11, FULL, Some(Write(0xc_0040))),
            // Listing shows the names of others.
            (Reports, computers, 0, CREATE | 1, Some(Read(0x1))),
            // Inherited by files it is writing to those of others.
            (Reports, computers, 1, CREATE, Some(Write(0xa2))),
            (Reports, "S-1-5-11", 0, CREATE, Some(Write(0xa2))),
            (Reports, "S-1-3-0", 11, FULL, Some(Write(0xd_01ff))),
        ] {
            let entry = AccessEntry {
                sid: sid.to_owned(),
                denies: false,
                flags,
                mask,
            };
            assert_eq!(
                folder.excess(&entry),
                expected,
                "{folder:?} {sid} {mask:#x}"
            );
            let denies = AccessEntry {
                denies: true,
                ..entry
            };
            assert_eq!(folder.excess(&denies), None);
        }
    }

    #[test]
    fn our_own_lists_are_neither_too_wide_nor_too_narrow() {
        for folder in [SharedFolder::Payloads, SharedFolder::Reports] {
            let of = |entry: Entry| AccessEntry {
                sid: entry.who.in_sids(&["S-1-5-21-1-2-3".to_owned()]).remove(0),
                denies: false,
                flags: match entry.inherited {
                    "OICI" => 3,
                    "OICIIO" => 11,
                    _ => 0,
                },
                mask: entry.mask,
            };
            let mut entries: Vec<AccessEntry> = folder.entries().into_iter().map(of).collect();
            for entry in &entries {
                assert_eq!(folder.excess(entry), None, "{folder:?} {entry:?}");
            }
            assert!(folder.lets_computers_in(&entries));
            entries.retain(|entry| !entry.sid.ends_with("-515"));
            assert!(!folder.lets_computers_in(&entries));
        }
    }

    #[test]
    fn windows_is_told_the_same_rights_in_its_own_words() {
        let commands = share_commands(
            SharedFolder::Reports,
            &r"\\files.contoso.com\reports$".parse().unwrap(),
            &DOMAINS,
        );
        for grant in [
            "\"*S-1-5-32-544:(OI)(CI)F\"",
            "\"*SID-OF-contoso.com-515:(S,X,RA,WD)\"",
            "\"*SID-OF-emea.contoso.com-521:(S,X,RA,WD)\"",
            "\"*S-1-3-4:(OI)(CI)(IO)M\"",
        ] {
            assert!(commands.windows[0].contains(grant), "{grant}");
        }
        assert!(commands.windows[1].contains("-Name 'reports$'"));
        assert!(commands.smb_conf.contains("case sensitive = yes"));
    }

    #[test]
    fn a_folder_below_a_share_gets_no_share_of_its_own() {
        let path = r"\\files.contoso.com\software\mde".parse().unwrap();
        let commands = share_commands(SharedFolder::Payloads, &path, &DOMAINS);
        assert_eq!(commands.windows.len(), 1);
        assert!(commands.windows[0].contains("\"*SID-OF-contoso.com-515:(OI)(CI)RX\""));
        assert!(
            commands
                .smb_conf
                .starts_with("[software]\n    path = (as it is)")
        );
    }
}
