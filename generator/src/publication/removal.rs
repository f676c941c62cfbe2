//! Taking a bundle's policies out of a domain: each by its GUID and our mark, never by its name.

use std::collections::BTreeMap;

use super::execute::Executor;
use super::plan::{Desired, DomainFacts, Refused, Saved, Step, plan_removal};
use super::removed::check_what_leaves;
use super::state::State;
use super::{Contents, Depth, Filter, PublishError, PublishRequest, Removal, present};
use crate::gpo::wmi::WmiFilter;
use crate::gpo::{Guid, Leaving, leaving};
use crate::printable::on_one_line;

/// What is taken away of one GPO.
struct Work<'a> {
    gpo: &'a Desired,
    is_linked: bool,
    leaving: Vec<Leaving>,
    steps: Vec<Step>,
}

/// Links first, then objects, then folders, and the WMI filter when no GPO is tied to it any more.
/// Everything is looked at before anything is changed; a cut run is finished by the next one.
pub(super) fn remove(
    request: &PublishRequest,
    contents: &Contents,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<(), PublishError> {
    let mut work = Vec::new();
    let mut others = Vec::new();
    // The task goes before the settings that it relies on.
    for gpo in contents.gpos.iter().rev() {
        if !request.removals.iter().any(|one| one.is_for(gpo)) {
            continue;
        }
        for id in executor.others_of_the_name(gpo, domain)? {
            others.push(format!("GPO `{}` {id}", gpo.display_name));
        }
        work.push(look(gpo, domain, executor)?);
    }
    let filters = filters(&work, domain, executor, &mut others)?;
    let is_there = |one: &Work<'_>| one.is_linked || !one.steps.is_empty();
    if !others.is_empty() && filters.is_empty() && !work.iter().any(is_there) {
        let others = others.iter().map(|other| on_one_line(other).into_owned());
        let others = others.collect();
        return Err(Refused::OnlyTheName { others }.into());
    }
    let leaving = work.iter().map(|one| {
        let heading = super::heading(&one.gpo.display_name, one.gpo.id);
        (heading, one.leaving.clone())
    });
    check_what_leaves(request.end_passive_mode, leaving.collect(), executor)?;
    for other in &others {
        executor.tell_other(other);
    }
    for one in &work {
        executor.say_gpo(&one.gpo.display_name, one.gpo.id);
        if !is_there(one) {
            executor.note(&format!("`{}` is not there", one.gpo.display_name));
        }
        if one.is_linked {
            executor.unlink(&domain.gpo_dn(one.gpo.id), domain)?;
        }
        for step in &one.steps {
            executor.run(step, None)?;
        }
    }
    for step in &filters {
        executor.run(step, None)?;
    }
    executor.note(&format!(
        "what is in `{}` and on the share is left as it is, for servers may be reading it; `gangway retire` takes \
         all of it away",
        domain.program_folder()
    ));
    if !request.dry_run && request.removals.contains(&Removal::All) {
        // Nothing of it is left that could be brought back to what it was.
        State::<Saved>::of(&request.state, &contents.state_name()).forget_all()?;
    }
    Ok(())
}

fn look<'a>(
    gpo: &'a Desired,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Work<'a>, PublishError> {
    let present = executor.present(gpo.id, None, domain)?;
    let steps = plan_removal(gpo.id, &present, domain)?;
    let places = executor.linked(&domain.gpo_dn(gpo.id), domain)?;
    for (place, _) in &places {
        executor.check_link_right(place)?;
    }
    Ok(Work {
        gpo,
        is_linked: !places.is_empty(),
        leaving: leaving(&present.files, &BTreeMap::new()),
        steps,
    })
}

/// The steps that take the filters of these GPOs away, where they are ours and nothing else is tied to
/// them.
fn filters(
    work: &[Work<'_>],
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
    others: &mut Vec<String>,
) -> Result<Vec<Step>, PublishError> {
    let mut steps = Vec::new();
    let mut looked: Vec<&WmiFilter> = Vec::new();
    for filter in work.iter().filter_map(|one| one.gpo.filter.as_ref()) {
        if looked.contains(&filter) {
            continue;
        }
        looked.push(filter);
        let own = filter.id.to_string();
        let base = domain.filters_dn();
        for id in executor.named_otherwise(&base, "msWMI-Name", &filter.name, &own)? {
            others.push(format!("WMI filter `{}` {id}", filter.name));
        }
        let goes: Vec<Guid> = work.iter().map(|one| one.gpo.id).collect();
        let whose = (filter.id, filter.author.as_str());
        steps.extend(filter_step(whose, &goes, domain, executor)?);
    }
    Ok(steps)
}

/// The step that takes a filter of this author away when these GPOs are gone; none where it is not there, of
/// somebody else, or in use.
pub(super) fn filter_step(
    (id, by): (Guid, &str),
    goes: &[Guid],
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Option<Step>, PublishError> {
    let dn = domain.filter_dn(id);
    let names = ["msWMI-Author", "msWMI-Name"];
    let Some(found) = present::the_object(&dn, &names, executor.directory)? else {
        return Ok(None);
    };
    let name = found.text("msWMI-Name").unwrap_or_default();
    let author = found.text("msWMI-Author").unwrap_or_default();
    if author != by {
        executor.note(&format!(
            "WMI filter {id} (`{name}`) is by `{author}` and not by Gangway; it stays"
        ));
        return Ok(None);
    }
    let tied = executor.directory.search(
        &domain.policies_dn(),
        Depth::Children,
        Filter::Contains("gPCWQLFilter", &id.to_string()),
        &["cn", "displayName"],
    )?;
    let goes = |id: &str| {
        let mut ids = goes.iter().map(Guid::to_string);
        ids.any(|own| own.eq_ignore_ascii_case(id))
    };
    for entry in tied {
        let gpo = entry.text("cn").unwrap_or_default();
        if !goes(&gpo) {
            let other = entry.text("displayName").unwrap_or_default();
            executor.note(&format!(
                "WMI filter {id} (`{name}`) stays: GPO `{other}` {gpo} is tied to it"
            ));
            return Ok(None);
        }
    }
    Ok(Some(Step::DeleteObject { dn }))
}
