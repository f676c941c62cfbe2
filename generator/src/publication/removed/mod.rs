//! What the domain has of ours that the bundle no longer has: a role or the last value that was taken out
//! of the config leaves a whole GPO behind, and each bundle before this one its program.
//!
//! Whose a GPO is follows from our mark and from its GUID, which organisation, domain and purpose give;
//! its name only says which purpose is tried. An onboarding bundle looks for settings and roles. A
//! precheck and an offboarding bundle bring none, and so take none away.

pub(super) mod programs;
mod report;

use gangway_contract::manifest::Mode;

use super::execute::Executor;
use super::plan::{Desired, DomainFacts, GpLink, MARKER, Present, Saved, Step, plan_removal};
use super::{Contents, Depth, Filter, PublishError, PublishRequest};
use crate::gpo::{Guid, Leaving, leaving, own};
use crate::printable::on_one_line;

/// What is left of earlier bundles, and what leaves servers.
pub(super) struct Removed {
    gpos: Vec<Left>,
    /// GPOs of the bundle that say less than those that are there, in words, and what.
    less: Vec<(String, Vec<Leaving>)>,
    /// Files in the folder of the programs.
    programs: Vec<String>,
}

/// A GPO of ours that is not to stay.
pub(super) struct Left {
    pub(super) id: Guid,
    pub(super) name: String,
    pub(super) present: Present,
    /// Where it is linked, and whether the link is on.
    links: Vec<(String, bool)>,
    pub(super) leaving: Vec<Leaving>,
    steps: Vec<Step>,
}

impl Removed {
    /// Looks what is there. Each of `work` is a GPO of the bundle, and what is there of it.
    pub(super) fn look<'a>(
        contents: &Contents,
        work: impl Iterator<Item = (&'a Desired, &'a Present)>,
        pending: Option<&Saved>,
        domain: &DomainFacts,
        executor: &mut Executor<'_>,
    ) -> Result<Self, PublishError> {
        let less = work.filter_map(|(gpo, present)| {
            let leaving = leaving(&present.files, &gpo.files);
            (!leaving.is_empty()).then(|| (super::heading(&gpo.display_name, gpo.id), leaving))
        });
        let mut removed = Self {
            gpos: Vec::new(),
            less: less.collect(),
            programs: Vec::new(),
        };
        if contents.mode == Mode::Onboard {
            removed.gpos = left(contents, pending, domain, executor)?;
        }
        Ok(removed)
    }

    /// What is kept of them, so that they can be brought back.
    pub(super) fn save(&self, saved: &mut Saved) {
        for Left {
            id, name, present, ..
        } in &self.gpos
        {
            saved.add(*id, name, present);
            saved.expects(*id, present);
        }
    }

    /// Are those that are saved of them as they were, or as they were left from here?
    pub(super) fn are_of(&self, saved: &Saved) -> bool {
        let mut gpos = self.gpos.iter();
        gpos.all(|one| saved.is_of(one.id, &one.present))
    }

    /// Tells what was found, before anything is done.
    ///
    /// # Errors
    /// Servers would lose their passive mode, and nobody said that they may.
    pub(super) fn tell(
        &self,
        request: &PublishRequest,
        executor: &mut Executor<'_>,
    ) -> Result<(), PublishError> {
        let problems = self.problems(request.prune);
        executor.done.problems.extend(problems);
        if request.prune {
            check_rights(&self.gpos, executor)?;
        }
        let pruned = self.gpos.iter().filter(|_| request.prune);
        let pruned = pruned.map(|one| (one.heading(), one.leaving.clone()));
        let all: Vec<_> = self.less.iter().cloned().chain(pruned).collect();
        refuse_end_of_passive_mode(request.end_passive_mode, &all)
    }

    /// Links first, then objects and folders, then programs. Nothing of the bundle needs any of it.
    pub(super) fn prune(
        &self,
        domain: &DomainFacts,
        executor: &mut Executor<'_>,
    ) -> Result<(), PublishError> {
        for one in self.gpos.iter().filter(|one| one.is_linked()) {
            one.take_links_away(domain, executor)?;
            executor.note(&format!(
                "`--rollback` brings {} back without its links, which were at {}",
                one.heading(),
                one.places().join("; ")
            ));
        }
        for one in &self.gpos {
            one.take_away(executor)?;
        }
        for path in &self.programs {
            programs::take_away(path, executor)?;
        }
        Ok(())
    }
}

