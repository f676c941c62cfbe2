//! Old releases of a campaign, which go by rule: beyond the newest few, named by no live policy and by
//! no other campaign, after everything else is done.

use std::collections::BTreeSet;

use super::campaign::Named;
use super::{Listed, Publisher, RELEASES, ReleaseError};
use crate::publication::plan::TEMPORARY;
use crate::publication::share::{ShareError, ShareFailure, undone};

/// What came of taking a release away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TakenAway {
    /// Nothing of it is left.
    Whole,
    /// Somebody put something into its folder, which stays with that.
    WithoutItsFolder,
    /// It is in use, and stays for the next time.
    Stays,
}

impl Publisher<'_> {
    /// Takes old releases of the campaign with this GPO away. `live` are those that the domain's other
    /// policies need; where that is not known, in words, nothing goes.
    pub(in crate::publication) fn prune(
        &mut self,
        keep: usize,
        gpo: &str,
        live: Result<BTreeSet<String>, String>,
    ) -> Result<(), ReleaseError> {
        self.claimed(|publisher| publisher.prune_claimed(keep, gpo, live))
    }

    fn prune_claimed(
        &mut self,
        keep: usize,
        gpo: &str,
        live: Result<BTreeSet<String>, String>,
    ) -> Result<(), ReleaseError> {
        let Some(campaign) = self.release.campaigns.iter().find(|one| one.gpo == gpo) else {
            return Ok(());
        };
        let named = match live {
            Ok(mut live) => {
                live.insert(self.release.id.clone());
                self.named_by_others(&BTreeSet::from([campaign.file_name()]), live)?
            }
            Err(why) => Err(why),
        };
        let named = match named {
            Ok(named) => named,
            Err(why) => {
                self.done
                    .note(&format!("no old release is taken away: {why}"));
                return Ok(());
            }
        };
        let at_root = self.share.list(self.root())?.unwrap_or_default();
        let documents = self.documents(&at_root)?;
        // In a dry run the release is not announced.
        let present = self.needs_of(campaign, &documents)?.with(self.named());
        let mut after = present.clone();
        for old in present.superfluous(keep, &named) {
            if self.take_away(&old)? != TakenAway::Stays {
                after.releases.retain(|one| one.id != old.id);
            }
        }
        if after != present {
            let why = format!("without what {} needs no more", after.shown());
            self.write_needs(&after, &why)?;
        }
        Ok(())
    }

    /// What all campaigns but those with these documents name, or why that is not known.
    pub(super) fn named_by_others(
        &mut self,
        own: &BTreeSet<String>,
        mut named: BTreeSet<String>,
    ) -> Result<Result<BTreeSet<String>, String>, ReleaseError> {
        let at_root = self.share.list(self.root())?.unwrap_or_default();
        for (name, found) in self.documents(&at_root)? {
            // What a cut run left is not told to anybody yet.
            let is_own = own.iter().any(|own| name.eq_ignore_ascii_case(own));
            if is_own || name.ends_with(TEMPORARY) {
                continue;
            }
            match self.read_needs(&name, found) {
                Ok(needs) => named.extend(needs.releases.into_iter().map(|one| one.id)),
                Err(ReleaseError::Share(error)) => return Err(error.into()),
                Err(error) => return Ok(Err(error.to_string())),
            }
        }
        Ok(Ok(named))
    }

    /// Removes a release's files, all or, where one is held open, none: what can be renamed can be
    /// removed, and a name is given back. With an error it is told what is left.
    fn remove_files(
        &mut self,
        folder: &str,
        names: &[&str],
        with_folder: bool,
    ) -> Result<(), (ShareError, String)> {
        let whole = || "with all its files".to_owned();
        let path = |name: &str| format!("{folder}/{name}");
        let aside = |name: &str| format!("{folder}/{name}{TEMPORARY}");
        let (halves, names): (Vec<&str>, Vec<&str>) = names
            .iter()
            .copied()
            .partition(|name| name.ends_with(TEMPORARY));
        // Of a cut run, and else in the way of the renaming.
        for name in halves {
            let removed = self.share.remove_file(&path(name));
            removed.map_err(|error| (error, whole()))?;
        }
        let all: Vec<(String, String)> = names.iter().map(|n| (aside(n), path(n))).collect();
        let begun = undone(self.share, move |share| {
            for (aside, path) in &all {
                let _ = share.rename(aside, path);
            }
        });
        for (at, name) in names.iter().enumerate() {
            if let Err(error) = self.share.rename(&path(name), &aside(name)) {
                let moved = names.get(..at).unwrap_or_default().iter();
                let lost: Vec<&str> = moved
                    .copied()
                    .filter(|name| self.share.rename(&aside(name), &path(name)).is_err())
                    .collect();
                let left = match lost.as_slice() {
                    [] => whole(),
                    lost => format!("with `{TEMPORARY}` behind the names of {}", lost.join(", ")),
                };
                return Err((error, left));
            }
        }
        // From here on nothing is whole: what is left of it goes with the next run.
        drop(begun);
        for (at, name) in names.iter().enumerate() {
            self.share.remove_file(&aside(name)).map_err(|error| {
                let rest = names.get(at..).unwrap_or_default().join(", ");
                (error, format!("of which is left: {rest}"))
            })?;
        }
        if with_folder {
            let removed = self.share.remove_folder(folder);
            removed.map_err(|error| (error, "with its empty folder".to_owned()))?;
        }
        Ok(())
    }

    /// Takes a release's files away, and its folder when nothing else is in it.
    pub(super) fn take_away(&mut self, old: &Named) -> Result<TakenAway, ReleaseError> {
        let folder = self.request.path(&format!("{RELEASES}/{}", old.id));
        let Some(listed) = self.share.list(&folder)? else {
            return Ok(TakenAway::Whole);
        };
        let is_ours = |name: &str, found: Listed| {
            let name = name.strip_suffix(TEMPORARY).unwrap_or(name);
            matches!(found, Listed::File(_)) && old.files.iter().any(|file| file == name)
        };
        let (ours, others): (Vec<_>, Vec<_>) = listed
            .iter()
            .partition(|(name, found)| is_ours(name, **found));
        for (name, _) in &others {
            self.done.note(&format!(
                "`{folder}/{name}` is not of the release; it stays, and so does its folder"
            ));
        }
        let text = format!("remove release `{}`: {} files", old.id, ours.len());
        self.done.begin(&text, self.say);
        if !self.request.dry_run {
            let names: Vec<&str> = ours.iter().map(|(name, _)| name.as_str()).collect();
            match self.remove_files(&folder, &names, others.is_empty()) {
                Ok(()) => {}
                // The account will not be let in for the next one either.
                Err((error, _)) if error.failure == ShareFailure::NotSignedIn => {
                    return Err(error.into());
                }
                Err((error, left)) => {
                    self.done.unfinished = None;
                    self.done.note(&format!(
                        "release `{}` stays for the next time, {left}: {error}",
                        old.id
                    ));
                    return Ok(TakenAway::Stays);
                }
            }
        }
        self.done.end();
        Ok(match others.is_empty() {
            true => TakenAway::Whole,
            false => TakenAway::WithoutItsFolder,
        })
    }
}
