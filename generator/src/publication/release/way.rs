//! What lies in the way of a release, looked at before anything is written, and in a dry run, too.

use std::collections::BTreeMap;

use gangway_contract::{control, rollout};

use super::campaign::{self, Campaign};
use super::{CLAIM, Listed, Publisher, RELEASES, ReleaseError, SWITCH_CLAIM};
use crate::publication::switch::in_the_way;

impl Publisher<'_> {
    /// Every folder of the release root that is written into is one, and the switch are files.
    pub(super) fn check_root(
        &self,
        at_root: &BTreeMap<String, Listed>,
    ) -> Result<(), ReleaseError> {
        for name in [campaign::FOLDER, RELEASES, CLAIM, SWITCH_CLAIM] {
            self.check_folder(name, at_root.get(name))?;
        }
        for name in [control::FILE_NAME, rollout::FILE_NAME] {
            self.check_file("", name, at_root)?;
        }
        Ok(())
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
        let Some((name, found)) = in_the_way(listed, name) else {
            return Ok(());
        };
        let below = match folder {
            "" => name,
            folder => format!("{folder}/{name}"),
        };
        Err(ReleaseError::InTheWay {
            path: self.request.path(&below),
            found,
            wanted: "a file",
        })
    }
}
