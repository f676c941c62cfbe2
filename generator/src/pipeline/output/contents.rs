//! What lies in a folder that a build would replace or take away: ours by name, or nobody's.

use std::collections::BTreeSet;
use std::fs::{self, DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;

use super::super::layout::{has_a_place, may_come_to_be, path_fault, unlisted};
use super::error::{Foreign, OutputError, io_error};
use super::place::is_mount_point;
use crate::bootstrap::{MAX_STUB_BYTES, without_signature};
use crate::bundle::{self, BundleDocument};
use crate::pipeline::verify::file_digest as digest;
use crate::plain_file;

/// Folders within folders that are walked; the deepest of a real bundle are seven down.
const MAX_DEPTH: usize = 32;

/// Of a folder of which this user cannot take files.
const NOT_WRITABLE: &str = "you may not write to it";

/// What lies at a path.
#[derive(Debug)]
pub(super) enum Contents {
    /// Nothing.
    Absent,
    /// A folder without anything in it.
    Empty,
    /// A bundle and nothing else.
    Bundle(Box<Bundle>),
}

/// A bundle, of which every file is one that a build writes.
#[derive(Debug)]
pub(super) struct Bundle {
    pub(super) document: BundleDocument,
    pub(super) found: Found,
}

/// Files and folders, by absolute path.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In no order.
    pub(super) files: Vec<PathBuf>,
    /// Each behind the one that it lies in.
    pub(super) folders: Vec<PathBuf>,
}

/// Files of a bundle that are no longer what was built. The exe may have got a signature, and what is
/// missing is no loss.
pub(super) fn changed_since_built(
    folder: &Path,
    bundle: &Bundle,
) -> Result<Vec<String>, OutputError> {
    let document = &bundle.document;
    let mut changed = Vec::new();
    for file in &document.files {
        let path = folder.join(&file.path);
        if path.is_file() && digest(&path, file.size)? != (file.size, file.sha256) {
            changed.push(file.path.clone());
        }
    }
    let exe = folder.join(&document.exe.path);
    if exe.is_file() && !is_the_exe(&exe, document)? {
        changed.push(document.exe.path.clone());
    }
    Ok(changed)
}

fn is_the_exe(path: &Path, document: &BundleDocument) -> Result<bool, OutputError> {
    let bytes =
        plain_file::read(path, 2 * MAX_STUB_BYTES as u64).map_err(io_error("read", path))?;
    let unsigned = bytes.and_then(|bytes| without_signature(&bytes).ok());
    Ok(unsigned.is_some_and(|exe| Sha256::of(&exe) == document.exe.unsigned_sha256))
}

/// Is this folder a bundle, whatever else it holds?
pub(super) fn is_bundle(folder: &Path) -> bool {
    read_document(&folder.join(bundle::FILE_NAME)).is_ok()
}

/// Judges a folder that may hold a bundle; `shown` is its path in messages.
///
/// # Errors
/// It is no folder, no bundle, or holds something that no build wrote.
pub(super) fn judge(folder: &Path, shown: &Path) -> Result<Contents, OutputError> {
    let path = || shown.to_owned();
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::Absent),
        Err(error) => return Err(io_error("look at", folder)(error)),
        Ok(found) if !found.is_dir() => return Err(OutputError::NotAFolder { path: path() }),
        Ok(_) => {}
    }
    let mut entries = fs::read_dir(folder).map_err(io_error("read folder", folder))?;
    if entries.next().is_none() {
        return Ok(Contents::Empty);
    }
    let document = read_document(&folder.join(bundle::FILE_NAME))
        .map_err(|why| OutputError::NotABundle { path: path(), why })?;
    let ours = Ours::of(&document);
    let (found, mut foreign) = walk(
        folder,
        |path| ours.files.contains(path),
        |path| ours.folders.contains(path),
    )?;
    if !may_be_emptied(folder) {
        foreign.add(".", Some(NOT_WRITABLE));
    }
    if foreign.is_empty() {
        Ok(Contents::Bundle(Box::new(Bundle { document, found })))
    } else {
        Err(OutputError::Foreign {
            path: path(),
            found: foreign,
        })
    }
}

