//! Which server this is, and whether it is one to publish to.

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
    let expected = contents.domain.distinguished_name();
    if !naming_context.eq_ignore_ascii_case(&expected) {
        let found = on_one_line(&naming_context);
        return Err(PublishError::server(
            format!(
                "the server is of domain `{found}`, the bundle is for `{}`",
                contents.domain
            ),
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
        name: contents.domain.clone(),
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
    let refused = |why: &str| {
        let named = on_one_line(&named);
        PublishError::server(
            format!("the directory names `{named}` as the PDC emulator, {why}"),
            Some("name the domain controller to write to by `--dc`"),
        )
    };
    let host: HostName = named.parse().map_err(|_| refused("which is no server"))?;
    let (name, suffix) = (named.to_lowercase(), domain.as_str().to_lowercase());
    match name.strip_suffix(&suffix) {
        Some("") => Ok(host),
        Some(head) if head.ends_with('.') => Ok(host),
        _ => Err(refused(&format!(
            "which is not of the domain `{domain}`; no password is sent there"
        ))),
    }
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
