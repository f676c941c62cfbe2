//! Reads the files of one GPO, wherever they lie.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;

use super::error::{LoadError, io_error};
use super::model::{Found, FoundFile, FoundGpo, FoundSide, Origin};
use super::report;
use crate::gpo::backup::{BackupDocument, BackupInstance};
use crate::gpo::extensions;
use crate::gpo::gpt_ini::GptIni;
use crate::gpo::preferences::{PreferenceFile, Properties};
use crate::gpo::registry_pol::RegistryPolicy;
use crate::gpo::xml;
use crate::plain_file;

/// Largest policy file that is read, in bytes; larger ones are reported.
const MAX_FILE: u64 = 16 << 20;

/// Files of one GPO folder: relative path in lower case with `/`, and where it lies.
pub(super) type Files = BTreeMap<String, PathBuf>;

pub(super) fn load_gpo(
    folder: &Path,
    files: &Files,
    found: &mut Found,
) -> Result<FoundGpo, LoadError> {
    let mut reader = FolderReader { files, found };
    let folder_name = folder.file_name().unwrap_or_default().to_string_lossy();
    let origin = if reader.has("backup.xml") || reader.has("bkupinfo.xml") {
        Origin::Backup {
            folder: folder_name.into_owned(),
            document: reader
                .parse("backup.xml", BackupDocument::read)?
                .map(|file| Box::new(file.content)),
            instance: reader
                .parse("bkupinfo.xml", BackupInstance::read)?
                .map(|file| Box::new(file.content)),
            has_instance_file: reader.has("bkupinfo.xml"),
        }
    } else if reader.has("gpt.ini") {
        Origin::Sysvol {
            id: folder_name.parse().ok(),
            version: reader
                .parse("gpt.ini", GptIni::read)?
                .map(|file| file.content.version),
        }
    } else {
        Origin::File
    };
    let prefix = match origin {
        Origin::Backup { .. } => "domainsysvol/gpo/",
        Origin::Sysvol { .. } | Origin::File => "",
    };
    let machine = load_side(&format!("{prefix}machine/"), &mut reader)?;
    let user = load_side(&format!("{prefix}user/"), &mut reader)?;
    let links = match reader.path("gpreport.xml") {
        Some(path) => {
            let bytes = read(&path, reader.found)?;
            bytes.and_then(|bytes| report::read_links(&bytes))
        }
        None => None,
    };
    let description = reader.parse(&format!("{prefix}gpo.cmt"), |bytes| {
        let (text, _) = encoding_rs::UTF_16LE.decode_with_bom_removal(bytes);
        Ok::<_, std::convert::Infallible>(text.into_owned())
    })?;
    let mut digests = BTreeMap::new();
    for (name, path) in files {
        if !is_read(&name.to_lowercase())
            && let Some(bytes) = read(path, reader.found)?
        {
            digests.insert(name.clone(), Sha256::of(&bytes));
        }
    }
    Ok(FoundGpo {
        place: folder.display().to_string(),
        origin,
        machine,
        user,
        files: files.keys().cloned().collect(),
        description: description.map(|file| file.content),
        digests,
        links,
    })
}

/// Is this a file whose content a reader takes apart?
fn is_read(lower: &str) -> bool {
    let name = lower.rsplit('/').next().unwrap_or(lower);
    let documents = [
        "backup.xml",
        "bkupinfo.xml",
        "gpt.ini",
        "gpo.cmt",
        "gpreport.xml",
        "registry.pol",
    ];
    documents.contains(&name) || (lower.contains("preferences/") && lower.ends_with(".xml"))
}

struct FolderReader<'a> {
    files: &'a Files,
    found: &'a mut Found,
}

