//! The command `publish gpo`.

use super::answer::Answer;
use super::arguments::PublishGpo;
use super::failure::Failure;
use super::output::Output;
use super::results::Published;

pub(super) fn run(given: &PublishGpo, output: &Output) -> Result<Answer<Published>, Failure> {
    #[cfg(feature = "directory")]
    return gpo::run(given, output);
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
mod gpo {
    use std::path::{Path, PathBuf};

    use crate::cli::answer::Answer;
    use crate::cli::arguments::PublishGpo;
    use crate::cli::commands::now;
    use crate::cli::failure::Failure;
    use crate::cli::output::Output;
    use crate::cli::password;
    use crate::cli::results::{self, PublishAction};
    use crate::pipeline::publish::{ContentsRequest, contents};
    use crate::publication::{
        Action, Connection, Contents, Credentials, Encryption, PublishRequest, Published,
        ServerChoice, plan_offline, publish,
    };

    pub(super) fn run(
        given: &PublishGpo,
        output: &Output,
    ) -> Result<Answer<results::Published>, Failure> {
        let request = request(given);
        // Before anybody is asked for a password.
        let contents = contents(&ContentsRequest {
            bundle: given.outside.request(&given.bundle, now(&given.moment)),
            domain: given.domain.clone(),
            needs_signature: request.action == Action::Publish && !given.allow_unsigned,
        })?;
        output.problems(&contents.problems);
        let Some(user) = given.user.as_deref().filter(|_| !given.offline) else {
            return offline(&request, contents, output);
        };
        let password = password::read(given.password_file.as_deref(), user)?;
        let credentials = Credentials::new(user, &password)?;
        let domain = contents.domain.as_str();
        let mut server = Connection::open(&server(given), &contents.domain, &credentials)?;
        output.line(&format!("server   {}", server.host));
        let mut say = |step: &str| output.line(step);
        let mut done = Published::default();
        let ended = publish(
            &request,
            &contents,
            &mut server.directory,
            server.share.as_mut(),
            &mut say,
            &mut done,
        );
        for note in &done.notes {
            output.line(&format!("note     {note}"));
        }
        if ended.is_ok() {
            output.line(match (request.dry_run, request.action) {
                (true, _) => "nothing was written; `--apply` does these steps",
                (false, Action::Publish) => "published; `--rollback --apply` takes it back",
                (false, Action::Rollback) => "taken back",
            });
        }
        let published = Answer::good(results::Published {
            domain: domain.to_owned(),
            server: Some(server.host.to_string()),
            action: match request.action {
                Action::Publish => PublishAction::Publish,
                Action::Rollback => PublishAction::Rollback,
            },
            dry_run: request.dry_run,
            steps: done.steps,
            unfinished: done.unfinished,
            notes: done.notes,
            asked: Vec::new(),
        });
        Ok(Answer {
            problems: contents.problems,
            // What was done before is part of the answer.
            failure: ended.err().map(Failure::from),
            ..published
        })
    }

    /// What would be asked and written, without a server.
    fn offline(
        request: &PublishRequest,
        contents: Contents,
        output: &Output,
    ) -> Result<Answer<results::Published>, Failure> {
        let mut said = Vec::new();
        let plan = plan_offline(request, &contents, &mut |step| said.push(step.to_owned()))?;
        for question in &plan.asked {
            output.line(&format!("ask      {question}"));
        }
        for step in &said {
            output.line(step);
        }
        output.line(
            "no server was asked; a domain that has nothing of this bundle gets these steps, \
             another one those of them that it lacks",
        );
        Ok(Answer {
            problems: contents.problems,
            ..Answer::good(results::Published {
                domain: contents.domain.as_str().to_owned(),
                server: None,
                action: PublishAction::Publish,
                dry_run: true,
                steps: plan.published.steps,
                unfinished: None,
                notes: plan.published.notes,
                asked: plan.asked,
            })
        })
    }

    fn request(given: &PublishGpo) -> PublishRequest {
        PublishRequest {
            action: if given.rollback {
                Action::Rollback
            } else {
                Action::Publish
            },
            dry_run: !given.apply,
            links: given.link.clone(),
            enable_links: given.enable_links,
            state: given.state.clone().unwrap_or_else(|| beside(&given.bundle)),
        }
    }

    /// The usual place of the saved state: the bundle itself is replaced by the next build.
    fn beside(bundle: &Path) -> PathBuf {
        let bundle = std::path::absolute(bundle).unwrap_or_else(|_| bundle.to_owned());
        bundle.parent().unwrap_or(&bundle).join("gangway-published")
    }

    fn server(given: &PublishGpo) -> ServerChoice {
        ServerChoice {
            host: given.dc.clone(),
            encryption: if given.start_tls {
                Encryption::StartTls
            } else {
                Encryption::Tls
            },
            sysvol: given.sysvol.clone(),
        }
    }
}
