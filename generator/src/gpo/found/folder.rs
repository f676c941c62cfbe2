//! Reads the files of one GPO, wherever they lie.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;

use super::error::{LoadError, io_error};
use super::model::{Found, FoundFile, FoundGpo, FoundSide, Origin};
use super::report;
use super::text;
use crate::gpo::backup::{BackupDocument, BackupInstance};
use crate::gpo::extensions::{self, Extension};
use crate::gpo::gpt_ini::GptIni;
use crate::gpo::preferences::{PreferenceFile, Properties};
use crate::gpo::registry_pol::RegistryPolicy;
use crate::gpo::scripts::ScriptList;
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
    let mut reader = FolderReader::of(files, found);
    let folder_name = name_on_disk(folder);
    let origin = if reader.has("backup.xml") || reader.has("bkupinfo.xml") {
        Origin::Backup {
            folder: folder_name,
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

/// The folder's own name, also of one that is given as `.` or ends with `..`.
fn name_on_disk(folder: &Path) -> String {
    let whole = match folder.file_name() {
        Some(_) => None,
        None => std::fs::canonicalize(folder).ok(),
    };
    let folder = whole.as_deref().unwrap_or(folder);
    let name = folder.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
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
    /// By the whole name in small letters; of several such files, the first.
    files: HashMap<String, &'a Path>,
    found: &'a mut Found,
}

impl<'a> FolderReader<'a> {
    /// Names are compared without case, as Windows does: two that differ only in it are one file there.
    fn of(files: &'a Files, found: &'a mut Found) -> Self {
        let mut by_name: HashMap<String, &Path> = HashMap::new();
        for (name, path) in files {
            match by_name.entry(name.to_lowercase()) {
                Entry::Vacant(place) => {
                    place.insert(path);
                }
                Entry::Occupied(first) => {
                    let shown = |path: &Path| path.display().to_string();
                    let pair = (shown(first.get()), shown(path));
                    found.same_names.push(pair);
                }
            }
        }
        Self {
            files: by_name,
            found,
        }
    }

    /// Where a file lies, by its name in small letters.
    fn path(&self, relative: &str) -> Option<PathBuf> {
        self.files.get(relative).map(|path| path.to_path_buf())
    }

    fn has(&self, relative: &str) -> bool {
        self.path(relative).is_some()
    }

    /// Does it announce software? Only `.aas` files do (MS-GPSI 2.2.4).
    fn has_advertisement(&self, side: &str) -> bool {
        let folder = format!("{side}applications/");
        let mut names = self.files.keys();
        names.any(|name| name.starts_with(&folder) && name.ends_with(".aas"))
    }

    /// Preference files that the model does not read.
    fn other_preferences(&self, side: &str) -> Vec<String> {
        let modelled = ["scheduledtasks", "registry", "files", "folders"];
        let folder = format!("{side}preferences/");
        let others = self.files.keys().filter(|name| {
            name.strip_prefix(&folder).is_some_and(|below| {
                let kind = below.split('/').next().unwrap_or_default();
                below.ends_with(".xml") && !modelled.contains(&kind)
            })
        });
        let mut others: Vec<String> = others.cloned().collect();
        others.sort_unstable();
        others
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
        if relative.ends_with(".xml")
            && let Some(label) = xml::odd_encoding(&bytes)
        {
            self.found.odd_encodings.push((path.clone(), label));
        }
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

fn load_side(side: &str, reader: &mut FolderReader<'_>) -> Result<FoundSide, LoadError> {
    let as_text = |bytes: &[u8]| Ok::<_, std::convert::Infallible>(text::decode(bytes));
    let mut scripts = Vec::new();
    for name in ["scripts.ini", "psscripts.ini"] {
        scripts.extend(reader.parse(&format!("{side}scripts/{name}"), |bytes| {
            Ok::<_, std::convert::Infallible>(ScriptList::read(bytes))
        })?);
    }
    let mut other_preferences = BTreeMap::new();
    for name in reader.other_preferences(side) {
        let file = reader.parse(&name, xml::read)?;
        other_preferences.insert(name, file);
    }
    let template = format!("{side}microsoft/windows nt/secedit/gpttmpl.inf");
    let audit = format!("{side}microsoft/windows nt/audit/audit.csv");
    let mut found = FoundSide {
        policy: reader.parse(&format!("{side}registry.pol"), |bytes| {
            RegistryPolicy::read(bytes)
        })?,
        tasks: reader.preferences(side, "scheduledtasks")?,
        registry: reader.preferences(side, "registry")?,
        files: reader.preferences(side, "files")?,
        folders: reader.preferences(side, "folders")?,
        security_template: reader.parse(&template, as_text)?,
        audit: reader.parse(&audit, as_text)?,
        scripts,
        ..FoundSide::default()
    };
    found.extensions = parts_in_use(side, &found, &other_preferences, reader);
    found.other_preferences = other_preferences.into_values().flatten().collect();
    Ok(found)
}

/// Whether a file that was read holds something; one that cannot be read may.
fn holds<T>(
    file: &Option<FoundFile<T>>,
    has_content: impl FnOnce(&T) -> bool,
    is_unreadable: bool,
) -> bool {
    let file = file.as_ref();
    file.map_or(is_unreadable, |file| has_content(&file.content))
}

/// The parts of a side that hold something. A file alone is no content: the consoles leave
/// files behind that hold no setting any more.
fn parts_in_use(
    side: &str,
    found: &FoundSide,
    other: &BTreeMap<String, Option<FoundFile<xml::Element>>>,
    reader: &FolderReader<'_>,
) -> Vec<Extension> {
    let unreadable = |relative: &str| reader.has(&format!("{side}{relative}"));
    let policy = holds(
        &found.policy,
        |policy| !policy.records.is_empty(),
        unreadable("registry.pol"),
    );
    let script_files = ["scripts/scripts.ini", "scripts/psscripts.ini"];
    let there = script_files.into_iter().filter(|name| unreadable(name));
    let mut scripts = found.scripts.iter();
    let scripts =
        there.count() > scripts.len() || scripts.any(|file| file.content.starts_anything());
    let security = holds(
        &found.security_template,
        |content| text::has_security_settings(content),
        unreadable("microsoft/windows nt/secedit/gpttmpl.inf"),
    );
    let audit = holds(
        &found.audit,
        |content| text::has_audit_rows(content),
        unreadable("microsoft/windows nt/audit/audit.csv"),
    );
    let software = reader.has_advertisement(side);
    [(extensions::REGISTRY_POLICY, policy)]
        .into_iter()
        .chain(preferences_in_use(side, found, other, reader))
        .chain([
            (extensions::SCRIPTS, scripts),
            (extensions::SOFTWARE_INSTALLATION, software),
            (extensions::SECURITY, security),
            (extensions::AUDIT, audit),
        ])
        .filter_map(|(extension, is_used)| is_used.then_some(extension))
        .collect()
}

/// Each kind of preferences, and whether the side has items of it.
fn preferences_in_use(
    side: &str,
    found: &FoundSide,
    other: &BTreeMap<String, Option<FoundFile<xml::Element>>>,
    reader: &FolderReader<'_>,
) -> Vec<(Extension, bool)> {
    let path = |folder: &str| {
        let kind = folder.to_lowercase();
        format!("{side}preferences/{kind}/{kind}.xml")
    };
    let is_used = |folder: &str| {
        let unreadable = reader.has(&path(folder));
        match folder {
            "ScheduledTasks" => holds(&found.tasks, PreferenceFile::has_items, unreadable),
            "Registry" => holds(&found.registry, PreferenceFile::has_items, unreadable),
            "Files" => holds(&found.files, PreferenceFile::has_items, unreadable),
            "Folders" => holds(&found.folders, PreferenceFile::has_items, unreadable),
            _ => match other.get(&path(folder)) {
                Some(Some(file)) => file.content.elements().next().is_some(),
                Some(None) => true,
                None => false,
            },
        }
    };
    let kinds = extensions::PREFERENCES.into_iter();
    kinds
        .map(|(folder, extension)| (extension, is_used(folder)))
        .collect()
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