impl FolderReader<'_> {
    /// Where a file lies; names are compared without case, as Windows does.
    fn path(&self, relative: &str) -> Option<PathBuf> {
        let mut names = self.files.iter();
        let found = names.find(|(name, _)| name.to_lowercase() == relative)?;
        Some(found.1.clone())
    }

    fn has(&self, relative: &str) -> bool {
        self.path(relative).is_some()
    }

    fn has_below(&self, folder: &str) -> bool {
        let mut names = self.files.keys();
        names.any(|name| name.to_lowercase().starts_with(folder))
    }

    /// Preference files that the model does not read.
    fn other_preferences(&self, side: &str) -> Vec<String> {
        let modelled = ["scheduledtasks", "registry", "files", "folders"];
        let folder = format!("{side}preferences/");
        let names = self.files.keys().map(|name| name.to_lowercase());
        names
            .filter(|name| {
                name.strip_prefix(&folder).is_some_and(|below| {
                    let kind = below.split('/').next().unwrap_or_default();
                    below.ends_with(".xml") && !modelled.contains(&kind)
                })
            })
            .collect()
    }

    fn parse<T, E: ToString>(
        &mut self,
        relative: &str,
        parser: impl Fn(&[u8]) -> Result<T, E>,
    ) -> Result<Option<FoundFile<T>>, LoadError> {
        let Some(path) = self.path(relative) else {
            return Ok(None);
        };
        let Some(bytes) = read(&path, self.found)? else {
            return Ok(None);
        };
        let path = path.display().to_string();
        match parser(&bytes) {
            Ok(content) => Ok(Some(FoundFile { path, content })),
            Err(error) => {
                self.found.unreadable.push((path, error.to_string()));
                Ok(None)
            }
        }
    }

    fn preferences<P: Properties>(
        &mut self,
        side: &str,
        name: &str,
    ) -> Result<Option<FoundFile<PreferenceFile<P>>>, LoadError> {
        let relative = format!("{side}preferences/{name}/{name}.xml");
        self.parse(&relative, |bytes| PreferenceFile::read(bytes))
    }
}

/// Parts of a side by the place of their files.
const PARTS: [(&str, extensions::Extension); 12] = [
    ("registry.pol", extensions::REGISTRY_POLICY),
    ("preferences/scheduledtasks/", extensions::SCHEDULED_TASKS),
    ("preferences/registry/", extensions::REGISTRY_PREFERENCES),
    ("preferences/files/", extensions::FILES),
    ("preferences/folders/", extensions::FOLDERS),
    ("preferences/services/", extensions::SERVICES),
    ("preferences/groups/", extensions::GROUPS),
    ("preferences/environmentvariables/", extensions::ENVIRONMENT),
    ("scripts/", extensions::SCRIPTS),
    ("applications/", extensions::SOFTWARE_INSTALLATION),
    ("microsoft/windows nt/secedit/", extensions::SECURITY),
    ("microsoft/windows nt/audit/", extensions::AUDIT),
];

fn load_side(side: &str, reader: &mut FolderReader<'_>) -> Result<FoundSide, LoadError> {
    let text = |bytes: &[u8]| Ok::<_, std::convert::Infallible>(decode(bytes));
    let template = format!("{side}microsoft/windows nt/secedit/gpttmpl.inf");
    let mut scripts = Vec::new();
    for name in ["scripts.ini", "psscripts.ini"] {
        scripts.extend(reader.parse(&format!("{side}scripts/{name}"), text)?);
    }
    let mut other_preferences = Vec::new();
    for name in reader.other_preferences(side) {
        other_preferences.extend(reader.parse(&name, xml::read)?);
    }
    let parts = PARTS.iter();
    let extensions = parts
        .filter(|(place, _)| reader.has_below(&format!("{side}{place}")))
        .map(|(_, extension)| *extension)
        .collect();
    Ok(FoundSide {
        policy: reader.parse(&format!("{side}registry.pol"), |bytes| {
            RegistryPolicy::read(bytes)
        })?,
        tasks: reader.preferences(side, "scheduledtasks")?,
        registry: reader.preferences(side, "registry")?,
        files: reader.preferences(side, "files")?,
        folders: reader.preferences(side, "folders")?,
        other_preferences,
        security_template: reader.parse(&template, text)?,
        scripts,
        extensions,
    })
}

/// UTF-16 with byte order mark, else Windows-1252: what Windows writes into INI files.
fn decode(bytes: &[u8]) -> String {
    let encoding = encoding_rs::Encoding::for_bom(bytes)
        .map_or(encoding_rs::WINDOWS_1252, |(encoding, _)| encoding);
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    text.into_owned()
}

/// Reads a policy file; one that is too large is reported and not read.
pub(super) fn read(path: &Path, found: &mut Found) -> Result<Option<Vec<u8>>, LoadError> {
    let bytes = plain_file::read(path, MAX_FILE).map_err(|source| io_error(path, source))?;
    if bytes.is_none() {
        let why = format!("more than {MAX_FILE} bytes");
        found.unreadable.push((path.display().to_string(), why));
    }
    Ok(bytes)
}
