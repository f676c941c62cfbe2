//! Everything of an organisation goes out of a domain and off its share: the end of all its campaigns,
//! whichever bundle brought them.
//!
//! Whose a policy is follows from our mark and its GUID, whose a program is from the manifest in it, and whose
//! a release is from the campaigns' documents on the share. What nothing proves to be of the organisation
//! stays and is named.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::execute::Executor;
use super::live::{Live, RETIRE, TASKS_FILE, is_true_in, programs};
use super::plan::{DomainFacts, Saved, Step};
use super::removal::filter_step;
use super::removed::programs::{Programs, of_the_organisation, take_away};
use super::removed::{Left, all_of_the_organisation, check_rights, check_what_leaves};
use super::state::State;
use super::{Contents, Payloads, Places, PublishError, Published, Release, ReleaseError, server};
use crate::gpo::{Guid, own};

/// How to end.
#[derive(Debug, Clone)]
pub struct RetireRequest {
    /// Only print the steps?
    pub dry_run: bool,
    /// May it end that Defender Antivirus is passive on servers?
    pub end_passive_mode: bool,
    /// May servers keep what bootstraps left there?
    pub leave_servers: bool,
    /// Folder that keeps what was there before publications.
    pub state: PathBuf,
}

/// Takes all policies of the bundle's organisation out of a domain, with links, filter and programs, and what
/// the share has of the domain's campaigns.
///
/// # Errors
/// The first thing that failed. Nothing after it was done; the same again finishes the work.
pub fn retire(
    request: &RetireRequest,
    contents: &Contents,
    places: Places<'_>,
    say: &mut dyn FnMut(&str),
    done: &mut Published,
) -> Result<(), PublishError> {
    let domain = server::facts(contents, places.directory)?;
    let mut executor = Executor::new(places.directory, places.sysvol, say, request.dry_run, done);
    executor.look_at_server()?;
    // Organisations that share a domain have a state each.
    let name = format!("{}.retire.{}", contents.domain, contents.id_of(own::DEPLOY));
    let state: State<Saved> = State::of(&request.state, &name);
    let found = look(request, contents, &state, &domain, &mut executor)?;
    let mut given = places.payloads;
    let release = given.as_ref().map(|payloads| Release {
        campaigns: contents.campaigns(),
        ..payloads.release.clone()
    });
    let mut payloads = given.as_mut().zip(release.as_ref());
    let mut payloads = payloads.as_mut().map(|(given, release)| Payloads {
        request: given.request,
        release,
        share: &mut *given.share,
    });
    if let Some(payloads) = &mut payloads {
        executor.publisher(payloads.lent()).look_before_removal()?;
    }
    found.tell(request, contents, &domain, &mut executor)?;
    found.save(request, &state)?;
    let stays = found.take_away(&domain, &mut executor)?;
    match &mut payloads {
        Some(payloads) => executor
            .publisher(payloads.lent())
            .take_campaigns_away(&found.live)?,
        None => executor.note(
            "the share was left out; `gangway publish share BUNDLE --remove` takes away what is there",
        ),
    }
    executor.note(
        "servers, the sensor, reports, the two shares themselves and the accounts that publish are left as they are",
    );
    if !stays.is_empty() {
        return Err(PublishError::ProgramsStay { programs: stays });
    }
    match request.dry_run {
        true => Ok(()),
        false => forget(request, contents, &state),
    }
}

/// Nothing of it is left that could be brought back to what it was. What is saved of another organisation's
/// stays.
fn forget(
    request: &RetireRequest,
    contents: &Contents,
    state: &State<Saved>,
) -> Result<(), PublishError> {
    for purpose in [own::DEPLOY, own::OFFBOARD] {
        let saved: State<Saved> =
            State::of(&request.state, &format!("{}.{purpose}", contents.domain));
        let own = contents.id_of(purpose);
        let is_ours = |saved: &Saved| saved.gpos().any(|(id, _)| id == own);
        if saved.history()?.iter().any(is_ours) {
            saved.forget_all()?;
        }
    }
    Ok(state.forget_all()?)
}

/// What there is of the organisation.
struct Found {
    gpos: Vec<Left>,
    filters: Vec<Step>,
    programs: Option<Programs>,
    /// Releases that policies need which stay.
    live: BTreeSet<String>,
}