impl Left {
    pub(super) fn heading(&self) -> String {
        super::heading(&self.name, self.id)
    }

    /// Is something of it there?
    pub(super) fn is_there(&self) -> bool {
        !self.links.is_empty() || !self.steps.is_empty()
    }

    pub(super) fn is_linked(&self) -> bool {
        !self.links.is_empty()
    }

    fn places(&self) -> Vec<&str> {
        self.links.iter().map(|(place, _)| place.as_str()).collect()
    }

    pub(super) fn take_links_away(
        &self,
        domain: &DomainFacts,
        executor: &mut Executor<'_>,
    ) -> Result<(), PublishError> {
        executor.say_gpo(&self.name, self.id);
        executor.unlink(&domain.gpo_dn(self.id), domain)
    }

    /// Object and folder.
    pub(super) fn take_away(&self, executor: &mut Executor<'_>) -> Result<(), PublishError> {
        executor.say_gpo(&self.name, self.id);
        let mut steps = self.steps.iter();
        steps.try_for_each(|step| executor.run(step, None))
    }
}

/// May the account take the links of these away?
pub(super) fn check_rights(gpos: &[Left], executor: &mut Executor<'_>) -> Result<(), PublishError> {
    let mut links = gpos.iter().flat_map(|one| &one.links);
    links.try_for_each(|(place, _)| executor.check_link_right(place))
}

/// Tells what GPOs, in words, no longer say to servers.
///
/// # Errors
/// Servers would lose their passive mode, and nobody said that they may.
pub(super) fn check_what_leaves(
    may_end_passive_mode: bool,
    mut gpos: Vec<(String, Vec<Leaving>)>,
    executor: &mut Executor<'_>,
) -> Result<(), PublishError> {
    gpos.retain(|(_, leaving)| !leaving.is_empty());
    let problems = gpos
        .iter()
        .map(|(gpo, leaving)| report::fewer(gpo, leaving));
    executor.done.problems.extend(problems);
    refuse_end_of_passive_mode(may_end_passive_mode, &gpos)
}

fn refuse_end_of_passive_mode(
    may_end: bool,
    gpos: &[(String, Vec<Leaving>)],
) -> Result<(), PublishError> {
    let ends = gpos
        .iter()
        .filter(|(_, leaving)| leaving.iter().any(|one| one.ends_passive_mode));
    let gpos: Vec<String> = ends.map(|(gpo, _)| gpo.clone()).collect();
    if gpos.is_empty() || may_end {
        return Ok(());
    }
    Err(PublishError::PassiveModeEnds { gpos })
}

