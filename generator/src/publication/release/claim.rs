//! One publication at a time writes to a share: it holds a claim from before it reads what campaigns need
//! until all that it says is there.
//!
//! The claim is a folder that gets its name by one renaming, with its owner's words in it: whoever comes
//! second finds the name taken, over SMB and on a disk alike, for no file system puts a folder in the
//! place of one that holds something. Servers that read the share never look at it. A publisher that is
//! killed leaves it there; the next one from the same state folder, and its `--rollback`, know it by a
//! number that is kept beside the state, and go on. A signal takes it away. All others are told whose it
//! is and how to take it away.

mod brief;

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use gangway_contract::document;
use serde::{Deserialize, Serialize};

pub(in crate::publication) use brief::{BriefClaim, SWITCH_CLAIM, is_prepared};

use super::{Listed, Publisher, ReleaseError, ReleaseRequest};
use crate::disk::{self, DiskError};
use crate::gpo::Timestamp;
use crate::interrupted::Begun;
use crate::plain_file;
use crate::printable::short_line;
use crate::publication::Claimant;
use crate::publication::share::{LargeFiles, ShareError, ShareFailure, path_below, undone};
use crate::publication::state::StateError;

/// Folder of the claim, at the release root. What is prepared and what is freed has the claim's number
/// behind it.
pub(in crate::publication) const CLAIM: &str = "campaigns.claim";

/// Whose it is: a file in the folder.
const OWNER: &str = "owner.json";

/// Version of that file's shape.
const SCHEMA: u32 = 1;

/// Largest such file that is read, in bytes.
const MAX_OWNER: u64 = 4 << 10;

/// Most characters of each of its words that are shown.
const MAX_SHOWN: usize = 128;

/// Pause between two looks at a claim of another publication.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(250);

/// Whose a claim is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Owner {
    schema: u32,
    /// Known to the state folder that it was published from, and to nobody else.
    number: String,
    account: String,
    host: String,
    /// `2026-01-31 08:05:09`, UTC, by the owner's clock.
    since: String,
}

impl Owner {
    fn of(claimant: &Claimant, number: &str) -> Self {
        Self {
            schema: SCHEMA,
            number: number.to_owned(),
            account: claimant.account.clone(),
            host: claimant.host.clone(),
            since: Timestamp::from_unix(claimant.begun)
                .map(Timestamp::changed)
                .unwrap_or_default(),
        }
    }
}

impl Owner {
    /// In words.
    fn shown(&self) -> String {
        // Whoever may write there wrote it.
        let shown = |text| short_line(text, MAX_SHOWN);
        format!(
            "`{}` on `{}`, since {} UTC",
            shown(&self.account),
            shown(&self.host),
            shown(&self.since)
        )
    }
}

/// Who holds the claim of a share, in words; none when nobody does.
///
/// # Errors
/// The share cannot be read.
pub(in crate::publication) fn holder(
    share: &mut dyn LargeFiles,
    claim: &str,
) -> Result<Option<String>, ShareError> {
    Ok(match found(share, claim)? {
        None => None,
        Some(None) => Some("somebody unknown".to_owned()),
        Some(Some(owner)) => Some(owner.shown()),
    })
}

/// The claim, and its owner where that can be read.
fn found(share: &mut dyn LargeFiles, claim: &str) -> Result<Option<Option<Owner>>, ShareError> {
    let Some(inside) = share.list(claim)? else {
        return Ok(None);
    };
    let is_small = |listed: &Listed| matches!(listed, Listed::File(size) if *size <= MAX_OWNER);
    if !inside.get(OWNER).is_some_and(is_small) {
        return Ok(Some(None));
    }
    let bytes = share.read_file(&format!("{claim}/{OWNER}"))?;
    let owner = bytes.and_then(|bytes| document::read(&bytes).ok());
    Ok(Some(owner))
}

/// Where a claim is on the share, and what it is known by.
#[derive(Debug, Clone)]
struct Place {
    claim: String,
    /// Where it is prepared, and where it goes when it is freed.
    aside: String,
    number: String,
    /// Beside the state: what knows the claim again after a cut.
    known: Option<PathBuf>,
}

impl Place {
    fn of(request: &ReleaseRequest, number: String) -> Self {
        Self {
            known: Some(beside_state(request, "claim")),
            ..Self::forgotten(request.folder.as_deref(), CLAIM, number)
        }
    }

