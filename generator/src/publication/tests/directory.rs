//! A directory in memory.

use std::collections::BTreeMap;

use super::budget::{Budget, spend};
use crate::gpo::security::backup_descriptor;
use crate::publication::{
    AttributeChange, Depth, Directory, DirectoryError, Entry, Failure, Filter,
};

pub(super) type Attributes = BTreeMap<String, Vec<Vec<u8>>>;

#[derive(Clone)]
pub(super) struct FakeDirectory {
    /// By distinguished name in lower case.
    pub(super) objects: BTreeMap<String, Attributes>,
    pub(super) budget: Budget,
    pub(super) writable: bool,
    /// Parts of descriptors that the account may write.
    pub(super) rights: &'static str,
    /// Keeps lists of permissions as they are, whatever is written.
    pub(super) keeps_permissions: bool,
    /// Names that it tells of in the place of those that it was asked for, in lower case.
    pub(super) answers: BTreeMap<String, String>,
    /// Objects that were made.
    pub(super) made: u8,
}

fn cut() -> DirectoryError {
    DirectoryError {
        doing: "write".to_owned(),
        failure: Failure::Other,
        why: "cut".to_owned(),
    }
}

fn values(texts: [&str; 2]) -> Vec<Vec<u8>> {
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

pub(super) fn value(text: &str) -> Vec<Vec<u8>> {
    vec![text.as_bytes().to_vec()]
}

impl Directory for FakeDirectory {
    fn search(
        &mut self,
        base: &str,
        depth: Depth,
        filter: Filter<'_>,
        _: &[&str],
    ) -> Result<Vec<Entry>, DirectoryError> {
        let base = base.to_lowercase();
        let found = self.objects.iter().filter(|(dn, _)| match depth {
            Depth::Object => **dn == base,
            Depth::Children => dn.split_once(',').is_some_and(|(_, parent)| parent == base),
            Depth::Tree => dn.ends_with(&base),
        });
        // The value that is searched for is in the attribute; the other filters find more than asked.
        let found = found.filter(|(_, attributes)| match filter {
            Filter::Contains(name, text) => attributes
                .get(&name.to_lowercase())
                .is_some_and(|values| String::from_utf8_lossy(&values[0]).contains(text)),
            Filter::MembersOf(group) => attributes
                .get("memberof")
                .is_some_and(|groups| groups.contains(&group.as_bytes().to_vec())),
            Filter::All | Filter::Equals(..) => true,
        });
        Ok(found
            .map(|(dn, attributes)| {
                let mut attributes = attributes.clone();
                if self.writable {
                    let classes = values(["groupPolicyContainer", "msWMI-Som"]);
                    attributes.insert("allowedchildclasseseffective".to_owned(), classes);
                    let allowed = values(["versionNumber", "gPLink"]);
                    attributes.insert("allowedattributeseffective".to_owned(), allowed);
                    attributes.insert("sdrightseffective".to_owned(), value(self.rights));
                }
                let dn = self.answers.get(dn).unwrap_or(dn).clone();
                Entry { dn, attributes }
            })
            .collect())
    }

    fn add(&mut self, dn: &str, given: &[(String, String)]) -> Result<(), DirectoryError> {
        if !spend(&self.budget) {
            return Err(cut());
        }
        let mut attributes: Attributes = given
            .iter()
            .map(|(name, text)| (name.to_lowercase(), value(text)))
            .collect();
        let name = dn.split(['=', ',']).nth(1).unwrap();
        attributes.insert("cn".to_owned(), value(name));
        self.made += 1;
        let guid = vec![vec![self.made; 16]];
        attributes.insert("objectguid".to_owned(), guid);
        let descriptor = vec![backup_descriptor().to_bytes()];
        attributes.insert("ntsecuritydescriptor".to_owned(), descriptor);
        let old = self.objects.insert(dn.to_lowercase(), attributes);
        assert!(old.is_none(), "`{dn}` was there already");
        Ok(())
    }

    fn modify(&mut self, dn: &str, changes: &[AttributeChange]) -> Result<(), DirectoryError> {
        if !spend(&self.budget) {
            return Err(cut());
        }
        let object = self.objects.get_mut(&dn.to_lowercase()).unwrap();
        for change in changes {
            match change {
                AttributeChange::Replace(name, Some(text)) => {
                    object.insert(name.to_lowercase(), value(text));
                }
                AttributeChange::Replace(name, None) => {
                    object.remove(&name.to_lowercase());
                }
                AttributeChange::Delete(name, text) => {
                    let old = object.remove(&name.to_lowercase());
                    assert_eq!(old, Some(value(text)), "{name}");
                }
                AttributeChange::Add(name, text) => {
                    let old = object.insert(name.to_lowercase(), value(text));
                    assert_eq!(old, None, "{name}");
                }
            }
        }
        Ok(())
    }

    fn set_permissions(&mut self, dn: &str, descriptor: &[u8]) -> Result<(), DirectoryError> {
        if !spend(&self.budget) {
            return Err(cut());
        }
        let object = self.objects.get_mut(&dn.to_lowercase()).unwrap();
        if self.keeps_permissions {
            return Ok(());
        }
        object.insert("ntsecuritydescriptor".to_owned(), vec![descriptor.to_vec()]);
        Ok(())
    }

    fn delete_tree(&mut self, dn: &str) -> Result<(), DirectoryError> {
        if !spend(&self.budget) {
            return Err(cut());
        }
        let dn = dn.to_lowercase();
        self.objects.retain(|other, _| !other.ends_with(&dn));
        Ok(())
    }
}
