//! What is looked at before the first change, so that nothing is refused half way.

use super::execute::Executor;
use super::{PublishError, link_change};
use crate::printable::on_one_line;
use crate::publication::plan::{Desired, DomainFacts, Present, Refused};
use crate::publication::{Depth, DirectoryError, Failure, Filter};

/// Attributes that the account may write (MS-ADTS 3.1.1.4.5.21).
const ATTRIBUTES: &str = "allowedAttributesEffective";
/// Classes of objects that it may add (MS-ADTS 3.1.1.4.5.19).
const CHILDREN: &str = "allowedChildClassesEffective";
/// Which parts of its descriptor it may write (MS-ADTS 3.1.1.4.5.4), and the bit of the list of
/// permissions.
const PERMISSIONS: (&str, u32) = ("sDRightsEffective", 4);

impl Executor<'_> {
    /// Two GPOs of one name are two tasks on every server: one came from an import by hand.
    pub(super) fn check_name(
        &mut self,
        gpo: &Desired,
        domain: &DomainFacts,
    ) -> Result<(), PublishError> {
        let others = self.others_of_the_name(gpo, domain)?;
        match others.into_iter().next() {
            Some(id) => Err(Refused::SameName {
                id: on_one_line(&id).into_owned(),
                name: gpo.display_name.clone(),
            }
            .into()),
            None => Ok(()),
        }
    }

    /// GPOs that have the name and are others, by what stands for their GUID.
    pub(super) fn others_of_the_name(
        &mut self,
        gpo: &Desired,
        domain: &DomainFacts,
    ) -> Result<Vec<String>, PublishError> {
        let (base, name) = (domain.policies_dn(), &gpo.display_name);
        self.named_otherwise(&base, "displayName", name, &gpo.id.to_string())
    }

    /// Says of an object of that kind that nothing happened to it.
    pub(super) fn tell_other(&mut self, what: &str) {
        self.note(&format!(
            "{what} has the name and is another object; it was left alone"
        ));
    }

    /// Children of `base` whose attribute is this text, but the one of this `cn`.
    pub(super) fn named_otherwise(
        &mut self,
        base: &str,
        attribute: &'static str,
        name: &str,
        own: &str,
    ) -> Result<Vec<String>, PublishError> {
        let found = self.directory.search(
            base,
            Depth::Children,
            Filter::Equals(attribute, name),
            &["cn", attribute],
        )?;
        let others = found.into_iter().filter_map(|entry| {
            let id = entry.text("cn").unwrap_or_default();
            let has_the_name = entry.text(attribute).as_deref() == Some(name);
            (has_the_name && !id.eq_ignore_ascii_case(own)).then_some(id)
        });
        Ok(others.collect())
    }

    /// May the account write the GPO and its WMI filter?
    pub(super) fn check_rights(
        &mut self,
        gpo: &Desired,
        present: &Present,
        domain: &DomainFacts,
    ) -> Result<(), PublishError> {
        match &present.object {
            Some(_) => {
                let dn = domain.gpo_dn(gpo.id);
                let doing = format!("change the GPO `{dn}`");
                self.check_right(&dn, ATTRIBUTES, "versionNumber", doing)?;
            }
            None => {
                let dn = domain.policies_dn();
                let doing = format!("add a GPO to `{dn}`");
                self.check_right(&dn, CHILDREN, "groupPolicyContainer", doing)?;
            }
        }
        if gpo.filter.is_some() && present.filter.is_none() {
            let dn = domain.filters_dn();
            let doing = format!("add a WMI filter to `{dn}`");
            self.check_right(&dn, CHILDREN, "msWMI-Som", doing)?;
        }
        Ok(())
    }

    /// May the account change the permissions of a GPO? Of one that it makes it may.
    pub(super) fn check_right_to_deny(
        &mut self,
        present: &Present,
        dn: &str,
    ) -> Result<(), PublishError> {
        if present.object.is_none() {
            return Ok(());
        }
        let (attribute, list) = PERMISSIONS;
        let found = self
            .directory
            .search(dn, Depth::Object, Filter::All, &[attribute])?;
        let rights = found.first().and_then(|entry| entry.text(attribute));
        let rights: u32 = rights.and_then(|text| text.parse().ok()).unwrap_or(0);
        match rights & list {
            0 => Err(not_allowed(format!("change the permissions of `{dn}`"))),
            _ => Ok(()),
        }
    }

    /// Is there something to link to, with a list of links that can be read, and may the account
    /// change it?
    pub(super) fn check_link(&mut self, target: &str) -> Result<(), PublishError> {
        let old = self.links_of(target)?;
        link_change(old.as_deref(), target, false)
            .map_err(|why| PublishError::server(format!("`{target}`: {why}"), None))?;
        self.check_link_right(target)
    }

    /// May the account change the links of this domain, unit or site?
    pub(super) fn check_link_right(&mut self, target: &str) -> Result<(), PublishError> {
        let doing = format!("change the links of `{target}`");
        self.check_right(target, ATTRIBUTES, "gPLink", doing)
    }

    /// Asks the directory what it would allow on an object.
    fn check_right(
        &mut self,
        dn: &str,
        attribute: &str,
        wanted: &str,
        doing: String,
    ) -> Result<(), PublishError> {
        let found = self
            .directory
            .search(dn, Depth::Object, Filter::All, &[attribute])?;
        let allowed = found.first().is_some_and(|entry| {
            let names = entry.texts(attribute);
            names.iter().any(|one| one.eq_ignore_ascii_case(wanted))
        });
        if allowed {
            return Ok(());
        }
        Err(not_allowed(doing))
    }
}

fn not_allowed(doing: String) -> PublishError {
    PublishError::Directory(DirectoryError {
        doing,
        failure: Failure::NoAccess,
        why: "the account may not do this; nothing was changed".to_owned(),
    })
}
