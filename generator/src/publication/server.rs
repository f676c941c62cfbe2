//! Which server this is, and whether it is one to publish to.

use std::collections::BTreeMap;

use super::{Contents, PublishError};
use crate::gpo::DomainName;
use crate::printable::on_one_line;
use crate::publication::plan::DomainFacts;
use crate::publication::{Depth, Directory, DirectoryError, Entry, Filter, HostName};

/// `LDAP_CAP_ACTIVE_DIRECTORY_PARTIAL_SECRETS_OID` (MS-ADTS 3.1.1.3.4.3.6): a read-only domain
/// controller.
const READ_ONLY: &str = "1.2.840.113556.1.4.1920";

/// Facts of the domain, read from the server, and held against what the bundle is for.
pub(super) fn facts(
    contents: &Contents,
    directory: &mut dyn Directory,
) -> Result<DomainFacts, PublishError> {
    facts_of(&contents.domain, directory)
}

/// [`facts`] of a domain.
pub(super) fn facts_of(
    domain: &DomainName,
    directory: &mut dyn Directory,
) -> Result<DomainFacts, PublishError> {
    let root = object(
        directory,
        "",
        &["defaultNamingContext", "supportedCapabilities"],
    )?;
    let root = root.ok_or_else(|| PublishError::server("the server shows no root object", None))?;
    let naming_context = root.text("defaultNamingContext").ok_or_else(|| {
        PublishError::server(
            "the server names no domain; it is no domain controller",
            None,
        )
    })?;
    let expected = domain.distinguished_name();
    if !naming_context.eq_ignore_ascii_case(&expected) {
        let found = on_one_line(&naming_context);
        return Err(PublishError::server(
            format!("the server is of domain `{found}`, the bundle is for `{domain}`"),
            Some("name a domain controller of that domain"),
        ));
    }
    let capabilities = root.texts("supportedCapabilities");
    if capabilities.iter().any(|one| one == READ_ONLY) {
        return Err(PublishError::server(
            "the server is a read-only domain controller",
            Some("name the PDC emulator"),
        ));
    }
    Ok(DomainFacts {
        name: domain.clone(),
        naming_context,
    })
}

/// DNS name of the domain's PDC emulator, as the directory of any of its domain controllers
/// tells it; none when the directory does not say.
///
/// # Errors
/// Refused, or the connection failed.
pub(super) fn pdc_emulator(
    directory: &mut dyn Directory,
) -> Result<Option<String>, DirectoryError> {
    let Some(domain) = root_text(directory, "defaultNamingContext")? else {
        return Ok(None);
    };
    let owner = text(directory, &domain, "fSMORoleOwner")?;
    // The owner is the server's `NTDS Settings`; the server is its parent.
    match owner.as_deref().and_then(|dn| dn.split_once(',')) {
        Some((_, server)) => text(directory, server, "dNSHostName"),
        None => Ok(None),
    }
}

/// The PDC emulator as [`pdc_emulator`] finds it, to be given the account's password: it has to
/// be of the domain, because whoever writes that name into the directory would get the password
/// otherwise.
///
/// # Errors
/// As above; or the directory names none, or one outside the domain.
pub fn pdc_emulator_of(
    domain: &DomainName,
    directory: &mut dyn Directory,
) -> Result<HostName, PublishError> {
    let named = pdc_emulator(directory)?.unwrap_or_default();
    host_of_the_domain(&named, domain).map_err(|why| {
        let named = on_one_line(&named);
        PublishError::server(
            format!("the directory names `{named}` as the PDC emulator, {why}"),
            Some("name the domain controller to write to by `--dc`"),
        )
    })
}

/// A name that stands in the directory, as one of a server that the account's password may go to; else
/// why not.
pub(super) fn host_of_the_domain(named: &str, domain: &DomainName) -> Result<HostName, String> {
    let host: HostName = named.parse().map_err(|_| "which is no server".to_owned())?;
    let (name, suffix) = (named.to_lowercase(), domain.as_str().to_lowercase());
    match name.strip_suffix(&suffix) {
        Some("") => Ok(host),
        Some(head) if head.ends_with('.') => Ok(host),
        _ => Err(format!(
            "which is not of the domain `{domain}`; no password is sent there"
        )),
    }
}

/// Primary groups of the accounts of domain controllers, and of read-only ones: the RIDs of Domain
/// Controllers and of Read-only Domain Controllers (MS-ADTS 6.1.1.3.1 and 6.1.1.3.2).
const GROUPS_OF_CONTROLLERS: [&str; 2] = ["516", "521"];

/// The domain's other domain controllers, sorted, by the DNS names that its directory has of them; by
/// distinguished name where it has none. `own` is the name of the one that is asked.
pub(super) fn others(
    domain: &DomainFacts,
    own: Option<&str>,
    directory: &mut dyn Directory,
) -> Result<Vec<String>, DirectoryError> {
    let mut others = BTreeMap::new();
    for group in GROUPS_OF_CONTROLLERS {
        let found = directory.search(
            &domain.naming_context,
            Depth::Tree,
            Filter::Equals("primaryGroupID", group),
            &["dNSHostName", "primaryGroupID"],
        )?;
        for entry in found {
            if entry.text("primaryGroupID").as_deref() != Some(group) {
                continue;
            }
            let name = entry.text("dNSHostName").unwrap_or(entry.dn);
            if !own.is_some_and(|own| own.eq_ignore_ascii_case(&name)) {
                others.insert(name.to_lowercase(), name);
            }
        }
    }
    Ok(others.into_values().collect())
}

/// An attribute of the root object, which says what the server is.
pub(super) fn root_text(
    directory: &mut dyn Directory,
    name: &str,
) -> Result<Option<String>, DirectoryError> {
    text(directory, "", name)
}

fn text(
    directory: &mut dyn Directory,
    dn: &str,
    name: &str,
) -> Result<Option<String>, DirectoryError> {
    Ok(object(directory, dn, &[name])?.and_then(|entry| entry.text(name)))
}

fn object(
    directory: &mut dyn Directory,
    dn: &str,
    attributes: &[&str],
) -> Result<Option<Entry>, DirectoryError> {
    let found = directory.search(dn, Depth::Object, Filter::All, attributes)?;
    Ok(found.into_iter().next())
}
