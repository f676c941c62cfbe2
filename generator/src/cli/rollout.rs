//! The command `rollout`: what a share lets servers do, and changes of it.

use std::path::Path;

use gangway_contract::{Manifest, UtcTime};

use super::answer::Answer;
use super::arguments::{Rollout, RolloutAction};
use super::commands::{Answered, judged, now};
use super::failure::Failure;
use super::output::Output;
use super::publish_share::{Opened, no_account, refuse_idle, sign_in, signed_in};
use super::report::{read_expected, read_manifest};
use super::rolled_out::{BundleReach, RolledOut, answer, reaches, servers_told};
use super::share_place::SharePlace;
use crate::bundle;
use crate::failure::FailureCode;
use crate::fleet::{self, Campaign, Fleet, Owners, Places, Question, Texts};
use crate::goal::Goal;
use crate::problem::{Deny, Problem};
use crate::publication::{
    Carried, Change, Changed, Claimant, FolderShare, Published, RolloutError, RolloutRequest,
    RolloutState, change_rollout, plan_rollout,
};

/// Changes of the history that a person is shown.
const SHOWN: usize = 5;

pub(super) fn run(given: &Rollout, output: &Output) -> Answered<RolledOut> {
    let change = change(given)?;
    let bundle = named_bundle(&given.place)?;
    let to = match &bundle {
        Some(manifest) => {
            SharePlace::typed_or(given.to.as_deref(), &manifest.settings.release_root)?
        }
        None => SharePlace::typed(&given.place)?,
    };
    if given.to.is_some() && bundle.is_none() {
        refuse_idle("a share was named, and no bundle", &[("--to", true)])?;
    }
    let campaign = campaign(bundle.as_ref());
    let fleet = given.reports.as_deref();
    let fleet = fleet
        .map(|reports| read_fleet(given, reports, campaign))
        .transpose()?;
    let (mut share, folder) = open(given, &to)?;
    let request = RolloutRequest {
        folder,
        named: to.to_string(),
        bundle: bundle.as_ref().map(carried),
        change,
        withhold_all: given.withhold_all,
        dry_run: !given.apply,
        who: Claimant::here(given.user.as_deref()),
    };
    output.line(&format!("share    {to}"));
    let mut plan = plan_rollout(&request, share.as_mut())?;
    let reaches = reaches(&plan.state, fleet.as_ref());
    tell(&plan.state, &reaches, output);
    let mut done = Published::default();
    let mut say = |step: &str| output.line(step);
    let ended = change_rollout(&request, &mut plan, share.as_mut(), &mut say, &mut done);
    let state = plan.state;
    let of_fleet = fleet.map_or_else(Vec::new, |fleet| fleet.problems);
    let found = state.problems.iter().cloned().chain(of_fleet).collect();
    let problems = findings(change, found, &mut done);
    for note in &done.notes {
        output.line(&format!("note     {note}"));
    }
    if change.is_some() && ended.is_ok() {
        output.line(last_word(given, &done));
    }
    output.problems(&problems);
    let answer = judged(
        answer(&request, &state, reaches, done),
        problems,
        &Deny::default(),
    );
    Ok(Answer {
        failure: ended.err().map(Failure::from),
        ..answer
    })
}

/// What is wrong around a change says nothing of the change, which did what it says or failed: errors are
/// findings of `show`, and notes here.
fn findings(change: Option<Change>, found: Vec<Problem>, done: &mut Published) -> Vec<Problem> {
    if change.is_none() {
        return found;
    }
    let (errors, others) = found.into_iter().partition(Problem::is_error);
    let errors: Vec<Problem> = errors;
    for error in errors {
        done.note(&format!(
            "before: {} {}: {}; `gangway rollout SHARE show` tells what is so now",
            error.code.id, error.subject, error.message
        ));
    }
    others
}

/// What is to be changed; none of `show`.
fn change(given: &Rollout) -> Result<Option<Change>, Failure> {
    let number = |what: &str| {
        given.number.ok_or_else(|| {
            let text = format!("`{what}` takes a number");
            Failure::of(FailureCode::CommandLine, text)
                .hint("`gangway rollout SHARE ring 50`, `gangway rollout SHARE min-sequence 7`")
        })
    };
    let change = match given.action {
        RolloutAction::Ring => {
            let percent = number("ring")?;
            let ring = u8::try_from(percent).ok().filter(|percent| *percent <= 100);
            Some(Change::Ring(
                ring.ok_or(RolloutError::NoPercentage { percent })?,
            ))
        }
        RolloutAction::MinSequence => Some(Change::MinSequence(number("min-sequence")?)),
        RolloutAction::Show => None,
        RolloutAction::Pause => Some(Change::Pause),
        RolloutAction::Resume => Some(Change::Resume),
    };
    let takes_number = [RolloutAction::Ring, RolloutAction::MinSequence].contains(&given.action);
    if let Some(number) = given.number.filter(|_| !takes_number) {
        let text = format!("`{number}` has no effect: this action takes no number");
        return Err(Failure::of(FailureCode::CommandLine, text).hint("leave it out"));
    }
    let min_sequence = matches!(change, Some(Change::MinSequence(_)));
    let withhold_all = ("--withhold-all", given.withhold_all && !min_sequence);
    refuse_idle("it belongs to `min-sequence`", &[withhold_all])?;
    let apply = ("--apply", given.apply && change.is_none());
    refuse_idle("`show` writes nothing", &[apply])?;
    Ok(change)
}

