//! What is looked at before the first change, so that nothing is refused half way.

use super::execute::Executor;
use super::{PublishError, link_change};
use crate::publication::plan::{Desired, DomainFacts, Present, Refused};
use crate::publication::{Depth, DirectoryError, Failure, Filter};

/// Attributes that the account may write (MS-ADTS 3.1.1.4.5.21).
const ATTRIBUTES: &str = "allowedAttributesEffective";
/// Classes of objects that it may add (MS-ADTS 3.1.1.4.5.19).
const CHILDREN: &str = "allowedChildClassesEffective";

impl Executor<'_> {
    /// Two GPOs of one name are two tasks on every server: one came from an import by hand.
    pub(super) fn check_name(
        &mut self,
        gpo: &Desired,
        domain: &DomainFacts,
    ) -> Result<(), PublishError> {
        let found = self.directory.search(
            &domain.policies_dn(),
            Depth::Children,
            Filter::Equals("displayName", &gpo.display_name),
            &["cn", "displayName"],
        )?;
        let own = gpo.id.to_string();
        for entry in found {
            let name = entry.text("displayName").unwrap_or_default();
            let id = entry.text("cn").unwrap_or_default();
            if name == gpo.display_name && !id.eq_ignore_ascii_case(&own) {
                return Err(Refused::SameName { id, name }.into());
            }
        }
        Ok(())
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

    /// Is there something to link to, with a list of links that can be read, and may the account
    /// change it?
    pub(super) fn check_link(&mut self, target: &str) -> Result<(), PublishError> {
        let old = self.links_of(target)?;
        link_change(old.as_deref(), target, false)
            .map_err(|why| PublishError::server(format!("`{target}`: {why}"), None))?;
        let doing = format!("link GPOs to `{target}`");
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
        Err(PublishError::Directory(DirectoryError {
            doing,
            failure: Failure::NoAccess,
            why: "the account may not do this; nothing was changed".to_owned(),
        }))
    }
}
