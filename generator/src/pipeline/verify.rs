//! `gangway verify`: is this still the bundle that was built, plus a signature at most?

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use gangway_contract::manifest::Manifest;
use gangway_contract::{BundleId, Sha256};
use rayon::prelude::*;
use sha2::Digest as _;
use walkdir::WalkDir;

use super::codes;
use super::output::{OutputError, io_error};
use super::sums::{SUMS_FILE_NAME, sums};
use crate::bootstrap::{self, MAX_STUB_BYTES};
use crate::bundle::{self, BundleDocument, FileDigest};
use crate::plain_file;
use crate::problem::Problem;

/// What was found.
#[derive(Debug)]
pub struct Verification {
    /// The document, as it stands in the folder.
    pub document: BundleDocument,
    /// Files whose bytes were compared.
    pub files: usize,
    /// State of the exe's signature, in one line.
    pub signature: String,
    /// Everything that is wrong, errors and warnings.
    pub problems: Vec<Problem>,
}

/// Why nothing could be said.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no such folder.
    #[error(
        "`{}` is not there\nhint: name the folder that `gangway build` wrote",
        path.display()
    )]
    Absent {
        /// The path.
        path: PathBuf,
    },
    /// The folder is no bundle.
    #[error("`{}` is no bundle: {why}\nhint: name the folder that `gangway build` wrote", path.display())]
    NotABundle {
        /// The folder.
        path: PathBuf,
        /// What is missing or malformed.
        why: String,
    },
    /// Reading failed.
    #[error(transparent)]
    Io(#[from] OutputError),
}

/// The cure for anything that was changed after the build.
const BUILD_AGAIN: &str = "copy the bundle again as a whole, or build it again";

/// Compares a bundle with what its build wrote down, and judges the exe. `now` is in seconds
/// since 1970 UTC.
///
/// # Errors
/// The folder is no bundle or cannot be read; everything else is a problem.
pub fn verify(folder: &Path, now: i64) -> Result<Verification, VerifyError> {
    let document = load_document(folder)?;
    let found = digest_tree(folder)?;

    let mut problems = compare_files(&document, &found);
    problems.extend(check_sums(folder, &document, &found)?);
    problems.extend(check_manifest(folder, &document)?);
    let exe = match read_bounded(&folder.join(&document.exe.path), MAX_STUB_BYTES as u64 * 2) {
        Ok(exe) => Some(exe),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(io_error("read", &folder.join(&document.exe.path))(error).into()),
    };
    let signature = match exe {
        Some(exe) => {
            let judged = super::signature::judge(&document, &exe, now);
            problems.extend(judged.problems);
            judged.summary
        }
        None => {
            problems.push(missing(&document.exe.path));
            "the exe is missing".to_owned()
        }
    };
    problems.sort_by(|left, right| left.subject.cmp(&right.subject));
    Ok(Verification {
        document,
        files: found.len(),
        signature,
        problems,
    })
}

/// Reads `bundle.json` of a folder.
pub(super) fn load_document(folder: &Path) -> Result<BundleDocument, VerifyError> {
    let not_a_bundle = |why: String| VerifyError::NotABundle {
        path: folder.to_owned(),
        why: format!("`{}`: {why}", bundle::FILE_NAME),
    };
    if !folder.exists() {
        let path = folder.to_owned();
        return Err(VerifyError::Absent { path });
    }
    let bytes = read_bounded(&folder.join(bundle::FILE_NAME), bundle::MAX_BYTES)
        .map_err(|error| not_a_bundle(error.to_string()))?;
    BundleDocument::parse(&bytes).map_err(not_a_bundle)
}

/// Digest of every file below the folder, by path with `/`.
fn digest_tree(folder: &Path) -> Result<BTreeMap<String, FileDigest>, OutputError> {
    let mut paths = Vec::new();
    for entry in WalkDir::new(folder) {
        let entry = entry.map_err(|error| io_error("walk", folder)(error.into()))?;
        if !entry.file_type().is_dir() {
            paths.push(entry.into_path());
        }
    }
    let digest = |path: &PathBuf| {
        let relative = path.strip_prefix(folder).unwrap_or(path);
        let name = relative.to_string_lossy().replace('\\', "/");
        digest_file(path).map(|(size, sha256)| {
            (
                name.clone(),
                FileDigest {
                    path: name,
                    size,
                    sha256,
                },
            )
        })
    };
    paths.par_iter().map(digest).collect()
}

fn digest_file(path: &Path) -> Result<(u64, Sha256), OutputError> {
    let mut file = plain_file::open(path).map_err(io_error("open", path))?;
    let mut hash = sha2::Sha256::new();
    let mut block = vec![0; 1 << 20];
    let mut size = 0u64;
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok((size, Sha256::from_bytes(hash.finalize().into()))),
            Ok(read) => {
                hash.update(&block[..read]);
                size += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(io_error("read", path)(error)),
        }
    }
}

