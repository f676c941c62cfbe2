//! The policies of a bundle, forward and back: everything is looked at before the first change.

use super::exclusion::{Group, deny_in};
use super::execute::Executor;
use super::plan::{Desired, DomainFacts, Present, PresentFilter, Saved, Step, plan, plan_rollback};
use super::reach::check_other_task;
use super::removed::{Removed, check_what_leaves};
use super::replication::{Replication, Wanted};
use super::sequence::compare_with_live;
use super::state::State;
use super::{Contents, Payloads, PublishError, PublishRequest};
use crate::gpo::security::Sid;
use crate::gpo::{Guid, leaving, own};

/// What a publication of policies alone does not know.
const UNPROVEN: &str = "nobody looked whether the payloads are on the share; without them a server \
    waits and says so. `gangway publish BUNDLE` brings them first, with `--no-share` it only compares";

/// Payloads first, policies after them, links last: what a server is told of is there. Where the other
/// domain controllers are waited for, each part is there before the next one begins.
pub(super) fn publish_all(
    request: &PublishRequest,
    contents: &Contents,
    domain: &DomainFacts,
    mut payloads: Option<Payloads<'_>>,
    mut replication: Replication<'_>,
    executor: &mut Executor<'_>,
) -> Result<(), PublishError> {
    let state: State<Saved> = State::of(&request.state, &contents.state_name());
    // Everything is looked at before anything is changed, and looked at once: what is saved is
    // what the steps replace. Whoever writes to a GPO in between is not run over unseen: the
    // change of the version takes the old one only, and what was written is read back.
    let group = executor.excluded_group(contents, domain)?;
    let work = look(contents, group.as_ref(), domain, executor)?;
    let pending = state.pending()?;
    let mut removed = {
        let work = work.iter().map(|one| (one.gpo, &one.present));
        Removed::look(contents, work, pending.as_ref(), domain, executor)?
    };
    let mut saved = what_is_saved(pending, &work, &removed, request.prune, executor)?;
    let past = (all_saved(&state, &saved)?, request.prune);
    removed.look_at_programs(contents, past, domain, executor)?;
    removed.tell(request, executor)?;
    for link in &request.links {
        executor.check_link(&link.target)?;
    }
    check_other_task(request, contents, group.as_ref(), domain, executor)?;
    executor.look_at_bootstrap(contents, domain)?;
    match &mut payloads {
        Some(payloads) => executor.publisher(payloads.lent()).look()?,
        None => executor.note(UNPROVEN),
    }
    if !request.dry_run {
        state.save(&saved)?;
    }
    if let Some(payloads) = &mut payloads {
        executor.publisher(payloads.lent()).bring_all()?;
    }
    let program = Wanted::program(contents, executor.bootstrap(contents, domain)?, domain);
    replication.wait("the program", &[program], domain, executor)?;
    let mut policies = Vec::new();
    for Work {
        gpo,
        present,
        steps,
    } in work
    {
        executor.say_gpo(&gpo.display_name, gpo.id);
        let kept = (&state, &mut saved);
        carry_out(&steps, (gpo.id, Some(gpo)), kept, domain, executor)?;
        let version = present.next_version();
        policies.push(Wanted::Policy { gpo, version });
    }
    replication.wait("the policies", &policies, domain, executor)?;
    for gpo in &contents.gpos {
        for link in request.links.iter().filter(|link| link.is_for(gpo)) {
            executor.link(&link.target, domain, gpo, request.enable_links)?;
        }
    }
    if request.prune {
        removed.prune(domain, executor)?;
    }
    if !request.dry_run {
        state.finish()?;
    }
    let links = Wanted::links(contents, &request.links, request.enable_links);
    replication.wait("the links", &links, domain, executor)?;
    match &mut payloads {
        Some(payloads) => finish_payloads(payloads, contents, domain, executor),
        None => Ok(()),
    }
}

