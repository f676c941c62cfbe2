//! Bringing a bundle to where servers find it: scripts for those who do it by hand, and the ways
//! to a directory and its SYSVOL share for those who let Gangway do it.

mod credentials;
mod directory;
mod filter;
mod folder;
mod host;
mod kit;
#[cfg(feature = "directory")]
mod ldap;
mod literal;
mod share;
#[cfg(unix)]
mod smbclient;

pub use credentials::{Credentials, InvalidCredentials};
pub use directory::{AttributeChange, Depth, Directory, DirectoryError, Entry, Failure};
pub use filter::Filter;
pub use folder::FolderShare;
pub use host::{HostName, InvalidHostName};
pub use kit::{Kit, KitDomain, KitError, KitFile, KitFilter, KitGpo, write};
#[cfg(feature = "directory")]
pub use ldap::{Budget, Encryption, LdapDirectory, is_answer};
pub use literal::{InvalidLiteral, PowerShell, Shell};
pub use share::{Share, ShareError, Tree};
#[cfg(unix)]
pub use smbclient::{SmbClient, read_archive};
