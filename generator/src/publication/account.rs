//! Who signs in where a publication goes to.

use super::credentials::Credentials;
#[cfg(feature = "directory")]
use super::directory::Proof;

/// Who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// One that was named, with its password.
    Named(Credentials),
    /// Whoever is signed in at this machine, by the system's own tickets.
    #[cfg(windows)]
    SignedIn,
}

impl Account {
    /// How it signs in at a directory.
    #[cfg(feature = "directory")]
    pub(super) fn proof(&self) -> Proof<'_> {
        match self {
            Self::Named(credentials) => Proof::Password(credentials),
            #[cfg(windows)]
            Self::SignedIn => Proof::Ticket(&super::directory::WindowsTickets),
        }
    }
}
