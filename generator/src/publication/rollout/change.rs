//! The writes of a change, each said before it is done.

use std::time::{Duration, Instant};

use gangway_contract::{Rollout, UtcTime, control, rollout};

use super::history::{Changed, History};
use super::{Change, Found, HISTORY, Looked, RolloutError, RolloutRequest, Standing};
use crate::publication::Published;
use crate::publication::release::{BriefClaim, ReleaseError, put};
use crate::publication::share::{LargeFiles, ShareError, ShareFailure};

/// How long a file is waited for that a server has open just then.
const LONGEST: Duration = Duration::from_secs(5);

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(250);

/// Is it a failure that is over when a reader has closed the file? Windows tells it as a denied access
/// or as a sharing violation, of the renaming alone.
fn may_pass(error: &ShareError) -> bool {
    let failed = matches!(error.failure, ShareFailure::Other | ShareFailure::NoAccess);
    failed && error.doing.starts_with("rename")
}

pub(super) struct Changer<'a> {
    pub(super) request: &'a RolloutRequest,
    pub(super) share: &'a mut dyn LargeFiles,
    /// That of the switch; none in a dry run, which writes nothing.
    pub(super) claim: Option<&'a BriefClaim>,
    pub(super) say: &'a mut dyn FnMut(&str),
    pub(super) done: &'a mut Published,
}

impl Changer<'_> {
    /// What a person should know before it is done.
    pub(super) fn note(
        &mut self,
        looked: &Looked,
        change: Change,
        before: &Rollout,
        after: &Rollout,
    ) {
        if let Some((name, why)) = looked.switch.fault() {
            self.done.note(&format!(
                "`{}` cannot be read ({why}): what it withheld beside a pause is not known, and is not kept",
                self.request.path(name)
            ));
        }
        match change {
            Change::Ring(0) => self.done.note(
                "with a ring of 0 % no server begins anything, and none that has begun takes a further step \
                 at its next run",
            ),
            Change::Ring(_) | Change::Pause | Change::MinSequence(_) => {}
            Change::Resume if before.paused && after.ring.is_some_and(|ring| ring.percent == 0) => {
                self.done.note("the ring stays at 0 %, so still no server begins anything");
            }
            Change::Resume => {}
        }
        if matches!(change, Change::Ring(_)) && after.paused {
            self.done
                .note("the share stays paused: no server begins anything until `resume`");
        }
    }

    /// The switch first, then the decision, then who did it. A pause that finds something in the way of
    /// one file writes the other one all the same, for either holds every server.
    pub(super) fn write(
        &mut self,
        looked: &Looked,
        change: Change,
        before: &Rollout,
        after: &Rollout,
    ) -> Result<(), RolloutError> {
        if looked.is_so(after) {
            return Ok(());
        }
        let words = Standing::from(after).to_string();
        let files = [
            (
                control::FILE_NAME,
                after.control().to_bytes(),
                looked.is_control(after),
            ),
            (
                rollout::FILE_NAME,
                after.to_bytes(),
                looked.is_decided(after),
            ),
        ];
        let mut blocked = None;
        for (name, bytes, is_there) in files {
            if is_there {
                continue;
            }
            match looked.check_way(name, self.request) {
                Ok(()) => self.step(name, &words, &bytes)?,
                Err(error) => blocked = blocked.or(Some(error)),
            }
        }
        match blocked {
            Some(error) => Err(error),
            None => self.remember(looked, change, before, after),
        }
    }

    fn remember(
        &mut self,
        looked: &Looked,
        change: Change,
        before: &Rollout,
        after: &Rollout,
    ) -> Result<(), RolloutError> {
        let history = match &looked.history {
            Found::Missing => History::default(),
            Found::Good(history) => history.clone(),
            Found::Bad(why) => {
                self.done.note(&format!(
                    "`{}` is no history ({why}): this change is not kept in it; move it away",
                    self.request.path(HISTORY)
                ));
                return Ok(());
            }
        };
        let who = &self.request.who;
        let changed = Changed {
            at: UtcTime(who.begun),
            account: who.account.clone(),
            host: who.host.clone(),
            asked: change.to_string(),
            before: before.into(),
            after: after.into(),
        };
        let bytes = history.with(changed).write();
        self.step(HISTORY, "who changed it, and what was before", &bytes)
    }

    /// Says a step and, unless this is a dry run, writes the file as a whole.
    fn step(&mut self, name: &str, why: &str, bytes: &[u8]) -> Result<(), RolloutError> {
        let path = self.request.path(name);
        self.done.begin(&format!("write `{path}`: {why}"), self.say);
        if let Some(claim) = self.claim {
            claim.check(self.share)?;
            self.put(&path, bytes)?;
        }
        self.done.end();
        Ok(())
    }

    /// Servers have the file open for the moment in which they read it, and Windows puts nothing in the
    /// place of a file that was opened without `FILE_SHARE_DELETE`.
    fn put(&mut self, path: &str, bytes: &[u8]) -> Result<(), RolloutError> {
        let until = Instant::now() + self.request.who.patience.min(LONGEST);
        loop {
            let written = put(self.share, path, |share, temporary| {
                share.write(temporary, bytes)?;
                Ok(share.read_file(temporary)?.as_deref() == Some(bytes))
            });
            match written {
                Err(ReleaseError::Share(error)) if may_pass(&error) && Instant::now() < until => {
                    std::thread::sleep(PAUSE);
                }
                written => return Ok(written?),
            }
        }
    }
}
