//! What directory and SYSVOL hold of a GPO.

use super::PublishError;
use crate::formats::digest::hex;
use crate::gpo::Guid;
use crate::gpo::security::{SecurityDescriptor, denied_to_apply};
use crate::gpo::wmi::WmiFilter;
use crate::printable::on_one_line;
use crate::publication::plan::{DomainFacts, Present, PresentFilter, PresentObject, TEMPORARY};
use crate::publication::{Depth, Directory, Entry, Filter, Share};

/// Reads everything that a plan needs.
pub(super) fn read(
    id: Guid,
    filter: Option<&WmiFilter>,
    domain: &DomainFacts,
    directory: &mut dyn Directory,
    share: &mut dyn Share,
) -> Result<Present, PublishError> {
    let mut present = Present {
        object: object(id, domain, directory)?,
        ..Present::default()
    };
    if present.object.is_some() {
        let dn = domain.gpo_dn(id);
        let children = directory.search(&dn, Depth::Children, Filter::All, &["cn"])?;
        let has = |name: &str| {
            let mut names = children.iter().filter_map(|child| child.text("cn"));
            names.any(|child| child.eq_ignore_ascii_case(name))
        };
        present.has_machine = has("Machine");
        present.has_user = has("User");
    }
    if let Some(filter) = filter {
        let dn = domain.filter_dn(filter.id);
        let names = ["msWMI-Name", "msWMI-Parm1", "msWMI-Parm2"];
        present.filter = the_object(&dn, &names, directory)?.map(|entry| PresentFilter {
            name: entry.text("msWMI-Name").unwrap_or_default(),
            description: entry.text("msWMI-Parm1").unwrap_or_default(),
            parm2: entry.text("msWMI-Parm2").unwrap_or_default(),
        });
    }
    let folder = domain.gpo_folder(id);
    if let Some(tree) = share.read_tree(&folder)? {
        present.has_folder = true;
        present.folders = tree.folders;
        present.files = tree.files;
    }
    let temporary = format!("{folder}{TEMPORARY}");
    present.has_temporary_folder = share.read_tree(&temporary)?.is_some();
    Ok(present)
}

/// The object of this very name. An answer about another one is believed in nothing.
pub(super) fn the_object(
    dn: &str,
    attributes: &[&str],
    directory: &mut dyn Directory,
) -> Result<Option<Entry>, PublishError> {
    let found = directory.search(dn, Depth::Object, Filter::All, attributes)?;
    match found.into_iter().next() {
        Some(entry) if !entry.dn.eq_ignore_ascii_case(dn) => Err(PublishError::server(
            format!(
                "asked for `{dn}`, the directory tells of `{}`",
                on_one_line(&entry.dn)
            ),
            Some("nothing was changed; look at the server's directory"),
        )),
        found => Ok(found),
    }
}

/// What tells an object from every other one, also from a later one of its name (MS-ADTS, `objectGUID`).
const OBJECT_GUID: &str = "objectGUID";

fn guid_of(entry: &Entry) -> Option<String> {
    entry.bytes(OBJECT_GUID).map(hex)
}

/// The `objectGUID` of a GPO, in hexadecimal.
pub(super) fn object_guid(
    id: Guid,
    domain: &DomainFacts,
    directory: &mut dyn Directory,
) -> Result<Option<String>, PublishError> {
    let found = the_object(&domain.gpo_dn(id), &[OBJECT_GUID], directory)?;
    Ok(found.as_ref().and_then(guid_of))
}

fn object(
    id: Guid,
    domain: &DomainFacts,
    directory: &mut dyn Directory,
) -> Result<Option<PresentObject>, PublishError> {
    let found = the_object(
        &domain.gpo_dn(id),
        &[
            "displayName",
            "flags",
            "versionNumber",
            "gPCMachineExtensionNames",
            "gPCWQLFilter",
            "adminDescription",
            OBJECT_GUID,
            "nTSecurityDescriptor",
        ],
        directory,
    )?;
    let number = |text: Option<String>| {
        // The directory's integers are signed; versions use all 32 bits.
        let text = text.unwrap_or_default();
        let signed: Option<i32> = text.parse().ok();
        signed
            .map(i32::cast_unsigned)
            .or_else(|| text.parse().ok())
            .unwrap_or_default()
    };
    Ok(found.map(|entry| PresentObject {
        display_name: entry.text("displayName").unwrap_or_default(),
        flags: number(entry.text("flags")),
        version: number(entry.text("versionNumber")),
        machine_extensions: entry.text("gPCMachineExtensionNames"),
        wql_filter: entry.text("gPCWQLFilter"),
        marker: entry.text("adminDescription"),
        guid: guid_of(&entry),
        denied: entry
            .bytes("nTSecurityDescriptor")
            .and_then(|bytes| SecurityDescriptor::from_bytes(bytes).ok())
            .map(|descriptor| denied_to_apply(&descriptor))
            .unwrap_or_default(),
    }))
}