/// Looks at everything before anything is changed.
fn look(
    request: &RetireRequest,
    contents: &Contents,
    state: &State<Saved>,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Found, PublishError> {
    let pending = state.pending()?;
    let mut gpos = all_of_the_organisation(contents, pending.as_ref(), domain, executor)?;
    // The task goes before the settings that it relies on.
    gpos.sort_by_key(|gpo| !gpo.present.files.contains_key(TASKS_FILE));
    check_rights(&gpos, executor)?;
    for gpo in &contents.gpos {
        for id in executor.others_of_the_name(gpo, domain)? {
            if !gpos
                .iter()
                .any(|one| one.id.to_string().eq_ignore_ascii_case(&id))
            {
                executor.tell_other(&format!("GPO `{}` {id}", gpo.display_name));
            }
        }
    }
    // A run that was cut has looked already.
    if !request.leave_servers && pending.is_none() {
        check_last_campaign(contents, &gpos, domain, executor)?;
    }
    let ids: Vec<Guid> = gpos.iter().map(|one| one.id).collect();
    let filters = filters(contents, &gpos, &ids, domain, executor)?;
    let (goes, stays): (Vec<Live>, Vec<Live>) = executor
        .live_programs(domain, None)?
        .into_iter()
        .partition(|live| ids.contains(&live.id));
    let programs = |live: &[Live]| live.iter().flat_map(|one| one.programs.clone()).collect();
    let programs = (&programs(&goes), &programs(&stays));
    let programs = of_the_organisation(contents, programs, domain, executor)?;
    let live = executor.releases_of(stays, domain)?;
    let live = live.map_err(|why| ReleaseError::Needed { why })?;
    Ok(Found {
        gpos,
        filters,
        programs,
        live,
    })
}

/// Is the task that is live the last campaign's, which cleans servers? Where no task of the organisation is live
/// any more, nothing that would be done here changes what servers keep.
fn check_last_campaign(
    contents: &Contents,
    gpos: &[Left],
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<(), PublishError> {
    let of = |purpose| gpos.iter().find(|one| one.id == contents.id_of(purpose));
    let deploy = of(own::DEPLOY);
    let Some(task) = deploy.or_else(|| of(own::OFFBOARD)) else {
        return Ok(());
    };
    let refused = || PublishError::NoLastCampaign {
        gpo: task.heading(),
    };
    let mut files = deploy.ok_or_else(refused)?.present.files.iter();
    let tasks = files.find(|(name, _)| name.eq_ignore_ascii_case(TASKS_FILE));
    let (_, tasks) = tasks.ok_or_else(refused)?;
    let started = programs(tasks);
    let folder = domain.program_folder();
    // By the names that are there: a folder that is mounted may keep letters apart.
    for name in executor.sysvol().list(&folder)?.unwrap_or_default().keys() {
        if !started.contains(&name.to_ascii_lowercase()) {
            continue;
        }
        let path = format!("{folder}/{name}");
        let bytes = executor.sysvol().read_file(&path)?.unwrap_or_default();
        if is_true_in(&bytes, RETIRE) {
            return Ok(());
        }
    }
    Err(refused())
}

/// The filters of the bundle and of the policies that go.
fn filters(
    contents: &Contents,
    gpos: &[Left],
    goes: &[Guid],
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<Vec<Step>, PublishError> {
    let bundle = contents.gpos.iter().filter_map(|gpo| gpo.filter.as_ref());
    let mut found: Vec<Guid> = bundle.map(|filter| filter.id).collect();
    let objects = gpos.iter().filter_map(|one| one.present.object.as_ref());
    // `[domain;{GUID};0]`
    let tied = objects.filter_map(|object| object.wql_filter.as_deref()?.split(';').nth(1));
    found.extend(tied.filter_map(|id| id.parse::<Guid>().ok()));
    found.sort_by_key(Guid::to_string);
    found.dedup();
    let author = crate::gpo::wmi::author(&contents.domain);
    let mut steps = Vec::new();
    for id in found {
        steps.extend(filter_step((id, &author), goes, domain, executor)?);
    }
    Ok(steps)
}

impl Found {
    /// What it does to servers, before anything is done.
    fn tell(
        &self,
        request: &RetireRequest,
        contents: &Contents,
        domain: &DomainFacts,
        executor: &mut Executor<'_>,
    ) -> Result<(), PublishError> {
        let leaving = self.gpos.iter();
        let leaving = leaving.map(|one| (one.heading(), one.leaving.clone()));
        check_what_leaves(request.end_passive_mode, leaving.collect(), executor)?;
        if self.gpos.is_empty() {
            executor.note(&format!(
                "no policy of `{}` is in `{}`",
                contents.identity, domain.name
            ));
        }
        Ok(())
    }

    /// Keeps what is there: what was cut is known by it.
    fn save(&self, request: &RetireRequest, state: &State<Saved>) -> Result<(), PublishError> {
        if request.dry_run || self.gpos.is_empty() {
            return Ok(());
        }
        let mut saved = state.pending()?.unwrap_or_default();
        for one in &self.gpos {
            saved.add(one.id, &one.name, &one.present);
        }
        Ok(state.save(&saved)?)
    }

    /// Links, objects with their folders, filters, programs. Gives the programs that are in use and stay.
    fn take_away(
        &self,
        domain: &DomainFacts,
        executor: &mut Executor<'_>,
    ) -> Result<Vec<String>, PublishError> {
        for one in self.gpos.iter().filter(|one| one.is_linked()) {
            one.take_links_away(domain, executor)?;
        }
        for one in &self.gpos {
            one.take_away(executor)?;
        }
        for step in &self.filters {
            executor.run(step, None)?;
        }
        let Some(programs) = &self.programs else {
            return Ok(Vec::new());
        };
        let mut stays = Vec::new();
        for path in &programs.ours {
            if !take_away(path, executor)? {
                stays.push(path.clone());
            }
        }
        let path = domain.program_folder();
        let is_empty = match executor.dry_run {
            true => programs.is_all,
            // Somebody may have put something there meanwhile.
            false => executor
                .sysvol()
                .list(&path)?
                .as_ref()
                .is_some_and(BTreeMap::is_empty),
        };
        if is_empty {
            executor.run(&Step::RemoveFolder { path }, None)?;
        }
        Ok(stays)
    }
}
