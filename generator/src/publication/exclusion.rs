//! The group whose members the onboarding task does not reach: a denial of *Apply group policy* on the
//! GPO's object, which Group Policy looks at for each server (MS-GPOL 3.2.5.1.6). Only the task's policy
//! has it: without the settings, passive mode would end on the members.
//!
//! A backup cannot carry it: `Import-GPO` gives the target the directory's default, and a group that is
//! named by its name has no SID before a domain is asked.

use std::collections::BTreeSet;

use super::execute::Executor;
use super::plan::{Desired, DomainFacts, Present, Step};
use super::{Contents, Depth, DirectoryError, Entry, Failure, Filter, PublishError};
use crate::gpo::security::{
    Ace, MalformedDescriptor, SecurityDescriptor, Sid, denial_of_apply, denied_to_apply,
    with_denial, without_entry,
};
use crate::printable::on_one_line;

/// Bit of `groupType` (MS-ADTS 2.2.12): the group may stand in lists of permissions.
const SECURITY_ENABLED: u32 = 0x8000_0000;
/// Relative ids below it are of accounts that every domain has (MS-DTYP 2.4.2.4), whose members are not
/// told by `memberOf`: of *Domain Computers*, everybody would be left out.
const FIRST_OWN_RID: u32 = 1000;
/// Attribute that holds the permissions of an object.
const DESCRIPTOR: &str = "nTSecurityDescriptor";

/// The group, as the directory has it.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// As the config names it.
    pub(super) named: String,
    pub(super) dn: String,
    pub(super) sid: Sid,
}

impl Executor<'_> {
    /// The group that the bundle leaves out, looked up in the domain.
    pub(super) fn excluded_group(
        &mut self,
        contents: &Contents,
        domain: &DomainFacts,
    ) -> Result<Option<Group>, PublishError> {
        let Some(named) = &contents.exclude_group else {
            return Ok(None);
        };
        let by = if named.parse::<Sid>().is_ok() {
            "objectSid"
        } else {
            "sAMAccountName"
        };
        let found = self.group_by(by, named, domain)?;
        let unfit = |why: &str| {
            PublishError::server(
                format!("`gpo.exclude_group` names `{named}`, {why}"),
                Some("it takes the name of a security group of the domain, or its SID"),
            )
        };
        let group = found.ok_or_else(|| unfit("which is no security group of the domain"))?;
        match group.sid.parts().last() {
            Some(rid) if *rid >= FIRST_OWN_RID => Ok(Some(group)),
            _ => Err(unfit("a group that every domain has; make one of your own")),
        }
    }

    /// The one security group whose attribute is this text.
    fn group_by(
        &mut self,
        attribute: &'static str,
        named: &str,
        domain: &DomainFacts,
    ) -> Result<Option<Group>, PublishError> {
        let found = self.directory.search(
            &domain.naming_context,
            Depth::Tree,
            Filter::Equals(attribute, named),
            &["sAMAccountName", "objectSid", "groupType"],
        )?;
        let mut groups = found.into_iter().filter_map(|entry| {
            let kind: i32 = entry.text("groupType")?.parse().ok()?;
            let (sid, _) = Sid::from_bytes(entry.bytes("objectSid")?)?;
            let name = entry.text("sAMAccountName").unwrap_or_default();
            let is_it = named.parse() == Ok(sid) || name.eq_ignore_ascii_case(named);
            (is_it && kind.cast_unsigned() & SECURITY_ENABLED != 0).then_some(Group {
                named: named.to_owned(),
                dn: entry.dn,
                sid,
            })
        });
        Ok(groups.next())
    }

    /// A group by what stands in a list of permissions.
    pub(super) fn group_of(
        &mut self,
        sid: Sid,
        domain: &DomainFacts,
    ) -> Result<Option<Group>, PublishError> {
        self.group_by("objectSid", &sid.to_string(), domain)
    }

    /// Whom a GPO's object keeps from applying it; nobody where it has none that can be read.
    pub(super) fn denied_by(&mut self, dn: &str) -> Result<Vec<Sid>, PublishError> {
        let bytes = self.descriptor(dn)?.unwrap_or_default();
        let descriptor = SecurityDescriptor::from_bytes(&bytes);
        Ok(descriptor
            .map(|one| denied_to_apply(&one))
            .unwrap_or_default())
    }

    fn descriptor(&mut self, dn: &str) -> Result<Option<Vec<u8>>, PublishError> {
        let found = self
            .directory
            .search(dn, Depth::Object, Filter::All, &[DESCRIPTOR])?;
        let entry = found.first();
        Ok(entry
            .and_then(|entry| entry.bytes(DESCRIPTOR))
            .map(<[u8]>::to_vec))
    }

    /// Tells of denials that are not the config's: they stay, whoever made them.
    pub(super) fn tell_other_denials(
        &mut self,
        gpo: &Desired,
        present: &Present,
        group: Option<&Group>,
    ) {
        let denied = present.object.iter().flat_map(|object| &object.denied);
        for sid in denied.filter(|sid| group.is_none_or(|group| group.sid != **sid)) {
            self.note(&format!(
                "GPO `{}` may not be applied by {sid}, which `gpo.exclude_group` does not name: that stays; \
                 where it is not meant, take it away in Group Policy Management, at *Delegation*",
                gpo.display_name
            ));
        }
    }

    /// Denies the right, or takes the denial away, and reads back what that came to.
    pub(super) fn deny(&mut self, dn: &str, sid: Sid, denies: bool) -> Result<(), PublishError> {
        type Edit = fn(&[u8], &Ace) -> Result<Option<Vec<u8>>, MalformedDescriptor>;
        let (edit, wanted): (Edit, _) = match denies {
            true => (with_denial, "may still apply it"),
            false => (without_entry, "may still not apply it"),
        };
        let bytes = self.descriptor(dn)?.unwrap_or_default();
        let changed = edit(&bytes, &denial_of_apply(sid)).map_err(|error| {
            PublishError::server(
                format!("the permissions of `{dn}` cannot be changed: {error}"),
                None,
            )
        })?;
        if let Some(changed) = changed {
            self.directory.set_permissions(dn, &changed)?;
        }
        if self.denied_by(dn)?.contains(&sid) == denies {
            return Ok(());
        }
        Err(PublishError::server(
            format!("the permissions of `{dn}` were written, and {sid} {wanted}"),
            Some("look at *Delegation* of the GPO in Group Policy Management"),
        ))
    }
}

