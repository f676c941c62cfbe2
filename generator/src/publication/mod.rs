//! Bringing a bundle to where servers find it: the one house of directory, SYSVOL and
//! payload share.
//!
//! Reads what is there (directory and SYSVOL of one domain controller), lets [`plan`] work out the
//! steps to what should be, prints each and, when told to, does it. What was there is saved first,
//! so that it can be taken back. What should be comes as [`Contents`], read by whoever verified the
//! bundle.

mod account;
mod address;
mod check;
mod claimant;
pub mod codes;
#[cfg(feature = "directory")]
mod connection;
mod contents;
mod credentials;
mod directory;
mod distinguished_name;
mod execute;
mod host;
mod inspection;
mod link;
mod live;
mod offline;
mod permissions;
pub mod plan;
mod present;
mod release;
mod removal;
mod replication;
mod server;
mod share;
mod state;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

pub use account::Account;
pub use address::ShareAddress;
pub use claimant::Claimant;
#[cfg(feature = "directory")]
pub use connection::{Connection, LiveReplicas, ServerChoice};
pub use contents::Contents;
pub use credentials::{Credentials, InvalidCredentials};
pub use directory::{AttributeChange, Depth, Directory, DirectoryError, Entry, Failure, Filter};
#[cfg(feature = "directory")]
pub use directory::{
    Budget, ContextStep, Encryption, LdapDirectory, Proof, SignedIn, Tickets, is_answer,
};
pub use host::{HostName, InvalidHostName};
pub use inspection::{inspect_payloads, inspect_reports};
pub use link::{Link, Removal};
pub use offline::{
    OfflinePlan, payload_destinations, plan_offline, plan_release_offline, policy_destinations,
};
pub use permissions::{ShareCommands, SharedFolder, share_commands};
pub use release::{
    Campaign, Payloads, Release, ReleaseError, ReleaseFile, ReleaseRequest, publish_release,
};
pub use replication::{Behind, Opened, Replica, Replicas, Standing, Waiting};
pub use server::pdc_emulator_of;
pub use share::{
    AccessEntry, FolderShare, LargeFiles, Listed, Share, ShareError, ShareFailure, Tree,
};
#[cfg(unix)]
pub use share::{SmbClient, read_archive};
pub use state::StateError;

use crate::failure::{FailureCode, Fault};
use crate::gpo::{DomainName, Guid};
use crate::printable::on_one_line;
use crate::problem::Problem;
use execute::Executor;
use plan::{
    Desired, DomainFacts, GpLink, Present, PresentFilter, Saved, Step, plan, plan_rollback,
};
use replication::{Replication, Wanted};
use state::State;

/// How to publish.
#[derive(Debug, Clone)]
pub struct PublishRequest {
    /// What to do.
    pub action: Action,
    /// Only print the steps?
    pub dry_run: bool,
    /// Which GPOs are to be linked where.
    pub links: Vec<Link>,
    /// Which GPOs are taken away, by [`Action::Remove`].
    pub removals: Vec<Removal>,
    /// Are new links switched on?
    pub enable_links: bool,
    /// Folder that keeps what was there before.
    pub state: PathBuf,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Bring the bundle's GPOs.
    Publish,
    /// Bring back what was there before.
    Rollback,
    /// Take the bundle's GPOs out of the domain.
    Remove,
}

