//! Whether what was built is still what a build would make.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::workspace;

/// What stands beside a built file: enough to compare like with like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// `rustc --version` of the compiler; other versions make other bytes.
    pub(crate) rustc: String,
    /// Features with which the standard library was built.
    pub(crate) std_features: String,
    /// Digest over everything that the build reads and is told.
    pub(crate) inputs: String,
    /// Every file that came out, by name, with its SHA-256.
    pub(crate) files: Vec<Made>,
    /// Whether a second build in another folder gave the same bytes.
    pub(crate) reproduced: bool,
}

/// One file that a build made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Made {
    /// File name.
    pub(crate) name: String,
    /// Bytes.
    pub(crate) size: u64,
    /// SHA-256 in lower-case hex.
    pub(crate) sha256: String,
}

impl Record {
    /// Reads a record; none when there is none or when it has another shape.
    pub(super) fn read(file: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(file).ok()?).ok()
    }

    /// Writes it, readable.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let mut text = serde_json::to_vec_pretty(self).context("write the build record")?;
        text.push(b'\n');
        workspace::write_file(file, &text)
    }

    /// Whether every file is there with the recorded bytes.
    pub(super) fn holds(&self, folder: &Path) -> bool {
        self.files.iter().all(|made| {
            fs::read(folder.join(&made.name)).is_ok_and(|bytes| sha256(&bytes) == made.sha256)
        })
    }
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(Sha256::digest(bytes).as_slice())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Digest over names and bytes of files and over what else the build is told.
///
/// Every part goes in with its length, so that no two different sets look alike.
pub(super) fn inputs(root: &Path, files: &[PathBuf], told: &[String]) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for file in files {
        let name = file.strip_prefix(root).unwrap_or(file);
        part(name.as_os_str().as_encoded_bytes());
        part(&workspace::read_file(file)?);
    }
    for text in told {
        part(text.as_bytes());
    }
    Ok(hex(hasher.finalize().as_slice()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_of_an_input_changes_the_digest() {
        let folder = tempfile::tempdir().unwrap();
        let digest = |name: &str, text: &str, told: &str| {
            let file = folder.path().join(name);
            fs::write(&file, text).unwrap();
            inputs(folder.path(), &[file], &[told.to_owned()]).unwrap()
        };
        let first = digest("a", "text", "flag");
        assert_eq!(digest("a", "text", "flag"), first);
        assert_ne!(digest("b", "text", "flag"), first);
        assert_ne!(digest("a", "texts", "flag"), first);
        assert_ne!(digest("a", "text", "other"), first);
    }

    #[test]
    fn a_changed_output_is_built_again() {
        let folder = tempfile::tempdir().unwrap();
        let record = Record {
            rustc: "rustc 1".to_owned(),
            std_features: String::new(),
            inputs: String::new(),
            files: vec![Made {
                name: "stub.exe".to_owned(),
                size: 1,
                sha256: sha256(b"a"),
            }],
            reproduced: false,
        };
        assert!(!record.holds(folder.path()));
        fs::write(folder.path().join("stub.exe"), b"a").unwrap();
        assert!(record.holds(folder.path()));
        fs::write(folder.path().join("stub.exe"), b"b").unwrap();
        assert!(!record.holds(folder.path()));
    }
}