/// The step that denies, where the GPO's object does not yet; before any client sees the GPO.
pub(super) fn deny_in(steps: &mut Vec<Step>, present: &Present, dn: String, group: &Group) -> bool {
    let object = present.object.as_ref();
    if object.is_some_and(|object| object.denied.contains(&group.sid)) {
        return false;
    }
    let is_of_the_object =
        |step: &Step| matches!(step, Step::AddObject { dn: one, .. } if one.ends_with(&dn));
    let at = steps
        .iter()
        .rposition(is_of_the_object)
        .map_or(0, |at| at + 1);
    let step = Step::DenyApply {
        dn,
        group: on_one_line(&group.named).into_owned(),
        sid: group.sid,
    };
    steps.insert(at, step);
    true
}

/// Are all servers that two policies could reach kept from the onboarding?
pub(super) enum Apart {
    /// Each is in one of these groups.
    By(Vec<String>),
    /// Nobody can say so; why, where somebody is kept from it at all.
    NotShown(Option<String>),
}

/// Words for it.
pub(super) fn apart(place: &str, groups: &[String]) -> String {
    format!(
        "every server below `{}` is in a group that may not apply the onboarding ({}), so both policies may be \
         linked there; a membership counts from a server's next restart on, and a server that comes later \
         needs it as well",
        on_one_line(place),
        groups.join(", ")
    )
}

/// End of the classes of service accounts, which are computers, too.
const NOT_A_COMPUTER: &str = "managedserviceaccount";
/// `ADS_UF_ACCOUNTDISABLE` (MS-ADTS 2.2.16).
const DISABLED: u32 = 2;
/// How many servers are named.
const NAMED: usize = 5;

/// Is every server below `place` in a group that is among `denied`?
pub(super) fn kept_apart(
    place: &str,
    denied: &[Sid],
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Apart, PublishError> {
    let (mut groups, mut members) = (Vec::new(), BTreeSet::new());
    for sid in denied {
        let Some(group) = executor.group_of(*sid, domain)? else {
            continue;
        };
        let filter = Filter::MembersOf(&group.dn);
        let found = match executor
            .directory
            .search(place, Depth::Tree, filter, &["cn"])
        {
            Ok(found) => found,
            Err(error) => return not_told(place, error),
        };
        members.extend(found.into_iter().map(|entry| entry.dn.to_lowercase()));
        groups.push(format!("`{}`", on_one_line(&group.dn)));
    }
    if groups.is_empty() {
        return Ok(Apart::NotShown(None));
    }
    let servers = match executor.directory.search(
        place,
        Depth::Tree,
        Filter::Equals("objectClass", "computer"),
        &["objectClass", "userAccountControl", "operatingSystem"],
    ) {
        Ok(found) => found,
        Err(error) => return not_told(place, error),
    };
    let mut servers: Vec<String> = servers
        .into_iter()
        .filter(is_a_server)
        .map(|entry| entry.dn)
        .collect();
    if servers.is_empty() {
        let why = format!(
            "no server lies below `{}` yet of which the group could be known",
            on_one_line(place)
        );
        return Ok(Apart::NotShown(Some(why)));
    }
    servers.retain(|dn| !members.contains(&dn.to_lowercase()));
    if servers.is_empty() {
        return Ok(Apart::By(groups));
    }
    let more = servers.len().saturating_sub(NAMED);
    servers.truncate(NAMED);
    let named: Vec<String> = servers
        .iter()
        .map(|dn| format!("`{}`", on_one_line(dn)))
        .collect();
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    Ok(Apart::NotShown(Some(format!(
        "not in {}: {}{more}",
        groups.join(" nor in "),
        named.join(", ")
    ))))
}

/// A server that was not told counts for one that is not in the group.
fn not_told(place: &str, error: DirectoryError) -> Result<Apart, PublishError> {
    match error.failure {
        Failure::Other => Ok(Apart::NotShown(Some(format!(
            "which servers lie below `{}`, and which are in the group, cannot be told: {}",
            on_one_line(place),
            on_one_line(&error.why)
        )))),
        _ => Err(error.into()),
    }
}

/// Is it an account of a computer that is a server for all that is known?
fn is_a_server(entry: &Entry) -> bool {
    let classes = entry.texts("objectClass");
    let classes = || classes.iter().map(|class| class.to_lowercase());
    let control = entry.text("userAccountControl");
    let control: u32 = control.and_then(|text| text.parse().ok()).unwrap_or(0);
    let system = entry.text("operatingSystem").unwrap_or_default();
    classes().any(|class| class == "computer")
        && !classes().any(|class| class.ends_with(NOT_A_COMPUTER))
        && control & DISABLED == 0
        && (system.is_empty() || system.to_lowercase().contains("server"))
}