/// The GPOs of ours that the bundle does not have; of a cut run that took one away also its folder.
fn left(
    contents: &Contents,
    pending: Option<&Saved>,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Vec<Left>, PublishError> {
    marked(contents, pending, Which::NotInBundle, domain, executor)
}

/// Every GPO of the organisation that `contents` is of, whatever brought it; of a cut run that took one away
/// also its folder.
pub(super) fn all_of_the_organisation(
    contents: &Contents,
    pending: Option<&Saved>,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Vec<Left>, PublishError> {
    let mut all = marked(contents, pending, Which::All, domain, executor)?;
    let own = [own::DEPLOY, own::OFFBOARD, own::SETTINGS];
    let own = own.map(|purpose| (contents.id_of(purpose), format!("Gangway {purpose}")));
    let bundle = contents.gpos.iter();
    let bundle = bundle.map(|gpo| (gpo.id, gpo.display_name.clone()));
    for (id, name) in bundle.chain(own) {
        if !all.iter().any(|one| one.id == id) {
            all.extend(Some(look(id, &name, domain, executor)?).filter(Left::is_there));
        }
    }
    Ok(all)
}

/// Which of the organisation's GPOs are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Those of an onboarding bundle that this one does not have.
    NotInBundle,
    /// All of them.
    All,
}

impl Which {
    fn takes(self, contents: &Contents, id: Guid, whose: Whose) -> bool {
        match self {
            Self::NotInBundle => !self.keeps(contents, id) && whose == Whose::Left,
            Self::All => whose != Whose::Unproven,
        }
    }

    /// Is it known to stay?
    fn keeps(self, contents: &Contents, id: Guid) -> bool {
        self == Self::NotInBundle && contents.gpos.iter().any(|gpo| gpo.id == id)
    }
}

/// The GPOs with our mark that are looked for, and of a cut run what lies there without an object. What is not
/// known to stay is told where nothing proves whose it is.
fn marked(
    contents: &Contents,
    pending: Option<&Saved>,
    which: Which,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Vec<Left>, PublishError> {
    let found = executor.directory.search(
        &domain.policies_dn(),
        Depth::Children,
        Filter::Equals("adminDescription", MARKER),
        &["cn", "displayName", "adminDescription"],
    )?;
    let mut left = Vec::new();
    for entry in found {
        let id = entry.text("cn").unwrap_or_default().parse::<Guid>();
        let is_marked = entry.text("adminDescription").as_deref() == Some(MARKER);
        let (Ok(id), true) = (id, is_marked) else {
            continue;
        };
        let name = entry.text("displayName").unwrap_or_default();
        let whose = whose(contents, id, &name);
        if which.takes(contents, id, whose) {
            left.push(look(id, &name, domain, executor)?);
        } else if whose == Whose::Unproven && !which.keeps(contents, id) {
            executor.note(&format!(
                "GPO `{}` {id} has our mark, and its GUID is none that this organisation gives: it is \
                 another organisation's, or a role's that was renamed by hand; it is left alone",
                on_one_line(&name)
            ));
        }
    }
    for (id, name) in pending.iter().flat_map(|saved| saved.gpos()) {
        if which.keeps(contents, id) || left.iter().any(|one| one.id == id) {
            continue;
        }
        let one = look(id, name, domain, executor)?;
        // What is an object was judged above.
        if one.present.object.is_none() && !one.steps.is_empty() {
            left.push(one);
        }
    }
    Ok(left)
}

/// Whose a GPO with our mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Of this organisation, and of a kind that an onboarding bundle brings.
    Left,
    /// A task's GPO of this organisation: a campaign of its own.
    OtherCampaign,
    /// Nothing proves that it is this organisation's.
    Unproven,
}

fn whose(contents: &Contents, id: Guid, name: &str) -> Whose {
    let is = |purpose: &str| contents.id_of(purpose) == id;
    // One of the bundle's roles is known under any name.
    let is_role = |gpo: &Desired| gpo.id == id && gpo.purpose.starts_with(own::EXCLUSIONS);
    let role = name.strip_prefix(own::EXCLUSIONS_NAME);
    let role = role.map(|role| format!("{}{}", own::EXCLUSIONS, own::slug(role)));
    if is(own::DEPLOY) || is(own::OFFBOARD) {
        Whose::OtherCampaign
    } else if is(own::SETTINGS)
        || role.is_some_and(|purpose| is(&purpose))
        || contents.gpos.iter().any(is_role)
    {
        Whose::Left
    } else {
        Whose::Unproven
    }
}

fn look(
    id: Guid,
    name: &str,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Left, PublishError> {
    let present = executor.present(id, None, domain)?;
    let steps = plan_removal(id, &present, domain)?;
    let dn = domain.gpo_dn(id);
    let links = executor.linked(&dn, domain)?.into_iter();
    let links = links.map(|(place, list)| {
        let list = GpLink::parse(&list).ok();
        let is_on = list.and_then(|list| list.is_enabled(&dn));
        (place, is_on != Some(false))
    });
    Ok(Left {
        id,
        name: on_one_line(name).into_owned(),
        links: links.collect(),
        leaving: leaving(&present.files, &std::collections::BTreeMap::new()),
        steps,
        present,
    })
}
