//! Permissions of the two folders on a file server that servers use, and the documented commands that
//! set them. Windows and Samba are told the same masks: words such as `FA` mean less on Samba (0x1ff on
//! 4.17: without deleting, reading the list itself and waiting).

use std::fmt::Write as _;

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

/// One of the folders.
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
pub fn share_commands(folder: SharedFolder, unc: &str, domains: &[&str]) -> ShareCommands {
    let placeholder = |domain: &&str| format!("SID-OF-{domain}");
    let sids: Vec<String> = domains.iter().map(placeholder).collect();
    let mut parts = unc.trim_start_matches('\\').split('\\').skip(1);
    let share = parts.next().unwrap_or_default();
    let is_share_itself = parts.next().is_none();
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
    fn windows_is_told_the_same_rights_in_its_own_words() {
        let commands = share_commands(
            SharedFolder::Reports,
            r"\\files.contoso.com\reports$",
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
        let unc = r"\\files.contoso.com\software\mde";
        let commands = share_commands(SharedFolder::Payloads, unc, &DOMAINS);
        assert_eq!(commands.windows.len(), 1);
        assert!(commands.windows[0].contains("\"*SID-OF-contoso.com-515:(OI)(CI)RX\""));
        assert!(
            commands
                .smb_conf
                .starts_with("[software]\n    path = (as it is)")
        );
    }
}