    /// One that nothing knows again.
    fn forgotten(folder: Option<&str>, name: &str, number: String) -> Self {
        Self {
            claim: path_below(folder, name),
            aside: path_below(folder, &format!("{name}-{number}")),
            known: None,
            number,
        }
    }

    /// Has this claim the share?
    fn is_held(&self, share: &mut dyn LargeFiles) -> Result<bool, ShareError> {
        let owner = found(share, &self.claim)?.flatten();
        Ok(owner.is_some_and(|owner| owner.number == self.number))
    }

    /// Is anything of it there?
    fn is_there(&self, share: &mut dyn LargeFiles) -> Result<bool, ShareError> {
        Ok(self.is_held(share)? || share.list(&self.aside)?.is_some())
    }

    /// Takes it away, by its name first: nobody may find it half.
    fn take_away(&self, share: &mut dyn LargeFiles) -> Result<(), ReleaseError> {
        share.rename(&self.claim, &self.aside)?;
        share.remove_folder(&self.aside)?;
        self.forget()
    }

    /// Takes away what was prepared, where it never became the claim.
    fn take_back(&self, share: &mut dyn LargeFiles) {
        if matches!(share.list(&self.aside), Ok(Some(_)))
            && share.remove_folder(&self.aside).is_ok()
        {
            let _ = self.forget();
        }
    }

    fn forget(&self) -> Result<(), ReleaseError> {
        let Some(known) = &self.known else {
            return Ok(());
        };
        match std::fs::remove_file(known) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let error = DiskError::io("remove", known)(error);
                Err(StateError::Disk(error).into())
            }
            _ => Ok(()),
        }
    }

    /// Gives the claim its name, as soon as nobody else has it.
    fn take_name(
        &self,
        share: &mut dyn LargeFiles,
        claimant: &Claimant,
        until: Instant,
    ) -> Result<(), ReleaseError> {
        let Self {
            claim,
            aside,
            number,
            ..
        } = self;
        // What a cut run of ours left.
        if self.is_held(share)? {
            return Ok(());
        }
        if share.list(aside)?.is_none() {
            share.make_folder(aside)?;
        }
        let owner = document::to_bytes(&Owner::of(claimant, number));
        share.write(&format!("{aside}/{OWNER}"), &owner)?;
        let mut was_free = false;
        loop {
            let renamed = share.rename(aside, claim);
            let found = found(share, claim)?;
            if matches!(&found, Some(Some(owner)) if owner.number == *number) {
                return Ok(());
            }
            match renamed {
                // Freed since: once more, and then the renaming failed for another reason.
                Err(error) if found.is_none() && was_free => return Err(error.into()),
                Err(error) if error.failure == ShareFailure::NotSignedIn => {
                    return Err(error.into());
                }
                _ => {}
            }
            was_free = found.is_none();
            if !was_free && Instant::now() >= until {
                let holder = holder(share, claim)?;
                return Err(ReleaseError::Claimed {
                    path: claim.clone(),
                    holder: holder.unwrap_or_else(|| "somebody".to_owned()),
                });
            }
            std::thread::sleep(PAUSE.min(until.saturating_duration_since(Instant::now())));
        }
    }

    /// Takes the claim away, which has to be ours still.
    fn free(&self, share: &mut dyn LargeFiles) -> Result<(), ReleaseError> {
        self.check(share)?;
        self.take_away(share)
    }

    /// Has this claim the share still?
    fn check(&self, share: &mut dyn LargeFiles) -> Result<(), ReleaseError> {
        match self.is_held(share)? {
            true => Ok(()),
            false => Err(ReleaseError::ClaimLost {
                path: self.claim.clone(),
            }),
        }
    }

    /// What a signal does about it, whatever of it is there.
    fn undo(&self, share: &mut dyn LargeFiles) {
        match self.is_held(share) {
            Ok(true) => drop(self.take_away(share)),
            Ok(false) => self.take_back(share),
            Err(_) => {}
        }
    }
}

/// A claim that is held.
struct Held {
    place: Place,
    // The lock is given back last: until then nobody else uses the number.
    _begun: Option<Begun>,
    _lock: disk::Claim,
}

