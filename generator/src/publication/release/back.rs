//! Back to what the share said before a publication.

use std::collections::{BTreeMap, BTreeSet};

use gangway_contract::control::{self, Control};
use gangway_contract::rollout;

use super::announced::{state_begin, state_of};
use super::before::Before;
use super::campaign::{self, Campaign, Named};
use super::{Listed, Publisher, RELEASES, Release, ReleaseError, ReleaseRequest};
use crate::printable::on_one_line;
use crate::publication::plan::TEMPORARY;
use crate::publication::state::{State, StateError};

/// What a share's `--rollback` goes back to, one publication after the other, newest first and in words. Asks
/// no share.
///
/// # Errors
/// A saved state cannot be read.
pub fn release_history(
    request: &ReleaseRequest,
    release: &Release,
) -> Result<Vec<String>, ReleaseError> {
    let Some(state) = state_of(request, release) else {
        return Ok(Vec::new());
    };
    let line = |(at, before): (usize, Before)| {
        let newest = before
            .needs
            .first()
            .and_then(|needs| needs.releases.first());
        let needed = match newest {
            None => "no release of this campaign".to_owned(),
            Some(Named { id, bundle, .. }) => match bundle {
                Some(carried) => format!("release `{id}` of sequence {}", carried.sequence),
                None => format!("release `{id}`"),
            },
        };
        let switch = if before.had_control {
            ""
        } else {
            ", and no switch"
        };
        format!("share, {} back: {needed}{switch}", at + 1)
    };
    let states = state.history()?.into_iter().enumerate();
    let lines: Vec<String> = states.map(line).collect();
    if lines.is_empty() && was_published_elsewhere(request, release) {
        let told = format!(
            "share: nothing was published from here to `{}`, but something to a share of another name: `--to` as it \
             was given then asks about that one",
            on_one_line(&request.named)
        );
        return Ok(vec![told]);
    }
    Ok(lines)
}

/// Does the folder keep what another share had?
fn was_published_elsewhere(request: &ReleaseRequest, release: &Release) -> bool {
    let entries = std::fs::read_dir(&request.state).into_iter().flatten();
    let mut names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    let begin = release.campaigns.first().map(state_begin);
    begin.is_some_and(|begin| names.any(|name| name.starts_with(&begin)))
}

