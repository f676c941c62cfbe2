//! A directory service as publication needs it: four operations behind a trait, so that tests
//! can cut at each of them.

use std::collections::BTreeMap;
use std::fmt;

mod filter;
#[cfg(feature = "directory")]
mod ldap;

pub use filter::Filter;
#[cfg(all(windows, feature = "directory"))]
pub(super) use ldap::WindowsTickets;
#[cfg(feature = "directory")]
pub use ldap::{
    Budget, ContextStep, Encryption, LdapDirectory, Proof, SignedIn, Tickets, is_answer,
};

/// How deep a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The object itself.
    Object,
    /// What lies right below it (`singleLevel`).
    Children,
    /// Everything below it, itself included.
    Tree,
}

/// An object as a search gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Distinguished name.
    pub dn: String,
    /// Attribute names in lower case, and their values.
    pub attributes: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Entry {
    /// First value of an attribute as text.
    pub fn text(&self, name: &str) -> Option<String> {
        let values = self.attributes.get(&name.to_lowercase())?;
        values
            .first()
            .map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// All values of an attribute as texts.
    pub fn texts(&self, name: &str) -> Vec<String> {
        let values = self.attributes.get(&name.to_lowercase());
        let values = values.into_iter().flatten();
        values
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect()
    }

    /// First value of an attribute as bytes.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        let values = self.attributes.get(&name.to_lowercase())?;
        values.first().map(Vec::as_slice)
    }
}

/// What one `modify` does to an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeChange {
    /// Whatever was there becomes this; none clears the attribute.
    Replace(String, Option<String>),
    /// Exactly this value goes; fails when it is another.
    Delete(String, String),
    /// This value is added.
    Add(String, String),
}

/// Why an operation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The account could not sign in. Trying again may lock it.
    NotSignedIn,
    /// Whoever is signed in has no ticket for the server, or one that it refuses.
    NoTicket,
    /// The server takes no tickets.
    NeedsPassword,
    /// The account may not.
    NoAccess,
    /// There is no such object.
    NoSuchObject,
    /// The value to take away is not there: somebody else wrote meanwhile.
    Conflict,
    /// Nobody answers, or nobody with a certificate that this machine trusts.
    NoConnection,
    /// Anything else.
    Other,
}

impl Failure {
    /// What to do next.
    pub const fn hint(self) -> Option<&'static str> {
        match self {
            Self::NoAccess => Some(
                "use an account that may create GPOs (Group Policy Creator Owners, or Domain Admins)",
            ),
            Self::Conflict => Some("somebody else changed the GPO meanwhile; publish again"),
            Self::NotSignedIn => Some(
                "nothing is tried again, because repeated tries lock an account; correct the \
                 account or the password first",
            ),
            Self::NoTicket => Some(
                "sign in to Windows with an account of the domain, or of one that it trusts: a local \
                 account has no tickets; the clock may be five minutes off the domain controller's at \
                 most (`w32tm /query /status`), and `klist get` with the name of the ticket shows what \
                 Windows says; or name an account by `--user`, which signs in with its password",
            ),
            Self::NeedsPassword => {
                Some("name an account by `--user`, which signs in with its password")
            }
            Self::NoConnection => Some(
                "this machine must resolve the name and reach the port; the server needs a \
                 certificate for this very name that this machine trusts (`SSL_CERT_FILE` names a \
                 file with its root); or name a domain controller by `--dc`",
            ),
            Self::NoSuchObject | Self::Other => None,
        }
    }
}

/// An operation on the directory that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryError {
    /// What was tried, in words.
    pub doing: String,
    /// Which kind of failure.
    pub failure: Failure,
    /// What the server or the library says.
    pub why: String,
}

impl fmt::Display for DirectoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.doing, self.why)
    }
}

impl std::error::Error for DirectoryError {}

/// The operations.
pub trait Directory {
    /// Objects below `base`; none when there is no `base`.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn search(
        &mut self,
        base: &str,
        depth: Depth,
        filter: Filter<'_>,
        attributes: &[&str],
    ) -> Result<Vec<Entry>, DirectoryError>;

    /// Adds an object.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn add(&mut self, dn: &str, attributes: &[(String, String)]) -> Result<(), DirectoryError>;

    /// Changes an object: all changes or none.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn modify(&mut self, dn: &str, changes: &[AttributeChange]) -> Result<(), DirectoryError>;

    /// Gives an object the list of permissions of this descriptor, self-relative (MS-DTYP 2.4.6); its
    /// owner and system list stay.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn set_permissions(&mut self, dn: &str, descriptor: &[u8]) -> Result<(), DirectoryError>;

    /// Deletes an object and what is below it.
    ///
    /// # Errors
    /// Refused, or the connection failed.
    fn delete_tree(&mut self, dn: &str) -> Result<(), DirectoryError>;
}