/// Why a publication ended.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The server is not one to publish to.
    #[error("{why}")]
    Server {
        /// Why not.
        why: String,
        /// What to do next.
        hint: Option<&'static str>,
    },
    /// A policy is named that the bundle does not have.
    #[error("the bundle has no policy for `{option}`; it has {}", names.join(", "))]
    NoSuchPolicy {
        /// With its value, as it was typed.
        option: String,
        /// The bundle's policies, as `--link` calls them.
        names: Vec<String>,
        /// The one of them that may have been meant.
        nearest: Option<String>,
    },
    /// A link to what another domain holds.
    #[error("`{link}` is of the domain `{found}`, and the policies are for `{domain}`")]
    OtherDomain {
        /// Its distinguished name.
        link: String,
        /// Its domain.
        found: String,
        /// The domain that is published to.
        domain: DomainName,
    },
    /// A link whose name ends in no domain.
    #[error("`{link}` names no domain")]
    NoDomain {
        /// Its distinguished name.
        link: String,
    },
    /// The payloads.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// Somebody else's GPO.
    #[error(transparent)]
    Refused(#[from] plan::Refused),
    /// The domain controller refuses a question or a change.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// SYSVOL.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// What is saved was before an older publication than that which is there.
    #[error(
        "the GPO `{name}` {id} was published or edited since: what is saved here was before an older \
         publication"
    )]
    WentOn {
        /// GUID.
        id: Guid,
        /// As it was published.
        name: String,
    },
    /// The saved state.
    #[error(transparent)]
    State(#[from] StateError),
    /// Another domain controller lags.
    #[error(transparent)]
    Behind(#[from] Behind),
    /// What was read back is not what was written.
    #[error("`{path}` is not what was written; the version was not raised")]
    Different {
        /// The file or folder.
        path: String,
    },
}

impl PublishError {
    /// The server is not one to publish to.
    fn server(why: impl Into<String>, hint: Option<&'static str>) -> Self {
        let why = why.into();
        Self::Server { why, hint }
    }
}

impl Fault for PublishError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Refused(_) | Self::WentOn { .. } => FailureCode::Refused,
            Self::NoSuchPolicy { .. } | Self::OtherDomain { .. } | Self::NoDomain { .. } => {
                FailureCode::CommandLine
            }
            Self::Release(error) => error.code(),
            Self::State(_) => FailureCode::Files,
            Self::Behind(_) => FailureCode::Replication,
            Self::Server { .. } | Self::Directory(_) | Self::Share(_) | Self::Different { .. } => {
                FailureCode::Server
            }
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Server { hint, .. } => *hint,
            Self::NoSuchPolicy {
                nearest: Some(name),
                ..
            } => return Some(format!("did you mean `{name}`?").into()),
            Self::NoSuchPolicy { .. } => Some("name one of them, or leave the option out"),
            Self::OtherDomain { .. } => Some(
                "publish to that domain with links of its own (`--domain`, when the bundle has it)",
            ),
            Self::NoDomain { .. } => {
                Some("write the whole name, as `OU=Servers,DC=contoso,DC=com`")
            }
            Self::Release(error) => return error.hint(),
            Self::Refused(error) => Some(error.hint()),
            Self::Directory(error) => error.failure.hint(),
            Self::Share(error) => error.failure.hint(),
            Self::State(error) => return error.hint(),
            Self::WentOn { .. } => Some(
                "take back from where it was published last (`--state`), publish what servers shall have, or \
                 take the policies away with `--remove`",
            ),
            Self::Behind(_) => Some(
                "what was written stays, and nothing after it was done; when they have it, publish again",
            ),
            Self::Different { .. } => {
                Some("somebody else writes to the GPO, or the share lost a file; publish again")
            }
        };
        hint.map(Cow::Borrowed)
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Behind(behind) => behind.problems(),
            _ => Vec::new(),
        }
    }
}

/// What a publication did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Published {
    /// Every step that is done, in words, in order.
    pub steps: Vec<String>,
    /// The step that failed: begun, and perhaps done in part.
    pub unfinished: Option<String>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// The domain's other domain controllers, and what is known of them.
    pub replicas: Vec<Replica>,
}

impl Published {
    /// Says a step before it is done. Names of objects and files are a server's words.
    fn begin(&mut self, step: &str, say: &mut dyn FnMut(&str)) {
        let step = on_one_line(step);
        say(&step);
        self.unfinished = Some(step.into_owned());
    }

    /// The step that was begun is done.
    fn end(&mut self) {
        self.steps.extend(self.unfinished.take());
    }

    /// Keeps a note, once.
    fn note(&mut self, text: &str) {
        let text = on_one_line(text).into_owned();
        if !self.notes.contains(&text) {
            self.notes.push(text);
        }
    }
}

