//! The directory over LDAP, always encrypted, the server's certificate always checked.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use ldap3::controls::RawControl;
use ldap3::{LdapConn, LdapConnSettings, LdapError, LdapResult, Mod, Scope, SearchEntry};

use super::credentials::Credentials;
use super::directory::{AttributeChange, Depth, Directory, DirectoryError, Entry, Failure};
use super::host::HostName;

/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// LDAPS, port 636.
    Tls,
    /// StartTLS on port 389.
    StartTls,
}

/// A bound connection.
pub struct LdapDirectory {
    connection: LdapConn,
}

impl std::fmt::Debug for LdapDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LdapDirectory")
    }
}

/// Asks for owner, group and list of a descriptor, without the system list, which only
/// auditors may read (`LDAP_SERVER_SD_FLAGS_OID`, MS-ADTS 3.1.1.3.4.1.11).
const DESCRIPTOR_FLAGS: &str = "1.2.840.113556.1.4.801";
/// The value 7 as a BER sequence of one integer.
const OWNER_GROUP_DACL: [u8; 5] = [0x30, 0x03, 0x02, 0x01, 0x07];
/// Deletes what is below too (`LDAP_SERVER_TREE_DELETE_OID`).
const TREE_DELETE: &str = "1.2.840.113556.1.4.805";

impl LdapDirectory {
    /// Connects and binds with a password; never without encryption.
    ///
    /// Roots of trust are the system's; the variable `SSL_CERT_FILE` names others.
    ///
    /// # Errors
    /// No connection, a certificate that is not trusted, or a refused password.
    pub fn connect(
        host: &HostName,
        encryption: Encryption,
        credentials: &Credentials,
    ) -> Result<Self, DirectoryError> {
        let (url, start_tls) = match encryption {
            Encryption::Tls => (format!("ldaps://{host}"), false),
            Encryption::StartTls => (format!("ldap://{host}"), true),
        };
        let settings = LdapConnSettings::new()
            .set_starttls(start_tls)
            .set_conn_timeout(TIMEOUT);
        let doing = format!("connect to `{url}`");
        let mut connection = LdapConn::with_settings(settings, &url).map_err(|error| {
            let mut failed = failed(&doing, &error);
            failed.why.push_str(
                "\nhint: this machine must resolve the name and reach the port; the server needs \
                 a certificate for this very name that this machine trusts (`SSL_CERT_FILE` \
                 names a file with its root)",
            );
            failed
        })?;
        let doing = format!("sign in to `{url}` as `{}`", credentials.user());
        let bound = connection
            .with_timeout(TIMEOUT)
            .simple_bind(credentials.user(), credentials.password())
            .map_err(|error| failed(&doing, &error))?;
        check(&doing, &bound)?;
        Ok(Self { connection })
    }
}

fn failed(doing: &str, error: &LdapError) -> DirectoryError {
    let mut why = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if !why.contains(&text) {
            why.push_str(": ");
            why.push_str(&text);
        }
        source = cause.source();
    }
    DirectoryError {
        doing: doing.to_owned(),
        failure: Failure::Other,
        why,
    }
}

/// Result codes of RFC 4511, appendix A.
fn check(doing: &str, result: &LdapResult) -> Result<(), DirectoryError> {
    let failure = match result.rc {
        0 => return Ok(()),
        16 => Failure::Conflict,
        32 => Failure::NoSuchObject,
        50 => Failure::NoAccess,
        _ => Failure::Other,
    };
    let meaning = match result.rc {
        8 => "the server wants an encrypted connection",
        16 => "the value to replace is not there",
        32 => "there is no such object",
        49 => "account name or password are wrong",
        50 => "the account may not do this",
        68 => "the object is there already",
        _ => "refused",
    };
    let why = format!("{meaning} (result {}) {}", result.rc, result.text);
    Err(DirectoryError {
        doing: doing.to_owned(),
        failure,
        why: why.trim().to_owned(),
    })
}

impl Directory for LdapDirectory {
    fn search(
        &mut self,
        base: &str,
        depth: Depth,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<Entry>, DirectoryError> {
        let doing = format!("search `{base}`");
        let scope = match depth {
            Depth::Object => Scope::Base,
            Depth::Children => Scope::OneLevel,
            Depth::Tree => Scope::Subtree,
        };
        let control = RawControl {
            ctype: DESCRIPTOR_FLAGS.to_owned(),
            crit: false,
            val: Some(OWNER_GROUP_DACL.to_vec()),
        };
        let found = self
            .connection
            .with_controls(control)
            .with_timeout(TIMEOUT)
            .search(base, scope, filter, attributes)
            .map_err(|error| failed(&doing, &error))?;
        match check(&doing, &found.1) {
            Ok(()) => {}
            Err(error) if error.failure == Failure::NoSuchObject => return Ok(Vec::new()),
            Err(error) => return Err(error),
        }
        let entries = found.0.into_iter().filter(|entry| !entry.is_ref());
        Ok(entries
            .map(|entry| entry_of(SearchEntry::construct(entry)))
            .collect())
    }

    fn add(&mut self, dn: &str, attributes: &[(String, String)]) -> Result<(), DirectoryError> {
        let doing = format!("add `{dn}`");
        let attributes = attributes
            .iter()
            .map(|(name, value)| (name.as_str(), HashSet::from([value.as_str()])))
            .collect();
        let result = self
            .connection
            .with_timeout(TIMEOUT)
            .add(dn, attributes)
            .map_err(|error| failed(&doing, &error))?;
        check(&doing, &result)
    }

    fn modify(&mut self, dn: &str, changes: &[AttributeChange]) -> Result<(), DirectoryError> {
        let doing = format!("change `{dn}`");
        let changes = changes
            .iter()
            .map(|change| match change {
                AttributeChange::Replace(name, value) => {
                    Mod::Replace(name.as_str(), value.iter().map(String::as_str).collect())
                }
                AttributeChange::Delete(name, value) => {
                    Mod::Delete(name.as_str(), HashSet::from([value.as_str()]))
                }
                AttributeChange::Add(name, value) => {
                    Mod::Add(name.as_str(), HashSet::from([value.as_str()]))
                }
            })
            .collect();
        let result = self
            .connection
            .with_timeout(TIMEOUT)
            .modify(dn, changes)
            .map_err(|error| failed(&doing, &error))?;
        check(&doing, &result)
    }

    fn delete_tree(&mut self, dn: &str) -> Result<(), DirectoryError> {
        let doing = format!("delete `{dn}`");
        let control = RawControl {
            ctype: TREE_DELETE.to_owned(),
            crit: true,
            val: None,
        };
        let result = self
            .connection
            .with_controls(control)
            .with_timeout(TIMEOUT)
            .delete(dn)
            .map_err(|error| failed(&doing, &error))?;
        check(&doing, &result)
    }
}

/// Values that are text and values that are not stand in two maps of the library.
fn entry_of(found: SearchEntry) -> Entry {
    let mut attributes: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for (name, values) in found.attrs {
        let values = values.into_iter().map(String::into_bytes);
        attributes
            .entry(name.to_lowercase())
            .or_default()
            .extend(values);
    }
    for (name, values) in found.bin_attrs {
        attributes
            .entry(name.to_lowercase())
            .or_default()
            .extend(values);
    }
    Entry {
        dn: found.dn,
        attributes,
    }
}
