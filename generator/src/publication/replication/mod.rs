//! Have the domain's other domain controllers what was written to this one?
//!
//! Directory and SYSVOL are replicated by the domain itself, each in its own time, and a server asks
//! any domain controller. Who asks for it waits at three places: for the program before a policy
//! names it, for the policies before a link leads to them, for the links before anything old goes.
//! Nothing that was written is undone when the time is over.

mod behind;
mod shown;

use std::time::Duration;

pub use behind::Behind;
pub(super) use shown::Wanted;

use super::execute::Executor;
use super::plan::DomainFacts;
use super::{PublishError, server};
use crate::printable::on_one_line;
use crate::publication::{Directory, Failure, HostName, Share, ShareFailure};

/// The way to the other domain controllers, and the time that passes.
pub trait Replicas {
    /// Signs in at one of them: its directory, and its SYSVOL.
    ///
    /// # Errors
    /// Nobody answers, or the account is refused.
    fn open(&mut self, host: &HostName) -> Result<Opened, PublishError>;

    /// Time since some moment.
    fn now(&self) -> Duration;

    /// Lets so much time pass; `waiting` says for whom.
    fn pause(&mut self, time: Duration, waiting: &str);
}

/// Directory and SYSVOL of one domain controller.
pub type Opened = (Box<dyn Directory>, Box<dyn Share>);

/// That the other domain controllers are waited for.
pub struct Waiting<'a> {
    /// The longest that it may take in all. Each is looked at once at least, whatever that takes.
    pub time: Duration,
    /// The way to them.
    pub replicas: &'a mut dyn Replicas,
}

/// Another domain controller, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// Its DNS name; its distinguished name where it has none.
    pub host: String,
    /// What is known.
    pub standing: Standing,
}

/// What is known of another domain controller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody looked.
    NotAsked,
    /// It has everything that was looked for.
    Seen,
    /// It has not; what it has instead, in words.
    Behind(Vec<String>),
    /// It could not be asked; why not.
    NotReached(String),
}

/// First pause between two looks; each is twice the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause. Inside a site a change is handed on after some seconds, between sites after minutes.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Names in one line.
const NAMED: usize = 5;

/// The other domain controllers during one publication.
pub(super) struct Replication<'a> {
    waiting: Option<Waiting<'a>>,
    /// What all waits may take together.
    limit: Duration,
    others: Vec<String>,
}

impl<'a> Replication<'a> {
    /// Lists them, before anything is changed; `own` is the name of the one that is written to.
    pub(super) fn of(
        waiting: Option<Waiting<'a>>,
        own: Option<String>,
        domain: &DomainFacts,
        executor: &mut Executor<'_>,
    ) -> Result<Self, PublishError> {
        let others = match (
            server::others(domain, own.as_deref(), executor.directory),
            &waiting,
        ) {
            (Ok(others), _) => others,
            (Err(error), Some(_)) => return Err(error.into()),
            // Whoever does not wait does not need them.
            (Err(error), None) => {
                executor.note(&format!(
                    "the other domain controllers are not known: {error}"
                ));
                Vec::new()
            }
        };
        match (&waiting, others.is_empty(), own) {
            (None, false, _) => executor.note(&format!(
                "nobody looked at {}: it comes there by the domain's own replication, and a server that \
                 asks there earlier sees what was there before; `--wait-replication` waits for it",
                listed(others.iter())
            )),
            (Some(_), true, Some(own)) => executor.note(&format!(
                "the directory names no other domain controller than `{own}`, so there was none to \
                 wait for"
            )),
            _ => {}
        }
        executor.done.replicas = others.iter().map(|host| not_asked(host)).collect();
        let limit = waiting.as_ref().map_or(Duration::ZERO, |one| one.time);
        Ok(Self {
            waiting,
            limit,
            others,
        })
    }