/// What a publication writes to.
pub struct Places<'a> {
    /// The directory of one domain controller.
    pub directory: &'a mut dyn Directory,
    /// Share `SYSVOL` of the same domain controller.
    pub sysvol: &'a mut dyn Share,
    /// The payloads and their share; none when they are not part of it.
    pub payloads: Option<Payloads<'a>>,
    /// That the other domain controllers are waited for, by [`Action::Publish`]; none when they are not.
    pub waiting: Option<Waiting<'a>>,
}

/// Publishes, or takes back.
///
/// `say` gets each step before it is done, `done` what came of them, also when one fails.
///
/// # Errors
/// The first thing that failed. Nothing after it was done; publishing again finishes the work,
/// taking back undoes it.
pub fn publish(
    request: &PublishRequest,
    contents: &Contents,
    places: Places<'_>,
    say: &mut dyn FnMut(&str),
    done: &mut Published,
) -> Result<(), PublishError> {
    check_links(&request.links, contents)?;
    check_removals(&request.removals, contents)?;
    let domain = server::facts(contents, places.directory)?;
    let mut executor = Executor::new(places.directory, places.sysvol, say, request.dry_run, done);
    let own = executor.look_at_server()?;
    match request.action {
        Action::Publish => {
            let replication = Replication::of(places.waiting, own, &domain, &mut executor)?;
            publish_all(
                request,
                contents,
                &domain,
                places.payloads,
                replication,
                &mut executor,
            )
        }
        Action::Rollback => take_back(request, contents, &domain, places.payloads, &mut executor),
        Action::Remove => removal::remove(request, contents, &domain, &mut executor),
    }
}

/// Are the links for policies of the bundle, and for the domain that they are for? Asks no server.
///
/// # Errors
/// The first that is not.
pub fn check_links(links: &[Link], contents: &Contents) -> Result<(), PublishError> {
    for link in links {
        if !contents.gpos.iter().any(|gpo| link.is_for(gpo)) {
            let which = link.which().unwrap_or_default();
            return Err(no_such_policy(
                "--link ",
                &which,
                &link.to_string(),
                contents,
            ));
        }
        let target = || link.target.clone();
        match link.domain() {
            // A site belongs to the forest.
            _ if link.is_of_a_site() => {}
            Some(found) if found == contents.domain.as_str() => {}
            Some(found) => {
                return Err(PublishError::OtherDomain {
                    link: target(),
                    found,
                    domain: contents.domain.clone(),
                });
            }
            None => return Err(PublishError::NoDomain { link: target() }),
        }
    }
    Ok(())
}

/// Has the bundle the policies that are to be taken away? Asks no server.
///
/// # Errors
/// The first that it has not.
pub fn check_removals(removals: &[Removal], contents: &Contents) -> Result<(), PublishError> {
    match removals
        .iter()
        .find(|one| !contents.gpos.iter().any(|gpo| one.is_for(gpo)))
    {
        Some(one) => {
            let which = one.to_string();
            Err(no_such_policy("--remove=", &which, &which, contents))
        }
        None => Ok(()),
    }
}

fn no_such_policy(option: &str, which: &str, given: &str, contents: &Contents) -> PublishError {
    let names: Vec<String> = contents.gpos.iter().map(link::name_of).collect();
    let nearest = link::nearest(which, names.iter().map(String::as_str));
    PublishError::NoSuchPolicy {
        option: format!("{option}{given}"),
        nearest: nearest.map(str::to_owned),
        names,
    }
}

/// What a publication of policies alone does not know.
const UNPROVEN: &str = "nobody looked whether the payloads are on the share; without them a server \
    waits and says so. `gangway publish BUNDLE` brings them first, with `--no-share` it only compares";

