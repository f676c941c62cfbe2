//! The claim of those who change the switch of a share, which is held for a second: a pause waits for no
//! publication that brings payloads for an hour.
//!
//! It is the same folder with the same words under another name. Nobody's state knows it again, so one
//! that a killed run left is told by this: it is there unchanged for as long as another one is waited for.
//! What a run prepares its claim in, and frees it into, has a name of its own (`rollout.claim-NUMBER`): one that
//! a killed run left goes with the next change that is made a day later, by the words that it holds. What holds
//! none (it was cut between folder and file) has no age, and is named to be deleted.

use std::time::{Duration, Instant};

use super::{
    Begun, Claimant, LargeFiles, Listed, OWNER, Owner, Place, ReleaseError, ShareError,
    ShareFailure, Timestamp, found, new_number, path_below, undone,
};

/// Folder of the claim, at the release root.
pub(in crate::publication) const SWITCH_CLAIM: &str = "rollout.claim";

/// How long one claim may stand: each file that is written meanwhile takes a few seconds, and a claim that
/// was taken away is noticed before the next one.
const LONGEST: Duration = Duration::from_secs(20);

/// How often somebody else may be quicker before this one gives up.
const ROUNDS: usize = 3;

/// How old something that was prepared has to be by its owner's clock, in seconds, before it is nobody's: whoever
/// waits for a claim gives up within minutes, and clocks of a domain differ by less.
const FORGOTTEN: i64 = 86_400;

/// Most leftovers that one change takes away.
const MOST_TAKEN: usize = 20;

/// Most that it looks at, each of which takes some questions to the server.
const MOST_LOOKED_AT: usize = 100;

/// What killed runs left beside the claim, in words.
#[derive(Debug, Default)]
pub(in crate::publication) struct Swept {
    /// Who was cut and left it; it is gone.
    pub(in crate::publication) taken: Vec<String>,
    /// Names of what may be somebody's still, and goes later.
    pub(in crate::publication) left: Vec<String>,
    /// Names of what no change takes away: nothing in it tells when it began, or it holds more, or it is not ours
    /// to change.
    pub(in crate::publication) stays: Vec<String>,
    /// How many others there are.
    pub(in crate::publication) others: usize,
}

/// What becomes of something that was prepared.
enum Fate {
    Taken(String),
    /// Somebody gave up, or freed his.
    Gone,
    Left,
    Stays,
}

/// A claim of the switch that is held.
pub(in crate::publication) struct BriefClaim {
    place: Place,
    /// Who was cut and left it, in words.
    left_by: Option<String>,
    _begun: Option<Begun>,
}

impl BriefClaim {
    /// Takes it, in the folder below the share.
    ///
    /// # Errors
    /// Others have it again and again, something else is in its place, or the share fails.
    pub(in crate::publication) fn take(
        share: &mut dyn LargeFiles,
        folder: Option<&str>,
        claimant: &Claimant,
    ) -> Result<Self, ReleaseError> {
        let place = Place::forgotten(folder, SWITCH_CLAIM, new_number());
        let undo = place.clone();
        let mut claim = Self {
            _begun: undone(share, move |share| undo.undo(share)),
            left_by: None,
            place,
        };
        let taken = claim.take_name(share, claimant);
        if taken.is_err() {
            claim.place.take_back(share);
        }
        taken.map(|()| claim)
    }

    fn take_name(
        &mut self,
        share: &mut dyn LargeFiles,
        claimant: &Claimant,
    ) -> Result<(), ReleaseError> {
        let mut round = 0;
        loop {
            round += 1;
            let before = found(share, &self.place.claim)?.flatten();
            let until = Instant::now() + claimant.patience.min(LONGEST);
            match self.place.take_name(share, claimant, until) {
                Err(ReleaseError::Claimed { .. }) if round < ROUNDS => {
                    if let Some(owner) = before {
                        self.take_what_was_left(share, &owner)?;
                    }
                }
                ended => return ended,
            }
        }
    }

    /// Takes away the claim of somebody who did nothing for all that time.
    fn take_what_was_left(
        &mut self,
        share: &mut dyn LargeFiles,
        owner: &Owner,
    ) -> Result<(), ReleaseError> {
        let claim = &self.place.claim;
        if !is_just(share, claim, owner)? {
            return Ok(());
        }
        // Its name first: whoever comes at the same time takes it once.
        let aside = format!("{claim}-{}0", self.place.number);
        if share.rename(claim, &aside).is_err() {
            return Ok(());
        }
        if !is_just(share, &aside, owner)? {
            // Somebody was quicker, and it is his.
            share.rename(&aside, claim)?;
            return Ok(());
        }
        share.remove_folder(&aside)?;
        self.left_by = Some(owner.shown());
        Ok(())
    }

