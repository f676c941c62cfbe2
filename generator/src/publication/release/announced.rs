//! What is said on the share before a release comes, and read of it again.

use std::collections::BTreeMap;

use gangway_contract::Sha256;

use super::before::Before;
use super::campaign::{self, Campaign, Carried, Named, Needs};
use super::{Listed, Looked, Publisher, Release, ReleaseError, ReleaseRequest};
use crate::publication::share::{LargeFiles, ShareError};
use crate::publication::state::State;

/// Where it is kept what was there before a release's publications; nowhere for one that nobody needs.
pub(super) fn state_of(request: &ReleaseRequest, release: &Release) -> Option<State<Before>> {
    let campaign = release.campaigns.first()?;
    Some(state_of_campaign(request, campaign))
}

/// The same for the releases of which this campaign is the first.
pub(super) fn state_of_campaign(request: &ReleaseRequest, campaign: &Campaign) -> State<Before> {
    let name = format!("{}{}", state_begin(campaign), request.share_key());
    State::of(&request.state, &name)
}

/// How the names of the states of any share begin, as far as they are of this campaign.
pub(super) fn state_begin(campaign: &Campaign) -> String {
    format!("share.{}.", campaign.gpo)
}

impl Publisher<'_> {
    /// Where what was there before is kept.
    pub(super) fn state(&self) -> Option<State<Before>> {
        state_of(self.request, self.release)
    }

    /// Says for the bundle's campaigns that they need the release, before it comes, and keeps what was
    /// there before the first change.
    pub(super) fn announce(&mut self, looked: &Looked) -> Result<(), ReleaseError> {
        let named = self.named();
        let wanted = looked.needs.iter().cloned();
        let wanted: Vec<Needs> = wanted.map(|needs| needs.with(named.clone())).collect();
        // Also where nothing changes: policies and share are taken back together, step by step.
        let number = self.save_before(looked)?;
        if wanted == looked.needs && looked.has_control {
            return Ok(());
        }
        if !looked.has_campaigns && !wanted.is_empty() {
            self.make_folder(&self.request.path(campaign::FOLDER))?;
        }
        for (wanted, needs) in wanted.into_iter().zip(&looked.needs) {
            let wanted = wanted.by(&number);
            if wanted != *needs {
                let text = format!("so that nobody takes the release from {}", wanted.shown());
                self.write_needs(&wanted, &text)?;
            }
        }
        Ok(())
    }

    /// Keeps what is there before the first change; gives the number of this publication. What a cut
    /// one has kept stays, unless another one has come since.
    fn save_before(&self, looked: &Looked) -> Result<String, ReleaseError> {
        let number = self.publication_number(looked);
        let Some(state) = self.state().filter(|_| !self.request.dry_run) else {
            return Ok(number);
        };
        if let Some(pending) = state.pending()?
            && looked.needs.iter().all(|needs| pending.is_of(needs))
            && let Some(number) = pending.publication()
        {
            return Ok(number.to_owned());
        }
        let known = looked.needs.iter().filter(|needs| !needs.is_empty());
        let known = known.cloned().collect();
        state.save(&Before::new(number.clone(), looked.has_control, known))?;
        Ok(number)
    }

    /// No other publication has it: who, when, what, and the publications before it.
    fn publication_number(&self, looked: &Looked) -> String {
        let claimant = &self.request.claimant;
        let mut known = format!(
            "{}\n{}\n{}\n{}\n{}\n",
            claimant.account, claimant.host, claimant.begun, self.release.id, looked.has_control
        );
        for needs in &looked.needs {
            known.push_str(&String::from_utf8_lossy(&needs.write()));
        }
        let digest = Sha256::of(known.as_bytes()).to_string();
        digest.get(..16).unwrap_or_default().to_owned()
    }

    /// The release, as a campaign's document lists it.
    pub(super) fn named(&self) -> Named {
        let files = self.release.files.iter().map(|file| file.name.clone());
        Named {
            id: self.release.id.clone(),
            files: files.collect(),
            bundle: Some(Carried {
                sequence: self.release.sequence,
                ring_percent: self.release.ring_percent,
            }),
            recipe: self.release.recipe.clone(),
        }
    }

    pub(super) fn write_needs(&mut self, needs: &Needs, why: &str) -> Result<(), ReleaseError> {
        let path = self.document_path(&needs.file_name());
        self.write_small(&path, why, &needs.write())
    }

    pub(super) fn document_path(&self, name: &str) -> String {
        self.request.path(&format!("{}/{name}", campaign::FOLDER))
    }

    /// The documents of all campaigns.
    pub(super) fn documents(
        &mut self,
        at_root: &BTreeMap<String, Listed>,
    ) -> Result<BTreeMap<String, Listed>, ReleaseError> {
        if !at_root.contains_key(campaign::FOLDER) {
            return Ok(BTreeMap::new());
        }
        let folder = self.request.path(campaign::FOLDER);
        Ok(self.share.list(&folder)?.unwrap_or_default())
    }

    /// What a campaign needs.
    pub(super) fn needs_of(
        &mut self,
        campaign: &Campaign,
        documents: &BTreeMap<String, Listed>,
    ) -> Result<Needs, ReleaseError> {
        let name = campaign.file_name();
        match documents.get(&name) {
            Some(found) => self.read_needs(&name, *found),
            None => Ok(Needs::none(campaign.clone())),
        }
    }

    pub(super) fn read_needs(&mut self, name: &str, found: Listed) -> Result<Needs, ReleaseError> {
        let path = self.document_path(name);
        match read_document(self.share, &path, name, found)? {
            Ok((needs, _)) => Ok(needs),
            Err(why) => Err(ReleaseError::Campaign { path, why }),
        }
    }
}

/// A campaign's document with its bytes, or what is wrong with it, in words.
///
/// # Errors
/// The share cannot be read.
pub(in crate::publication) fn read_document(
    share: &mut dyn LargeFiles,
    path: &str,
    name: &str,
    found: Listed,
) -> Result<Result<(Needs, Vec<u8>), String>, ShareError> {
    match found {
        Listed::Folder | Listed::Other => return Ok(Err(format!("it is {}", found.what()))),
        Listed::File(size) if size > campaign::MAX_BYTES => {
            return Ok(Err(format!("it has {size} bytes")));
        }
        Listed::File(_) => {}
    }
    let bytes = share.read_file(path)?.unwrap_or_default();
    Ok(Needs::read(&bytes, name).map(|needs| (needs, bytes)))
}
