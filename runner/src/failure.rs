//! Errors of the system, sorted by what they mean for the run.

use std::fmt;

use gangway_contract::Reason;

/// One operation that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was tried, on what: `open \\files.contoso.com\…`.
    pub what: String,
    /// Error code of the system.
    pub code: u32,
    /// What kind of failure it is.
    pub kind: FailureKind,
}

impl Failure {
    /// A failure with a code of the system.
    pub fn new(what: impl Into<String>, code: u32) -> Self {
        Self {
            what: what.into(),
            code,
            kind: FailureKind::of_code(code),
        }
    }

    /// A failure that the program itself found.
    pub fn own(what: impl Into<String>, kind: FailureKind) -> Self {
        Self {
            what: what.into(),
            code: 0,
            kind,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code == 0 {
            write!(f, "{}: {}", self.what, self.kind.meaning())
        } else {
            write!(
                f,
                "{}: {} (error {})",
                self.what,
                self.kind.meaning(),
                self.code
            )
        }
    }
}

impl std::error::Error for Failure {}

/// What a failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The file or folder does not exist.
    NotFound,
    /// Server, share or network cannot be reached.
    Unreachable,
    /// Access is denied, or the server does not accept this computer's account.
    AccessDenied,
    /// Another program holds the file.
    InUse,
    /// The volume is full.
    DiskFull,
    /// An antivirus refused the file.
    Infected,
    /// Somebody else made or may change it.
    NotProtected,
    /// Anything else.
    Other,
}

impl FailureKind {
    /// Sorts an error code of Windows. The network codes cannot be seen under Wine, which
    /// answers 3 for every missing server or share.
    pub fn of_code(code: u32) -> Self {
        match code {
            // FILE_NOT_FOUND, PATH_NOT_FOUND, INVALID_NAME
            2 | 3 | 123 => Self::NotFound,
            // ACCESS_DENIED, PRIVILEGE_NOT_HELD, NETWORK_ACCESS_DENIED, LOGON_FAILURE,
            // ACCOUNT_RESTRICTION, LOGON_TYPE_NOT_GRANTED, TRUSTED_RELATIONSHIP_FAILURE,
            // TRUSTED_DOMAIN_FAILURE, WRONG_TARGET_NAME, ACCESS_DISABLED_BY_POLICY
            5 | 65 | 1260 | 1314 | 1326 | 1327 | 1385 | 1396 | 1788 | 1789 => Self::AccessDenied,
            // SHARING_VIOLATION, LOCK_VIOLATION, USER_MAPPED_FILE, BUSY
            32 | 33 | 170 | 1224 => Self::InUse,
            // HANDLE_DISK_FULL, DISK_FULL, DISK_QUOTA_EXCEEDED
            39 | 112 | 1295 => Self::DiskFull,
            // REM_NOT_LIST, DUP_NAME, BAD_NETPATH, NETWORK_BUSY, DEV_NOT_EXIST,
            // ADAP_HDW_ERR, BAD_NET_RESP, UNEXP_NET_ERR, NETNAME_DELETED, BAD_NET_NAME,
            // SHARING_PAUSED, REQ_NOT_ACCEP, SEM_TIMEOUT, NO_NET_OR_BAD_PATH, NO_NETWORK,
            // CONNECTION_REFUSED, NETWORK_UNREACHABLE, HOST_UNREACHABLE, TIMEOUT,
            // NO_LOGON_SERVERS, BAD_DEV_TYPE
            51..=55
            | 57..=59
            | 64
            | 66
            | 67
            | 70
            | 71
            | 121
            | 1203
            | 1222
            | 1225
            | 1231
            | 1232
            | 1311
            | 1460 => Self::Unreachable,
            // VIRUS_INFECTED, VIRUS_DELETED
            225 | 226 => Self::Infected,
            _ => Self::Other,
        }
    }

    /// The meaning in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NotFound => "not found",
            Self::Unreachable => "cannot be reached",
            Self::AccessDenied => "access denied",
            Self::InUse => "in use by another program",
            Self::DiskFull => "the volume is full",
            Self::Infected => "refused by an antivirus",
            Self::NotProtected => "not protected from other users",
            Self::Other => "failed",
        }
    }

    /// The reason of a run that such a failure on this machine ends.
    pub fn local_reason(self) -> Reason {
        match self {
            Self::AccessDenied => Reason::AccessDenied,
            Self::InUse | Self::Infected => Reason::FileInUse,
            Self::DiskFull => Reason::DiskFull,
            Self::NotProtected => Reason::FolderNotProtected,
            Self::NotFound | Self::Unreachable | Self::Other => Reason::StepNotStarted,
        }
    }

    /// The reason of a run that such a failure on the share ends.
    pub fn share_reason(self) -> Reason {
        match self {
            Self::AccessDenied => Reason::AccessDenied,
            Self::InUse | Self::Infected => Reason::FileInUse,
            Self::NotFound
            | Self::Unreachable
            | Self::DiskFull
            | Self::NotProtected
            | Self::Other => Reason::ShareUnreachable,
        }
    }

    /// Is it worth trying again in a minute?
    pub fn may_pass(self) -> bool {
        !matches!(
            self,
            Self::AccessDenied | Self::DiskFull | Self::NotProtected | Self::Infected
        )
    }
}

/// Is a process that could not be made worth another try in a second? Only when the system
/// was short of something: nothing has run then.
pub fn start_may_pass(code: u32) -> bool {
    // NOT_ENOUGH_MEMORY, OUTOFMEMORY, INTERNAL_ERROR, NO_SYSTEM_RESOURCES,
    // COMMITMENT_LIMIT, NOT_ENOUGH_QUOTA
    matches!(code, 8 | 14 | 1359 | 1450 | 1455 | 1816)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_tried_again_only_for_want_of_resources() {
        let again: Vec<u32> = (0..2000).filter(|&code| start_may_pass(code)).collect();
        assert_eq!(again, [8, 14, 1359, 1450, 1455, 1816]);
    }

    #[test]
    fn codes_that_only_real_servers_give_are_sorted() {
        use FailureKind::{AccessDenied, DiskFull, InUse, Infected, NotFound, Other, Unreachable};
        for (code, kind) in [
            (2, NotFound),
            (3, NotFound),
            (5, AccessDenied),
            (32, InUse),
            (53, Unreachable),
            (64, Unreachable),
            (67, Unreachable),
            (112, DiskFull),
            (121, Unreachable),
            (225, Infected),
            (1326, AccessDenied),
            (1789, AccessDenied),
            (1, Other),
        ] {
            assert_eq!(FailureKind::of_code(code), kind, "{code}");
        }
    }
}
