//! What lies in the way of a release, looked at before anything is written, and in a dry run, too.

use std::collections::BTreeMap;

use gangway_contract::control;

use super::campaign::{self, Campaign};
use super::{CLAIM, Listed, Publisher, RELEASES, ReleaseError};
use crate::publication::plan::TEMPORARY;

impl Publisher<'_> {
    /// Every folder of the release root that is written into is one, and the switch a file.
    pub(super) fn check_root(
        &self,
        at_root: &BTreeMap<String, Listed>,
    ) -> Result<(), ReleaseError> {
        for name in [campaign::FOLDER, RELEASES, CLAIM] {
            self.check_folder(name, at_root.get(name))?;
        }
        self.check_file("", control::FILE_NAME, at_root)
    }

    /// Below it, every name that is written to is free or has a file.
    pub(super) fn check_way(
        &mut self,
        at_root: &BTreeMap<String, Listed>,
        documents: &BTreeMap<String, Listed>,
    ) -> Result<(), ReleaseError> {
        let campaigns: Vec<String> = self
            .release
            .campaigns
            .iter()
            .map(Campaign::file_name)
            .collect();
        for name in campaigns {
            self.check_file(campaign::FOLDER, &name, documents)?;
        }
        if !at_root.contains_key(RELEASES) {
            return Ok(());
        }
        let releases = self.share.list(&self.request.path(RELEASES))?;
        let (id, files) = (&self.release.id, &self.release.files);
        let found = releases.unwrap_or_default().get(id).copied();
        let below = format!("{RELEASES}/{id}");
        self.check_folder(&below, found.as_ref())?;
        if found.is_none() {
            return Ok(());
        }
        let listed = self.share.list(&self.request.path(&below))?;
        let listed = listed.unwrap_or_default();
        for file in files {
            self.check_file(&below, &file.name, &listed)?;
        }
        Ok(())
    }

    fn check_folder(&self, below: &str, found: Option<&Listed>) -> Result<(), ReleaseError> {
        match found {
            None | Some(Listed::Folder) => Ok(()),
            Some(other) => Err(ReleaseError::InTheWay {
                path: self.request.path(below),
                found: other.what(),
                wanted: "a folder",
            }),
        }
    }

    /// A file, and what it is called while it is written.
    fn check_file(
        &self,
        folder: &str,
        name: &str,
        listed: &BTreeMap<String, Listed>,
    ) -> Result<(), ReleaseError> {
        for name in [name.to_owned(), format!("{name}{TEMPORARY}")] {
            match listed.get(&name) {
                None | Some(Listed::File(_)) => {}
                Some(other) => {
                    let below = match folder {
                        "" => name,
                        folder => format!("{folder}/{name}"),
                    };
                    return Err(ReleaseError::InTheWay {
                        path: self.request.path(&below),
                        found: other.what(),
                        wanted: "a file",
                    });
                }
            }
        }
        Ok(())
    }
}