    /// Waits until each of them shows all of it; nothing to do when nobody asked for it.
    ///
    /// # Errors
    /// The time is over, or an account that was good here is refused there.
    pub(super) fn wait(
        &mut self,
        what: &'static str,
        wanted: &[Wanted<'_>],
        domain: &DomainFacts,
        executor: &mut Executor<'_>,
    ) -> Result<(), PublishError> {
        let Some(waiting) = &mut self.waiting else {
            return Ok(());
        };
        if wanted.is_empty() {
            return Ok(());
        }
        let step = match self.others.is_empty() {
            true => format!("wait until every other domain controller has {what}"),
            false => format!("wait until {} have {what}", listed(self.others.iter())),
        };
        let step = format!("{step}, {} at the most in all waits", Span(self.limit));
        executor.done.begin(&step, executor.say);
        if !executor.dry_run {
            let mut found: Vec<Replica> = self.others.iter().map(|one| not_asked(one)).collect();
            let begun = waiting.replicas.now();
            let seen = all_seen(&mut found, wanted, domain, waiting);
            let spent = waiting.replicas.now().saturating_sub(begun);
            executor.done.replicas.clone_from(&found);
            if !seen? {
                return Err(Behind::new(what, found, spent).into());
            }
            waiting.time = waiting.time.saturating_sub(spent);
        }
        executor.done.end();
        Ok(())
    }
}

fn not_asked(host: &str) -> Replica {
    Replica {
        host: host.to_owned(),
        standing: Standing::NotAsked,
    }
}

/// Looks at those that have not been seen with it, again and again, until all have or the time is over.
fn all_seen(
    found: &mut [Replica],
    wanted: &[Wanted<'_>],
    domain: &DomainFacts,
    waiting: &mut Waiting<'_>,
) -> Result<bool, PublishError> {
    let until = waiting.replicas.now().saturating_add(waiting.time);
    let mut pause = FIRST_PAUSE;
    loop {
        for one in found.iter_mut() {
            let is_known = one.standing != Standing::NotAsked;
            if one.standing == Standing::Seen || is_known && waiting.replicas.now() >= until {
                continue;
            }
            one.standing = look(&one.host, wanted, domain, waiting.replicas)?;
        }
        let open = || found.iter().filter(|one| one.standing != Standing::Seen);
        let left = until.saturating_sub(waiting.replicas.now());
        if open().next().is_none() || left.is_zero() {
            return Ok(open().next().is_none());
        }
        let names: Vec<&String> = open().map(|one| &one.host).collect();
        let words = format!(
            "waiting for {}, {} left",
            listed(names.into_iter()),
            Span(left)
        );
        waiting.replicas.pause(pause.min(left), &words);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// What one of them has.
///
/// # Errors
/// The account is refused: asking again, here or elsewhere, would lock it.
fn look(
    host: &str,
    wanted: &[Wanted<'_>],
    domain: &DomainFacts,
    replicas: &mut dyn Replicas,
) -> Result<Standing, PublishError> {
    let asked = server::host_of_the_domain(host, &domain.name)
        .map_err(|why| PublishError::server(why, None))
        .and_then(|host| replicas.open(&host))
        .and_then(|(mut directory, mut sysvol)| {
            let mut lacks = Vec::new();
            for one in wanted {
                lacks.extend(one.lack(domain, directory.as_mut(), sysvol.as_mut())?);
            }
            Ok(lacks)
        });
    match asked {
        Ok(lacks) if lacks.is_empty() => Ok(Standing::Seen),
        Ok(lacks) => Ok(Standing::Behind(lacks)),
        Err(error) if is_refused(&error) => Err(error),
        Err(error) => Ok(Standing::NotReached(
            on_one_line(&error.to_string()).into_owned(),
        )),
    }
}

fn is_refused(error: &PublishError) -> bool {
    match error {
        PublishError::Directory(error) => error.failure == Failure::NotSignedIn,
        PublishError::Share(error) => error.failure == ShareFailure::NotSignedIn,
        _ => false,
    }
}

/// The first names, and how many more there are.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    let names = names.take(NAMED);
    let names: Vec<String> = names
        .map(|name| format!("`{}`", on_one_line(name)))
        .collect();
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// A length of time as the command line takes it.
struct Span(Duration);

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.as_secs() {
            seconds if seconds > 0 && seconds % 60 == 0 => write!(f, "{}m", seconds / 60),
            seconds if seconds > 60 => write!(f, "{}m{}s", seconds / 60, seconds % 60),
            seconds => write!(f, "{seconds}s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_written_as_it_is_typed() {
        for (seconds, text) in [
            (0, "0s"),
            (59, "59s"),
            (60, "1m"),
            (90, "1m30s"),
            (7200, "120m"),
        ] {
            assert_eq!(Span(Duration::from_secs(seconds)).to_string(), text);
        }
    }
}
