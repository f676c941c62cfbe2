//! `Backup.xml`: settings of the GPO and the list of its files.

use std::fmt::Write as _;

use super::super::guid::Guid;
use super::super::xml::{self, Declaration, Element};
use super::ReadError;

/// File name inside the backup's folder.
pub const BACKUP_XML: &str = "Backup.xml";

const NAMESPACE: &str = "http://www.microsoft.com/GroupPolicy/GPOOperations";

/// Client-side extension under which `Backup.xml` always lists `Registry.pol`.
const REGISTRY_EXTENSION: &str = "{35378EAC-683F-11D2-A89A-00C04FBBCFA2}";
/// Pseudo extension for every file that no known extension claims, preferences among them.
const UNKNOWN_EXTENSION: &str = "{F15C46CD-82A0-4C2D-A210-5D0D3182A418}";

/// What `Backup.xml` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupDocument {
    /// GUID of the GPO that was backed up, not of the backup.
    pub gpo_id: Guid,
    /// DNS name of its domain.
    pub domain: String,
    /// Self-relative security descriptor; empty when the source holds none that can be read.
    pub security_descriptor: Vec<u8>,
    /// Name of the GPO.
    pub display_name: String,
    /// `flags` of the GPO: 1 user side off, 2 computer side off.
    pub options: u32,
    /// Directory version in the high word, SYSVOL version in the low word.
    pub user_version: u32,
    /// Directory version in the high word, SYSVOL version in the low word.
    pub machine_version: u32,
    /// Extension-name list as found; import copies it unchecked.
    pub machine_extensions: String,
    /// Extension-name list as found.
    pub user_extensions: String,
    /// `MSFT_SomFilter.ID="{…}",Domain="…"`.
    pub wmi_filter: Option<String>,
    /// As GPMC shows it.
    pub wmi_filter_name: Option<String>,
    /// Files and folders of all extensions, in document order.
    pub objects: Vec<FsObject>,
    /// Kept when the model does not say all that the source says (groups, other extensions).
    pub(in crate::gpo) source: Option<Element>,
}

/// A folder, or a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// `FSObjectDir`.
    Folder,
    /// `FSObjectFile`.
    File,
}

/// One file or folder of the backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FsObject {
    /// File or folder.
    pub kind: ObjectKind,
    /// Place in the GPO, such as `%GPO_MACH_FSPATH%\registry.pol`.
    pub path: String,
    /// UNC path that it came from.
    pub source: Option<String>,
    /// Place in the backup; none means that it did not exist.
    pub location: Option<String>,
}

impl BackupDocument {
    /// The file's bytes.
    ///
    /// # Errors
    /// A text with a character that XML cannot express.
    pub fn write(&self) -> Result<Vec<u8>, xml::WriteError> {
        xml::write(&self.to_element(), Declaration::Utf8)
    }

    /// The root element.
    pub fn to_element(&self) -> Element {
        if let Some(source) = &self.source {
            return source.clone();
        }
        let mut hex = String::new();
        for byte in &self.security_descriptor {
            let space = if hex.is_empty() { "" } else { " " };
            // Writing to a string cannot fail.
            let _ = write!(hex, "{space}{byte:02x}");
        }
        let core = Element::new("GroupPolicyCoreSettings")
            .child(text("ID", &self.gpo_id.to_string()))
            .child(text("Domain", &self.domain))
            .child(Element::with_text("SecurityDescriptor", hex))
            .child(text("DisplayName", &self.display_name))
            .child(text("Options", &self.options.to_string()))
            .child(text("UserVersionNumber", &self.user_version.to_string()))
            .child(text(
                "MachineVersionNumber",
                &self.machine_version.to_string(),
            ))
            .child(text("MachineExtensionGuids", &self.machine_extensions))
            .child(text("UserExtensionGuids", &self.user_extensions))
            .child(text("WMIFilter", self.wmi_filter.as_deref().unwrap_or("")))
            .extend(
                self.wmi_filter_name
                    .iter()
                    .map(|name| text("WMIFilterName", name)),
            );
        let is_registry = |object: &&FsObject| {
            let path = object.path.to_ascii_lowercase();
            path.ends_with(r"%\registry.pol")
        };
        // Real backups always name the folder of old templates, without a location.
        let templates = FsObject {
            kind: ObjectKind::File,
            path: r"%GPO_FSPATH%\Adm\*.*".to_owned(),
            source: Some(format!(r"{}\Adm\*.*", self.source_root())),
            location: None,
        };
        let registry = extension(REGISTRY_EXTENSION, "Registry")
            .extend(self.objects.iter().filter(is_registry).map(FsObject::write))
            .child(templates.write());
        let other = extension(UNKNOWN_EXTENSION, "Unknown Extension").extend(
            self.objects
                .iter()
                .filter(|object| !is_registry(object))
                .map(FsObject::write),
        );
        Element::new("GroupPolicyBackupScheme")
            .attribute("bkp:version", "2.0")
            .attribute("bkp:type", "GroupPolicyBackupTemplate")
            .attribute("xmlns:bkp", NAMESPACE)
            .attribute("xmlns", NAMESPACE)
            .child(
                Element::new("GroupPolicyObject")
                    // Groups of the descriptor that belong to a domain; ours names none.
                    .child(Element::new("SecurityGroups"))
                    .child(Element::new("FilePaths"))
                    .child(core)
                    .child(registry)
                    .child(other),
            )
    }

