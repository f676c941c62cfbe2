//! The commands `publish` (payloads and policies) and `publish gpo` (policies alone).

use super::answer::Answer;
use super::arguments::{Publish, PublishGpo};
use super::failure::Failure;
use super::output::Output;
use super::results::{Published, PublishedWhole};

/// Payloads and policies.
pub(super) fn whole(given: &Publish, output: &Output) -> Result<Answer<PublishedWhole>, Failure> {
    #[cfg(feature = "directory")]
    {
        // The command line is not taken without one.
        let bundle = given.bundle.clone().unwrap_or_default();
        policies::run(&bundle, &given.policies, Some(given), output)
    }
    #[cfg(not(feature = "directory"))]
    {
        let _ = (given, output);
        Err(without_directory())
    }
}

/// Policies alone.
pub(super) fn gpo(given: &PublishGpo, output: &Output) -> Result<Answer<Published>, Failure> {
    #[cfg(feature = "directory")]
    {
        let answer = policies::run(&given.bundle, &given.policies, None, output)?;
        Ok(Answer {
            result: answer.result.map(|whole| whole.policies),
            problems: answer.problems,
            lock_changes: answer.lock_changes,
            failure: answer.failure,
            exit: answer.exit,
            below: answer.below,
        })
    }
    #[cfg(not(feature = "directory"))]
    {
        let _ = (given, output);
        Err(without_directory())
    }
}

/// This program cannot sign in anywhere.
#[cfg(not(feature = "directory"))]
pub(super) fn without_directory() -> Failure {
    Failure::of(
        crate::failure::FailureCode::Program,
        "this program was built without the feature `directory`, so it cannot publish",
    )
    .hint(
        "build it with `cargo build --release -p gangway --features directory`, or follow \
         `runbook.html` of the bundle",
    )
}

#[cfg(feature = "directory")]
mod policies {
    use std::path::Path;
    use std::time::Duration;

    use crate::cli::account::account;
    use crate::cli::answer::Answer;
    use crate::cli::arguments::{PolicyArguments, Publish};
    use crate::cli::commands::now;
    use crate::cli::failure::Failure;
    use crate::cli::output::Output;
    use crate::cli::publish_share::{
        Opened, beside, idle_permission, in_share, open, refuse_idle, tell_offline,
    };
    use crate::cli::results::{self, PublishAction, PublishedWhole, ReplicaStanding};
    use crate::cli::share_place::{SharePlace, state_apart};
    use crate::pipeline::Progress as _;
    use crate::pipeline::publish::{ContentsRequest, ReleaseContents, contents, everything};
    use crate::publication::{
        Action, Claimant, Connection, Contents, LiveReplicas, Payloads, Places, PublishError,
        PublishRequest, Published, ReleaseRequest, Replica, Standing, Waiting, check_links,
        check_removals, history, payload_destinations, plan_offline, policy_destinations, publish,
        release_history,
    };

    /// The payloads' part of it.
    struct Share {
        to: SharePlace,
        contents: ReleaseContents,
        only_compare: bool,
        keep: Option<usize>,
        claimant: Claimant,
    }

    impl Share {
        fn of(given: &Publish, contents: ReleaseContents) -> Result<Self, Failure> {
            Ok(Self {
                to: SharePlace::typed_or(given.to.as_deref(), &contents.root)?,
                contents,
                only_compare: given.no_share,
                keep: given.keep_releases.map(usize::from),
                claimant: Claimant::here(given.policies.user.as_deref()),
            })
        }

        fn request(&self, folder: Option<String>, request: &PublishRequest) -> ReleaseRequest {
            ReleaseRequest {
                folder,
                named: self.to.to_string(),
                dry_run: request.dry_run,
                only_compare: self.only_compare,
                action: request.action,
                keep: self.keep,
                state: request.state.clone(),
                claimant: self.claimant.clone(),
            }
        }

