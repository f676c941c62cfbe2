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
mod error;
mod exclusion;
mod execute;
mod history;
mod host;
mod inspection;
mod link;
mod live;
mod offline;
mod permissions;
pub mod plan;
mod policies;
mod present;
mod reach;
mod recipes;
mod release;
mod removal;
mod removed;
mod replication;
mod retirement;
mod rollout;
mod sequence;
mod server;
mod share;
mod state;
mod switch;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use account::Account;
pub use address::ShareAddress;
pub use claimant::Claimant;
#[cfg(feature = "directory")]
pub use connection::{Connection, LiveReplicas, ServerChoice, sign_in};
pub use contents::Contents;
pub use credentials::{Credentials, InvalidCredentials};
pub use directory::{AttributeChange, Depth, Directory, DirectoryError, Entry, Failure, Filter};
#[cfg(feature = "directory")]
pub use directory::{
    Budget, ContextStep, Encryption, LdapDirectory, Proof, SignedIn, Tickets, is_answer,
};
pub use error::PublishError;
pub use history::history;
pub use host::{HostName, InvalidHostName};
pub use inspection::{inspect_payloads, inspect_reports};
pub use link::{Link, Removal};
pub use offline::{
    OfflinePlan, payload_destinations, plan_offline, plan_release_offline, policy_destinations,
};
pub use permissions::{ShareCommands, SharedFolder, share_commands};
pub use recipes::{
    FoundDocument, FoundPolicy, InDomain, OnShare, recipes_in_domain, recipes_on_share,
};
pub use release::{
    Campaign, Carried, Payloads, Release, ReleaseError, ReleaseFile, ReleaseRequest,
    publish_release, release_history,
};
pub use replication::{Behind, Opened, Replica, Replicas, Standing, Waiting};
pub use retirement::{RetireRequest, retire};
pub use rollout::{
    Change, Changed, Governed, Reach, RolloutError, RolloutPlan, RolloutRequest, RolloutState,
    Standing as RolloutStanding, change_rollout, plan_rollout,
};
pub use server::pdc_emulator_of;
pub use share::{
    AccessEntry, FolderShare, LargeFiles, Listed, Share, ShareError, ShareFailure, Tree,
};
#[cfg(unix)]
pub use share::{SmbClient, read_archive};
pub use state::StateError;

use crate::gpo::Guid;
use crate::printable::on_one_line;
use crate::problem::Problem;
use execute::Executor;
use plan::GpLink;
use policies::{publish_all, take_back};
use replication::Replication;

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
    /// Does what the bundle no longer has go, by [`Action::Publish`]?
    pub prune: bool,
    /// May onboarding and offboarding be linked to the same servers, since something else keeps them apart?
    pub allow_overlap: bool,
    /// May it end that Defender Antivirus is passive on servers?
    pub end_passive_mode: bool,
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

/// What a publication did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Published {
    /// Every step that is done, in words, in order.
    pub steps: Vec<String>,
    /// The step that failed: begun, and perhaps done in part.
    pub unfinished: Option<String>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// What was found in the domain before anything was done.
    pub problems: Vec<Problem>,
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
    pub fn note(&mut self, text: &str) {
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
    let nearest = crate::nearest::nearest(which, names.iter().map(String::as_str));
    PublishError::NoSuchPolicy {
        option: format!("{option}{given}"),
        nearest: nearest.map(str::to_owned),
        names,
    }
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
