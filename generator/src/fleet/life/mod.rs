//! What became of servers: renamed, installed anew, copied, out of service.
//!
//! A server's name is the only thing that reports are counted by, and a name is no machine. Three identities
//! in a report tell machines apart: the SID of the account in the domain, which stays when a server is
//! renamed; the SID of the machine, which Windows Setup makes; and the sensor's own. Each is the word of
//! whoever wrote the report, so nothing here changes where a server stands or how many are done: it is named,
//! with what to do, and says whether the file server vouches for it (`owners`).

mod judge;
mod machine;
mod problems;

use gangway_contract::UtcTime;
use schemars::JsonSchema;
use serde::Serialize;

pub(super) use judge::judge;
pub(super) use machine::{Machine, Told, Trace, Word};
pub(super) use problems::problems;

/// Other names that stand beside a server before the rest is only counted.
const NAMES: usize = 5;

/// What became of a server, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LifeKind {
    /// Its sensor has the identity of another server's.
    Cloned,
    /// More than one machine reports under its name.
    OneName,
    /// Servers of several names report as one account, at the same time or as different machines.
    OneAccount,
    /// Its Windows has the SID of another server's.
    OneMachineSid,
    /// One machine, first under one name and then under another, with another account.
    RenamedOrCloned,
    /// It has another name now.
    Renamed,
    /// It had another name before.
    RenamedFrom,
    /// Windows was installed anew, or another machine has its name now.
    Reinstalled,
    /// The list says that its account is disabled.
    AccountDisabled,
}

impl LifeKind {
    /// Every value.
    pub const ALL: [Self; 9] = [
        Self::Cloned,
        Self::OneName,
        Self::OneAccount,
        Self::OneMachineSid,
        Self::RenamedOrCloned,
        Self::Renamed,
        Self::RenamedFrom,
        Self::Reinstalled,
        Self::AccountDisabled,
    ];

    /// The words for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Cloned => "its sensor has the identity of another server's",
            Self::OneName => "more than one machine reports under this name",
            Self::OneAccount => "reports as the account of another server",
            Self::OneMachineSid => "its Windows has the SID of another server's",
            Self::RenamedOrCloned => "the machine of another name: renamed, or a copy",
            Self::Renamed => "renamed",
            Self::RenamedFrom => "had another name",
            Self::Reinstalled => "installed anew, or replaced under its name",
            Self::AccountDisabled => "its account is disabled",
        }
    }

    /// What the administrator does next.
    pub const fn next_action(self) -> &'static str {
        match self {
            Self::Cloned => {
                "give each copy a sensor of its own, and clean the image that they come from \
                 (`gangway explain GW4052`)"
            }
            Self::OneName => {
                "find the machines: rename one or shut it down, and compare the owners of the report files \
                 (`gangway explain GW4053`)"
            }
            Self::OneAccount => {
                "compare the owners of the report files: one of the names is not the account's \
                 (`gangway explain GW4053`)"
            }
            Self::OneMachineSid => {
                "install copies from an image that Sysprep prepared (`gangway explain GW4052`)"
            }
            Self::RenamedOrCloned => {
                "see whether the machine of the older name still runs: when it does, one is a copy of the other \
                 (`gangway explain GW4050`); when it does not, export the list again"
            }
            Self::Renamed => {
                "export the list of servers again where it has the old name; delete the reports of that name once no \
                 more come (`gangway explain GW4050`)"
            }
            Self::RenamedFrom => "export the list of servers again where it lacks this name",
            Self::Reinstalled => {
                "see that it was meant; its earlier device in the portal turns inactive by itself"
            }
            Self::AccountDisabled => {
                "delete its reports when it is out of service; when it still runs, offboard it or enable its \
                 account"
            }
        }
    }
}

/// What became of a server, as reports tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Life {
    /// What it is.
    pub kind: LifeKind,
    /// The other names of the machine, or whose identity it has, the first of them.
    pub names: Vec<String>,
    /// How many more there are.
    pub more_names: usize,
    /// When that began to show: the first report of what is there now.
    pub since: Option<UtcTime>,
    /// Do the report files belong to the account, as the file server says? If not, it is the word of whoever
    /// wrote them.
    pub proven: bool,
    /// What the administrator does next.
    pub next_action: &'static str,
}

impl Life {
    fn new(kind: LifeKind) -> Self {
        Self {
            kind,
            names: Vec::new(),
            more_names: 0,
            since: None,
            proven: false,
            next_action: kind.next_action(),
        }
    }

    /// The account is disabled, as the list says.
    pub(super) fn of_disabled_account() -> Self {
        Self::new(LifeKind::AccountDisabled)
    }

    /// In words: what it is, and the other names.
    pub fn words(&self) -> String {
        let words = self.kind.words();
        let names = self.names.join(", ");
        match (self.names.is_empty(), self.more_names) {
            (true, _) => words.to_owned(),
            (false, 0) => format!("{words}: {names}"),
            (false, more) => format!("{words}: {names} and {more} more"),
        }
    }
}