/// Payloads first, policies after them, links last: what a server is told of is there. Where the other
/// domain controllers are waited for, each part is there before the next one begins.
fn publish_all(
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
    let work = look(contents, domain, executor)?;
    let mut saved = what_is_saved(&state, &work, executor)?;
    for link in &request.links {
        executor.check_link(&link.target)?;
    }
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
    executor.bootstrap(contents, domain)?;
    let program = Wanted::program(contents, domain);
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
    state: &State<Saved>,
    work: &[Work<'_>],
    executor: &mut Executor<'_>,
) -> Result<Saved, PublishError> {
    let mut saved = state.pending()?.unwrap_or_default();
    if !work.iter().all(|one| saved.is_of(one.gpo.id, &one.present)) {
        executor.note(
            "what a cut publication has saved here is replaced: another publication has come since",
        );
        saved = Saved::default();
    }
    for Work { gpo, present, .. } in work {
        saved.add(gpo.id, &gpo.display_name, present);
        saved.expects(gpo.id, present);
    }
    Ok(saved)
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

/// Brings a release alone and takes the campaign's old ones away, but those that a policy of the domain
/// needs: its own, too, which is not changed.
///
/// # Errors
/// As for [`publish`].
pub fn publish_release_and_prune(
    contents: &Contents,
    places: Places<'_>,
    say: &mut dyn FnMut(&str),
    done: &mut Published,
) -> Result<(), PublishError> {
    let domain = server::facts(contents, places.directory)?;
    let (Some(mut payloads), Some(task)) = (places.payloads, contents.task()) else {
        return Ok(());
    };
    publish_release(payloads.lent(), say, done)?;
    let Some(keep) = payloads.request.keep else {
        return Ok(());
    };
    let dry_run = payloads.request.dry_run;
    let mut executor = Executor::new(places.directory, places.sysvol, say, dry_run, done);
    let live = executor.live_releases(&domain, None)?;
    let own = task.id.to_string();
    Ok(executor
        .publisher(payloads.lent())
        .prune(keep, &own, live)?)
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
        let steps = plan(gpo, &present, domain)?;
        executor.check_name(gpo, domain)?;
        executor.check_rights(gpo, &present, domain)?;
        work.push(Work {
            gpo,
            present,
            steps,
        });
    }
    Ok(work)
}

fn take_back(
    request: &PublishRequest,
    contents: &Contents,
    domain: &DomainFacts,
    payloads: Option<Payloads<'_>>,
    executor: &mut Executor<'_>,
) -> Result<(), PublishError> {
    let state: State<Saved> = State::of(&request.state, &contents.state_name());
    let mut saved = state.saved()?;
    // The task goes before the settings that it relies on.
    let gpos: Vec<(Guid, String)> = saved.gpos().rev().map(owned).collect();
    let mut work = Vec::new();
    for (id, name) in gpos {
        let present = executor.present(id, None, domain)?;
        if !saved.is_of(id, &present) {
            return Err(PublishError::WentOn { id, name });
        }
        let steps = plan_rollback(&saved, id, &present, domain)?;
        // A cut run is gone on with: what it leaves is no publication of others.
        saved.expects(id, &present);
        work.push((id, name, steps));
    }
    let mut payloads = payloads.filter(|one| !one.request.only_compare);
    if let Some(payloads) = &mut payloads {
        executor.publisher(payloads.lent()).look_back_if_saved()?;
    }
    if !request.dry_run {
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
    }
    if let Some(payloads) = &mut payloads {
        executor.publisher(payloads.lent()).take_back_if_saved()?;
    }
    if !request.dry_run {
        state.forget()?;
    }
    Ok(())
}

fn owned((id, name): (Guid, &str)) -> (Guid, String) {
    (id, name.to_owned())
}

/// Adds a GPO to a list of links, leaving those of others as they are.
fn link_change(old: Option<&str>, dn: &str, enabled: bool) -> Result<Option<String>, String> {
    let before = GpLink::parse(old.unwrap_or_default()).map_err(|error| error.to_string())?;
    let after = before.clone().with(dn, enabled);
    Ok((after != before).then(|| after.write()))
}

/// The change of `gPLink`: exactly the old value becomes the new one, so that nobody's link is
/// lost between reading and writing.
fn exchange(name: &str, old: Option<&str>, new: &str) -> Vec<AttributeChange> {
    let mut changes = Vec::new();
    if let Some(old) = old {
        changes.push(AttributeChange::Delete(name.to_owned(), old.to_owned()));
    }
    if !new.is_empty() {
        changes.push(AttributeChange::Add(name.to_owned(), new.to_owned()));
    }
    changes
}

/// Folder of the GPO's state, for messages.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Words for a GPO in the log.
fn heading(name: &str, id: Guid) -> String {
    format!("GPO `{name}` {id}")
}