        fn result(&self) -> results::ReleaseOnShare {
            let release = &self.contents.release;
            results::ReleaseOnShare {
                to: self.to.to_string(),
                root: self.contents.root.to_string(),
                release_id: release.id.clone(),
                files: release.files.len(),
                bytes: release.files.iter().map(|file| file.size).sum(),
                only_compared: self.only_compare,
            }
        }
    }

    /// A bundle that was verified.
    struct Bundle {
        policies: Contents,
        share: Option<Share>,
    }

    /// Payloads (when they are part of it) and policies.
    pub(super) fn run(
        folder: &Path,
        given: &PolicyArguments,
        whole: Option<&Publish>,
        output: &Output,
    ) -> Result<Answer<PublishedWhole>, Failure> {
        without_effect(given, whole)?;
        let request = request(folder, given);
        let bundle = read(folder, given, whole, &request)?;
        output.problems(&bundle.policies.problems);
        idle_permission(given.allow_unsigned, &bundle.policies.problems)?;
        // Before anybody is asked for a password.
        check_links(&request.links, &bundle.policies)?;
        check_removals(&request.removals, &bundle.policies)?;
        if given.history {
            return past(&request, bundle, output);
        }
        if given.offline {
            return offline(&request, bundle, given.wait_replication, output);
        }
        check_state(folder, given, &bundle, &request)?;
        let account = account(given.user.as_deref(), given.password_file.as_deref())?;
        let choice = given.controller.choice();
        let mut server = Connection::open(&choice, &bundle.policies.domain, &account)?;
        output.line(&format!("server   {}", server.host));
        let mut opened = match &bundle.share {
            Some(share) => {
                output.line(&format!("share    {}", share.to));
                output.line(&format!("release  {}", share.contents.release.id));
                let signed_in = || Ok(account.clone());
                Some(open(folder, &share.to, &share.contents, signed_in)?)
            }
            None => None,
        };
        let release_request = match (&bundle.share, &opened) {
            (Some(share), Some((_, folder))) => Some(share.request(folder.clone(), &request)),
            _ => None,
        };
        let mut pause = |time: Duration, waiting: &str| {
            output.begin(waiting, 0);
            std::thread::sleep(time);
            output.end();
        };
        let mut replicas = LiveReplicas::new(&choice, &account, &mut pause);
        let places = Places {
            directory: &mut server.directory,
            sysvol: server.share.as_mut(),
            payloads: payloads(bundle.share.as_ref(), release_request.as_ref(), &mut opened),
            waiting: given.wait_replication.map(|time| Waiting {
                time,
                replicas: &mut replicas,
            }),
        };
        let mut say = |step: &str| output.line(step);
        let mut done = Published::default();
        let ended = publish(&request, &bundle.policies, places, &mut say, &mut done);
        output.problems(&done.problems);
        tell_end(&request, &done, ended.is_ok(), output);
        let host = Some(server.host.to_string());
        let mut answer = answer(bundle, &request, host, done, (Vec::new(), Vec::new()));
        // What was done before is part of the answer.
        answer.failure = ended.err().map(Failure::from);
        if let Some(failure) = &answer.failure {
            output.problems(&failure.problems);
            answer.problems.extend_from_slice(&failure.problems);
        }
        Ok(answer)
    }

    /// Notes, and the last word of a publication that went well.
    fn tell_end(request: &PublishRequest, done: &Published, is_good: bool, output: &Output) {
        for note in &done.notes {
            output.line(&format!("note     {note}"));
        }
        if is_good {
            let is_empty = done.steps.is_empty();
            output.line(match (request.dry_run, request.action) {
                (_, Action::Rollback) if is_empty => "nothing is there that would be taken back",
                (_, Action::Remove) if is_empty => "nothing is there that would be taken away",
                (true, _) => "nothing was written; `--apply` does these steps",
                (false, Action::Publish) => "published; `--rollback --apply` takes it back",
                (false, Action::Rollback) => "taken back",
                (false, Action::Remove) => "taken away; servers stay as they are",
            });
        }
    }

