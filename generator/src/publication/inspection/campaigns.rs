//! What the share says of campaigns, held against the bundle and against what lies there.

use std::collections::BTreeMap;

use super::{Inspector, PUBLISH, is_left};
use crate::publication::codes;
use crate::publication::release::{CAMPAIGNS, Campaign, Needs, Release, read_document};
use crate::publication::share::{Listed, ShareError};

const ANEW: &str =
    "find out who wrote there; delete it, and publish its campaign again, which writes it anew";

const LEFT: &str =
    "the campaign's next publication writes over it; else delete it when nobody publishes";

impl Inspector<'_> {
    /// The documents of the bundle's campaigns, and those of others.
    pub(super) fn campaigns(
        &mut self,
        release: &Release,
        at_root: &BTreeMap<String, Listed>,
        releases: &BTreeMap<String, Listed>,
    ) -> Result<(), ShareError> {
        let found = at_root.get(CAMPAIGNS);
        let documents = self.folder(CAMPAIGNS, found, &codes::CAMPAIGN_DOCUMENT)?;
        if found.is_some_and(|found| *found != Listed::Folder) {
            return Ok(());
        }
        for campaign in &release.campaigns {
            let name = campaign.file_name();
            if !documents.contains_key(&name) {
                let what = "it is missing, so nobody knows that the campaign needs the release";
                self.find(&codes::CAMPAIGN_UNKNOWN, &below(&name), what, PUBLISH);
            }
        }
        for (name, found) in &documents {
            let path = self.path(&below(name));
            match read_document(self.share, &path, name, *found)? {
                Ok((needs, bytes)) => self.document(release, releases, name, &needs, &bytes),
                Err(_) if is_left(name, |name| name.ends_with(".json")) => {
                    self.left(&below(name), LEFT);
                }
                Err(_) if !name.ends_with(".json") => self.more(&below(name)),
                Err(why) => self.find(&codes::CAMPAIGN_DOCUMENT, &below(name), &why, ANEW),
            }
        }
        Ok(())
    }

    /// One that can be read.
    fn document(
        &mut self,
        release: &Release,
        releases: &BTreeMap<String, Listed>,
        name: &str,
        needs: &Needs,
        bytes: &[u8],
    ) {
        let below = below(name);
        if needs.write() != bytes {
            let what = "it is not as a publication writes it, so somebody edited it";
            self.find(&codes::CAMPAIGN_DOCUMENT, &below, what, ANEW);
        }
        for absent in needs
            .releases
            .iter()
            .filter(|one| !releases.contains_key(&one.id))
        {
            let what = format!(
                "it lists release `{}`, which is not on the share",
                absent.id
            );
            let next =
                "publish that release again, or the campaign's next one with `--keep-releases`";
            self.find(&codes::CAMPAIGN_UNKNOWN, &below, &what, next);
        }
        let is_ours = |campaign: &&Campaign| campaign.file_name().eq_ignore_ascii_case(name);
        let Some(campaign) = release.campaigns.iter().find(is_ours) else {
            return;
        };
        if !needs.is_of(campaign) {
            let what = format!(
                "it is of {}, and the bundle calls that campaign otherwise",
                needs.shown()
            );
            self.find(&codes::CAMPAIGN_DOCUMENT, &below, &what, ANEW);
        }
        match needs.releases.iter().find(|one| one.id == release.id) {
            None => {
                let what = "it does not list the bundle's release, which may be taken away";
                self.find(&codes::CAMPAIGN_UNKNOWN, &below, what, PUBLISH);
            }
            Some(listed)
                if !release
                    .files
                    .iter()
                    .map(|file| &file.name)
                    .eq(&listed.files) =>
            {
                let what = "it lists other files of the bundle's release than that has";
                self.find(&codes::CAMPAIGN_DOCUMENT, &below, what, ANEW);
            }
            Some(_) => {}
        }
    }
}

fn below(name: &str) -> String {
    format!("{CAMPAIGNS}/{name}")
}
