//! A whole GPO and its two written forms: a GPMC backup and a SYSVOL tree.

use super::backup::{
    BACKUP_XML, BKUP_INFO_XML, BackupDocument, BackupInstance, FsObject, MANIFEST_XML, ObjectKind,
    write_manifest,
};
use super::domain::DomainName;
use super::extensions::{self, Extension, ExtensionList};
use super::gpt_ini::{GptIni, Version};
use super::guid::Guid;
use super::preferences::registry::RegistryPreferences;
use super::preferences::scheduled_tasks::ScheduledTasks;
use super::registry_pol::{self, RegistryPolicy};
use super::security;
use super::time::Timestamp;
use super::wmi::WmiFilter;
use super::xml;

/// A Group Policy Object that we make: computer side only, user side switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpo {
    /// Identity, stable for life.
    pub id: Guid,
    /// Name in GPMC.
    pub display_name: String,
    /// Comment in GPMC (`GPO.cmt`); import keeps it.
    pub description: String,
    /// Domain that it is made for.
    pub domain: DomainName,
    /// Version of both halves.
    pub version: Version,
    /// Computer side.
    pub machine: Side,
    /// WMI filter that belongs to it; import drops the association.
    pub wmi_filter: WmiFilter,
}

/// The parts of one side of a GPO.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// `registry.pol`.
    pub registry_policy: Option<RegistryPolicy>,
    /// `Preferences\Registry\Registry.xml`.
    pub registry_preferences: Option<RegistryPreferences>,
    /// `Preferences\ScheduledTasks\ScheduledTasks.xml`.
    pub scheduled_tasks: Option<ScheduledTasks>,
}

/// A file of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpoFile {
    /// Relative path with `/`.
    pub path: String,
    /// Content.
    pub bytes: Vec<u8>,
}