/// The bundle that was named in the place of a share. Nobody verifies it here: it decides no more than a
/// person who types numbers, and a pause is not kept waiting.
fn named_bundle(place: &Path) -> Result<Option<Manifest>, Failure> {
    if !place.join(bundle::FILE_NAME).is_file() {
        return Ok(None);
    }
    read_manifest(place, "a bundle is a folder that `gangway build` made").map(Some)
}

fn carried(manifest: &Manifest) -> Carried {
    Carried {
        sequence: manifest.sequence,
        ring_percent: manifest.settings.ring_percent,
    }
}

/// What the servers are to become: what the bundle says, else onboarded.
fn campaign(bundle: Option<&Manifest>) -> Campaign {
    Campaign {
        mode: bundle.map_or(Goal::Onboard, Goal::of),
        org_id: bundle.map(|manifest| manifest.tenant.org_id.clone()),
        named: bundle.is_some(),
    }
}

fn open(given: &Rollout, to: &SharePlace) -> Result<Opened, Failure> {
    let (user, password_file) = (given.user.as_deref(), given.password_file.as_deref());
    match to {
        SharePlace::Folder(folder) => {
            no_account(
                &format!("`{to}` is reached as a folder"),
                user,
                password_file,
            )?;
            Ok((Box::new(FolderShare::new(folder.clone())), None))
        }
        SharePlace::Server(address) => {
            let account = sign_in(user, password_file, to)?;
            signed_in(address, &[], &account)
        }
    }
}

/// The servers, as `gangway report` counts them. Who a file belongs to is not asked: the numbers show
/// what a change means, and nothing is decided by them.
fn read_fleet(given: &Rollout, reports: &Path, campaign: Campaign) -> Result<Fleet, Failure> {
    let expected = given.expected.as_deref().map(read_expected).transpose()?;
    let question = Question {
        expected: expected.as_ref(),
        owners: &Owners::default(),
        campaign,
        now: UtcTime(now(&given.moment)),
        max_age_days: fleet::DEFAULT_MAX_AGE_DAYS,
        texts: Texts::Codes,
    };
    let mut fleet = fleet::read(reports, &question)?;
    let places = Places {
        reports: Some(reports),
        list: given.expected.as_deref(),
        results: &[],
    };
    places.name(&mut fleet.problems);
    Ok(fleet)
}

/// What counts, for whom, and what the change means.
fn tell(state: &RolloutState, reaches: &[BundleReach], output: &Output) {
    for one in &state.governed {
        let of = match one.bundle {
            Some(bundle) => format!("bundle {}", bundle.sequence),
            None => "a bundle of an older program, which did not tell its sequence".to_owned(),
        };
        let shown = one.shown();
        output.line(&format!(
            "governs  {shown}: release `{}`, {of}",
            one.release
        ));
    }
    if state.governed.is_empty() {
        output.line("governs  no campaign that the share knows of");
    }
    match state.has_switch {
        true => output.line(&format!("now      {}", state.before)),
        false => output.line("now      no server begins anything, for there is no switch"),
    }
    if let Some(after) = state.after {
        output.line(&format!("then     {after}"));
    }
    for reach in reaches {
        output.line(&reach.told(state.after.is_some()));
        if let Some(servers) = reach.servers {
            output.line(&servers_told(&servers, state.after.is_some()));
        }
    }
    if state.after.is_none() {
        for change in state.history.iter().take(SHOWN) {
            let Changed {
                at,
                account,
                host,
                asked,
                after,
                ..
            } = change;
            output.line(&format!(
                "changed  {at} `{asked}` by {account} on {host}: {after}"
            ));
        }
        let more = state.history.len().saturating_sub(SHOWN);
        if more > 0 {
            output.line(&format!(
                "changed  and {more} times before; `--json` has them all"
            ));
        }
    }
}

/// What a change that did not fail says of itself in the end.
fn last_word(given: &Rollout, done: &Published) -> &'static str {
    match (done.steps.is_empty(), given.apply) {
        (true, _) => "that is so already",
        (false, false) => "nothing was written; `--apply` does these steps",
        (false, true) => "changed: each file was read back; servers look before their next step",
    }
}
