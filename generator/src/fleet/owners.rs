//! Whose a report file is: the owner that the file server gave it, held against the account of
//! the server that the report speaks of.
//!
//! The name of a file and what stands in it are the words of whoever wrote it; its owner is the
//! word of the file server. Owners come from the files themselves, or from a list of them that
//! was saved where the files lie (`--owners`), because a copy has other owners.

mod saved;

use std::fs::File;

use schemars::JsonSchema;
use serde::Serialize;

pub use saved::{OwnersError, SavedOwners};

use super::life::Word;
use super::subject::REPORTS;
use super::{Coverage, Server, codes};
use crate::formats::security::Sid;
use crate::problem::Problem;

/// Where the owners of report files are read.
#[derive(Debug, Default)]
pub enum Owners {
    /// At the files: the attributes in which Samba and the mounted shares of Linux have them.
    #[default]
    OfFiles,
    /// From a list that was saved where the files lie.
    Saved(SavedOwners),
}

impl Owners {
    /// The owner of a file; none when it cannot be read.
    pub(super) fn of(&self, file: &File, name: &str) -> Option<Sid> {
        match self {
            Self::OfFiles => attribute_owner(file),
            Self::Saved(saved) => saved.of(name),
        }
    }
}

/// Names of the attributes that hold an owner, and the reader of each. Samba's own is there on
/// the server's disk; the other two are what the client of Linux shows of a mounted share
/// (`man 8 mount.cifs`, option `cifsacl`; kernel 5.x and newer has both).
#[cfg(target_os = "linux")]
fn attribute_owner(file: &File) -> Option<Sid> {
    ATTRIBUTES.iter().find_map(|(name, read)| {
        let mut bytes = Vec::with_capacity(MAX_ATTRIBUTE);
        rustix::fs::fgetxattr(file, *name, rustix::buffer::spare_capacity(&mut bytes)).ok()?;
        read(&bytes)
    })
}

/// No attributes are read on other systems; a saved list gives the owners.
#[cfg(not(target_os = "linux"))]
fn attribute_owner(_: &File) -> Option<Sid> {
    None
}

/// Largest value of an attribute that Linux keeps (`XATTR_SIZE_MAX`), in bytes.
#[cfg(target_os = "linux")]
const MAX_ATTRIBUTE: usize = 64 << 10;

/// Reads the owner in the value of an attribute.
type ReadOwner = fn(&[u8]) -> Option<Sid>;

/// Attributes of a file that name its owner.
const ATTRIBUTES: [(&str, ReadOwner); 3] = [
    ("security.NTACL", ntacl),
    ("system.cifs_acl", descriptor),
    ("system.cifs_ntsd", descriptor),
];

fn ntacl(bytes: &[u8]) -> Option<Sid> {
    crate::formats::security::ntacl_owner(bytes).ok().flatten()
}

fn descriptor(bytes: &[u8]) -> Option<Sid> {
    let owner = crate::formats::security::SecurityDescriptor::owner_of(bytes);
    owner.ok().flatten()
}

/// What is known of the owner of the report that a server's standing rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OwnerCheck {
    /// It is the account of the server.
    Checked,
    /// The list of servers gives no SID of the account.
    AccountUnknown,
    /// The owner cannot be read where the file lies.
    OwnerUnknown,
    /// It belongs to the file server's administrators or its system: so does a copy, and the
    /// file server's own report.
    Administrators,
}

impl OwnerCheck {
    /// Every value.
    pub const ALL: [Self; 4] = [
        Self::Checked,
        Self::AccountUnknown,
        Self::OwnerUnknown,
        Self::Administrators,
    ];

    /// The text in documents.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::AccountUnknown => "account_unknown",
            Self::OwnerUnknown => "owner_unknown",
            Self::Administrators => "administrators",
        }
    }

    /// Why the owner says nothing, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Checked => "the server's own account",
            Self::AccountUnknown => "no list gives the SID of the account",
            Self::OwnerUnknown => "owner not readable here",
            Self::Administrators => "owned by the file server's administrators",
        }
    }
}

/// Judges an owner by the account of the server; none when it is somebody else's.
pub(super) fn judge(owner: Option<Sid>, account: Option<Sid>) -> Option<OwnerCheck> {
    match (owner, account) {
        (_, None) => Some(OwnerCheck::AccountUnknown),
        (None, _) => Some(OwnerCheck::OwnerUnknown),
        _ if owner == account => Some(OwnerCheck::Checked),
        (Some(Sid::BUILTIN_ADMINISTRATORS | Sid::LOCAL_SYSTEM), _) => {
            Some(OwnerCheck::Administrators)
        }
        _ => None,
    }
}

