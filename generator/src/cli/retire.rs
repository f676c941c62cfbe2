//! The command `retire`.

use super::answer::Answer;
use super::arguments::Retire;
use super::failure::Failure;
use super::output::Output;
use super::results::Retired;

#[cfg(not(feature = "directory"))]
pub(super) fn run(_: &Retire, _: &Output) -> Result<Answer<Retired>, Failure> {
    Err(super::publish::without_directory())
}

#[cfg(feature = "directory")]
pub(super) fn run(given: &Retire, output: &Output) -> Result<Answer<Retired>, Failure> {
    directory::run(given, output)
}

#[cfg(feature = "directory")]
mod directory {
    use crate::cli::account::account;
    use crate::cli::answer::Answer;
    use crate::cli::arguments::Retire;
    use crate::cli::commands::now;
    use crate::cli::failure::Failure;
    use crate::cli::output::Output;
    use crate::cli::publish_share::{beside, open};
    use crate::cli::results::Retired;
    use crate::cli::share_place::{SharePlace, state_apart};
    use crate::pipeline::publish::{ContentsRequest, everything};
    use crate::publication::{
        Action, Claimant, Connection, Payloads, Places, PublishError, Published, ReleaseRequest,
        RetireRequest, retire,
    };

    pub(super) fn run(given: &Retire, output: &Output) -> Result<Answer<Retired>, Failure> {
        // What goes needs no signature, and an offboarding that has ended goes as well.
        let (contents, release) = everything(&ContentsRequest {
            bundle: given.outside.request(&given.bundle, now(&given.moment)),
            domain: given.controller.domain.clone(),
            needs_signature: false,
            comes_to_servers: false,
        })?;
        let to = SharePlace::typed_or(given.to.as_deref(), &release.root)?;
        let request = request(given);
        // What is kept of earlier publications lies where nobody else writes or reads.
        state_apart(
            &request.state,
            &[
                ("bundle", Some(&given.bundle)),
                ("share", to.folder()),
                ("SYSVOL", given.controller.sysvol.as_deref()),
            ],
        )?;
        let account = account(given.user.as_deref(), given.password_file.as_deref())?;
        let mut server = Connection::open(&given.controller.choice(), &contents.domain, &account)?;
        output.line(&format!("server   {}", server.host));
        let mut opened = match given.no_share {
            true => None,
            false => {
                output.line(&format!("share    {to}"));
                Some(open(&given.bundle, &to, &release, || Ok(account.clone()))?)
            }
        };
        let folder = opened.as_ref().and_then(|(_, folder)| folder.clone());
        let release_request = on_share(given, (&to, folder), &request);
        let places = Places {
            directory: &mut server.directory,
            sysvol: server.share.as_mut(),
            payloads: opened.as_mut().map(|(share, _)| Payloads {
                request: &release_request,
                release: &release.release,
                share: share.as_mut(),
            }),
            waiting: None,
        };
        let mut done = Published::default();
        let mut say = |step: &str| output.line(step);
        let ended = retire(&request, &contents, places, &mut say, &mut done);
        let share = opened.is_some().then(|| to.to_string());
        let where_it_was = (contents.domain.to_string(), server.host.to_string(), share);
        Ok(answer(where_it_was, request.dry_run, ended, done, output))
    }

    /// Domain, server and share.
    type Place = (String, String, Option<String>);

    fn answer(
        (domain, server, share): Place,
        dry_run: bool,
        ended: Result<(), PublishError>,
        done: Published,
        output: &Output,
    ) -> Answer<Retired> {
        output.problems(&done.problems);
        for note in &done.notes {
            output.line(&format!("note     {note}"));
        }
        let failure = ended.err().map(Failure::from);
        if failure.is_none() {
            output.line(last_word(dry_run, &done));
        }
        let mut problems = done.problems;
        if let Some(failure) = &failure {
            output.problems(&failure.problems);
            problems.extend_from_slice(&failure.problems);
        }
        Answer {
            problems,
            // What was done before is part of the answer.
            failure,
            ..Answer::good(Retired {
                domain,
                server,
                share,
                dry_run,
                steps: done.steps,
                unfinished: done.unfinished,
                notes: done.notes,
            })
        }
    }

    fn request(given: &Retire) -> RetireRequest {
        let state = given.state.clone();
        RetireRequest {
            dry_run: !given.apply,
            end_passive_mode: given.end_passive_mode,
            leave_servers: given.leave_servers,
            state: state.unwrap_or_else(|| beside(&given.bundle)),
        }
    }

    fn on_share(
        given: &Retire,
        (to, folder): (&SharePlace, Option<String>),
        request: &RetireRequest,
    ) -> ReleaseRequest {
        ReleaseRequest {
            folder,
            named: to.to_string(),
            dry_run: request.dry_run,
            only_compare: false,
            action: Action::Remove,
            keep: None,
            state: request.state.clone(),
            claimant: Claimant::here(given.user.as_deref()),
        }
    }

    /// What a run that did not fail says of itself in the end.
    fn last_word(dry_run: bool, done: &Published) -> &'static str {
        match (done.steps.is_empty(), dry_run) {
            (true, _) => "nothing is there that would be taken away",
            (false, true) => "nothing was written; `--apply` does these steps",
            (false, false) => "taken away; what stays is named above",
        }
    }
}
