//! The one server that a publication writes to: its directory and its SYSVOL.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::PublishError;
use super::account::Account;

use super::directory::{Budget, DirectoryError, Encryption, LdapDirectory};
use super::host::{HostName, InvalidHostName};
use super::replication::{Opened, Replicas};
use super::server::pdc_emulator_of;
#[cfg(unix)]
use super::share::SmbClient;
use super::share::{FolderShare, Share};
use crate::gpo::DomainName;

/// Which server, and how it is reached.
#[derive(Debug, Clone)]
pub struct ServerChoice {
    /// A domain controller; none for the one that the directory names as PDC emulator.
    pub host: Option<HostName>,
    /// How the directory is reached.
    pub encryption: Encryption,
    /// A folder that SYSVOL is reached by; none for the server's share.
    pub sysvol: Option<PathBuf>,
}

/// A signed-in connection.
pub struct Connection {
    /// The server.
    pub host: HostName,
    /// LDAP under TLS, bound.
    pub directory: LdapDirectory,
    /// Its SYSVOL.
    pub share: Box<dyn Share>,
}

impl Connection {
    /// Signs in at a domain controller of the domain. Two connections at most, within one budget
    /// of answers and time.
    ///
    /// # Errors
    /// Nobody answers, the account is refused, or the directory names a PDC emulator elsewhere.
    pub fn open(
        choice: &ServerChoice,
        domain: &DomainName,
        account: &Account,
    ) -> Result<Self, PublishError> {
        let budget = Budget::default();
        let open = |host: &HostName| -> Result<LdapDirectory, DirectoryError> {
            LdapDirectory::connect(host, choice.encryption, account.proof(), &budget)
        };
        let (host, directory) = match &choice.host {
            Some(host) => (host.clone(), open(host)?),
            None => {
                let host = pdc_emulator_of(domain, &mut any_of(domain, open)?)?;
                let directory = open(&host)?;
                (host, directory)
            }
        };
        let share: Box<dyn Share> = match &choice.sysvol {
            Some(folder) => Box::new(FolderShare::new(folder.clone())),
            None => share_of(&host, "sysvol", account),
        };
        Ok(Self {
            host,
            directory,
            share,
        })
    }
}

/// Signs in at a domain controller, and asks it nothing.
///
/// # Errors
/// Nobody answers, or the account is refused.
pub fn sign_in(host: &HostName, account: &Account) -> Result<(), DirectoryError> {
    let budget = Budget::default();
    LdapDirectory::connect(host, Encryption::Tls, account.proof(), &budget).map(drop)
}

/// The domain's other domain controllers: each look is a connection of its own, with a budget of its own.
pub struct LiveReplicas<'a> {
    encryption: Encryption,
    account: Account,
    begun: Instant,
    pause: &'a mut dyn FnMut(Duration, &str),
}

impl<'a> LiveReplicas<'a> {
    /// They are reached as the chosen server is, by the same account; `pause` lets time pass and says
    /// meanwhile who is waited for.
    pub fn new(
        choice: &ServerChoice,
        account: &Account,
        pause: &'a mut dyn FnMut(Duration, &str),
    ) -> Self {
        Self {
            encryption: choice.encryption,
            account: account.clone(),
            begun: Instant::now(),
            pause,
        }
    }
}

impl Replicas for LiveReplicas<'_> {
    /// The directory first: its certificate proves the name before anybody signs in at its share.
    fn open(&mut self, host: &HostName) -> Result<Opened, PublishError> {
        let budget = Budget::default();
        let proof = self.account.proof();
        let directory = LdapDirectory::connect(host, self.encryption, proof, &budget)?;
        let share = share_of(host, "sysvol", &self.account);
        Ok((Box::new(directory), share))
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn pause(&mut self, time: Duration, waiting: &str) {
        (self.pause)(time, waiting);
    }
}

/// The domain's own name leads to one of its domain controllers.
fn any_of(
    domain: &DomainName,
    open: impl Fn(&HostName) -> Result<LdapDirectory, DirectoryError>,
) -> Result<LdapDirectory, PublishError> {
    let name = domain
        .as_str()
        .parse()
        .map_err(|error: InvalidHostName| PublishError::server(error.to_string(), None))?;
    Ok(open(&name)?)
}

/// A share of a server, as this system reaches it.
#[cfg(unix)]
fn share_of(host: &HostName, name: &str, account: &Account) -> Box<dyn Share> {
    let Account::Named(credentials) = account;
    Box::new(SmbClient::new(host, name, credentials))
}

/// A share of a server; the system signs in as the user who is.
#[cfg(windows)]
fn share_of(host: &HostName, name: &str, _: &Account) -> Box<dyn Share> {
    Box::new(FolderShare::new(PathBuf::from(format!(r"\\{host}\{name}"))))
}
