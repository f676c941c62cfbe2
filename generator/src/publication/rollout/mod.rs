//! The rollout of a share: what its switch says, whom it governs, and how a person changes it.
//!
//! A decision stands in two files. `control.json` is what every bootstrap reads; a bundle brings one that
//! withholds nothing, so a copy by hand may put that in its place. `rollout.json` no bundle brings. The
//! stricter of the two counts, so the switch is written first, then the decision, and a change that is
//! cut between them withholds what either does.

mod change;
mod decide;
mod error;
mod governed;
mod history;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use gangway_contract::{Rollout, control, rollout};

use super::plan::TEMPORARY;
use super::release::{BriefClaim, RELEASES};
use super::share::{LargeFiles, Listed, ShareError, path_below};
use super::switch::{Found, HISTORY, Switch, in_the_way};
use super::{Carried, Claimant, Published, codes};
use crate::problem::Problem;

pub use decide::Change;
pub use error::RolloutError;
pub use governed::Governed;
pub use history::{Changed, Standing};

use change::Changer;
use decide::{Known, decided};
use history::History;

/// Most leftovers of killed changes that one change names.
const MOST_NAMED: usize = 20;

/// Which share, and what is wanted of it.
#[derive(Debug)]
pub struct RolloutRequest {
    /// The folder that the manifest calls the release root, below the share, with `/`; none when it is
    /// the share itself.
    pub folder: Option<String>,
    /// The release root as a person named it.
    pub named: String,
    /// A bundle that is meant, when one was named.
    pub bundle: Option<Carried>,
    /// What is to be changed; none when it is only looked at.
    pub change: Option<Change>,
    /// Also what leaves a campaign without any bundle that works?
    pub withhold_all: bool,
    /// Only print the steps?
    pub dry_run: bool,
    /// Who changes it.
    pub who: Claimant,
}

/// What a share says of its rollout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutState {
    /// Is a switch there? Without one no server begins anything, whatever counts.
    pub has_switch: bool,
    /// What counts now.
    pub before: Standing,
    /// What counts with the change; none where none is wanted.
    pub after: Option<Standing>,
    /// Whom it governs: every campaign that the share knows.
    pub governed: Vec<Governed>,
    /// The bundles of the campaigns, and the one that was named, by sequence.
    pub bundles: Vec<Reach>,
    /// Who changed it when, the newest first.
    pub history: Vec<Changed>,
    /// What is wrong with the files, and what withholds.
    pub problems: Vec<Problem>,
}

/// A bundle, and how much of the fleet may begin with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Which.
    pub bundle: Carried,
    /// Percent of the servers that may begin work now: 0 where it is held back.
    pub before: u8,
    /// The same with the change.
    pub after: u8,
}

/// What was found of a share's rollout, and what is to become of it.
#[derive(Debug)]
pub struct RolloutPlan {
    /// What it says, and would say.
    pub state: RolloutState,
    looked: Looked,
    before: Rollout,
    after: Option<Rollout>,
}

/// Looks at the rollout of a share, and whether it may be changed as is wanted.
///
/// # Errors
/// The share cannot be read, or the change is refused.
pub fn plan_rollout(
    request: &RolloutRequest,
    share: &mut dyn LargeFiles,
) -> Result<RolloutPlan, RolloutError> {
    let looked = Looked::at(request, share)?;
    let known = Known {
        switch: &looked.switch,
        governed: &looked.governed,
        unknown: &looked.unknown,
        bundle: request.bundle,
    };
    let change = request.change;
    let after = change.map(|change| decided(request, change, &known));
    let after = after.transpose()?;
    // A pause writes what it can.
    if after.is_some() && change != Some(Change::Pause) {
        for name in [control::FILE_NAME, rollout::FILE_NAME] {
            looked.check_way(name, request)?;
        }
    }
    let before = looked.switch.as_decided();
    Ok(RolloutPlan {
        state: looked.state(request, &before, after.as_ref()),
        looked,
        before,
        after,
    })
}

/// Changes the rollout of a share as it was planned; one at a time does, and what was planned is looked at
/// again then. A pause is made on whatever is there.
///
/// `say` gets each step before it is done, `done` what came of them, also when one fails.
///
/// # Errors
/// Somebody else changed it meanwhile, or the share fails: the first step that did. The same again
/// finishes the change.
pub fn change_rollout(
    request: &RolloutRequest,
    plan: &mut RolloutPlan,
    share: &mut dyn LargeFiles,
    say: &mut dyn FnMut(&str),
    done: &mut Published,
) -> Result<(), RolloutError> {
    let (Some(change), Some(after)) = (request.change, &plan.after) else {
        return Ok(());
    };
    if request.dry_run || plan.looked.is_so(after) {
        return plan.execute(request, change, (share, None), say, done);
    }
    let claim = BriefClaim::take(share, request.folder.as_deref(), &request.who)?;
    if let Some(who) = claim.left_by() {
        done.note(&format!(
            "{who}, was cut while changing the switch: what that left was taken away"
        ));
    }
    tell_leftovers(&claim, request, share, done);
    let ended = plan.look_again(request, change, share, done);
    let ended =
        ended.and_then(|()| plan.execute(request, change, (share, Some(&claim)), say, done));
    let freed = claim.free(share);
    ended?;
    Ok(freed?)
}