    /// What names a server or an account means nothing where none is asked.
    fn without_effect(given: &PolicyArguments, whole: Option<&Publish>) -> Result<(), Failure> {
        if let (false, Some(whole)) = (given.remove.is_empty(), whole) {
            refuse_idle(
                "`--remove` leaves the share as it is",
                &[("--to", whole.to.is_some()), ("--no-share", whole.no_share)],
            )?;
        }
        if let Some(whole) = whole.filter(|whole| whole.no_share) {
            let with = match (given.offline, given.rollback) {
                (true, _) => Some("--offline"),
                (_, true) => Some("--rollback"),
                _ => None,
            };
            if let Some(with) = with {
                let why = format!("`{with}` with `--no-share` leaves the share out");
                refuse_idle(&why, &[("--to", whole.to.is_some())])?;
            }
        }
        if !given.offline && !given.history {
            let is_idle = given.user.is_none() && given.password_file.is_some();
            return refuse_idle(
                "no account is named by `--user`",
                &[("--password-file", is_idle)],
            );
        }
        refuse_idle(
            "`--offline` writes nothing",
            &[("--state", given.offline && given.state.is_some())],
        )?;
        refuse_idle(
            match given.offline {
                true => "`--offline` asks no server",
                false => "`--history` asks no server",
            },
            &[
                ("--user", given.user.is_some()),
                ("--password-file", given.password_file.is_some()),
                ("--dc", given.controller.dc.is_some()),
                ("--start-tls", given.controller.start_tls),
                ("--sysvol", given.controller.sysvol.is_some()),
            ],
        )
    }

    /// What is kept for the way back lies where nobody else writes or reads.
    fn check_state(
        folder: &Path,
        given: &PolicyArguments,
        bundle: &Bundle,
        request: &PublishRequest,
    ) -> Result<(), Failure> {
        let share = bundle.share.as_ref();
        state_apart(
            &request.state,
            &[
                ("bundle", Some(folder)),
                ("share", share.and_then(|share| share.to.folder())),
                ("SYSVOL", given.controller.sysvol.as_deref()),
            ],
        )
    }

