//! Finds GPOs and WMI filters below a path and reads their files; bounded in depth, number and
//! size; links are not followed, but named.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gangway_contract::Manifest;
use walkdir::WalkDir;

use super::error::{LoadError, MAX_ENTRIES, io_error};
use super::folder::{Files, load_gpo, read};
use super::model::{Found, FoundFilter};
use crate::gpo::backup::{BACKUP_XML, BKUP_INFO_XML};
use crate::gpo::scripts::ScriptList;
use crate::gpo::wmi::{names_filter, read_ldif, read_mof};
use crate::gpo::xml;

/// Deepest folder below the path that is looked into.
const MAX_DEPTH: usize = 24;

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
    if found.gpos.is_empty()
        && found.filters.is_empty()
        && found.unreadable.is_empty()
        && found.not_followed.is_empty()
    {
        let path = path.to_owned();
        return Err(LoadError::Nothing { path });
    }
    Ok(found)
}

/// What lies below a path.
#[derive(Default)]
struct Tree {
    files: Vec<PathBuf>,
    /// Links, pipes and whatever else is neither file nor folder, and what each is.
    others: Vec<(PathBuf, &'static str)>,
}

fn walk(root: &Path) -> Result<Tree, LoadError> {
    let mut tree = Tree::default();
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
        let kind = entry.file_type();
        if kind.is_file() {
            tree.files.push(entry.into_path());
        } else if kind.is_symlink() {
            tree.others.push((entry.into_path(), "a link"));
        } else if !kind.is_dir() {
            tree.others.push((entry.into_path(), "no plain file"));
        }
    }
    Ok(tree)
}

fn load_folder(root: &Path, found: &mut Found) -> Result<(), LoadError> {
    let Tree { files, others } = walk(root)?;
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
    for (place, what) in others {
        let in_gpo = place.ancestors().any(|above| folders.contains_key(above));
        if in_gpo || is_looked_for(&place) {
            let place = place.display().to_string();
            found.not_followed.push((place, what));
        }
    }
    for (folder, files) in folders {
        let gpo = load_gpo(&folder, &files, found)?;
        found.gpos.push(gpo);
    }
    Ok(())
}

/// Would a plain file of this name be read, or can there be one behind it?
fn is_looked_for(place: &Path) -> bool {
    let name = lower_name(place);
    let document = [BACKUP_XML, BKUP_INFO_XML, "GPT.INI", "manifest.json"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known));
    let filter = [".mof", ".ldif", ".ldf"];
    document
        || place_in_gpo(&name).is_some()
        || is_script_list(&name)
        || filter.iter().any(|ending| name.ends_with(ending))
        || place.is_dir()
}

/// A file outside any GPO folder of the tree: a WMI filter, a policy file on its own, or the
/// manifest of a bundle.
fn load_loose(root: &Path, file: &Path, found: &mut Found) -> Result<(), LoadError> {
    let name = lower_name(file);
    if is_foreign(&name, file, found)? {
        return Ok(());
    }
    if is_script_list(&name) {
        load_scripts(root, file, found)?;
    } else if let Some(relative) = place_in_gpo(&name) {
        load_one(file, relative, found)?;
    } else if name.ends_with(".mof") {
        // Configurations of DSC are MOF too.
        if let Some(bytes) = read(file, found)?
            && names_filter(&bytes)
        {
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

/// A policy file on its own, at its place in a GPO.
fn load_one(file: &Path, place: String, found: &mut Found) -> Result<(), LoadError> {
    let files = Files::from([(place, file.to_owned())]);
    let gpo = load_gpo(file, &files, found)?;
    found.gpos.push(gpo);
    Ok(())
}

/// A list of scripts on its own: of the side whose folder it lies in, else of the one whose moments it
/// names. Other programs have files of that name too, which count only where one was asked for.
fn load_scripts(root: &Path, file: &Path, found: &mut Found) -> Result<(), LoadError> {
    let Some(bytes) = read(file, found)? else {
        // Reported as too large.
        return Ok(());
    };
    let list = ScriptList::read(&bytes);
    if file != root && !list.names_moments() {
        return Ok(());
    }
    let side = file.ancestors().nth(2).map(lower_name).unwrap_or_default();
    let side = match side.as_str() {
        "machine" => "Machine",
        "user" => "User",
        _ if list.is_of_users() => "User",
        _ => "Machine",
    };
    load_one(file, format!("{side}/Scripts/{}", lower_name(file)), found)
}

fn is_script_list(name: &str) -> bool {
    matches!(name, "scripts.ini" | "psscripts.ini")
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

/// Is this another program's document with the general name of a preference file? One that
/// cannot be read may be either and is reported.
fn is_foreign(name: &str, file: &Path, found: &mut Found) -> Result<bool, LoadError> {
    let root = match name {
        "registry.xml" => "RegistrySettings",
        "files.xml" => "Files",
        "folders.xml" => "Folders",
        _ => return Ok(false),
    };
    let Some(bytes) = read(file, found)? else {
        // Reported as too large.
        return Ok(true);
    };
    let document = xml::read(&bytes);
    Ok(document.is_ok_and(|element| !element.name.eq_ignore_ascii_case(root)))
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
