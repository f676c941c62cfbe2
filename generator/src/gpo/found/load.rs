//! Finds GPOs and WMI filters below a path and reads their files; bounded in depth, number and
//! size, links are not followed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use gangway_contract::{Manifest, Sha256};
use walkdir::WalkDir;

use super::model::{Found, FoundFile, FoundFilter, FoundGpo, FoundSide, Origin};
use super::report;
use crate::gpo::backup::{BACKUP_XML, BKUP_INFO_XML, BackupDocument, BackupInstance};
use crate::gpo::extensions;
use crate::gpo::gpt_ini::GptIni;
use crate::gpo::preferences::{PreferenceFile, Properties};
use crate::gpo::registry_pol::RegistryPolicy;
use crate::gpo::wmi::{read_ldif, read_mof};
use crate::gpo::xml;

/// Deepest folder below the path that is looked into.
const MAX_DEPTH: usize = 24;
/// Most files and folders below the path.
const MAX_ENTRIES: usize = 200_000;
/// Largest policy file that is read, in bytes; larger ones are reported.
const MAX_FILE: u64 = 16 << 20;

/// Why nothing can be said about a path.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The operating system refused.
    #[error(
        "cannot read `{}`: {source}\nhint: check that it exists and that this account may read it",
        path.display()
    )]
    Io {
        /// What was read.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// More than any folder of backups holds.
    #[error(
        "`{}` holds more than {MAX_ENTRIES} files\nhint: name the folder of the policies alone",
        path.display()
    )]
    TooMany {
        /// The path given.
        path: PathBuf,
    },
    /// No GPO and no WMI filter.
    #[error(
        "`{}` holds no GPO backup, no SYSVOL folder and no policy file\nhint: name a bundle, a \
         folder of backups, SYSVOL's `Policies`, or one policy file under its own name",
        path.display()
    )]
    Nothing {
        /// The path given.
        path: PathBuf,
    },
}

/// Reads everything of Group Policy at a path: a file, a backup, a SYSVOL folder, or a folder
/// with any number of them (a bundle among them).
///
/// # Errors
/// The path cannot be read, holds too much, or holds nothing of Group Policy.
pub fn load(path: &Path) -> Result<Found, LoadError> {
    let mut found = Found::default();
    let metadata = std::fs::metadata(path).map_err(|source| io_error(path, source))?;
    if metadata.is_dir() {
        load_folder(path, &mut found)?;
    } else {
        load_file(path, &mut found)?;
    }
    if found.gpos.is_empty() && found.filters.is_empty() && found.unreadable.is_empty() {
        let path = path.to_owned();
        return Err(LoadError::Nothing { path });
    }
    Ok(found)
}

fn io_error(path: &Path, source: io::Error) -> LoadError {
    let path = path.to_owned();
    LoadError::Io { path, source }
}

/// Files of one GPO folder: relative path in lower case with `/`, and where it lies.
type Files = BTreeMap<String, PathBuf>;

fn load_folder(root: &Path, found: &mut Found) -> Result<(), LoadError> {
    let mut files = Vec::new();
    let walk = WalkDir::new(root).max_depth(MAX_DEPTH).sort_by_file_name();
    for (count, entry) in walk.into_iter().enumerate() {
        if count >= MAX_ENTRIES {
            let path = root.to_owned();
            return Err(LoadError::TooMany { path });
        }
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(root).to_owned();
            let source = error.into();
            LoadError::Io { path, source }
        })?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    // A folder is a GPO when it holds one of its documents.
    let mut folders: BTreeMap<PathBuf, Files> = BTreeMap::new();
    for file in &files {
        let name = lower_name(file);
        if [BACKUP_XML, BKUP_INFO_XML, "GPT.INI"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
            && let Some(folder) = file.parent()
        {
            folders.entry(folder.to_owned()).or_default();
        }
    }
    for file in &files {
        let owner = file
            .ancestors()
            .skip(1)
            .find(|folder| folders.contains_key(*folder));
        match owner {
            Some(folder) => {
                let relative = file.strip_prefix(folder).unwrap_or(file);
                let relative = relative.to_string_lossy().replace('\\', "/");
                if let Some(list) = folders.get_mut(folder) {
                    list.insert(relative, file.clone());
                }
            }
            None => load_loose(root, file, found)?,
        }
    }
    for (folder, files) in folders {
        let gpo = load_gpo(&folder, &files, found)?;
        found.gpos.push(gpo);
    }
    Ok(())
}