    /// The release with its share, when there is one.
    fn payloads<'a>(
        share: Option<&'a Share>,
        request: Option<&'a ReleaseRequest>,
        opened: &'a mut Option<Opened>,
    ) -> Option<Payloads<'a>> {
        let (opened, _) = opened.as_mut()?;
        Some(Payloads {
            request: request?,
            release: &share?.contents.release,
            share: opened.as_mut(),
        })
    }

    fn read(
        folder: &Path,
        given: &PolicyArguments,
        whole: Option<&Publish>,
        request: &PublishRequest,
    ) -> Result<Bundle, Failure> {
        let wanted = ContentsRequest {
            bundle: given.outside.request(folder, now(&given.moment)),
            domain: given.controller.domain.clone(),
            needs_signature: request.action == Action::Publish
                && !given.allow_unsigned
                && !given.history,
            comes_to_servers: request.action == Action::Publish && !given.history,
        };
        // Payloads stay when policies go: no share is asked.
        let Some(whole) = whole.filter(|_| request.action != Action::Remove) else {
            return Ok(Bundle {
                policies: contents(&wanted)?,
                share: None,
            });
        };
        let (policies, release) = everything(&wanted)?;
        Ok(Bundle {
            policies,
            share: Some(Share::of(whole, release)?),
        })
    }

    fn answer(
        bundle: Bundle,
        request: &PublishRequest,
        server: Option<String>,
        done: Published,
        (asked, goes_to): (Vec<String>, Vec<String>),
    ) -> Answer<PublishedWhole> {
        let mut problems = bundle.policies.problems;
        problems.extend(done.problems);
        let policies = results::Published {
            domain: bundle.policies.domain.as_str().to_owned(),
            server,
            action: match request.action {
                Action::Publish => PublishAction::Publish,
                Action::Rollback => PublishAction::Rollback,
                Action::Remove => PublishAction::Remove,
            },
            dry_run: request.dry_run,
            steps: done.steps,
            unfinished: done.unfinished,
            notes: done.notes,
            replicas: done.replicas.into_iter().map(replica).collect(),
            asked,
            goes_to,
        };
        Answer {
            problems,
            ..Answer::good(PublishedWhole {
                policies,
                share: bundle.share.as_ref().map(Share::result),
            })
        }
    }

    fn replica(found: Replica) -> results::Replica {
        let (standing, about) = match found.standing {
            Standing::NotAsked => (ReplicaStanding::NotAsked, Vec::new()),
            Standing::Seen => (ReplicaStanding::Seen, Vec::new()),
            Standing::Behind(lacks) => (ReplicaStanding::Behind, lacks),
            Standing::NotReached(why) => (ReplicaStanding::NotReached, vec![why]),
        };
        results::Replica {
            host: found.host,
            standing,
            about,
        }
    }

    /// What `--rollback` goes back to, without a server.
    fn past(
        request: &PublishRequest,
        bundle: Bundle,
        output: &Output,
    ) -> Result<Answer<PublishedWhole>, Failure> {
        let mut notes = history(request, &bundle.policies)?;
        if let Some(share) = bundle.share.as_ref().filter(|share| !share.only_compare) {
            let request = share.request(in_share(&share.to), request);
            notes.extend(
                release_history(&request, &share.contents.release).map_err(PublishError::from)?,
            );
        }
        for line in &notes {
            output.line(line);
        }
        if notes.is_empty() {
            output.line("nothing was published from here that could be taken back");
        }
        let done = Published {
            notes,
            ..Published::default()
        };
        Ok(answer(
            bundle,
            request,
            None,
            done,
            (Vec::new(), Vec::new()),
        ))
    }

    /// What would be asked and written, without a server.
    fn offline(
        request: &PublishRequest,
        bundle: Bundle,
        wait: Option<Duration>,
        output: &Output,
    ) -> Result<Answer<PublishedWhole>, Failure> {
        let mut said = Vec::new();
        let release_request = bundle.share.as_ref().map(|share| ReleaseRequest {
            // Nothing is there to compare with.
            only_compare: false,
            ..share.request(None, request)
        });
        let release = bundle.share.as_ref().map(|share| &share.contents.release);
        let plan = plan_offline(
            request,
            &bundle.policies,
            release_request.as_ref().zip(release).filter(|_| {
                !bundle
                    .share
                    .as_ref()
                    .is_some_and(|share| share.only_compare)
            }),
            wait,
            &mut |step| said.push(step.to_owned()),
        )?;
        let shared = bundle.share.as_ref().filter(|share| !share.only_compare);
        let mut goes_to = shared.map_or_else(Vec::new, |share| {
            payload_destinations(&share.to.to_string(), &share.contents.release)
        });
        goes_to.extend(policy_destinations(&bundle.policies));
        tell_offline(&plan.asked, &goes_to, output);
        for step in &said {
            output.line(step);
        }
        output.line(
            "no server was asked; a domain that has nothing of this bundle gets these steps, \
             another one those of them that it lacks",
        );
        Ok(answer(
            bundle,
            request,
            None,
            plan.published,
            (plan.asked, goes_to),
        ))
    }

    fn request(folder: &Path, given: &PolicyArguments) -> PublishRequest {
        PublishRequest {
            action: match (given.rollback, given.remove.is_empty()) {
                (true, _) => Action::Rollback,
                (false, false) => Action::Remove,
                (false, true) => Action::Publish,
            },
            dry_run: !given.apply,
            links: given.link.clone(),
            removals: given.remove.clone(),
            enable_links: given.enable_links,
            prune: given.prune,
            allow_overlap: given.allow_overlap,
            end_passive_mode: given.end_passive_mode,
            state: given.state.clone().unwrap_or_else(|| beside(folder)),
        }
    }
}
