//! The claim of those who change the switch of a share, which is held for a second: a pause waits for no
//! publication that brings payloads for an hour.
//!
//! It is the same folder with the same words under another name. Nobody's state knows it again, so one
//! that a killed run left is told by this: it is there unchanged for as long as another one is waited for.

use std::time::{Duration, Instant};

use super::{
    Begun, Claimant, LargeFiles, Listed, OWNER, Owner, Place, ReleaseError, ShareError, found,
    new_number, undone,
};

/// Folder of the claim, at the release root.
pub(in crate::publication) const SWITCH_CLAIM: &str = "rollout.claim";

/// How long one claim may stand: each file that is written meanwhile takes a few seconds, and a claim that
/// was taken away is noticed before the next one.
const LONGEST: Duration = Duration::from_secs(20);

/// How often somebody else may be quicker before this one gives up.
const ROUNDS: usize = 3;

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

/// Is the folder this owner's claim, and nothing else?
fn is_just(share: &mut dyn LargeFiles, path: &str, owner: &Owner) -> Result<bool, ShareError> {
    let inside = share.list(path)?.unwrap_or_default();
    let is_alone = matches!(inside.iter().next(), Some((name, Listed::File(_))) if name == OWNER);
    Ok(is_alone && inside.len() == 1 && found(share, path)?.flatten().as_ref() == Some(owner))
}