/// Takes away what killed changes left, or says how it goes. No change fails for it.
fn tell_leftovers(
    claim: &BriefClaim,
    request: &RolloutRequest,
    share: &mut dyn LargeFiles,
    done: &mut Published,
) {
    let swept = match claim.sweep(share, request.folder.as_deref(), &request.who) {
        Ok(swept) => swept,
        Err(error) => {
            done.note(&format!(
                "what killed changes left could not be looked at: {error}"
            ));
            return;
        }
    };
    for who in swept.taken {
        done.note(&format!(
            "{who}, was cut before changing the switch: what that left was taken away"
        ));
    }
    let (mut named, mut others) = (0, swept.others);
    let left =
        "is of a change that was cut, or waits: a change that is made a day later takes it away";
    let stays = "holds no claim that tells when it began, or more than one: no change takes it away; delete it when \
                 nobody changes the rollout";
    let kept = swept.left.iter().map(|name| (name, left));
    for (name, what) in kept.chain(swept.stays.iter().map(|name| (name, stays))) {
        match named < MOST_NAMED {
            true => done.note(&format!("`{}` {what}", request.path(name))),
            false => others += 1,
        }
        named += 1;
    }
    if others > 0 {
        done.note(&format!(
            "{others} more folders lie there that are named so: delete those that are of nobody when nobody changes \
             the rollout"
        ));
    }
}

impl RolloutPlan {
    /// What was planned on is what is there still, but for a pause, which is planned anew.
    fn look_again(
        &mut self,
        request: &RolloutRequest,
        change: Change,
        share: &mut dyn LargeFiles,
        done: &mut Published,
    ) -> Result<(), RolloutError> {
        let again = plan_rollout(request, share)?;
        if again.looked.switch != self.looked.switch {
            if change != Change::Pause {
                return Err(RolloutError::WentOn {
                    folder: request.named.clone(),
                });
            }
            done.note("somebody else changed the rollout since it was looked at; the pause holds that as well");
        }
        *self = again;
        Ok(())
    }

    fn execute(
        &self,
        request: &RolloutRequest,
        change: Change,
        (share, claim): (&mut dyn LargeFiles, Option<&BriefClaim>),
        say: &mut dyn FnMut(&str),
        done: &mut Published,
    ) -> Result<(), RolloutError> {
        let Some(after) = &self.after else {
            return Ok(());
        };
        let mut changer = Changer {
            request,
            share,
            claim,
            say,
            done,
        };
        changer.note(&self.looked, change, &self.before, after);
        changer.write(&self.looked, change, &self.before, after)
    }
}

/// What lies there.
#[derive(Debug)]
struct Looked {
    switch: Switch,
    governed: Vec<Governed>,
    /// What of it cannot be read.
    unknown: Vec<Problem>,
    history: Found<History>,
    /// What lies where one of the files would be written: its name, the name that is taken, by what.
    in_the_way: Vec<(&'static str, String, &'static str)>,
}

impl Looked {
    fn at(request: &RolloutRequest, share: &mut dyn LargeFiles) -> Result<Self, RolloutError> {
        let folder = request.folder.as_deref();
        let no_rollout = || RolloutError::NoRollout {
            folder: request.named.clone(),
        };
        let at_root = share.list(folder.unwrap_or("."))?.ok_or_else(no_rollout)?;
        let is_there = |name: &str| at_root.contains_key(name);
        if ![control::FILE_NAME, rollout::FILE_NAME, RELEASES]
            .iter()
            .any(|name| is_there(name))
        {
            return Err(no_rollout());
        }
        let (governed, unknown) = governed::read(share, request, &at_root)?;
        let taken = |name| in_the_way(&at_root, name).map(|(taken, found)| (name, taken, found));
        let files = [control::FILE_NAME, rollout::FILE_NAME, HISTORY];
        let listed = at_root.get(HISTORY).copied();
        let history = match taken(HISTORY) {
            Some((_, taken, found)) => Found::Bad(format!("`{taken}` is {found}")),
            None => history::read(share, &request.path(HISTORY), listed)?,
        };
        Ok(Self {
            switch: Switch::read(share, folder, &at_root)?,
            governed,
            unknown,
            history,
            in_the_way: files.into_iter().filter_map(taken).collect(),
        })
    }