/// A file outside any GPO folder of the tree: a WMI filter, a policy file on its own, or the
/// manifest of a bundle.
fn load_loose(root: &Path, file: &Path, found: &mut Found) -> Result<(), LoadError> {
    let name = lower_name(file);
    if let Some(relative) = place_in_gpo(&name) {
        let files = Files::from([(relative, file.to_owned())]);
        let gpo = load_gpo(file, &files, found)?;
        found.gpos.push(gpo);
    } else if name.ends_with(".mof") {
        if let Some(bytes) = read(file, found)? {
            load_mof(file, &bytes, found);
        }
    } else if name.ends_with(".ldif") || name.ends_with(".ldf") {
        if let Some(bytes) = read(file, found)? {
            let place = file.display().to_string();
            let filters = read_ldif(&bytes).into_iter();
            found.filters.extend(filters.map(|filter| FoundFilter {
                place: place.clone(),
                id: filter.id,
                name: filter.name,
                queries: filter.queries,
            }));
        }
    } else if name == "manifest.json"
        && file.parent() == Some(root)
        && let Some(bytes) = read(file, found)?
        && let Ok(manifest) = Manifest::parse(&bytes)
    {
        found.antivirus_mode = Some(manifest.settings.antivirus_mode);
    }
    Ok(())
}

fn load_mof(file: &Path, bytes: &[u8], found: &mut Found) {
    let place = file.display().to_string();
    match read_mof(bytes) {
        Ok(filter) => found.filters.push(FoundFilter {
            place,
            id: Some(filter.id),
            name: Some(filter.name),
            queries: Ok(filter.queries),
        }),
        Err(error) => found.unreadable.push((place, error.to_string())),
    }
}

/// A single file, recognised by its name.
fn load_file(path: &Path, found: &mut Found) -> Result<(), LoadError> {
    let document = [BACKUP_XML, BKUP_INFO_XML, "GPT.INI"]
        .iter()
        .any(|known| lower_name(path).eq_ignore_ascii_case(known));
    if !document {
        return load_loose(path, path, found);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    load_folder(folder, found)
}

/// Where a policy file of this name lies in a GPO.
fn place_in_gpo(name: &str) -> Option<String> {
    match name {
        "registry.pol" => Some("Machine/registry.pol".to_owned()),
        "scheduledtasks.xml" | "registry.xml" | "files.xml" | "folders.xml" => {
            let kind = name.trim_end_matches(".xml");
            Some(format!("Machine/Preferences/{kind}/{name}"))
        }
        "gpttmpl.inf" => Some(format!("Machine/microsoft/windows nt/SecEdit/{name}")),
        _ => None,
    }
}

fn lower_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().to_lowercase()
}

/// Reads a policy file; one that is too large is reported and not read.
fn read(path: &Path, found: &mut Found) -> Result<Option<Vec<u8>>, LoadError> {
    let file = File::open(path).map_err(|source| io_error(path, source))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|source| io_error(path, source))?;
    if bytes.len() as u64 > MAX_FILE {
        let why = format!("more than {MAX_FILE} bytes");
        found.unreadable.push((path.display().to_string(), why));
        return Ok(None);
    }
    Ok(Some(bytes))
}

fn load_gpo(folder: &Path, files: &Files, found: &mut Found) -> Result<FoundGpo, LoadError> {
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