impl Publisher<'_> {
    /// Goes back: the campaigns need first what they needed before, and a switch that the publication
    /// brought goes. Payloads stay: servers may be reading them, and they are of no other campaign's.
    pub(in crate::publication) fn take_back(&mut self) -> Result<(), ReleaseError> {
        let Some(state) = self.state() else {
            return Ok(());
        };
        match self.look_back() {
            Err(ReleaseError::State(StateError::Nothing { .. }))
                if self.free_what_was_left()? =>
            {
                return Ok(());
            }
            looked => looked?,
        }
        self.claimed(|publisher| publisher.take_back_claimed(&state))?;
        // Last: what is cut is taken back again, with the claim that it left.
        if !self.request.dry_run {
            state.forget()?;
        }
        Ok(())
    }

    /// Looks at what would refuse it, before anything is written anywhere.
    pub(in crate::publication) fn look_back(&mut self) -> Result<(), ReleaseError> {
        let Some(at_root) = self.share.list(self.root())? else {
            return Err(self.no_folder());
        };
        self.check_root(&at_root)?;
        let Some(state) = self.state() else {
            return Ok(());
        };
        let documents = self.documents(&at_root)?;
        self.check_that_it_is_last(&state.saved()?, &documents)
    }

    /// What another publication has brought since is not taken back with what is saved of an older one.
    fn check_that_it_is_last(
        &mut self,
        before: &Before,
        documents: &BTreeMap<String, Listed>,
    ) -> Result<(), ReleaseError> {
        for needs in &before.needs {
            let Some(newest) = needs.releases.first() else {
                continue;
            };
            let path = self.request.path(&format!("{RELEASES}/{}", newest.id));
            if self.share.list(&path)?.is_none() {
                return Err(ReleaseError::Gone { path });
            }
        }
        for campaign in &self.release.campaigns {
            let name = campaign.file_name();
            // One that is gone was taken away by hand, and says of no publication.
            if let Some(found) = documents.get(&name)
                && !before.is_of(&self.read_needs(&name, *found)?)
            {
                return Err(ReleaseError::WentOn {
                    path: self.document_path(&name),
                });
            }
        }
        Ok(())
    }

    fn take_back_claimed(&mut self, state: &State<Before>) -> Result<(), ReleaseError> {
        let before = state.saved()?;
        let at_root = self.share.list(self.root())?.unwrap_or_default();
        let documents = self.documents(&at_root)?;
        self.check_that_it_is_last(&before, &documents)?;
        if !before.needs.is_empty() && !at_root.contains_key(campaign::FOLDER) {
            self.make_folder(&self.request.path(campaign::FOLDER))?;
        }
        for needs in &before.needs {
            let name = needs.file_name();
            let present = match documents.get(&name) {
                Some(found) => self.read_needs(&name, *found)?,
                None => needs.without_releases(),
            };
            let after = present.clone().back_to(needs);
            if after != present {
                let newest = after.releases.first().map(|one| one.id.as_str());
                let why = format!(
                    "by which {} needs release `{}` first, as before",
                    after.shown(),
                    newest.unwrap_or_default()
                );
                self.write_needs(&after, &why)?;
            }
        }
        if !before.had_control && at_root.contains_key(control::FILE_NAME) {
            let needed = self.switch_needed(&before, &documents)?;
            self.with_switch(|publisher| publisher.remove_control(needed))?;
        }
        // Last: who needs the switch is read from them.
        self.remove_new_documents(&before, &documents)?;
        self.note_payloads()
    }

    /// Takes away the documents of campaigns that this publication brought, where nothing is lost by it:
    /// each release in them is named by another campaign as well.
    fn remove_new_documents(
        &mut self,
        before: &Before,
        documents: &BTreeMap<String, Listed>,
    ) -> Result<(), ReleaseError> {
        let is_new = |name: &String| !before.needs.iter().any(|one| one.file_name() == *name);
        let names = self.release.campaigns.iter().map(Campaign::file_name);
        let new: Vec<String> = names.filter(is_new).collect();
        let mut named = BTreeSet::new();
        let others = documents.iter().filter(|(name, _)| !new.contains(name));
        for (name, found) in others.filter(|(name, _)| !name.ends_with(TEMPORARY)) {
            match self.read_needs(name, *found) {
                Ok(needs) => named.extend(needs.releases.into_iter().map(|one| one.id)),
                Err(ReleaseError::Share(error)) => return Err(error.into()),
                // It names nothing that could be relied on.
                Err(_) => {}
            }
        }
        for name in new {
            let Some(found) = documents.get(&name) else {
                continue;
            };
            let needs = self.read_needs(&name, *found)?;
            if needs.releases.iter().all(|one| named.contains(&one.id)) {
                let path = self.document_path(&name);
                let text =
                    format!("remove `{path}`: there was none before, and others name its releases");
                self.step(&text, |share| Ok(share.remove_file(&path)?))?;
            }
        }
        Ok(())
    }

    /// What is not taken back, where it is there.
    fn note_payloads(&mut self) -> Result<(), ReleaseError> {
        let id = &self.release.id;
        let folder = self.request.path(&format!("{RELEASES}/{id}"));
        let at_releases = self.share.list(&self.request.path(RELEASES))?;
        if at_releases.is_some_and(|listed| listed.get(id) == Some(&Listed::Folder))
            && self
                .share
                .list(&folder)?
                .is_some_and(|files| !files.is_empty())
        {
            self.done.note(&format!(
                "the payloads of release `{id}` stay on the share, where servers may be reading them"
            ));
        }
        Ok(())
    }

    /// As [`Publisher::look_back`], where nothing saved refuses nothing.
    pub(in crate::publication) fn look_back_if_saved(&mut self) -> Result<(), ReleaseError> {
        match self.look_back() {
            Err(ReleaseError::State(StateError::Nothing { .. })) => Ok(()),
            ended => ended,
        }
    }

    /// As [`Publisher::take_back`], where nothing saved means that nothing was changed.
    pub(in crate::publication) fn take_back_if_saved(&mut self) -> Result<(), ReleaseError> {
        match self.take_back() {
            Err(ReleaseError::State(StateError::Nothing { .. })) => {
                self.done
                    .note("nothing is saved of the share, so it stays as it is");
                Ok(())
            }
            ended => ended,
        }
    }

    /// Why servers need the switch by now, in words: a release has come that is neither of this
    /// publication nor of before, told by a campaign or not.
    fn switch_needed(
        &mut self,
        before: &Before,
        documents: &BTreeMap<String, Listed>,
    ) -> Result<Option<String>, ReleaseError> {
        let own = self.release.id.clone();
        let of_before = before.needs.iter().flat_map(|needs| &needs.releases);
        let known: BTreeSet<String> = of_before.map(|one| one.id.clone()).chain([own]).collect();
        let campaigns = self.release.campaigns.iter().map(Campaign::file_name);
        let ours: BTreeSet<String> = campaigns.collect();
        for (name, found) in documents
            .iter()
            .filter(|(name, _)| !name.ends_with(TEMPORARY))
        {
            let needs = match self.read_needs(name, *found) {
                Ok(needs) => needs,
                Err(ReleaseError::Share(error)) => return Err(error.into()),
                Err(error) => return Ok(Some(error.to_string())),
            };
            let is_new = |one: &&Named| !known.contains(&one.id);
            match needs.releases.iter().find(is_new) {
                Some(new) if ours.contains(name) => {
                    let why = format!("release `{}` has come since, and needs it", new.id);
                    return Ok(Some(why));
                }
                _ if ours.contains(name) || needs.is_empty() => {}
                _ => return Ok(Some(format!("another campaign uses the share (`{name}`)"))),
            }
        }
        let folders = self.share.list(&self.request.path(RELEASES))?;
        let folders = folders.unwrap_or_default();
        let other = folders.keys().find(|name| !known.contains(*name));
        Ok(other.map(|name| format!("`{RELEASES}/{name}` lies there, and may need it")))
    }

    /// Takes the switch away, as there was none before, unless somebody made it his or needs it.
    fn remove_control(&mut self, needed: Option<String>) -> Result<(), ReleaseError> {
        let path = self.request.path(control::FILE_NAME);
        let bytes = self.share.read_file(&path)?;
        let decided = self
            .share
            .read_file(&self.request.path(rollout::FILE_NAME))?;
        if decided.is_some() || bytes.as_deref() != Some(&Control::OPEN.to_bytes()) {
            self.done.note(&format!(
                "switch `{path}` was changed since it was published; it stays"
            ));
            return Ok(());
        }
        if let Some(why) = needed {
            self.done.note(&format!("switch `{path}` stays: {why}"));
            return Ok(());
        }
        let text = format!("remove `{path}`: there was none before, and no server begins without");
        self.step(&text, |share| Ok(share.remove_file(&path)?))
    }
}
