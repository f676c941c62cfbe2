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
    use super::account::account;
    use super::commands::now;
    use super::publish_share::open;
    use super::share_place::SharePlace;
    use crate::pipeline::publish::{ContentsRequest, everything};
    use crate::publication::{
        Action, Claimant, Connection, Payloads, Places, Published, ReleaseRequest,
    };

    // What goes needs no signature, and an offboarding that has ended goes as well.
    let (contents, release) = everything(&ContentsRequest {
        bundle: given.outside.request(&given.bundle, now(&given.moment)),
        domain: given.domain.clone(),
        needs_signature: false,
        comes_to_servers: false,
    })?;
    let to = SharePlace::typed_or(given.to.as_deref(), &release.root)?;
    let request = request(given);
    check_state(given, &to, &request.state)?;
    let account = account(given.user.as_deref(), given.password_file.as_deref())?;
    let mut server = Connection::open(&choice(given), &contents.domain, &account)?;
    output.line(&format!("server   {}", server.host));
    let mut opened = match given.no_share {
        true => None,
        false => {
            output.line(&format!("share    {to}"));
            Some(open(&given.bundle, &to, &release, || Ok(account.clone()))?)
        }
    };
    let release_request = ReleaseRequest {
        folder: opened.as_ref().and_then(|(_, folder)| folder.clone()),
        named: to.to_string(),
        dry_run: request.dry_run,
        only_compare: false,
        action: Action::Remove,
        keep: None,
        state: request.state.clone(),
        claimant: Claimant::here(given.user.as_deref(), now(&given.moment)),
    };
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
    let ended = crate::publication::retire(&request, &contents, places, &mut say, &mut done);
    output.problems(&done.problems);
    for note in &done.notes {
        output.line(&format!("note     {note}"));
    }
    let failure = ended.err().map(Failure::from);
    if failure.is_none() {
        output.line(last_word(request.dry_run, &done));
    }
    let mut problems = done.problems;
    if let Some(failure) = &failure {
        output.problems(&failure.problems);
        problems.extend_from_slice(&failure.problems);
    }
    Ok(Answer {
        problems,
        // What was done before is part of the answer.
        failure,
        ..Answer::good(Retired {
            domain: contents.domain.to_string(),
            server: server.host.to_string(),
            share: opened.is_some().then(|| to.to_string()),
            dry_run: request.dry_run,
            steps: done.steps,
            unfinished: done.unfinished,
            notes: done.notes,
        })
    })
}

#[cfg(feature = "directory")]
fn request(given: &Retire) -> crate::publication::RetireRequest {
    crate::publication::RetireRequest {
        dry_run: !given.apply,
        end_passive_mode: given.end_passive_mode,
        leave_servers: given.leave_servers,
        state: given
            .state
            .clone()
            .unwrap_or_else(|| super::publish_share::beside(&given.bundle)),
    }
}

#[cfg(feature = "directory")]
fn choice(given: &Retire) -> crate::publication::ServerChoice {
    use crate::publication::{Encryption, ServerChoice};

    ServerChoice {
        host: given.dc.clone(),
        encryption: match given.start_tls {
            true => Encryption::StartTls,
            false => Encryption::Tls,
        },
        sysvol: given.sysvol.clone(),
    }
}

/// What is kept of earlier publications lies where nobody else writes or reads.
#[cfg(feature = "directory")]
fn check_state(
    given: &Retire,
    to: &super::share_place::SharePlace,
    state: &std::path::Path,
) -> Result<(), Failure> {
    super::share_place::state_apart(
        state,
        &[
            ("bundle", Some(&given.bundle)),
            ("share", to.folder()),
            ("SYSVOL", given.sysvol.as_deref()),
        ],
    )
}

/// What a run that did not fail says of itself in the end.
#[cfg(feature = "directory")]
fn last_word(dry_run: bool, done: &crate::publication::Published) -> &'static str {
    match (done.steps.is_empty(), dry_run) {
        (true, _) => "nothing of the organisation is there any more",
        (false, true) => "nothing was written; `--apply` does these steps",
        (false, false) => "taken away; what stays is named above",
    }
}