    /// Can the file be written?
    fn check_way(&self, name: &str, request: &RolloutRequest) -> Result<(), RolloutError> {
        match self.in_the_way.iter().find(|(of, _, _)| *of == name) {
            None => Ok(()),
            Some((_, taken, found)) => Err(RolloutError::InTheWay {
                path: request.path(taken),
                found,
            }),
        }
    }

    /// Does the switch say so already?
    fn is_control(&self, after: &Rollout) -> bool {
        self.switch.control.good() == Some(&after.control())
    }

    /// Does the decision?
    fn is_decided(&self, after: &Rollout) -> bool {
        match &self.switch.decided {
            // Where nothing was decided, and nothing is.
            Found::Missing => *after == Rollout::NONE,
            decided => decided.good() == Some(after),
        }
    }

    /// Is nothing left to be written?
    fn is_so(&self, after: &Rollout) -> bool {
        self.is_control(after) && self.is_decided(after) && self.is_remembered(after)
    }

    fn state(
        &self,
        request: &RolloutRequest,
        before: &Rollout,
        after: Option<&Rollout>,
    ) -> RolloutState {
        let of_campaigns = self.governed.iter().filter_map(|one| one.bundle);
        let bundles: BTreeSet<Carried> = of_campaigns.chain(request.bundle).collect();
        let reach = |bundle: Carried| Reach {
            bundle,
            before: reach(before, self.missing(), bundle),
            after: reach(
                after.unwrap_or(before),
                after.is_none() && self.missing(),
                bundle,
            ),
        };
        RolloutState {
            has_switch: !self.missing(),
            before: before.into(),
            after: after.map(Standing::from),
            governed: self.governed.clone(),
            bundles: bundles.into_iter().map(reach).collect(),
            history: self
                .history
                .good()
                .map(|history| history.changes.clone())
                .unwrap_or_default(),
            problems: self.problems(request),
        }
    }

    /// Is it what the last change that is kept left? A run that was cut last of all left that open.
    fn is_remembered(&self, after: &Rollout) -> bool {
        match &self.history {
            Found::Missing => *after == Rollout::NONE,
            Found::Good(history) => {
                let newest = history.changes.first();
                newest.is_some_and(|change| change.after == Standing::from(after))
            }
            // Where nothing can be kept.
            Found::Bad(_) => true,
        }
    }

    /// Without a switch no server begins anything.
    fn missing(&self) -> bool {
        self.switch.control == Found::Missing
    }

    fn problems(&self, request: &RolloutRequest) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut find = |code, name: &str, what: &str, next: &str| {
            let subject = format!("{}: {name}", request.named);
            problems.push(Problem::new(code, subject, what, next));
        };
        if let Some((name, why)) = self.switch.fault() {
            let pause = "`gangway rollout SHARE pause --apply` writes a whole one, which holds servers; set ring \
                         and sequence again, then `gangway rollout SHARE resume`";
            let next = match self.in_the_way.iter().any(|(of, _, _)| *of == name) {
                true => format!("look whose it is, and move it away; then {pause}"),
                false => pause.to_owned(),
            };
            find(&codes::SWITCH_UNREADABLE, name, why, &next);
        } else if self.missing() {
            let what = "it is missing, so no server begins anything";
            let next =
                "`gangway publish share` brings it; without a release there is nothing to begin";
            find(&codes::SWITCH_UNREADABLE, control::FILE_NAME, what, next);
        } else if let (Some(control), Some(decided)) =
            (self.switch.control.good(), self.switch.decided.good())
            && *control != decided.control()
        {
            let next = format!(
                "`gangway rollout SHARE {} --apply` writes both anew",
                again(&self.switch.as_decided())
            );
            let what = "it does not say what `rollout.json` says: somebody wrote over it, as a copy of a \
                        bundle's folder `share` does, or a change was cut; the stricter of both counts, but \
                        bootstraps of before 2026-12 read this file alone";
            find(&codes::SWITCHES_DIFFER, control::FILE_NAME, what, &next);
        }
        if let Found::Bad(why) = &self.history {
            let next = "look who wrote there, and move it away: until then no change is kept in it";
            find(&codes::ROLLOUT_HISTORY, HISTORY, why, next);
        }
        problems.extend(self.unknown.iter().cloned());
        problems
    }
}

/// The change that leaves everything as it is.
fn again(decided: &Rollout) -> Change {
    match decided.paused {
        true => Change::Pause,
        false => Change::MinSequence(decided.min_sequence),
    }
}

/// Percent of the servers that may begin work with a bundle.
fn reach(decided: &Rollout, missing: bool, bundle: Carried) -> u8 {
    let present = rollout::Present {
        control: None,
        decided: Some(decided),
    };
    match missing || present.paused() || bundle.sequence < present.min_sequence() {
        true => 0,
        false => present.ring_percent(bundle.sequence, bundle.ring_percent),
    }
}

impl RolloutRequest {
    fn path(&self, below: &str) -> String {
        path_below(self.folder.as_deref(), below)
    }
}
