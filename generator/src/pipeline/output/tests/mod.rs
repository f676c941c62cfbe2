//! What is written where, and what stays.

mod arrangements;
mod cuts;
mod places;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, ReleaseId, Sha256};

use super::super::layout::exe_path;
use super::super::sums::SUMS_FILE_NAME;
use super::{Kept, OutputError, Staging};
use crate::bundle::{self, BundleDocument, Exe, Tool};
use crate::disk::DiskError;

/// In memory where the system has a place for it: thousands of folders are made here.
pub(super) fn tempdir() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// A small bundle whose every file says `name`.
pub(super) fn write(out: &Path, kept: &[Kept], name: &str) -> Result<(), OutputError> {
    let mut staging = Staging::begin(out, kept)?;
    fill(&mut staging, name)?;
    staging.commit()?.remove_previous()
}

/// Writes all files and leaves the folder where it is.
pub(super) fn fill(staging: &mut Staging, name: &str) -> Result<(), OutputError> {
    let release = ReleaseId::of_bytes(name.as_bytes());
    let copy = staging.intake_folder()?.join("copy");
    fs::write(&copy, name).map_err(super::io_error("write", &copy))?;
    let payload = format!("share/releases/{release}/blob.json");
    staging.adopt(
        &payload,
        &copy,
        name.len() as u64,
        Sha256::of(name.as_bytes()),
    )?;
    for path in [
        "manifest.json",
        "share/control.json",
        "gpo/contoso.com/backup/{0}/Backup.xml",
    ] {
        staging.write(path, name.as_bytes())?;
    }
    let mut files = staging.files().to_vec();
    files.sort();
    let bundle_id = BundleId::of_bytes(name.as_bytes());
    let exe = staging.write(&exe_path(Mode::Onboard, &bundle_id), name.as_bytes())?;
    let document = BundleDocument {
        schema: bundle::SCHEMA,
        exe: Exe {
            path: exe.path,
            unsigned_size: exe.size,
            unsigned_sha256: exe.sha256,
            authenticode_sha256: exe.sha256,
            stub_version: "0".to_owned(),
            stub_sha256: exe.sha256,
        },
        bundle_id,
        release_id: release,
        sequence: 1,
        mode: Mode::Onboard,
        organization: name.to_owned(),
        organization_id: None,
        exclude_group: None,
        output_time: 0,
        tool: Tool {
            name: "gangway".to_owned(),
            version: "0".to_owned(),
        },
        inputs: Vec::new(),
        remarks: Vec::new(),
        files,
    };
    staging.write(bundle::FILE_NAME, &document.to_bytes())?;
    staging.write(SUMS_FILE_NAME, name.as_bytes())?;
    Ok(())
}

/// Path of the exe in the bundle of this name.
pub(super) fn exe_of(name: &str) -> String {
    exe_path(Mode::Onboard, &BundleId::of_bytes(name.as_bytes()))
}

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    Folder,
    File(Vec<u8>),
    Link(PathBuf),
    Other,
}

/// Everything below a folder, by relative path, no link followed.
pub(super) fn tree(folder: &Path) -> BTreeMap<PathBuf, Entry> {
    let entries = walkdir::WalkDir::new(folder).min_depth(1);
    let entry = |entry: walkdir::DirEntry| {
        let (path, kind) = (entry.path(), entry.file_type());
        let what = if kind.is_dir() {
            Entry::Folder
        } else if kind.is_symlink() {
            Entry::Link(fs::read_link(path).unwrap())
        } else if kind.is_file() {
            Entry::File(fs::read(path).unwrap())
        } else {
            Entry::Other
        };
        (path.strip_prefix(folder).unwrap().to_owned(), what)
    };
    entries.into_iter().flatten().map(entry).collect()
}

/// The tree of a fresh bundle.
pub(super) fn tree_of(name: &str) -> BTreeMap<PathBuf, Entry> {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    write(&out, &[], name).unwrap();
    tree(&out)
}

/// Names in a folder, sorted.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_commit_replaces_the_whole_previous_bundle() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    for name in ["first", "second"] {
        write(&out, &[], name).unwrap();
        assert_eq!(tree(&out), tree_of(name));
    }
    assert_eq!(names(root.path()), ["out"], "nothing else is left behind");
}

#[test]
fn what_is_not_committed_leaves_no_trace_and_the_old_bundle_whole() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    write(&out, &[], "old").unwrap();
    let mut staging = Staging::begin(&out, &[]).unwrap();
    fill(&mut staging, "new").unwrap();
    drop(staging);
    assert_eq!(tree(&out), tree_of("old"));
    assert_eq!(names(root.path()), ["out"]);
}

#[test]
fn two_builds_of_one_output_do_not_meet() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    let first = Staging::begin(&out, &[]).unwrap();
    let busy = |again| matches!(again, Err(OutputError::Disk(DiskError::Busy { .. })));
    assert!(busy(Staging::begin(&out, &[])));
    drop(first);
    assert!(Staging::begin(&out, &[]).is_ok());
}

/// The lock file is taken away by who held it: who opened it before must not hold what nobody
/// else sees.
#[test]
fn builders_that_come_and_go_are_never_two_at_once() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    let (inside, turns) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while turns.load(Ordering::SeqCst) < 400 {
                    let Ok(staging) = Staging::begin(&out, &[]) else {
                        continue;
                    };
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                    turns.fetch_add(1, Ordering::SeqCst);
                    inside.fetch_sub(1, Ordering::SeqCst);
                    drop(staging);
                }
            });
        }
    });
}