    /// Takes away what killed runs left beside the claim a day ago or longer, and names the rest: somebody may
    /// prepare it at this moment, to wait for this claim.
    ///
    /// # Errors
    /// The share fails.
    pub(in crate::publication) fn sweep(
        &self,
        share: &mut dyn LargeFiles,
        folder: Option<&str>,
        claimant: &Claimant,
    ) -> Result<Swept, ShareError> {
        let mut swept = Swept::default();
        let at_root = share.list(folder.unwrap_or("."))?.unwrap_or_default();
        let names = at_root
            .into_iter()
            .filter(|(name, found)| *found == Listed::Folder && is_prepared(name));
        let mut names: Vec<String> = names.map(|(name, _)| name).collect();
        // From another one on each time, or many that stay would hide all that comes after them.
        let own = format!("{SWITCH_CLAIM}-{}", self.place.number);
        let after_own = names.partition_point(|name| *name < own);
        names.rotate_left(after_own);
        for (looked_at, name) in names.into_iter().enumerate() {
            if looked_at >= MOST_LOOKED_AT || swept.taken.len() >= MOST_TAKEN {
                swept.others += 1;
                continue;
            }
            let fate = match fate(share, &path_below(folder, &name), claimant) {
                // Whoever made it keeps others out of it, and not out of what comes after it.
                Err(error) if error.failure == ShareFailure::NoAccess => Fate::Stays,
                fate => fate?,
            };
            match fate {
                Fate::Taken(who) => swept.taken.push(who),
                Fate::Gone => {}
                Fate::Left => swept.left.push(name),
                Fate::Stays => swept.stays.push(name),
            }
        }
        swept.left.sort();
        swept.stays.sort();
        Ok(swept)
    }

    /// Who was cut and left the claim that this one took, in words.
    pub(in crate::publication) fn left_by(&self) -> Option<&str> {
        self.left_by.as_deref()
    }

    /// Has it the switch still?
    ///
    /// # Errors
    /// Somebody took it away, or the share cannot be read.
    pub(in crate::publication) fn check(
        &self,
        share: &mut dyn LargeFiles,
    ) -> Result<(), ReleaseError> {
        self.place.check(share)
    }

    /// Gives it back.
    ///
    /// # Errors
    /// Somebody took it away, or the share fails.
    pub(in crate::publication) fn free(
        self,
        share: &mut dyn LargeFiles,
    ) -> Result<(), ReleaseError> {
        self.place.free(share)
    }
}

/// Is it the name of what a claim is prepared in, or of one that was put aside?
pub(in crate::publication) fn is_prepared(name: &str) -> bool {
    let number = name.strip_prefix(SWITCH_CLAIM);
    let number = number.and_then(|rest| rest.strip_prefix('-'));
    number.is_some_and(|number| {
        matches!(number.len(), 16 | 17) && number.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Takes something away that was prepared, when it is forgotten.
fn fate(share: &mut dyn LargeFiles, path: &str, claimant: &Claimant) -> Result<Fate, ShareError> {
    let Some(owner) = found(share, path)? else {
        return Ok(Fate::Gone);
    };
    let dated = owner.and_then(|owner| age(&owner, claimant).map(|age| (owner, age)));
    let Some((owner, age)) = dated else {
        return Ok(Fate::Stays);
    };
    // What begins a day ahead of us was made up: it would wait for that day.
    if age < -FORGOTTEN || !is_just(share, path, &owner)? {
        return Ok(Fate::Stays);
    }
    if age <= FORGOTTEN {
        return Ok(Fate::Left);
    }
    share.remove_folder(path)?;
    Ok(Fate::Taken(owner.shown()))
}

/// How many seconds before this one its owner began, by the words of both; none where his are no time.
fn age(owner: &Owner, claimant: &Claimant) -> Option<i64> {
    let since = Timestamp::from_changed(&owner.since)?;
    Some(claimant.begun.saturating_sub(since.unix()))
}

/// Is the folder this owner's claim, and nothing else?
fn is_just(share: &mut dyn LargeFiles, path: &str, owner: &Owner) -> Result<bool, ShareError> {
    let inside = share.list(path)?.unwrap_or_default();
    let is_alone = matches!(inside.iter().next(), Some((name, Listed::File(_))) if name == OWNER);
    Ok(is_alone && inside.len() == 1 && found(share, path)?.flatten().as_ref() == Some(owner))
}