/// What an owner says of the account that a report names as its own.
pub(super) fn word(owner: Option<Sid>, own: Option<Sid>) -> Word {
    match (owner, own) {
        (None, _) | (_, None) => Word::Told,
        (Some(Sid::BUILTIN_ADMINISTRATORS | Sid::LOCAL_SYSTEM), _) => Word::Told,
        _ if owner == own => Word::Proven,
        _ => Word::Refuted,
    }
}

/// One finding about owners and how many expected servers have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnerCount {
    /// What is known of the owners.
    pub owner: OwnerCheck,
    /// How many reports are of such an owner.
    pub servers: usize,
}

/// Expected servers with a report, by what is known of its owner.
pub(super) fn count(servers: &[Server]) -> Vec<OwnerCount> {
    let reports = || {
        let expected = servers.iter().filter(|one| one.expected);
        expected.filter_map(|one| one.report.as_ref())
    };
    OwnerCheck::ALL
        .into_iter()
        .map(|owner| OwnerCount {
            owner,
            servers: reports().filter(|report| report.owner == owner).count(),
        })
        .filter(|count| count.servers > 0)
        .collect()
}

impl Coverage {
    /// Servers whose report was not tied to their account.
    pub(super) fn owners_not_checked(&self) -> usize {
        let counts = self.owners.iter();
        counts
            .filter(|count| count.owner != OwnerCheck::Checked)
            .map(|count| count.servers)
            .sum()
    }
}

/// Owners were asked for, and are not known of every server that counts.
pub fn required_problem(coverage: &Coverage) -> Option<Problem> {
    if coverage.owners_checked {
        return None;
    }
    let message = match coverage.owners_not_checked() {
        0 => "no report counts, so that no owner was compared".to_owned(),
        servers => format!("servers whose report was not tied to their account: {servers}"),
    };
    let problem = Problem::new(
        &codes::OWNERS_NOT_CHECKED,
        REPORTS,
        message,
        "see `gangway explain GW4008` for where owners and accounts come from",
    );
    let open = coverage.owners.iter();
    Some(
        open.filter(|count| count.owner != OwnerCheck::Checked)
            .map(|count| format!("{}: {}", count.servers, count.owner.words()))
            .fold(problem, Problem::with_evidence),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_account_of_the_server_is_checked_and_others_are_refused() {
        let own: Sid = "S-1-5-21-1-2-3-1105".parse().unwrap();
        let other: Sid = "S-1-5-21-1-2-3-1106".parse().unwrap();
        for (owner, account, judged) in [
            (Some(own), Some(own), Some(OwnerCheck::Checked)),
            (Some(other), Some(own), None),
            (None, Some(own), Some(OwnerCheck::OwnerUnknown)),
            (Some(own), None, Some(OwnerCheck::AccountUnknown)),
            (None, None, Some(OwnerCheck::AccountUnknown)),
            (
                Some(Sid::BUILTIN_ADMINISTRATORS),
                Some(own),
                Some(OwnerCheck::Administrators),
            ),
            (
                Some(Sid::LOCAL_SYSTEM),
                Some(own),
                Some(OwnerCheck::Administrators),
            ),
        ] {
            assert_eq!(judge(owner, account), judged, "{owner:?} {account:?}");
        }
    }

    #[test]
    fn a_report_speaks_for_the_account_that_owns_its_file() {
        let own: Sid = "S-1-5-21-1-2-3-1105".parse().unwrap();
        let other: Sid = "S-1-5-21-1-2-3-1106".parse().unwrap();
        for (owner, named, said) in [
            (Some(own), Some(own), Word::Proven),
            (Some(other), Some(own), Word::Refuted),
            (None, Some(own), Word::Told),
            (Some(own), None, Word::Told),
            (Some(Sid::BUILTIN_ADMINISTRATORS), Some(own), Word::Told),
            (Some(Sid::LOCAL_SYSTEM), Some(own), Word::Told),
        ] {
            assert_eq!(word(owner, named), said, "{owner:?} {named:?}");
        }
    }

    #[test]
    fn documents_have_the_text_of_each_value() {
        for check in OwnerCheck::ALL {
            let written = serde_json::to_value(check).unwrap();
            assert_eq!(written, check.as_str());
        }
    }
}
