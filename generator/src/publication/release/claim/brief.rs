//! The claim of those who change the switch of a share, which is held for a second: a pause waits for no
//! publication that brings payloads for an hour.
//!
//! It is the same folder with the same words under another name. Nobody's state knows it again, so one
//! that a killed run left is told by this: it is there unchanged for as long as another one is waited for.
//! What a run prepares its claim in, and frees it into, has a name of its own (`rollout.claim-NUMBER`): one that
//! a killed run left goes with the next change that is made a day later.

use std::time::{Duration, Instant};

use super::{
    Begun, Claimant, LargeFiles, Listed, OWNER, Owner, Place, ReleaseError, ShareError, Timestamp,
    found, new_number, path_below, undone,
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

/// Most leftovers that one change looks at.
const MOST_LEFT: usize = 20;

/// What killed runs left beside the claim, in words.
#[derive(Debug, Default)]
pub(in crate::publication) struct Swept {
    /// Who was cut and left it; it is gone.
    pub(in crate::publication) taken: Vec<String>,
    /// Names of what may be somebody's still.
    pub(in crate::publication) left: Vec<String>,
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
        for (name, _) in names.take(MOST_LEFT) {
            let path = path_below(folder, &name);
            let owner = found(share, &path)?.flatten();
            let forgotten = owner.filter(|owner| is_forgotten(owner, claimant));
            match forgotten {
                Some(owner) if is_just(share, &path, &owner)? => {
                    share.remove_folder(&path)?;
                    swept.taken.push(owner.shown());
                }
                _ => swept.left.push(name),
            }
        }
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

/// Did its owner begin a day before this one, by the words of both?
fn is_forgotten(owner: &Owner, claimant: &Claimant) -> bool {
    let limit =
        Timestamp::from_unix(claimant.begun.saturating_sub(FORGOTTEN)).map(Timestamp::changed);
    // Of one length, so that they compare as times do.
    limit.is_ok_and(|limit| owner.since.len() == limit.len() && owner.since < limit)
}

/// Is the folder this owner's claim, and nothing else?
fn is_just(share: &mut dyn LargeFiles, path: &str, owner: &Owner) -> Result<bool, ShareError> {
    let inside = share.list(path)?.unwrap_or_default();
    let is_alone = matches!(inside.iter().next(), Some((name, Listed::File(_))) if name == OWNER);
    Ok(is_alone && inside.len() == 1 && found(share, path)?.flatten().as_ref() == Some(owner))
}
