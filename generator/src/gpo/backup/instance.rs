//! `bkupInfo.xml` (one backup) and `manifest.xml` (all backups of a folder): no declaration, no
//! byte order mark, one line, every text in CDATA, as in all real ones seen.

use super::super::guid::Guid;
use super::super::xml::{self, Declaration, Element};
use super::ReadError;

/// File name inside the backup's folder.
pub const BKUP_INFO_XML: &str = "bkupInfo.xml";
/// File name beside the backups' folders.
pub const MANIFEST_XML: &str = "manifest.xml";

const NAMESPACE: &str = "http://www.microsoft.com/GroupPolicy/GPOOperations/Manifest";

/// What identifies one backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupInstance {
    /// GPO that was backed up.
    pub gpo_id: Guid,
    /// DNS name of its domain.
    pub domain: String,
    /// GUID of the domain object as written (lower case in real files); [`Guid::NIL`] where
    /// nobody asked a directory.
    pub domain_guid: String,
    /// Domain controller that was asked.
    pub domain_controller: String,
    /// `YYYY-MM-DDTHH:MM:SS`, no zone.
    pub backup_time: String,
    /// Name of the backup's folder.
    pub id: Guid,
    /// Free text.
    pub comment: String,
    /// Name of the GPO; `Import-GPO -BackupGpoName` goes by it.
    pub display_name: String,
}

impl BackupInstance {
    /// `bkupInfo.xml`.
    ///
    /// # Errors
    /// A text with a character that XML cannot express.
    pub fn write(&self) -> Result<Vec<u8>, xml::WriteError> {
        let mut element = self.to_element();
        element
            .attributes
            .push(("xmlns".to_owned(), NAMESPACE.to_owned()));
        xml::write(&element, Declaration::None)
    }

    /// Reads `bkupInfo.xml`.
    ///
    /// # Errors
    /// Names the missing or malformed element.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        Self::from_element(&xml::read(bytes)?)
    }

    fn to_element(&self) -> Element {
        let texts = [
            ("GPOGuid", self.gpo_id.to_string()),
            ("GPODomain", self.domain.clone()),
            ("GPODomainGuid", self.domain_guid.clone()),
            ("GPODomainController", self.domain_controller.clone()),
            ("BackupTime", self.backup_time.clone()),
            ("ID", self.id.to_string()),
            ("Comment", self.comment.clone()),
            ("GPODisplayName", self.display_name.clone()),
        ];
        Element::new("BackupInst").extend(texts.map(|(name, text)| Element::with_cdata(name, text)))
    }

    fn from_element(element: &Element) -> Result<Self, ReadError> {
        let content = |why: String| ReadError::Content {
            line: element.line,
            why,
        };
        if element.name != "BackupInst" {
            return Err(content(format!(
                "the element is `{}`, expected `BackupInst`",
                element.name
            )));
        }
        let text = |name: &str| {
            let found = element.text_of(name);
            found.ok_or_else(|| content(format!("`{name}` is missing")))
        };
        let guid = |name: &str| -> Result<Guid, ReadError> {
            let found = text(name)?;
            found
                .parse()
                .map_err(|error| content(format!("`{name}` is `{found}`: {error}")))
        };
        Ok(Self {
            gpo_id: guid("GPOGuid")?,
            domain: text("GPODomain")?,
            domain_guid: text("GPODomainGuid")?,
            domain_controller: text("GPODomainController")?,
            backup_time: text("BackupTime")?,
            id: guid("ID")?,
            comment: text("Comment")?,
            display_name: text("GPODisplayName")?,
        })
    }
}

/// `manifest.xml` of a folder with these backups.
///
/// # Errors
/// A text with a character that XML cannot express.
pub fn write_manifest(instances: &[BackupInstance]) -> Result<Vec<u8>, xml::WriteError> {
    let root = Element::new("Backups")
        .attribute("xmlns", NAMESPACE)
        .attribute("xmlns:mfst", NAMESPACE)
        .attribute("mfst:version", "1.0")
        .extend(instances.iter().map(BackupInstance::to_element));
    xml::write(&root, Declaration::None)
}

/// Reads `manifest.xml`.
///
/// # Errors
/// Names the missing or malformed element.
pub fn read_manifest(bytes: &[u8]) -> Result<Vec<BackupInstance>, ReadError> {
    let root = xml::read(bytes)?;
    if root.name != "Backups" {
        let line = root.line;
        let why = format!("the root element is `{}`, expected `Backups`", root.name);
        return Err(ReadError::Content { line, why });
    }
    root.elements().map(BackupInstance::from_element).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> BackupInstance {
        BackupInstance {
            gpo_id: Guid::derive(&["gpo"]),
            domain: "contoso.com".to_owned(),
            domain_guid: Guid::NIL.to_string(),
            domain_controller: "contoso.com".to_owned(),
            backup_time: "2026-01-31T08:05:09".to_owned(),
            id: Guid::derive(&["backup"]),
            comment: "a ]]> b & c".to_owned(),
            display_name: "Gangway Deploy".to_owned(),
        }
    }

    #[test]
    fn both_documents_round_trip() {
        let instance = sample();
        let bytes = instance.write().unwrap();
        assert!(bytes.starts_with(b"<BackupInst xmlns=\"http://www.microsoft.com/"));
        assert_eq!(BackupInstance::read(&bytes), Ok(instance.clone()));
        let list = vec![instance.clone(), instance];
        assert_eq!(read_manifest(&write_manifest(&list).unwrap()), Ok(list));
    }

    #[test]
    fn a_missing_element_is_named() {
        let text = String::from_utf8(sample().write().unwrap()).unwrap();
        let bad = text.replace("GPODomainController", "Other");
        let error = BackupInstance::read(bad.as_bytes()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("`GPODomainController` is missing")
        );
    }
}