/// What a build that is not ended has in its folder; else what stands against that.
pub(super) fn unfinished(folder: &Path, more: &[&str]) -> Result<(Found, Foreign), OutputError> {
    let ours = |path: &str| {
        let intake = path.split_once('/').map(|(folder, _)| folder);
        may_come_to_be(path) || more.contains(&path) || intake.is_some_and(|it| more.contains(&it))
    };
    // An empty folder is no loss.
    walk(folder, ours, |_| true)
}

/// A plain file only: a link could lead to the document of another bundle.
fn read_document(path: &Path) -> Result<BundleDocument, String> {
    let found = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("it is no plain file".to_owned());
    }
    let bytes = plain_file::read_whole(path, bundle::MAX_BYTES).map_err(|e| e.to_string())?;
    BundleDocument::parse(&bytes)
}

/// The paths that a document vouches for, with `/`.
struct Ours {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Ours {
    /// A listed path counts only where a build writes one: a document that somebody made up cannot
    /// name his neighbour's files.
    fn of(document: &BundleDocument) -> Self {
        let listed = document.files.iter().map(|file| &file.path);
        let placed =
            listed.filter(|path| path_fault(path).is_none() && has_a_place(path, document));
        let files: BTreeSet<String> = placed.cloned().chain(unlisted(document)).collect();
        let above = |path: &String| -> Vec<String> {
            let slashes = path.match_indices('/');
            slashes.map(|(at, _)| path[..at].to_owned()).collect()
        };
        Self {
            folders: files.iter().flat_map(above).collect(),
            files,
        }
    }
}

/// Lists a folder, no link followed, and nothing looked at below what is not ours.
fn walk(
    folder: &Path,
    is_our_file: impl Fn(&str) -> bool,
    is_our_folder: impl Fn(&str) -> bool,
) -> Result<(Found, Foreign), OutputError> {
    let mut found = Found::default();
    let mut foreign = Foreign::default();
    let mut ahead = vec![(folder.to_owned(), String::new(), 0)];
    while let Some((folder, above, depth)) = ahead.pop() {
        let mut entries: Vec<(String, PathBuf, FileType)> = fs::read_dir(&folder)
            .and_then(|entries| entries.map(|entry| named(&entry?, &above)).collect())
            .map_err(io_error("read folder", &folder))?;
        entries.sort_by(|left, right| left.0.cmp(&right.0));
        for (path, full, kind) in entries {
            if kind.is_file() && is_our_file(&path) {
                found.files.push(full);
            } else if kind.is_dir() && depth < MAX_DEPTH && is_our_folder(&path) {
                match strange_folder(&full).map_err(io_error("look at", &full))? {
                    Some(what) => foreign.add(&path, Some(what)),
                    None => {
                        found.folders.push(full.clone());
                        ahead.push((full, format!("{path}/"), depth + 1));
                    }
                }
            } else {
                foreign.add(&path, strange_kind(kind));
            }
        }
    }
    Ok((found, foreign))
}

/// A name that is not Unicode is shown with replacements, which are in no name of ours.
fn named(entry: &DirEntry, above: &str) -> io::Result<(String, PathBuf, FileType)> {
    let path = format!("{above}{}", entry.file_name().to_string_lossy());
    Ok((path, entry.path(), entry.file_type()?))
}

fn strange_kind(kind: FileType) -> Option<&'static str> {
    match kind {
        kind if kind.is_symlink() => Some("a link"),
        kind if kind.is_file() || kind.is_dir() => None,
        _ => Some("a pipe, a socket or a device"),
    }
}

/// Why a folder that is ours by its name cannot be taken away with its files.
fn strange_folder(folder: &Path) -> io::Result<Option<&'static str>> {
    if is_mount_point(folder)? {
        return Ok(Some("a mount point"));
    }
    Ok((!may_be_emptied(folder)).then_some(NOT_WRITABLE))
}

/// May this user take files out of the folder?
#[cfg(unix)]
fn may_be_emptied(folder: &Path) -> bool {
    use rustix::fs::{Access, access};
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

#[cfg(not(unix))]
fn may_be_emptied(_folder: &Path) -> bool {
    // Access lists say more than one bit; what Windows refuses is told when it does.
    true
}
