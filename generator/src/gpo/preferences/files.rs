//! `Preferences\Files\Files.xml` and `Preferences\Folders\Folders.xml`.
//! Source: MS-GPPREF 2.2.1.6 and 2.2.1.8.

use super::super::xml::Element;
use super::{Attributes, Oddity, PreferenceFile, Properties};

/// The whole `Files.xml`.
pub type FilePreferences = PreferenceFile<FileProperties>;
/// The whole `Folders.xml`.
pub type FolderPreferences = PreferenceFile<FolderProperties>;

/// `Properties` of a `File` item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileProperties {
    /// `C`, `R`, `U` or `D`.
    pub action: Option<String>,
    /// Path that is copied from; absent for D.
    pub from_path: Option<String>,
    /// Path on the client that is written, replaced or deleted.
    pub target_path: String,
    /// File attribute.
    pub read_only: Option<bool>,
    /// File attribute.
    pub archive: Option<bool>,
    /// File attribute.
    pub hidden: Option<bool>,
    /// Go on when one of several files fails.
    pub suppress: Option<bool>,
}

/// `Properties` of a `Folder` item.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FolderProperties {
    /// `C`, `R`, `U` or `D`.
    pub action: Option<String>,
    /// Folder.
    pub path: String,
    /// File attribute.
    pub read_only: Option<bool>,
    /// File attribute.
    pub archive: Option<bool>,
    /// File attribute.
    pub hidden: Option<bool>,
    /// For D and R: delete the folder.
    pub delete_folder: Option<bool>,
    /// For D and R: delete the folders in it.
    pub delete_sub_folders: Option<bool>,
    /// For D and R: delete the files in it.
    pub delete_files: Option<bool>,
    /// For D and R: even those marked read-only.
    pub delete_read_only: Option<bool>,
    /// For D and R: go on after an error.
    pub delete_ignore_errors: Option<bool>,
}

fn flag(value: Option<bool>) -> Option<&'static str> {
    value.map(|on| if on { "1" } else { "0" })
}

impl Properties for FileProperties {
    const ROOT: &'static str = "Files";
    const ROOT_CLSID: &'static str = "{215B2E53-57CE-475c-80FE-9EEC14635851}";
    const ITEMS: &'static [&'static str] = &["File"];

    fn item_element(&self) -> (&'static str, &'static str) {
        ("File", "{50BE44C8-567A-4ed1-B1D0-9234FE1F38AF}")
    }

    fn read(_: &Element, properties: &Element, oddities: &mut Vec<Oddity>) -> Self {
        let mut reader = Attributes::of(properties);
        let read = Self {
            action: reader.text("action"),
            from_path: reader.text("fromPath"),
            target_path: reader.text("targetPath").unwrap_or_default(),
            read_only: reader.flag("readOnly"),
            archive: reader.flag("archive"),
            hidden: reader.flag("hidden"),
            suppress: reader.flag("suppress"),
        };
        reader.finish(oddities);
        read
    }

    fn write(&self) -> Element {
        Element::new("Properties")
            .optional_attribute("action", self.action.clone())
            .optional_attribute("fromPath", self.from_path.clone())
            .attribute("targetPath", &self.target_path)
            .optional_attribute("readOnly", flag(self.read_only))
            .optional_attribute("archive", flag(self.archive))
            .optional_attribute("hidden", flag(self.hidden))
            .optional_attribute("suppress", flag(self.suppress))
    }
}

impl Properties for FolderProperties {
    const ROOT: &'static str = "Folders";
    const ROOT_CLSID: &'static str = "{77CC39E7-3D16-4f8f-AF86-EC0BBEE2C861}";
    const ITEMS: &'static [&'static str] = &["Folder"];

    fn item_element(&self) -> (&'static str, &'static str) {
        ("Folder", "{07DA02F5-F9CD-4397-A550-4AE21B6B4BD3}")
    }

    fn read(_: &Element, properties: &Element, oddities: &mut Vec<Oddity>) -> Self {
        let mut reader = Attributes::of(properties);
        let read = Self {
            action: reader.text("action"),
            path: reader.text("path").unwrap_or_default(),
            read_only: reader.flag("readOnly"),
            archive: reader.flag("archive"),
            hidden: reader.flag("hidden"),
            delete_folder: reader.flag("deleteFolder"),
            delete_sub_folders: reader.flag("deleteSubFolders"),
            delete_files: reader.flag("deleteFiles"),
            delete_read_only: reader.flag("deleteReadOnly"),
            delete_ignore_errors: reader.flag("deleteIgnoreErrors"),
        };
        reader.finish(oddities);
        read
    }

    fn write(&self) -> Element {
        Element::new("Properties")
            .optional_attribute("action", self.action.clone())
            .attribute("path", &self.path)
            .optional_attribute("readOnly", flag(self.read_only))
            .optional_attribute("archive", flag(self.archive))
            .optional_attribute("hidden", flag(self.hidden))
            .optional_attribute("deleteFolder", flag(self.delete_folder))
            .optional_attribute("deleteSubFolders", flag(self.delete_sub_folders))
            .optional_attribute("deleteFiles", flag(self.delete_files))
            .optional_attribute("deleteReadOnly", flag(self.delete_read_only))
            .optional_attribute("deleteIgnoreErrors", flag(self.delete_ignore_errors))
    }
}