    /// UNC path of the GPO's folder.
    fn source_root(&self) -> String {
        format!(
            r"\\{domain}\sysvol\{domain}\Policies\{id}",
            domain = self.domain,
            id = self.gpo_id
        )
    }

    /// Reads the file; nothing but comments and white space is lost.
    ///
    /// # Errors
    /// Names the missing or malformed element.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let root = xml::read(bytes)?;
        let content = |line: u32, why: String| ReadError::Content { line, why };
        if root.name != "GroupPolicyBackupScheme" {
            let why = format!(
                "the root element is `{}`, expected `GroupPolicyBackupScheme`",
                root.name
            );
            return Err(content(root.line, why));
        }
        let child = |element: &Element, name: &str| {
            element
                .find(name)
                .cloned()
                .ok_or_else(|| content(element.line, format!("`{name}` is missing")))
        };
        let object = child(&root, "GroupPolicyObject")?;
        let core = child(&object, "GroupPolicyCoreSettings")?;
        let required = |name: &str| child(&core, name).map(|element| element.text());
        let number = |name: &str| -> Result<u32, ReadError> {
            let found = required(name)?;
            found
                .trim()
                .parse()
                .map_err(|_| content(core.line, format!("`{name}` is `{found}`, no number")))
        };
        let optional = |name: &str| core.text_of(name).filter(|text| !text.is_empty());
        let gpo_id = required("ID")?;
        let objects = object
            .elements()
            .filter(|element| element.name == "GroupPolicyExtension")
            .flat_map(FsObject::below)
            .filter(|object| object.location.is_some())
            .collect();
        let mut document = Self {
            gpo_id: gpo_id
                .parse()
                .map_err(|error| content(core.line, format!("`ID` is `{gpo_id}`: {error}")))?,
            domain: required("Domain")?,
            security_descriptor: read_hex(&optional("SecurityDescriptor").unwrap_or_default())
                .ok_or_else(|| {
                    let why = "`SecurityDescriptor` is not hex bytes with blanks".to_owned();
                    content(core.line, why)
                })?,
            display_name: required("DisplayName")?,
            options: number("Options")?,
            user_version: number("UserVersionNumber")?,
            machine_version: number("MachineVersionNumber")?,
            machine_extensions: optional("MachineExtensionGuids").unwrap_or_default(),
            user_extensions: optional("UserExtensionGuids").unwrap_or_default(),
            wmi_filter: optional("WMIFilter"),
            wmi_filter_name: optional("WMIFilterName"),
            objects,
            source: None,
        };
        if !document.to_element().same_as(&root) {
            document.source = Some(root);
        }
        Ok(document)
    }
}

/// CDATA, or an empty element for an empty text.
fn text(name: &str, value: &str) -> Element {
    if value.is_empty() {
        Element::new(name)
    } else {
        Element::with_cdata(name, value)
    }
}

fn extension(id: &str, name: &str) -> Element {
    Element::new("GroupPolicyExtension")
        .attribute("bkp:ID", id)
        .attribute("bkp:DescName", name)
}

fn read_hex(text: &str) -> Option<Vec<u8>> {
    text.split_ascii_whitespace()
        .map(|byte| match byte.len() {
            2 => u8::from_str_radix(byte, 16).ok(),
            _ => None,
        })
        .collect()
}

impl FsObject {
    fn write(&self) -> Element {
        let name = match self.kind {
            ObjectKind::Folder => "FSObjectDir",
            ObjectKind::File => "FSObjectFile",
        };
        Element::new(name)
            .attribute("bkp:Path", &self.path)
            .optional_attribute("bkp:SourceExpandedPath", self.source.clone())
            .optional_attribute("bkp:Location", self.location.clone())
    }

    /// Every object below an element. GPMC nests the files of script folders in their folder
    /// (seen in public backups); depth is bounded by the XML reader.
    fn below(element: &Element) -> Vec<Self> {
        let mut objects = Vec::new();
        for child in element.elements() {
            objects.extend(Self::read(child));
            objects.extend(Self::below(child));
        }
        objects
    }

    fn read(element: &Element) -> Option<Self> {
        let kind = match element.name.as_str() {
            "FSObjectDir" => ObjectKind::Folder,
            "FSObjectFile" => ObjectKind::File,
            _ => return None,
        };
        Some(Self {
            kind,
            path: element.get("bkp:Path")?.to_owned(),
            source: element.get("bkp:SourceExpandedPath").map(str::to_owned),
            location: element.get("bkp:Location").map(str::to_owned),
        })
    }
}