impl Publisher<'_> {
    /// Does something to the share that two publications must not do at once. A dry run claims nothing,
    /// and notes who does.
    pub(super) fn claimed<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<T, ReleaseError>,
    ) -> Result<T, ReleaseError> {
        if self.request.dry_run {
            self.note_holder()?;
            return act(self);
        }
        let held = self.take_claim()?;
        let ended = act(self);
        let freed = self.free_claim(&held);
        let value = ended?;
        freed.map(|()| value)
    }

    /// Takes away what a cut run of this state folder has claimed. False where that is nothing.
    pub(super) fn free_what_was_left(&mut self) -> Result<bool, ReleaseError> {
        let known = beside_state(self.request, "claim");
        let Some(number) = known_number(&known)? else {
            return Ok(false);
        };
        let place = Place::of(self.request, number);
        if !place.is_there(self.share)? {
            return Ok(false);
        }
        let text = format!("take away `{}`, which a cut run left", place.claim);
        self.done.begin(&text, self.say);
        if !self.request.dry_run {
            let held = self.take_claim()?;
            self.free_claim(&held)?;
        }
        self.done.end();
        Ok(true)
    }

    fn note_holder(&mut self) -> Result<(), ReleaseError> {
        let claim = self.request.path(CLAIM);
        if let Some(number) = known_number(&beside_state(self.request, "claim"))?
            && Place::of(self.request, number).is_held(self.share)?
        {
            self.done.note(&format!(
                "`{claim}` is of a cut run from this `--state` folder; `--apply` goes on from it"
            ));
            return Ok(());
        }
        if let Some(holder) = holder(self.share, &claim)? {
            self.done.note(&format!(
                "the share is claimed by `{claim}`: {holder} publishes to it, or was cut; `--apply` \
                 waits for it {} s",
                self.request.claimant.patience.as_secs()
            ));
        }
        Ok(())
    }

    fn take_claim(&mut self) -> Result<Held, ReleaseError> {
        let until = Instant::now() + self.request.claimant.patience;
        let lock = lock(self.request, until)?;
        let number = number(&beside_state(self.request, "claim"))?;
        let place = Place::of(self.request, number);
        let undo = place.clone();
        let held = Held {
            _begun: undone(self.share, move |share| undo.undo(share)),
            place,
            _lock: lock,
        };
        let taken = held
            .place
            .take_name(self.share, &self.request.claimant, until);
        if taken.is_err() {
            // Of a full share, say: nobody else would ever take it away.
            held.place.take_back(self.share);
        }
        taken.map(|()| held)
    }

    /// Takes the claim away, which has to be ours still.
    fn free_claim(&mut self, held: &Held) -> Result<(), ReleaseError> {
        held.place.free(self.share)
    }
}

/// A file of this share's claim, beside the state.
fn beside_state(request: &ReleaseRequest, end: &str) -> PathBuf {
    request
        .state
        .join(format!("share.{}.{end}", request.share_key()))
}

/// The right to use the state folder for this share: what another process of this machine claims from
/// there is no cut run's.
fn lock(request: &ReleaseRequest, until: Instant) -> Result<disk::Claim, ReleaseError> {
    let path = beside_state(request, "lock");
    let of_state = |error: DiskError| ReleaseError::State(StateError::Disk(error));
    std::fs::create_dir_all(&request.state)
        .map_err(DiskError::io("make", &request.state))
        .map_err(of_state)?;
    loop {
        match disk::Claim::take(path.clone(), Path::new(&request.named)) {
            Err(DiskError::Busy { .. }) if Instant::now() < until => {}
            taken => return taken.map_err(of_state),
        }
        std::thread::sleep(PAUSE.min(until.saturating_duration_since(Instant::now())));
    }
}

/// The number of the claim that a cut run left; none when none did.
fn known_number(known: &Path) -> Result<Option<String>, ReleaseError> {
    let is_number =
        |text: &String| text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match plain_file::read_whole(known, 16) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok().filter(is_number)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StateError::Disk(DiskError::io("read", known)(error)).into()),
    }
}

/// The number of the claim that a cut run left, or a new one, which is kept.
fn number(known: &Path) -> Result<String, ReleaseError> {
    if let Some(number) = known_number(known)? {
        return Ok(number);
    }
    let number = new_number();
    std::fs::write(known, &number)
        .map_err(|error| StateError::Disk(DiskError::io("write", known)(error)))?;
    Ok(number)
}

fn new_number() -> String {
    // The keys of this type are the system's random numbers.
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
