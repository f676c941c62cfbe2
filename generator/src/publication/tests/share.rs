//! A share in memory.

use std::collections::BTreeMap;
use std::path::Path;

use gangway_contract::Sha256;

use super::budget::{Budget, spend};
use crate::publication::{LargeFiles, Listed, Share, ShareError, ShareFailure, Tree};

#[derive(Clone)]
pub(in crate::publication) struct FakeShare {
    pub(in crate::publication) folders: Vec<String>,
    pub(in crate::publication) files: BTreeMap<String, Vec<u8>>,
    pub(in crate::publication) budget: Budget,
    /// Folders that were read with all that is in them.
    pub(in crate::publication) trees_read: usize,
    /// A file that a reader holds open, which has to keep its name.
    pub(in crate::publication) held: Option<String>,
}

impl FakeShare {
    fn spend(&self) -> Result<(), ShareError> {
        if spend(&self.budget) {
            return Ok(());
        }
        Err(ShareError {
            doing: "write".to_owned(),
            failure: ShareFailure::Other,
            why: "cut".to_owned(),
        })
    }

    fn is_free(&self, path: &str) -> Result<(), ShareError> {
        match self.held.as_deref() {
            Some(held) if held == path => Err(ShareError {
                doing: format!("change `{path}`"),
                failure: ShareFailure::Other,
                why: "NT_STATUS_SHARING_VIOLATION".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn parent_is_there(&self, path: &str) {
        let Some((parent, _)) = path.rsplit_once('/') else {
            return;
        };
        let parent = parent.to_owned();
        assert!(
            self.folders.contains(&parent),
            "there is no folder for `{path}`"
        );
    }
}

impl Share for FakeShare {
    fn read_tree(&mut self, folder: &str) -> Result<Option<Tree>, ShareError> {
        self.trees_read += 1;
        if !self.folders.iter().any(|one| one == folder) {
            return Ok(None);
        }
        let below = format!("{folder}/");
        let name = |path: &String| path.strip_prefix(&below).map(str::to_owned);
        let files = self.files.iter();
        Ok(Some(Tree {
            folders: self.folders.iter().filter_map(name).collect(),
            files: files
                .filter_map(|(path, bytes)| Some((name(path)?, bytes.clone())))
                .collect(),
        }))
    }

    fn list(&mut self, folder: &str) -> Result<Option<BTreeMap<String, Listed>>, ShareError> {
        if folder != "." && !self.folders.iter().any(|one| one == folder) {
            return Ok(None);
        }
        let name = |path: &String| {
            let below = match folder {
                "." => path,
                folder => path.strip_prefix(folder)?.strip_prefix('/')?,
            };
            (!below.contains('/')).then(|| below.to_owned())
        };
        let folders = self.folders.iter().filter_map(name);
        let files = self.files.iter();
        let files =
            files.filter_map(|(path, bytes)| Some((name(path)?, Listed::File(bytes.len() as u64))));
        Ok(Some(
            folders
                .map(|name| (name, Listed::Folder))
                .chain(files)
                .collect(),
        ))
    }

    fn read_file(&mut self, path: &str) -> Result<Option<Vec<u8>>, ShareError> {
        Ok(self.files.get(path).cloned())
    }

    fn make_folder(&mut self, path: &str) -> Result<(), ShareError> {
        self.spend()?;
        self.parent_is_there(path);
        assert!(
            !self.folders.contains(&path.to_owned()),
            "`{path}` was there already"
        );
        self.folders.push(path.to_owned());
        Ok(())
    }

    fn set_permissions(&mut self, path: &str, sddl: &str) -> Result<bool, ShareError> {
        self.spend()?;
        assert!(self.folders.contains(&path.to_owned()));
        assert!(sddl.starts_with("O:BAG:BAD:P(A;OICI;"), "{sddl}");
        let inside = format!("{path}/");
        assert!(
            !self
                .files
                .keys()
                .chain(&self.folders)
                .any(|one| one.starts_with(&inside)),
            "permissions come before content"
        );
        Ok(true)
    }

    /// A write that is cut leaves half a file.
    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), ShareError> {
        self.parent_is_there(path);
        let cut = self.spend();
        let length = if cut.is_ok() {
            bytes.len()
        } else {
            bytes.len() / 2
        };
        self.files.insert(path.to_owned(), bytes[..length].to_vec());
        cut
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), ShareError> {
        self.spend()?;
        self.is_free(from)?;
        if let Some(bytes) = self.files.remove(from) {
            self.files.insert(to.to_owned(), bytes);
            return Ok(());
        }
        assert!(self.folders.iter().any(|one| one == from), "no `{from}`");
        let below = format!("{to}/");
        if self.files.keys().any(|path| path.starts_with(&below)) {
            return Err(ShareError {
                doing: format!("rename `{from}` to `{to}`"),
                failure: ShareFailure::Other,
                why: "the folder holds something".to_owned(),
            });
        }
        let renamed = |path: &str| match path.strip_prefix(from) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("{to}{rest}"),
            _ => path.to_owned(),
        };
        self.folders = self.folders.iter().map(|path| renamed(path)).collect();
        let files = std::mem::take(&mut self.files).into_iter();
        self.files = files.map(|(path, bytes)| (renamed(&path), bytes)).collect();
        Ok(())
    }

    fn remove_file(&mut self, path: &str) -> Result<(), ShareError> {
        self.spend()?;
        self.is_free(path)?;
        assert!(self.files.remove(path).is_some(), "there is no `{path}`");
        Ok(())
    }

    fn remove_folder(&mut self, path: &str) -> Result<(), ShareError> {
        self.spend()?;
        let below = format!("{path}/");
        self.files.retain(|one, _| !one.starts_with(&below));
        self.folders
            .retain(|one| one != path && !one.starts_with(&below));
        Ok(())
    }
}

impl LargeFiles for FakeShare {
    fn write_from(&mut self, path: &str, source: &Path) -> Result<(), ShareError> {
        let bytes = std::fs::read(source).unwrap();
        self.write(path, &bytes)
    }

    fn digest(&mut self, path: &str, _: u64) -> Result<Option<(u64, Sha256)>, ShareError> {
        let bytes = self.files.get(path);
        Ok(bytes.map(|bytes| (bytes.len() as u64, Sha256::of(bytes))))
    }
}