/// What is there before the first change. What a cut publication has saved of it stays, unless another
/// one has come since.
fn what_is_saved(
    pending: Option<Saved>,
    work: &[Work<'_>],
    removed: &Removed,
    prune: bool,
    executor: &mut Executor<'_>,
) -> Result<Saved, PublishError> {
    let mut saved = pending.unwrap_or_default();
    let is_of = |one: &Work<'_>| saved.is_of(one.gpo.id, &one.present);
    if !work.iter().all(is_of) || !removed.are_of(&saved) {
        executor.note(
            "what a cut publication has saved here is replaced: another publication has come since",
        );
        saved = Saved::default();
    }
    for Work { gpo, present, .. } in work {
        saved.add(gpo.id, &gpo.display_name, present);
        saved.expects(gpo.id, present);
    }
    say_denials(work, &mut saved);
    if prune {
        removed.save(&mut saved);
    }
    Ok(saved)
}

/// Keeps who is kept from a policy by this publication, so that it can be taken back.
fn say_denials(work: &[Work<'_>], saved: &mut Saved) {
    for Work { gpo, steps, .. } in work {
        for step in steps {
            if let Step::DenyApply { sid, .. } = step {
                saved.denies(gpo.id, *sid);
            }
        }
    }
}

/// Takes away the denial that the publication made, where the GPO itself stays.
fn allow_again(
    steps: &mut Vec<Step>,
    saved: &Saved,
    (id, present): (Guid, &Present),
    domain: &DomainFacts,
) {
    let denied = |sid: &Sid| {
        let object = present.object.as_ref();
        object.is_some_and(|object| object.denied.contains(sid))
    };
    if let Some(sid) = saved.denied(id).filter(denied)
        && saved.desired(id).is_some()
    {
        let dn = domain.gpo_dn(id);
        steps.insert(0, Step::AllowApply { dn, sid });
    }
}

/// Everything that a way back may go to, this publication's own state among it.
fn all_saved(state: &State<Saved>, saved: &Saved) -> Result<Vec<Saved>, PublishError> {
    let mut all = state.history()?;
    all.push(saved.clone());
    Ok(all)
}

/// Does the steps of one GPO. What tells an object that is made from others of its name is kept at once:
/// before the version rises, and another publication could be taken for this one.
fn carry_out(
    steps: &[Step],
    (id, wanted): (Guid, Option<&Desired>),
    (state, saved): (&State<Saved>, &mut Saved),
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<(), PublishError> {
    let own = domain.gpo_dn(id);
    for step in steps {
        executor.run(step, wanted)?;
        let is_made = matches!(step, Step::AddObject { dn, .. } if *dn == own);
        if is_made && let Some(guid) = executor.object_guid(id, domain)? {
            saved.made(id, guid);
            state.save_again(saved)?;
        }
    }
    Ok(())
}

/// What is left to do on the share when no policy is left to change.
fn finish_payloads(
    payloads: &mut Payloads<'_>,
    contents: &Contents,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<(), PublishError> {
    executor.publisher(payloads.lent()).finish()?;
    let (Some(keep), Some(task)) = (payloads.request.keep, contents.task()) else {
        return Ok(());
    };
    let own = task.id.to_string();
    // The campaign's own policy starts the bundle's program by now.
    let live = executor.live_releases(domain, Some(&own))?;
    let mut publisher = executor.publisher(payloads.lent());
    Ok(publisher.prune(keep, &own, live)?)
}

/// What is done for one GPO.
struct Work<'a> {
    gpo: &'a Desired,
    /// What is there of it.
    present: Present,
    steps: Vec<Step>,
}

/// The steps for each GPO, and what is there of it.
fn look<'a>(
    contents: &'a Contents,
    group: Option<&Group>,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Vec<Work<'a>>, PublishError> {
    let mut work: Vec<Work<'_>> = Vec::new();
    for gpo in &contents.gpos {
        let mut present = executor.present(gpo.id, gpo.filter.as_ref(), domain)?;
        // GPOs share a WMI filter, which the first of them brings.
        if let Some(filter) = &gpo.filter
            && work
                .iter()
                .any(|earlier| earlier.gpo.filter.as_ref() == Some(filter))
        {
            present.filter = Some(PresentFilter::from(filter));
        }
        let mut steps = plan(gpo, &present, domain)?;
        executor.check_name(gpo, domain)?;
        if contents.task().is_some_and(|task| task.id == gpo.id) {
            compare_with_live(contents, &present, domain, executor)?;
        }
        executor.check_rights(gpo, &present, domain)?;
        if gpo.purpose == own::DEPLOY {
            executor.tell_other_denials(gpo, &present, group);
            if let Some(group) = group
                && deny_in(&mut steps, &present, domain.gpo_dn(gpo.id), group)
            {
                executor.check_right_to_deny(&present, &domain.gpo_dn(gpo.id))?;
            }
        }
        work.push(Work {
            gpo,
            present,
            steps,
        });
    }
    Ok(work)
}

pub(super) fn take_back(
    request: &PublishRequest,
    contents: &Contents,
    domain: &DomainFacts,
    payloads: Option<Payloads<'_>>,
    executor: &mut Executor<'_>,
) -> Result<(), PublishError> {
    let state: State<Saved> = State::of(&request.state, &contents.state_name());
    let mut saved = state.saved()?;
    // What this leaves is what the publication before finds, when it is taken back in its turn.
    let mut older = state.older()?;
    let work = look_back(&mut saved, older.as_mut(), request, domain, executor)?;
    let mut payloads = payloads.filter(|one| !one.request.only_compare);
    if let Some(payloads) = &mut payloads {
        executor.publisher(payloads.lent()).look_back_if_saved()?;
    }
    if !request.dry_run {
        keep_older(&state, older.as_ref())?;
        state.save_again(&saved)?;
    }
    for (id, name, steps) in work {
        let wanted = saved.desired(id);
        executor.say_gpo(&name, id);
        if wanted.is_none() {
            // A link to nothing is an error in every tool that lists links.
            executor.unlink(&domain.gpo_dn(id), domain)?;
        }
        let kept = (&state, &mut saved);
        carry_out(&steps, (id, wanted.as_ref()), kept, domain, executor)?;
        if let (Some(older), Some(guid)) = (&mut older, saved.object(id)) {
            older.made(id, guid.to_owned());
        }
    }
    if let Some(payloads) = &mut payloads {
        executor.publisher(payloads.lent()).take_back_if_saved()?;
    }
    if !request.dry_run {
        keep_older(&state, older.as_ref())?;
        state.forget()?;
    }
    Ok(())
}

fn keep_older(state: &State<Saved>, older: Option<&Saved>) -> Result<(), PublishError> {
    Ok(older.map_or(Ok(()), |older| state.save_older(older))?)
}

/// What is done for each GPO on the way back, the task before the settings that it relies on.
fn look_back(
    saved: &mut Saved,
    mut older: Option<&mut Saved>,
    request: &PublishRequest,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Vec<(Guid, String, Vec<Step>)>, PublishError> {
    let gpos: Vec<(Guid, String)> = saved.gpos().rev().map(owned).collect();
    let (mut work, mut less) = (Vec::new(), Vec::new());
    for (id, name) in gpos {
        let present = executor.present(id, None, domain)?;
        if !saved.is_of(id, &present) {
            return Err(PublishError::WentOn { id, name });
        }
        let mut steps = plan_rollback(saved, id, &present, domain)?;
        allow_again(&mut steps, saved, (id, &present), domain);
        let after = saved.desired(id).map(|gpo| gpo.files).unwrap_or_default();
        less.push((super::heading(&name, id), leaving(&present.files, &after)));
        // A cut run is gone on with: what it leaves is no publication of others.
        if let Some(older) = older.as_mut().filter(|older| saved.follows(older, id)) {
            older.expects(id, &present);
        }
        saved.expects(id, &present);
        work.push((id, name, steps));
    }
    check_what_leaves(request.end_passive_mode, less, executor)?;
    Ok(work)
}

fn owned((id, name): (Guid, &str)) -> (Guid, String) {
    (id, name.to_owned())
}