/// Why a GPO's files cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// A text that XML cannot express.
    #[error(transparent)]
    Xml(#[from] xml::WriteError),
    /// A name or text that registry policy cannot hold.
    #[error(transparent)]
    RegistryPolicy(#[from] registry_pol::WriteError),
}

/// `flags` of a GPO: the user side is switched off (MS-GPOL 2.2.2).
pub const USER_SIDE_DISABLED: u32 = 1;

impl Side {
    /// Files below the side's folder, sorted, with `/`.
    fn files(&self) -> Result<Vec<GpoFile>, WriteError> {
        let mut files = Vec::new();
        // Sorted by path without regard to case, as GPMC lists them.
        if let Some(preferences) = &self.registry_preferences {
            files.push(GpoFile {
                path: "Preferences/Registry/Registry.xml".to_owned(),
                bytes: preferences.write()?,
            });
        }
        if let Some(tasks) = &self.scheduled_tasks {
            files.push(GpoFile {
                path: "Preferences/ScheduledTasks/ScheduledTasks.xml".to_owned(),
                bytes: tasks.write()?,
            });
        }
        if let Some(policy) = &self.registry_policy {
            files.push(GpoFile {
                path: registry_pol::FILE_NAME.to_owned(),
                bytes: policy.write()?,
            });
        }
        Ok(files)
    }

    /// The extensions that clients need to be told of.
    pub fn extensions(&self) -> ExtensionList {
        let mut list: Vec<Extension> = Vec::new();
        if self.registry_policy.is_some() {
            list.push(extensions::REGISTRY_POLICY);
        }
        if self.registry_preferences.is_some() {
            list.push(extensions::REGISTRY_PREFERENCES);
        }
        if self.scheduled_tasks.is_some() {
            list.push(extensions::SCHEDULED_TASKS);
        }
        ExtensionList::of(&list)
    }
}

impl Gpo {
    /// Files of the GPO below its own folder, without `GPT.INI`, sorted.
    fn files(&self) -> Result<Vec<GpoFile>, WriteError> {
        let mut files = vec![GpoFile {
            path: "GPO.cmt".to_owned(),
            // UTF-16LE without byte order mark, as real backups have it.
            bytes: self
                .description
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect(),
        }];
        files.extend(self.machine.files()?.into_iter().map(|file| GpoFile {
            path: format!("Machine/{}", file.path),
            ..file
        }));
        Ok(files)
    }

    /// The GPO as a SYSVOL folder: paths begin with the GPO's GUID.
    ///
    /// # Errors
    /// A text that a policy file cannot hold.
    pub fn sysvol_files(&self) -> Result<Vec<GpoFile>, WriteError> {
        let mut files = self.files()?;
        files.push(GpoFile {
            path: "GPT.INI".to_owned(),
            bytes: GptIni {
                version: self.version,
                display_name: None,
            }
            .write(),
        });
        for file in &mut files {
            file.path = format!("{}/{}", self.id, file.path);
        }
        Ok(files)
    }

    /// The GPO as a GPMC backup: `manifest.xml`, and the rest below the backup's GUID.
    ///
    /// # Errors
    /// A text that a policy file cannot hold.
    pub fn backup_files(
        &self,
        backup_id: Guid,
        time: Timestamp,
    ) -> Result<Vec<GpoFile>, WriteError> {
        let files = self.files()?;
        let instance = BackupInstance {
            gpo_id: self.id,
            domain: self.domain.to_string(),
            // No directory is asked at build time; import does not read it.
            domain_guid: Guid::NIL.to_string(),
            domain_controller: self.domain.to_string(),
            backup_time: time.date_time(),
            id: backup_id,
            comment: String::new(),
            display_name: self.display_name.clone(),
        };
        let mut output = vec![
            GpoFile {
                path: MANIFEST_XML.to_owned(),
                bytes: write_manifest(std::slice::from_ref(&instance))?,
            },
            GpoFile {
                path: format!("{backup_id}/{BKUP_INFO_XML}"),
                bytes: instance.write()?,
            },
            GpoFile {
                path: format!("{backup_id}/{BACKUP_XML}"),
                bytes: self.backup_document(&files).write()?,
            },
        ];
        output.extend(files.into_iter().map(|file| GpoFile {
            path: format!("{backup_id}/DomainSysvol/GPO/{}", file.path),
            ..file
        }));
        Ok(output)
    }

    fn backup_document(&self, files: &[GpoFile]) -> BackupDocument {
        // Each side's number holds the directory's count and SYSVOL's count.
        let twice = |count: u16| (u32::from(count) << 16) | u32::from(count);
        BackupDocument {
            gpo_id: self.id,
            domain: self.domain.to_string(),
            security_descriptor: security::backup_descriptor().to_bytes(),
            display_name: self.display_name.clone(),
            options: USER_SIDE_DISABLED,
            user_version: twice(self.version.user),
            machine_version: twice(self.version.machine),
            machine_extensions: self.machine.extensions().to_string(),
            user_extensions: String::new(),
            wmi_filter: Some(self.wmi_filter.backup_reference()),
            wmi_filter_name: Some(self.wmi_filter.name.clone()),
            objects: self.objects(files),
            source: None,
        }
    }

    /// Folders and files in document order: parents before children.
    fn objects(&self, files: &[GpoFile]) -> Vec<FsObject> {
        let root = format!(
            r"\\{domain}\sysvol\{domain}\Policies\{id}",
            domain = self.domain,
            id = self.id
        );
        let object = |kind, path: &str| {
            let path = path.replace('/', r"\");
            let variable = match path.strip_prefix(r"Machine\") {
                Some(below) => format!(r"%GPO_MACH_FSPATH%\{below}"),
                None => format!(r"%GPO_FSPATH%\{path}"),
            };
            FsObject {
                kind,
                path: variable,
                source: Some(format!(r"{root}\{path}")),
                location: Some(format!(r"DomainSysvol\GPO\{path}")),
            }
        };
        let mut objects: Vec<FsObject> = Vec::new();
        for file in files {
            for (end, _) in file.path.match_indices('/') {
                let folder = file.path.get(..end).unwrap_or_default();
                let folder_object = object(ObjectKind::Folder, folder);
                // The side's own folder is implied by its variable.
                if folder != "Machine" && !objects.contains(&folder_object) {
                    objects.push(folder_object);
                }
            }
            objects.push(object(ObjectKind::File, &file.path));
        }
        objects
    }
}
