//! What a share has of the bundle's campaigns goes: the last thing of a campaign, when no policy starts its
//! program any more. Nothing of another campaign's, and nothing of somebody else's.

use std::collections::{BTreeMap, BTreeSet};

use gangway_contract::{control, rollout};

use super::announced::state_of_campaign;
use super::campaign::{self, Campaign, Named, Needs};
use super::prune::TakenAway;
use super::{Listed, Publisher, RELEASES, ReleaseError};
use crate::publication::plan::TEMPORARY;
use crate::publication::switch::HISTORY;

/// What became of the releases of campaigns that end.
#[derive(Default)]
struct Taken {
    /// Their folders went.
    gone: BTreeSet<String>,
    /// Somebody reads them; they stay for the next time.
    in_use: BTreeSet<String>,
    /// Policies that stay need them.
    lived_on: BTreeSet<String>,
}

impl Publisher<'_> {
    /// Takes away the releases that no other campaign names, the campaigns' documents, and with the last
    /// campaign of the share its switch.
    /// What `live` names, policies need that stay: so it stays, and the switch with it.
    pub(in crate::publication) fn take_campaigns_away(
        &mut self,
        live: &BTreeSet<String>,
    ) -> Result<(), ReleaseError> {
        let Some(at_root) = self.share.list(self.root())? else {
            return Err(self.no_folder());
        };
        self.check_root(&at_root)?;
        let mut in_use = BTreeSet::new();
        self.claimed(|publisher| {
            in_use = publisher.take_campaigns_away_claimed(live)?;
            Ok(())
        })?;
        if !in_use.is_empty() {
            let releases = in_use.into_iter().collect();
            return Err(ReleaseError::InUse { releases });
        }
        // What it was before is nothing to go back to: payloads are gone.
        if !self.request.dry_run {
            for campaign in &self.release.campaigns {
                state_of_campaign(self.request, campaign).forget_all()?;
            }
        }
        Ok(())
    }

    /// Looks at what would refuse it, before anything is changed anywhere.
    pub(in crate::publication) fn look_before_removal(&mut self) -> Result<(), ReleaseError> {
        let Some(at_root) = self.share.list(self.root())? else {
            return Err(self.no_folder());
        };
        self.check_root(&at_root)?;
        let documents = self.documents(&at_root)?;
        let names = self.release.campaigns.iter().map(Campaign::file_name);
        let ours: BTreeSet<String> = names.filter(|name| documents.contains_key(name)).collect();
        for name in &ours {
            let found = documents.get(name).copied().unwrap_or(Listed::Other);
            self.read_needs(name, found)?;
        }
        let named = self.named_by_others(&ours, BTreeSet::new())?;
        named.map_err(|why| ReleaseError::Needed { why })?;
        Ok(())
    }

    /// Gives the releases that are in use, and stay for the next time.
    fn take_campaigns_away_claimed(
        &mut self,
        live: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, ReleaseError> {
        let at_root = self.share.list(self.root())?.unwrap_or_default();
        let mut documents = self.documents(&at_root)?;
        let campaigns = self.release.campaigns.iter().map(Campaign::file_name);
        let campaigns: Vec<String> = campaigns.collect();
        let is_file = |name: &String| matches!(documents.get(name), Some(Listed::File(_)));
        let halves = campaigns.iter().map(|name| format!("{name}{TEMPORARY}"));
        let halves: BTreeSet<String> = halves.filter(is_file).collect();
        let ours: BTreeSet<String> = campaigns
            .into_iter()
            .filter(|name| documents.contains_key(name))
            .collect();
        // Read before anything goes: one that cannot be read stops it.
        let mut needed = Vec::new();
        for name in &ours {
            let found = documents.remove(name).unwrap_or(Listed::Other);
            needed.push(self.read_needs(name, found)?);
        }
        documents.retain(|name, _| !name.ends_with(TEMPORARY));
        self.note_other_campaigns(&documents)?;
        let named = self.named_by_others(&ours, BTreeSet::new())?;
        let named = named.map_err(|why| ReleaseError::Needed { why })?;
        let is_lived_on = |one: &Named| live.contains(&one.id);
        let mut releases = needed.iter().flat_map(|needs| &needs.releases);
        let is_last = documents.is_empty() && !ours.is_empty() && !releases.any(is_lived_on);
        if is_last {
            self.with_switch(Self::remove_switch)?;
        }
        let Taken {
            gone,
            in_use,
            lived_on,
        } = self.take_releases_away(&needed, &named, live)?;
        if is_last && in_use.is_empty() {
            self.remove_empty(RELEASES, &gone)?;
        }
        // Last: what is cut is known by them.
        let stays = in_use.union(&lived_on).cloned().collect();
        for needs in &needed {
            self.remove_document(needs, &stays)?;
        }
        self.remove_halves(&halves)?;
        let at_root = self.share.list(self.root())?.unwrap_or_default();
        let is_over = documents.is_empty() && stays.is_empty();
        if is_over && at_root.contains_key(campaign::FOLDER) {
            self.remove_empty(campaign::FOLDER, &ours.union(&halves).cloned().collect())?;
            self.note_others(&at_root);
        }
        Ok(in_use)
    }

    /// Documents that were not written whole.
    fn remove_halves(&mut self, halves: &BTreeSet<String>) -> Result<(), ReleaseError> {
        let at_root = self.share.list(self.root())?.unwrap_or_default();
        let listed = self.documents(&at_root)?;
        for half in halves {
            // Writing the document anew has taken it away.
            if listed.contains_key(half) {
                self.remove_left(&self.document_path(half))?;
            }
        }
        Ok(())
    }

    fn remove_left(&mut self, path: &str) -> Result<(), ReleaseError> {
        self.step(&format!("remove `{path}`, which a cut run left"), |share| {
            Ok(share.remove_file(path)?)
        })
    }

    /// Whoever wonders what keeps the share should not have to guess.
    fn note_other_campaigns(
        &mut self,
        documents: &BTreeMap<String, Listed>,
    ) -> Result<(), ReleaseError> {
        for (name, found) in documents {
            let needs = self.read_needs(name, *found);
            match needs {
                Ok(needs) => self.done.note(&format!(
                    "the share is also for {}, whose releases and document stay with the switch",
                    needs.shown()
                )),
                Err(ReleaseError::Campaign { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Several domains need one release, which goes once.
    fn take_releases_away(
        &mut self,
        needed: &[Needs],
        named: &BTreeSet<String>,
        live: &BTreeSet<String>,
    ) -> Result<Taken, ReleaseError> {
        let mut taken = Taken::default();
        let mut looked = BTreeSet::new();
        for release in needed.iter().flat_map(|needs| &needs.releases) {
            let id = &release.id;
            if named.contains(id) {
                self.done
                    .note(&format!("release `{id}` stays: another campaign needs it"));
            } else if live.contains(id) {
                self.done.note(&format!(
                    "release `{id}` stays: a policy that stays starts a program that needs it"
                ));
                taken.lived_on.insert(id.clone());
            } else if looked.insert(id.clone()) {
                match self.take_away(release)? {
                    TakenAway::Whole => taken.gone.insert(id.clone()),
                    TakenAway::WithoutItsFolder => true,
                    TakenAway::Stays => taken.in_use.insert(id.clone()),
                };
            }
        }
        Ok(taken)
    }

    /// Without a switch no server begins anything.
    fn remove_switch(&mut self) -> Result<(), ReleaseError> {
        // What others decided until now goes as well.
        let at_root = self.share.list(self.root())?.unwrap_or_default();
        let is_file = |name: &str| matches!(at_root.get(name), Some(Listed::File(_)));
        // What was decided goes last: alone it withholds no less.
        for name in [control::FILE_NAME, rollout::FILE_NAME, HISTORY] {
            if is_file(name) {
                let path = self.request.path(name);
                let text = format!("remove `{path}`, which governs no campaign any more");
                self.step(&text, |share| Ok(share.remove_file(&path)?))?;
            }
            let half = format!("{name}{TEMPORARY}");
            if is_file(&half) {
                self.remove_left(&self.request.path(&half))?;
            }
        }
        Ok(())
    }

    /// A release that is in use stays, and so does what names it.
    fn remove_document(
        &mut self,
        needs: &Needs,
        stays: &BTreeSet<String>,
    ) -> Result<(), ReleaseError> {
        let mut after = needs.clone();
        after.releases.retain(|one| stays.contains(&one.id));
        let path = self.document_path(&needs.file_name());
        if after.is_empty() {
            let text = format!("remove `{path}`, which {} needs no more", needs.shown());
            return self.step(&text, |share| Ok(share.remove_file(&path)?));
        }
        let why = format!("with what {} could not lose yet", after.shown());
        self.write_needs(&after, &why)
    }

    /// A folder of ours goes when nothing else is in it than what is gone.
    fn remove_empty(&mut self, name: &str, gone: &BTreeSet<String>) -> Result<(), ReleaseError> {
        let path = self.request.path(name);
        let Some(listed) = self.share.list(&path)? else {
            return Ok(());
        };
        let is_gone = |name: &String| self.request.dry_run && gone.contains(name);
        let others: Vec<&String> = listed.keys().filter(|name| !is_gone(name)).collect();
        if let Some(other) = others.first() {
            self.done.note(&format!(
                "`{path}` stays: `{other}` and {} more in it are of nobody known",
                others.len().saturating_sub(1)
            ));
            return Ok(());
        }
        self.step(&format!("remove the empty folder `{path}`"), |share| {
            Ok(share.remove_folder(&path)?)
        })
    }

    fn note_others(&mut self, at_root: &BTreeMap<String, Listed>) {
        let ours = [
            control::FILE_NAME,
            rollout::FILE_NAME,
            HISTORY,
            campaign::FOLDER,
            RELEASES,
            super::CLAIM,
            super::SWITCH_CLAIM,
        ];
        for name in at_root.keys().filter(|name| !ours.contains(&name.as_str())) {
            let path = self.request.path(name);
            let is_of_a_claim = [super::CLAIM, super::SWITCH_CLAIM]
                .iter()
                .any(|claim| name.starts_with(&format!("{claim}-")));
            self.done.note(&match is_of_a_claim {
                true => format!(
                    "`{path}` is of a command that waits for the share, or was cut; it stays: delete it when \
                     nobody publishes"
                ),
                false => format!("`{path}` was put there by no publication; it stays"),
            });
        }
    }
}