fn compare_files(document: &BundleDocument, found: &BTreeMap<String, FileDigest>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for expected in &document.files {
        match found.get(&expected.path) {
            None => problems.push(missing(&expected.path)),
            Some(file) if file == expected => {}
            Some(file) => problems.push(changed(expected, file)),
        }
    }
    let own = [
        bundle::FILE_NAME,
        SUMS_FILE_NAME,
        document.exe.path.as_str(),
    ];
    for path in found.keys() {
        let listed = document
            .files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .is_ok();
        if !listed && !own.contains(&path.as_str()) {
            problems.push(Problem::new(
                &codes::FILE_ADDED,
                path,
                "the file is not part of what was built",
                "take it out of the bundle's folder",
            ));
        }
    }
    problems
}

/// The checksum list vouches for `bundle.json`, and `bundle.json` for everything else; the
/// list itself must be exactly what its content says.
fn check_sums(
    folder: &Path,
    document: &BundleDocument,
    found: &BTreeMap<String, FileDigest>,
) -> Result<Vec<Problem>, OutputError> {
    let path = folder.join(SUMS_FILE_NAME);
    let stored = match read_bounded(&path, bundle::MAX_BYTES) {
        Ok(stored) => stored,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(vec![missing(SUMS_FILE_NAME)]);
        }
        Err(error) => return Err(io_error("read", &path)(error)),
    };
    let mut listed = document.files.clone();
    listed.extend(found.get(bundle::FILE_NAME).cloned());
    let expected = sums(&listed, &document.exe.path);
    if stored == expected.as_bytes() {
        return Ok(Vec::new());
    }
    // Only the line of bundle.json decides which of the two documents was changed.
    let own_line = expected
        .lines()
        .find(|line| line.ends_with(bundle::FILE_NAME));
    let stored = String::from_utf8_lossy(&stored);
    let list_agrees = own_line.is_some_and(|line| stored.lines().any(|other| other == line));
    let subject = if list_agrees {
        SUMS_FILE_NAME
    } else {
        bundle::FILE_NAME
    };
    Ok(vec![Problem::new(
        &codes::FILE_CHANGED,
        subject,
        format!(
            "`{}` and `{SUMS_FILE_NAME}` do not agree",
            bundle::FILE_NAME
        ),
        BUILD_AGAIN,
    )])
}

/// The manifest must be well-formed and be the one that the bundle is named for.
fn check_manifest(folder: &Path, document: &BundleDocument) -> Result<Vec<Problem>, OutputError> {
    let path = folder.join("manifest.json");
    let bytes = match read_bounded(&path, gangway_contract::manifest::MAX_BYTES as u64) {
        Ok(bytes) => bytes,
        // A missing file is reported by the comparison already.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io_error("read", &path)(error)),
    };
    let problem = |message: String| {
        vec![Problem::new(
            &codes::FILE_CHANGED,
            "manifest.json",
            message,
            BUILD_AGAIN,
        )]
    };
    let manifest = match Manifest::parse(&bytes) {
        Ok(manifest) => manifest,
        Err(error) => return Ok(problem(error.to_string())),
    };
    let bundle_id = BundleId::of_bytes(&bytes);
    let exe_path = format!(
        "bootstrap/{}",
        bootstrap::exe_name(manifest.mode, &bundle_id)
    );
    if bundle_id != document.bundle_id || exe_path != document.exe.path {
        return Ok(problem(format!(
            "it makes bundle `{bundle_id}`, not `{}`",
            document.bundle_id
        )));
    }
    Ok(Vec::new())
}

fn missing(path: &str) -> Problem {
    Problem::new(
        &codes::FILE_MISSING,
        path,
        "the file is missing",
        BUILD_AGAIN,
    )
}

fn changed(expected: &FileDigest, found: &FileDigest) -> Problem {
    Problem::new(
        &codes::FILE_CHANGED,
        &expected.path,
        "the file was changed",
        BUILD_AGAIN,
    )
    .with_evidence(format!(
        "expected {} bytes, SHA-256 {}",
        expected.size, expected.sha256
    ))
    .with_evidence(format!(
        "found    {} bytes, SHA-256 {}",
        found.size, found.sha256
    ))
}

/// Reads a small file whole; a larger one is an error, not a surprise.
fn read_bounded(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = plain_file::open(path)?;
    let size = file.metadata()?.len();
    if size > limit {
        return Err(io::Error::other(format!(
            "{size} bytes; the limit is {limit}"
        )));
    }
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
